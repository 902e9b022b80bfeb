//! Reading a constraint tree. It is closed: an unknown type or member is an error.
//!
//! Steps 3n and 4o. A rule that is not understood cannot be kept, and a member
//! that is not read may be what made the rule narrow: `max` misspelt as `maximum`
//! would leave a range without an end. It does not matter whether the tool is
//! the one that is called; one unknown rule refuses the chain.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::path::Path;
use super::url::UrlScope;
use super::{Bound, Constraint, Item, Range, Set};
use crate::json::{Number, Object, Value};
use crate::limits;
use crate::refusal::shown;

/// Why a constraint is not one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConstraintError {
    /// A type that this verifier does not know, so it cannot keep it.
    #[error("unknown constraint type `{0}`")]
    UnknownType(String),
    /// A member is missing, of the wrong kind, or empty where it may not be.
    #[error("constraint `{kind}` has no proper member `{member}`")]
    Member {
        /// The constraint's type.
        kind: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A member that this type does not have.
    #[error("constraint `{kind}` has no member `{member}`")]
    Surplus {
        /// The constraint's type.
        kind: &'static str,
        /// The member.
        member: String,
    },
    /// Not a JSON object with a `constraint_type`.
    #[error("a constraint is an object with a constraint_type")]
    Shape,
    /// A number in it is not exactly a double.
    ///
    /// 2^53 + 1 in a limit is 2^53 to most readers: two gateways would keep
    /// different limits under one signature.
    #[error("a number in constraint `{0}` is not exactly a double")]
    Number(&'static str),
    /// The bounds of a range are the wrong way round.
    #[error("the range's min is greater than its max")]
    InvertedRange,
    /// Too deep, too many, or too long.
    #[error("the constraint exceeds a limit")]
    TooLarge,
}

/// Counts the constraints of one tool against the limit.
///
/// One is shared by all arguments of the tool, because it is the sum that
/// bounds the work of a comparison.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter(usize);

impl Constraint {
    /// Reads one constraint. `optional` is not a member of it; the map takes it off before.
    ///
    /// `Ok` means: the type is known, its members are there and no others, numbers
    /// are exact, and the tree is within the limits of nesting, count and length.
    /// It may still accept nothing, as a `range` from 1 to 1 that excludes 1.
    pub fn parse(value: &Value, counter: &mut Counter) -> Result<Self, ConstraintError> {
        parse_at(value, counter, 0)
    }
}

/// Counts before it reads, so that a tree that is too large costs no more than
/// the limit.
fn parse_at(
    value: &Value,
    counter: &mut Counter,
    depth: usize,
) -> Result<Constraint, ConstraintError> {
    counter.0 = counter.0.saturating_add(1);
    if counter.0 > limits::CONSTRAINTS_PER_TOOL || depth >= limits::CONSTRAINT_DEPTH {
        return Err(ConstraintError::TooLarge);
    }
    let object = value.as_object().ok_or(ConstraintError::Shape)?;
    let name = object.get("constraint_type").and_then(Value::as_str);
    let name = name.ok_or(ConstraintError::Shape)?;
    let mut branches = |kind| branches(object, kind, counter, depth);
    match name {
        "wildcard" => closed(object, "wildcard", &[]).map(|()| Constraint::Wildcard),
        "exact" => exact(object),
        "one_of" => set(object, "one_of", "values", Emptiness::Refused).map(Constraint::OneOf),
        "not_one_of" => {
            set(object, "not_one_of", "excluded", Emptiness::Allowed).map(Constraint::NotOneOf)
        }
        "contains" => {
            set(object, "contains", "required", Emptiness::Allowed).map(Constraint::Contains)
        }
        "subset" => set(object, "subset", "allowed", Emptiness::Allowed).map(Constraint::Subset),
        "range" => range(object),
        "all" => branches("all").map(Constraint::All),
        "any" => branches("any").map(Constraint::Any),
        "path_containment" => path(object),
        "url_containment" => url(object),
        unknown => Err(ConstraintError::UnknownType(shown(unknown))),
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
/// Whether a list of values may be empty. An empty `one_of` accepts nothing and
/// AAT-02 calls it malformed; an empty `subset` accepts the empty list.
enum Emptiness {
    Allowed,
    Refused,
}

/// Refuses members that are not `known`. What is repeated of them in the error
/// is cut short, as an attacker wrote it.
fn closed(object: &Object, kind: &'static str, known: &[&str]) -> Result<(), ConstraintError> {
    let surplus =
        object.iter().find(|(name, _)| *name != "constraint_type" && !known.contains(name));
    match surplus {
        Some((member, _)) => Err(ConstraintError::Surplus { kind, member: shown(member) }),
        None => Ok(()),
    }
}

fn exact(object: &Object) -> Result<Constraint, ConstraintError> {
    closed(object, "exact", &["value"])?;
    let missing = ConstraintError::Member { kind: "exact", member: "value" };
    let value = object.get("value").filter(|value| value.is_scalar()).ok_or(missing)?;
    item(value, "exact").map(Constraint::Exact)
}

fn item(value: &Value, kind: &'static str) -> Result<Item, ConstraintError> {
    let item = Item::new(value).ok_or(ConstraintError::Number(kind))?;
    if item.canonical.len() > limits::VALUE_BYTES {
        return Err(ConstraintError::TooLarge);
    }
    Ok(item)
}

fn set(
    object: &Object,
    kind: &'static str,
    member: &'static str,
    emptiness: Emptiness,
) -> Result<Set, ConstraintError> {
    closed(object, kind, &[member])?;
    let missing = ConstraintError::Member { kind, member };
    let values = object.get(member).and_then(Value::as_array).ok_or_else(|| missing.clone())?;
    if values.is_empty() && emptiness == Emptiness::Refused {
        return Err(missing);
    }
    let items: Result<Vec<Item>, _> = values.iter().map(|value| item(value, kind)).collect();
    items.map(Set::new)
}

fn range(object: &Object) -> Result<Constraint, ConstraintError> {
    closed(object, "range", &["min", "max", "min_inclusive", "max_inclusive"])?;
    let min = bound(object, "min", "min_inclusive")?;
    let max = bound(object, "max", "max_inclusive")?;
    // AAT-02, section 3.4: one point that is excluded accepts nothing, but it is well-formed.
    let (low, high) = (min.map(Bound::as_f64), max.map(Bound::as_f64));
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Err(ConstraintError::InvertedRange);
    }
    Ok(Constraint::Range(Range { min, max }))
}

/// One end of a range; a bound without its flag is inclusive.
fn bound(
    object: &Object,
    member: &'static str,
    flag: &'static str,
) -> Result<Option<Bound>, ConstraintError> {
    let wrong = |member| ConstraintError::Member { kind: "range", member };
    let inclusive = match object.get(flag) {
        Some(value) => value.as_bool().ok_or(wrong(flag))?,
        None => true,
    };
    let Some(value) = object.get(member) else {
        // AAT-02, section 3.4: the flag comes only with its bound.
        return match object.get(flag) {
            Some(_) => Err(wrong(member)),
            None => Ok(None),
        };
    };
    let at: Number = *value.as_number().ok_or(wrong(member))?;
    if !at.is_admissible() {
        return Err(ConstraintError::Number("range"));
    }
    Ok(Some(Bound { at, inclusive }))
}

fn branches(
    object: &Object,
    kind: &'static str,
    counter: &mut Counter,
    depth: usize,
) -> Result<Vec<Constraint>, ConstraintError> {
    closed(object, kind, &["constraints"])?;
    let missing = ConstraintError::Member { kind, member: "constraints" };
    let values = object.get("constraints").and_then(Value::as_array);
    let values = values.filter(|values| !values.is_empty()).ok_or(missing)?;
    values.iter().map(|value| parse_at(value, counter, depth.saturating_add(1))).collect()
}

fn path(object: &Object) -> Result<Constraint, ConstraintError> {
    closed(object, "path_containment", &["root"])?;
    let root = text(object, "path_containment", "root")?;
    let wrong = ConstraintError::Member { kind: "path_containment", member: "root" };
    Path::parse(&root).map(Constraint::PathContainment).ok_or(wrong)
}

fn url(object: &Object) -> Result<Constraint, ConstraintError> {
    let kind = "url_containment";
    closed(object, kind, &["origin", "path"])?;
    let origin = text(object, kind, "origin")?;
    let path = match object.get("path") {
        Some(_) => text(object, kind, "path")?,
        None => "/".to_string(),
    };
    let wrong = ConstraintError::Member { kind, member: "origin" };
    UrlScope::new(&origin, &path).map(Constraint::UrlContainment).ok_or(wrong)
}

fn text(
    object: &Object,
    kind: &'static str,
    member: &'static str,
) -> Result<String, ConstraintError> {
    let missing = ConstraintError::Member { kind, member };
    let text = object.get(member).and_then(Value::as_str).ok_or(missing)?;
    if text.len() > limits::VALUE_BYTES {
        return Err(ConstraintError::TooLarge);
    }
    Ok(text.into())
}
