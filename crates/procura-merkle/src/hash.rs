//! The hashes of an RFC 6962 tree.
//!
//! **Invariant:** a leaf and a node are hashed under different prefixes, so no
//! entry can pass for a node and no node for an entry (RFC 6962, section 2.1).

use alloc::string::String;
use core::{fmt, str::FromStr};

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// A SHA-256 hash of a leaf, a node or a whole tree.
///
/// Prints as standard base64, which is how C2SP texts carry it.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hash([u8; Self::LEN]);

impl Hash {
    /// How many bytes a hash has.
    pub const LEN: usize = 32;

    /// Wraps bytes that are already a hash.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// Hashes an entry into a leaf (RFC 6962, section 2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    digest(&[&[0x00], entry])
}

/// Hashes two children into their parent (RFC 6962, section 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[0x01], &left.0, &right.0])
}

/// The root of the tree without leaves (RFC 6962, section 2.1).
pub fn empty_root() -> Hash {
    digest(&[])
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part);
    }
    Hash(sha.finalize().into())
}

/// Why bytes or text are not a hash.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HashError {
    /// The text is not strict, padded base64 (RFC 4648, section 4).
    #[error("the hash is not standard base64")]
    NotBase64,
    /// The bytes are not 32.
    #[error("a hash has 32 bytes, not {0}")]
    Length(usize),
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashError;

    fn try_from(bytes: &[u8]) -> Result<Self, HashError> {
        match bytes.try_into() {
            Ok(bytes) => Ok(Self(bytes)),
            Err(_) => Err(HashError::Length(bytes.len())),
        }
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let mut buffer = [0; Self::LEN];
        match Base64::decode(text, &mut buffer) {
            Ok(bytes) => Self::try_from(bytes),
            Err(base64ct::Error::InvalidLength) => Err(HashError::Length(decoded_len(text))),
            Err(base64ct::Error::InvalidEncoding) => Err(HashError::NotBase64),
        }
    }
}

/// How many bytes the base64 `text` stands for, near enough for a message.
fn decoded_len(text: &str) -> usize {
    let digits = text.trim_end_matches('=').len();
    (digits / 4).saturating_mul(3).saturating_add((digits % 4).saturating_sub(1))
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = Base64::encode_string(&self.0);
        formatter.write_str(&text)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hash({self})")
    }
}
