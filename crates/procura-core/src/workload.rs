//! Who a workload is, and that it asks for this: WIMSE tokens, made.
//!
//! A workload identity token (WIT, draft-ietf-wimse-workload-creds) is issued by
//! a trust domain and says which key is whose. A workload proof token (WPT,
//! draft-ietf-wimse-wpt) is signed with that key, for one request. Both are
//! signed here as `EdDSA`; [`crate::proof::verify_wit`] reads ES256 too.
//!
//! ```json
//! {"cnf": {"jwk": {"alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "x": "…"}},
//!  "exp": 1704070800, "iat": 1704067200, "sub": "spiffe://procura.local/agent/planner"}
//! {"ath": "…", "aud": "https://tool.example/run", "exp": 1704067260, "jti": "…",
//!  "oth": {"aat-chain": "…"}, "wth": "…"}
//! ```

use alloc::string::{String, ToString as _};
use core::fmt;

use crate::claims::Claims;
use crate::hash::Digest;
use crate::json::{self, Object};
use crate::jws::{self, Compact};
use crate::key::{Signer, VerifyingKey};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;

/// The JWS type of a workload identity token.
pub const WIT_TYPE: &str = "wit+jwt";
/// The JWS type of a workload proof token.
pub const WPT_TYPE: &str = "wpt+jwt";

/// A workload's id: `spiffe://DOMAIN/PATH` or `wimse://DOMAIN/PATH`.
///
/// One spelling only, by the rules of SPIFFE ID, section 2, for both schemes: no
/// capital in the domain, no escape, no empty segment, no query.
///
/// ```
/// use procura_core::workload::WorkloadId;
///
/// let id = WorkloadId::parse("wimse://example.com/svcA").unwrap();
/// assert_eq!(id.domain(), "example.com");
/// assert_eq!(WorkloadId::parse("wimse://example.com/a/../b"), None);
/// assert_eq!(WorkloadId::parse("wimse://example.com:8443/a"), None);
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WorkloadId {
    scheme: &'static str,
    domain: String,
    path: String,
}

impl WorkloadId {
    /// Reads an id; what parses prints as the text that it came from.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > limits::WORKLOAD_ID_BYTES {
            return None;
        }
        let scheme = SCHEMES.into_iter().find(|scheme| text.starts_with(scheme))?;
        let (domain, path) = text.strip_prefix(scheme)?.split_once('/')?;
        let is_low = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_mark = |byte: u8| matches!(byte, b'.' | b'_' | b'-');
        let is_domain = domain.bytes().all(|byte| is_low(byte) || is_mark(byte));
        let is_segment = |segment: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || is_mark(byte);
            !matches!(segment, "" | "." | "..") && segment.bytes().all(allowed)
        };
        let is_id = !domain.is_empty() && is_domain && path.split('/').all(is_segment);
        is_id.then(|| Self { scheme, domain: domain.into(), path: path.into() })
    }

    /// The trust domain, without which the path means nothing.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

const SCHEMES: [&str; 2] = ["spiffe://", "wimse://"];

impl fmt::Display for WorkloadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", self.scheme, self.domain, self.path)
    }
}

/// What an identity token says.
#[derive(Clone, Copy, Debug)]
pub struct WitFor<'a> {
    /// The workload.
    pub workload: &'a WorkloadId,
    /// Its key.
    pub key: &'a VerifyingKey,
    /// Who issues it, as an address.
    pub issuer: &'a str,
    /// A fresh `jti`.
    pub id: &'a str,
    /// When.
    pub issued: Timestamp,
    /// Until when; hours, not days.
    pub expires: Timestamp,
}

/// Signs an identity token with a key of the trust domain, which `kid` names.
///
/// `cnf.jwk` holds its `alg`, as a proof must use exactly that one.
pub fn sign_wit(wit: &WitFor<'_>, kid: &str, signer: &dyn Signer) -> Result<String, Refusal> {
    let jwk = wit.key.to_jwk().with("alg", wit.key.jws_algorithm());
    let claims = Object::new()
        .with("sub", wit.workload.to_string())
        .with("iss", wit.issuer)
        .with("jti", wit.id)
        .with("iat", wit.issued.as_seconds())
        .with("exp", wit.expires.as_seconds())
        .with("cnf", Object::new().with("jwk", jwk));
    let header = Object::new().with("alg", "EdDSA").with("kid", kid).with("typ", WIT_TYPE);
    signed(&header, &claims, signer)
}

