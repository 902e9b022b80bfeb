//! Signed action envelopes.

use anyhow::Context;
use procura_core::{
    base64url,
    envelope::{Parts, decode},
    json::{Object, Value},
    key::Signature,
    limits,
    proof::{Envelope, EnvelopeRules, Expected, verify_envelope},
};

use super::{Answer, key, object, optional_text, rules, seconds, text, time};

pub(super) fn envelope(input: &Object) -> anyhow::Result<Answer> {
    let rules = rules(input, &["key", "max_age", "expected", "now"])?;
    let key = key(rules.get("key").context("no `key`")?)?;
    let none = Object::new();
    let expected = match rules.get("expected") {
        Some(_) => object(rules, "expected")?,
        None => &none,
    };
    let asked = EnvelopeRules {
        key: &key,
        now: time(rules, "now")?,
        max_age: seconds(rules, "max_age", limits::ENVELOPE_WINDOW)?,
        expected: Expected {
            agent_id: optional_text(expected, "agent_id")?,
            action: optional_text(expected, "action")?,
            resource: optional_text(expected, "resource")?,
            delegated_by: optional_text(expected, "delegated_by")?,
        },
    };
    let verified = parts(input)?.and_then(|parts| {
        let verified = verify_envelope(&parts, &asked)?;
        Ok(Some(describe(verified.get())))
    });
    Ok(verified)
}

/// The envelope as it arrived; with a `signature` beside it, it is the bytes that were signed.
fn parts(input: &Object) -> anyhow::Result<Result<Parts, procura_core::refusal::Refusal>> {
    let bytes = match input.get("base64url") {
        Some(_) => base64url::decode(text(input, "base64url")?).context("`base64url`")?,
        None => text(input, "envelope")?.as_bytes().to_vec(),
    };
    let parts = match optional_text(input, "signature")? {
        Some(signature) => {
            let signature = decode(signature).context("`signature` is no signature")?;
            Parts::detached(&bytes, Signature::from_bytes(signature))
        }
        None => Parts::parse(&bytes),
    };
    Ok(parts.map_err(|error| error.to_refusal()))
}

fn describe(envelope: &Envelope) -> Value {
    let claims = envelope.claims();
    let mut shown = Object::new()
        .with("signed", envelope.text())
        .with("agent_id", claims.agent_id.as_str())
        .with("action", claims.action.as_str())
        .with("timestamp", claims.timestamp.as_seconds())
        .with("replay_key", envelope.replay_key().to_base64url());
    let optional = [("resource", &claims.resource), ("delegated_by", &claims.delegated_by)];
    for (name, text) in optional {
        text.as_deref().map(|text| shown.set(name, text));
    }
    shown.into()
}
