//! Connections that only read.
//!
//! **Invariant:** a reader never uses the writer's connection, so it sees
//! committed transactions only and never waits for one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use procura_engine::port::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::failure::{read_error, unavailable};

/// A small pool. A reader takes a connection out and puts it back.
pub(crate) struct Readers {
    path: PathBuf,
    // Idle connections only. The lock is held to push and pop, never to read.
    idle: Mutex<Vec<Connection>>,
}

/// How many idle connections are kept.
const IDLE: usize = 4;

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()) }
    }

    /// Runs `read` on a connection of its own.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let db = match self.pop() {
            Some(db) => db,
            None => connect(&self.path).map_err(unavailable)?,
        };
        let result = read(&db);
        // A connection that failed may be in any state: it is closed.
        if result.is_ok() {
            self.push(db);
        }
        result
    }

    fn pop(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn push(&self, db: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(db);
        }
    }
}

/// Opens the database to read it.
pub(crate) fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA busy_timeout = 5000;",
    )?;
    Ok(db)
}

/// The first complaint of a check that SQLite makes of its own file.
pub(crate) fn check(db: &Connection, pragma: &str) -> Result<(), StoreError> {
    let answer: String = db.query_row(pragma, [], |row| row.get(0)).map_err(read_error)?;
    if answer == "ok" { Ok(()) } else { Err(StoreError::Damaged(answer)) }
}
