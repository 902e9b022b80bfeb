//! What a person or a service presents to open key files.
//!
//! **Invariant:** a passphrase comes from a private file, the OS keyring or a
//! prompt. Nothing here reads arguments or environment variables, because other
//! processes can list them.

use std::fmt;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{KeyError, Place};
use crate::private_file;
use crate::randomness::{OsRandomness, draw};

/// One line of text that opens key files.
///
/// Its bytes are used as they are, without Unicode normalization. It prints as
/// `…` and is overwritten when dropped.
pub struct Passphrase(Zeroizing<String>);

/// Why a text is not a passphrase.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PassphraseError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is longer than [`Passphrase::MAX_LEN`].
    #[error("it is longer than {} bytes", Passphrase::MAX_LEN)]
    TooLong,
    /// It has a second line, or a tab, or another control character.
    #[error("it is not one line of text")]
    NotOneLine,
}

impl Passphrase {
    /// The longest passphrase, in bytes.
    pub const MAX_LEN: usize = 1024;

    /// Takes what was typed at a prompt, without its newline.
    pub fn from_text(text: String) -> Result<Self, PassphraseError> {
        let text = Zeroizing::new(text);
        if text.is_empty() {
            return Err(PassphraseError::Empty);
        }
        if text.len() > Self::MAX_LEN {
            return Err(PassphraseError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PassphraseError::NotOneLine);
        }
        Ok(Self(text))
    }

    /// Reads the one line of a file that only we can read.
    ///
    /// The file is held to the same rules as a key file. A newline at its end
    /// is not part of the passphrase.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let refused = |reason| KeyError::UnusablePassphrase { place: Place::file(path), reason };
        // Room for a line ending, and one more byte that shows a longer file.
        let Some(limit) = Self::MAX_LEN.checked_add(2) else {
            return Err(refused(PassphraseError::TooLong));
        };
        let Some(bytes) = private_file::read(path, limit)? else {
            return Err(refused(PassphraseError::TooLong));
        };
        Self::from_line(&bytes).map_err(refused)
    }

    /// Makes a passphrase of 256 random bits, for machines rather than people.
    pub fn generate() -> Result<Self, KeyError> {
        let bits = draw::<32>(&mut OsRandomness)?;
        // A secret: encoded in the same time whatever it is.
        Ok(Self(Zeroizing::new(Base64UrlUnpadded::encode_string(bits.as_slice()))))
    }

    /// Writes the passphrase to a new file that only we can read.
    pub fn create_file(&self, path: &Path) -> Result<(), KeyError> {
        let mut line = Zeroizing::new(Vec::with_capacity(self.0.len().saturating_add(1)));
        line.extend_from_slice(self.0.as_bytes());
        line.push(b'\n');
        private_file::create(path, &line)
    }

    /// Reads one line, with or without its line ending.
    pub(crate) fn from_line(bytes: &[u8]) -> Result<Self, PassphraseError> {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match String::from_utf8(line.to_vec()) {
            Ok(text) => Self::from_text(text),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(PassphraseError::NotOneLine)
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}
