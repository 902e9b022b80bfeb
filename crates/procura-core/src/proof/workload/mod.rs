//! Verifies who a workload is, and that it made this request (WIMSE).
//!
//! **Invariant:** a [`Workload`] was named by its own trust domain and proved
//! its key for one request. An identity token alone is nothing: it travels, and
//! must not be a bearer token (draft-ietf-wimse-workload-creds, section 3.1).
//!
//! It says who calls. What the caller may do, a delegation or a policy says.

mod wpt;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::jwt::{self, Kind};
use crate::claims::{self, Claims};
use crate::hash::Digest;
use crate::jws::HeaderKey;
use crate::key::{NamedKey, VerifyingKey};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::{Seconds, Timestamp};
use crate::workload::{WIT_TYPE, WPT_TYPE, WorkloadId, bound_key};

pub use self::wpt::WptRules;

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
