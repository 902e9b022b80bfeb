//! The subsumption table: which rule is within which.
//!
//! Step 4p4. This is what stops a holder from giving away more than it holds, so
//! it is a table and not a search: a pair is within because a line says so, and
//! for each line the claim "what the child accepts, the parent accepts" can be
//! checked by reading it. A new type makes the last arm fail to compile.
//!
//! | parent | children that may be within |
//! |---|---|
//! | `wildcard` | every type |
//! | `exact` | the same value |
//! | `one_of` | an `exact` member, a `one_of` of members |
//! | `range` | an `exact` number inside, a `range` inside |
//! | `not_one_of`, `contains` | the same type with a longer list |
//! | `subset` | a `subset` with a shorter list |
//! | `all` | an `all` with a clause within each of the parent's |
//! | `any` | an `any` whose clauses are each within one of the parent's |
//! | the containments | `exact` and `one_of` inside, the same type further down |

use super::{Bound, Constraint, Range};

/// Whether `child` accepts nothing that `parent` refuses. What is not listed is not.
pub(super) fn is_within(child: &Constraint, parent: &Constraint) -> bool {
    use Constraint as C;
    match (parent, child) {
        (C::Wildcard, _) => true,
        (C::Exact(p), C::Exact(c)) => p == c,
        (C::OneOf(_) | C::Range(_) | C::PathContainment(_) | C::UrlContainment(_), C::Exact(c)) => {
            parent.accepts(&c.to_value())
        }
        (C::OneOf(p), C::OneOf(c)) => c.is_subset_of(p),
        (C::PathContainment(_) | C::UrlContainment(_), C::OneOf(c)) => {
            c.iter().all(|item| parent.accepts(&item.to_value()))
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

/// Bounds are compared as doubles; both were read as exactly that.
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
