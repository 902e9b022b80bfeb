//! Members of an object as they were written, so that bytes which are only
//! passed on stay the bytes that came.
//!
//! What decides is read by [`procura_core::json`] and never by this module: it
//! finds where a value begins and ends, and does not look inside.
//!
//! **Invariant:** a [`RawObject`] came from grammatical JSON (RFC 8259), its
//! members have distinct names, and their values are written again byte for byte.

mod scan;

use alloc::string::String;
use alloc::vec::Vec;

use procura_core::json::{self, Value};

use scan::Scan;

/// An object whose values are left as they were written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawObject<'a> {
    members: Vec<Member<'a>>,
}

/// One member.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Member<'a> {
    name: String,
    value: &'a str,
}

/// Why a text cannot be taken apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RawError {
    /// Not JSON at this byte, or nested too deep there.
    #[error("not JSON at byte {0}")]
    Syntax(usize),
    /// A name that is not text, or two members with one name.
    #[error("a member's name is not text or appears twice")]
    Name,
    /// JSON, but of another kind.
    #[error("not of the kind of value that belongs here")]
    Kind,
}

impl<'a> RawObject<'a> {
    /// Takes `text` apart; it is one object with nothing but white space around it.
    pub fn parse(text: &'a str) -> Result<Self, RawError> {
        let mut scan = Scan::new(text);
        let mut members: Vec<Member<'a>> = Vec::new();
        for (name, value) in scan.object()? {
            members.push(Member { name: name_of(name)?, value });
        }
        scan.end()?;
        let object = Self { members };
        if object.is_distinct() { Ok(object) } else { Err(RawError::Name) }
    }

    /// The value of the member `name`, as it was written.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.members.iter().find(|member| member.name == name).map(|member| member.value)
    }

    /// The text that the member `name` holds, if it is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        text_of(self.get(name)?)
    }

    /// The object with `value`, itself JSON, as the member `name`: in place of
    /// one that is there, else at the end.
    #[must_use]
    pub fn with<'b>(self, name: &str, value: &'b str) -> RawObject<'b>
    where
        'a: 'b,
    {
        let mut members: Vec<Member<'b>> = self.members;
        match members.iter_mut().find(|member| member.name == name) {
            Some(member) => member.value = value,
            None => members.push(Member { name: name.into(), value }),
        }
        RawObject { members }
    }

    /// The object without the member `name`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.members.retain(|member| member.name != name);
        self
    }

    /// The object as text. Names are written anew, values as they were.
    pub fn to_text(&self) -> String {
        let mut text = String::from("{");
        for (index, member) in self.members.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            // A string has a canonical form always: only numbers may have none.
            text.push_str(&Value::from(member.name.as_str()).to_canonical().unwrap_or_default());
            text.push(':');
            text.push_str(member.value);
        }
        text.push('}');
        text
    }

    /// Sorting keeps this from being quadratic in what a server sends.
    fn is_distinct(&self) -> bool {
        let mut names: Vec<&str> = self.members.iter().map(|member| member.name.as_str()).collect();
        names.sort_unstable();
        !names.iter().zip(names.iter().skip(1)).any(|(one, next)| one == next)
    }
}

/// The elements of the list `text`, as they were written.
pub fn elements(text: &str) -> Result<Vec<&str>, RawError> {
    let mut scan = Scan::new(text);
    let elements = scan.array()?;
    scan.end()?;
    Ok(elements)
}

/// The text that a JSON string denotes; `None` for any other value, and for
/// half a surrogate pair, which denotes no text.
pub fn text_of(value: &str) -> Option<String> {
    match json::parse(value.as_bytes()) {
        Ok(Value::String(text)) => Some(text),
        Ok(_) | Err(_) => None,
    }
}

fn name_of(written: &str) -> Result<String, RawError> {
    text_of(written).ok_or(RawError::Name)
}
