//! Several key files under one passphrase, as in a data directory.
//!
//! **Invariant:** no derived key is kept, in memory or on disk: each file has
//! its own salt, and each opening derives its key anew.

use std::path::Path;

use crate::description::{Description, Purpose};
use crate::error::KeyError;
use crate::key_file::KeyFile;
use crate::passphrase::Passphrase;
use crate::secret_bytes::SecretBytes;
use crate::secret_key::SecretKey;

/// Makes and opens key files under one passphrase.
#[derive(Debug)]
pub struct Unsealer {
    passphrase: Passphrase,
}

impl Unsealer {
    /// Keeps `passphrase` until it is dropped.
    pub fn new(passphrase: Passphrase) -> Self {
        Self { passphrase }
    }

    /// Makes a signing key and its file, which must not exist.
    ///
    /// The key is handed out only when its file is durable.
    pub fn create_key(&self, path: &Path, description: Description) -> Result<SecretKey, KeyError> {
        let key = SecretKey::generate()?;
        KeyFile::seal_key(&key, description, &self.passphrase)?.create(path)?;
        Ok(key)
    }

    /// Makes a 32-byte symmetric key and its file, which must not exist.
    ///
    /// The secret is handed out only when its file is durable.
    pub fn create_bytes(
        &self,
        path: &Path,
        description: Description,
    ) -> Result<SecretBytes, KeyError> {
        let secret = SecretBytes::generate()?;
        KeyFile::seal_bytes(&secret, description, &self.passphrase)?.create(path)?;
        Ok(secret)
    }

    /// Reads and opens a signing key that was made for `purpose`.
    pub fn open_key(&self, path: &Path, purpose: &Purpose) -> Result<SecretKey, KeyError> {
        KeyFile::read(path)?.open_key(purpose, &self.passphrase)
    }

    /// Reads and opens another secret that was made for `purpose`.
    pub fn open_bytes(&self, path: &Path, purpose: &Purpose) -> Result<SecretBytes, KeyError> {
        KeyFile::read(path)?.open_bytes(purpose, &self.passphrase)
    }
}
