//! A strict reader of JSON text.
//!
//! It is our own because refusing is its purpose: readers in general use keep
//! the last of two members with one name, or replace what they cannot read.
//! Work and memory are linear in the text, up to the sorting of member names;
//! the caller limits its length, and the nesting is limited here.

use alloc::string::String;
use alloc::vec::Vec;

use smol_str::SmolStr;

use super::{Number, Object, Value};
use crate::limits;
use crate::refusal::Outcome;

/// Why a text is not acceptable JSON. Offsets count bytes from zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON at this place.
    #[error("not JSON at byte {0}")]
    Syntax(usize),
    /// A member name appears twice in one object.
    ///
    /// The offset is that of the object's last member.
    #[error("duplicate member name at byte {0}")]
    DuplicateMember(usize),
    /// An escape names half of a surrogate pair.
    ///
    /// No Unicode string holds it, so a reader has to invent something.
    #[error("lone surrogate at byte {0}")]
    LoneSurrogate(usize),
    /// Nested deeper than the limit.
    #[error("nested too deep at byte {0}")]
    TooDeep(usize),
    /// Something follows the value.
    #[error("something follows the value at byte {0}")]
    Trailing(usize),
    /// Not UTF-8.
    #[error("not UTF-8 at byte {0}")]
    Encoding(usize),
    /// More values than this reader takes.
    #[error("too many values at byte {0}")]
    TooMany(usize),
    /// The text is a value, but not an object.
    #[error("not an object")]
    NotAnObject,
}

impl JsonError {
    /// The code of a refusal for it, wherever a text of somebody else's is read.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::DuplicateMember(_) => Outcome::DuplicateMember,
            Self::TooMany(_) => Outcome::TooLarge,
            Self::Syntax(_)
            | Self::LoneSurrogate(_)
            | Self::TooDeep(_)
            | Self::Trailing(_)
            | Self::Encoding(_)
            | Self::NotAnObject => Outcome::Malformed,
        }
    }
}

/// Reads one JSON value; nothing but white space may follow it.
///
/// A byte order mark is not white space (RFC 8259, section 8.1), and neither
/// are comments nor a comma at an end.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    parse_within(text, usize::MAX)
}

/// [`parse`] of at most `values` values. A value takes thirty times the memory of its
/// shortest text, so the length of a text alone bounds little.
fn parse_within(text: &[u8], values: usize) -> Result<Value, JsonError> {
    let text =
        core::str::from_utf8(text).map_err(|error| JsonError::Encoding(error.valid_up_to()))?;
    let mut reader = Reader { text, at: 0, left: values };
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at == text.len() { Ok(value) } else { Err(JsonError::Trailing(reader.at)) }
}

/// Reads one JSON object.
pub fn parse_object(text: &[u8]) -> Result<Object, JsonError> {
    parse_object_within(text, usize::MAX)
}

