//! Prints rules in the words of `--allow`.

use procura_core::constraint::{Constraint, Set};
use procura_core::json::{self, Object, Value};
use procura_core::tools::{Arguments, Presence};

use super::reader::is_structure;
use super::{NOTHING, nothing};
use crate::command::inspect::safe;

/// `tool` and what its arguments may be, as `--allow` takes it.
pub(crate) fn text(tool: &str, arguments: &Arguments) -> String {
    let tool = name_text(tool);
    let mut parts: Vec<String> = arguments
        .named()
        .map(|(name, argument)| {
            let mark = if argument.presence == Presence::Optional { "?" } else { "" };
            format!("{}{mark}={}", name_text(name), rule_text(&argument.constraint))
        })
        .collect();
    match (arguments.rest(), parts.is_empty()) {
        (Some(_), true) => return tool,
        (Some(_), false) => parts.push("*=any".to_owned()),
        (None, _) if is_nothing(arguments) => parts.clear(),
        (None, _) => {}
    }
    format!("{tool}({})", parts.join(", "))
}

/// Whether no argument at all is held, in the form in which that is written.
pub(crate) fn is_nothing(arguments: &Arguments) -> bool {
    let mut named = arguments.named();
    let (Some((NOTHING, argument)), None, None) = (named.next(), named.next(), arguments.rest())
    else {
        return false;
    };
    let mut written = argument.constraint.to_object();
    if argument.presence == Presence::Optional {
        written.set("optional", true);
    }
    written.to_canonical() == nothing().to_canonical()
}

/// One rule.
pub(crate) fn rule_text(rule: &Constraint) -> String {
    match rule {
        Constraint::Wildcard => "any".to_owned(),
        Constraint::Exact(item) => exact_text(&item.to_value()),
        Constraint::OneOf(set) => format!("one-of:{}", list_text(set)),
        Constraint::NotOneOf(set) => format!("not:{}", list_text(set)),
        Constraint::Contains(set) => format!("has:{}", list_text(set)),
        Constraint::Subset(set) => format!("only:{}", list_text(set)),
        Constraint::Range(_) => range_text(&rule.to_object()),
        Constraint::All(rules) => format!("all-of({})", rules_text(rules)),
        Constraint::Any(rules) => format!("any-of({})", rules_text(rules)),
        Constraint::PathContainment(root) => format!("under:{}", word_text(&root.to_text())),
        Constraint::UrlContainment(scope) => {
            let address = format!("{}{}", scope.origin_text(), scope.path_text());
            format!("url:{}", word_text(&address))
        }
    }
}

fn rules_text(rules: &[Constraint]) -> String {
    rules.iter().map(rule_text).collect::<Vec<_>>().join(", ")
}

fn list_text(set: &Set) -> String {
    set.iter().map(|item| value_text(&item.to_value())).collect::<Vec<_>>().join("|")
}

fn range_text(range: &Object) -> String {
    let bound = |member| range.get(member).map(canonical).unwrap_or_default();
    let is_exclusive = |flag| range.get(flag).and_then(Value::as_bool) == Some(false);
    let above = if is_exclusive("min_inclusive") { "<" } else { "" };
    let below = if is_exclusive("max_inclusive") { "<" } else { "" };
    format!("range:{}{above}..{below}{}", bound("min"), bound("max"))
}

/// A value where a rule could stand too.
fn exact_text(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text == "any" || text.contains(':') => format!("={}", value_text(value)),
        Some(_) | None => value_text(value),
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) if json::parse(text.as_bytes()).is_ok() => safe::quoted(text),
        Value::String(text) => word_text(text),
        Value::Array(_) | Value::Object(_) => safe::json(&canonical(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => canonical(value),
    }
}

/// Text that means itself, bare where it can be.
fn word_text(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_graphic() && !is_structure(c);
    let is_bare =
        text.chars().all(is_word) && !text.is_empty() && !text.starts_with(['=', '[', '{']);
    if is_bare { text.to_owned() } else { safe::quoted(text) }
}

fn name_text(name: &str) -> String {
    if name.contains(['=', '?']) { safe::quoted(name) } else { word_text(name) }
}

fn canonical(value: &Value) -> String {
    value.to_canonical().unwrap_or_default()
}
