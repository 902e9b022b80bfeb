//! The public keys of signed notes.
//!
//! **Invariant:** a [`VerifierKey`] is a canonical encoding of a point that is
//! not of low order, under a name that fits on a signature line. No other key
//! gets as far as a verification.

use alloc::{string::String, vec::Vec};
use core::{fmt, str::FromStr};

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};

use crate::key_id::{ED25519, KeyId};

/// The key of one signer of notes, with its name.
///
/// Its text is `name+id+base64(0x01 || key)`, and is all that a verifier has
/// to be given in advance (c2sp.org/signed-note).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    key: VerifyingKey,
}

/// Why a text is not a usable verifier key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifierKeyError {
    /// The text is longer than any verifier key needs.
    #[error("the verifier key is longer than {} bytes", VerifierKey::MAX_BYTES)]
    TooLong,
    /// The three parts are not there.
    #[error("a verifier key is `name+id+key`")]
    Parts,
    /// The name is empty or has a space, a plus sign or a control character.
    #[error("`{0}` cannot name a key")]
    Name(String),
    /// The key part is not base64 of a type and a key.
    #[error("the key is not standard base64")]
    NotBase64,
    /// The signature type is not Ed25519.
    #[error("only keys of type 1, Ed25519, are accepted")]
    Type,
    /// An Ed25519 key has 32 bytes.
    #[error("an Ed25519 key has 32 bytes")]
    Length,
    /// The id was not computed from this name and key.
    #[error("the key id is not the one of this name and key")]
    Id,
    /// The bytes are no point, or another encoding of a point.
    #[error("the key is not the canonical encoding of a point")]
    NotCanonical,
    /// Signatures of such a key can be valid for any message.
    #[error("the key is of low order")]
    Weak,
}

/// The signature is not one of this key over these bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature is not valid")]
pub struct InvalidSignature;

impl VerifierKey {
    /// The longest text that is looked at.
    pub const MAX_BYTES: usize = 1024;

    /// Names the Ed25519 public key `bytes`.
    pub fn new(name: &str, bytes: &[u8; 32]) -> Result<Self, VerifierKeyError> {
        if !is_key_name(name) {
            return Err(VerifierKeyError::Name(name.into()));
        }
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| VerifierKeyError::NotCanonical)?;
        // Decoding reduces the coordinate, so only encoding tells two
        // spellings of one point apart (RFC 8032, section 5.1.3).
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(VerifierKeyError::NotCanonical);
        }
        if key.is_weak() {
            return Err(VerifierKeyError::Weak);
        }
        let id = KeyId::derive(name, bytes);
        let verifier = Self { name: name.into(), id, key };
        if verifier.text_len() > Self::MAX_BYTES {
            return Err(VerifierKeyError::TooLong);
        }
        Ok(verifier)
    }

    /// The name, which stands on the signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id, which stands on the signature lines in front of the signature.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The Ed25519 public key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Checks an Ed25519 signature over `message`, strictly: no cofactor, and
    /// neither key nor commitment of low order.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
        self.key.verify_strict(message, &signature).map_err(|_| InvalidSignature)
    }

    fn text_len(&self) -> usize {
        // Two plus signs, eight digits of the id, 33 bytes in base64.
        self.name.len().saturating_add(2 + 8 + 44)
    }
}

/// Whether `name` may stand on a signature line: not empty, without Unicode
/// spaces, plus signs or control characters (C2SP signed-note, "Format").
pub(crate) fn is_key_name(name: &str) -> bool {
    let is_forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && !name.contains(is_forbidden)
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        if text.len() > Self::MAX_BYTES {
            return Err(VerifierKeyError::TooLong);
        }
        // Base64 may contain plus signs, and a name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VerifierKeyError::Parts);
        };
        let typed: Vec<u8> = Base64::decode_vec(key).map_err(|_| VerifierKeyError::NotBase64)?;
        let Some((&ED25519, bytes)) = typed.split_first() else {
            return Err(VerifierKeyError::Type);
        };
        let bytes = bytes.try_into().map_err(|_| VerifierKeyError::Length)?;
        let verifier = Self::new(name, bytes)?;
        if alloc::format!("{}", verifier.id) != id {
            return Err(VerifierKeyError::Id);
        }
        Ok(verifier)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = alloc::vec![ED25519];
        typed.extend_from_slice(self.key.as_bytes());
        let key = Base64::encode_string(&typed);
        write!(formatter, "{}+{}+{key}", self.name, self.id)
    }
}
