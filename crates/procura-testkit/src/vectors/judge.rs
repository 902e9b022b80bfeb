//! Answers a case with the crates that are shipped.
//!
//! It reads `op` and `input`; a new operation is a function and a row.

mod chain;
mod decide;
mod envelope;
mod foreign;
mod list;
mod make;
mod part;
mod request;
mod workload;

use anyhow::{Context, bail};
use procura_core::{
    hash::Digest,
    json::{self, Object, Value},
    key::{NamedKey, PublicKey, VerifyingKey},
    time::{Seconds, Timestamp},
    token,
};

use super::Answer;

pub(super) use decide::POLICY;

/// A name, and what answers a case of it from its input.
type Op = (&'static str, fn(&Object) -> anyhow::Result<Answer>);

/// The operations.
const OPS: &[Op] = &[
    ("chain", chain::chain),
    ("call", chain::call),
    ("listing", chain::listing),
    ("adc_chain", chain::adc),
    ("notes", chain::notes),
    ("decide", decide::decide),
    ("approval", decide::approval),
    ("directory", decide::directory),
    ("mint", make::mint),
    ("derive", make::derive),
    ("prove", make::prove),
    ("adc_mint", make::adc_mint),
    ("adc_derive", make::adc_derive),
    ("json", part::json),
    ("base64url", part::base64url),
    ("jwk", part::jwk),
    ("tools", part::tools),
    ("within", part::within),
    ("held", part::held),
    ("digests", part::digests),
    ("detail", part::detail),
    ("detail_within", part::detail_within),
    ("action", part::action),
    ("access_token", foreign::access_token),
    ("dpop", foreign::dpop),
    ("signed_request", request::signed_request),
    ("structured_field", request::structured_field),
    ("status_list", list::status_list),
    ("status_reference", list::status_reference),
    ("workload", workload::workload),
    ("workload_id", workload::workload_id),
    ("envelope", envelope::envelope),
];

/// What is said of `case`.
pub(super) fn judge(case: &Object) -> anyhow::Result<Answer> {
    let op = text(case, "op")?;
    let Some((_, run)) = OPS.iter().find(|(name, _)| *name == op) else {
        bail!("unknown operation `{op}`");
    };
    run(object(case, "input")?)
}

fn member<'a, T>(
    object: &'a Object,
    name: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> anyhow::Result<T> {
    object.get(name).and_then(read).with_context(|| format!("no proper `{name}`"))
}

fn text<'a>(object: &'a Object, name: &str) -> anyhow::Result<&'a str> {
    member(object, name, Value::as_str)
}

fn object<'a>(from: &'a Object, name: &str) -> anyhow::Result<&'a Object> {
    member(from, name, Value::as_object)
}

fn texts<'a>(object: &'a Object, name: &str) -> anyhow::Result<Vec<&'a str>> {
    let list = member(object, name, Value::as_array)?;
    list.iter().map(|one| one.as_str().with_context(|| format!("`{name}` has no text"))).collect()
}

fn time(object: &Object, name: &str) -> anyhow::Result<Timestamp> {
    member(object, name, Value::as_integer).map(Timestamp::from_seconds)
}

/// JSON that travels as text, so that its spelling arrives.
fn written(object: &Object, name: &str) -> anyhow::Result<Object> {
    let text = text(object, name)?;
    json::parse_object(text.as_bytes()).with_context(|| format!("`{name}`"))
}

fn key(value: &Value) -> anyhow::Result<PublicKey> {
    let jwk = value.as_object().context("a key is no object")?;
    token::parse_jwk(jwk).map_err(anyhow::Error::msg)
}

/// Rules of which each is one of `names`: one that is not understood is not kept.
fn rules<'a>(input: &'a Object, names: &[&str]) -> anyhow::Result<&'a Object> {
    let rules = object(input, "rules")?;
    match rules.iter().find(|(name, _)| !names.contains(name)) {
        Some((name, _)) => bail!("unknown rule `{name}`"),
        None => Ok(rules),
    }
}

fn optional_text<'a>(object: &'a Object, name: &str) -> anyhow::Result<Option<&'a str>> {
    object.get(name).map(|_| text(object, name)).transpose()
}

/// A number of seconds, which are `usual` if the case does not say.
fn seconds(object: &Object, name: &str, usual: Seconds) -> anyhow::Result<Seconds> {
    match object.get(name) {
        Some(_) => Ok(Seconds::new(u32::try_from(member(object, name, Value::as_integer)?)?)),
        None => Ok(usual),
    }
}

/// A digest, if the case has one.
fn digest(object: &Object, name: &str) -> anyhow::Result<Option<Digest>> {
    let read = |text| Digest::from_base64url(text).with_context(|| format!("`{name}`"));
    optional_text(object, name)?.map(read).transpose()
}

/// Keys of either kind, each under the name that selects it.
fn named_keys(object: &Object) -> anyhow::Result<Vec<NamedKey>> {
    let one = |value: &Value| {
        let named = value.as_object().context("a key is no object")?;
        let jwk = self::object(named, "jwk")?;
        let key = VerifyingKey::from_jwk(jwk).map_err(anyhow::Error::msg)?;
        Ok(NamedKey { id: text(named, "id")?.into(), key })
    };
    member(object, "keys", Value::as_array)?.iter().map(one).collect()
}

/// Pairs of texts, such as the fields of a request.
fn pairs<'a>(object: &'a Object, name: &str) -> anyhow::Result<Vec<(&'a str, &'a str)>> {
    let pair = |value: &'a Value| match value.as_array() {
        Some([first, second]) => first.as_str().zip(second.as_str()).context("no pair of texts"),
        Some(_) | None => bail!("`{name}` has something else than pairs"),
    };
    member(object, name, Value::as_array)?.iter().map(pair).collect()
}

/// What an operation without steps says of a refusal.
fn stepless(outcome: procura_core::refusal::Outcome, reason: String) -> Answer {
    Err(procura_core::refusal::Refusal::new(outcome, "", reason))
}
