//! P-256 keys and ES256 signatures (RFC 7518, section 3.4).
//!
//! Ours are Ed25519 keys. Those of others often cannot be: browsers, key
//! services and SPIFFE sign with ES256, so a verifier of their proofs needs it.
//!
//! A high S is accepted. RFC 7518 asks for no particular half, and half of all
//! signatures that are made in the field have one. So whoever sees a signature
//! can write down a second one for the same message: nothing here is ever
//! remembered, cached or counted by the bytes of a signature.

use alloc::format;
use alloc::string::String;
use core::fmt;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};

use super::{KeyError, SignatureInvalid, Thumbprint};
use crate::base64url;
use crate::hash::Digest;

/// A P-256 public key.
///
/// It is on the curve, and as the curve has a prime order and no cofactor there
/// is no weak point on it.
#[derive(Clone)]
pub struct P256Key {
    point: VerifyingKey,
    x: [u8; 32],
    y: [u8; 32],
    thumbprint: Thumbprint,
}

impl P256Key {
    /// Reads a key from its two coordinates, 32 bytes each.
    ///
    /// A coordinate that is not below the prime is refused, for it would be a second
    /// spelling of a key (SEC 1, section 2.3.6).
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let coordinate = |bytes: &[u8]| {
            <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Coordinate(bytes.len()))
        };
        let (x, y) = (coordinate(x)?, coordinate(y)?);
        // SEC 1, section 2.3.3: an uncompressed point.
        let mut encoded = [0x04; 65];
        let bytes = encoded.iter_mut().skip(1).zip(x.iter().chain(&y));
        bytes.for_each(|(slot, byte)| *slot = *byte);
        let point = VerifyingKey::from_sec1_bytes(&encoded).map_err(|_| KeyError::NotOnCurve)?;
        Ok(Self { point, x, y, thumbprint: thumbprint(&x, &y) })
    }

    /// The first coordinate, base64url.
    pub fn x(&self) -> String {
        base64url::encode(&self.x)
    }

    /// The second coordinate, base64url.
    pub fn y(&self) -> String {
        base64url::encode(&self.y)
    }

    /// The RFC 7638 thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Checks that the holder of this key signed `message`.
    ///
    /// A signature is r and s, 32 bytes each (RFC 7518, section 3.4); another form,
    /// such as DER, is invalid. So are an r and an s of zero or beyond the group's
    /// order.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureInvalid> {
        let signature = Signature::from_slice(signature).map_err(|_| SignatureInvalid)?;
        self.point.verify(message, &signature).map_err(|_| SignatureInvalid)
    }
}

impl P256Key {
    /// [`P256Key::verify`] for a signature in DER, as WebAuthn has it (Level 3, section 6.5.5).
    pub(crate) fn verify_der(&self, message: &[u8], der: &[u8]) -> Result<(), SignatureInvalid> {
        let signature = Signature::from_der(der).map_err(|_| SignatureInvalid)?;
        self.point.verify(message, &signature).map_err(|_| SignatureInvalid)
    }
}

/// RFC 7638, section 3.2: `crv`, `kty`, `x` and `y`, in lexicographic order.
fn thumbprint(x: &[u8], y: &[u8]) -> Thumbprint {
    let (x, y) = (base64url::encode(x), base64url::encode(y));
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Thumbprint(Digest::of(members.as_bytes()))
}

impl PartialEq for P256Key {
    fn eq(&self, other: &Self) -> bool {
        (self.x, self.y) == (other.x, other.y)
    }
}

impl Eq for P256Key {}

impl fmt::Debug for P256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P256Key({})", self.thumbprint)
    }
}
