//! Files of the work tree, reached from its root one folder at a time.
//!
//! **Invariant:** nothing outside the work tree is opened. Each folder is opened relative to the
//! one before it and no symbolic link is followed, so that a link that is put in the way between
//! a check and a use changes nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use rustix::fs::{Mode, OFlags, mkdirat, open, openat};
use rustix::io::Errno;

/// The largest file that is read or written, in bytes. Escaped as JSON it still fits in a message.
pub(super) const MAX_FILE: usize = 512 * 1024;

/// A folder, held open, and all that is in it.
#[derive(Debug)]
pub(super) struct WorkTree {
    root: OwnedFd,
}

/// The name of a file, from the root of the work tree.
///
/// It has no `..`, no empty name and nothing that belongs to git itself.
#[derive(Debug)]
pub(super) struct TreePath {
    folders: Vec<String>,
    name: String,
}

/// What to do where a folder is missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Missing {
    Create,
    Refuse,
}

impl TreePath {
    /// The longest path, in bytes.
    const MAX_LENGTH: usize = 1024;

    /// Reads a path such as `/src/auth.ts`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        ensure!(
            text.len() <= Self::MAX_LENGTH,
            "the path is longer than {} bytes",
            Self::MAX_LENGTH
        );
        ensure!(!text.contains('\0'), "the path contains a zero byte");
        let Some(relative) = text.strip_prefix('/') else {
            bail!("the path `{text}` does not begin with `/`");
        };
        let mut names: Vec<String> = relative.split('/').map(str::to_owned).collect();
        for name in &names {
            ensure!(!matches!(name.as_str(), "" | "." | ".."), "the path `{text}` is not plain");
            // File systems that ignore case would take `.GIT` for it.
            ensure!(!name.eq_ignore_ascii_case(".git"), "the path `{text}` belongs to git");
        }
        let name = names.pop().context("the path is empty")?;
        Ok(Self { folders: names, name })
    }
}

impl WorkTree {
    /// Opens the folder at `path`.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let root = open(path, FOLDER, Mode::empty())
            .with_context(|| format!("cannot open the folder `{}`", path.display()))?;
        Ok(Self { root })
    }

    /// Returns the text of a file.
    pub(super) fn read(&self, path: &TreePath) -> anyhow::Result<String> {
        let folder = self.folder(&path.folders, Missing::Refuse)?;
        let file = self.file(&folder, path, OFlags::RDONLY)?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_FILE).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut bytes)?;
        ensure!(bytes.len() <= MAX_FILE, "`{}` is larger than {MAX_FILE} bytes", path.name);
        String::from_utf8(bytes).ok().with_context(|| format!("`{}` is not UTF-8 text", path.name))
    }

    /// Makes a file have `content` and nothing else.
    pub(super) fn write(&self, path: &TreePath, content: &str) -> anyhow::Result<()> {
        ensure!(content.len() <= MAX_FILE, "the content is larger than {MAX_FILE} bytes");
        let folder = self.folder(&path.folders, Missing::Create)?;
        let mut file = self.file(&folder, path, OFlags::WRONLY | OFlags::CREATE)?;
        file.set_len(0)?;
        file.write_all(content.as_bytes())?;
        Ok(())
    }

    fn folder(&self, names: &[String], missing: Missing) -> anyhow::Result<OwnedFd> {
        let mut folder = openat(&self.root, ".", FOLDER, Mode::empty())?;
        for name in names {
            if missing == Missing::Create {
                match mkdirat(&folder, name, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(refused(name, error)),
                }
            }
            folder = openat(&folder, name, FOLDER, Mode::empty())
                .map_err(|error| refused(name, error))?;
        }
        Ok(folder)
    }

    /// `NONBLOCK`, because to open a pipe would otherwise wait for its other end.
    fn file(&self, folder: &OwnedFd, path: &TreePath, access: OFlags) -> anyhow::Result<File> {
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(folder, &path.name, flags, Mode::from_raw_mode(0o666))
            .map_err(|error| refused(&path.name, error))?;
        let file = File::from(file);
        ensure!(file.metadata()?.is_file(), "`{}` is not a regular file", path.name);
        Ok(file)
    }
}

fn refused(name: &str, error: Errno) -> anyhow::Error {
    match error {
        Errno::NOENT => anyhow::anyhow!("there is no `{name}`"),
        Errno::LOOP | Errno::NOTDIR => {
            anyhow::anyhow!("`{name}` is a symbolic link or not a folder")
        }
        _ => anyhow::Error::new(io::Error::from(error)).context(format!("cannot open `{name}`")),
    }
}

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
