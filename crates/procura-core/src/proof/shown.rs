//! Steps 1 and 2 of a chain: how much there is, and that no `jti` is there twice.
//!
//! **Invariant:** nothing that is read here is believed; it can only refuse.

use alloc::vec::Vec;

use crate::base64url;
use crate::json::{self, JsonError, Object, Value};
use crate::limits;
use crate::refusal::{Outcome, Refusal};

/// A compact token whose second part was decoded, and is not decoded again.
pub(super) struct Shown<'a> {
    pub(super) text: &'a str,
    pub(super) payload: Vec<u8>,
    /// The payload's object; none where a later step has the reason.
    pub(super) claims: Option<Object>,
}

pub(super) fn empty() -> Refusal {
    Refusal::new(Outcome::Malformed, "1", "the chain is empty")
}

pub(super) fn repeated() -> Refusal {
    Refusal::new(Outcome::Malformed, "2c", "two tokens have one `jti`")
}

/// Steps 1 and 2: limits, before anything is read, and then the scan for one `jti`.
pub(super) fn read<'a>(tokens: &[&'a str]) -> Result<Vec<Shown<'a>>, Refusal> {
    let large = |step, reason: &str| Err(Refusal::new(Outcome::TooLarge, step, reason));
    if tokens.is_empty() {
        return Err(empty());
    }
    if tokens.len() > limits::CHAIN_TOKENS {
        return large("2b", "the chain has too many tokens");
    }
    if tokens.iter().any(|token| token.len() > limits::TOKEN_BYTES) {
        return large("2a", "a token is too long");
    }
    let bytes = tokens.iter().fold(0, |sum: usize, token| sum.saturating_add(token.len()));
    if bytes > limits::CHAIN_BYTES {
        return large("2b", "the chain is too long");
    }
    distinct(tokens)
}

/// Step 2c: no `jti` twice.
///
/// Revocation names a delegation by its `jti`. With one `jti` for two tokens of a
/// chain nobody could say which of them was meant.
fn distinct<'a>(tokens: &[&'a str]) -> Result<Vec<Shown<'a>>, Refusal> {
    let mut all: Vec<Shown<'a>> = Vec::with_capacity(tokens.len());
    for (hop, text) in tokens.iter().enumerate() {
        let next = scan(text).map_err(|refusal| refusal.at(hop))?;
        let id = next.id();
        if id.is_some() && all.iter().any(|other| other.id() == id) {
            return Err(repeated().at(hop));
        }
        all.push(next);
    }
    Ok(all)
}

fn scan(text: &str) -> Result<Shown<'_>, Refusal> {
    let unreadable = || Refusal::new(Outcome::Malformed, "2c", "a token has no readable `jti`");
    let payload = text.split('.').nth(1).and_then(base64url::decode).ok_or_else(unreadable)?;
    let claims = match json::parse_object(&payload) {
        Ok(claims) => Some(claims),
        Err(JsonError::DuplicateMember(_) | JsonError::TooDeep(_) | JsonError::TooMany(_)) => None,
        Err(
            JsonError::Syntax(_)
            | JsonError::LoneSurrogate(_)
            | JsonError::Trailing(_)
            | JsonError::Encoding(_)
            | JsonError::NotAnObject,
        ) => return Err(unreadable()),
    };
    let shown = Shown { text, payload, claims };
    if shown.claims.is_some() && shown.id().is_none() {
        return Err(unreadable());
    }
    Ok(shown)
}

impl Shown<'_> {
    fn id(&self) -> Option<&str> {
        self.claims.as_ref()?.get("jti").and_then(Value::as_str)
    }
}
