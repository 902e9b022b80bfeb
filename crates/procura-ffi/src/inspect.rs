//! Showing what tokens say, which nobody has verified.

use procura_core::json::{self, Object, Value};
use procura_core::jws::Compact;
use procura_core::limits;
use procura_core::refusal::{Outcome, Refusal};
use procura_core::token::{self, Token};
use procura_core::{base64url, detail::AgentDelegation};

use crate::answer;
use crate::failure::Failure;
use crate::members::Members;

/// `inspect`: header and payload of each token, as they were written.
pub(crate) fn inspect(request: &mut Members) -> Result<Object, Failure> {
    let tokens = request.texts("tokens")?;
    let shown: Result<Vec<Object>, Failure> = tokens.iter().map(|text| show(text)).collect();
    Ok(Object::new().with("verified", false).with("tokens", shown?))
}

/// Texts stay texts: what is signed may have numbers that no answer can carry.
fn show(text: &str) -> Result<Object, Failure> {
    if text.len() > limits::STATEMENT_BYTES {
        return Err(Refusal::new(Outcome::TooLarge, "2a", "the token is too long").into());
    }
    let malformed = |reason: String| Refusal::new(Outcome::Malformed, "2c", reason);
    let compact = Compact::parse(text).map_err(|error| malformed(error.to_string()))?;
    let header = text.split('.').next().and_then(base64url::decode).unwrap_or_default();
    let utf8 = |bytes| String::from_utf8(bytes).map_err(|_| malformed("not UTF-8".into()));
    let (header, payload) = (utf8(header)?, utf8(compact.payload().to_vec())?);
    let header_object = json::parse_object(header.as_bytes()).map_err(Failure::of_json)?;
    let kind = header_object.get("typ").and_then(Value::as_str);
    let is_delegation = kind == Some(token::TYPE);
    let delegation = is_delegation.then(|| Token::read(text)).map(|read| match read {
        Ok(token) => delegation(&token),
        Err(refusal) => Failure::from(refusal).to_object(),
    });
    Ok(Object::new()
        .with("typ", kind.map(String::from))
        .with("header", header)
        .with("payload", payload)
        .with("hash", compact.signing_hash().to_base64url())
        .with("delegation", delegation))
}

fn delegation(token: &Token) -> Object {
    answer::hop(token)
        .with("sub", token.principal.clone())
        .with("aud", token.audience.clone())
        .with("del_depth", token.depth)
        .with("del_max_depth", token.max_depth)
        .with("par_hash", token.parent.map(|hash| hash.to_base64url()))
        .with("tools", token.tools.to_object())
        .with("agent_delegation", token.detail.as_ref().map(AgentDelegation::to_object))
}
