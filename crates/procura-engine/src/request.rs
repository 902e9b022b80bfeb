//! Requests to the authority, signed by a person's key (`docs/formats/request-proof.md`).

use procura_core::hash::Digest;
use procura_core::json::{Object, Value};
use procura_core::key::Signer;
use procura_core::proof::verify_statement;
use procura_core::refusal::{Outcome, Refusal};
use procura_core::statement;
use procura_core::time::{Seconds, Timestamp};
use procura_core::{json, jws::Compact, limits};

use crate::admin::Administrator;
use crate::engine::Engine;

/// The JWS type of a request proof.
pub const TYPE: &str = "procura-request+jwt";
/// How long a request proof is good for.
const WINDOW: Seconds = Seconds::new(60);

/// What a request proof covers: everything that decides what the request does.
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Path and query, as sent.
    pub target: &'a str,
    /// The body, as sent.
    pub body: &'a [u8],
}

/// Signs a request as `principal`.
pub fn sign(
    covered: &Covered<'_>,
    principal: &str,
    stamp: &Stamp<'_>,
    signer: &dyn Signer,
) -> String {
    let claims = Object::new()
        .with("iss", principal)
        .with("aud", stamp.audience)
        .with("jti", stamp.id)
        .with("iat", stamp.issued.as_seconds())
        .with("htm", covered.method)
        .with("htu", covered.target)
        .with("body", Digest::of(covered.body).to_base64url());
    statement::sign(TYPE, claims, signer)
}

/// What makes a request proof new.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// A fresh `jti`.
    pub id: &'a str,
    /// When.
    pub issued: Timestamp,
    /// The authority's name.
    pub audience: &'a str,
}

impl Engine {
    /// Verifies who sent a request, and that it is this one.
    pub fn authenticate(
        &self,
        proof: &str,
        covered: &Covered<'_>,
    ) -> Result<Administrator, Refusal> {
        let denied = |outcome, reason: &str| Err(Refusal::new(outcome, "R1", reason));
        let Ok(trust) = self.current_trust() else {
            return denied(Outcome::StatusUnknown, "the directory cannot be read");
        };
        let Some(principal) = claimed_principal(proof) else {
            return denied(Outcome::Malformed, "the request's proof names nobody");
        };
        let Some(person) = trust.person(&principal) else {
            // The same answer as for a wrong signature: names are not for guessing.
            return denied(Outcome::SignatureInvalid, "the signature does not verify");
        };
        let statement = verify_statement(proof, TYPE, &person.key)?;
        let claims = statement.get().claims();
        let text = |name| claims.get(name).and_then(Value::as_str);
        let digest = Digest::of(covered.body).to_base64url();
        let is_this = text("htm") == Some(covered.method)
            && text("htu") == Some(covered.target)
            && text("body") == Some(&digest);
        if !is_this {
            return denied(Outcome::HolderBindingFailed, "the proof is for another request");
        }
        if text("aud") != Some(&self.settings().audience) {
            return denied(Outcome::AudienceMismatch, "the proof is for another authority");
        }
        let issued = claims.get("iat").and_then(Value::as_integer).map(Timestamp::from_seconds);
        let (Some(issued), Some(id)) = (issued, text("jti").filter(|id| is_id(id))) else {
            return denied(Outcome::Malformed, "the proof has no proper `iat` and `jti`");
        };
        let now = self.clock().now();
        if issued < now.minus(WINDOW) || issued > now.plus(limits::CLOCK_SKEW) {
            return denied(Outcome::Expired, "the proof is not of this minute");
        }
        let key = format!("{TYPE}\n{}\n{id}", person.key.thumbprint());
        let proof = (Digest::of(key.as_bytes()), issued.plus(WINDOW).plus(WINDOW));
        Ok(Administrator::new(principal, person.role, proof))
    }
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= limits::NAME_BYTES
}

/// Who claims to have signed: it only selects the key that must have.
fn claimed_principal(proof: &str) -> Option<String> {
    let compact = Compact::parse(proof).ok()?;
    let claims = json::parse_object(compact.payload()).ok()?;
    claims.get("iss").and_then(Value::as_str).map(String::from)
}
