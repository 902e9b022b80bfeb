//! Proofs that a client holds a key, request by request (RFC 9449), made.
//!
//! An access token is seen by everyone on its way. Bound to a key, it is of use
//! only with a proof like this one, which names method, address and token, and
//! is good for minutes. [`crate::proof::verify_dpop`] is the other side.
//!
//! ```json
//! {"acd": "…", "ath": "…", "htm": "POST", "htu": "https://gateway.example/mcp",
//!  "iat": 1704067260, "jti": "0195…", "nonce": "…"}
//! ```
//!
//! A proof says nothing of the body. Where that matters, `acd` does: the digest
//! of what is to be done, which RFC 9449 knows nothing of and ignores.

use alloc::string::{String, ToString as _};

use crate::hash::Digest;
use crate::json::{Inadmissible, Object, Value};
use crate::jws;
use crate::key::{Signer, VerifyingKey};
use crate::refusal::{Outcome, Refusal};
use crate::target::Target;
use crate::time::Timestamp;

/// The JWS type (RFC 9449, section 4.2).
pub const TYPE: &str = "dpop+jwt";

/// What a proof is made for.
#[derive(Clone, Copy, Debug)]
pub struct DpopFor<'a> {
    /// A fresh `jti`.
    pub id: &'a str,
    /// The method, as it is sent.
    pub method: &'a str,
    /// The address; query and fragment are left out.
    pub target: &'a str,
    /// The access token that is sent along, if one is.
    pub access_token: Option<&'a str>,
    /// The nonce that the server asked for, if it did.
    pub nonce: Option<&'a str>,
    /// The digest of what is to be done, if it is to be bound.
    pub action: Option<&'a Digest>,
    /// When.
    pub issued: Timestamp,
}

/// Signs a proof; the header's `alg` is `EdDSA`, which all verifiers of DPoP know.
///
/// Refused if the address has no normal form, for no verifier could compare it.
pub fn sign(proof: &DpopFor<'_>, signer: &dyn Signer) -> Result<String, Refusal> {
    let malformed = |reason: String| Refusal::new(Outcome::Malformed, "X5", reason);
    let target = Target::parse(proof.target)
        .ok_or_else(|| malformed("the address is not one of http or https".into()))?;
    let mut claims = Object::new()
        .with("jti", proof.id)
        .with("htm", proof.method)
        .with("htu", target.as_str())
        .with("iat", proof.issued.as_seconds());
    if let Some(token) = proof.access_token {
        claims.set("ath", Digest::of(token.as_bytes()).to_base64url());
    }
    if let Some(nonce) = proof.nonce {
        claims.set("nonce", nonce);
    }
    if let Some(action) = proof.action {
        claims.set("acd", action.to_base64url());
    }
    let key = VerifyingKey::Ed25519(signer.public_key().clone());
    let header =
        Object::new().with("alg", key.jws_algorithm()).with("jwk", key.to_jwk()).with("typ", TYPE);
    let text = |object: Object| object.to_canonical().map_err(|error| malformed(error.to_string()));
    Ok(jws::sign_with_header(&text(header)?, &text(claims)?, signer))
}

/// The digest of what is to be done: of the canonical `{"a":…,"m":…,"t":…}`.
///
/// For MCP, `method` is the JSON-RPC method, `target` the tool's name or the
/// resource's address, and `arguments` those of the call. A number that is not
/// exactly a double has no digest, since two of them would share one.
pub fn action_digest(
    method: &str,
    target: &str,
    arguments: &Value,
) -> Result<Digest, Inadmissible> {
    let action = Object::new().with("m", method).with("t", target).with("a", arguments.clone());
    Ok(Digest::of(action.to_canonical()?.as_bytes()))
}
