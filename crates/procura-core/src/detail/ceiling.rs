//! Ceilings: limits on quantities and attributes of what is done (ADC-02, section 4.2).
//!
//! **Invariant:** if `child.is_within(parent)` then whatever `child` lets through,
//! `parent` lets through. Two ceilings are compared only if key and type agree;
//! nothing is inferred from one type for another.
//!
//! A ceiling is a closed object: its `key` and one typed value; `rank` has its
//! `order` beside it. `rate` and `approval` are ours.
//!
//! ```json
//! {"key": "spend.usd_cents", "max_subtree": 500}
//! {"key": "egress", "rank": "internal", "order": ["none", "internal", "any"]}
//! {"key": "calls", "rate": {"n": 10, "per": 60}}
//! {"key": "deploy.run", "approval": {"n": 2, "by": ["user:alice", "user:bob"], "max_age": 300}}
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use super::rule;
use crate::constraint::Set;
use crate::json::{Number, Object, Value};
use crate::limits;

/// A limit on one quantity or attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Ceiling {
    key: String,
    rule: Rule,
}

/// What the quantity or attribute may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// At most this, in one action.
    Max(Number),
    /// At least this, in one action.
    Min(Number),
    /// At most this, in all actions under the token together.
    MaxLifetime(Amount),
    /// At most this, in all actions under the token and its descendants together.
    MaxSubtree(Amount),
    /// One of these.
    OneOf(Set),
    /// None of these.
    NotOneOf(Set),
    /// Text that begins with this.
    Prefix(String),
    /// A name that stands no higher than this one in the order.
    Rank(Rank),
    /// At most so much in any stretch of time, under the token and its descendants.
    Rate(Rate),
    /// People have to agree to the exact call.
    Approval(Quorum),
    /// A type that is not known here: no action passes.
    Unknown(Unknown),
}

/// A sum of something countable: from 0 to 2^53 - 1.
///
/// A negative amount would give back what others have used.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Amount(u64);

/// A name in an order from the least to the most.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rank {
    order: Vec<String>,
    position: usize,
}

/// So much in so many seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// How much.
    pub amount: Amount,
    /// In how many seconds.
    pub seconds: u32,
}

/// How many of which people have to agree, and how recently.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quorum {
    /// How many; at least one.
    pub count: usize,
    /// Of these people, in order and without repetition; at least as many as have to agree.
    pub by: Vec<String>,
    /// For how many seconds what was agreed holds.
    pub max_age: u32,
}

/// A ceiling as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    name: String,
    value: Value,
    canonical: String,
}

/// Why an object is not a ceiling.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CeilingError {
    /// Not an object with a proper `key`.
    #[error("a ceiling is an object with a `key`")]
    Key,
    /// Not exactly one typed value.
    #[error("a ceiling has one typed value beside its `key`")]
    Shape,
    /// The typed value is not what the type takes.
    #[error("ceiling `{0}` has not the value that its type takes")]
    Value(&'static str),
    /// A number is beyond 2^53 - 1.
    #[error("a number in a ceiling is beyond 2^53 - 1")]
    Number,
    /// A list or a text is too long.
    #[error("a ceiling exceeds a limit")]
    TooLarge,
}

impl Ceiling {
    /// Takes a key of at most [`limits::TOOL_ID_BYTES`] bytes.
    pub fn new(key: &str, rule: Rule) -> Option<Self> {
        let fits = !key.is_empty() && key.len() <= limits::TOOL_ID_BYTES;
        fits.then(|| Self { key: key.into(), rule })
    }

    /// Reads one ceiling; it is closed, so a member that the type does not have is an error.
    pub fn parse(value: &Value) -> Result<Self, CeilingError> {
        let object = value.as_object().ok_or(CeilingError::Key)?;
        let key = object.get("key").and_then(Value::as_str).ok_or(CeilingError::Key)?;
        Self::new(key, rule::parse(object)?).ok_or(CeilingError::Key)
    }

    /// The quantity or attribute that is limited.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it may be.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// What tells ceilings of one token apart: no two have one key and one type.
    pub(super) fn identity(&self) -> (&str, &str) {
        (&self.key, self.rule.type_name())
    }

    /// Whether whatever passes this ceiling passes `parent`, which has its key and type.
    pub fn is_within(&self, parent: &Self) -> bool {
        self.key == parent.key && self.rule.is_within(&parent.rule)
    }

    /// The widest ceiling within both, which have one key and one type; `None`
    /// where nothing would pass, or nothing can be written.
    pub(super) fn meet(&self, other: &Self) -> Option<Self> {
        let rule = self.rule.meet(&other.rule)?;
        Some(Self { key: self.key.clone(), rule })
    }

    /// The ceiling as it is written on the wire.
    pub fn to_object(&self) -> Object {
        rule::write(Object::new().with("key", self.key.as_str()), &self.rule)
    }
}

impl Amount {
    /// Takes an integer from 0 to 2^53 - 1.
    pub fn new(amount: i64) -> Option<Self> {
        // Above that an integer is no exact double, and other readers see another one.
        Number::from(amount).as_integer().and_then(|exact| u64::try_from(exact).ok()).map(Self)
    }

