//! JSONTestSuite: which texts are JSON.
//!
//! The first letter of a file's name is the verdict: `y` is to be accepted, `n`
//! to be refused, and `i` is left open by RFC 8259; there our answer is reported.

use std::path::Path;

use anyhow::bail;
use procura_core::json::{self, JsonError, Value};

use super::{Answer, Case, Verdict, fields::files};

/// What RFC 8259 lets us refuse though most readers accept it.
///
/// Section 4: names within an object *should* be unique. A call that two readers
/// read in two ways is a hole, so here they must be.
const REPEATED_NAMES: &[&str] =
    &["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

/// Judges every text in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let texts = files(&folder.join("test_parsing"))?;
    Ok(texts.into_iter().map(|(name, text)| Case::of(name.clone(), judge(&name, &text))).collect())
}

fn judge(name: &str, text: &[u8]) -> anyhow::Result<Verdict> {
    let parsed = json::parse(text);
    if REPEATED_NAMES.contains(&name) {
        return Ok(match parsed {
            Err(JsonError::DuplicateMember(_)) => {
                Verdict::excluded("a name appears twice in an object, which we refuse on purpose")
            }
            other => Verdict::Failed(format!("not refused for its names: {other:?}")),
        });
    }
    Ok(match name.split_once('_') {
        Some(("y", _)) => Verdict::compare(Answer::Accepted, parsed.into()),
        Some(("n", _)) => Verdict::compare(Answer::Refused, parsed.into()),
        Some(("i", _)) => Verdict::NotApplicable(format!("left open: {}", our_answer(parsed))),
        _ => bail!("the name does not say what is expected"),
    })
}

/// What we do where RFC 8259 lets every reader choose.
fn our_answer(parsed: Result<Value, JsonError>) -> &'static str {
    match parsed {
        Ok(value) if value.is_admissible() => "we accept it",
        Ok(_) => "we read it and refuse to use it, since its number is not exactly a double",
        Err(JsonError::TooDeep(_) | JsonError::TooMany(_)) => "we refuse it, as nested too deep",
        Err(JsonError::LoneSurrogate(_)) => "we refuse it, as half of a surrogate pair",
        Err(JsonError::Encoding(_)) => "we refuse it, as not UTF-8",
        Err(JsonError::Syntax(_)) => "we refuse it, as not JSON",
        Err(JsonError::Trailing(_)) => "we refuse it, as followed by something",
        Err(JsonError::DuplicateMember(_)) => "we refuse it, as a name that appears twice",
        Err(JsonError::NotAnObject) => "we refuse it, as no object",
    }
}
