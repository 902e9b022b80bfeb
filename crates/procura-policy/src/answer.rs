//! The value of `data.procura.decision`, read strictly.
//!
//! **Invariant:** only an object of exactly the documented shape is an answer.
//! A value that is merely truthy is not.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::value::{Object, Set};

use crate::verdict::{ApprovalRule, DenyCode, Effect, Refusal, Verdict};

/// What is wrong with an answer. It says which part, and repeats no value.
#[derive(Debug)]
pub(crate) struct Malformed(String);

impl From<Malformed> for Refusal {
    fn from(Malformed(problem): Malformed) -> Self {
        let reason = format!("the answer of the policy is not usable: {problem}");
        Self { rule: Verdict::ENGINE, code: DenyCode::ResultType, reason }
    }
}

/// Reads what the rules answered: the effect and the name of the rule.
pub(crate) fn read(value: &Value) -> Result<(Effect, String), Malformed> {
    let fields = Fields::of(value, "the decision", &["effect", "rule", "reason", "approval"])?;
    let rule = fields.text("rule", MAX_NAME)?.ok_or_else(|| missing("rule"))?;
    let reason = fields.text("reason", MAX_REASON)?;
    let effect = fields.text("effect", MAX_NAME)?.ok_or_else(|| missing("effect"))?;
    let effect = match (effect.as_str(), fields.get("approval")) {
        ("allow", None) => Effect::Allow,
        ("deny", None) => refused(&rule, reason),
        ("approve", Some(approval)) => Effect::NeedsApproval(approved(approval, &rule, reason)?),
        ("approve", None) => return Err(malformed("`approve` needs an `approval`")),
        ("allow" | "deny", Some(_)) => {
            return Err(malformed("only `approve` may have an `approval`"));
        }
        (_, _) => return Err(malformed("`effect` is not `allow`, `deny` or `approve`")),
    };
    Ok((effect, rule))
}

fn refused(rule: &str, reason: Option<String>) -> Effect {
    let reason = reason.unwrap_or_else(|| format!("the rule `{rule}` refuses the call"));
    Effect::Deny { code: DenyCode::Refused, reason }
}

/// Reads an `approval`. A quorum that its own list of people cannot fill is
/// refused here, because a call would wait for it for ever.
fn approved(value: &Value, rule: &str, reason: Option<String>) -> Result<ApprovalRule, Malformed> {
    let fields = Fields::of(value, "`approval`", &["quorum", "by"])?;
    let quorum = fields.get("quorum").and_then(|quorum| quorum.as_u8().ok());
    let quorum = quorum
        .filter(|quorum| *quorum > 0)
        .ok_or_else(|| malformed("`quorum` is not a whole number from 1 to 255"))?;
    let by = fields.get("by").map_or(Ok(Vec::new()), people)?;
    if !by.is_empty() && by.len() < usize::from(quorum) {
        return Err(malformed("`by` names fewer people than `quorum` asks for"));
    }
    let reason = reason.unwrap_or_else(|| format!("the rule `{rule}` asks for approval"));
    Ok(ApprovalRule { quorum, by, reason })
}

/// The names in an array or a set. An empty list is refused: whoever computed
/// it meant somebody, and an empty list would mean anybody. So is a name given
/// twice, which would count once towards a quorum.
fn people(value: &Value) -> Result<Vec<String>, Malformed> {
    let list = value.as_array().into_iter().flatten();
    let set = value.as_set().into_iter().flat_map(Set::iter_sorted);
    let names: Option<Vec<String>> = list.chain(set).map(person).collect();
    names
        .filter(|names| (1..=MAX_PEOPLE).contains(&names.len()))
        .filter(|names| names.iter().collect::<BTreeSet<_>>().len() == names.len())
        .ok_or_else(|| malformed("`by` is not a list of different names"))
}

fn person(value: &Value) -> Option<String> {
    let name = value.as_string().ok()?;
    (!name.is_empty() && name.len() <= MAX_NAME).then(|| name.to_string())
}

/// An object all of whose keys are known: a misspelt field must not be one
/// that is left out.
struct Fields<'a>(&'a Object);

impl<'a> Fields<'a> {
    fn of(value: &'a Value, what: &str, known: &[&str]) -> Result<Self, Malformed> {
        let object =
            value.as_object().map_err(|_| Malformed(format!("{what} is not an object")))?;
        let is_known = |key: &Value| key.as_string().is_ok_and(|key| known.contains(&&**key));
        if !object.keys().all(is_known) {
            return Err(Malformed(format!("{what} has a field that does not exist")));
        }
        Ok(Self(object))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(&Value::from(name))
    }

    fn text(&self, name: &str, limit: usize) -> Result<Option<String>, Malformed> {
        match self.get(name).map(Value::as_string) {
            None => Ok(None),
            Some(Ok(text)) if (1..=limit).contains(&text.len()) => Ok(Some(text.to_string())),
            Some(Ok(_)) => {
                Err(Malformed(format!("`{name}` is empty or longer than {limit} bytes")))
            }
            Some(Err(_)) => Err(Malformed(format!("`{name}` is not text"))),
        }
    }
}

fn missing(name: &str) -> Malformed {
    Malformed(format!("`{name}` is missing"))
}

fn malformed(problem: &str) -> Malformed {
    Malformed(problem.to_owned())
}

const MAX_NAME: usize = 256;
const MAX_REASON: usize = 1024;
const MAX_PEOPLE: usize = 64;
