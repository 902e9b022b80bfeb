//! Collects the text files of a tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// One text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it is, from the root of the tree.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) text: String,
}

/// Folders that hold what others made: builds, dependencies, test vectors, fuzz inputs.
const SKIPPED_FOLDERS: &[&str] =
    &["target", ".git", "node_modules", "vendor", "corpus", "artifacts"];

/// The same for a folder of the root; a module may have its name.
const SKIPPED_AT_THE_ROOT: &[&str] = &["vectors"];

/// Files that tools write, which name registries by nature.
const SKIPPED_FILES: &[&str] = &["Cargo.lock", "package-lock.json", "LICENSE"];

/// Reads every text file under `root`, in the order of their paths.
///
/// A file that is not UTF-8 is not text and is left out, and so are symbolic
/// links, which could lead out of the tree or round in circles.
pub(crate) fn read(root: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list `{}`", folder.display()))?;
            let kind = entry
                .file_type()
                .with_context(|| format!("cannot see `{}`", entry.path().display()))?;
            let is_skipped = is_named(&entry.path(), SKIPPED_FOLDERS)
                || (folder == root && is_named(&entry.path(), SKIPPED_AT_THE_ROOT));
            if kind.is_dir() && !is_skipped {
                folders.push(entry.path());
            } else if kind.is_file() && !is_named(&entry.path(), SKIPPED_FILES) {
                files.extend(read_text(root, &entry.path())?);
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn is_named(path: &Path, names: &[&str]) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| names.contains(&name))
}

fn read_text(root: &Path, path: &Path) -> anyhow::Result<Option<File>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let path = path.strip_prefix(root).unwrap_or(path).to_owned();
    Ok(String::from_utf8(bytes).ok().map(|text| File { path, text }))
}
