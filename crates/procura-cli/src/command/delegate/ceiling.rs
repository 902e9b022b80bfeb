//! Ceilings as people write them: `KEY TYPE VALUE`.

use procura_core::detail::{Ceiling, Rule};
use procura_core::json::{self, Object, Value};

use super::lifetime;
use crate::command::inspect::safe;
use crate::failure::Failure;

/// Reads each text; two of one key and type are refused.
pub(super) fn parse(texts: &[String]) -> Result<Vec<Ceiling>, Failure> {
    let mut ceilings: Vec<Ceiling> = Vec::new();
    for text in texts {
        let ceiling = one(text).ok_or_else(|| unreadable(text))?;
        let is_same = |other: &Ceiling| {
            other.key() == ceiling.key() && other.rule().type_name() == ceiling.rule().type_name()
        };
        if ceilings.iter().any(is_same) {
            return Err(Failure::usage(
                format!("--ceiling: two have the key and type of `{}`", safe::text(text)),
                "say one of them",
            ));
        }
        ceilings.push(ceiling);
    }
    Ok(ceilings)
}

fn unreadable(text: &str) -> Failure {
    Failure::usage(
        format!("--ceiling: `{}` is no ceiling", safe::text(text)),
        "write KEY TYPE VALUE, such as `calls max_subtree 200`; `procura delegate --help` lists the types",
    )
}

fn one(text: &str) -> Option<Ceiling> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [key, kind, rest @ ..] = words.as_slice() else {
        return None;
    };
    let object = Object::new().with("key", *key);
    let object = match (*kind, rest) {
        ("one_of" | "not_one_of", [list]) => object.with(kind, values(list)),
        ("prefix", [text]) => object.with(kind, *text),
        ("rank", [name, "of", order]) => {
            object.with(kind, *name).with("order", order.split('<').collect::<Vec<_>>())
        }
        ("rate", [count, "per", time]) => {
            object.with(kind, Object::new().with("n", scalar(count)).with("per", seconds(time)?))
        }
        ("approval", [count, "of", people, "within", time]) => {
            let people: Vec<&str> = people.split('|').collect();
            let value = Object::new().with("n", scalar(count)).with("by", people);
            object.with(kind, value.with("max_age", seconds(time)?))
        }
        ("max" | "min" | "max_lifetime" | "max_subtree", [number]) => {
            object.with(kind, scalar(number))
        }
        _ => return None,
    };
    let ceiling = Ceiling::parse(&object.into()).ok()?;
    (!matches!(ceiling.rule(), Rule::Unknown(_))).then_some(ceiling)
}

fn values(list: &str) -> Vec<Value> {
    list.split('|').map(scalar).collect()
}

/// A number, a truth value or null where it reads as one; else text.
fn scalar(text: &str) -> Value {
    let value = json::parse(text.as_bytes()).ok().filter(Value::is_scalar);
    value.filter(|value| value.as_str().is_none()).unwrap_or_else(|| text.into())
}

fn seconds(text: &str) -> Option<u32> {
    lifetime::parse(text, lifetime::Length::Long).ok().map(|seconds| seconds.as_u32())
}

/// A ceiling as `--ceiling` takes it.
pub(crate) fn text(ceiling: &Ceiling) -> String {
    let key = ceiling.key();
    let kind = ceiling.rule().type_name();
    let value = match ceiling.rule() {
        Rule::Max(number) | Rule::Min(number) => format!("{number:?}"),
        Rule::MaxLifetime(amount) | Rule::MaxSubtree(amount) => amount.get().to_string(),
        Rule::OneOf(set) | Rule::NotOneOf(set) => {
            set.iter().map(|item| plain(&item.to_value())).collect::<Vec<_>>().join("|")
        }
        Rule::Prefix(text) => text.clone(),
        Rule::Rank(rank) => format!("{} of {}", rank.name(), rank.order().join("<")),
        Rule::Rate(rate) => format!("{} per {}s", rate.amount.get(), rate.seconds),
        Rule::Approval(quorum) => {
            let (count, by, age) = (quorum.count, quorum.by.join("|"), quorum.max_age);
            format!("{count} of {by} within {age}s")
        }
        Rule::Unknown(_) => "is not known here, so every action is refused".into(),
    };
    safe::text(&format!("{key} {kind} {value}"))
}

fn plain(value: &Value) -> String {
    let text = value.as_str().map(str::to_owned);
    text.unwrap_or_else(|| value.to_canonical().unwrap_or_default())
}
