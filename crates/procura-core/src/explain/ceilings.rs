//! What scopes and ceilings lack for one action.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Dimension, Gap, Widening};
use crate::constraint::{Item, Set};
use crate::detail::{Action, Amount, Ceiling, Rank, Rate, Rule, Scope};
use crate::json::Value;
use crate::token::Token;

/// The gaps of one token; none if it has no scopes and ceilings.
pub(super) fn gaps(token: &Token, action: &Action) -> Vec<Gap> {
    let Some(detail) = &token.detail else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if !action.scope.as_ref().is_some_and(|scope| detail.scopes().covers(scope)) {
        let held: Vec<&str> = detail.scopes().iter().map(Scope::as_str).collect();
        found.push(Gap {
            asked: action.scope.as_ref().map(|scope| scope.as_str().into()),
            held: Some(held.into()),
            widening: action.scope.clone().map(Widening::Scope),
            ..Gap::new(Dimension::Scope)
        });
    }
    for ceiling in detail.ceilings() {
        let asked = action.get(ceiling.key());
        if ceiling.lets_through(asked.as_ref()) {
            continue;
        }
        let wider = asked.as_ref().and_then(|value| wider(ceiling.rule(), value));
        let kind: String = ceiling.rule().type_name().into();
        found.push(Gap {
            asked,
            held: Some(ceiling.to_object().into()),
            widening: wider
                .and_then(|rule| Ceiling::new(ceiling.key(), rule))
                .map(Widening::Ceiling),
            ..Gap::new(Dimension::Ceiling(ceiling.key().into(), kind))
        });
    }
    found
}

/// The narrowest rule of the same type, above `rule`, that lets `value` through.
fn wider(rule: &Rule, value: &Value) -> Option<Rule> {
    let number = value.as_number().filter(|number| number.is_admissible()).copied();
    match rule {
        Rule::Max(_) => number.map(Rule::Max),
        Rule::Min(_) => number.map(Rule::Min),
        Rule::MaxLifetime(_) => amount(value).map(Rule::MaxLifetime),
        Rule::MaxSubtree(_) => amount(value).map(Rule::MaxSubtree),
        Rule::Rate(rate) => {
            amount(value).map(|amount| Rule::Rate(Rate { amount, seconds: rate.seconds }))
        }
        Rule::OneOf(set) => {
            let item = Item::new(value).filter(|_| value.is_scalar())?;
            Some(Rule::OneOf(set.union(&Set::new(alloc::vec![item]))))
        }
        Rule::NotOneOf(set) => {
            let kept = set.iter().filter(|item| item.to_value() != *value).cloned().collect();
            value.is_scalar().then(|| Rule::NotOneOf(Set::new(kept)))
        }
        Rule::Prefix(prefix) => {
            let text = value.as_str()?;
            let same = prefix.chars().zip(text.chars()).take_while(|(a, b)| a == b);
            Some(Rule::Prefix(same.map(|(one, _)| one).collect()))
        }
        Rule::Rank(rank) => Rank::new(value.as_str()?, rank.order().to_vec()).map(Rule::Rank),
        Rule::Approval(_) | Rule::Unknown(_) => None,
    }
}

fn amount(value: &Value) -> Option<Amount> {
    value.as_integer().and_then(Amount::new)
}
