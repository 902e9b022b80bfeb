//! Files that only their owner can read or replace.
//!
//! **Invariant:** every check is made on the open descriptor whose bytes are
//! used, so nothing can be exchanged between a check and its use. Only the
//! directory of the file is checked, not the directories above it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::error::{Exposure, KeyError, directory_of};

/// Reads a private file; `None` if it is longer than `limit`.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    let (directory, name) = open_directory(path)?;
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&directory, name, flags, Mode::empty())
        .map_err(|error| opening(path, error))?;
    check_file(path, &file)?;
    // One more byte than allowed shows a longer file; the spare room keeps the
    // vector from moving, which would leave a copy behind.
    let cap = limit.saturating_add(1);
    let mut contents = Zeroizing::new(Vec::with_capacity(cap.saturating_add(64)));
    File::from(file)
        .take(u64::try_from(cap).unwrap_or(u64::MAX))
        .read_to_end(&mut contents)
        .map_err(|error| failed(path, error))?;
    Ok((contents.len() <= limit).then_some(contents))
}

/// Writes a new private file and makes it durable. Nothing is overwritten.
pub(crate) fn create(path: &Path, contents: &[u8]) -> Result<(), KeyError> {
    let (directory, name) = open_directory(path)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&directory, name, flags, Mode::RUSR | Mode::WUSR)
        .map_err(|error| opening(path, error))?;
    let written = write_durably(File::from(file), contents)
        .and_then(|()| rustix::fs::fsync(&directory).map_err(io::Error::from));
    written.map_err(|error| {
        // The file is ours and incomplete. If it cannot be removed either, the
        // error that is reported stays the first one.
        let _ = rustix::fs::unlinkat(&directory, name, AtFlags::empty());
        failed(path, error)
    })
}

fn write_durably(mut file: File, contents: &[u8]) -> io::Result<()> {
    file.write_all(contents)?;
    file.sync_all()
}

/// Opens the directory of `path`, once nobody else can replace files in it.
fn open_directory(path: &Path) -> Result<(OwnedFd, &OsStr), KeyError> {
    let name = path.file_name().ok_or_else(|| KeyError::Permissions {
        path: path.to_owned(),
        exposure: Exposure::NotAFile,
    })?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory =
        rustix::fs::open(directory_of(path), flags, Mode::empty()).map_err(|error| {
            if error == Errno::NOENT { missing(path) } else { failed(path, error) }
        })?;
    let status = rustix::fs::fstat(&directory).map_err(|error| failed(path, error))?;
    let mode = Mode::from_raw_mode(status.st_mode);
    let refused = |exposure| KeyError::Permissions { path: path.to_owned(), exposure };
    // Root can replace any file anyway, and owns /tmp.
    if status.st_uid != 0 && status.st_uid != rustix::process::geteuid().as_raw() {
        return Err(refused(Exposure::ForeignDirectory));
    }
    if mode.intersects(Mode::WGRP | Mode::WOTH) && !mode.contains(Mode::SVTX) {
        return Err(refused(Exposure::OpenDirectory));
    }
    Ok((directory, name))
}

fn check_file(path: &Path, file: &OwnedFd) -> Result<(), KeyError> {
    let status = rustix::fs::fstat(file).map_err(|error| failed(path, error))?;
    let refused = |exposure| Err(KeyError::Permissions { path: path.to_owned(), exposure });
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return refused(Exposure::NotAFile);
    }
    if status.st_uid != rustix::process::geteuid().as_raw() {
        return refused(Exposure::ForeignFile);
    }
    let allowed = Mode::RUSR | Mode::WUSR;
    if !allowed.contains(Mode::from_raw_mode(status.st_mode)) {
        return refused(Exposure::OpenFile);
    }
    Ok(())
}

fn opening(path: &Path, error: Errno) -> KeyError {
    let refused = |exposure| KeyError::Permissions { path: path.to_owned(), exposure };
    match error {
        Errno::NOENT => missing(path),
        Errno::EXIST => KeyError::Exists { path: path.to_owned() },
        // The BSDs say EMLINK where others say ELOOP.
        Errno::LOOP | Errno::MLINK => refused(Exposure::Symlink),
        // A socket cannot be opened at all.
        Errno::NXIO => refused(Exposure::NotAFile),
        other => failed(path, other),
    }
}

fn missing(path: &Path) -> KeyError {
    KeyError::Missing { path: path.to_owned() }
}

fn failed(path: &Path, error: impl Into<io::Error>) -> KeyError {
    KeyError::Io { path: path.to_owned(), source: error.into() }
}
