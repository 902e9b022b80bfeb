//! The proof that a workload made one request (draft-ietf-wimse-wpt).

use super::super::Verified;
use super::super::jwt::{self, Kind};
use super::{PresentedWit, Workload};
use crate::claims::{self, Claims};
use crate::hash::Digest;
use crate::jws::HeaderKey;
use crate::key::VerifyingKey;
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::target::Target;
use crate::time::Timestamp;
use crate::workload::{Tokens, WPT_TYPE};

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

const WPT: Kind = Kind { types: &[WPT_TYPE], key: HeaderKey::Refused, steps: ["W6", "W7"] };

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
    // A name in `oth` is there once. If the request has each of them and no more
    // fields than that, it has none of them twice in the place of another.
    let has = |name: &str| tokens.others.iter().any(|(other, _)| *other == name);
    all &= named.is_none_or(|named| named.iter().all(|(name, _)| has(name)));
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
