//! What a policy set answers.
//!
//! **Invariant:** an [`Effect`] that is not `Allow` or `NeedsApproval` carries
//! a code and a reason, so that every refusal can be explained.

use crate::revision::Revision;

/// The answer of a policy set to one question.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "a verdict that nobody reads is a policy that nobody enforces"]
pub struct Verdict {
    /// What may happen.
    pub effect: Effect,
    /// Which rule said so: the policy's own name for it, or [`Verdict::ROLES`],
    /// [`Verdict::INPUT`] or [`Verdict::ENGINE`] where no policy rule spoke.
    pub rule: String,
    /// The text that was asked, so that the decision can be replayed.
    pub revision: Revision,
}

impl Verdict {
    /// The rule of a refusal by the roles.
    pub const ROLES: &'static str = "roles";
    /// The rule of a refusal because the question itself was not whole.
    pub const INPUT: &'static str = "input";
    /// The rule of a refusal because the rules gave no usable answer.
    pub const ENGINE: &'static str = "engine";
}

/// What may happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// The call may happen.
    Allow,
    /// The call must not happen.
    Deny {
        /// The stable code for the caller.
        code: DenyCode,
        /// One line for the operator; it holds no argument values unless the
        /// policy's own text puts them there.
        reason: String,
    },
    /// The call may happen once the right people have approved it.
    NeedsApproval(ApprovalRule),
}

/// Who has to approve a call, and how many of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApprovalRule {
    /// How many different people must approve. At least one.
    pub quorum: u8,
    /// Who may approve; empty means anyone who may approve at all. Never
    /// shorter than the quorum unless it is empty.
    pub by: Vec<String>,
    /// Why approval is needed, for the person who is asked.
    pub reason: String,
}

/// A denial that no policy rule spoke: what refused, and why.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// [`Verdict::ROLES`], [`Verdict::INPUT`] or [`Verdict::ENGINE`].
    pub(crate) rule: &'static str,
    /// The code for the caller.
    pub(crate) code: DenyCode,
    /// The line for the operator.
    pub(crate) reason: String,
}

impl Refusal {
    /// The refusal as the effect and the rule of a verdict.
    pub(crate) fn into_answer(self) -> (Effect, String) {
        let Self { rule, code, reason } = self;
        (Effect::Deny { code, reason }, rule.to_owned())
    }
}

/// Why a call was denied, as a stable code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DenyCode {
    /// No role of the principal, or of the agent, permits the tool.
    NoRole,
    /// A policy rule said no.
    Refused,
    /// The policy said nothing.
    Undefined,
    /// The rules failed while they were evaluated.
    Error,
    /// The answer has the wrong shape.
    ResultType,
    /// The rules took too long, or more space than they may.
    Budget,
    /// The question is too large, malformed, or not about this call.
    InputIncomplete,
}

impl DenyCode {
    /// The code as callers see it. It never changes meaning.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoRole => "policy.no_role",
            Self::Refused => "policy_denied",
            Self::Undefined => "policy.undefined",
            Self::Error => "policy.error",
            Self::ResultType => "policy.result_type",
            Self::Budget => "policy.budget",
            Self::InputIncomplete => "policy.input_incomplete",
        }
    }
}
