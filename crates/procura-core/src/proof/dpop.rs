//! Verifies a DPoP proof (RFC 9449, section 4.3).
//!
//! The one kind of token whose header brings the key. That is no trust in it:
//! the proof says that its maker has this key, and a token, a session or a
//! nonce says which key it must be.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::Verified;
use super::jwt::{self, Kind};
use crate::claims::{self, Claims};
use crate::dpop::TYPE;
use crate::hash::Digest;
use crate::jws::{Compact, HeaderKey};
use crate::key::VerifyingKey;
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::target::Target;
use crate::time::{Seconds, Timestamp};

/// The request that came with a proof, and what is asked of the proof.
#[derive(Clone, Copy, Debug)]
pub struct DpopRules<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The address of the request, as clients know it; its query does not matter.
    pub target: &'a str,
    /// The nonce that the proof must carry, if one was asked for. Whether it is
    /// still good is the caller's to know.
    pub nonce: Option<&'a str>,
    /// The digest of what is to be done, if the proof must commit to it.
    pub action: Option<&'a Digest>,
    /// How old it may be; [`limits::DPOP_WINDOW`] at most.
    pub window: Seconds,
    /// The time of the verification.
    pub now: Timestamp,
}

/// A proof that the holder of a key made this request, lately.
///
/// It is good once: remember [`Dpop::replay_key`] until [`Dpop::forgettable`].
#[derive(Clone, Debug)]
pub struct Dpop {
    key: VerifyingKey,
    id: String,
    forgettable: Timestamp,
    access_token: Option<Digest>,
    action: Option<Digest>,
}

impl Dpop {
    /// The key whose holder made it.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Its `jti`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `ath`: the hash of the access token that it is for, if it is for one.
    pub fn access_token(&self) -> Option<&Digest> {
        self.access_token.as_ref()
    }

    /// `acd`: the digest of what is to be done, if it names one.
    pub fn action(&self) -> Option<&Digest> {
        self.action.as_ref()
    }

    /// What may happen once. It is made of the key and the `jti`, and not of the
    /// signature, of which an attacker can write another one.
    pub fn replay_key(&self) -> Digest {
        let key = self.key.thumbprint();
        Digest::of(format!("{TYPE}\n{key}\n{}", self.id).as_bytes())
    }

    /// When it can no longer be accepted, so that its replay key may be forgotten.
    pub fn forgettable(&self) -> Timestamp {
        self.forgettable
    }
}

/// Verifies that the holder of some key made this request, and which key it is.
///
/// That there is one proof, in one field, is the caller's to check; two in one
/// field are no JWS. For a request with an access token, pass what comes back to
/// [`super::Presented::with_dpop`], which compares token and key.
pub fn verify_dpop(text: &str, rules: &DpopRules<'_>) -> Result<Verified<Dpop>, Refusal> {
    let compact = jwt::open(text, &KIND)?;
    let key = key(&compact)?;
    jwt::signed_by(&compact, &key, "X3")?;
    let object = claims::parse(compact.payload(), "X4")?;
    let claims = Claims::new(&object, "X4");
    let id = claims.name("jti")?.into();
    let access_token = claims.optional_digest("ath")?;
    let action = claims.optional_digest("acd")?;
    check_request(&claims, rules)?;
    let proof = Dpop { key, id, forgettable: check_time(&claims, rules)?, access_token, action };
    check_nonce(&claims, rules)?;
    match rules.action {
        Some(action) if proof.action.as_ref() != Some(action) => {
            Err(unbound("X8", "the proof is for something else than is to be done"))
        }
        Some(_) | None => Ok(Verified(proof)),
    }
}

const KIND: Kind = Kind { types: &[TYPE], key: HeaderKey::Jwk, steps: ["X1", "X2"] };

/// Step X2: a public key of a kind that is supported.
fn key(compact: &Compact<'_>) -> Result<VerifyingKey, Refusal> {
    let refused = |reason: String| Refusal::new(Outcome::AlgOrTypeRefused, "X2", reason);
    let jwk = compact.header_key().ok_or_else(|| refused("the header has no key".into()))?;
    VerifyingKey::from_jwk(jwk).map_err(|error| refused(error.to_string()))
}

/// Step X5: made for this method and address. Query and fragment are ignored on
/// both sides (RFC 9449, section 4.3, check 9).
fn check_request(claims: &Claims<'_>, rules: &DpopRules<'_>) -> Result<(), Refusal> {
    if claims.name("htm")? != rules.method {
        return Err(unbound("X5", "the proof is for another method"));
    }
    let meant = Target::parse(claims.text("htu")?);
    if meant.is_none() || meant != Target::parse(rules.target) {
        return Err(unbound("X5", "the proof is for another address"));
    }
    Ok(())
}

/// Step X6: made lately; what comes back is when it may be forgotten.
fn check_time(claims: &Claims<'_>, rules: &DpopRules<'_>) -> Result<Timestamp, Refusal> {
    let issued = claims.date("iat")?;
    claims.check_validity(rules.now, "X6")?;
    let window = rules.window.min(limits::DPOP_WINDOW);
    if issued < rules.now.minus(window) {
        return Err(Refusal::new(Outcome::Expired, "X6", "the proof is too old"));
    }
    if issued > rules.now.plus(limits::CLOCK_SKEW) {
        return Err(Refusal::new(Outcome::NotYetValid, "X6", "the proof is from the future"));
    }
    // The window, and what clocks may disagree on either side of it.
    Ok(issued.plus(limits::DPOP_WINDOW).plus(limits::CLOCK_SKEW).plus(limits::CLOCK_SKEW))
}

/// Step X7 (RFC 9449, sections 8 and 9).
fn check_nonce(claims: &Claims<'_>, rules: &DpopRules<'_>) -> Result<(), Refusal> {
    let carried = claims.optional_name("nonce")?;
    match rules.nonce {
        Some(nonce) if carried != Some(nonce) => {
            let reason = "the proof does not carry the nonce that was asked for";
            Err(Refusal::new(Outcome::NonceRequired, "X7", reason))
        }
        Some(_) | None => Ok(()),
    }
}

fn unbound(step: &'static str, reason: &str) -> Refusal {
    Refusal::new(Outcome::HolderBindingFailed, step, reason)
}
