//! Reading the claims of one token. It is `malformed` before any step runs if one
//! is missing or of another type than the draft says.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{Confirmation, Token};
use crate::detail::AgentDelegation;
use crate::hash::Digest;
use crate::json::{Object, Value};
use crate::key::Thumbprint;
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::status_list::Reference;
use crate::time::Timestamp;
use crate::token::parse_jwk;

/// Reads every claim.
pub(super) fn token(claims: &Object, hash: Digest) -> Result<Token, Refusal> {
    let depth = small(claims, "del_depth")?;
    let max_tokens = match claims.get("del_max_depth") {
        None => None,
        Some(_) => Some(small(claims, "del_max_depth")?),
    };
    Ok(Token {
        hash,
        id: name(claims, "jti")?,
        issuer: name(claims, "iss")?,
        principal: name(claims, "sub")?,
        client_id: name(claims, "client_id")?,
        audience: audience(claims)?,
        issued: date(claims, "iat")?,
        expires: date(claims, "exp")?,
        confirmation: confirmation(claims)?,
        depth,
        max_tokens,
        parent: parent(claims)?,
        authority: authority(claims)?,
        status: status(claims)?,
    })
}

/// No number beyond 2^53 - 1, be it written with an exponent: every such double is
/// an integer, and its neighbours are not.
pub(super) fn check_numbers(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Number(number) if !number.as_f64().is_finite() => {
            Err(Refusal::new(Outcome::NonFinite, "A0", "a number is infinite"))
        }
        Value::Number(number) if number.as_f64().abs() > MAX_SAFE => {
            Err(Refusal::new(Outcome::Malformed, "A0", "a number is beyond 2^53 - 1"))
        }
        Value::Array(values) => values.iter().try_for_each(check_numbers),
        Value::Object(object) => object.iter().try_for_each(|(_, value)| check_numbers(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// 2^53 - 1.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

fn wrong(name: &str) -> Refusal {
    let reason = format!("`{name}` is missing or not what it must be");
    Refusal::new(Outcome::Malformed, "A0", reason)
}

fn name(claims: &Object, name: &str) -> Result<String, Refusal> {
    let text = claims.get(name).and_then(Value::as_str);
    let text = text.filter(|text| !text.is_empty() && text.len() <= limits::NAME_BYTES);
    text.map(String::from).ok_or_else(|| wrong(name))
}

/// An integer of seconds. The draft allows any JSON number; a fraction of a second
/// would be compared differently by those who cut it off.
fn date(claims: &Object, name: &str) -> Result<Timestamp, Refusal> {
    let seconds = claims.get(name).and_then(Value::as_integer).filter(|seconds| *seconds >= 0);
    seconds.map(Timestamp::from_seconds).ok_or_else(|| wrong(name))
}

fn small(claims: &Object, name: &str) -> Result<u32, Refusal> {
    let integer = claims.get(name).and_then(Value::as_integer);
    let small = integer.and_then(|integer| u32::try_from(integer).ok());
    small.ok_or_else(|| Refusal { outcome: Outcome::DepthInvalid, ..wrong(name) })
}

/// One name or a list of at least one (RFC 7519, section 4.1.3).
fn audience(claims: &Object) -> Result<Vec<String>, Refusal> {
    let texts = match claims.get("aud") {
        Some(Value::String(one)) => Some(alloc::vec![one.clone()]),
        Some(Value::Array(many)) if !many.is_empty() => {
            many.iter().map(|one| one.as_str().map(String::from)).collect()
        }
        Some(_) | None => None,
    };
    texts.ok_or_else(|| wrong("aud"))
}

/// `jwk`, `jkt` or `x5t#S256`; where there are two, they name one key.
fn confirmation(claims: &Object) -> Result<Confirmation, Refusal> {
    let cnf = claims.get("cnf").and_then(Value::as_object).ok_or_else(|| wrong("cnf"))?;
    let thumbprint = match cnf.get("jkt") {
        None => None,
        Some(text) => {
            let thumbprint = text.as_str().and_then(Thumbprint::from_base64url);
            Some(thumbprint.ok_or_else(|| wrong("cnf"))?)
        }
    };
    let key = match cnf.get("jwk") {
        None => None,
        Some(jwk) => {
            let jwk = jwk.as_object().ok_or_else(|| wrong("cnf"))?;
            Some(parse_jwk(jwk).map_err(|_| wrong("cnf"))?)
        }
    };
    match (key, thumbprint, cnf.get("x5t#S256")) {
        (Some(key), thumbprint, None) if thumbprint.is_none_or(|it| it == key.thumbprint()) => {
            Ok(Confirmation::Key(key))
        }
        (None, Some(thumbprint), None) => Ok(Confirmation::Thumbprint(thumbprint)),
        (None, None, Some(Value::String(digest))) if Digest::from_base64url(digest).is_some() => {
            Ok(Confirmation::Certificate)
        }
        _ => Err(wrong("cnf")),
    }
}

fn parent(claims: &Object) -> Result<Option<Digest>, Refusal> {
    let Some(value) = claims.get("par_hash") else {
        return Ok(None);
    };
    let digest = value.as_str().and_then(Digest::from_base64url);
    digest
        .map(Some)
        .ok_or_else(|| Refusal { outcome: Outcome::ParHashMismatch, ..wrong("par_hash") })
}

/// Exactly one detail, and of the type that is known: each is evaluated, or the token refused.
fn authority(claims: &Object) -> Result<AgentDelegation, Refusal> {
    let details = claims.get("authorization_details").and_then(Value::as_array);
    let Some([one]) = details else {
        return Err(wrong("authorization_details"));
    };
    let detail = one.as_object().ok_or_else(|| wrong("authorization_details"))?;
    AgentDelegation::parse(detail).map_err(|refusal| Refusal { step: "A0", ..refusal })
}

fn status(claims: &Object) -> Result<Option<Reference>, Refusal> {
    let wrong = |_| Refusal { reason: "`status` names no list".to_string(), ..wrong("status") };
    Reference::parse(claims).map_err(wrong)
}
