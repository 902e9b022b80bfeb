//! One action, as the tool's manifest describes it, against one detail (step P5).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{AgentDelegation, Amount, Ceiling, Form, Quorum, Rule, Scope};
use crate::hash::Digest;
use crate::json::{Object, Value};
use crate::refusal::{Outcome, Refusal, shown};

/// What a call does, in the terms of scopes and ceilings.
///
/// It comes from the manifest of the tool and from the arguments, and never from
/// the caller: who calls would understate what it costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Action {
    /// The one scope that the call uses.
    pub scope: Option<Scope>,
    /// What it uses of each quantity, and its attributes, by ceiling key.
    pub quantities: Object,
}

/// What has to be true of the world before the action may run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Demands {
    /// Sums that it adds to.
    pub debits: Vec<Debit>,
    /// Who has to agree to the exact call.
    pub quorums: Vec<Quorum>,
}

/// An addition to a sum that must not exceed its limit.
///
/// Whoever keeps the sums checks and adds all debits of a call in one
/// transaction, or refuses the call: two gateways that each allow sixty of a
/// hundred have allowed a hundred and twenty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Debit {
    /// [`crate::token::Token::hash`] of the token that names the limit: whose account.
    pub account: Digest,
    /// The quantity.
    pub key: String,
    /// Over what is summed.
    pub span: Span,
    /// The limit of the sum.
    pub limit: Amount,
    /// What this action adds.
    pub amount: Amount,
}

/// Over which actions a sum goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Span {
    /// Those under the token itself.
    Lifetime,
    /// Those under the token and everything derived from it.
    Subtree,
    /// As [`Span::Subtree`], in any stretch of so many seconds.
    Rate(u32),
}

impl Action {
    /// The action of a tool that has no manifest: its scope is its own name.
    ///
    /// A tool whose name is a wildcard has no scope, and so no chain with scopes
    /// holds it: a pattern is no name of one thing that is done.
    pub fn named(tool: &str) -> Self {
        let scope = Scope::parse(tool).filter(is_one);
        Self { scope, quantities: Object::new() }
    }

    /// What the action has for `key`. A call counts as one call, whatever is claimed.
    pub(crate) fn get(&self, key: &str) -> Option<Value> {
        match key {
            "calls" => Some(1_u32.into()),
            "scope" => self.scope.as_ref().map(|scope| scope.as_str().into()),
            _ => self.quantities.get(key).cloned(),
        }
    }
}

impl AgentDelegation {
    /// Checks one action of `tool` and says what is left to be asked of the world.
    ///
    /// `account` is the hash of the token that this detail stands in. A ceiling on
    /// something that the action does not state is refused: what is not measured
    /// cannot be within a limit.
    pub fn check_action(
        &self,
        tool: &str,
        action: &Action,
        account: &Digest,
    ) -> Result<Demands, Refusal> {
        // One action uses one scope, and a wildcard is many: `not_one_of` would not see them.
        let one = action.scope.as_ref().filter(|scope| scope.form() != Form::Wildcard);
        if !one.is_some_and(|scope| self.scopes().covers(scope)) {
            let scope = action.scope.as_ref().map_or("none", Scope::as_str);
            let reason = format!("scope `{}` is not held", shown(scope));
            return Err(Refusal::new(Outcome::ScopeNotGranted, "P5", reason));
        }
        let mut demands = Demands::default();
        for ceiling in self.ceilings() {
            match ceiling.rule() {
                Rule::Approval(quorum) if matches_tool(ceiling.key(), tool) => {
                    demands.quorums.push(quorum.clone());
                }
                Rule::Approval(_) => {}
                Rule::Unknown(_) => return Err(unknown(ceiling)),
                Rule::Max(_)
                | Rule::Min(_)
                | Rule::MaxLifetime(_)
                | Rule::MaxSubtree(_)
                | Rule::OneOf(_)
                | Rule::NotOneOf(_)
                | Rule::Prefix(_)
                | Rule::Rank(_)
                | Rule::Rate(_) => {
                    let value = action.get(ceiling.key()).ok_or_else(|| exceeded(ceiling))?;
                    demands.debits.extend(check(ceiling, &value, account)?);
                }
            }
        }
        Ok(demands)
    }
}

impl Ceiling {
    /// Whether an action with this value for the ceiling's key passes, sums and people aside.
    pub(crate) fn lets_through(&self, value: Option<&Value>) -> bool {
        match (self.rule(), value) {
            (Rule::Approval(_), _) => true,
            (Rule::Unknown(_), _) | (_, None) => false,
            (_, Some(value)) => check(self, value, &Digest::of(b"")).is_ok(),
        }
    }
}

/// Whether a scope names one thing, as an action's does, and not many.
fn is_one(scope: &Scope) -> bool {
    scope.form() != Form::Wildcard
}

/// The key of an `approval` is a tool's id, or `*` for every tool.
fn matches_tool(key: &str, tool: &str) -> bool {
    key == "*" || key == tool
}

/// One ceiling against the value that the action has for its key.
fn check(ceiling: &Ceiling, value: &Value, account: &Digest) -> Result<Option<Debit>, Refusal> {
    let number = value.as_number().filter(|number| number.is_admissible()).map(|n| n.as_f64());
    let text = value.as_str();
    let passes = match ceiling.rule() {
        Rule::Max(limit) => number.is_some_and(|number| number <= limit.as_f64()),
        Rule::Min(limit) => number.is_some_and(|number| number >= limit.as_f64()),
        Rule::OneOf(set) => set.has(value),
        Rule::NotOneOf(set) => value.is_admissible() && value.is_scalar() && !set.has(value),
        Rule::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix.as_str())),
        Rule::Rank(rank) => text.is_some_and(|text| rank.allows(text)),
        Rule::MaxLifetime(limit) => {
            return debit(ceiling, value, (Span::Lifetime, *limit), account);
        }
        Rule::MaxSubtree(limit) => return debit(ceiling, value, (Span::Subtree, *limit), account),
        Rule::Rate(rate) => {
            return debit(ceiling, value, (Span::Rate(rate.seconds), rate.amount), account);
        }
        Rule::Approval(_) | Rule::Unknown(_) => false,
    };
    if passes { Ok(None) } else { Err(exceeded(ceiling)) }
}

/// An action that is more than the whole sum is refused at once.
fn debit(
    ceiling: &Ceiling,
    value: &Value,
    (span, limit): (Span, Amount),
    account: &Digest,
) -> Result<Option<Debit>, Refusal> {
    let amount = counted(value).filter(|amount| *amount <= limit);
    let amount = amount.ok_or_else(|| exceeded(ceiling))?;
    let key = ceiling.key().to_string();
    Ok(Some(Debit { account: *account, key, span, limit, amount }))
}

/// An amount by its value: some writers spell 1 as `1.0`, and both have one canonical form.
fn counted(value: &Value) -> Option<Amount> {
    let number = value.as_number().filter(|number| number.is_admissible())?;
    let canonical = Value::Number(*number).to_canonical().ok()?;
    canonical.parse().ok().and_then(Amount::new)
}

fn exceeded(ceiling: &Ceiling) -> Refusal {
    let (key, kind) = (shown(ceiling.key()), ceiling.rule().type_name());
    let reason = format!("it is not within ceiling `{kind}` of `{key}`");
    Refusal::new(Outcome::CeilingExceeded, "P5", reason)
}

fn unknown(ceiling: &Ceiling) -> Refusal {
    let reason = format!("the type of a ceiling of `{}` is not known here", shown(ceiling.key()));
    Refusal::new(Outcome::UnknownConstraint, "P5", reason)
}
