//! Verifies who a workload is, and that it made this request (WIMSE).
//!
//! **Invariant:** a [`Workload`] was named by its own trust domain and proved
//! its key for one request. An identity token alone is nothing: it travels, and
//! must not be a bearer token (draft-ietf-wimse-workload-creds, section 3.1).
//!
//! It says who calls. What the caller may do, a delegation or a policy says.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Verified;
use super::jwt::{self, Kind};
use crate::claims::{self, Claims};
use crate::hash::Digest;
use crate::jws::HeaderKey;
use crate::key::{NamedKey, VerifyingKey};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::target::Target;
use crate::time::{Seconds, Timestamp};
use crate::workload::{Tokens, WIT_TYPE, WPT_TYPE, WorkloadId, bound_key};

/// A trust domain and the keys that may name its workloads.
///
/// It comes from configuration: where keys are is never taken from a token, and
/// no key of one domain names workloads of another.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Its name, as in the ids.
    pub name: String,
    /// The `iss` that its tokens have, if they have one and it is to be compared.
    pub issuer: Option<String>,
    /// Its keys; a `kid` selects among them.
    pub keys: Vec<NamedKey>,
}

/// What is asked of an identity token.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadRules<'a> {
    /// The trust domains.
    pub domains: &'a [Domain],
    /// The longest life of a token; [`limits::WORKLOAD_TOKEN_LIFETIME`] at most.
    pub max_lifetime: Seconds,
    /// The time of the verification.
    pub now: Timestamp,
}

/// What is asked of a proof.
#[derive(Clone, Copy, Debug)]
pub struct WptRules<'a> {
    /// The recipient: its address, or a name that was agreed on.
    pub audience: &'a str,
    /// The tokens of the request. All that a decision looks at must be here.
    pub tokens: Tokens<'a>,
    /// The nonce that the proof must carry, if one was asked for.
    pub nonce: Option<&'a str>,
    /// The digest of what is to be done, if the proof must commit to it.
    pub action: Option<&'a Digest>,
    /// The time of the verification.
    pub now: Timestamp,
}

/// A genuine identity token, of which nobody showed yet that it is theirs.
#[derive(Debug)]
#[must_use = "an identity token is no bearer token: ask for the proof"]
pub struct PresentedWit {
    id: WorkloadId,
    key: VerifyingKey,
    algorithm: String,
    hash: Digest,
    token_id: Option<String>,
    expires: Timestamp,
}

/// A workload that made a request, lately.
///
/// Its proof is good once: remember [`Workload::replay_key`] until
/// [`Workload::forgettable`].
#[derive(Clone, Debug)]
pub struct Workload {
    id: WorkloadId,
    key: VerifyingKey,
    token_id: Option<String>,
    expires: Timestamp,
    proof: String,
    forgettable: Timestamp,
}

impl Workload {
    /// Who it is.
    pub fn id(&self) -> &WorkloadId {
        &self.id
    }

    /// Its key; an agent's, if it is the one that a delegation is bound to.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The `jti` of its identity token, if it has one.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// When its identity token ends.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// What may happen once, made of the key and the proof's `jti`.
    pub fn replay_key(&self) -> Digest {
        let key = self.key.thumbprint();
        Digest::of(format!("{WPT_TYPE}\n{key}\n{}", self.proof).as_bytes())
    }

    /// When the proof can no longer be accepted, so that its replay key may be forgotten.
    pub fn forgettable(&self) -> Timestamp {
        self.forgettable
    }
}

/// Verifies that a trust domain issued `text`, and that its time is now.
///
/// The domain is read from `sub` before the signature is checked, and decides
/// only whose keys are tried.
pub fn verify_wit(text: &str, rules: &WorkloadRules<'_>) -> Result<PresentedWit, Refusal> {
    let compact = jwt::open(text, &WIT)?;
    let object = claims::parse(compact.payload(), "W1")?;
    let claims = Claims::new(&object, "W4");
    let id = WorkloadId::parse(claims.text("sub")?).ok_or_else(|| claims.wrong("sub"))?;
    let domain = rules.domains.iter().find(|domain| domain.name == id.domain());
    let domain = domain.ok_or_else(|| {
        Refusal::new(Outcome::UntrustedRoot, "W3", "its trust domain is not trusted here")
    })?;
    jwt::signed_by_any(&compact, &domain.keys, "W3")?;
    check_issuer(&claims, domain)?;
    let expires = check_life(&claims, rules)?;
    let (key, algorithm) = bound_key(&claims)?;
    let token_id = claims.optional_name("jti")?.map(String::from);
    Ok(PresentedWit { id, key, algorithm, hash: Digest::of(text.as_bytes()), token_id, expires })
}

const WIT: Kind = Kind { types: &[WIT_TYPE], key: HeaderKey::Refused, steps: ["W1", "W2"] };
const WPT: Kind = Kind { types: &[WPT_TYPE], key: HeaderKey::Refused, steps: ["W6", "W7"] };