    /// The amount.
    pub fn get(self) -> u64 {
        self.0
    }

    pub(super) fn read(value: &Value) -> Option<Self> {
        value.as_integer().and_then(Self::new)
    }

    pub(super) fn to_value(self) -> Value {
        i64::try_from(self.0).unwrap_or(i64::MAX).into()
    }
}

impl Rank {
    /// Takes a name of an order of two or more distinct names: one alone orders nothing.
    pub fn new(name: &str, order: Vec<String>) -> Option<Self> {
        if order.len() < 2 {
            return None;
        }
        let distinct = order
            .iter()
            .enumerate()
            .all(|(index, one)| order.iter().position(|other| other == one) == Some(index));
        let position = order.iter().position(|one| one == name).filter(|_| distinct)?;
        Some(Self { order, position })
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.order.get(self.position).map_or("", String::as_str)
    }

    /// From the least to the most.
    pub fn order(&self) -> &[String] {
        &self.order
    }

    /// Whether `name` stands in the order, and no higher.
    pub fn allows(&self, name: &str) -> bool {
        self.order.iter().position(|one| one == name).is_some_and(|place| place <= self.position)
    }

    /// Element for element the same order, and no higher in it.
    fn is_within(&self, parent: &Self) -> bool {
        self.order == parent.order && self.position <= parent.position
    }
}

impl Quorum {
    /// Takes a number of people and the people; `None` if they could never be enough.
    pub fn new(count: usize, mut by: Vec<String>, max_age: u32) -> Option<Self> {
        by.sort_unstable();
        by.dedup();
        (count >= 1 && by.len() >= count).then_some(Self { count, by, max_age })
    }

    /// No fewer people, of no others, for no longer.
    fn is_within(&self, parent: &Self) -> bool {
        self.count >= parent.count
            && self.max_age <= parent.max_age
            && self.by.iter().all(|person| parent.by.contains(person))
    }

    fn meet(&self, other: &Self) -> Option<Self> {
        let common = self.by.iter().filter(|person| other.by.contains(person)).cloned();
        let max_age = self.max_age.min(other.max_age);
        Self::new(self.count.max(other.count), common.collect(), max_age)
    }
}

impl Unknown {
    pub(super) fn new(name: &str, value: &Value) -> Option<Self> {
        let canonical = value.to_canonical().ok()?;
        Some(Self { name: name.into(), value: value.clone(), canonical })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }
}

impl Rule {
    /// The type's name on the wire.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Max(_) => "max",
            Self::Min(_) => "min",
            Self::MaxLifetime(_) => "max_lifetime",
            Self::MaxSubtree(_) => "max_subtree",
            Self::OneOf(_) => "one_of",
            Self::NotOneOf(_) => "not_one_of",
            Self::Prefix(_) => "prefix",
            Self::Rank(_) => "rank",
            Self::Rate(_) => "rate",
            Self::Approval(_) => "approval",
            Self::Unknown(unknown) => unknown.name(),
        }
    }

    /// A3 to A6: one row for each type, and nothing across types.
    fn is_within(&self, parent: &Self) -> bool {
        use Rule as R;
        match (parent, self) {
            (R::Max(p), R::Max(c)) => c.as_f64() <= p.as_f64(),
            (R::Min(p), R::Min(c)) => c.as_f64() >= p.as_f64(),
            (R::MaxLifetime(p), R::MaxLifetime(c)) | (R::MaxSubtree(p), R::MaxSubtree(c)) => c <= p,
            (R::OneOf(p), R::OneOf(c)) => c.is_subset_of(p),
            (R::NotOneOf(p), R::NotOneOf(c)) => p.is_subset_of(c),
            (R::Prefix(p), R::Prefix(c)) => c.starts_with(p.as_str()),
            (R::Rank(p), R::Rank(c)) => c.is_within(p),
            (R::Rate(p), R::Rate(c)) => c.seconds == p.seconds && c.amount <= p.amount,
            (R::Approval(p), R::Approval(c)) => c.is_within(p),
            (R::Unknown(p), R::Unknown(c)) => c.name == p.name && c.canonical == p.canonical,
            (
                R::Max(_)
                | R::Min(_)
                | R::MaxLifetime(_)
                | R::MaxSubtree(_)
                | R::OneOf(_)
                | R::NotOneOf(_)
                | R::Prefix(_)
                | R::Rank(_)
                | R::Rate(_)
                | R::Approval(_)
                | R::Unknown(_),
                _,
            ) => false,
        }
    }

    /// For most types one of the two is within the other.
    fn meet(&self, other: &Self) -> Option<Self> {
        if self.is_within(other) {
            return Some(self.clone());
        }
        if other.is_within(self) {
            return Some(other.clone());
        }
        match (self, other) {
            (Self::OneOf(a), Self::OneOf(b)) => a.intersection(b).map(Self::OneOf),
            (Self::NotOneOf(a), Self::NotOneOf(b)) => Some(Self::NotOneOf(a.union(b))),
            (Self::Approval(a), Self::Approval(b)) => a.meet(b).map(Self::Approval),
            _ => None,
        }
    }
}
