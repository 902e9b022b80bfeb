//! Verifies a signed request (RFC 9421, as a profile).
//!
//! **Invariant:** a [`SignedRequest`] covers the method, the whole address, the
//! body, and every field that says who may do what. What is not covered can be
//! changed on the way, so whoever decides asks [`SignedRequest::covered`] and
//! not the request.

use alloc::format;
use alloc::string::String;

use super::Verified;
use super::signature::{self, Claimed, Covered};
use crate::hash::Digest;
use crate::http_signature::{AUTHORITY_FIELDS, HttpRequest};
use crate::key::{NamedKey, VerifyingKey};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;

/// What is asked of a signed request.
#[derive(Clone, Copy, Debug)]
pub struct HttpRules<'a> {
    /// What the signature is for; others are left alone.
    pub tag: &'a str,
    /// The keys that may sign; `keyid` selects among them, and each has one algorithm.
    pub keys: &'a [NamedKey],
    /// The nonce that the signature must carry, if one was asked for.
    pub nonce: Option<&'a str>,
    /// The time of the verification.
    pub now: Timestamp,
}

/// A request that the holder of a key made, lately.
///
/// It is good once: remember [`SignedRequest::replay_key`] until
/// [`SignedRequest::forgettable`].
#[derive(Clone, Debug)]
pub struct SignedRequest {
    key: VerifyingKey,
    tag: String,
    nonce: String,
    expires: Timestamp,
    covered: Covered,
}

impl SignedRequest {
    /// The key whose holder made it.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The value of a component that was covered, such as `@method` or `authorization`.
    pub fn covered(&self, name: &str) -> Option<&str> {
        self.covered.get(name)
    }

    /// What may happen once. It is made of the key and the nonce, and not of the
    /// signature, of which an attacker may be able to write another one.
    pub fn replay_key(&self) -> Digest {
        let key = self.key.thumbprint();
        Digest::of(format!("{}\n{key}\n{}", self.tag, self.nonce).as_bytes())
    }

    /// When it can no longer be accepted, so that its replay key may be forgotten.
    pub fn forgettable(&self) -> Timestamp {
        self.expires.plus(limits::CLOCK_SKEW).plus(limits::CLOCK_SKEW)
    }
}

/// Verifies that the holder of one of the keys made exactly this request, lately.
///
/// The body is the one that was received, and is hashed last: a stranger without
/// a key makes nobody hash.
pub fn verify_signed_request(
    request: &HttpRequest<'_>,
    rules: &HttpRules<'_>,
) -> Result<Verified<SignedRequest>, Refusal> {
    let claimed = signature::find(request, rules.tag)?;
    claimed.check_window(rules.now, limits::HTTP_SIGNATURE_WINDOW)?;
    let nonce = claimed.nonce.clone();
    let nonce = nonce.ok_or_else(|| signature::malformed("H4", "the signature has no nonce"))?;
    check_coverage(request, &claimed)?;
    let named = rules.keys.iter().find(|named| named.id == claimed.key_id).ok_or_else(|| {
        Refusal::new(Outcome::UntrustedRoot, "H7", "no key has the `keyid` that it names")
    })?;
    let covered = claimed.check(request, &named.key)?;
    signature::check_body(request)?;
    if rules.nonce.is_some_and(|asked| asked != nonce) {
        let reason = "the signature does not carry the nonce that was asked for";
        return Err(Refusal::new(Outcome::NonceRequired, "H11", reason));
    }
    let (key, expires) = (named.key.clone(), claimed.expires);
    Ok(Verified(SignedRequest { key, tag: rules.tag.into(), nonce, expires, covered }))
}

/// Step H6. A component with a parameter does not count as covered: `;bs` and `;sf`
/// sign another form of the field than the one that is read.
fn check_coverage(request: &HttpRequest<'_>, claimed: &Claimed) -> Result<(), Refusal> {
    let refused = |name: &str| {
        let reason = format!("the signature does not cover `{name}`");
        Err(Refusal::new(Outcome::HolderBindingFailed, "H6", reason))
    };
    let digest = (!request.body.is_empty()).then_some("content-digest");
    let needed = ["@method", "@target-uri"].into_iter().chain(digest);
    let present = ["content-digest"].into_iter().chain(AUTHORITY_FIELDS);
    let mut all = needed.chain(present.filter(|name| request.has(name)));
    all.find(|name| !claimed.covers(name)).map_or(Ok(()), refused)
}
