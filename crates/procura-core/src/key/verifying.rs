//! A key of either kind, and the public JWK that it travels as.
//!
//! **Invariant:** the algorithm is the key's. A header or a parameter may name
//! it, and is refused if it names another; it never chooses one (RFC 8725,
//! section 3.1). There is no kind of key that is a shared secret.

use alloc::string::{String, ToString as _};

use super::{KeyError, P256Key, PublicKey, SignatureInvalid, Thumbprint};
use crate::base64url;
use crate::json::{Object, Value};

/// A public key that proofs and foreign tokens are verified with.
///
/// Delegations are not: they stay with Ed25519, and with [`PublicKey`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VerifyingKey {
    /// `kty` OKP, `crv` Ed25519 (RFC 8037).
    Ed25519(PublicKey),
    /// `kty` EC, `crv` P-256 (RFC 7518, section 6.2).
    P256(P256Key),
}

/// Why an object is not a public key of a kind that is supported.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwkError {
    /// Another type of key or curve; `oct` among them.
    #[error("the key is neither Ed25519 nor P-256")]
    Unsupported,
    /// A member that a public key does not have, such as `d`, or one of another type.
    ///
    /// A private key that is sent around is everybody's, so it proves nothing.
    #[error("the key has members that a public key does not have")]
    Members,
    /// A coordinate is not base64url without padding.
    #[error("a coordinate of the key is not base64url")]
    Encoding,
    /// `alg` names an algorithm that is not this key's.
    #[error("the key is said to be for another algorithm")]
    Algorithm,
    /// `use` is not `sig`.
    #[error("the key is not for signatures")]
    Use,
    /// The coordinates are no key.
    #[error("{0}")]
    Key(KeyError),
}

impl VerifyingKey {
    /// Reads a public JWK (RFC 7517). Its members are closed, so that a limit which
    /// a member sets is refused instead of not being kept.
    pub fn from_jwk(jwk: &Object) -> Result<Self, JwkError> {
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let key = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("Ed25519")) => Self::ed25519(jwk)?,
            (Some("EC"), Some("P-256")) => Self::p256(jwk)?,
            _ => return Err(JwkError::Unsupported),
        };
        if text("alg").is_some_and(|alg| !key.allows(alg)) {
            return Err(JwkError::Algorithm);
        }
        if text("use").is_some_and(|usage| usage != "sig") {
            return Err(JwkError::Use);
        }
        Ok(key)
    }

    fn ed25519(jwk: &Object) -> Result<Self, JwkError> {
        check_members(jwk, &["x"])?;
        PublicKey::from_bytes(&coordinate(jwk, "x")?).map(Self::Ed25519).map_err(JwkError::Key)
    }

    fn p256(jwk: &Object) -> Result<Self, JwkError> {
        check_members(jwk, &["x", "y"])?;
        let (x, y) = (coordinate(jwk, "x")?, coordinate(jwk, "y")?);
        P256Key::from_coordinates(&x, &y).map(Self::P256).map_err(JwkError::Key)
    }

    /// The public JWK, with the required members alone.
    pub fn to_jwk(&self) -> Object {
        match self {
            Self::Ed25519(key) => crate::token::to_jwk(key),
            Self::P256(key) => Object::new()
                .with("kty", "EC")
                .with("crv", "P-256")
                .with("x", key.x())
                .with("y", key.y()),
        }
    }

    /// The RFC 7638 thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        match self {
            Self::Ed25519(key) => key.thumbprint(),
            Self::P256(key) => key.thumbprint(),
        }
    }

    /// The `alg` that this kind of key signs a JWS with.
    ///
    /// `EdDSA` is what verifiers of DPoP and WIMSE know. RFC 9864 deprecates it for
    /// `Ed25519`, and [`VerifyingKey::allows`] both, as for this key both mean one thing.
    pub fn jws_algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    /// The algorithm's name in HTTP message signatures (RFC 9421, section 3.3).
    pub fn http_algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "ed25519",
            Self::P256(_) => "ecdsa-p256-sha256",
        }
    }

    /// Whether `alg` in a JWS header is a name of this key's algorithm.
    pub fn allows(&self, alg: &str) -> bool {
        match self {
            Self::Ed25519(_) => matches!(alg, "EdDSA" | "Ed25519"),
            Self::P256(_) => alg == "ES256",
        }
    }

    /// Checks that the holder of this key signed `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureInvalid> {
        match self {
            Self::Ed25519(key) => key.verify(message, signature),
            Self::P256(key) => key.verify(message, signature),
        }
    }
}

/// A key of an issuer, an agent or a domain, under the name that it publishes.
///
/// The name is for selecting: it comes from configuration and is compared with
/// what a message says, and nothing else is done with what a message says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedKey {
    /// `kid` in a JWS, `keyid` in an HTTP message signature.
    pub id: String,
    /// The key.
    pub key: VerifyingKey,
}

impl NamedKey {
    /// A key under its thumbprint, which is a name that it cannot share.
    pub fn by_thumbprint(key: VerifyingKey) -> Self {
        Self { id: key.thumbprint().to_string(), key }
    }
}

/// Members beside `kty`, `crv` and the coordinates that change nothing.
const DESCRIPTIVE: [&str; 3] = ["kid", "alg", "use"];

fn check_members(jwk: &Object, coordinates: &[&str]) -> Result<(), JwkError> {
    let is_known = |name: &str| {
        matches!(name, "kty" | "crv") || coordinates.contains(&name) || DESCRIPTIVE.contains(&name)
    };
    let is_public = jwk.iter().all(|(name, value)| is_known(name) && value.as_str().is_some());
    if is_public { Ok(()) } else { Err(JwkError::Members) }
}

fn coordinate(jwk: &Object, name: &str) -> Result<alloc::vec::Vec<u8>, JwkError> {
    let text = jwk.get(name).and_then(Value::as_str);
    text.and_then(base64url::decode).ok_or(JwkError::Encoding)
}
