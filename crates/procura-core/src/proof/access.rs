//! Verifies an access token, and then that its presenter may use it.
//!
//! **Invariant:** the claims of an access token are readable only after three
//! questions were answered: is it genuine and for this place
//! ([`verify_access_token`]), does the presenter hold the key that it is bound
//! to, or is it bound to none ([`Presented`]), and does it still hold
//! ([`Held`]). None of them can be forgotten, as each returns what the next is
//! asked of.
//!
//! A token that is bound to a key and shown without a proof was probably
//! stolen. RFC 9449, section 7.2, has it refused; the function that accepts a
//! token without a proof refuses it itself.

use alloc::boxed::Box;

use super::Verified;
use super::dpop::Dpop;
use super::http::SignedRequest;
use super::jwt::{self, Kind};
use crate::access_token::{AccessToken, Confirmation, Issuer, TYPES};
use crate::claims::{self, Claims};
use crate::hash::Digest;
use crate::jws::HeaderKey;
use crate::key::Thumbprint;
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::status_list::Reference;
use crate::time::{Seconds, Timestamp};

/// What a resource server asks of an access token.
#[derive(Clone, Copy, Debug)]
pub struct TokenRules<'a> {
    /// The authorization servers that it trusts.
    pub issuers: &'a [Issuer],
    /// Its own name, compared byte for byte: no case, no slash at the end is forgiven.
    pub audience: &'a str,
    /// The longest life of a token; [`limits::ACCESS_TOKEN_LIFETIME`] at most.
    pub max_lifetime: Seconds,
    /// The time of the verification.
    pub now: Timestamp,
}

/// A genuine token, of which nobody showed yet that they may use it.
///
/// Nothing in it can be read but which key it is bound to.
///
/// ```compile_fail,E0616
/// fn subject(presented: procura_core::proof::Presented) -> String {
///     presented.0.subject
/// }
/// ```
#[derive(Debug)]
#[must_use = "a token alone is no permission: ask who presents it"]
pub struct Presented(AccessToken);

/// A genuine token and its rightful presenter. Whether it still holds is not known yet.
#[derive(Debug)]
#[must_use = "ask whether the token still holds"]
pub struct Held {
    token: AccessToken,
    possession: Possession,
}

/// A genuine token that holds, and how its presenter showed that it is theirs.
///
/// What may happen once, [`Possession`] says.
#[derive(Clone, Debug)]
pub struct Access {
    token: AccessToken,
    possession: Possession,
}

/// How the presenter of a token showed that it is theirs.
#[derive(Clone, Debug)]
pub enum Possession {
    /// Not at all: the token is bound to no key.
    Bearer,
    /// With a DPoP proof; [`Dpop::replay_key`] is for the caller to remember.
    Dpop(Box<Dpop>),
    /// With a signature of the request; [`SignedRequest::replay_key`] is for the
    /// caller to remember.
    Signature(Box<SignedRequest>),
}

/// What a status list says of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It holds.
    Valid,
    /// It was revoked or suspended.
    Revoked,
    /// It cannot be known: the list is not here, is old, or has no such place.
    Unknown,
}

impl Presented {
    /// The key that it is bound to, if it is.
    pub fn bound_to(&self) -> Option<Thumbprint> {
        self.0.confirmation.as_ref().map(Confirmation::thumbprint)
    }

    /// Accepts it from whoever has it: `Authorization: Bearer` (RFC 6750).
    ///
    /// Step J8: refused if it is bound to a key (RFC 9449, section 7.2).
    pub fn into_bearer(self) -> Result<Held, Refusal> {
        if self.0.confirmation.is_some() {
            return Err(unproved("it is bound to a key, and nobody showed that they have it"));
        }
        Ok(Held { token: self.0, possession: Possession::Bearer })
    }

    /// Accepts it with a DPoP proof for it: `Authorization: DPoP`.
    ///
    /// Step J8 (RFC 9449, section 4.3, the last two checks): the proof names this
    /// token, and the key that signed it is the one that the token is bound to.
    pub fn with_dpop(self, proof: Verified<Dpop>) -> Result<Held, Refusal> {
        let Verified(proof) = proof;
        if proof.access_token() != Some(&self.0.hash) {
            return Err(unproved("the proof is not for this token"));
        }
        if self.bound_to() != Some(proof.key().thumbprint()) {
            return Err(unproved("the token is not bound to the key of the proof"));
        }
        Ok(Held { token: self.0, possession: Possession::Dpop(Box::new(proof)) })
    }

