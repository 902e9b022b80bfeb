//! Where things stand in the text of an object.
//!
//! It cuts and never writes: what it returns are pieces of the text that arrived,
//! in their order. What the pieces mean is read afterwards, from what was cut, so
//! that a mistake here can only make a signature fail.
//!
//! The text has been read as strict JSON before, so strings end and braces match.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::EnvelopeError;
use crate::json::{self, Value};

/// White space of JSON (RFC 8259, section 2), which is less than that of Unicode.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// `object` without its member `name`, and without the comma that went with it.
pub(super) fn without(object: &str, name: &str) -> Option<String> {
    let members = members(object)?;
    let rest: Vec<&str> =
        members.iter().filter(|member| value_of(member, name).is_none()).copied().collect();
    (rest.len() < members.len()).then(|| format!("{{{}}}", rest.join(",")))
}

/// The text of the value of the member `name`.
pub(super) fn value<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object)?.into_iter().find_map(|member| value_of(member, name))
}

/// `object`, which is sorted, with the member `name` in its place; `None` if there
/// is one. `text` needs no escape.
pub(super) fn with(object: &str, name: &str, text: &str) -> Option<String> {
    let read = json::parse_object(object.as_bytes()).ok()?;
    if read.get(name).is_some() {
        return None;
    }
    let mut members = members(object)?;
    let place = read.iter().filter(|(other, _)| *other < name).count().min(members.len());
    let member = format!(r#""{name}":"{text}""#);
    members.insert(place, &member);
    Some(format!("{{{}}}", members.join(",")))
}

/// Checks that `object` is written as a signer writes it: no white space between
/// the tokens, and the members of every object sorted.
pub(super) fn check(object: &str) -> Result<(), EnvelopeError> {
    let mut place = Place::default();
    for (offset, c) in object.char_indices() {
        if place.step(c) == Step::Outside && is_space(c) {
            return Err(EnvelopeError::Space(offset));
        }
    }
    let value = json::parse(object.as_bytes()).map_err(EnvelopeError::Json)?;
    // Python sorts by code points and JavaScript by UTF-16; a signer does one.
    let by_points = unsorted(&value, &|a, b| a <= b);
    let by_units = unsorted(&value, &|a, b| a.encode_utf16().le(b.encode_utf16()));
    by_points.and(by_units).map_or(Ok(()), |member| Err(EnvelopeError::Order(member)))
}

/// The number of the first member that does not come after the one before it,
/// counted from one in its own object.
fn unsorted(value: &Value, in_order: &dyn Fn(&str, &str) -> bool) -> Option<usize> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        Value::Array(values) => values.iter().find_map(|value| unsorted(value, in_order)),
        Value::Object(object) => {
            let names: Vec<&str> = object.iter().map(|(name, _)| name).collect();
            let mut pairs = names.iter().zip(names.iter().skip(1));
            let here = pairs.position(|(a, b)| !in_order(a, b)).map(|at| at.saturating_add(2));
            here.or_else(|| object.iter().find_map(|(_, value)| unsorted(value, in_order)))
        }
    }
}

/// The members of `object` as they are written, commas left out.
fn members(object: &str) -> Option<Vec<&str>> {
    let inner = object.strip_prefix('{')?.strip_suffix('}')?;
    let mut place = Place::default();
    let mut start = 0;
    let mut members = Vec::new();
    for (offset, c) in inner.char_indices() {
        if place.step(c) == Step::Outside && place.depth == 0 && c == ',' {
            members.push(inner.get(start..offset)?);
            start = offset.saturating_add(1);
        }
    }
    let last = inner.get(start..)?;
    if !last.trim_matches(is_space).is_empty() {
        members.push(last);
    }
    Some(members)
}

/// The value of a member, if its name is spelled exactly so.
fn value_of<'a>(member: &'a str, name: &str) -> Option<&'a str> {
    let member = member.trim_matches(is_space).strip_prefix('"')?.strip_prefix(name)?;
    let member = member.strip_prefix('"')?.trim_start_matches(is_space);
    Some(member.strip_prefix(':')?.trim_start_matches(is_space))
}

/// Which part of JSON text a character belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// A string, its quotation marks included.
    Text,
    /// Everything else.
    Outside,
}

/// How far inside of strings, lists and objects the next character is.
#[derive(Debug, Default)]
struct Place {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Place {
    fn step(&mut self, c: char) -> Step {
        if self.in_string {
            self.in_string = self.escaped || c != '"';
            self.escaped = !self.escaped && c == '\\';
            return Step::Text;
        }
        match c {
            '"' => self.in_string = true,
            '{' | '[' => self.depth = self.depth.saturating_add(1),
            '}' | ']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if c == '"' { Step::Text } else { Step::Outside }
    }
}
