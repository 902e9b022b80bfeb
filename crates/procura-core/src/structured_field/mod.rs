//! Structured fields of HTTP (RFC 9651): dictionaries, as far as signatures need them.
//!
//! **Invariant:** what was read is written back in one form, the strict one
//! (section 4.1), which is what a signature is over.
//!
//! The `sfv` crate reads all of RFC 9651, and needs the standard library, which
//! this crate does without. Signatures and digests are dictionaries of integers,
//! strings, tokens, booleans and byte sequences; decimals, dates and display
//! strings are refused, as nothing here has one.
//!
//! Two things are refused that the RFC has readers accept. Of two members with
//! one key it takes the last (section 4.2.2); a signature or a digest that is
//! named twice would be one for those who read so and another for those who do
//! not. And base64 has its padding and no other bits, so that a byte sequence
//! has one spelling.

mod read;
mod write;

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use self::read::Reader;

/// A dictionary: keys in the order in which they were written, each once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dictionary(Vec<(String, Member)>);

/// The value of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Member {
    /// One value.
    Item(Item),
    /// Values in parentheses.
    InnerList(InnerList),
}

/// Values in parentheses, and what is said of them all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InnerList {
    /// The values.
    pub items: Vec<Item>,
    /// What is said of them all.
    pub parameters: Parameters,
}

/// A value, and what is said of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// The value.
    pub value: Bare,
    /// What is said of it.
    pub parameters: Parameters,
}

/// Names and values, each name once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Parameters(Vec<(String, Bare)>);

/// A value without parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Bare {
    /// At most 15 digits.
    Integer(i64),
    /// Printable ASCII between quotes.
    String(String),
    /// A word.
    Token(String),
    /// Bytes, as base64 between colons.
    Bytes(Vec<u8>),
    /// `?1` or `?0`.
    Boolean(bool),
}

/// Why text is not a dictionary that is read here. Bytes are counted from zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FieldError {
    /// Not as RFC 9651 says, or of a type that is not read here.
    #[error("not a dictionary at byte {0}")]
    Syntax(usize),
    /// A key or a parameter is there twice.
    #[error("a key is there twice, at byte {0}")]
    Duplicate(usize),
}

impl Dictionary {
    /// Reads a field; lines of one field are joined with commas before (section 4.2).
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        Reader::new(text).dictionary()
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Member> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, member)| member)
    }

    /// Keys and values, in the order in which they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Member)> {
        self.0.iter().map(|(key, member)| (key.as_str(), member))
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Member {
    /// The field in which this is the only member, under `key`.
    ///
    /// Nothing, if a reader would not read the same: a word with a space in it, a text
    /// that is not ASCII, a number that is too long, a key with a comma. Who writes
    /// such things fails (section 4.1).
    pub fn to_field(&self, key: &str) -> Option<String> {
        let field = Dictionary(Vec::from([(key.into(), self.clone())]));
        let written = field.to_string();
        (Dictionary::parse(&written).as_ref() == Ok(&field)).then_some(written)
    }
}

impl Item {
    /// A string without parameters, as a component's name is one.
    pub fn string(text: &str) -> Self {
        Self { value: Bare::String(text.into()), parameters: Parameters::default() }
    }

    /// The text, if this is a string.
    pub fn as_string(&self) -> Option<&str> {
        self.value.as_string()
    }
}

impl Bare {
    /// The text, if this is a string.
    pub fn as_string(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The number, if this is one.
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }
}

impl Parameters {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Bare> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Names and values, in the order in which they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Bare)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds `name`, which is not there yet.
    #[must_use]
    pub fn with(mut self, name: &str, value: Bare) -> Self {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.into(), value));
        self
    }

    /// The same parameters in whichever order (RFC 9421, section 2.5, compares so).
    pub fn is_same(&self, other: &Self) -> bool {
        let is_there = |(name, value): (&str, &Bare)| other.get(name) == Some(value);
        self.0.len() == other.0.len() && self.iter().all(is_there)
    }
}
