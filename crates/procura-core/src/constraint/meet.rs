//! The largest rules below two others.
//!
//! A holder asks for something and holds something; what it may give is below
//! both. It is a convenience and not a check: what it answers is compared with
//! the parent again, by [`Constraint::is_within`], before anything is signed.
//!
//! The table of [`super::subsume`] has pairs without one largest rule below:
//! `exact` 1 and `exact` 2 are both within `one_of` 1, 2, 3 and within `range` 0 to
//! 2, and no rule above them is, since the table has no `one_of` within a `range`.
//! So the answer is a list of rules of which none is within another. Over such
//! lists the meet is commutative, associative and idempotent, and a list is below
//! another exactly if their meet is the list itself.

use alloc::vec::Vec;

use super::{Bound, Constraint, Range};

/// The largest rules that are within both; none where nothing is.
///
/// A `range` that no number passes is left out, since a rule that accepts
/// nothing is a mistake nobody should sign.
pub(super) fn lower_bounds(a: &Constraint, b: &Constraint) -> Vec<Constraint> {
    use Constraint as C;
    if a.is_within(b) {
        return alloc::vec![a.clone()];
    }
    if b.is_within(a) {
        return alloc::vec![b.clone()];
    }
    match (a, b) {
        (C::OneOf(values), C::Range(_)) | (C::Range(_), C::OneOf(values)) => {
            let both =
                |item: &&super::Item| a.accepts(&item.to_value()) && b.accepts(&item.to_value());
            values.iter().filter(both).cloned().map(C::Exact).collect()
        }
        (C::Any(a), C::Any(b)) => {
            let pairs = a.iter().flat_map(|a| b.iter().flat_map(move |b| lower_bounds(a, b)));
            let common = widest(pairs.collect());
            if common.is_empty() { Vec::new() } else { alloc::vec![C::Any(common)] }
        }
        _ => one_lower_bound(a, b).into_iter().collect(),
    }
}

/// For the pairs that have at most one largest rule below.
fn one_lower_bound(a: &Constraint, b: &Constraint) -> Option<Constraint> {
    use Constraint as C;
    match (a, b) {
        (C::OneOf(values), other) | (other, C::OneOf(values)) => {
            let kept = values.filter(|item| other.accepts(&item.to_value()));
            let kept = (!kept.is_empty()).then_some(C::OneOf(kept))?;
            // `not_one_of` accepts values, but the table has no `one_of` within it.
            (kept.is_within(a) && kept.is_within(b)).then_some(kept)
        }
        (C::NotOneOf(a), C::NotOneOf(b)) => Some(C::NotOneOf(a.union(b))),
        (C::Contains(a), C::Contains(b)) => Some(C::Contains(a.union(b))),
        (C::Subset(a), C::Subset(b)) => Some(C::Subset(a.filter(|item| b.has(&item.to_value())))),
        (C::Range(a), C::Range(b)) => {
            let range = Range {
                min: tighter(a.min, b.min, |a, b| a > b),
                max: tighter(a.max, b.max, |a, b| a < b),
            };
            (!range.is_empty()).then_some(C::Range(range))
        }
        (C::All(a), C::All(b)) => Some(C::All(narrowest(a.iter().chain(b).cloned().collect()))),
        _ => None,
    }
}

/// Without rules that are within another one: `any` and lists of lower bounds.
pub(super) fn widest(rules: Vec<Constraint>) -> Vec<Constraint> {
    without(rules, |one, other| one.is_within(other))
}

/// Without rules that another one is within: `all`.
fn narrowest(rules: Vec<Constraint>) -> Vec<Constraint> {
    without(rules, |one, other| other.is_within(one))
}

/// Drops what another rule makes superfluous; of two that do so to each other the first stays.
fn without(
    rules: Vec<Constraint>,
    is_superfluous: impl Fn(&Constraint, &Constraint) -> bool,
) -> Vec<Constraint> {
    let mut kept: Vec<Constraint> = Vec::new();
    for rule in rules {
        if !kept.iter().any(|other| is_superfluous(&rule, other)) {
            kept.retain(|other| !is_superfluous(other, &rule));
            kept.push(rule);
        }
    }
    kept
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
