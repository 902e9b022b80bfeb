//! RFC 7638 thumbprints of published keys.

use std::path::Path;

use anyhow::Context;
use procura_core::{hash::Digest, json};
use serde_json::Value;

use super::{
    Answer, Case, Verdict,
    fields::{bytes, read_json, text},
    jose,
};

/// Judges the keys in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let set = read_json(&folder.join("vectors.json"))?;
    let vectors = set.as_array().context("the set is not a list")?;
    let name = |vector| text(vector, "name").map(String::from);
    vectors.iter().map(|vector| Ok(Case::of(name(vector)?, judge(vector)))).collect()
}

fn judge(vector: &Value) -> anyhow::Result<Verdict> {
    let jwk = json::parse_object(text(vector, "jwk")?.as_bytes())?;
    let Some(key) = jose::key(&jwk) else {
        return Ok(jose::judge(jose::algorithm_of(&jwk), Answer::Accepted, Answer::Refused));
    };
    let (expected, digest) = (text(vector, "thumbprint")?, bytes(vector, "sha256")?);
    let hashed = Digest::of(&bytes(vector, "precompute")?);
    let found = key.thumbprint();
    if found.to_string() == expected
        && found.as_digest().as_bytes().as_slice() == digest
        && *found.as_digest() == hashed
    {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::Failed(format!("found {found}")))
}
