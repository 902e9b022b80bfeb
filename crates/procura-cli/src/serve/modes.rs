//! Who can change what is served.
//!
//! **Invariant:** settings and policy that somebody else than root and this user
//! could have changed are not served.

use std::fs::Metadata;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::place::Place;

/// Checks the folders and files of `place` that are there.
///
/// Folders are always ours alone to write to. A file may be writable by a group
/// where the folder above all of them lets nobody else in.
pub(crate) fn check(place: &Place) -> anyhow::Result<()> {
    let root = place.root();
    let Some(found) = look(root)? else {
        return Ok(());
    };
    let lets_in_nobody = found.mode() & 0o077 == 0;
    for folder in [root.to_path_buf(), place.keys(), place.policy()] {
        check_path(&folder, 0o022)?;
    }
    for file in files(place)? {
        let is_link = std::fs::symlink_metadata(&file).is_ok_and(|found| found.is_symlink());
        check_path(&file, if lets_in_nobody && !is_link { 0 } else { 0o022 })?;
    }
    warn_of_parent(root);
    Ok(())
}

/// The settings, and every file of the policy.
fn files(place: &Place) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = vec![place.config()];
    let entries = match std::fs::read_dir(place.policy()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(files),
        Err(error) => return Err(unreadable(&place.policy(), &error)),
    };
    for entry in entries {
        files.push(entry.map_err(|error| unreadable(&place.policy(), &error))?.path());
    }
    Ok(files)
}

/// Refuses what belongs to somebody else, or has one of the `forbidden` mode bits.
fn check_path(path: &Path, forbidden: u32) -> anyhow::Result<()> {
    let Some(found) = look(path)? else {
        return Ok(());
    };
    let shown = path.display();
    let owner = found.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(Failure::environment(
            format!("{shown} belongs to user {owner}, who may change it"),
            "run as its owner, or name another directory with --data DIR",
        )
        .into());
    }
    if found.mode() & forbidden != 0 {
        return Err(Failure::environment(
            format!("others may change {shown}"),
            format!("look whether it is as you left it, then: chmod go-w {shown}; or name another directory with --data DIR"),
        )
        .into());
    }
    Ok(())
}

/// Who may rename a folder may put another in its place.
fn warn_of_parent(root: &Path) {
    let parent = std::fs::canonicalize(root).ok().and_then(|root| Some(root.parent()?.to_owned()));
    let Some(parent) = parent else { return };
    let is_open = look(&parent).ok().flatten().is_some_and(|found| found.mode() & 0o1002 == 0o002);
    if is_open {
        let parent = parent.display();
        tracing::warn!("everybody may replace the data directory, because {parent} is open to all");
    }
}

fn look(path: &Path) -> anyhow::Result<Option<Metadata>> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &Error) -> anyhow::Error {
    Failure::environment(
        format!("{} cannot be read: {error}", path.display()),
        "run as its owner, or name another directory with --data DIR",
    )
    .into()
}
