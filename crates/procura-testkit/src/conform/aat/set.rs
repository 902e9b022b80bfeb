//! Compares what is answered with what the published cases expect.

use std::path::Path;

use procura_core::json::{self, Object, Value};

use super::{SUITE, Suite, answer, member, read_case, read_suite};
use crate::conform::{self, Verdict, fields};

/// Judges the published cases in `folder`.
pub(in crate::conform) fn judge_all(folder: &Path) -> anyhow::Result<Vec<conform::Case>> {
    let suite = read_suite(&folder.join(SUITE))?;
    let text = fields::read(&folder.join("aat-jws-vectors.jsonl"))?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| judge(line, &suite)).collect()
}

fn judge(line: &[u8], suite: &Suite) -> anyhow::Result<conform::Case> {
    let vector = json::parse_object(line)?;
    let name = member(&vector, "id", Value::as_str)?.to_owned();
    let verdict = compare(line, &vector, suite);
    Ok(conform::Case::of(name, verdict))
}

fn compare(line: &[u8], vector: &Object, suite: &Suite) -> anyhow::Result<Verdict> {
    let expected = member(vector, "expected", Value::as_object)?.clone();
    let id = member(vector, "id", Value::as_str)?;
    let expected = Object::new().with("id", id).with("verdict", expected.get("verdict").cloned());
    let step = member(vector, "expected", Value::as_object)?.get("step").cloned();
    let expected = expected.with("step", step).to_canonical()?;
    let found = json::parse(answer(&read_case(line)?, suite).as_bytes())?.to_canonical()?;
    Ok(if found == expected {
        Verdict::Passed
    } else {
        Verdict::Failed(format!("expected {expected}, found {found}"))
    })
}
