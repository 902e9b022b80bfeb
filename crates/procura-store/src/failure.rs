//! What SQLite's errors mean to those who asked.
//!
//! **Invariant:** only a full disk and a busy lock leave the store usable;
//! every other error of a write fences it.

use std::sync::Arc;

use procura_engine::port::{CommitError, StoreError};
use rusqlite::ErrorCode;

/// Why one write of a batch was not made.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It asked for something that does not hold, and has done nothing yet.
    Refused(CommitError),
    /// The same, after a part of it was done. That part must be undone.
    Half(CommitError),
    /// The storage failed. The whole batch is undone.
    Broken(rusqlite::Error),
}

impl Failure {
    /// The failure of a step that came after `steps` others of the same write.
    pub(crate) fn after(self, steps: usize) -> Self {
        match self {
            Self::Refused(refusal) if steps > 0 => Self::Half(refusal),
            Self::Refused(_) | Self::Half(_) | Self::Broken(_) => self,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        // The guards are checked before; a constraint that breaks now is an id
        // or a place that somebody else took first.
        if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
            Self::Refused(CommitError::Conflict)
        } else {
            Self::Broken(error)
        }
    }
}

/// Why a whole batch was not made; each of its writes is told.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// No room is left.
    Full,
    /// Another process holds the database.
    Busy(Arc<rusqlite::Error>),
    /// A write failed, so that nobody knows what is on the disk.
    Fenced(Arc<rusqlite::Error>),
}

impl Cause {
    pub(crate) fn of(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        if code == Some(ErrorCode::DiskFull) {
            Self::Full
        } else if matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) {
            Self::Busy(Arc::new(error))
        } else {
            Self::Fenced(Arc::new(error))
        }
    }

    /// Whether nothing may be written until the database was opened again.
    pub(crate) const fn is_fence(&self) -> bool {
        match self {
            Self::Full | Self::Busy(_) => false,
            Self::Fenced(_) => true,
        }
    }

    pub(crate) fn to_error(&self) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Busy(error) => unavailable(Arc::clone(error)),
            Self::Fenced(error) => unavailable(Fenced(Arc::clone(error))),
        }
    }
}

/// The store does not write any more.
#[derive(Debug, thiserror::Error)]
#[error("nothing is written after a failed write; check the disk and restart")]
struct Fenced(#[source] Arc<rusqlite::Error>);

/// The queue of writes is as long as it may be.
#[derive(Debug, thiserror::Error)]
#[error("too many writes wait; try again")]
pub(crate) struct QueueFull;

/// There is no writer: it was opened to be read, or its thread has ended.
#[derive(Debug, thiserror::Error)]
#[error("the database was opened to be read, or its writer has stopped")]
pub(crate) struct NoWriter;

pub(crate) fn unavailable(
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Unavailable(error.into())
}

/// What a failed read means.
pub(crate) fn read_error(error: rusqlite::Error) -> StoreError {
    let is_corrupt = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    );
    let is_foreign_value = matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
    );
    if is_corrupt || is_foreign_value {
        StoreError::Damaged(error.to_string())
    } else {
        unavailable(error)
    }
}
