//! Compact JWS (RFC 7515) with one algorithm: Ed25519 (RFC 9864).
//!
//! **Invariant:** what is verified are the bytes that arrived. A header may
//! name an algorithm, a type and a key id; it never brings a key.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::base64url;
use crate::hash::Digest;
use crate::json::{self, JsonError, Object};
use crate::key::{PublicKey, SignatureInvalid, Signer};

/// The `alg` of everything that is signed here.
pub const ALGORITHM: &str = "Ed25519";

/// A compact JWS, split but not verified.
#[derive(Clone, Debug)]
pub struct Compact<'a> {
    signing_input: &'a str,
    header: Object,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why text is not a compact JWS of an expected kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwsError {
    /// Not three base64url parts.
    #[error("not three base64url parts")]
    Parts,
    /// The header is not a JSON object.
    #[error("the header is not JSON: {0}")]
    Header(JsonError),
    /// Another algorithm.
    #[error("the algorithm is not Ed25519")]
    Algorithm,
    /// Another type.
    #[error("the type is not the one expected here")]
    Type,
    /// `crit` names something that this verifier does not understand.
    #[error("a critical header parameter is not understood")]
    Critical,
}

impl<'a> Compact<'a> {
    /// Splits `text` and reads its header; nothing is trusted yet.
    pub fn parse(text: &'a str) -> Result<Self, JwsError> {
        let (signing_input, signature) = text.rsplit_once('.').ok_or(JwsError::Parts)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Parts)?;
        if payload.contains('.') {
            return Err(JwsError::Parts);
        }
        let header = base64url::decode(header).ok_or(JwsError::Parts)?;
        Ok(Self {
            signing_input,
            header: json::parse_object(&header).map_err(JwsError::Header)?,
            payload: base64url::decode(payload).ok_or(JwsError::Parts)?,
            signature: base64url::decode(signature).ok_or(JwsError::Parts)?,
        })
    }

    /// Checks the header: algorithm, type `typ`, and that nothing in it is critical.
    pub fn expect_type(&self, typ: &str) -> Result<(), JwsError> {
        let text = |name| self.header.get(name).and_then(json::Value::as_str);
        if text("alg") != Some(ALGORITHM) {
            return Err(JwsError::Algorithm);
        }
        if text("typ") != Some(typ) {
            return Err(JwsError::Type);
        }
        // RFC 7515, section 4.1.11: what is critical must be understood.
        if self.header.get("crit").is_some() || self.header.get("b64").is_some() {
            return Err(JwsError::Critical);
        }
        Ok(())
    }

    /// The `kid`, which may only select among keys that are known already.
    pub fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(json::Value::as_str)
    }

    /// Checks the signature over the bytes that arrived.
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureInvalid> {
        key.verify(self.signing_input.as_bytes(), &self.signature)
    }

    /// The payload, to be read after [`Compact::verify`].
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// SHA-256 of the signing input: `header.payload`, signature excluded.
    pub fn signing_hash(&self) -> Digest {
        Digest::of(self.signing_input.as_bytes())
    }
}

/// Signs canonical `payload` text under `typ`, naming the key with `kid` if asked to.
pub fn sign(typ: &str, kid: Option<&str>, payload: &str, signer: &dyn Signer) -> String {
    let kid = kid.map_or_else(String::new, |kid| format!(r#""kid":"{kid}","#));
    // Members in canonical order (RFC 8785): alg, kid, typ.
    let header = format!(r#"{{"alg":"{ALGORITHM}",{kid}"typ":"{typ}"}}"#);
    let header = base64url::encode(header.as_bytes());
    let payload = base64url::encode(payload.as_bytes());
    let mut text = format!("{header}.{payload}");
    let signature = signer.sign(text.as_bytes());
    text.push('.');
    text.push_str(&base64url::encode(&signature.to_bytes()));
    text
}
