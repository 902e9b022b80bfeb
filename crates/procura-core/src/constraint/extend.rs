//! The smallest rule of the same type, above another one, that accepts a value.

use alloc::vec::Vec;

use super::{Bound, Constraint, Item, Range, Set};
use crate::json::Value;

impl Constraint {
    /// An `exact` rule; `None` if the value is no scalar, or a number that is not exact.
    pub fn exact(value: &Value) -> Option<Self> {
        Item::new(value).filter(|_| value.is_scalar()).map(Self::Exact)
    }

    /// A `one_of` rule of scalars; `None` if there is none, or one that is no scalar.
    pub fn one_of(values: &[Value]) -> Option<Self> {
        let item = |value: &Value| Item::new(value).filter(|_| value.is_scalar());
        let items: Vec<Item> = values.iter().map(item).collect::<Option<_>>()?;
        (!items.is_empty()).then(|| Self::OneOf(Set::new(items)))
    }

    /// This rule, with as much more as `value` needs; `None` where the type has no
    /// rule for that.
    pub(crate) fn extended_to(&self, value: &Value) -> Option<Self> {
        match self {
            Self::NotOneOf(set) => Some(Self::NotOneOf(set.filter(|item| !item.is(value)))),
            Self::Range(range) => range.extended_to(value).map(Self::Range),
            Self::Contains(set) => {
                let has = Set::new(items(value)?);
                Some(Self::Contains(set.filter(|item| has.has(&item.to_value()))))
            }
            Self::Subset(set) => Some(Self::Subset(set.union(&Set::new(items(value)?)))),
            Self::PathContainment(root) => {
                let path = super::path::Path::parse(value.as_str()?)?;
                Some(Self::PathContainment(root.common(&path)))
            }
            Self::UrlContainment(scope) => {
                scope.extended_to(value.as_str()?).map(Self::UrlContainment)
            }
            Self::Wildcard | Self::Exact(_) | Self::OneOf(_) | Self::All(_) | Self::Any(_) => None,
        }
    }
}

impl Constraint {
    /// The smallest rule of their type above two rules of one type.
    pub(crate) fn join_of_type(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::NotOneOf(a), Self::NotOneOf(b)) => {
                Some(Self::NotOneOf(a.filter(|item| b.has(&item.to_value()))))
            }
            (Self::Contains(a), Self::Contains(b)) => {
                Some(Self::Contains(a.filter(|item| b.has(&item.to_value()))))
            }
            (Self::Subset(a), Self::Subset(b)) => Some(Self::Subset(a.union(b))),
            (Self::Range(a), Self::Range(b)) => Some(Self::Range(Range {
                min: looser(a.min, b.min, |a, b| a < b),
                max: looser(a.max, b.max, |a, b| a > b),
            })),
            (Self::PathContainment(a), Self::PathContainment(b)) => {
                Some(Self::PathContainment(a.common(b)))
            }
            (Self::UrlContainment(a), Self::UrlContainment(b)) => {
                a.common(b).map(Self::UrlContainment)
            }
            _ => None,
        }
    }
}

/// The wider of two bounds; none is the widest, and at one place the one that includes it.
fn looser(
    a: Option<Bound>,
    b: Option<Bound>,
    is_looser: impl Fn(f64, f64) -> bool,
) -> Option<Bound> {
    let (first, second) = a.zip(b)?;
    let (at, other) = (first.as_f64(), second.as_f64());
    if at == other {
        return Some(Bound { at: first.at, inclusive: first.inclusive || second.inclusive });
    }
    Some(if is_looser(at, other) { first } else { second })
}

fn items(value: &Value) -> Option<Vec<Item>> {
    value.as_array()?.iter().map(Item::new).collect()
}

impl Range {
    fn extended_to(&self, value: &Value) -> Option<Self> {
        let at = *value.as_number().filter(|number| number.is_admissible())?;
        let here = Bound { at, inclusive: true };
        let is_below = |bound: Bound| at.as_f64() <= bound.as_f64();
        let is_above = |bound: Bound| at.as_f64() >= bound.as_f64();
        let min = self.min.map(|min| if is_below(min) { here } else { min });
        let max = self.max.map(|max| if is_above(max) { here } else { max });
        Some(Self { min, max })
    }
}
