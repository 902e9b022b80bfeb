//! What one write does inside the transaction.
//!
//! **Invariant:** a guard is checked and takes effect in one statement, so
//! that of two writes with the same guard one changes a row and one does not.

use procura_core::time::Timestamp;
use procura_engine::port::{
    Advance, ApprovalRow, ApprovalState, Change, CommitError, Committed, Entry, Guard,
    StoredDirectory,
};
use procura_merkle::hash::{Hash, leaf_hash};
use rusqlite::{Connection, OptionalExtension, Params, params};

use crate::draft::{Prepared, PreparedWrite};
use crate::failure::Failure;
use crate::row::{place, state_name, to_column};

/// Makes a write; its events take the places from `next` on.
pub(crate) fn write(
    db: &Connection,
    write: &PreparedWrite,
    next: u64,
) -> Result<Committed, Failure> {
    let mut steps: usize = 0;
    for guard in &write.guards {
        self::guard(db, guard).map_err(|failure| failure.after(steps))?;
        steps = steps.saturating_add(1);
    }
    for change in &write.changes {
        self::change(db, change).map_err(|failure| failure.after(steps))?;
        steps = steps.saturating_add(1);
    }
    let mut entries = Vec::with_capacity(write.events.len());
    for (event, sequence) in write.events.iter().zip(next..) {
        let entry = insert(db, event, sequence).map_err(|failure| failure.after(steps))?;
        entries.push(entry);
        steps = steps.saturating_add(1);
    }
    Ok(Committed { entries })
}

/// Remembers where the newest event of a kind is.
pub(crate) fn remember(db: &Connection, kind: &str, newest: u64) -> Result<(), rusqlite::Error> {
    run(
        db,
        "INSERT INTO newest (kind, seq) VALUES (?1, ?2)
            ON CONFLICT (kind) DO UPDATE SET seq = excluded.seq",
        params![kind, to_column(newest)?],
    )?;
    Ok(())
}

/// Moves the log to its next checkpoint.
pub(crate) fn advance(db: &Connection, advance: &Advance, events: u64) -> Result<(), Failure> {
    let newest = db
        .prepare_cached("SELECT size FROM checkpoints ORDER BY size DESC LIMIT 1")?
        .query_row([], |row| place(row, 0))
        .optional()?;
    let size = advance.checkpoint.size;
    let is_next = newest.unwrap_or(0) == advance.from && size >= advance.from;
    require(is_next && size <= events, CommitError::Conflict)?;
    for node in &advance.nodes {
        insert_node(db, node).map_err(|failure| failure.after(1))?;
    }
    run(
        db,
        "INSERT INTO checkpoints (size, note) VALUES (?1, ?2)",
        params![to_column(size)?, advance.checkpoint.note],
    )
    .map_err(|error| Failure::from(error).after(1))?;
    Ok(())
}

/// Forgets a few keys that expired before `now`.
///
/// A few at a time keeps the transaction short, and more than one for each new
/// key keeps the table from growing.
pub(crate) fn forget(db: &Connection, now: Timestamp) -> Result<(), rusqlite::Error> {
    run(
        db,
        "DELETE FROM used WHERE key IN
            (SELECT key FROM used WHERE expires < ?1 ORDER BY expires LIMIT ?2)",
        params![now.as_seconds(), FORGET_STEP],
    )?;
    Ok(())
}

fn insert(db: &Connection, event: &Prepared, sequence: u64) -> Result<Entry, Failure> {
    let body = event.body(sequence);
    let leaf = leaf_hash(&body);
    run(
        db,
        "INSERT INTO events (seq, id, kind, body, leaf) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![to_column(sequence)?, event.id, event.kind, body, leaf.as_bytes()],
    )?;
    let id = event.id.clone();
    Ok(Entry { id, sequence, leaf })
}

/// A node at the bottom is a leaf, and leaves are stored with their events.
fn insert_node(db: &Connection, node: &(u8, u64, Hash)) -> Result<(), Failure> {
    let (level, index, hash) = node;
    let index = to_column(*index)?;
    if *level == 0 {
        let sql = "SELECT 1 FROM events WHERE seq = ?1 AND leaf = ?2";
        let is_leaf = exists(db, sql, params![index, hash.as_bytes()])?;
        return require(is_leaf, CommitError::Conflict);
    }
    run(
        db,
        "INSERT INTO nodes (level, position, hash) VALUES (?1, ?2, ?3)",
        params![level, index, hash.as_bytes()],
    )?;
    Ok(())
}

