//! Why a key could not be made, written, read or opened.
//!
//! **Invariant:** a message names the path and the next step, and never quotes
//! the contents of a file: the wrong file may be somebody's secret.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::description::Purpose;
use crate::header::Malformed;
use crate::passphrase::PassphraseError;
use crate::randomness::RandomnessError;

/// Why an operation on a key failed. [`KeyError::code`] is stable, the text is not.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Randomness failed, so nothing was made.
    #[error("{0}, so no secret was made; repair the source and try again")]
    Randomness(#[from] RandomnessError),
    /// Others could read or replace the file.
    #[error("{}", exposure.message(path))]
    Permissions {
        /// The file that was refused.
        path: PathBuf,
        /// What is wrong with it.
        exposure: Exposure,
    },
    /// The file is not a key file, or it is damaged.
    #[error("{place} {reason}; {}", reason.remedy())]
    Malformed {
        /// What was read.
        place: Place,
        /// What is wrong with it.
        reason: Malformed,
    },
    /// The public half in the file does not belong to the private one.
    #[error(
        "the public key in {place} does not belong to its private key; restore the file from a backup and do not trust this one"
    )]
    Mismatch {
        /// What was read.
        place: Place,
    },
    /// The seal does not open.
    #[error(
        "{place} does not open with this passphrase; enter the passphrase it was sealed with, or restore the file if it was changed"
    )]
    Passphrase {
        /// What was read.
        place: Place,
    },
    /// The text cannot be a passphrase.
    #[error(
        "the passphrase in {place} cannot be used: {reason}; put one line of at most 1024 bytes there"
    )]
    UnusablePassphrase {
        /// What was read.
        place: Place,
        /// What is wrong with it.
        reason: PassphraseError,
    },
    /// The key was made for something else.
    #[error(
        "{place} holds a key for `{found}`, not for `{expected}`; name the file of the `{expected}` key"
    )]
    Purpose {
        /// What was read.
        place: Place,
        /// What the key is wanted for.
        expected: Purpose,
        /// What the key was made for.
        found: Purpose,
    },
    /// A signing key was asked of a file that holds another secret, or the reverse.
    #[error("{place} does not hold {expected}; name a file that does")]
    Contents {
        /// What was read.
        place: Place,
        /// What was asked for.
        expected: &'static str,
    },
    /// Nothing is overwritten.
    #[error(
        "{} exists and is not overwritten; choose another path, or move it away",
        shell_word(path)
    )]
    Exists {
        /// The path that is taken.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("{} does not exist; create it first, or correct the path", shell_word(path))]
    Missing {
        /// The path that leads nowhere.
        path: PathBuf,
    },
    /// Opening needs more memory than there is.
    #[error("{place} needs {mebibytes} MiB of memory to open; free memory and try again")]
    Memory {
        /// What was to be opened.
        place: Place,
        /// How much the seal asks for.
        mebibytes: u32,
    },
    /// The operating system refused or failed.
    #[error("{} cannot be accessed; see the cause and try again", shell_word(path))]
    Io {
        /// What was to be read or written.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl KeyError {
    /// The stable code, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Randomness(_) => "key.rng",
            Self::Permissions { .. } => "key.permissions",
            Self::Malformed { .. } => "key.malformed",
            Self::Mismatch { .. } => "key.mismatch",
            Self::Passphrase { .. } => "key.passphrase",
            Self::UnusablePassphrase { .. } => "key.passphrase_unusable",
            Self::Purpose { .. } | Self::Contents { .. } => "key.purpose",
            Self::Exists { .. } => "key.exists",
            Self::Missing { .. } => "key.missing",
            Self::Memory { .. } => "key.memory",
            Self::Io { .. } => "key.io",
        }
    }
}

/// How others could read or replace a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exposure {
    /// The path is a symbolic link.
    Symlink,
    /// The path is a directory, a device, a pipe or a socket.
    NotAFile,
    /// The file belongs to another user.
    ForeignFile,
    /// The file's mode lets others in.
    OpenFile,
    /// The directory belongs to another user, who can replace the file.
    ForeignDirectory,
    /// The directory's mode lets others replace the file.
    OpenDirectory,
}

impl Exposure {
    fn message(self, path: &Path) -> String {
        let file = shell_word(path);
        let directory = shell_word(directory_of(path));
        match self {
            Self::Symlink => format!("{file} is a symbolic link; name the file itself"),
            Self::NotAFile => format!("{file} is not a regular file; name a regular file"),
            Self::ForeignFile => {
                format!(
                    "{file} belongs to another user; run as its owner, or use a file of your own"
                )
            }
            Self::OpenFile => {
                format!("{file} is open to more than its owner; run: chmod 600 {file}")
            }
            Self::ForeignDirectory => {
                format!(
                    "{directory} belongs to another user, who could replace {file}; move it to a directory of your own"
                )
            }
            Self::OpenDirectory => {
                format!(
                    "others can write to {directory}, where {file} is; run: chmod go-w {directory}"
                )
            }
        }
    }
}

/// What a message is about: a file, or text that has no path yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place(Option<PathBuf>);

impl Place {
    /// The file at `path`.
    pub(crate) fn file(path: &Path) -> Self {
        Self(Some(path.to_owned()))
    }

    /// Text that was not read from a file.
    pub(crate) fn memory() -> Self {
        Self(None)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(path) => f.write_str(&shell_word(path)),
            None => f.write_str("the key file"),
        }
    }
}

/// The directory that `path` is in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// `path` as one word of a shell command, safe to print to a terminal.
fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    // Escaping first keeps control and bidirectional characters off the terminal.
    let escaped: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c.to_string()
            } else {
                c.escape_default().to_string()
            }
        })
        .collect();
    format!("'{}'", escaped.replace('\'', r"'\''"))
}
