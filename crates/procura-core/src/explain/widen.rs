//! The smallest rule above another one that also accepts a value.

use alloc::vec::Vec;

use crate::constraint::Constraint;
use crate::json::Value;

/// The smallest rule that `rule` is within and that accepts `value`.
///
/// Smallest in the table of subsumption, not in what is accepted: `any` of the old
/// rule and the value would accept less, but the old rule is not within it, and
/// every delegation below would have to be given anew.
pub fn widen(rule: &Constraint, value: &Value) -> Constraint {
    if rule.accepts(value) {
        return rule.clone();
    }
    let wider = match rule {
        Constraint::Exact(item) => Constraint::one_of(&[item.to_value(), value.clone()]),
        Constraint::OneOf(set) => {
            let mut values: Vec<Value> = set.iter().map(|item| item.to_value()).collect();
            values.push(value.clone());
            Constraint::one_of(&values)
        }
        Constraint::All(rules) => all(rules, value),
        Constraint::Any(rules) => Constraint::exact(value).map(|one| {
            let mut rules = rules.clone();
            rules.push(one);
            Constraint::Any(rules)
        }),
        Constraint::NotOneOf(_)
        | Constraint::Range(_)
        | Constraint::Contains(_)
        | Constraint::Subset(_)
        | Constraint::PathContainment(_)
        | Constraint::UrlContainment(_) => rule.extended_to(value),
        Constraint::Wildcard => None,
    };
    wider.filter(|wider| wider.accepts(value)).unwrap_or(Constraint::Wildcard)
}

/// Each rule of the list that refuses is widened, or left out where only `wildcard` is wider.
fn all(rules: &[Constraint], value: &Value) -> Option<Constraint> {
    let wider: Vec<Constraint> = rules
        .iter()
        .map(|rule| widen(rule, value))
        .zip(rules)
        .filter(|(wider, rule)| *wider != Constraint::Wildcard || **rule == Constraint::Wildcard)
        .map(|(wider, _)| wider)
        .collect();
    (!wider.is_empty()).then_some(Constraint::All(wider))
}
