//! Answers a case with the crates that are shipped.
//!
//! It reads `op` and `input`; a new operation is a function and a row.

mod chain;
mod decide;
mod make;
mod part;

use anyhow::{Context, bail};
use procura_core::{
    json::{self, Object, Value},
    key::PublicKey,
    time::Timestamp,
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

/// What an operation without steps says of a refusal.
fn stepless(outcome: procura_core::refusal::Outcome, reason: String) -> Answer {
    Err(procura_core::refusal::Refusal::new(outcome, "", reason))
}