fn guard(db: &Connection, guard: &Guard) -> Result<(), Failure> {
    match guard {
        Guard::Unused { key, expires } => {
            let inserted = run(
                db,
                "INSERT INTO used (key, expires) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![key.as_bytes(), expires.as_seconds()],
            )?;
            require(inserted == 1, CommitError::Replayed)
        }
        Guard::UseApproval { id, now } => {
            let used = run(
                db,
                "UPDATE approvals SET state = 'used'
                    WHERE id = ?1 AND state = 'approved' AND expires >= ?2",
                params![id, now.as_seconds()],
            )?;
            require(used == 1, CommitError::ApprovalUsed)
        }
        Guard::ApprovalIsPending { id } => {
            let sql = "SELECT 1 FROM approvals WHERE id = ?1 AND state = 'pending'";
            require(exists(db, sql, params![id])?, CommitError::ApprovalDecided)
        }
        Guard::DirectoryIs { sequence } => {
            require(directory_sequence(db)? == *sequence, CommitError::Conflict)
        }
    }
}

fn change(db: &Connection, change: &Change) -> Result<(), Failure> {
    match change {
        Change::OpenApproval(row) => open_approval(db, row),
        Change::DecideApproval { id, statement, state, expires } => {
            decide_approval(db, id, *state, *expires)?;
            run(
                db,
                "INSERT INTO decisions (approval, position, statement)
                    SELECT ?1, count(*), ?2 FROM decisions WHERE approval = ?1",
                params![id, statement],
            )?;
            Ok(())
        }
        Change::Directory(directory) => replace_directory(db, directory),
    }
}

fn open_approval(db: &Connection, row: &ApprovalRow) -> Result<(), Failure> {
    let ApprovalRow {
        id,
        created,
        expires,
        state,
        digest,
        leaf,
        tool,
        request,
        quorum,
        statements,
    } = row;
    run(
        db,
        "INSERT INTO approvals
            (id, created, expires, state, digest, leaf, tool, request, quorum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            id,
            created.as_seconds(),
            expires.as_seconds(),
            state_name(*state),
            digest.as_bytes(),
            leaf.as_bytes(),
            tool,
            request,
            quorum,
        ],
    )?;
    for (statement, position) in statements.iter().zip(0_i64..) {
        run(
            db,
            "INSERT INTO decisions (approval, position, statement) VALUES (?1, ?2, ?3)",
            params![id, position, statement],
        )?;
    }
    Ok(())
}

/// A request that was decided stays so, whatever guards came with the change.
fn decide_approval(
    db: &Connection,
    id: &str,
    state: ApprovalState,
    expires: Timestamp,
) -> Result<(), Failure> {
    let decided = run(
        db,
        "UPDATE approvals
            SET state = ?2, expires = CASE ?2 WHEN 'approved' THEN ?3 ELSE expires END
            WHERE id = ?1 AND state = 'pending'",
        params![id, state_name(state), expires.as_seconds()],
    )?;
    require(decided == 1, CommitError::ApprovalDecided)
}

fn replace_directory(db: &Connection, directory: &StoredDirectory) -> Result<(), Failure> {
    let StoredDirectory { sequence, statement } = directory;
    let is_next = directory_sequence(db)?.checked_add(1) == Some(*sequence);
    require(is_next, CommitError::Conflict)?;
    run(
        db,
        "INSERT INTO directory (only, sequence, statement) VALUES (1, ?1, ?2)
            ON CONFLICT (only) DO UPDATE
            SET sequence = excluded.sequence, statement = excluded.statement",
        params![to_column(*sequence)?, statement],
    )?;
    Ok(())
}

fn directory_sequence(db: &Connection) -> Result<u64, rusqlite::Error> {
    let sequence = db
        .prepare_cached("SELECT sequence FROM directory")?
        .query_row([], |row| place(row, 0))
        .optional()?;
    Ok(sequence.unwrap_or(0))
}

fn run(db: &Connection, sql: &str, params: impl Params) -> Result<usize, rusqlite::Error> {
    db.prepare_cached(sql)?.execute(params)
}

fn exists(db: &Connection, sql: &str, params: impl Params) -> Result<bool, rusqlite::Error> {
    db.prepare_cached(sql)?.exists(params)
}

fn require(holds: bool, otherwise: CommitError) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::Refused(otherwise)) }
}

/// How many expired keys are forgotten with one batch: twice what it may bring.
const FORGET_STEP: i64 = 512;