/// [`parse_object`] of at most `values` values, itself among them.
pub(crate) fn parse_object_within(text: &[u8], values: usize) -> Result<Object, JsonError> {
    match parse_within(text, values)? {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(JsonError::NotAnObject)
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How many more values are taken.
    left: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.skip_space();
        if depth > limits::JSON_DEPTH {
            return Err(JsonError::TooDeep(self.at));
        }
        self.left = self.left.checked_sub(1).ok_or(JsonError::TooMany(self.at))?;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) | None => Err(JsonError::Syntax(self.at)),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.expect(b'{')?;
        let mut members: Vec<(SmolStr, Value)> = Vec::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Value::Object(Object::new()));
        }
        loop {
            self.skip_space();
            let start = self.at;
            let name = self.name()?;
            self.skip_space();
            self.expect(b':')?;
            let value = self.value(depth.saturating_add(1))?;
            members.push((name, value));
            self.skip_space();
            if self.take(b'}') {
                return distinct(members).ok_or(JsonError::DuplicateMember(start));
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.expect(b'[')?;
        let mut values = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Value::Array(values));
        }
        loop {
            values.push(self.value(depth.saturating_add(1))?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Value::Array(values));
            }
            self.expect(b',')?;
        }
    }

    /// A string with its escapes resolved, so that `"\u0061"` and `"a"` are one
    /// name to the check for duplicates. Bare control characters are refused.
    fn string(&mut self) -> Result<String, JsonError> {
        self.expect(b'"')?;
        let plain = self.plain()?;
        self.escaped(plain)
    }

    /// A member's name. Short ones, which is nearly all, need no memory of their own.
    fn name(&mut self) -> Result<SmolStr, JsonError> {
        self.expect(b'"')?;
        let plain = self.plain()?;
        if self.take(b'"') { Ok(plain.into()) } else { self.escaped(plain).map(SmolStr::from) }
    }

    /// A string of which `start` was read: escapes, and what stands between them.
    fn escaped(&mut self, start: &str) -> Result<String, JsonError> {
        let mut out = String::from(start);
        while !self.take(b'"') {
            out.push(self.escape()?);
            out.push_str(self.plain()?);
        }
        Ok(out)
    }

    /// The characters up to the next quotation mark, backslash or bare control character.
    fn plain(&mut self) -> Result<&'a str, JsonError> {
        let ends = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        let start = self.at;
        let count = self.bytes().iter().position(ends);
        self.advance(count.ok_or(JsonError::Syntax(self.text.len()))?);
        // Both ends are ASCII, so neither is inside a character.
        self.text.get(start..self.at).ok_or(JsonError::Syntax(start))
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.expect(b'\\')?;
        let kind = self.peek().ok_or(JsonError::Syntax(start))?;
        let plain = match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(start),
            _ => return Err(JsonError::Syntax(start)),
        };
        self.advance(1);
        Ok(plain)
    }

    fn unicode(&mut self, start: usize) -> Result<char, JsonError> {
        let first = self.hex(start)?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or(JsonError::Syntax(start));
        }
        if first >= 0xDC00 || !self.take(b'\\') || self.peek() != Some(b'u') {
            return Err(JsonError::LoneSurrogate(start));
        }
        let second = self.hex(start)?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(JsonError::LoneSurrogate(start));
        }
        // RFC 8259, section 7: the pair encodes 0x10000 and up.
        let high = first.saturating_sub(0xD800).saturating_mul(0x400);
        let low = second.saturating_sub(0xDC00);
        let scalar = 0x1_0000_u32.saturating_add(high).saturating_add(low);
        char::from_u32(scalar).ok_or(JsonError::LoneSurrogate(start))
    }

    /// Reads `uXXXX`.
    ///
    /// The digits are checked one by one, because the number reader of the standard
    /// library would take a sign.
    fn hex(&mut self, start: usize) -> Result<u32, JsonError> {
        self.expect(b'u')?;
        let digits = self.text.get(self.at..self.at.saturating_add(4));
        let is_hex = |digits: &&str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let digits = digits.filter(is_hex).ok_or(JsonError::Syntax(start))?;
        let code = u32::from_str_radix(digits, 16).map_err(|_| JsonError::Syntax(start))?;
        self.advance(4);
        Ok(code)
    }

    /// The grammar of RFC 8259, section 6: no `+`, no leading zero, a digit on each
    /// side of the point. What follows a leading zero is refused by whoever reads on.
    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let written = self.text.get(start..self.at).ok_or(JsonError::Syntax(start))?;
        Number::from_written(written).map(Value::Number).ok_or(JsonError::Syntax(start))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let count = self.bytes().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(JsonError::Syntax(self.at));
        }
        self.advance(count);
        Ok(())
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        if !self.bytes().starts_with(word.as_bytes()) {
            return Err(JsonError::Syntax(self.at));
        }
        self.advance(word.len());
        Ok(value)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.advance(1);
        }
    }

    /// What was not read.
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance(1);
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.take(byte) { Ok(()) } else { Err(JsonError::Syntax(self.at)) }
    }

    /// Moves over `count` bytes that were looked at.
    fn advance(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }
}

/// The members as an object, unless two have one name. Names that are in order, as
/// canonical text has them, are seen to be distinct at once; sorting the others keeps
/// this from being quadratic in what an attacker sends.
fn distinct(members: Vec<(SmolStr, Value)>) -> Option<Value> {
    let is_ascending = members.is_sorted_by(|(a, _), (b, _)| a < b);
    if !is_ascending {
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if !names.is_sorted_by(|a, b| a < b) {
            return None;
        }
    }
    Some(Value::Object(Object::from_distinct(members)))
}
