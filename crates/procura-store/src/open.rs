//! Opening the database, or saying precisely why not.
//!
//! **Invariant:** a database that was opened to be written is ours, of the
//! newest version, intact as far as SQLite can tell, and locked.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::lock::{Lock, LockError};
use crate::readers;
use crate::schema::{self, SchemaError};
use crate::settings::Settings;
use crate::{folder, lock};

/// The name of the database in its folder.
pub const FILE: &str = "procura.db";

/// What opening may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenMode {
    /// Make a new database. The folder is made too, but must hold no database:
    /// nobody gets an empty history by mistake.
    Create,
    /// Open a database that was made before, and bring it to the newest version.
    Existing,
    /// Only read. It takes no lock, so it works beside the owner.
    ReadOnly,
}

/// Why a database was not opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The linked SQLite has known ways to corrupt a database.
    #[error("SQLite {found} can corrupt databases; build with 3.53.2 or newer")]
    Version {
        /// The version that is linked.
        found: &'static str,
    },
    /// There is no such folder.
    #[error("the folder `{}` does not exist; check the path, or create a database there", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The path names something else.
    #[error("`{}` is not a folder; name the folder that holds `{FILE}`", path.display())]
    NotAFolder {
        /// What was named.
        path: PathBuf,
    },
    /// The folder cannot be listed.
    #[error("the folder `{}` cannot be read; give this user read and search permission", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing can be written to the folder.
    #[error("the folder `{}` cannot be written to; give this user write permission", path.display())]
    NotWritable {
        /// The folder.
        path: PathBuf,
    },
    /// The folder belongs to somebody else.
    #[error("the folder `{}` belongs to user {owner}, this is user {user}; run as its owner", path.display())]
    WrongOwner {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// The folder holds no database.
    #[error("there is no database in `{}`; check the path, or create one there", path.display())]
    NotInitialised {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds a database already.
    #[error("there is a database in `{}` already; open it, or choose another folder", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Somebody else has it open.
    #[error("`{}` is in use by {holder}; stop it first", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who holds the lock, as far as is known.
        holder: String,
    },
    /// The file is something else.
    #[error("`{}` is not a database of procura; check the path", path.display())]
    NotProcura {
        /// The file.
        path: PathBuf,
    },
    /// The tables are of a version that this build does not know.
    #[error("`{}` was written by a newer procura (tables {found}, known up to {}); upgrade or restore a backup", path.display(), schema::NEWEST)]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its tables.
        found: i32,
    },
    /// The tables are old, and reading may not change them.
    #[error("`{}` was written by an older procura (tables {found}); start procura on it once", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// The version of its tables.
        found: i32,
    },
    /// The tables came about in another way than this build knows.
    #[error("migration {version} of `{}` ran with another text; use the build that made it", path.display())]
    MigrationChanged {
        /// The file.
        path: PathBuf,
        /// Which migration.
        version: i32,
    },
    /// The tables cannot be brought to the version of this build.
    #[error("the tables of `{}` cannot be brought from version {found} to {} ({detail}); restore a backup", path.display(), schema::NEWEST)]
    MigrationFailed {
        /// The file.
        path: PathBuf,
        /// The version that the file says it has.
        found: i32,
        /// What SQLite said.
        detail: String,
    },
    /// SQLite found the file damaged.
    #[error("`{}` is damaged ({detail}); restore a backup", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said first.
        detail: String,
    },
    /// The system refused something.
    #[error("`{}` cannot be used; see the cause and try again", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite refused something.
    #[error("the database `{}` cannot be used; see the cause and try again", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Version { .. } => "store.version",
            Self::NoFolder { .. } => "store.no_folder",
            Self::NotAFolder { .. } => "store.not_a_folder",
            Self::Unreadable { .. } => "store.unreadable",
            Self::NotWritable { .. } => "store.not_writable",
            Self::WrongOwner { .. } => "store.wrong_owner",
            Self::NotInitialised { .. } => "store.not_initialised",
            Self::Exists { .. } => "store.exists",
            Self::Locked { .. } => "store.locked",
            Self::NotProcura { .. } => "store.not_procura",
            Self::Newer { .. } => "store.newer",
            Self::Older { .. } => "store.older",
            Self::MigrationChanged { .. } => "store.migration_changed",
            Self::MigrationFailed { .. } => "store.migration_failed",
            Self::Corrupt { .. } => "store.corrupt",
            Self::Io { .. } | Self::Sqlite { .. } => "store.io",
        }
    }
}

/// What opening gives.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    /// The writer's connection and its lock, unless it was opened to be read.
    pub(crate) owner: Option<(Connection, Lock)>,
}

pub(crate) fn open(
    folder: &Path,
    mode: OpenMode,
    settings: &Settings,
) -> Result<Opened, OpenError> {
    require_version(rusqlite::version_number(), rusqlite::version())?;
    folder::prepare(folder, mode)?;
    let path = folder.join(FILE);
    let lock = match mode {
        OpenMode::Create => Some(create(folder, &path)?),
        OpenMode::Existing => {
            require_file(folder, &path)?;
            Some(acquire(folder)?)
        }
        OpenMode::ReadOnly => {
            require_file(folder, &path)?;
            None
        }
    };
    let owner = match lock {
        Some(lock) => Some((open_to_write(&path, settings)?, lock)),
        None => {
            open_to_read(&path)?;
            None
        }
    };
    Ok(Opened { path, owner })
}

