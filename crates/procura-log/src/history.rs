//! What was signed before, read back and checked.
//!
//! **Invariant:** a [`Position`] is what the newest stored checkpoint says: its
//! signature is by the log's key and its root was computed from the nodes.

use procura_engine::port::{Ledger, StoreError};
use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::hash::Hash;
use procura_merkle::prove::{self, ProveError};
use procura_merkle::tree::Frontier;
use procura_merkle::verifier_key::VerifierKey;

use crate::error::LogError;

/// A checkpoint of this log, and the note that proves it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: String,
}

/// Where the log stands.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) frontier: Frontier,
    pub(crate) signed: Option<Signed>,
}

/// The most events that are read at once.
pub(crate) const STEP: usize = 4096;

impl Position {
    /// Reads where the log stands, and checks it.
    pub(crate) fn load(ledger: &dyn Ledger, key: &VerifierKey) -> Result<Self, LogError> {
        let Some(stored) = ledger.checkpoint()? else {
            let frontier = Frontier::new();
            return Ok(Self { frontier, signed: None });
        };
        let note = stored.note;
        let checkpoint = Checkpoint::open(&note, key).map_err(LogError::StoredCheckpoint)?;
        let (signed, found) = (checkpoint.size(), ledger.size()?);
        if found < signed {
            return Err(LogError::RolledBack { signed, found });
        }
        let frontier = Frontier::load(signed, |level, index| node(ledger, level, index))?;
        if frontier.head() != *checkpoint.head() {
            return Err(LogError::Rewritten { signed });
        }
        let signed = Some(Signed { checkpoint, note });
        Ok(Self { frontier, signed })
    }

    /// Checks that the log still contains what `earlier` says.
    pub(crate) fn require_continues(
        &self,
        ledger: &dyn Ledger,
        earlier: &Checkpoint,
    ) -> Result<(), LogError> {
        let signed = earlier.size();
        let rewritten = LogError::Rewritten { signed };
        match &self.signed {
            Some(newest) if signed <= newest.checkpoint.size() => {
                let size = newest.checkpoint.size();
                let read = |level, index| node(ledger, level, index);
                let proof = prove::consistency_proof(signed, size, read).map_err(unread)?;
                let extends = newest.checkpoint.verify_extends(earlier, &proof);
                extends.map_err(|_| rewritten)
            }
            Some(_) | None if self.head_at(ledger, signed)? == *earlier.head() => Ok(()),
            Some(_) | None => Err(rewritten),
        }
    }

    /// The tree of the first `size` events, which are more than were signed.
    fn head_at(
        &self,
        ledger: &dyn Ledger,
        size: u64,
    ) -> Result<procura_merkle::tree::TreeHead, LogError> {
        let found = ledger.size()?;
        if found < size {
            return Err(LogError::RolledBack { signed: size, found });
        }
        let mut frontier = self.frontier.clone();
        while frontier.size() < size {
            let rest = size.saturating_sub(frontier.size());
            let limit = usize::try_from(rest).unwrap_or(STEP).min(STEP);
            let leaves = ledger.leaves(frontier.size(), limit)?;
            if leaves.is_empty() {
                return Err(missing(0, frontier.size()));
            }
            for leaf in leaves {
                frontier.append(leaf)?;
            }
        }
        Ok(frontier.head())
    }
}

/// Reads a node that must be there.
pub(crate) fn node(ledger: &dyn Ledger, level: u8, index: u64) -> Result<Hash, LogError> {
    ledger.node(level, index)?.ok_or_else(|| missing(level, index))
}

/// The only thing that can go wrong with a proof inside the tree is reading.
pub(crate) fn unread(error: ProveError<LogError>) -> LogError {
    match error {
        ProveError::Read(error) => error,
        ProveError::IndexOutOfRange { index, size } => {
            LogError::NotCommitted { wanted: index.saturating_add(1), found: size }
        }
        ProveError::OutOfTree { start: _, end, size } => {
            LogError::NotCommitted { wanted: end, found: size }
        }
    }
}

fn missing(level: u8, index: u64) -> LogError {
    StoreError::Damaged(format!("node {index} of level {level} is missing")).into()
}
