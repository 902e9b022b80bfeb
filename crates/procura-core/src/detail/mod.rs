//! The second detail of a delegation, `agent_delegation`: scopes and ceilings.
//!
//! **Invariant:** if `child.check_within(parent)` passes, then every action that
//! `child` lets through, `parent` lets through, at no lower demands.
//!
//! It is ADC-02's whole authority, and in an AAT-02 token of tier T2 it stands
//! beside the tools. A verifier that knows nothing of it would drop a budget in
//! silence, so the token's header names it critical (`crit`, RFC 7515, section
//! 4.1.11), and such a verifier refuses.
//!
//! ```json
//! {"type": "agent_delegation", "scopes": ["pr.write.*", "repo.read"],
//!  "constraints": [{"key": "calls", "max_subtree": 200},
//!                  {"key": "scope", "not_one_of": ["pr.write.merge"]}]}
//! ```
//!
//! What the keys measure in one action is an [`Action`]; sums over several
//! actions need somebody who keeps them, and are given to the caller as
//! [`Debit`]s that have to be taken before the action runs.

mod action;
mod ceiling;
mod manifest;
mod rule;
mod scope;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

pub use action::{Action, Debit, Demands, Span};
pub use ceiling::{Amount, Ceiling, CeilingError, Quorum, Rank, Rate, Rule, Unknown};
pub use manifest::{Designation, Manifest, ManifestError, Pointer, Source};
pub use scope::{Form, Scope, Scopes};

use crate::json::{Object, Value};
use crate::limits;
use crate::refusal::{Outcome, Refusal, shown};

/// The RAR type of this detail.
pub const TYPE: &str = "agent_delegation";

/// Scopes and ceilings, as claimed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AgentDelegation {
    scopes: Scopes,
    ceilings: BTreeMap<(String, String), Ceiling>,
}

impl AgentDelegation {
    /// Takes scopes; ceilings are added with [`AgentDelegation::insert`].
    pub fn new(scopes: Scopes) -> Self {
        Self { scopes, ceilings: BTreeMap::new() }
    }

    /// Adds a scope.
    pub fn add_scope(&mut self, scope: Scope) {
        self.scopes = Scopes::new(self.scopes.iter().cloned().chain([scope]));
    }

    /// Adds a ceiling, in place of one with its key and type.
    pub fn insert(&mut self, ceiling: Ceiling) {
        let (key, kind) = ceiling.identity();
        self.ceilings.insert((key.into(), kind.into()), ceiling);
    }

    /// Reads the detail: a closed object, whose ceilings have distinct keys and types.
    pub fn parse(detail: &Object) -> Result<Self, Refusal> {
        let known = |name| matches!(name, "type" | "scopes" | "constraints");
        if detail.get("type").and_then(Value::as_str) != Some(TYPE)
            || detail.iter().any(|(name, _)| !known(name))
        {
            return Err(malformed("it is not a closed `agent_delegation` object".into()));
        }
        let mut parsed = Self::new(scopes(detail)?);
        let none = Value::Array(Vec::new());
        let ceilings = detail.get("constraints").unwrap_or(&none);
        let ceilings = ceilings.as_array().ok_or_else(|| malformed(NO_LIST.into()))?;
        if ceilings.len() > limits::CEILINGS {
            return Err(Refusal::new(Outcome::TooLarge, "P2", "too many ceilings"));
        }
        for value in ceilings {
            let ceiling = Ceiling::parse(value).map_err(|error| match error {
                CeilingError::TooLarge => Refusal::new(Outcome::TooLarge, "P2", error.to_string()),
                CeilingError::Key
                | CeilingError::Shape
                | CeilingError::Number
                | CeilingError::Value(_) => malformed(error.to_string()),
            })?;
            if parsed.get(ceiling.key(), ceiling.rule().type_name()).is_some() {
                return Err(malformed("two ceilings have one key and one type".into()));
            }
            parsed.insert(ceiling);
        }
        Ok(parsed)
    }

