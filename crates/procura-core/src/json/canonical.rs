//! JSON Canonicalization Scheme (RFC 8785).
//!
//! Two parties that write one value get the same bytes, so values can be hashed
//! and compared. It is never used to verify a signature: the bytes that arrived
//! are what was signed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Object, Value};

/// A number would not be written as it was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a number is not exactly a double")]
pub struct Inadmissible;

impl Value {
    /// The canonical text: no white space, sorted members, shortest numbers.
    ///
    /// ```
    /// use procura_core::json::parse;
    ///
    /// let value = parse(br#"{"b": 1e0, "a": "\u0041\/"}"#).unwrap();
    /// assert_eq!(value.to_canonical().unwrap(), r#"{"a":"A/","b":1}"#);
    /// ```
    pub fn to_canonical(&self) -> Result<String, Inadmissible> {
        let mut out = String::new();
        write_value(self, &mut out)?;
        Ok(out)
    }
}

impl Object {
    /// The canonical text.
    pub fn to_canonical(&self) -> Result<String, Inadmissible> {
        let mut out = String::with_capacity(USUAL_BYTES);
        write_object(self, &mut out)?;
        Ok(out)
    }
}

/// As long as the text of a usual delegation, so that writing one seldom makes room twice.
const USUAL_BYTES: usize = 768;

fn write_value(value: &Value, out: &mut String) -> Result<(), Inadmissible> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) if number.is_admissible() => number.write_canonical(out),
        Value::Number(_) => return Err(Inadmissible),
        Value::String(text) => write_string(text, out),
        Value::Array(values) => write_array(values, out)?,
        Value::Object(object) => write_object(object, out)?,
    }
    Ok(())
}

fn write_array(values: &[Value], out: &mut String) -> Result<(), Inadmissible> {
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_value(value, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_object(object: &Object, out: &mut String) -> Result<(), Inadmissible> {
    if object.iter().is_sorted_by(|(a, _), (b, _)| utf16_order(a, b).is_lt()) {
        return write_members(object.iter(), out);
    }
    let mut members: Vec<(&str, &Value)> = object.iter().collect();
    members.sort_by(|(a, _), (b, _)| utf16_order(a, b));
    write_members(members.into_iter(), out)
}

fn write_members<'a>(
    members: impl Iterator<Item = (&'a str, &'a Value)>,
    out: &mut String,
) -> Result<(), Inadmissible> {
    out.push('{');
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write_value(value, out)?;
    }
    out.push('}');
    Ok(())
}

/// RFC 8785, section 3.2.2.2: the two-character escapes where there are some,
/// lower-case hexadecimal for other controls, everything else as it is.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    // Looking at every byte, without stopping early, is what a compiler makes quick.
    if text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
        write_escaped(text, out);
    } else {
        out.push_str(text);
    }
    out.push('"');
}

fn write_escaped(text: &str, out: &mut String) {
    let mut rest = text;
    // What needs an escape is ASCII, so it never stands inside another character.
    while let Some(at) = rest.bytes().position(needs_escape) {
        let (plain, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut characters = after.chars();
        write_escape(characters.next().unwrap_or_default(), out);
        rest = characters.as_str();
    }
    out.push_str(rest);
}

fn needs_escape(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}

fn write_escape(character: char, out: &mut String) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        control => out.push_str(&format!("\\u{:04x}", u32::from(control))),
    }
}

/// The order of members and sets (RFC 8785, section 3.2.3): by UTF-16 code units,
/// which for ASCII is that of the bytes.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}