    /// Accepts it in a request that is signed with the key that it is bound to.
    ///
    /// Step J8: the signature covers `authorization`, and the token is there.
    pub fn with_signature(self, request: Verified<SignedRequest>) -> Result<Held, Refusal> {
        let Verified(request) = request;
        let credentials = request.covered("authorization").and_then(|value| value.split_once(' '));
        let token = credentials.filter(|(scheme, _)| is_token_scheme(scheme));
        if token.map(|(_, token)| Digest::of(token.as_bytes())) != Some(self.0.hash) {
            return Err(unproved("the signed request does not carry this token"));
        }
        if self.bound_to() != Some(request.key().thumbprint()) {
            return Err(unproved("the token is not bound to the key of the signature"));
        }
        Ok(Held { token: self.0, possession: Possession::Signature(Box::new(request)) })
    }
}

/// RFC 9110, section 11.1: in any case.
fn is_token_scheme(scheme: &str) -> bool {
    ["DPoP", "Bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

fn unproved(reason: &str) -> Refusal {
    Refusal::new(Outcome::HolderBindingFailed, "J8", reason)
}

impl Held {
    /// Step J10: whether it still holds. `ask` is asked if the token names a status
    /// list; what cannot be known is refused.
    pub fn standing(
        self,
        ask: impl FnOnce(&Reference) -> Standing,
    ) -> Result<Verified<Access>, Refusal> {
        let Self { token, possession } = self;
        let refused = |outcome, reason: &str| Err(Refusal::new(outcome, "J10", reason));
        match token.status.as_ref().map_or(Standing::Valid, ask) {
            Standing::Valid => Ok(Verified(Access { token, possession })),
            Standing::Revoked => refused(Outcome::Revoked, "its issuer revoked it"),
            Standing::Unknown => refused(Outcome::StatusUnknown, "its status is not known"),
        }
    }
}

impl Access {
    /// What the token says.
    pub fn token(&self) -> &AccessToken {
        &self.token
    }

    /// How its presenter showed that it is theirs.
    pub fn possession(&self) -> &Possession {
        &self.possession
    }
}

/// Verifies that a trusted issuer made `text` for this place, and that its time is now.
///
/// The issuer is read before the signature is checked, and decides only whose keys
/// are tried (RFC 9068, section 4).
pub fn verify_access_token(text: &str, rules: &TokenRules<'_>) -> Result<Presented, Refusal> {
    let compact = jwt::open(text, &KIND)?;
    let object = claims::parse(compact.payload(), "J1")?;
    let name = Claims::new(&object, "J4").name("iss")?;
    let issuer = rules.issuers.iter().find(|issuer| issuer.name == name).ok_or_else(|| {
        Refusal::new(Outcome::UntrustedRoot, "J3", "its issuer is not one that is trusted here")
    })?;
    jwt::signed_by_any(&compact, &issuer.keys, "J3")?;
    let token = AccessToken::read(text, &object)?;
    check_time(&token, rules)?;
    if !token.audience.iter().any(|audience| audience == rules.audience) {
        return Err(Refusal::new(Outcome::AudienceMismatch, "J6", "it is for another audience"));
    }
    Ok(Presented(token))
}

/// RFC 9068, section 4: the header of a DPoP proof brings a key, this one never does.
const KIND: Kind = Kind { types: &TYPES, key: HeaderKey::Refused, steps: ["J1", "J2"] };

/// Step J5. As with delegations, only the beginning is forgiven a skewed clock.
fn check_time(token: &AccessToken, rules: &TokenRules<'_>) -> Result<(), Refusal> {
    let refused = |outcome, reason: &str| Err(Refusal::new(outcome, "J5", reason));
    let begins = token.not_before.map_or(token.issued, |before| before.max(token.issued));
    if token.expires <= rules.now {
        return refused(Outcome::Expired, "its time is over");
    }
    if begins > rules.now.plus(limits::CLOCK_SKEW) {
        return refused(Outcome::NotYetValid, "its time has not come");
    }
    if token.expires <= begins {
        return refused(Outcome::Malformed, "it ends before it begins");
    }
    let longest = rules.max_lifetime.min(limits::ACCESS_TOKEN_LIFETIME);
    if token.expires > token.issued.plus(longest) {
        return refused(Outcome::TooLarge, "it lives longer than is allowed");
    }
    Ok(())
}
