//! Questions to the database.
//!
//! **Invariant:** no event and no leaf leaves this module unless the stored
//! bytes have the stored hash, and no range of them has a gap.

use procura_core::hash::Digest;
use procura_core::time::Timestamp;
use procura_engine::port::{
    ApprovalRow, StoreError, StoredCheckpoint, StoredDirectory, StoredEvent,
};
use procura_merkle::hash::{Hash, leaf_hash};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::failure::read_error;
use crate::row::{self, APPROVAL_COLUMNS, EVENT_COLUMNS, EventRow};

pub(crate) fn size(db: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(seq) + 1, 0) FROM events";
    let size = one(db, sql, [], |row| row::place(row, 0))?;
    Ok(size.unwrap_or(0))
}

pub(crate) fn events(
    db: &Connection,
    from: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = range(db, from, limit)?;
    Ok(rows.into_iter().map(|row| row.event).collect())
}

pub(crate) fn leaves(db: &Connection, from: u64, limit: usize) -> Result<Vec<Hash>, StoreError> {
    // What is signed is hashed again: nothing is signed over damaged bytes.
    let rows = range(db, from, limit)?;
    Ok(rows.into_iter().map(|row| row.leaf).collect())
}

pub(crate) fn event(db: &Connection, id: &str) -> Result<Option<StoredEvent>, StoreError> {
    let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE id = ?1");
    intact_event(one(db, &sql, params![id], row::event)?)
}

/// The newest event whose kind begins with `prefix`.
pub(crate) fn newest(db: &Connection, prefix: &str) -> Result<Option<StoredEvent>, StoreError> {
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM events WHERE seq =
            (SELECT max(seq) FROM newest WHERE substr(kind, 1, length(?1)) = ?1)"
    );
    intact_event(one(db, &sql, params![prefix], row::event)?)
}

pub(crate) fn directory(db: &Connection) -> Result<Option<StoredDirectory>, StoreError> {
    one(db, "SELECT sequence, statement FROM directory", [], |row| {
        Ok(StoredDirectory { sequence: row::place(row, 0)?, statement: row.get(1)? })
    })
}

pub(crate) fn approval(db: &Connection, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
    let sql = format!("SELECT {APPROVAL_COLUMNS} FROM approvals WHERE id = ?1");
    let found = many(db, &sql, params![id], row::approval)?;
    Ok(with_statements(db, found)?.pop())
}

pub(crate) fn approvals(db: &Connection, limit: usize) -> Result<Vec<ApprovalRow>, StoreError> {
    let sql = format!(
        "SELECT {APPROVAL_COLUMNS} FROM approvals ORDER BY created DESC, rowid DESC LIMIT ?1"
    );
    let found = many(db, &sql, params![to_limit(limit)], row::approval)?;
    with_statements(db, found)
}

pub(crate) fn approvals_of(
    db: &Connection,
    leaf: &Digest,
    tool: &str,
    now: Timestamp,
) -> Result<Vec<ApprovalRow>, StoreError> {
    let sql = format!(
        "SELECT {APPROVAL_COLUMNS} FROM approvals
            WHERE leaf = ?1 AND tool = ?2 AND expires >= ?3
            ORDER BY created DESC, rowid DESC"
    );
    let params = params![leaf.as_bytes(), tool, now.as_seconds()];
    let found = many(db, &sql, params, row::approval)?;
    with_statements(db, found)
}

pub(crate) fn node(db: &Connection, level: u8, index: u64) -> Result<Option<Hash>, StoreError> {
    let Ok(index) = row::to_column(index) else {
        return Ok(None);
    };
    if level == 0 {
        let sql = "SELECT leaf FROM events WHERE seq = ?1";
        return one(db, sql, params![index], |row| row::hash(row, 0));
    }
    let sql = "SELECT hash FROM nodes WHERE level = ?1 AND position = ?2";
    one(db, sql, params![level, index], |row| row::hash(row, 0))
}

/// The newest checkpoint of at most `size` events.
pub(crate) fn checkpoint_of(
    db: &Connection,
    size: u64,
) -> Result<Option<StoredCheckpoint>, StoreError> {
    let sql = "SELECT size, note FROM checkpoints WHERE size <= ?1 ORDER BY size DESC LIMIT 1";
    one(db, sql, params![row::to_column(size).unwrap_or(i64::MAX)], |row| {
        Ok(StoredCheckpoint { size: row::place(row, 0)?, note: row.get(1)? })
    })
}

/// Events without a gap, each with the hash that it was stored with.
fn range(db: &Connection, from: u64, limit: usize) -> Result<Vec<EventRow>, StoreError> {
    let Ok(start) = row::to_column(from) else {
        return Ok(Vec::new());
    };
    let sql = format!("SELECT {EVENT_COLUMNS} FROM events WHERE seq >= ?1 ORDER BY seq LIMIT ?2");
    let rows = many(db, &sql, params![start, to_limit(limit)], row::event)?;
    for (row, expected) in rows.iter().zip(from..) {
        if row.event.sequence != expected {
            return Err(StoreError::Damaged(format!("event {expected} is missing")));
        }
    }
    rows.into_iter().map(intact).collect()
}

fn intact_event(found: Option<EventRow>) -> Result<Option<StoredEvent>, StoreError> {
    match found {
        None => Ok(None),
        Some(row) => intact(row).map(|row| Some(row.event)),
    }
}

fn intact(row: EventRow) -> Result<EventRow, StoreError> {
    if leaf_hash(&row.event.body) == row.leaf {
        Ok(row)
    } else {
        let sequence = row.event.sequence;
        Err(StoreError::Damaged(format!("event {sequence} does not have its stored hash")))
    }
}

fn with_statements(
    db: &Connection,
    mut approvals: Vec<ApprovalRow>,
) -> Result<Vec<ApprovalRow>, StoreError> {
    let sql = "SELECT statement FROM decisions WHERE approval = ?1 ORDER BY position";
    for approval in &mut approvals {
        approval.statements = many(db, sql, params![approval.id], |row| row.get(0))?;
    }
    Ok(approvals)
}

fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Option<T>, StoreError> {
    let mut statement = db.prepare_cached(sql).map_err(read_error)?;
    statement.query_row(params, read).optional().map_err(read_error)
}

fn many<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql).map_err(read_error)?;
    let rows = statement.query_map(params, read).map_err(read_error)?;
    rows.collect::<Result<Vec<T>, _>>().map_err(read_error)
}

fn to_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
