//! The smallest rule above two others.

use alloc::vec::Vec;

use super::widen;
use crate::constraint::Constraint;

/// The smallest rule that both are within, in the table of subsumption.
///
/// A type without a common rule is joined by `wildcard`, which is above all.
pub fn join(a: &Constraint, b: &Constraint) -> Constraint {
    use Constraint as C;
    if a.is_within(b) {
        return b.clone();
    }
    if b.is_within(a) {
        return a.clone();
    }
    let joined = match (a, b) {
        (_, C::Exact(item)) => widen(a, &item.to_value()),
        (C::Exact(item), _) => widen(b, &item.to_value()),
        (C::Any(ours), C::Any(theirs)) => C::Any(ours.iter().chain(theirs).cloned().collect()),
        (C::All(ours), C::All(theirs)) => all(ours, theirs),
        (_, C::OneOf(set)) => set.iter().fold(a.clone(), |rule, one| widen(&rule, &one.to_value())),
        (C::OneOf(set), _) => set.iter().fold(b.clone(), |rule, one| widen(&rule, &one.to_value())),
        _ => a.join_of_type(b).unwrap_or(C::Wildcard),
    };
    // What the table does not order has nothing above it but the wildcard.
    if a.is_within(&joined) && b.is_within(&joined) { joined } else { C::Wildcard }
}

/// Every rule that is above one of each list.
fn all(ours: &[Constraint], theirs: &[Constraint]) -> Constraint {
    let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| join(a, b)));
    let rules: Vec<Constraint> = pairs.filter(|rule| *rule != Constraint::Wildcard).collect();
    if rules.is_empty() { Constraint::Wildcard } else { Constraint::All(rules) }
}
