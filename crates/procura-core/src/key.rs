//! Keys and signatures, under one rule everywhere.
//!
//! **Invariant:** a [`PublicKey`] is canonical, on the curve and not of low
//! order, so a signature that it verifies was made by the holder of one
//! private key. Verification is strict: cofactorless, canonical S, and neither
//! A nor R of low order.
//!
//! RFC 8032 leaves implementations room to disagree about odd signatures. Two
//! enforcement points that disagree are a hole, since one of them acts and the
//! other's audit refutes it; so the strictest reading is used, one signature at
//! a time. Batch verification is not: it accepts some that this refuses.

mod p256;
mod raw;
mod verifying;

use alloc::format;
use alloc::string::String;
use core::fmt;

use ed25519_dalek::VerifyingKey as Point;

pub use self::p256::P256Key;
pub use self::raw::{Arithmetic, RawCheck};
pub use self::verifying::{JwkError, NamedKey, VerifyingKey};
use crate::base64url;
use crate::hash::Digest;

/// An Ed25519 public key that may name a holder.
///
/// Equality is that of the 32 bytes, which is that of the points, because no
/// accepted point has two encodings. A key says nothing of who holds it: the
/// chain or the directory does.
#[derive(Clone)]
pub struct PublicKey {
    // The decompressed point is kept: decompression is a tenth of a check.
    point: Point,
    thumbprint: Thumbprint,
}

/// RFC 7638 thumbprint (SHA-256) of a key's public JWK.
///
/// A derived token's `iss`, a revocation and a `kid` name a key by it.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Thumbprint(Digest);

/// An Ed25519 signature, not yet checked.
///
/// It prints as `…`, so that a log holds no signature that could be replayed.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Signature([u8; 64]);

/// Something that signs with one key and never shows it.
///
/// It is a trait so that this crate sees no private key: the key may be in a
/// file, in a key service or in hardware.
pub trait Signer: Send + Sync {
    /// The public half; it belongs to the key that [`Signer::sign`] uses.
    fn public_key(&self) -> &PublicKey;
    /// Signs `message`.
    ///
    /// Who calls it fixes the purpose: every message of this crate is a JWS
    /// signing input, which begins with a header that holds its type, or the JSON
    /// text of an envelope, whose first byte `{` no signing input has.
    fn sign(&self, message: &[u8]) -> Signature;
}

/// Why bytes are not a public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes.
    #[error("an Ed25519 public key has 32 bytes, not {0}")]
    Length(usize),
    /// A coordinate of a P-256 key has not 32 bytes (RFC 7518, section 6.2.1.2).
    #[error("a coordinate of a P-256 key has 32 bytes, not {0}")]
    Coordinate(usize),
    /// No point of the curve has this encoding.
    #[error("the key is not a point of the curve")]
    NotOnCurve,
    /// The point has another, canonical encoding (RFC 8032, section 5.1.3).
    ///
    /// Two spellings of a key would be two thumbprints: the holder of a revoked
    /// key would come back under the other one.
    #[error("the key is not encoded canonically")]
    NotCanonical,
    /// Any message verifies under such a key.
    ///
    /// Whoever was given a delegation bound to it could not be told from anybody
    /// else, and a chain could be forged below it without a private key.
    #[error("the key is of low order: signatures under it prove nothing")]
    LowOrder,
}

/// The signature does not belong to the message and the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureInvalid;

impl PublicKey {
    /// Reads a key and checks that it can prove something.
    ///
    /// It does not show that anybody has the private key: an enrolment or a chain
    /// does that with a signature.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let array: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Length(bytes.len()))?;
        Ok(Self { point: point(array)?, thumbprint: Thumbprint::of(array) })
    }

    /// The 32 bytes of the encoding.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.point.as_bytes()
    }

    /// The RFC 7638 thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// A short form for people: `ed25519:` and the first 16 hexadecimal digits of the thumbprint.
    pub fn fingerprint(&self) -> String {
        self.thumbprint.fingerprint()
    }

    /// Checks that the holder of this key signed `message`.
    ///
    /// Strict (RFC 8032, section 5.1.7, without the cofactor): S is below the
    /// group's order, so nobody can turn one signature into a second valid one
    /// (section 8.4), and an R of low order is refused. A signature of another
    /// length than 64 bytes is invalid like any other.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureInvalid> {
        let bytes: &[u8; 64] = signature.try_into().map_err(|_| SignatureInvalid)?;
        let signature = ed25519_dalek::Signature::from_bytes(bytes);
        self.point.verify_strict(message, &signature).map_err(|_| SignatureInvalid)
    }
}

/// The point that `encoded` denotes, if it denotes it canonically and is not of low order.
fn point(encoded: &[u8; 32]) -> Result<Point, KeyError> {
    let point = Point::from_bytes(encoded).map_err(|_| KeyError::NotOnCurve)?;
    if !is_below_prime(encoded) {
        return Err(KeyError::NotCanonical);
    }
    if point.is_weak() {
        let is_canonical = point.to_edwards().compress().as_bytes() == encoded;
        return Err(if is_canonical { KeyError::LowOrder } else { KeyError::NotCanonical });
    }
    Ok(point)
}

/// Whether the encoded y is less than 2^255 - 19 (RFC 8032, section 5.1.3).
///
/// The other ambiguity, a sign on x = 0, exists for two points alone, y = 1 and
/// y = -1, and both are of low order. Comparing bytes spares the inversion that
/// encoding the point again would cost.
fn is_below_prime(encoded: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = encoded;
    let is_top = last & 0x7f == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    !(is_top && *first >= 0xed)
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

impl Thumbprint {
    /// RFC 9278 prefix of a thumbprint URI.
    ///
    /// It names SHA-256, so a thumbprint under another hash is another issuer.
    pub const URI_PREFIX: &str = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:";

    /// The JWK's `x` is the one base64url spelling of the key, so one key has one
    /// thumbprint; `kid`, `alg` and `use` are no part of it.
    fn of(key: &[u8; 32]) -> Self {
        // RFC 7638, section 3.2: required members only, in lexicographic order.
        let x = base64url::encode(key);
        Self(Digest::of(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes()))
    }

    /// Reads the base64url form.
    pub fn from_base64url(text: &str) -> Option<Self> {
        Digest::from_base64url(text).map(Self)
    }

    /// Takes a digest that a token says is a thumbprint.
    pub(crate) fn from_digest(digest: Digest) -> Self {
        Self(digest)
    }

    /// The digest itself.
    pub fn as_digest(&self) -> &Digest {
        &self.0
    }

    /// The RFC 9278 URI, which is the `iss` of a derived delegation.
    ///
    /// Step 4c compares it with the key above: a token that is moved under another
    /// parent names the wrong issuer.
    pub fn to_uri(&self) -> String {
        format!("{}{}", Self::URI_PREFIX, self.0)
    }

    /// A short form for people: `ed25519:` and the first 16 hexadecimal digits.
    ///
    /// 64 bits are enough to tell a colleague's key from another, and few enough
    /// for an attacker to look for a twin. Nothing is decided by it.
    pub fn fingerprint(&self) -> String {
        let mut text = String::from("ed25519:");
        for byte in self.0.as_bytes().iter().take(8) {
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({})", self.0)
    }
}

impl Signature {
    /// How long one is.
    pub(crate) const BYTES: usize = 64;

    /// Takes the 64 bytes of a signature.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes.
    pub fn to_bytes(self) -> [u8; 64] {
        self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}
