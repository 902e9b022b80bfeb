//! Columns to types and back.
//!
//! **Invariant:** a column that does not hold what was written is an error,
//! never a default.

use procura_core::hash::Digest;
use procura_core::time::Timestamp;
use procura_engine::port::{ApprovalRow, ApprovalState, StoredEvent};
use procura_merkle::hash::Hash;
use rusqlite::types::Type;
use rusqlite::{Error, Row};

/// An event and the leaf hash that was stored with it.
pub(crate) struct EventRow {
    pub(crate) event: StoredEvent,
    pub(crate) leaf: Hash,
}

/// The columns of [`event`], in its order.
pub(crate) const EVENT_COLUMNS: &str = "seq, id, kind, body, leaf";
/// The columns of [`approval`], in its order.
pub(crate) const APPROVAL_COLUMNS: &str =
    "id, created, expires, state, digest, leaf, tool, request, quorum";

pub(crate) fn event(row: &Row<'_>) -> Result<EventRow, Error> {
    let event = StoredEvent {
        sequence: place(row, 0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        body: row.get(3)?,
    };
    Ok(EventRow { event, leaf: hash(row, 4)? })
}

/// A request without its decisions.
pub(crate) fn approval(row: &Row<'_>) -> Result<ApprovalRow, Error> {
    Ok(ApprovalRow {
        id: row.get(0)?,
        created: Timestamp::from_seconds(row.get(1)?),
        expires: Timestamp::from_seconds(row.get(2)?),
        state: state(row, 3)?,
        digest: Digest::from_bytes(row.get(4)?),
        leaf: Digest::from_bytes(row.get(5)?),
        tool: row.get(6)?,
        request: row.get(7)?,
        quorum: row.get(8)?,
        statements: Vec::new(),
    })
}

pub(crate) fn hash(row: &Row<'_>, column: usize) -> Result<Hash, Error> {
    Ok(Hash::from_bytes(row.get(column)?))
}

/// A number that is never negative, such as a place in the log.
pub(crate) fn place(row: &Row<'_>, column: usize) -> Result<u64, Error> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

/// The number as SQLite keeps it.
pub(crate) fn to_column(place: u64) -> Result<i64, Error> {
    i64::try_from(place).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}

pub(crate) const fn state_name(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Pending => "pending",
        ApprovalState::Approved => "approved",
        ApprovalState::Denied => "denied",
        ApprovalState::Used => "used",
    }
}

fn state(row: &Row<'_>, column: usize) -> Result<ApprovalState, Error> {
    let name: String = row.get(column)?;
    match name.as_str() {
        "pending" => Ok(ApprovalState::Pending),
        "approved" => Ok(ApprovalState::Approved),
        "denied" => Ok(ApprovalState::Denied),
        "used" => Ok(ApprovalState::Used),
        _ => Err(Error::InvalidColumnType(column, "state".to_owned(), Type::Text)),
    }
}
