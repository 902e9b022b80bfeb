//! RFC 9651 structured fields: the parser that reads HTTP signatures.
//!
//! A vector is read, compared with the structure that it expects, and written again.
//! Those for writing alone start from the structure. What is read here are
//! dictionaries; `wrap` says how an item or a list is judged as one.
//!
//! **Invariant:** a vector is left out only if it was refused, for what its structure
//! holds or for a key that is there twice, and never because of its name or its file.

mod shape;
mod wrap;

use std::path::Path;

use anyhow::Context;
use procura_core::structured_field::{Dictionary, FieldError};
use serde_json::Value;

use self::wrap::Kind;
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
const TWICE: &str = "a key is there twice, where others take the last one; we refuse it on purpose, \
                     and read the field in which it is there once";

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
    let kind = Kind::of(text(vector, "header_type")?)?;
    let found = read(kind, &lines(vector, "raw")?);
    if is_true(vector, "must_fail") {
        return Ok(Verdict::compare(Answer::Refused, found.into()));
    }
    let expected = vector.get("expected").context("`expected` is missing")?;
    match found {
        Ok(field) => Ok(field.compare(expected, &canonical(vector)?)),
        Err(NotRead::Twice) => without_the_first(kind, vector, expected),
        Err(NotRead::Otherwise) => Ok(match shape::unknown_type(expected) {
            Some(why) => Verdict::excluded(why),
            None if is_true(vector, "can_fail") => Verdict::Passed,
            None => Verdict::compare(Answer::Accepted, Answer::Refused),
        }),
    }
}

/// What a field holds, and how it is written again.
struct Field {
    shape: Value,
    written: String,
}

/// Why a text is no such field.
enum NotRead {
    /// A key is there twice.
    Twice,
    /// It has another form, or a type that is not read.
    Otherwise,
}

fn read(kind: Kind, field: &str) -> Result<Field, NotRead> {
    let dictionary = Dictionary::parse(&kind.wrap(field)).map_err(|error| match error {
        FieldError::Duplicate(_) => NotRead::Twice,
        FieldError::Syntax(_) => NotRead::Otherwise,
    })?;
    let shape = kind.unwrap(&shape::of_dictionary(&dictionary)).ok_or(NotRead::Otherwise)?;
    // What cannot be unwrapped cannot be canonical either.
    let written = dictionary.to_string();
    Ok(Field { shape, written: kind.unwrap_text(&written).unwrap_or(written) })
}

impl Field {
    fn compare(&self, expected: &Value, canonical: &str) -> Verdict {
        let Self { shape, written } = self;
        if shape != expected {
            return Verdict::Failed(format!("read as {shape}"));
        }
        compare_text(canonical, written)
    }
}

/// Its canonical form has each key once. It differs, and it has to be read as expected.
fn without_the_first(kind: Kind, vector: &Value, expected: &Value) -> anyhow::Result<Verdict> {
    let canonical = canonical(vector)?;
    let verdict = match read(kind, &canonical) {
        Ok(field) => field.compare(expected, &canonical),
        Err(_) => Verdict::compare(Answer::Accepted, Answer::Refused),
    };
    Ok(if matches!(verdict, Verdict::Passed) { Verdict::excluded(TWICE) } else { verdict })
}

/// A structure whose types we do not have was never shown to the writer.
fn write_only(vector: &Value) -> anyhow::Result<Verdict> {
    let kind = Kind::of(text(vector, "header_type")?)?;
    let expected = vector.get("expected").context("`expected` is missing")?;
    if let Some(why) = shape::unknown_type(expected) {
        return Ok(Verdict::excluded(why));
    }
    let (key, member) = kind.only_member(expected).context("it has not one member")?;
    let member = shape::to_member(&member).context("it is no structure of ours")?;
    let written = member.to_field(&key).and_then(|field| kind.unwrap_text(&field));
    if is_true(vector, "must_fail") {
        return Ok(Verdict::compare(Answer::Refused, answer_that_is(written.is_some())));
    }
    Ok(match written {
        Some(written) => compare_text(&canonical(vector)?, &written),
        None => Verdict::compare(Answer::Accepted, Answer::Refused),
    })
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
