//! The Ed25519 edge cases of C2SP/CCTV.
//!
//! **Invariant:** what is expected follows from the flags of a vector, which
//! say how its points are special, and never from our own verification.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use procura_core::key::PublicKey;
use serde_json::Value;

use super::{Answer, Case, Verdict};

/// What strict verification refuses: points of low order, second spellings of
/// points, and equations that hold only after multiplying by the cofactor.
const REFUSED: &[&str] =
    &["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"];

/// What strict verification does not mind, on its own.
const INDIFFERENT: &[&str] = &["low_order_component_A", "low_order_component_R", "reencoded_k"];

/// Judges the vectors in the file at `path`.
pub(super) fn run(path: &Path) -> anyhow::Result<Vec<Case>> {
    let text = fs::read(path)?;
    let set: Value = serde_json::from_slice(&text)?;
    let vectors = set.as_array().context("the set is not a list")?;
    Ok(vectors.iter().enumerate().map(|(place, vector)| case(place, vector)).collect())
}

fn case(place: usize, vector: &Value) -> Case {
    let verdict = judge(vector).unwrap_or_else(|error| Verdict::Failed(format!("{error:#}")));
    Case { name: format!("vector {place}"), verdict }
}

fn judge(vector: &Value) -> anyhow::Result<Verdict> {
    let expected = expected(vector)?;
    let (key, signature) = (bytes(vector, "key")?, bytes(vector, "sig")?);
    let message = text(vector, "msg")?.as_bytes();
    let found = match PublicKey::from_bytes(&key) {
        Ok(key) => Answer::from(key.verify(message, &signature)),
        Err(_) => Answer::Refused,
    };
    Ok(Verdict::compare(expected, found))
}

/// What the flags of a vector call for. No flags are written as null.
fn expected(vector: &Value) -> anyhow::Result<Answer> {
    let flags = vector.get("flags").context("`flags` is missing")?;
    let mut answer = Answer::Accepted;
    if flags.is_null() {
        return Ok(answer);
    }
    for flag in flags.as_array().context("`flags` is not a list")? {
        let flag = flag.as_str().context("a flag is not text")?;
        if REFUSED.contains(&flag) {
            answer = Answer::Refused;
        } else if !INDIFFERENT.contains(&flag) {
            bail!("the flag `{flag}` is unknown");
        }
    }
    Ok(answer)
}

fn text<'a>(vector: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    let value = vector.get(name).with_context(|| format!("`{name}` is missing"))?;
    value.as_str().with_context(|| format!("`{name}` is not text"))
}

fn bytes(vector: &Value, name: &str) -> anyhow::Result<Vec<u8>> {
    decode(text(vector, name)?).with_context(|| format!("`{name}` is not hexadecimal"))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let decoded = pairs.iter().map(|[high, low]| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
        u8::try_from(value).ok()
    });
    if rest.is_empty() { decoded.collect() } else { None }
}