/// Refuses what has the WAL-reset and FTS5 bugs.
pub(crate) fn require_version(number: i32, found: &'static str) -> Result<(), OpenError> {
    if number < OLDEST_SQLITE { Err(OpenError::Version { found }) } else { Ok(()) }
}

fn require_file(folder: &Path, path: &Path) -> Result<(), OpenError> {
    match path.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpenError::NotInitialised { path: folder.into() }),
        Err(error) => Err(folder::io_error(path, error)),
    }
}

fn acquire(folder: &Path) -> Result<Lock, OpenError> {
    Lock::acquire(folder).map_err(|error| match error {
        LockError::Held(holder) => OpenError::Locked { path: folder.into(), holder },
        LockError::Io(error) => folder::io_error(&folder.join(lock::FILE), error),
    })
}

/// Makes the database under another name first, so that a database which has
/// its name also has its tables, whenever the power goes.
fn create(folder: &Path, path: &Path) -> Result<Lock, OpenError> {
    let exists = || path.try_exists().map_err(|error| folder::io_error(path, error));
    if exists()? {
        return Err(OpenError::Exists { path: folder.into() });
    }
    let lock = acquire(folder)?;
    // Somebody may have been faster.
    if exists()? {
        return Err(OpenError::Exists { path: folder.into() });
    }
    let draft = path.with_extension("new");
    make_empty(&draft).map_err(|error| folder::io_error(&draft, error))?;
    let sqlite = |source| sqlite_error(&draft, source);
    let mut db = connect_to_write(&draft).map_err(sqlite)?;
    schema::migrate(&mut db).map_err(sqlite)?;
    db.close().map_err(|(_, source)| sqlite(source))?;
    std::fs::rename(&draft, path).map_err(|error| folder::io_error(path, error))?;
    folder::sync(folder)?;
    Ok(lock)
}

/// SQLite gives its other files the permissions of this one.
fn make_empty(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

fn open_to_write(path: &Path, settings: &Settings) -> Result<Connection, OpenError> {
    let sqlite = |source| sqlite_error(path, source);
    let found = identify(path)?;
    let mut db = connect_to_write(path).map_err(sqlite)?;
    check(&db, path)?;
    configure(&db, settings).map_err(sqlite)?;
    schema::migrate(&mut db).map_err(|source| {
        // The statement that failed is ours, and says nothing to anybody else.
        if let rusqlite::Error::SqlInputError { msg: detail, .. } = source {
            OpenError::MigrationFailed { path: path.into(), found, detail }
        } else {
            sqlite(source)
        }
    })?;
    require_same_migrations(&db, path)?;
    Ok(db)
}

fn open_to_read(path: &Path) -> Result<(), OpenError> {
    let found = identify(path)?;
    if found < schema::NEWEST {
        return Err(OpenError::Older { path: path.into(), found });
    }
    let db = readers::connect(path).map_err(|source| sqlite_error(path, source))?;
    check(&db, path)?;
    require_same_migrations(&db, path)
}

/// Reads what the file says it is, without a chance to change it.
fn identify(path: &Path) -> Result<i32, OpenError> {
    let db = readers::connect(path).map_err(|source| sqlite_error(path, source))?;
    let identity = schema::identify(&db).map_err(|source| sqlite_error(path, source))?;
    if identity.application != schema::APPLICATION {
        return Err(OpenError::NotProcura { path: path.into() });
    }
    if identity.version > schema::NEWEST {
        return Err(OpenError::Newer { path: path.into(), found: identity.version });
    }
    Ok(identity.version)
}

fn require_same_migrations(db: &Connection, path: &Path) -> Result<(), OpenError> {
    schema::require_same_migrations(db).map_err(|error| match error {
        SchemaError::Changed(version) => OpenError::MigrationChanged { path: path.into(), version },
        SchemaError::Sqlite(source) => sqlite_error(path, source),
    })
}

fn check(db: &Connection, path: &Path) -> Result<(), OpenError> {
    readers::check(db, "PRAGMA quick_check(1)")
        .map_err(|error| OpenError::Corrupt { path: path.into(), detail: error.to_string() })
}

fn connect_to_write(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
}

fn configure(db: &Connection, settings: &Settings) -> Result<(), rusqlite::Error> {
    // `fullfsync` is for systems whose fsync does not reach the disk.
    // The writer copies the log back itself, because SQLite drops the error.
    db.execute_batch(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16384;",
    )?;
    db.set_prepared_statement_cache_capacity(64);
    if let Some(pages) = settings.max_pages {
        db.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?;
    }
    Ok(())
}

fn sqlite_error(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    let code = source.sqlite_error_code();
    if code == Some(ErrorCode::NotADatabase) {
        OpenError::NotProcura { path }
    } else if code == Some(ErrorCode::DatabaseCorrupt) {
        OpenError::Corrupt { path, detail: source.to_string() }
    } else {
        OpenError::Sqlite { path, source }
    }
}

/// 3.53.2, as SQLite counts.
const OLDEST_SQLITE: i32 = 3_053_002;

#[cfg(test)]
mod tests {
    use super::{OLDEST_SQLITE, OpenError, require_version};

    #[test]
    fn a_sqlite_that_corrupts_databases_is_refused() {
        let refused = require_version(OLDEST_SQLITE - 1, "3.53.1");
        assert!(matches!(refused, Err(OpenError::Version { found: "3.53.1" })));
        assert!(require_version(OLDEST_SQLITE, "3.53.2").is_ok());
    }
}
