//! Ed25519 at its edges: the vectors of C2SP/CCTV and of ed25519-speccheck.
//!
//! **Invariant:** what is expected never comes from our own verification. For
//! CCTV it follows from the flags of a vector, which say how its points are
//! special; for speccheck it is the published row of a strict verifier.

use std::path::Path;

use anyhow::{Context, bail};
use procura_core::key::PublicKey;
use serde_json::Value;

use super::{
    Answer, Case, Verdict,
    fields::{bytes, read, read_json, text},
};

/// What strict verification refuses: points of low order, second spellings of
/// points, and equations that hold only after multiplying by the cofactor.
const REFUSED: &[&str] =
    &["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"];

/// What strict verification does not mind, on its own.
const INDIFFERENT: &[&str] = &["low_order_component_A", "low_order_component_R", "reencoded_k"];

/// Judges the vectors of CCTV in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let set = read_json(&folder.join("ed25519vectors.json"))?;
    let vectors = set.as_array().context("the set is not a list")?;
    let cases = vectors.iter().enumerate();
    Ok(cases.map(|(place, vector)| Case::of(format!("vector {place}"), judge(vector))).collect())
}

fn judge(vector: &Value) -> anyhow::Result<Verdict> {
    let expected = expected(vector)?;
    let (key, signature) = (bytes(vector, "key")?, bytes(vector, "sig")?);
    let found = answer(&key, text(vector, "msg")?.as_bytes(), &signature);
    Ok(Verdict::compare(expected, found))
}

/// What we say of a signature, a bad key included.
pub(super) fn answer(key: &[u8], message: &[u8], signature: &[u8]) -> Answer {
    match PublicKey::from_bytes(key) {
        Ok(key) => Answer::from(key.verify(message, signature)),
        Err(_) => Answer::Refused,
    }
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

/// The row of `results.md` whose rule is ours.
const STRICT: &str = "Dalek strict";

/// Judges the cases of speccheck in `folder`.
pub(super) fn run_speccheck(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let set = read_json(&folder.join("cases.json"))?;
    let vectors = set.as_array().context("the set is not a list")?;
    let results = String::from_utf8(read(&folder.join("results.md"))?)?;
    let expected = strict_row(&results)?;
    anyhow::ensure!(expected.len() == vectors.len(), "the row `{STRICT}` has another length");
    let cases = vectors.iter().zip(expected).enumerate();
    let judged = cases.map(|(place, (vector, expected))| {
        Case::of(format!("case {place}"), judge_speccheck(vector, expected))
    });
    Ok(judged.collect())
}

fn judge_speccheck(vector: &Value, expected: Answer) -> anyhow::Result<Verdict> {
    let (key, message) = (bytes(vector, "pub_key")?, bytes(vector, "message")?);
    Ok(Verdict::compare(expected, answer(&key, &message, &bytes(vector, "signature")?)))
}

fn strict_row(results: &str) -> anyhow::Result<Vec<Answer>> {
    let mut rows = results.lines().map(|line| line.trim_matches('|').split('|').map(str::trim));
    let row = rows.find_map(|mut cells| (cells.next() == Some(STRICT)).then_some(cells));
    let answers = row.with_context(|| format!("no row `{STRICT}`"))?.map(|cell| match cell {
        "V" => Ok(Answer::Accepted),
        "X" => Ok(Answer::Refused),
        other => bail!("`{other}` is no result"),
    });
    answers.collect()
}
