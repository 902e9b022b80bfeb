//! The value of `data.procura.decision`, read strictly.
//!
//! **Invariant:** only an object of exactly the documented shape is an answer.
//! A value that is merely truthy is not.

use regorus::Value;

use crate::verdict::{ApprovalRule, DenyCode, Effect};

/// Reads what the rules answered: the effect and the name of the rule.
///
/// The error says which part is wrong, and never repeats a value.
pub(crate) fn read(value: &Value) -> Result<(Effect, String), String> {
    let fields = Fields::of(value, "the decision", &["effect", "rule", "reason", "approval"])?;
    let rule = fields.text("rule", MAX_RULE)?.ok_or("`rule` is missing")?;
    let reason = fields.text("reason", MAX_REASON)?;
    let approval = fields.get("approval");
    let effect = fields.text("effect", MAX_RULE)?.ok_or("`effect` is missing")?;
    let effect = match (effect.as_str(), approval) {
        ("allow", None) => Effect::Allow,
        ("deny", None) => {
            let reason = reason.unwrap_or_else(|| format!("the rule `{rule}` refuses the call"));
            Effect::deny(DenyCode::Refused, reason)
        }
        ("approve", Some(approval)) => {
            let reason = reason.unwrap_or_else(|| format!("the rule `{rule}` asks for approval"));
            Effect::NeedsApproval(approval_rule(approval, reason)?)
        }
        ("approve", None) => return Err("`approve` needs an `approval`".to_owned()),
        ("allow" | "deny", Some(_)) => {
            return Err("only `approve` may have an `approval`".to_owned());
        }
        (_, _) => return Err("`effect` is not `allow`, `deny` or `approve`".to_owned()),
    };
    Ok((effect, rule))
}

fn approval_rule(value: &Value, reason: String) -> Result<ApprovalRule, String> {
    let fields = Fields::of(value, "`approval`", &["quorum", "by"])?;
    let quorum = fields
        .get("quorum")
        .and_then(|quorum| quorum.as_u8().ok())
        .filter(|quorum| *quorum > 0)
        .ok_or("`quorum` is not a whole number from 1 to 255")?;
    let by = match fields.get("by") {
        Some(by) => people(by).ok_or("`by` is not a list of different names")?,
        None => Vec::new(),
    };
    if !by.is_empty() && by.len() < usize::from(quorum) {
        return Err("`by` names fewer people than `quorum` asks for".to_owned());
    }
    Ok(ApprovalRule { quorum, by, reason })
}

/// The names in an array or a set. An empty list is refused: whoever computed
/// it meant somebody, and an empty list would mean anybody.
fn people(value: &Value) -> Option<Vec<String>> {
    let names: Vec<String> = match value {
        Value::Array(list) => list.iter().map(person).collect::<Option<_>>()?,
        Value::Set(set) => set.iter().map(person).collect::<Option<_>>()?,
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)
        | Value::Undefined => return None,
    };
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    let is_usable = (1..=MAX_PEOPLE).contains(&names.len()) && sorted.len() == names.len();
    is_usable.then_some(names)
}

fn person(value: &Value) -> Option<String> {
    let name = value.as_string().ok()?;
    (!name.is_empty() && name.len() <= MAX_RULE).then(|| name.to_string())
}

/// An object all of whose keys are known.
struct Fields<'a> {
    found: Vec<(&'a str, &'a Value)>,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, what: &str, known: &[&str]) -> Result<Self, String> {
        let object = value.as_object().map_err(|_| format!("{what} is not an object"))?;
        let found: Vec<(&str, &Value)> = object
            .iter()
            .filter_map(|(key, value)| Some((key.as_string().ok()?.as_ref(), value)))
            .filter(|(key, _)| known.contains(key))
            .collect();
        if found.len() < object.len() {
            return Err(format!("{what} has a field that does not exist"));
        }
        Ok(Self { found })
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.found.iter().find_map(|(key, value)| (*key == name).then_some(*value))
    }

    fn text(&self, name: &str, limit: usize) -> Result<Option<String>, String> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.as_string() {
            Ok(text) if !text.is_empty() && text.len() <= limit => Ok(Some(text.to_string())),
            Ok(_) => Err(format!("`{name}` is empty or longer than {limit} bytes")),
            Err(_) => Err(format!("`{name}` is not text")),
        }
    }
}

const MAX_RULE: usize = 256;
const MAX_REASON: usize = 1024;
const MAX_PEOPLE: usize = 64;
