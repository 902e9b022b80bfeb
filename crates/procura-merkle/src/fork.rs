//! Tells whether two checkpoints of a log can both be true.
//!
//! **Invariant:** a later checkpoint is accepted only with a proof that its
//! tree begins with the earlier one.

use alloc::string::String;

use crate::{
    checkpoint::Checkpoint,
    hash::Hash,
    verify::{ProofError, verify_consistency},
};

/// Why one checkpoint does not continue another.
///
/// `SplitView` and `NotAnExtension` between two signed checkpoints are the
/// evidence that a log has lied. Both notes have to be kept.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ForkError {
    /// The checkpoints are of different logs, and say nothing of each other.
    #[error("the checkpoints are of `{old}` and of `{new}`")]
    OtherLog {
        /// The log of the earlier checkpoint.
        old: String,
        /// The log of the later one.
        new: String,
    },
    /// The later checkpoint is of a smaller tree: the order is wrong, or the
    /// log went back.
    #[error("the log went back from {old} to {new} entries")]
    WentBack {
        /// The size before.
        old: u64,
        /// The size after.
        new: u64,
    },
    /// One size, two roots: different readers were shown different logs.
    #[error("the log shows two trees of {size} entries")]
    SplitView {
        /// The size of both trees.
        size: u64,
    },
    /// The proof does not show that the log only grew.
    #[error("the log is not shown to have only grown")]
    NotAnExtension(#[source] ProofError),
}

impl Checkpoint {
    /// Checks that the log only grew since `old`.
    ///
    /// Both checkpoints should have come from [`Checkpoint::open`].
    pub fn verify_extends(&self, old: &Self, proof: &[Hash]) -> Result<(), ForkError> {
        let (before, after) = (old.head(), self.head());
        if old.origin() != self.origin() {
            let (old, new) = (old.origin().into(), self.origin().into());
            return Err(ForkError::OtherLog { old, new });
        }
        if after.size < before.size {
            return Err(ForkError::WentBack { old: before.size, new: after.size });
        }
        if after.size == before.size && after.root != before.root {
            return Err(ForkError::SplitView { size: after.size });
        }
        verify_consistency(before, after, proof).map_err(ForkError::NotAnExtension)
    }
}
