//! The folder that holds the database.
//!
//! **Invariant:** a folder that passed [`prepare`] exists, is ours and can be
//! used as the mode needs, so that later errors are about the database.

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::Access;

use crate::open::{OpenError, OpenMode};

/// Looks at the folder, or makes it, and says precisely what is wrong.
pub(crate) fn prepare(folder: &Path, mode: OpenMode) -> Result<(), OpenError> {
    let metadata = match std::fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return create_if_asked(folder, mode);
        }
        Err(error) => return Err(io_error(folder, error)),
    };
    if !metadata.is_dir() {
        return Err(OpenError::NotAFolder { path: folder.into() });
    }
    if mode != OpenMode::ReadOnly {
        require_owner(folder, &metadata)?;
    }
    require_access(folder, mode)
}

/// Makes the names in `folder` durable.
pub(crate) fn sync(folder: &Path) -> Result<(), OpenError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| io_error(folder, error))
}

pub(crate) fn io_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.into(), source }
}

fn create_if_asked(folder: &Path, mode: OpenMode) -> Result<(), OpenError> {
    match mode {
        OpenMode::Create => {}
        OpenMode::Existing | OpenMode::ReadOnly => {
            return Err(OpenError::NoFolder { path: folder.into() });
        }
    }
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.map_err(|error| io_error(folder, error))?;
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync)
}

/// Files of another user would lock that user's service out.
fn require_owner(folder: &Path, metadata: &Metadata) -> Result<(), OpenError> {
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == user {
        return Ok(());
    }
    Err(OpenError::WrongOwner { path: folder.into(), owner, user })
}

fn require_access(folder: &Path, mode: OpenMode) -> Result<(), OpenError> {
    if rustix::fs::access(folder, Access::READ_OK | Access::EXEC_OK).is_err() {
        return Err(OpenError::Unreadable { path: folder.into() });
    }
    let must_write = match mode {
        OpenMode::Create | OpenMode::Existing => true,
        OpenMode::ReadOnly => false,
    };
    if must_write && rustix::fs::access(folder, Access::WRITE_OK).is_err() {
        return Err(OpenError::NotWritable { path: folder.into() });
    }
    Ok(())
}
