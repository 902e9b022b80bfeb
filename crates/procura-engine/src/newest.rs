//! Reads the directory from the store and checks that no newer one was ever in force.
//!
//! **Invariant:** a directory that is read here is signed by the authority, is
//! the one that the newest change in the log names, and is not older than any
//! that a recent event relied on.

use procura_core::directory::Directory;
use procura_core::hash::Digest;
use procura_core::json::{self, Value};

use crate::engine::{OpenError, Parts};
use crate::port::{Store, StoreError, StoredEvent};

/// How often a directory is read again because it changed between two reads.
const READS: usize = 16;
/// How many of the last events are asked which directory they relied on.
const WITNESSES: usize = 64;

/// The directory in force, when a process starts.
pub(crate) fn read(parts: &Parts) -> Result<Directory, OpenError> {
    // The row and the index that names its event can be edited together, so
    // the events themselves, which are in the tree, are asked too.
    read_again(parts, relied_on(&*parts.store)?)
}

/// The directory in force, where one of the number `known` was so before.
pub(crate) fn read_again(parts: &Parts, known: u64) -> Result<Directory, OpenError> {
    let mut read = read_once(parts);
    for _ in 1..READS {
        // A change between two reads is not an older directory.
        if read.is_ok() {
            break;
        }
        read = read_once(parts);
    }
    read.and_then(|directory| {
        if directory.sequence() < known { Err(OpenError::RolledBack) } else { Ok(directory) }
    })
}

fn read_once(parts: &Parts) -> Result<Directory, OpenError> {
    let newest = parts.store.newest("directory.")?;
    let stored = parts.store.directory()?;
    let (stored, event) = match (stored, newest) {
        (None, None) => return Ok(Directory::empty()),
        (None, Some(_)) | (Some(_), None) => return Err(OpenError::RolledBack),
        (Some(stored), Some(event)) => (stored, event),
    };
    let key = parts.authority.public_key();
    let directory = Directory::open(&stored.statement, key).map_err(OpenError::Directory)?;
    let hash = Digest::of(stored.statement.as_bytes()).to_base64url();
    let named = member(&event, "directory");
    if named.as_ref().and_then(Value::as_str) == Some(&hash) {
        Ok(directory)
    } else {
        Err(OpenError::RolledBack)
    }
}

/// The highest sequence number of a directory that one of the last events names.
fn relied_on(store: &dyn Store) -> Result<u64, StoreError> {
    let size = size(store)?;
    let witnesses = u64::try_from(WITNESSES).unwrap_or(u64::MAX);
    let events = store.events(size.saturating_sub(witnesses), WITNESSES)?;
    let revision = |event: &StoredEvent| {
        let revision = member(event, "data_rev")?.as_integer()?;
        u64::try_from(revision).ok()
    };
    Ok(events.iter().filter_map(revision).max().unwrap_or(0))
}

/// How many events there are, by asking for them: twice as far, then halfway.
fn size(store: &dyn Store) -> Result<u64, StoreError> {
    let is_there = |sequence| store.events(sequence, 1).map(|events| !events.is_empty());
    let (mut above, mut step) = (0_u64, 1_u64);
    while is_there(above.saturating_add(step).saturating_sub(1))? {
        above = above.saturating_add(step);
        step = step.saturating_mul(2);
    }
    while step > 0 {
        if is_there(above.saturating_add(step).saturating_sub(1))? {
            above = above.saturating_add(step);
        }
        step = step.checked_div(2).unwrap_or(0);
    }
    Ok(above)
}

fn member(event: &StoredEvent, name: &str) -> Option<Value> {
    json::parse_object(&event.body).ok()?.get(name).cloned()
}
