//! The short names of keys on signature lines.
//!
//! **Invariant:** an id that we compute covers the name, the signature type
//! and the key.

use core::fmt;

use sha2::{Digest, Sha256};

/// The Ed25519 signature type of C2SP signed-note.
pub(crate) const ED25519: u8 = 0x01;

/// The first four bytes of a hash over a key's name and bytes.
///
/// It tells keys of one name apart. It proves nothing: anyone can make a key
/// that has a given id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// Wraps the four bytes in front of a signature.
    pub(crate) const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four bytes.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }

    /// C2SP signed-note, "Signatures": the recommended derivation.
    pub(crate) fn derive(name: &str, key: &[u8; 32]) -> Self {
        let mut sha = Sha256::new();
        sha.update(name);
        sha.update([b'\n', ED25519]);
        sha.update(key);
        let [first, second, third, fourth, ..] = <[u8; 32]>::from(sha.finalize());
        Self([first, second, third, fourth])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", u32::from_be_bytes(self.0))
    }
}
