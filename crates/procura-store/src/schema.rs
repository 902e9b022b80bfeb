//! Whose database it is, and which version of the tables it has.
//!
//! **Invariant:** a file that is not ours is never written to, and a migration
//! happens whole, with its checksum, or not at all.

use procura_core::hash::Digest;
use rusqlite::{Connection, TransactionBehavior, params};

/// What `PRAGMA application_id` says in our files: `PROC`.
pub(crate) const APPLICATION: i32 = 0x5052_4F43;

/// The version that this build reads and writes.
pub(crate) const NEWEST: i32 = 1;

/// The steps from an empty database to [`NEWEST`]. A step that was released
/// is never edited: a new one follows.
const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, sql: include_str!("migrations/0001_first.sql") }];

struct Migration {
    version: i32,
    sql: &'static str,
}

/// What a file says it is.
pub(crate) struct Identity {
    pub(crate) application: i32,
    pub(crate) version: i32,
}

/// Why the tables are not as this build needs them.
#[derive(Debug)]
pub(crate) enum SchemaError {
    /// This migration ran with another text.
    Changed(i32),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for SchemaError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

pub(crate) fn identify(db: &Connection) -> Result<Identity, rusqlite::Error> {
    Ok(Identity {
        application: db.pragma_query_value(None, "application_id", |row| row.get(0))?,
        version: db.pragma_query_value(None, "user_version", |row| row.get(0))?,
    })
}

/// Runs what has not run yet, in one transaction.
pub(crate) fn migrate(db: &mut Connection) -> Result<(), rusqlite::Error> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = identify(&transaction)?.version;
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > version) {
        transaction.execute_batch(migration.sql)?;
        transaction.execute(
            "INSERT INTO migrations (version, checksum) VALUES (?1, ?2)",
            params![migration.version, migration.checksum().as_bytes()],
        )?;
        transaction.pragma_update(None, "user_version", migration.version)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.commit()
}

/// Checks that what ran is what this build would have run.
pub(crate) fn require_same_migrations(db: &Connection) -> Result<(), SchemaError> {
    let mut statement = db.prepare("SELECT checksum FROM migrations WHERE version = ?1")?;
    for migration in MIGRATIONS {
        let checksum: [u8; 32] = statement
            .query_row(params![migration.version], |row| row.get(0))
            .map_err(|error| missing_is_changed(error, migration.version))?;
        if checksum != *migration.checksum().as_bytes() {
            return Err(SchemaError::Changed(migration.version));
        }
    }
    Ok(())
}

fn missing_is_changed(error: rusqlite::Error, version: i32) -> SchemaError {
    if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
        SchemaError::Changed(version)
    } else {
        SchemaError::Sqlite(error)
    }
}

impl Migration {
    fn checksum(&self) -> Digest {
        Digest::of(self.sql.as_bytes())
    }
}
