//! The digest of a body (RFC 9530).

use alloc::format;
use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

use crate::hash::Digest;
use crate::structured_field::{Bare, Dictionary, Item, Member};

/// Why a `Content-Digest` does not stand for a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DigestError {
    /// Not a dictionary of byte sequences, or an empty one.
    #[error("`content-digest` is not a dictionary of digests")]
    Malformed,
    /// An algorithm other than `sha-256` and `sha-512`.
    ///
    /// RFC 9530, section 5, lets one be ignored. A digest that is not checked is
    /// one that somebody else may believe.
    #[error("`content-digest` has an algorithm that is not supported")]
    Unsupported,
    /// A digest of another body.
    #[error("`content-digest` is of another body")]
    Mismatch,
}

/// The field's value for `body`, with SHA-256.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Digest::of(body).as_bytes()))
}

/// Checks that every digest in the field's value is of `body`.
pub fn check_content_digest(value: &str, body: &[u8]) -> Result<(), DigestError> {
    let digests = Dictionary::parse(value).map_err(|_| DigestError::Malformed)?;
    if digests.is_empty() {
        return Err(DigestError::Malformed);
    }
    for (algorithm, member) in digests.iter() {
        let Member::Item(Item { value: Bare::Bytes(digest), parameters: _ }) = member else {
            return Err(DigestError::Malformed);
        };
        let is_it = match algorithm {
            "sha-256" => digest.as_slice() == Digest::of(body).as_bytes(),
            "sha-512" => digest.as_slice() == Sha512::digest(body).as_slice(),
            _ => return Err(DigestError::Unsupported),
        };
        if !is_it {
            return Err(DigestError::Mismatch);
        }
    }
    Ok(())
}
