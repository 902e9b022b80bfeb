//! Decisions of people that were used, for as long as they could be used again.
//!
//! The store says so too. But whoever can write to the database can make it
//! forget, and a decision that is remembered here is not used twice all the same.
//!
//! **Invariant:** a decision is in here from the moment its call was recorded
//! until its time is over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use procura_core::approval::Approval;
use procura_core::hash::Digest;
use procura_core::time::Timestamp;

/// The decisions that this process saw used.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    // Owned by whoever holds the guard, never across an `.await`.
    until: Mutex<HashMap<Digest, Timestamp>>,
}

impl Spent {
    /// Remembers that these were used.
    pub(crate) fn add(&self, decisions: &[Approval], now: Timestamp) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.retain(|_, expires| *expires > now);
        until.extend(decisions.iter().map(|decision| (name_of(decision), decision.expires)));
    }

    /// Whether it was used.
    pub(crate) fn contains(&self, decision: &Approval) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.contains_key(&name_of(decision))
    }
}

fn name_of(decision: &Approval) -> Digest {
    let Approval { id, approver, digest, answer: _, issued: _, expires } = decision;
    let (id, approver) = (Digest::of(id.as_bytes()), Digest::of(approver.as_bytes()));
    Digest::of(format!("{id}\n{approver}\n{digest}\n{expires}").as_bytes())
}
