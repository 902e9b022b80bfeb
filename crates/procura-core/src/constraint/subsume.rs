//! The subsumption table: which rule is within which.

use super::{Bound, Constraint, Range};

/// Whether `child` accepts nothing that `parent` refuses. What is not listed is not.
pub(super) fn is_within(child: &Constraint, parent: &Constraint) -> bool {
    use Constraint as C;
    match (parent, child) {
        (C::Wildcard, _) => true,
        (C::Exact(p), C::Exact(c)) => p == c,
        (C::OneOf(_) | C::Range(_) | C::PathContainment(_) | C::UrlContainment(_), C::Exact(c)) => {
            parent.accepts(c.as_value())
        }
        (C::OneOf(p), C::OneOf(c)) => c.is_subset_of(p),
        (C::PathContainment(_) | C::UrlContainment(_), C::OneOf(c)) => {
            c.iter().all(|item| parent.accepts(item.as_value()))
        }
        (C::NotOneOf(p), C::NotOneOf(c)) | (C::Contains(p), C::Contains(c)) => p.is_subset_of(c),
        (C::Subset(p), C::Subset(c)) => c.is_subset_of(p),
        (C::Range(p), C::Range(c)) => range_within(c, p),
        (C::All(p), C::All(c)) => p.iter().all(|rule| c.iter().any(|own| is_within(own, rule))),
        (C::Any(p), C::Any(c)) => c.iter().all(|own| p.iter().any(|rule| is_within(own, rule))),
        (C::PathContainment(p), C::PathContainment(c)) => p.contains(c),
        (C::UrlContainment(p), C::UrlContainment(c)) => c.is_within(p),
        (
            C::Exact(_)
            | C::OneOf(_)
            | C::NotOneOf(_)
            | C::Range(_)
            | C::Contains(_)
            | C::Subset(_)
            | C::All(_)
            | C::Any(_)
            | C::PathContainment(_)
            | C::UrlContainment(_),
            _,
        ) => false,
    }
}

fn range_within(child: &Range, parent: &Range) -> bool {
    let min = bound_within(child.min, parent.min, |child, parent| child > parent);
    let max = bound_within(child.max, parent.max, |child, parent| child < parent);
    min && max
}

/// A bound of the parent must exist in the child, be as tight, and at the same
/// place not turn inclusive.
fn bound_within(
    child: Option<Bound>,
    parent: Option<Bound>,
    is_tighter: impl Fn(f64, f64) -> bool,
) -> bool {
    let Some(parent) = parent else { return true };
    let Some(child) = child else { return false };
    let (at, limit) = (child.at.as_f64(), parent.at.as_f64());
    is_tighter(at, limit) || (at == limit && (parent.inclusive || !child.inclusive))
}
