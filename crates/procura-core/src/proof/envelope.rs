//! Verifies a signed action envelope: the holder of a known key says, about now,
//! that it does this.
//!
//! The key is an argument, as for a statement. It comes from configuration or
//! from the directory, under the `agent_id` that the envelope claims; a key that
//! the envelope brings may only be the same one.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::Verified;
use crate::envelope::{Claims, Parts};
use crate::hash::Digest;
use crate::json;
use crate::key::{PublicKey, Thumbprint};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::{Seconds, Timestamp};

/// The first line of what a replay key is the hash of.
const PURPOSE: &str = "procura-envelope/v1";

/// An envelope whose signature, time and claims were checked.
///
/// It proves that the holder of [`Envelope::signer`] signed [`Envelope::text`].
/// It does not prove that anybody delegated anything to it, nor that the
/// envelope is shown for the first time: that needs storage, and
/// [`Envelope::replay_key`].
#[derive(Clone, Debug)]
pub struct Envelope {
    claims: Claims,
    text: String,
    signer: Thumbprint,
}

impl Envelope {
    /// What it says. Of these `delegated_by` stays a claim, whoever signed it.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The text that was signed, to the byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key that signed it.
    pub fn signer(&self) -> Thumbprint {
        self.signer
    }

    /// Names what was signed, and by whom, for a list of what was seen before.
    ///
    /// Not the signature is hashed: there may be several spellings of one, and a
    /// signer can make several signatures. Two equal envelopes have one key, so a
    /// signer that does one thing twice in a second adds a member that differs.
    pub fn replay_key(&self) -> Digest {
        Digest::of(format!("{PURPOSE}\n{}\n{}", self.signer, self.text).as_bytes())
    }
}

/// What an envelope has to be to be accepted.
#[derive(Clone, Debug)]
pub struct EnvelopeRules<'a> {
    /// The key of whoever should have signed it.
    pub key: &'a PublicKey,
    /// The time of the verdict.
    pub now: Timestamp,
    /// How old it may be; [`limits::ENVELOPE_WINDOW`] unless there is a reason.
    ///
    /// It may be as far in the future, but never further than that limit: who looks
    /// at old envelopes has no more reason to believe one of tomorrow.
    pub max_age: Seconds,
    /// What it has to say.
    pub expected: Expected<'a>,
}

/// Members that have to be exactly this; `None` leaves one open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// `agent_id`
    pub agent_id: Option<&'a str>,
    /// `action`
    pub action: Option<&'a str>,
    /// `resource`
    pub resource: Option<&'a str>,
    /// `delegated_by`
    pub delegated_by: Option<&'a str>,
}

/// Verifies an envelope, over the bytes that arrived.
///
/// What it says is read after its signature was checked, and from the same bytes.
/// Steps: E2 the key that it names, E3 the signature, E4 what it says, E5 the time,
/// E6 what was expected.
pub fn verify_envelope(
    parts: &Parts,
    rules: &EnvelopeRules<'_>,
) -> Result<Verified<Envelope>, Refusal> {
    let signer = rules.key.thumbprint();
    if parts.named().iter().any(|named| *named != signer) {
        let reason = "it names another key than the one that it is to be verified with";
        return Err(Refusal::new(Outcome::SignatureInvalid, "E2", reason));
    }
    rules
        .key
        .verify(parts.signed().as_bytes(), &parts.signature().to_bytes())
        .map_err(|error| Refusal::new(Outcome::SignatureInvalid, "E3", error.to_string()))?;
    let claims = read(parts.signed())?;
    check_time(claims.timestamp, rules)?;
    check_expected(&claims, &rules.expected)?;
    Ok(Verified(Envelope { claims, text: parts.signed().into(), signer }))
}

fn read(text: &str) -> Result<Claims, Refusal> {
    let object = json::parse_object(text.as_bytes()).map_err(|error| {
        let is_duplicate = matches!(error, json::JsonError::DuplicateMember(_));
        let outcome = if is_duplicate { Outcome::DuplicateMember } else { Outcome::Malformed };
        Refusal::new(outcome, "E4", error.to_string())
    })?;
    Claims::read(&object)
}

fn check_time(time: Timestamp, rules: &EnvelopeRules<'_>) -> Result<(), Refusal> {
    let EnvelopeRules { key: _, now, max_age, expected: _ } = rules;
    if time < now.minus(*max_age) {
        let reason = format!("its `timestamp` is more than {} seconds old", max_age.as_u32());
        return Err(Refusal::new(Outcome::Expired, "E5", reason));
    }
    let ahead = (*max_age).min(limits::ENVELOPE_WINDOW);
    if time > now.plus(ahead) {
        let reason =
            format!("its `timestamp` is more than {} seconds in the future", ahead.as_u32());
        return Err(Refusal::new(Outcome::NotYetValid, "E5", reason));
    }
    Ok(())
}

fn check_expected(claims: &Claims, expected: &Expected<'_>) -> Result<(), Refusal> {
    // Every claim is compared or named here, so that a new one cannot be forgotten.
    let Claims { agent_id, action, resource, delegated_by, timestamp: _ } = claims;
    let pairs = [
        ("agent_id", expected.agent_id, Some(agent_id)),
        ("action", expected.action, Some(action)),
        ("resource", expected.resource, resource.as_ref()),
        ("delegated_by", expected.delegated_by, delegated_by.as_ref()),
    ];
    for (name, wanted, said) in pairs {
        if wanted.is_some() && wanted != said.map(String::as_str) {
            let reason = format!("its `{name}` is not the one that was asked for");
            return Err(Refusal::new(Outcome::HolderBindingFailed, "E6", reason));
        }
    }
    Ok(())
}
