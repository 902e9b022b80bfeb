//! What one argument of a tool may be.
//!
//! **Invariant:** if `child.is_within(parent)` then every value that `child`
//! accepts, `parent` accepts. Every pair of types that is not listed is not within.
//!
//! A constraint is an object with a `constraint_type` and the members of that
//! type, nothing else:
//!
//! ```json
//! {"constraint_type": "one_of", "values": ["main", "release"]}
//! {"constraint_type": "range", "min": 1, "max": 20, "max_inclusive": false}
//! {"constraint_type": "url_containment", "origin": "https://api.example", "path": "/v1"}
//! ```
//!
//! The types through `any` are the core of AAT-02. The two containments are
//! ours; a verifier that does not know them has to refuse the whole chain. There
//! is no pattern language: whether one expression is within another cannot be
//! decided for most of them, and what is decided by guessing can be widened.

mod extend;
mod meet;
mod parse;
pub mod path;
mod subsume;
pub mod url;
mod write;

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

pub use parse::{ConstraintError, Counter};

use smol_str::SmolStr;

use crate::json::{self, Value, utf16_order};
use path::Path;
use url::UrlScope;

/// A rule over one argument. The wire names the variants in snake case.
///
/// ```
/// use procura_core::constraint::{Constraint, Counter};
/// use procura_core::json;
///
/// let text = br#"{"constraint_type":"path_containment","root":"/src"}"#;
/// let rule = Constraint::parse(&json::parse(text)?, &mut Counter::default())?;
/// assert!(rule.accepts(&"/src/auth.ts".into()));
/// assert!(!rule.accepts(&"/srcx/auth.ts".into()));
/// assert!(!rule.accepts(&"/src/../etc/passwd".into()));
/// assert!(rule.accepts(&"/tmp/../src/auth.ts".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// Any value.
    Wildcard,
    /// This scalar.
    Exact(Item),
    /// One of these; there is at least one.
    OneOf(Set),
    /// None of these.
    NotOneOf(Set),
    /// A number within bounds.
    Range(Range),
    /// A list that has all of these.
    Contains(Set),
    /// A list that has nothing but these.
    Subset(Set),
    /// All of these rules; there is at least one.
    All(Vec<Constraint>),
    /// One of these rules; there is at least one.
    Any(Vec<Constraint>),
    /// A path at or below a root.
    PathContainment(Path),
    /// An http(s) URL at one origin, at or below a path.
    UrlContainment(UrlScope),
}

/// A JSON value that compares by its canonical form.
///
/// So `1`, `1.0` and `1e0` are one value, as they are to a tool that reads
/// doubles, and members may stand in any order; `"1"` is another value. Only that form
/// is kept: a token may list thousands, and they stay as long as it.
#[derive(Clone, Debug)]
pub struct Item {
    canonical: SmolStr,
}

/// Values without repetition, in UTF-16 order of their canonical forms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Set(Vec<Item>);

/// Bounds of a number; a missing bound bounds nothing.
///
/// Truth values and numbers in strings are not numbers, so a range refuses them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    min: Option<Bound>,
    max: Option<Bound>,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound {
    at: crate::json::Number,
    inclusive: bool,
}

impl Bound {
    fn as_f64(self) -> f64 {
        self.at.as_f64()
    }
}

