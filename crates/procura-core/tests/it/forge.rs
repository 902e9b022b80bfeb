//! What a hostile holder can make: its own signature over anything.

use procura_core::{
    base64url, delegate,
    json::{self, Object, Value},
    key::Signer,
};
use procura_testkit::world;

/// A compact JWS of exactly this header and payload.
pub(crate) fn compact(header: &str, payload: &str, signer: &str) -> String {
    let header = base64url::encode(header.as_bytes());
    let payload = base64url::encode(payload.as_bytes());
    let input = format!("{header}.{payload}");
    let signature = world::key(signer).sign(input.as_bytes()).to_bytes();
    format!("{input}.{}", base64url::encode(&signature))
}

/// The header of a compact JWS, as text.
pub(crate) fn header_of(text: &str) -> String {
    part(text, 0)
}

/// The payload of a compact JWS, as text.
pub(crate) fn payload_of(text: &str) -> String {
    part(text, 1)
}

fn part(text: &str, index: usize) -> String {
    let part = text.split('.').nth(index).unwrap();
    String::from_utf8(base64url::decode(part).unwrap()).unwrap()
}

/// The claims of a compact JWS.
pub(crate) fn claims_of(text: &str) -> Object {
    json::parse_object(payload_of(text).as_bytes()).unwrap()
}

/// The token `text` with its claims changed, signed by `signer`.
pub(crate) fn resigned(text: &str, signer: &str, change: impl FnOnce(&mut Object)) -> String {
    let mut claims = claims_of(text);
    change(&mut claims);
    delegate::dangerous_sign_unchecked(&claims, &world::key(signer)).unwrap()
}

/// The JWS `text` with its payload's text changed, signed by `signer` under the same header.
pub(crate) fn rewritten(text: &str, signer: &str, from: &str, to: &str) -> String {
    let payload = payload_of(text);
    let changed = payload.replacen(from, to, 1);
    assert_ne!(payload, changed, "nothing to change");
    compact(&header_of(text), &changed, signer)
}

/// The proof `text` with its claims changed, signed by `signer`.
pub(crate) fn reproved(text: &str, signer: &str, change: impl FnOnce(&mut Object)) -> String {
    let mut claims = claims_of(text);
    change(&mut claims);
    compact(&header_of(text), &claims.to_canonical().unwrap(), signer)
}

/// Replaces the tools of a token's claims.
pub(crate) fn set_tools(claims: &mut Object, tools: &str) {
    let detail =
        Object::new().with("type", "attenuating_agent_token").with("tools", world::object(tools));
    claims.set("authorization_details", Value::Array(vec![detail.into()]));
}

/// A member, and the JSON that is put in its place; none takes the member out.
pub(crate) type Change = (&'static str, Option<&'static str>);

/// Changes one member of `claims`.
pub(crate) fn apply(claims: &mut Object, change: Change) {
    match change {
        (name, None) => assert!(claims.remove(name).is_some(), "{name}"),
        (name, Some(text)) => {
            let value = world::object(&format!(r#"{{"value":{text}}}"#));
            claims.set(name, value.get("value").unwrap().clone());
        }
    }
}
