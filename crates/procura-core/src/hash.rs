//! SHA-256, the only hash of the wire format.
//!
//! What binds a chain together is a digest of bytes that were signed: a child
//! names its parent's signing input, and so do proofs and approvals. Digests
//! are compared in ordinary time, as they are public and keep no secret.

use alloc::string::String;
use core::fmt;

use sha2::{Digest as _, Sha256};

use crate::base64url;

/// A SHA-256 digest. It prints as base64url without padding, as on the wire.
///
/// ```
/// use procura_core::hash::Digest;
///
/// let digest = Digest::of(b"abc");
/// assert_eq!(digest.to_string(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
/// assert_eq!(Digest::from_base64url(&digest.to_string()), Some(digest));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Hashes `bytes`.
    ///
    /// Nothing separates one purpose from another here. Where two kinds of input
    /// could meet, the caller puts the purpose in front of them.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes a digest that something else computed, such as a stored column.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the base64url form; `None` unless it is exactly 32 bytes.
    ///
    /// Each digest has one spelling (see [`base64url::decode`]), so texts that
    /// differ are digests that differ.
    pub fn from_base64url(text: &str) -> Option<Self> {
        let bytes = base64url::decode(text)?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The base64url form.
    pub fn to_base64url(&self) -> String {
        base64url::encode(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64url())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}