/// `iss` may be left out; if both sides have one, it is the same.
fn check_issuer(claims: &Claims<'_>, domain: &Domain) -> Result<(), Refusal> {
    match (claims.optional_name("iss")?, &domain.issuer) {
        (Some(claimed), Some(issuer)) if claimed != issuer => {
            let reason = "its issuer is not the one of its trust domain";
            Err(Refusal::new(Outcome::IssuerMismatch, "W3", reason))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// Step W5. `iat` may be left out, so the life is counted from now as well.
fn check_life(claims: &Claims<'_>, rules: &WorkloadRules<'_>) -> Result<Timestamp, Refusal> {
    let expires = claims.date("exp")?;
    claims.check_validity(rules.now, "W5")?;
    let issued = claims.optional_date("iat")?.unwrap_or(rules.now);
    if issued > rules.now.plus(limits::CLOCK_SKEW) {
        return Err(Refusal::new(Outcome::NotYetValid, "W5", "its time has not come"));
    }
    let longest = rules.max_lifetime.min(limits::WORKLOAD_TOKEN_LIFETIME);
    if expires > issued.plus(longest) {
        return Err(Refusal::new(Outcome::TooLarge, "W5", "it lives longer than is allowed"));
    }
    Ok(expires)
}

impl PresentedWit {
    /// The key that the proof must be made with.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Verifies that the workload made the request that came with `text`
    /// (draft-ietf-wimse-wpt, section 2).
    ///
    /// That there is one proof in one field is the caller's to check.
    pub fn with_wpt(self, text: &str, rules: &WptRules<'_>) -> Result<Verified<Workload>, Refusal> {
        let compact = jwt::open(text, &WPT)?;
        if compact.algorithm() != Some(&self.algorithm) {
            let reason = "the algorithm is not the one that its identity token names";
            return Err(Refusal::new(Outcome::AlgOrTypeRefused, "W7", reason));
        }
        jwt::signed_by(&compact, &self.key, "W8")?;
        let object = claims::parse(compact.payload(), "W9")?;
        let claims = Claims::new(&object, "W9");
        let proof = claims.name("jti")?.into();
        check_audience(claims.text("aud")?, rules.audience)?;
        let expires = check_proof_life(&claims, rules)?;
        if claims.digest("wth")? != self.hash {
            return Err(unbound("W12", "the proof is for another identity token"));
        }
        check_tokens(&claims, &rules.tokens)?;
        check_commitments(&claims, rules)?;
        let Self { id, key, algorithm: _, hash: _, token_id, expires: until } = self;
        let forgettable = expires.plus(limits::CLOCK_SKEW).plus(limits::CLOCK_SKEW);
        Ok(Verified(Workload { id, key, token_id, expires: until, proof, forgettable }))
    }
}

/// Step W10: an address by its normal form, without query and fragment; a name as it is.
fn check_audience(claimed: &str, ours: &str) -> Result<(), Refusal> {
    let is_same_address =
        || Target::parse(claimed).is_some_and(|target| Some(target) == Target::parse(ours));
    if claimed == ours || is_same_address() {
        return Ok(());
    }
    Err(Refusal::new(Outcome::AudienceMismatch, "W10", "the proof is for another recipient"))
}

/// Step W11.
fn check_proof_life(claims: &Claims<'_>, rules: &WptRules<'_>) -> Result<Timestamp, Refusal> {
    let expires = claims.date("exp")?;
    claims.check_validity(rules.now, "W11")?;
    let begins = claims.optional_date("iat")?.unwrap_or(rules.now);
    if begins > rules.now.plus(limits::CLOCK_SKEW) {
        return Err(Refusal::new(Outcome::NotYetValid, "W11", "the proof is from the future"));
    }
    if expires > rules.now.plus(limits::WORKLOAD_PROOF_LIFETIME) {
        return Err(Refusal::new(
            Outcome::TooLarge,
            "W11",
            "the proof lives longer than is allowed",
        ));
    }
    Ok(expires)
}

/// Step W12: the proof names exactly the tokens of the request.
///
/// One that it does not name could have been added on the way, and one that is
/// not there was taken away.
fn check_tokens(claims: &Claims<'_>, tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let hash = |text: &str| Digest::of(text.as_bytes());
    for (name, token) in [("ath", tokens.access), ("tth", tokens.transaction)] {
        if claims.optional_digest(name)? != token.map(hash) {
            return Err(unbound("W12", "the proof is for other tokens than the request has"));
        }
    }
    let named = claims.optional_object("oth")?;
    let count = named.map_or(0, |named| named.iter().count());
    let mut all = count == tokens.others.len();
    for (name, value) in tokens.others {
        let digest = named.map(|named| named.optional_digest(name)).transpose()?.flatten();
        all &= digest == Some(hash(value.trim_matches(' ')));
    }
    if all { Ok(()) } else { Err(unbound("W12", "`oth` does not name the request's other tokens")) }
}

/// Steps W13 and W14: the nonce and the action that were asked for.
fn check_commitments(claims: &Claims<'_>, rules: &WptRules<'_>) -> Result<(), Refusal> {
    let nonce = claims.optional_name("nonce")?;
    if rules.nonce.is_some() && nonce != rules.nonce {
        let reason = "the proof does not carry the nonce that was asked for";
        return Err(Refusal::new(Outcome::NonceRequired, "W13", reason));
    }
    let action = claims.optional_digest("acd")?;
    if rules.action.is_some() && action.as_ref() != rules.action {
        return Err(unbound("W14", "the proof is for something else than is to be done"));
    }
    Ok(())
}

fn unbound(step: &'static str, reason: &str) -> Refusal {
    Refusal::new(Outcome::HolderBindingFailed, step, reason)
}
