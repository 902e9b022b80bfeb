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
        let mut out = String::new();
        write_object(self, &mut out)?;
        Ok(out)
    }
}

fn write_value(value: &Value, out: &mut String) -> Result<(), Inadmissible> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) if number.is_admissible() => out.push_str(&number.canonical()),
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
    let mut members: Vec<(&str, &Value)> = object.iter().collect();
    members.sort_by(|(a, _), (b, _)| utf16_order(a, b));
    out.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
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
    let mut rest = text;
    // What needs an escape is ASCII, so it never stands inside another character.
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        let (plain, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut characters = after.chars();
        write_escape(characters.next().unwrap_or_default(), out);
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
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
