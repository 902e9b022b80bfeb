//! Refusals that repeat are recorded in full up to a rate, then counted: nobody
//! can buy room in the log with a flood.
//!
//! **Invariant:** a refusal that is not recorded in full is in exactly one
//! [`Summary`] that [`Flood::take`] hands out, and what is kept is bounded.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use procura_core::time::Timestamp;

/// How many refusals of one source are recorded in full in one minute.
pub const IN_FULL: u32 = 10;
/// The same for one holder of a chain. Whoever once saw a proof can send it
/// again for ever, with other arguments; a working agent stays far below.
pub const IN_FULL_OF_HOLDER: u32 = 1000;
/// How many are told apart at a time; the rest count as one.
const TOLD_APART: usize = 10_000;
/// The name under which those are counted that are too many to tell apart.
const OTHERS: &str = "others";

/// Counts refusals by who they come from, and by minute.
#[derive(Debug)]
pub struct Flood {
    in_full: u32,
    // Owned by whoever holds the guard, never across an `.await`.
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    current: HashMap<String, Count>,
    /// Of minutes that are over.
    over: Vec<Summary>,
}

#[derive(Debug)]
struct Count {
    minute: i64,
    seen: u32,
}

/// What to do with one refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Treatment {
    /// Record it.
    InFull,
    /// It was counted.
    Counted,
}

/// How many refusals were counted and not recorded in one minute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// Who they came from.
    pub source: String,
    /// The minute, in minutes since 1970.
    pub minute: i64,
    /// How many.
    pub count: u32,
}

impl Flood {
    /// Counts that begin after `in_full` refusals a minute.
    pub fn after(in_full: u32) -> Self {
        Self { in_full, counts: Mutex::default() }
    }

    /// Counts one refusal of `source`.
    pub fn see(&self, source: &str, now: Timestamp) -> Treatment {
        let minute = minute_of(now);
        let source = network_of(source);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_told_apart =
            counts.current.contains_key(&source) || counts.current.len() < TOLD_APART;
        let source = if is_told_apart { source } else { OTHERS.into() };
        let Counts { current, over } = &mut *counts;
        let count = current.entry(source.clone()).or_insert(Count { minute, seen: 0 });
        if count.minute < minute {
            over.extend(count.summary(source, self.in_full));
            *count = Count { minute, seen: 0 };
        }
        count.seen = count.seen.saturating_add(1);
        let treatment =
            if count.seen <= self.in_full { Treatment::InFull } else { Treatment::Counted };
        fold(over);
        treatment
    }

    /// Takes the summaries of minutes that are over; each is to be recorded once.
    pub fn take(&self, now: Timestamp) -> Vec<Summary> {
        self.take_before(minute_of(now))
    }

    /// Takes every summary, of the current minute too: nothing follows.
    pub fn take_all(&self) -> Vec<Summary> {
        self.take_before(i64::MAX)
    }

    /// Takes back a summary that could not be recorded.
    pub fn give_back(&self, summary: Summary) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.over.push(summary);
        fold(&mut counts.over);
    }

    fn take_before(&self, minute: i64) -> Vec<Summary> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { current, over } = &mut *counts;
        current.retain(|source, count| {
            let stays = count.minute >= minute;
            if !stays {
                over.extend(count.summary(source.clone(), self.in_full));
            }
            stays
        });
        std::mem::take(over)
    }
}

impl Count {
    /// What of it was not recorded in full.
    fn summary(&self, source: String, in_full: u32) -> Option<Summary> {
        let count = self.seen.saturating_sub(in_full);
        (count > 0).then_some(Summary { source, minute: self.minute, count })
    }
}

/// Keeps the list bounded where nobody takes it: the newest become one.
fn fold(over: &mut Vec<Summary>) {
    while over.len() > TOLD_APART {
        let Some(last) = over.pop() else { return };
        if let Some(rest) = over.last_mut() {
            rest.source = OTHERS.into();
            rest.count = rest.count.saturating_add(last.count);
        }
    }
}

fn minute_of(now: Timestamp) -> i64 {
    now.as_seconds().div_euclid(60)
}

/// Whoever has one address of an IPv6 network has 2^64 of them (RFC 4291, section 2.5.1).
fn network_of(source: &str) -> String {
    let Ok(IpAddr::V6(address)) = source.parse() else {
        return source.into();
    };
    if let Some(address) = address.to_ipv4_mapped() {
        return address.to_string();
    }
    let [a, b, c, d, ..] = address.segments();
    format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
}
