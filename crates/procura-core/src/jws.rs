//! Compact JWS (RFC 7515): ours with one algorithm, Ed25519 (RFC 9864), and
//! those that others sign too.
//!
//! **Invariant:** what is verified are the bytes that arrived. A header may
//! name an algorithm, a type and a key id; it chooses none of them.
//!
//! Ours leave nothing to negotiate: `none`, and a public key that is taken for
//! a shared secret, are attacks on a choice (RFC 8725, section 2.1). `jwk`,
//! `jku`, `x5c` and `x5u` are not read, because a token that brings its own key
//! proves only that somebody has some key.
//!
//! Access tokens, DPoP proofs and workload tokens come from others, under
//! Ed25519 or P-256. [`Compact::expect_foreign`] and [`Compact::verify_by`] are
//! for them: the key fixes the algorithm, and a header that brings a key is
//! refused, but for the one type whose key it is to bring.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::base64url;
use crate::hash::Digest;
use crate::json::{self, JsonError, Object};
use crate::key::{Arithmetic, PublicKey, Signature, SignatureInvalid, Signer, VerifyingKey};

/// The `alg` of everything that is signed here.
pub const ALGORITHM: &str = "Ed25519";

/// A compact JWS, split but not verified.
///
/// [`Compact::expect_type`] and [`Compact::verify`] are separate, since the
/// key is often known only after the header was read. Both have to pass before
/// the payload means anything; [`crate::proof`] is where both are called.
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
    ///
    /// A proof that is passed off as a delegation, or an approval as a directory:
    /// the signature would be good, but it was made for something else.
    #[error("the type is not the one expected here")]
    Type,
    /// `crit` names something that this verifier does not understand.
    ///
    /// The issuer marked a limit as one that must be kept. A verifier that ignores
    /// it grants more than was signed.
    #[error("a critical header parameter is not understood")]
    Critical,
    /// The header brings a key, or says where to fetch one, or has a `kid` that is no text.
    ///
    /// Fetching it would also let whoever wrote the header send requests from here.
    #[error("the header brings a key, or a `kid` that is no text")]
    Key,
}

/// Whether a header may bring a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeaderKey {
    /// No: who may sign is known beforehand.
    Refused,
    /// As `jwk`, and it must: a DPoP proof, which a token names by its thumbprint
    /// (RFC 9449, section 4.2).
    Jwk,
}

impl<'a> Compact<'a> {
    /// Splits `text` and reads its header; nothing is trusted yet.
    ///
    /// The work is linear in the text; the caller limits its length. A header with
    /// two members of one name is refused, since two readers may pick different ones.
    pub fn parse(text: &'a str) -> Result<Self, JwsError> {
        Self::read(text, None)
    }

    /// [`Compact::parse`] of a text whose second part was decoded already, to `payload`.
    pub(crate) fn with_payload(text: &'a str, payload: Vec<u8>) -> Result<Self, JwsError> {
        Self::read(text, Some(payload))
    }