/// What a workload proof is made for.
#[derive(Clone, Copy, Debug)]
pub struct WptFor<'a> {
    /// A fresh `jti`.
    pub id: &'a str,
    /// The recipient: the address without its query, or a name that was agreed on.
    pub audience: &'a str,
    /// The identity token that is sent along.
    pub wit: &'a str,
    /// The tokens that are sent along.
    pub tokens: Tokens<'a>,
    /// The nonce that the recipient asked for, if it did.
    pub nonce: Option<&'a str>,
    /// The digest of what is to be done ([`crate::dpop::action_digest`]), if it is to be bound.
    pub action: Option<&'a Digest>,
    /// Until when; a minute or so.
    pub expires: Timestamp,
}

/// Tokens in a request that say for whom it is made. A proof names each by its hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tokens<'a> {
    /// The OAuth access token (`ath`).
    pub access: Option<&'a str>,
    /// The transaction token (`tth`).
    pub transaction: Option<&'a str>,
    /// Others (`oth`): the field's name in lower case, and its value.
    pub others: &'a [(&'a str, &'a str)],
}

/// Signs a proof with the key that the identity token is bound to.
///
/// Refused if `signer` has another key: the proof would prove nothing.
pub fn sign_wpt(proof: &WptFor<'_>, signer: &dyn Signer) -> Result<String, Refusal> {
    let alg = bound_algorithm(proof.wit, signer).ok_or_else(|| {
        let reason = "the identity token is not bound to the key that signs";
        Refusal::new(Outcome::HolderBindingFailed, "W8", reason)
    })?;
    let mut claims = Object::new()
        .with("jti", proof.id)
        .with("aud", proof.audience)
        .with("exp", proof.expires.as_seconds())
        .with("wth", hash(proof.wit));
    let tokens = &proof.tokens;
    let hashed = [("ath", tokens.access), ("tth", tokens.transaction)];
    for (name, token) in hashed {
        token.map(|token| claims.set(name, hash(token)));
    }
    if !tokens.others.is_empty() {
        claims.set("oth", others(tokens.others)?);
    }
    proof.nonce.map(|nonce| claims.set("nonce", nonce));
    proof.action.map(|action| claims.set("acd", action.to_base64url()));
    signed(&Object::new().with("alg", alg).with("typ", WPT_TYPE), &claims, signer)
}

/// A name once, in lower case; what occurs twice is not supported by the draft.
fn others(tokens: &[(&str, &str)]) -> Result<Object, Refusal> {
    let mut others = Object::new();
    for (name, value) in tokens {
        if others.get(name).is_some() || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let reason = "a field is named twice, or not in lower case";
            return Err(Refusal::new(Outcome::Malformed, "W12", reason));
        }
        others.set(name, hash(value.trim_matches(' ')));
    }
    Ok(others)
}

fn hash(text: &str) -> String {
    Digest::of(text.as_bytes()).to_base64url()
}

/// The `alg` in the token's `cnf.jwk`, if that is the signer's key.
fn bound_algorithm(wit: &str, signer: &dyn Signer) -> Option<String> {
    let compact = Compact::parse(wit).ok()?;
    let object = json::parse_object(compact.payload()).ok()?;
    let (key, alg) = bound_key(&Claims::new(&object, "W4")).ok()?;
    (key.thumbprint() == signer.public_key().thumbprint()).then_some(alg)
}

/// `cnf`: exactly one member, `jwk`, with its `alg`.
pub(crate) fn bound_key(claims: &Claims<'_>) -> Result<(VerifyingKey, String), Refusal> {
    let cnf = claims.optional_object("cnf")?.ok_or_else(|| claims.wrong("cnf"))?;
    if cnf.iter().any(|(name, _)| name != "jwk") {
        return Err(claims.wrong("cnf"));
    }
    let jwk = cnf.value("jwk").and_then(json::Value::as_object).ok_or_else(|| cnf.wrong("jwk"))?;
    let key = VerifyingKey::from_jwk(jwk)
        .map_err(|error| Refusal::new(Outcome::Malformed, "W4", error.to_string()))?;
    let alg = Claims::new(jwk, "W4").name("alg")?;
    Ok((key, alg.into()))
}

fn signed(header: &Object, claims: &Object, signer: &dyn Signer) -> Result<String, Refusal> {
    let text = |object: &Object| {
        object
            .to_canonical()
            .map_err(|error| Refusal::new(Outcome::NonAdmissibleNumber, "W4", error.to_string()))
    };
    Ok(jws::sign_with_header(&text(header)?, &text(claims)?, signer))
}
