//! Strict JSON (RFC 8259) and its canonical form (RFC 8785).
//!
//! **Invariant:** a [`Value`] came from text with no duplicate member, no lone
//! surrogate and no nesting beyond the limit; and what [`Value::to_canonical`]
//! writes denotes exactly the value that was read, or it writes nothing.
//!
//! The arguments of a call are read twice, here and by the tool. A text in
//! which two readers see two values lets one thing be approved and another be
//! done: of two members with one name some readers take the first and some the
//! last (RFC 8259, section 4), half of a surrogate pair becomes nothing or a
//! question mark (section 8.2), and a long integer becomes its neighbour
//! (section 6). Such texts are refused, or marked where refusing comes later.

mod canonical;
mod number;
mod parse;

use alloc::string::String;
use alloc::vec::Vec;

use smol_str::SmolStr;

pub use canonical::Inadmissible;
pub(crate) use canonical::utf16_order;
pub use number::Number;
pub(crate) use parse::parse_object_within;
pub use parse::{JsonError, parse, parse_object};

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; see [`Number::is_admissible`].
    Number(Number),
    /// A string of Unicode scalar values.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Members with distinct names.
    Object(Object),
}

/// Members in the order in which they were written; names are distinct.
///
/// The order is kept for those who show it. Nothing is decided by it, and two
/// objects that differ in it are one in their canonical form, though not by `==`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(SmolStr, Value)>);

impl Value {
    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The integer, if this is a number written as one: `1.0` and `1e3` are none,
    /// and neither is what lies beyond 2^53 - 1.
    pub fn as_integer(&self) -> Option<i64> {
        self.as_number()?.as_integer()
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The list, if this is one.
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    fn count(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => 1,
            Self::Array(values) => {
                values.iter().fold(1, |count: usize, value| count.saturating_add(value.count()))
            }
            Self::Object(object) => object.count(),
        }
    }

    /// Whether this is a string, number, truth value or null.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_))
    }

    /// Whether every number in it survives a trip through its double.
    ///
    /// Reading does not refuse other numbers, because only the step that uses a
    /// value knows which refusal is due; whoever uses one has to ask.
    pub fn is_admissible(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::String(_) => true,
            Self::Number(number) => number.is_admissible(),
            Self::Array(values) => values.iter().all(Self::is_admissible),
            Self::Object(object) => object.is_admissible(),
        }
    }
}

impl Object {
    /// An object with no members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// An object with no members, and room for so many.
    pub(crate) fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// The value of the member `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Sets the member `name`, in place of one that is there.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        let value = value.into();
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some(slot) => slot.1 = value,
            None => self.0.push((name.into(), value)),
        }
        self
    }

    /// [`Object::set`], for building in one expression.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Takes the member `name` out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(index).1)
    }

    /// The members, in the order in which they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every number in it survives a trip through its double.
    pub fn is_admissible(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_admissible())
    }

    /// How many values it is, itself and all within it.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().fold(1, |count: usize, (_, value)| count.saturating_add(value.count()))
    }

    /// The object with every value replaced; nothing if one cannot be.
    ///
    /// The names are distinct already. Setting them one by one would compare each with
    /// each, and an object may have as many as its sender likes.
    pub(crate) fn try_map(&self, mut change: impl FnMut(&Value) -> Option<Value>) -> Option<Self> {
        let members = self.0.iter().map(|(name, value)| Some((name.clone(), change(value)?)));
        members.collect::<Option<_>>().map(Self)
    }

    /// For the reader, which has checked that the names are distinct.
    fn from_distinct(members: Vec<(SmolStr, Value)>) -> Self {
        Self(members)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Number(Number::from(integer))
    }
}

impl From<u32> for Value {
    fn from(integer: u32) -> Self {
        Self::from(i64::from(integer))
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