    /// The detail as it is written on the wire: scopes and ceilings in order.
    pub fn to_object(&self) -> Object {
        let scopes: Vec<&str> = self.scopes.iter().map(Scope::as_str).collect();
        let ceilings: Vec<Object> = self.ceilings.values().map(Ceiling::to_object).collect();
        Object::new().with("type", TYPE).with("scopes", scopes).with("constraints", ceilings)
    }

    /// What may be done.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Its limits, in order of key and type.
    pub fn ceilings(&self) -> impl ExactSizeIterator<Item = &Ceiling> {
        self.ceilings.values()
    }

    /// The ceiling with this key and type.
    pub fn get(&self, key: &str, kind: &str) -> Option<&Ceiling> {
        self.ceilings.get(&(key.into(), kind.into()))
    }

    /// Checks that this is within `parent`: A2 to A6.
    ///
    /// Every ceiling of the parent has to be here, as one that is missing limits
    /// nothing. One that only the child has takes away more.
    pub fn check_within(&self, parent: &Self) -> Result<(), Refusal> {
        if let Some(scope) = self.scopes.first_beyond(&parent.scopes) {
            return Err(wider(format!("scope `{}` is not held above", shown(scope.as_str()))));
        }
        for (identity, above) in &parent.ceilings {
            let own = self.ceilings.get(identity).ok_or_else(|| {
                let (key, kind) = identity;
                wider(format!("ceiling `{kind}` of `{}` is missing", shown(key)))
            })?;
            if !own.is_within(above) {
                let (key, kind) = identity;
                return Err(wider(format!("ceiling `{kind}` of `{}` is wider", shown(key))));
            }
        }
        Ok(())
    }

    /// The widest detail within both; an error names the ceiling for which there is none.
    pub fn meet(&self, other: &Self) -> Result<Self, Refusal> {
        let mut common = self.clone();
        common.scopes = self.scopes.meet(&other.scopes);
        for (identity, theirs) in &other.ceilings {
            let meet = match self.ceilings.get(identity) {
                Some(ours) => ours.meet(theirs),
                None => Some(theirs.clone()),
            };
            let meet = meet.ok_or_else(|| {
                let (key, kind) = identity;
                wider(format!("nothing passes both ceilings `{kind}` of `{}`", shown(key)))
            })?;
            common.ceilings.insert(identity.clone(), meet);
        }
        Ok(common)
    }

    /// Whether no action can pass: there is no scope, or a floor above a ceiling.
    pub fn is_empty(&self) -> bool {
        let bound = |key: &str, kind| match self.get(key, kind).map(Ceiling::rule) {
            Some(Rule::Max(number) | Rule::Min(number)) => Some(number.as_f64()),
            Some(_) | None => None,
        };
        let crossed = |key| bound(key, "min").zip(bound(key, "max")).is_some_and(|(a, b)| a > b);
        self.scopes.is_empty() || self.ceilings.keys().any(|(key, _)| crossed(key))
    }
}

const NO_LIST: &str = "`scopes` or `constraints` is not a list";

fn scopes(detail: &Object) -> Result<Scopes, Refusal> {
    let list = detail.get("scopes").and_then(Value::as_array);
    let list = list.ok_or_else(|| malformed(NO_LIST.into()))?;
    if list.len() > limits::SCOPES {
        return Err(Refusal::new(Outcome::TooLarge, "P2", "too many scopes"));
    }
    let scope = |value: &Value| value.as_str().and_then(Scope::parse);
    let scopes: Option<Vec<Scope>> = list.iter().map(scope).collect();
    let wrong = || malformed("a scope is neither literal, wildcard nor opaque".into());
    scopes.map(Scopes::new).ok_or_else(wrong)
}

fn malformed(reason: String) -> Refusal {
    Refusal::new(Outcome::Malformed, "P2", reason)
}

fn wider(reason: String) -> Refusal {
    Refusal::new(Outcome::NotNarrower, "P4", reason)
}
