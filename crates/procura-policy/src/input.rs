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

/// Why an input is not whole. No message holds a value from the input.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InputProblem {
    #[error("the input is larger than {} bytes", PolicySet::MAX_INPUT_BYTES)]
    TooLarge,
    #[error("the input is nested deeper than {}", PolicySet::MAX_INPUT_DEPTH)]
    TooDeep,
    #[error("the input is not one JSON object")]
    NotAnObject,
    #[error("the input has a key that the JSON reader reserves for itself")]
    ReservedKey,
    #[error("the input has no `{0}`")]
    Missing(&'static str),
    #[error("`{0}` in the input is not the one that was asked about")]
    Mismatch(&'static str),
}

/// Parses the input of `query`.
pub(crate) fn parse(query: &Query<'_>) -> Result<Value, InputProblem> {
    let text = query.input;
    if text.len() > PolicySet::MAX_INPUT_BYTES {
        return Err(InputProblem::TooLarge);
    }
    if depth(text) > PolicySet::MAX_INPUT_DEPTH {
        return Err(InputProblem::TooDeep);
    }
    if names_the_reserved_key(text) {
        return Err(InputProblem::ReservedKey);
    }
    let value = Value::from_json_str(text).map_err(|_| InputProblem::NotAnObject)?;
    if value.as_object().is_err() {
        return Err(InputProblem::NotAnObject);
    }
    agrees(&value, "principal", query.principal)?;
    agrees(&value, "agent", query.agent)?;
    agrees(&value, "tool", query.tool)?;
    field(&value, "args")?;
    Ok(value)
}

fn agrees(input: &Value, name: &'static str, asked: &str) -> Result<(), InputProblem> {
    match field(input, name)?.as_string() {
        Ok(text) if text.as_ref() == asked => Ok(()),
        Ok(_) | Err(_) => Err(InputProblem::Mismatch(name)),
    }
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
            (false, b'[' | b'{') => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            (true | false, _) => {}
        }
    }
    deepest
}

/// Whether the text may hold the key under which the JSON reader passes big
/// numbers on: an object with that key would reach the rules as a number, and
/// a short one can cost gigabytes. Escapes are read generously, because no
/// honest input comes near this name.
fn names_the_reserved_key(text: &str) -> bool {
    if text.contains(RESERVED) {
        return true;
    }
    text.contains("\\u00") && unescaped(text).contains(RESERVED)
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u00");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).and_then(|two| u8::from_str_radix(two, 16).ok());
        match digits {
            Some(code) => {
                plain.push(char::from(code));
                plain.push_str(part.get(2..).unwrap_or_default());
            }
            None => plain.push_str(part),
        }
    }
    plain
}

const RESERVED: &str = "serde_json::private";
