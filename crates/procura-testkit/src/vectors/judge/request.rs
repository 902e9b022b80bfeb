//! Signed requests, and the fields that hold their signatures.

use anyhow::bail;
use procura_core::{
    http_signature::{HttpRequest, Scheme},
    json::Object,
    proof::{HttpRules, SignedRequest, Verified, verify_signed_request},
    refusal::{Outcome, Refusal},
    structured_field::{Dictionary, FieldError},
};

use super::{Answer, named_keys, object, optional_text, pairs, rules, stepless, text, time};

pub(super) fn signed_request(input: &Object) -> anyhow::Result<Answer> {
    let verified = verified_request(input)?;
    Ok(verified.map(|request| {
        let request = request.get();
        let shown = Object::new()
            .with("key", request.key().thumbprint().to_string())
            .with("replay_key", request.replay_key().to_base64url())
            .with("forget_at", request.forgettable().as_seconds());
        Some(shown.into())
    }))
}

pub(super) fn verified_request(
    input: &Object,
) -> anyhow::Result<Result<Verified<SignedRequest>, Refusal>> {
    let rules = rules(input, &["tag", "keys", "nonce", "now"])?;
    let keys = named_keys(rules)?;
    let asked = HttpRules {
        tag: text(rules, "tag")?,
        keys: &keys,
        nonce: optional_text(rules, "nonce")?,
        now: time(rules, "now")?,
    };
    let request = object(input, "request")?;
    let fields = pairs(request, "fields")?;
    let request = HttpRequest {
        method: text(request, "method")?,
        scheme: match text(request, "scheme")? {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => bail!("unknown scheme `{other}`"),
        },
        authority: text(request, "authority")?,
        target: text(request, "target")?,
        fields: &fields,
        body: text(request, "body")?.as_bytes(),
    };
    Ok(verify_signed_request(&request, &asked))
}

pub(super) fn structured_field(input: &Object) -> anyhow::Result<Answer> {
    Ok(match Dictionary::parse(text(input, "text")?) {
        Ok(dictionary) => Ok(Some(dictionary.to_string().into())),
        Err(error @ FieldError::Syntax(_)) => stepless(Outcome::Malformed, error.to_string()),
        Err(error @ FieldError::Duplicate(_)) => {
            stepless(Outcome::DuplicateMember, error.to_string())
        }
    })
}
