//! RFC 9651 structured fields: the parser that reads HTTP signatures.
//!
//! A vector is read into its type, compared with the structure that it expects,
//! and written again. The vectors for writing alone start from the structure.

mod shape;

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;
use sfv::{Dictionary, FieldType, Item, List, Parser};

use super::{
    Answer, Case, Verdict,
    fields::{files, list, text},
};

/// Judges the vectors in `folder` and those for writing below it.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    run_files(folder, "", read_and_write, &mut cases)?;
    run_files(&folder.join(WRITING), WRITING, write_only, &mut cases)?;
    Ok(cases)
}

/// The folder of the vectors for writing.
const WRITING: &str = "serialisation-tests";

type Judge = fn(&Value) -> anyhow::Result<Verdict>;

fn run_files(
    folder: &Path,
    prefix: &str,
    judge: Judge,
    cases: &mut Vec<Case>,
) -> anyhow::Result<()> {
    for (name, content) in files(folder)? {
        if name == "SOURCE" {
            continue;
        }
        let set: Value =
            serde_json::from_slice(&content).with_context(|| format!("in `{name}`"))?;
        let vectors = set.as_array().with_context(|| format!("`{name}` is not a list"))?;
        for vector in vectors {
            let title = text(vector, "name")?;
            cases.push(Case::of(format!("{prefix}/{name}: {title}"), judge(vector)));
        }
    }
    Ok(())
}

fn read_and_write(vector: &Value) -> anyhow::Result<Verdict> {
    let field = lines(vector, "raw")?;
    let found = match text(vector, "header_type")? {
        "item" => read::<Item>(&field, shape::of_item),
        "list" => read::<List>(&field, |list| shape::of_list(list)),
        "dictionary" => read::<Dictionary>(&field, shape::of_dictionary),
        other => bail!("`{other}` is no type of a field"),
    };
    let must_fail = is_true(vector, "must_fail");
    let Some((shape, written)) = found else {
        let refused = must_fail || is_true(vector, "can_fail");
        return Ok(Verdict::compare(answer_that_is(!refused), Answer::Refused));
    };
    if must_fail {
        return Ok(Verdict::compare(Answer::Refused, Answer::Accepted));
    }
    let expected = vector.get("expected").context("`expected` is missing")?;
    if shape != *expected {
        return Ok(Verdict::Failed(format!("read as {shape}")));
    }
    Ok(compare_text(&canonical(vector)?, &written))
}

fn write_only(vector: &Value) -> anyhow::Result<Verdict> {
    let expected = vector.get("expected").context("`expected` is missing")?;
    let written = match text(vector, "header_type")? {
        "item" => shape::to_item(expected).and_then(|item| write(&item)),
        "list" => shape::to_list(expected).and_then(|list| write(&list)),
        "dictionary" => shape::to_dictionary(expected).and_then(|dictionary| write(&dictionary)),
        other => bail!("`{other}` is no type of a field"),
    };
    match (is_true(vector, "must_fail"), written) {
        (false, Some(written)) => Ok(compare_text(&canonical(vector)?, &written)),
        (must_fail, written) => {
            let found = if written.is_some() { Answer::Accepted } else { Answer::Refused };
            Ok(Verdict::compare(answer_that_is(!must_fail), found))
        }
    }
}

/// What a field holds and how it is written again, or nothing if it is no such field.
fn read<T: FieldType>(field: &str, shape: impl FnOnce(&T) -> Value) -> Option<(Value, String)> {
    let read: T = Parser::new(field).parse().ok()?;
    Some((shape(&read), write(&read).unwrap_or_default()))
}

/// An empty list and an empty dictionary are written as no field at all.
fn write<T: FieldType>(field: &T) -> Option<String> {
    field.serialize().into()
}

/// The text that the vector wants to be written: its own, if it names no other.
fn canonical(vector: &Value) -> anyhow::Result<String> {
    lines(vector, if vector.get("canonical").is_some() { "canonical" } else { "raw" })
}

/// RFC 9110, section 5.3: lines of one name are one field.
fn lines(vector: &Value, name: &str) -> anyhow::Result<String> {
    let lines: Option<Vec<&str>> = list(vector, name)?.iter().map(Value::as_str).collect();
    Ok(lines.context("a line is not text")?.join(", "))
}

fn compare_text(expected: &str, written: &str) -> Verdict {
    if expected == written {
        return Verdict::Passed;
    }
    Verdict::Failed(format!("written as `{written}`"))
}

fn is_true(vector: &Value, name: &str) -> bool {
    vector.get(name) == Some(&Value::Bool(true))
}

fn answer_that_is(accepted: bool) -> Answer {
    if accepted { Answer::Accepted } else { Answer::Refused }
}
