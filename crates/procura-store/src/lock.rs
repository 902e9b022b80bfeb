//! One owner at a time.
//!
//! **Invariant:** while a [`Lock`] lives, no other process and no other store
//! of this process holds one on the same folder. The kernel drops it when its
//! owner dies, so a stale file locks nobody out.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::FlockOperation;
use rustix::io::Errno;

/// The name of the file in the folder.
pub(crate) const FILE: &str = "lock";

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Somebody holds it: the process that the file names.
    Held(String),
    /// The file cannot be used.
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Lock {
    pub(crate) fn acquire(folder: &Path) -> Result<Self, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join(FILE))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(LockError::Held(holder(&mut file))),
            Err(error) => return Err(LockError::Io(error.into())),
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child that was forked at this moment still
        // has the file until it runs another program.
        let _unlocked = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}

/// Who wrote the file. It helps a person and decides nothing.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(PID_BYTES).read_to_string(&mut text);
    let pid = text.trim();
    let is_pid = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    if read.is_ok() && is_pid { format!("process {pid}") } else { "another process".to_owned() }
}

/// No process id is longer.
const PID_BYTES: u64 = 20;
