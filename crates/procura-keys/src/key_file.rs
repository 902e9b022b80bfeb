//! A secret sealed in a text file.
//!
//! **Invariant:** a signing key is handed out only for the purpose it was made
//! for, and only if the public half in the file is the one its seed derives.

use std::fmt;
use std::path::Path;

use procura_core::key::{PublicKey, Signer as _};
use zeroize::Zeroizing;

use crate::description::{Description, Label, Purpose};
use crate::error::{KeyError, Place};
use crate::header::{self, Contents, Header, Malformed, Parts};
use crate::passphrase::Passphrase;
use crate::private_file;
use crate::randomness::{OsRandomness, draw};
use crate::sealing::{self, SealError};
use crate::secret_bytes::SecretBytes;
use crate::secret_key::SecretKey;

/// A sealed key file, in memory. What it says in the clear is not proven before
/// it is opened: the seal authenticates it.
pub struct KeyFile {
    header: Header,
    head: String,
    sealed: Vec<u8>,
    place: Place,
}

impl KeyFile {
    /// The longest key file.
    pub const MAX_LEN: usize = 16 * 1024;

    /// Seals a signing key.
    pub fn seal_key(
        key: &SecretKey,
        description: Description,
        passphrase: &Passphrase,
    ) -> Result<Self, KeyError> {
        let contents = Contents::SigningKey(Box::new(key.public_key().clone()));
        Self::seal(key.to_seed().as_slice(), (description, contents), passphrase)
    }

    /// Seals another secret.
    pub fn seal_bytes(
        secret: &SecretBytes,
        description: Description,
        passphrase: &Passphrase,
    ) -> Result<Self, KeyError> {
        Self::seal(secret.expose(), (description, Contents::Bytes), passphrase)
    }

    /// Takes a key file from its text.
    pub fn parse(text: &[u8]) -> Result<Self, KeyError> {
        Self::parse_at(text, Place::memory())
    }

    /// Reads a key file that only we can read, in a directory where only we can
    /// replace it.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let place = Place::file(path);
        match private_file::read(path, Self::MAX_LEN)? {
            Some(text) => Self::parse_at(&text, place),
            None => Err(KeyError::Malformed { place, reason: Malformed::TooLong }),
        }
    }

    /// Writes the file, with mode 0600 and durably. Nothing is overwritten.
    pub fn create(&self, path: &Path) -> Result<(), KeyError> {
        private_file::create(path, self.to_text().as_bytes())
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        header::write(&self.head, &self.sealed)
    }

    /// The name for people.
    pub fn label(&self) -> &Label {
        &self.header.description.label
    }

    /// What the key may be used for.
    pub fn purpose(&self) -> &Purpose {
        &self.header.description.purpose
    }

    /// The public half, if the file holds a signing key. It is a claim until
    /// [`KeyFile::open_key`] succeeds.
    pub fn public_key(&self) -> Option<&PublicKey> {
        match &self.header.contents {
            Contents::SigningKey(public) => Some(public),
            Contents::Bytes => None,
        }
    }

    /// Opens a signing key that was made for `purpose`.
    pub fn open_key(
        &self,
        purpose: &Purpose,
        passphrase: &Passphrase,
    ) -> Result<SecretKey, KeyError> {
        let Some(stated) = self.public_key() else {
            return Err(self.holds_no("a signing key"));
        };
        let secret = self.open(purpose, passphrase)?;
        let seed = <&[u8; 32]>::try_from(secret.as_slice())
            .map_err(|_| self.malformed(Malformed::Secret))?;
        match SecretKey::from_seed(seed) {
            Some(key) if key.public_key() == stated => Ok(key),
            Some(_) | None => Err(KeyError::Mismatch { place: self.place.clone() }),
        }
    }

    /// Opens another secret that was made for `purpose`.
    pub fn open_bytes(
        &self,
        purpose: &Purpose,
        passphrase: &Passphrase,
    ) -> Result<SecretBytes, KeyError> {
        if self.public_key().is_some() {
            return Err(self.holds_no("a symmetric secret"));
        }
        let mut secret = self.open(purpose, passphrase)?;
        SecretBytes::from_vec(std::mem::take(&mut *secret))
            .ok_or_else(|| self.malformed(Malformed::Secret))
    }

    fn seal(
        secret: &[u8],
        (description, contents): (Description, Contents),
        passphrase: &Passphrase,
    ) -> Result<Self, KeyError> {
        let salt = *draw::<16>(&mut OsRandomness)?;
        let nonce = *draw::<24>(&mut OsRandomness)?;
        let header = Header { description, contents, salt, nonce };
        let head = header.to_text();
        let place = Place::memory();
        let sealed = sealing::seal(secret, (&header, &head), passphrase)
            .map_err(|error| refusal(error, &header, &place))?;
        Ok(Self { header, head, sealed, place })
    }

    fn open(
        &self,
        purpose: &Purpose,
        passphrase: &Passphrase,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if self.purpose() != purpose {
            return Err(KeyError::Purpose {
                place: self.place.clone(),
                expected: purpose.clone(),
                found: self.purpose().clone(),
            });
        }
        sealing::open(&self.sealed, (&self.header, &self.head), passphrase)
            .map_err(|error| refusal(error, &self.header, &self.place))
    }

    fn parse_at(text: &[u8], place: Place) -> Result<Self, KeyError> {
        let parsed =
            if text.len() > Self::MAX_LEN { Err(Malformed::TooLong) } else { header::parse(text) };
        match parsed {
            Ok(Parts { header, head, sealed }) => Ok(Self { header, head, sealed, place }),
            Err(reason) => Err(KeyError::Malformed { place, reason }),
        }
    }

    fn malformed(&self, reason: Malformed) -> KeyError {
        KeyError::Malformed { place: self.place.clone(), reason }
    }

    fn holds_no(&self, expected: &'static str) -> KeyError {
        KeyError::Contents { place: self.place.clone(), expected }
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, head: _, sealed: _, place } = self;
        f.debug_struct("KeyFile")
            .field("place", place)
            .field("description", &header.description)
            .field("contents", &header.contents)
            .finish_non_exhaustive()
    }
}

fn refusal(error: SealError, header: &Header, place: &Place) -> KeyError {
    let place = place.clone();
    match error {
        SealError::Refused => KeyError::Passphrase { place },
        SealError::Memory => {
            KeyError::Memory { place, mebibytes: header.description.cost.memory().div_ceil(1024) }
        }
    }
}
