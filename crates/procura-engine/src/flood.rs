//! Refusals of requests that prove nothing are recorded in full up to a rate,
//! then counted: nobody can buy room in the log with an anonymous flood.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use procura_core::time::Timestamp;

/// How many refusals of one source are recorded in full in one minute.
pub const IN_FULL: u32 = 10;
/// How many sources are told apart at a time; the rest count as one.
const SOURCES: usize = 10_000;
/// The source under which those are counted that are too many to tell apart.
const OTHERS: &str = "others";

/// Counts refusals by source and minute.
#[derive(Debug, Default)]
pub struct Flood {
    // Owned by whoever holds the guard, never across an `.await`.
    counts: Mutex<HashMap<String, Count>>,
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

/// How many refusals of a source were counted and not recorded in one minute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Summary {
    /// The source.
    pub source: String,
    /// The minute, in minutes since 1970.
    pub minute: i64,
    /// How many.
    pub count: u32,
}

impl Flood {
    /// Counts one refusal of `source`.
    pub fn see(&self, source: &str, now: Timestamp) -> Treatment {
        let minute = now.as_seconds().div_euclid(60);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = counts.contains_key(source);
        let source = if known || counts.len() < SOURCES { source } else { OTHERS };
        let count = counts.entry(source.into()).or_insert(Count { minute, seen: 0 });
        // A count of an earlier minute waits for `take`; until then it goes on.
        count.seen = count.seen.saturating_add(1);
        if count.seen <= IN_FULL { Treatment::InFull } else { Treatment::Counted }
    }

    /// Takes the summaries of minutes that are over; each is to be recorded once.
    pub fn take(&self, now: Timestamp) -> Vec<Summary> {
        let current = now.as_seconds().div_euclid(60);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = Vec::new();
        counts.retain(|source, count| {
            let stays = count.minute >= current;
            if !stays && count.seen > IN_FULL {
                let (source, minute) = (source.clone(), count.minute);
                over.push(Summary { source, minute, count: count.seen.saturating_sub(IN_FULL) });
            }
            stays
        });
        over
    }
}
