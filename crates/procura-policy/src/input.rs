//! The input of a question, checked before the engine sees it.
//!
//! A policy that is shown less than what is forwarded decides about another
//! call. So the input is refused, never cut: too large, too deep, not JSON,
//! more than one document, or not about the call that the roles were asked.
//!
//! **Invariant:** what [`parse`] returns is an object that names the same
//! principal, agent and tool as the question.

use regorus::Value;

use crate::set::{PolicySet, Query};
use crate::verdict::{DenyCode, Refusal, Verdict};

/// Why an input is not whole. No message holds a value from the input.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InputProblem {
    /// It is longer than [`PolicySet::MAX_INPUT_BYTES`].
    #[error("the input is larger than {} bytes", PolicySet::MAX_INPUT_BYTES)]
    TooLarge,
    /// It is deeper than [`PolicySet::MAX_INPUT_DEPTH`].
    #[error("the input is nested deeper than {}", PolicySet::MAX_INPUT_DEPTH)]
    TooDeep,
    /// It is not JSON, another kind of value, or more than one.
    #[error("the input is not one JSON object")]
    NotAnObject,
    /// It holds, or nearly holds, the text [`RESERVED`].
    #[error("the input has a key that the JSON reader reserves for itself")]
    ReservedKey,
    /// A field that every question has is not there.
    #[error("the input has no `{0}`")]
    Missing(&'static str),
    /// A field differs from what the roles were asked.
    #[error("`{0}` in the input is not the one that was asked about")]
    Mismatch(&'static str),
}

impl From<InputProblem> for Refusal {
    fn from(problem: InputProblem) -> Self {
        let reason = problem.to_string();
        Self { rule: Verdict::INPUT, code: DenyCode::InputIncomplete, reason }
    }
}

/// Parses the input of `query`.
pub(crate) fn parse(query: &Query<'_>) -> Result<Value, InputProblem> {
    check_text(query.input)?;
    let value = Value::from_json_str(query.input).map_err(|_| InputProblem::NotAnObject)?;
    agrees(&value, "principal", query.principal)?;
    agrees(&value, "agent", query.agent)?;
    agrees(&value, "tool", query.tool)?;
    field(&value, "args")?;
    Ok(value)
}

/// What has to hold before the JSON reader may have the text.
fn check_text(text: &str) -> Result<(), InputProblem> {
    if text.len() > PolicySet::MAX_INPUT_BYTES {
        return Err(InputProblem::TooLarge);
    }
    if depth(text) > PolicySet::MAX_INPUT_DEPTH {
        return Err(InputProblem::TooDeep);
    }
    if names_the_reserved_key(text) {
        return Err(InputProblem::ReservedKey);
    }
    Ok(())
}

fn agrees(input: &Value, name: &'static str, asked: &str) -> Result<(), InputProblem> {
    let is_asked = field(input, name)?.as_string().is_ok_and(|text| text.as_ref() == asked);
    if is_asked { Ok(()) } else { Err(InputProblem::Mismatch(name)) }
}

fn field<'a>(input: &'a Value, name: &'static str) -> Result<&'a Value, InputProblem> {
    let object = input.as_object().map_err(|_| InputProblem::NotAnObject)?;
    object.get(&Value::from(name)).ok_or(InputProblem::Missing(name))
}

/// How deep the brackets outside of strings nest.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut is_string = false;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match (is_string, byte) {
            (true, b'\\') => drop(bytes.next()),
            (_, b'"') => is_string = !is_string,
            (false, b'[' | b'{') => depth = depth.saturating_add(1),
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            (true | false, _) => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Whether the text may hold the key under which the JSON reader passes big
/// numbers on: an object with that key would reach the rules as a number, and
/// a short one can cost gigabytes. Escapes are read generously, because no
/// honest input comes near this name.
fn names_the_reserved_key(text: &str) -> bool {
    text.contains(RESERVED) || (text.contains(ESCAPE) && unescaped(text).contains(RESERVED))
}

/// The text with every escape of an ASCII character resolved.
fn unescaped(text: &str) -> String {
    let mut parts = text.split(ESCAPE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + &resolved(part).unwrap_or_else(|| part.to_owned()))
}

/// What follows an escape, with the character that its two digits stand for.
fn resolved(part: &str) -> Option<String> {
    let (digits, rest) = part.split_at_checked(2)?;
    let code = u8::from_str_radix(digits, 16).ok()?;
    Some(format!("{}{rest}", char::from(code)))
}

/// How the escape of a character below 256 begins.
const ESCAPE: &str = "\\u00";
const RESERVED: &str = "serde_json::private";
