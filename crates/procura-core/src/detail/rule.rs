//! Reading and writing the typed value of a ceiling.

use alloc::string::String;
use alloc::vec::Vec;

use super::ceiling::{Amount, CeilingError, Quorum, Rank, Rate, Rule, Unknown};
use crate::constraint::{Item, Set};
use crate::json::{Number, Object, Value};
use crate::limits;

/// Reads the one typed value beside `key`.
///
/// Numbers are ADC-02's: one beyond 2^53 - 1 is refused in every type, known or not.
pub(super) fn parse(object: &Object) -> Result<Rule, CeilingError> {
    if !object.iter().all(|(_, value)| is_safe(value)) {
        return Err(CeilingError::Number);
    }
    let mut members = object.iter().filter(|(name, _)| *name != "key");
    let (Some((name, value)), rest) = (members.next(), members.next()) else {
        return Err(CeilingError::Shape);
    };
    // `rank` comes with its order, in any order of the members.
    match (name, rest, members.next()) {
        ("rank", Some(("order", order)), None) => rank(value, order),
        ("order", Some(("rank", name)), None) => rank(name, value),
        ("rank" | "order", None, _) => Err(CeilingError::Value("rank")),
        (name, None, _) => typed(name, value),
        _ => Err(CeilingError::Shape),
    }
}

/// Whether no number in it is beyond 2^53 - 1, where neighbours share one double.
fn is_safe(value: &Value) -> bool {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    match value {
        Value::Number(number) => number.as_f64().abs() <= LARGEST,
        Value::Array(values) => values.iter().all(is_safe),
        Value::Object(object) => object.iter().all(|(_, value)| is_safe(value)),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fn typed(name: &str, value: &Value) -> Result<Rule, CeilingError> {
    match name {
        "max" => number(value, "max").map(Rule::Max),
        "min" => number(value, "min").map(Rule::Min),
        "max_lifetime" => amount(value, "max_lifetime").map(Rule::MaxLifetime),
        "max_subtree" => amount(value, "max_subtree").map(Rule::MaxSubtree),
        "one_of" => {
            let values = set(value, "one_of")?;
            let some = (!values.is_empty()).then_some(Rule::OneOf(values));
            some.ok_or(CeilingError::Value("one_of"))
        }
        "not_one_of" => set(value, "not_one_of").map(Rule::NotOneOf),
        "prefix" => text(value, "prefix").map(Rule::Prefix),
        "rate" => rate(value).ok_or(CeilingError::Value("rate")),
        "approval" => quorum(value).ok_or(CeilingError::Value("approval")),
        unknown => self::unknown(unknown, value),
    }
}

fn number(value: &Value, kind: &'static str) -> Result<Number, CeilingError> {
    let number = value.as_number().filter(|number| number.is_admissible());
    number.copied().ok_or(CeilingError::Value(kind))
}

fn amount(value: &Value, kind: &'static str) -> Result<Amount, CeilingError> {
    Amount::read(value).ok_or(CeilingError::Value(kind))
}

fn set(value: &Value, kind: &'static str) -> Result<Set, CeilingError> {
    let values = value.as_array().ok_or(CeilingError::Value(kind))?;
    if values.len() > limits::CEILING_VALUES {
        return Err(CeilingError::TooLarge);
    }
    let scalar = |value: &Value| value.is_scalar().then(|| Item::new(value)).flatten();
    let items: Option<Vec<Item>> = values.iter().map(scalar).collect();
    items.map(Set::new).ok_or(CeilingError::Value(kind))
}

fn text(value: &Value, kind: &'static str) -> Result<String, CeilingError> {
    let text = value.as_str().ok_or(CeilingError::Value(kind))?;
    if text.len() > limits::VALUE_BYTES {
        return Err(CeilingError::TooLarge);
    }
    Ok(text.into())
}

/// Names, none of them empty, at most [`limits::CEILING_VALUES`].
fn names(value: &Value) -> Option<Vec<String>> {
    let values = value.as_array().filter(|values| values.len() <= limits::CEILING_VALUES)?;
    let name = |value: &Value| {
        let text = value.as_str().filter(|text| !text.is_empty());
        text.filter(|text| text.len() <= limits::NAME_BYTES).map(String::from)
    };
    values.iter().map(name).collect()
}

fn rank(name: &Value, order: &Value) -> Result<Rule, CeilingError> {
    let rank = names(order).zip(name.as_str()).and_then(|(order, name)| Rank::new(name, order));
    rank.map(Rule::Rank).ok_or(CeilingError::Value("rank"))
}

fn rate(value: &Value) -> Option<Rule> {
    let object = value.as_object().filter(|object| object.len() == 2)?;
    let amount = object.get("n").and_then(Amount::read)?;
    let seconds = object.get("per").and_then(positive)?;
    Some(Rule::Rate(Rate { amount, seconds }))
}

fn quorum(value: &Value) -> Option<Rule> {
    let object = value.as_object().filter(|object| object.len() == 3)?;
    let count = usize::try_from(object.get("n").and_then(positive)?).ok()?;
    let by = object.get("by").and_then(names)?;
    let max_age = object.get("max_age").and_then(positive)?;
    Quorum::new(count, by, max_age).map(Rule::Approval)
}

fn positive(value: &Value) -> Option<u32> {
    value.as_integer().and_then(|integer| u32::try_from(integer).ok()).filter(|value| *value > 0)
}

/// A6: kept whole, so that a child can carry it on; no action passes it.
fn unknown(name: &str, value: &Value) -> Result<Rule, CeilingError> {
    if name.is_empty() || name.len() > limits::TOOL_ID_BYTES {
        return Err(CeilingError::TooLarge);
    }
    let unknown = Unknown::new(name, value).ok_or(CeilingError::Value("of an unknown type"))?;
    Ok(Rule::Unknown(unknown))
}

/// Adds the typed value of `rule` to `object`, which has its `key`.
pub(super) fn write(object: Object, rule: &Rule) -> Object {
    let values = |set: &Set| -> Vec<Value> { set.iter().map(|i| i.to_value()).collect() };
    let name = rule.type_name();
    match rule {
        Rule::Max(number) | Rule::Min(number) => object.with(name, Value::Number(*number)),
        Rule::MaxLifetime(amount) | Rule::MaxSubtree(amount) => {
            object.with(name, amount.to_value())
        }
        Rule::OneOf(set) | Rule::NotOneOf(set) => object.with(name, values(set)),
        Rule::Prefix(text) => object.with(name, text.as_str()),
        Rule::Rank(rank) => object.with(name, rank.name()).with("order", rank.order().to_vec()),
        Rule::Rate(Rate { amount, seconds }) => {
            object.with(name, Object::new().with("n", amount.to_value()).with("per", *seconds))
        }
        Rule::Approval(Quorum { count, by, max_age }) => {
            let count = u32::try_from(*count).unwrap_or(u32::MAX);
            let value = Object::new().with("n", count).with("by", by.clone());
            object.with(name, value.with("max_age", *max_age))
        }
        Rule::Unknown(unknown) => object.with(name, unknown.value().clone()),
    }
}
