//! Why the log does not go on.
//!
//! **Invariant:** an error never means that something was signed and forgotten:
//! what was stored before the error is found and checked by the next attempt.

use std::io;
use std::path::PathBuf;

use procura_engine::port::{CommitError, StoreError};
use procura_merkle::checkpoint::CheckpointError;
use procura_merkle::proof::ReceiptError;
use procura_merkle::tree::TreeFull;
use procura_merkle::verifier_key::VerifierKeyError;

/// Why the log cannot be opened, or a checkpoint or a receipt not be made.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The database lacks events that were signed.
    #[error("{signed} events were signed and the database has {found}; restore a newer backup")]
    RolledBack {
        /// The size of the checkpoint.
        signed: u64,
        /// How many events there are.
        found: u64,
    },
    /// The database has other events than those that were signed.
    #[error(
        "the first {signed} events are not the ones that were signed; restore the right database"
    )]
    Rewritten {
        /// The size of the checkpoint.
        signed: u64,
    },
    /// The newest checkpoint of the database was not signed by the log's key.
    #[error("the stored checkpoint is not one of this log; check the key and the name of the log")]
    StoredCheckpoint(#[source] CheckpointError),
    /// The pinned checkpoint was not signed by the log's key.
    #[error("`{}` is not a checkpoint of this log; check the key and the name of the log", path.display())]
    PinInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// There are events, and the checkpoint that was pinned before the first is gone.
    #[error(
        "the pinned checkpoint `{}` is gone, so nothing shows that the {events} events are all there were",
        path.display()
    )]
    PinLost {
        /// The file.
        path: PathBuf,
        /// How many events there are.
        events: u64,
    },
    /// The pinned checkpoint cannot be read or written.
    #[error("the pinned checkpoint `{}` cannot be used", path.display())]
    Pin {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name of the log cannot stand on a checkpoint.
    #[error("the log cannot have this name or key")]
    Key(#[from] VerifierKeyError),
    /// What was signed does not verify under the signer's own key.
    #[error("the signer made no valid signature")]
    Signer(#[source] CheckpointError),
    /// A receipt was asked for an event that is not in the log.
    #[error("the event is not in the log")]
    NotInLog(#[source] ReceiptError),
    /// There are fewer events than were asked for.
    #[error("{wanted} events are not committed, {found} are")]
    NotCommitted {
        /// How many were asked for.
        wanted: u64,
        /// How many there are.
        found: u64,
    },
    /// It took too long; it may still happen.
    #[error("no checkpoint was signed in time")]
    Deadline,
    /// The tree cannot grow any more.
    #[error(transparent)]
    Full(#[from] TreeFull),
    /// The storage refused or failed.
    #[error("the log cannot be stored")]
    Store(#[source] CommitError),
}

impl LogError {
    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RolledBack { .. } | Self::Rewritten { .. } => "store.rolled_back",
            Self::StoredCheckpoint(_) => "log.checkpoint_invalid",
            Self::PinInvalid { .. } => "log.pin_invalid",
            Self::PinLost { .. } => "log.pin_lost",
            Self::Pin { .. } => "log.pin_unusable",
            Self::Key(_) => "log.name_invalid",
            Self::NotInLog(_) | Self::NotCommitted { .. } => "log.not_in_log",
            Self::Signer(_) | Self::Deadline | Self::Full(_) | Self::Store(_) => {
                "audit.unavailable"
            }
        }
    }
}

impl From<StoreError> for LogError {
    fn from(error: StoreError) -> Self {
        Self::Store(CommitError::Store(error))
    }
}
