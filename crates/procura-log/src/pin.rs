//! The newest checkpoint in a file of its own, outside the database.
//!
//! Whoever restores an old database does not restore this file with it, so the
//! log notices and stops. Copy it elsewhere to notice even where both are old.
//!
//! **Invariant:** the file always holds one whole checkpoint, whenever the
//! power goes, and never a smaller one than it held before.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::note::SignedNote;
use procura_merkle::verifier_key::VerifierKey;

use crate::error::LogError;
use crate::history::Signed;

/// The name of the file in the data folder.
pub const FILE: &str = "checkpoint";

/// The file, and whose checkpoints it may hold.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    path: PathBuf,
    key: VerifierKey,
}

/// Reads the note at `path`, unchecked; `None` if there is no such file.
pub fn read(path: &Path) -> Result<Option<String>, io::Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut note = String::new();
    file.take(MAX_BYTES).read_to_string(&mut note)?;
    Ok(Some(note))
}

impl Pin {
    pub(crate) fn new(path: PathBuf, key: VerifierKey) -> Self {
        Self { path, key }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is pinned, checked under the log's key.
    pub(crate) fn load(&self) -> Result<Option<Checkpoint>, LogError> {
        let Some(note) = read(&self.path).map_err(|error| self.unusable(error))? else {
            return Ok(None);
        };
        let opened = Checkpoint::open(&note, &self.key);
        let path = self.path.clone();
        opened.map(Some).map_err(|source| LogError::PinInvalid { path, source })
    }

    /// Pins `signed`, unless something larger is pinned already.
    pub(crate) fn advance(&self, signed: &Signed) -> Result<(), LogError> {
        // One at a time looks and replaces. The lock goes with the handle.
        let folder = self.lock_folder().map_err(|error| self.unusable(error))?;
        let pinned = self.load()?;
        if pinned.is_some_and(|pinned| pinned.size() > signed.checkpoint.size()) {
            return Ok(());
        }
        self.replace(&signed.note, &folder).map_err(|error| self.unusable(error))
    }

    fn lock_folder(&self) -> Result<File, io::Error> {
        let folder = self.path.parent().filter(|path| *path != Path::new(""));
        let folder = File::open(folder.unwrap_or(Path::new(".")))?;
        folder.lock()?;
        Ok(folder)
    }

    /// The new content is durable before the old one is gone.
    fn replace(&self, note: &str, folder: &File) -> Result<(), io::Error> {
        let draft = self.path.with_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, &self.path)?;
        folder.sync_all()
    }

    fn unusable(&self, source: io::Error) -> LogError {
        let path = self.path.clone();
        LogError::Pin { path, source }
    }
}

/// One byte more than a note may have, so that a longer one is refused as such.
const MAX_BYTES: u64 = {
    #[expect(
        clippy::as_conversions,
        reason = "a constant of 128 KiB fits, and `From` is not const"
    )]
    let most = SignedNote::MAX_BYTES as u64;
    most.saturating_add(1)
};
