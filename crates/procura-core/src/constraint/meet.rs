//! The largest rule below two others, where the format has one.
//!
//! A holder asks for something and holds something; the meet is what it may
//! give. It is a convenience and not a check: what it answers is compared with
//! the parent again, by [`Constraint::is_within`], before anything is signed.

use alloc::vec::Vec;

use super::{Bound, Constraint, Range, Set};

/// The meet, or `None` where nothing is below both, or nothing that can be written.
///
/// A meet of two `range`s may be a single point; one that is empty is `None`,
/// since a rule that accepts nothing is a mistake nobody should sign.
pub(super) fn meet(a: &Constraint, b: &Constraint) -> Option<Constraint> {
    use Constraint as C;
    if a.is_within(b) {
        return Some(a.clone());
    }
    if b.is_within(a) {
        return Some(b.clone());
    }
    match (a, b) {
        (C::OneOf(values), other) | (other, C::OneOf(values)) => {
            let kept = values.filter(|item| other.accepts(item.as_value()));
            let kept = (!kept.is_empty()).then_some(C::OneOf(kept))?;
            // Not every pair that has common values is in the subsumption table.
            (kept.is_within(a) && kept.is_within(b)).then_some(kept)
        }
        (C::NotOneOf(a), C::NotOneOf(b)) => Some(C::NotOneOf(union(a, b))),
        (C::Contains(a), C::Contains(b)) => Some(C::Contains(union(a, b))),
        (C::Subset(a), C::Subset(b)) => {
            let common = a.filter(|item| b.has(item.as_value()));
            (!common.is_empty()).then_some(C::Subset(common))
        }
        (C::Range(a), C::Range(b)) => {
            let range = Range {
                min: tighter(a.min, b.min, |a, b| a > b),
                max: tighter(a.max, b.max, |a, b| a < b),
            };
            (!range.is_empty()).then_some(C::Range(range))
        }
        (C::All(a), C::All(b)) => Some(C::All(a.iter().chain(b).cloned().collect())),
        (C::Any(a), C::Any(b)) => {
            let common: Vec<C> =
                a.iter().flat_map(|a| b.iter().filter_map(move |b| meet(a, b))).collect();
            (!common.is_empty()).then_some(C::Any(common))
        }
        (
            C::Wildcard
            | C::Exact(_)
            | C::NotOneOf(_)
            | C::Range(_)
            | C::Contains(_)
            | C::Subset(_)
            | C::All(_)
            | C::Any(_)
            | C::PathContainment(_)
            | C::UrlContainment(_),
            _,
        ) => None,
    }
}

/// More excluded, or more required: for both types the longer list is narrower.
fn union(a: &Set, b: &Set) -> Set {
    Set::new(a.iter().chain(b.iter()).cloned().collect())
}

/// The narrower of two bounds; at one place, the one that excludes it.
fn tighter(
    a: Option<Bound>,
    b: Option<Bound>,
    is_tighter: impl Fn(f64, f64) -> bool,
) -> Option<Bound> {
    let (Some(first), Some(second)) = (a, b) else {
        return a.or(b);
    };
    let (at, other) = (first.at.as_f64(), second.at.as_f64());
    if at == other {
        return Some(Bound { at: first.at, inclusive: first.inclusive && second.inclusive });
    }
    Some(if is_tighter(at, other) { first } else { second })
}

impl Range {
    /// Whether no number is within.
    pub(super) fn is_empty(&self) -> bool {
        let (Some(min), Some(max)) = (self.min, self.max) else {
            return false;
        };
        let (low, high) = (min.at.as_f64(), max.at.as_f64());
        low > high || (low == high && !(min.inclusive && max.inclusive))
    }
}