    fn read(text: &'a str, decoded: Option<Vec<u8>>) -> Result<Self, JwsError> {
        let (signing_input, signature) = text.rsplit_once('.').ok_or(JwsError::Parts)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Parts)?;
        if payload.contains('.') {
            return Err(JwsError::Parts);
        }
        let header = base64url::decode(header).ok_or(JwsError::Parts)?;
        Ok(Self {
            signing_input,
            header: json::parse_object(&header).map_err(JwsError::Header)?,
            payload: decoded.or_else(|| base64url::decode(payload)).ok_or(JwsError::Parts)?,
            signature: base64url::decode(signature).ok_or(JwsError::Parts)?,
        })
    }

    /// Checks the header: algorithm, type `typ`, and that nothing in it is critical.
    ///
    /// The comparison is exact: no `application/` prefix, no other case, no
    /// `EdDSA` (which RFC 9864 deprecates, as it does not say which curve). Of
    /// `crit` nothing is understood here. A delegation, which may mark budgets as
    /// critical, has its own reader: [`crate::token::Tier`].
    pub fn expect_type(&self, typ: &str) -> Result<(), JwsError> {
        self.expect_type_before_critical(typ)?;
        // RFC 7515, section 4.1.11: what is critical must be understood.
        if self.header.get("crit").is_some() { Err(JwsError::Critical) } else { Ok(()) }
    }

    /// [`Compact::expect_type`] for a type with critical parameters of its own: the
    /// caller reads `crit` itself, and refuses what it does not understand.
    pub(crate) fn expect_type_before_critical(&self, typ: &str) -> Result<(), JwsError> {
        let text = |name| self.header.get(name).and_then(json::Value::as_str);
        if text("alg") != Some(ALGORITHM) {
            return Err(JwsError::Algorithm);
        }
        if text("typ") != Some(typ) {
            return Err(JwsError::Type);
        }
        // It would change which bytes are signed (RFC 7797).
        if self.header.get("b64").is_some() { Err(JwsError::Critical) } else { Ok(()) }
    }

    /// The header, of which nothing is believed before the signature was checked.
    pub(crate) fn header(&self) -> &Object {
        &self.header
    }

    /// Checks the header of a JWS that others may have signed: a type among `types`,
    /// nothing critical, no key but one that belongs there.
    ///
    /// The algorithm is not looked at, since only the key can say which one is
    /// right: [`Compact::verify_by`] does. Types are compared exactly.
    pub fn expect_foreign(&self, types: &[&str], key: HeaderKey) -> Result<(), JwsError> {
        let typ = self.header.get("typ").and_then(json::Value::as_str);
        if !typ.is_some_and(|typ| types.contains(&typ)) {
            return Err(JwsError::Type);
        }
        if self.header.get("crit").is_some() || self.header.get("b64").is_some() {
            return Err(JwsError::Critical);
        }
        let brings = |name: &&str| self.header.get(name).is_some();
        let is_named = self.header.get("kid").is_none_or(|kid| kid.as_str().is_some());
        if FETCHED.iter().any(brings) || !is_named {
            return Err(JwsError::Key);
        }
        match (key, self.header.get("jwk")) {
            (HeaderKey::Refused, None) | (HeaderKey::Jwk, Some(json::Value::Object(_))) => Ok(()),
            (HeaderKey::Refused | HeaderKey::Jwk, _) => Err(JwsError::Key),
        }
    }

    /// The `jwk` of the header; [`Compact::expect_foreign`] says whether it may be there.
    pub fn header_key(&self) -> Option<&Object> {
        self.header.get("jwk").and_then(json::Value::as_object)
    }

    /// The `alg` of the header, which [`Compact::verify_by`] compares with the key's.
    pub fn algorithm(&self) -> Option<&str> {
        self.header.get("alg").and_then(json::Value::as_str)
    }

    /// Checks that the header names the algorithm of `key`, and the signature under it.
    pub fn verify_by(&self, key: &VerifyingKey) -> Result<(), SignatureInvalid> {
        if !self.algorithm().is_some_and(|alg| key.allows(alg)) {
            return Err(SignatureInvalid);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature)
    }

    /// The `kid`, which may only select among keys that are known already.
    ///
    /// It is read before the signature is checked, so an attacker chooses it:
    /// compare it with known names, and use it as no path, query or address.
    pub fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(json::Value::as_str)
    }

    /// Checks the signature over the bytes that arrived.
    ///
    /// The decoded header and payload are never encoded again to be verified, so
    /// no difference between two encoders can hide a change.
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureInvalid> {
        self.verify_with(Arithmetic::OWN, key)
    }

    /// [`Compact::verify`], with the arithmetic of `arithmetic`.
    pub(crate) fn verify_with(
        &self,
        arithmetic: Arithmetic<'_>,
        key: &PublicKey,
    ) -> Result<(), SignatureInvalid> {
        arithmetic.verify(key, self.signing_input.as_bytes(), &self.signature)
    }

    /// The header's bytes, as they arrived.
    pub(crate) fn header_bytes(&self) -> Vec<u8> {
        let header = self.signing_input.split('.').next().unwrap_or_default();
        base64url::decode(header).unwrap_or_default()
    }

    /// The payload, to be read after [`Compact::verify`].
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// SHA-256 of the signing input: `header.payload`, signature excluded.
    ///
    /// `par_hash` and `aat_hash` of AAT-02. Without the signature it names what was
    /// signed, whichever valid signature travels with it.
    pub fn signing_hash(&self) -> Digest {
        Digest::of(self.signing_input.as_bytes())
    }
}

/// Signs canonical `payload` text under `typ`, naming the key with `kid` if asked to.
///
/// `typ` and `kid` are written as they are: callers pass a constant and a
/// thumbprint, in which nothing needs an escape.
pub fn sign(typ: &str, kid: Option<&str>, payload: &str, signer: &dyn Signer) -> String {
    let kid = kid.map_or_else(String::new, |kid| format!(r#""kid":"{kid}","#));
    // Members in canonical order (RFC 8785): alg, kid, typ.
    sign_with_header(&format!(r#"{{"alg":"{ALGORITHM}",{kid}"typ":"{typ}"}}"#), payload, signer)
}

/// Signs `payload` under a header that is canonical text already.
pub(crate) fn sign_with_header(header: &str, payload: &str, signer: &dyn Signer) -> String {
    let parts = [header.len(), payload.len(), Signature::BYTES];
    let length = parts.iter().map(|bytes| base64url::encoded_len(*bytes)).sum::<usize>();
    let mut text = String::with_capacity(length.saturating_add(2));
    base64url::push(&mut text, header.as_bytes());
    text.push('.');
    base64url::push(&mut text, payload.as_bytes());
    let signature = signer.sign(text.as_bytes());
    text.push('.');
    base64url::push(&mut text, &signature.to_bytes());
    text
}

/// Header parameters that bring or name a certificate, or an address to fetch a key from
/// (RFC 7515, sections 4.1.2 and 4.1.5 to 4.1.8).
const FETCHED: [&str; 5] = ["jku", "x5u", "x5c", "x5t", "x5t#S256"];
