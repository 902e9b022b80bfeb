//! A small secret that is not a signing key, such as the key of keyed digests.
//!
//! **Invariant:** it is between 1 and [`SecretBytes::MAX_LEN`] bytes long.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::KeyError;
use crate::randomness::{OsRandomness, draw};

/// Secret bytes that are overwritten when dropped and print as `…`.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// The longest secret that a key file holds.
    pub const MAX_LEN: usize = 1024;

    /// Makes a 32-byte symmetric key from the operating system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let key = draw::<32>(&mut OsRandomness)?;
        Ok(Self(Zeroizing::new(key.to_vec())))
    }

    /// Takes a secret from elsewhere; `None` if it is empty or too long.
    pub fn from_vec(secret: Vec<u8>) -> Option<Self> {
        let secret = Zeroizing::new(secret);
        (1..=Self::MAX_LEN).contains(&secret.len()).then_some(Self(secret))
    }

    /// Shows the secret to the code that must use it.
    ///
    /// Named so that a search finds every place where a secret could get out.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}