impl Constraint {
    /// Whether `value` is acceptable.
    ///
    /// It fails closed: a value of a kind that the rule is not about is refused. A
    /// number that is not exactly a double equals nothing and lies in no range; step
    /// 6b refuses arguments with such numbers before they come here. `not_one_of`
    /// accepts whatever it does not list, of any kind.
    pub fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Wildcard => true,
            Self::Exact(item) => item.is(value),
            Self::OneOf(set) => set.has(value),
            Self::NotOneOf(set) => value.is_admissible() && !set.has(value),
            Self::Range(range) => range.accepts(value),
            Self::Contains(set) => value.as_array().is_some_and(|list| set.is_all_in(list)),
            Self::Subset(set) => {
                value.as_array().is_some_and(|list| list.iter().all(|value| set.has(value)))
            }
            Self::All(rules) => rules.iter().all(|rule| rule.accepts(value)),
            Self::Any(rules) => rules.iter().any(|rule| rule.accepts(value)),
            Self::PathContainment(root) => {
                value.as_str().and_then(Path::parse).is_some_and(|path| root.contains(&path))
            }
            Self::UrlContainment(scope) => value.as_str().is_some_and(|text| scope.contains(text)),
        }
    }

    /// Whether everything that this rule accepts, `parent` accepts too.
    ///
    /// Step 4p4. `true` is a proof, `false` is not: some pairs that would hold are
    /// not in the table, and are refused so that all verifiers answer alike.
    pub fn is_within(&self, parent: &Self) -> bool {
        subsume::is_within(self, parent)
    }

    /// The largest rules within both, of which none is within another.
    pub fn lower_bounds(&self, other: &Self) -> Vec<Self> {
        meet::lower_bounds(self, other)
    }

    /// The largest rule within both; `None` where there is none, or more than one.
    ///
    /// A delegation has one rule for an argument, so where the format cannot write
    /// what is common to two, nothing is made.
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let [one] = <[Self; 1]>::try_from(self.lower_bounds(other)).ok()?;
        Some(one)
    }

    /// Whether nothing passes: a `range` whose only number is excluded, or what is made of such.
    ///
    /// What it answers is true; rules that contradict each other inside an `all`
    /// are not looked for.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Range(range) => range.is_empty(),
            Self::All(rules) => rules.iter().any(Self::is_empty),
            Self::Any(rules) => rules.iter().all(Self::is_empty),
            Self::Wildcard
            | Self::Exact(_)
            | Self::OneOf(_)
            | Self::NotOneOf(_)
            | Self::Contains(_)
            | Self::Subset(_)
            | Self::PathContainment(_)
            | Self::UrlContainment(_) => false,
        }
    }

    /// The rule's name on the wire.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Wildcard => "wildcard",
            Self::Exact(_) => "exact",
            Self::OneOf(_) => "one_of",
            Self::NotOneOf(_) => "not_one_of",
            Self::Range(_) => "range",
            Self::Contains(_) => "contains",
            Self::Subset(_) => "subset",
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::PathContainment(_) => "path_containment",
            Self::UrlContainment(_) => "url_containment",
        }
    }
}

impl Item {
    /// Takes a value whose numbers are exact; `None` otherwise.
    pub fn new(value: &Value) -> Option<Self> {
        Some(Self { canonical: value.to_canonical().ok()?.into() })
    }

    /// The value.
    pub fn to_value(&self) -> Value {
        // A canonical form is JSON, and denotes the value it was made of.
        json::parse(self.canonical.as_bytes()).unwrap_or(Value::Null)
    }

    /// Equal by canonical form; an inadmissible number equals nothing.
    fn is(&self, value: &Value) -> bool {
        value.to_canonical().is_ok_and(|canonical| canonical == self.canonical)
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Item {}

impl Set {
    /// Collects `items`, sorted and without repetition.
    ///
    /// The order is that of RFC 8785, section 3.2.3, so that one set is written in
    /// one way and tokens can be compared byte for byte.
    pub fn new(mut items: Vec<Item>) -> Self {
        items.sort_unstable_by(|a, b| utf16_order(&a.canonical, &b.canonical));
        items.dedup();
        // It is kept for as long as its token, and may be most of what that takes.
        items.shrink_to_fit();
        Self(items)
    }

    /// The items in order.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `value` is one of the items. It is canonicalised once and looked up:
    /// a long list against a long set must not cost their product, because an
    /// agent chooses both.
    pub fn has(&self, value: &Value) -> bool {
        value.to_canonical().is_ok_and(|canonical| self.has_canonical(&canonical))
    }

    fn has_canonical(&self, canonical: &str) -> bool {
        let order = |item: &Item| utf16_order(&item.canonical, canonical);
        self.0.binary_search_by(order).is_ok()
    }

    /// Whether every item is an element of `list`.
    fn is_all_in(&self, list: &[Value]) -> bool {
        let elements: BTreeSet<String> =
            list.iter().filter_map(|value| value.to_canonical().ok()).collect();
        self.0.iter().all(|item| elements.contains(item.canonical.as_str()))
    }

    /// Whether `other` has every item.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        // Both are in order, so what was passed over is never needed again.
        let mut theirs = other.0.iter();
        self.0.iter().all(|item| theirs.any(|other| other.canonical == item.canonical))
    }

    /// The items that both have; `None` if there is none.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let common = self.filter(|item| other.has_canonical(&item.canonical));
        (!common.is_empty()).then_some(common)
    }

    /// The items of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::new(self.iter().chain(other.iter()).cloned().collect())
    }

    fn filter(&self, keep: impl Fn(&Item) -> bool) -> Self {
        Self(self.0.iter().filter(|item| keep(item)).cloned().collect())
    }
}

impl Range {
    fn accepts(&self, value: &Value) -> bool {
        let Some(number) = value.as_number().filter(|number| number.is_admissible()) else {
            return false;
        };
        let number = number.as_f64();
        let above = self.min.is_none_or(|bound| {
            number > bound.at.as_f64() || (bound.inclusive && number >= bound.at.as_f64())
        });
        let below = self.max.is_none_or(|bound| {
            number < bound.at.as_f64() || (bound.inclusive && number <= bound.at.as_f64())
        });
        above && below
    }
}
