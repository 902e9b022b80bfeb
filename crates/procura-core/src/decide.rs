//! Decides whether a call may happen.
//!
//! **Invariant:** a [`Permit`] exists only because [`decide`] ran every check on
//! the call it carries. No other function in the workspace can make one.
//!
//! What a signature can prove is proved before: a [`Verified`] call has a chain
//! and a proof. What remains changes with the world: who is revoked, what time
//! it is, what policy says, what people said. That is [`Facts`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use procura_policy::{ApprovalRule, Effect, Verdict};

use crate::approval::{Answer, Approval, Subject};
use crate::directory::{Directory, HolderStatus};
use crate::proof::{Call, Verified};
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;

/// Decides `call` as of `facts`.
///
/// The answer depends on the arguments alone, so that anyone can replay a
/// decision from the log, years later.
///
/// An allowance proves: nothing on the chain is revoked, every holder is
/// enrolled and active with its key, every token is valid at `facts.now`,
/// policy allows, and, where policy asks for people, enough of them agreed to
/// this exact call. It does not prove that the proof is fresh: whoever spends
/// the permit first stores [`Call::replay_key`] and uses the approval up, in one
/// transaction, and fails if either was there before.
pub fn decide(call: Verified<Call>, facts: &Facts<'_>) -> Decision {
    match check(call.get(), facts) {
        Ok(approval) => Decision::Allow(Permit {
            call,
            approval,
            verdict: facts.verdict.clone(),
            directory: facts.directory.sequence(),
        }),
        Err(refusal) => Decision::Deny(Denial {
            call,
            refusal,
            verdict: facts.verdict.clone(),
            directory: facts.directory.sequence(),
        }),
    }
}

/// The outcome of [`decide`]. There is no third answer.
#[derive(Debug)]
#[must_use = "a decision that nobody reads is a policy that nobody enforces"]
pub enum Decision {
    /// The call may happen, once.
    Allow(Permit),
    /// The call must not happen.
    Deny(Denial),
}

/// Everything that a decision depends on besides the call: data, read once.
///
/// The caller vouches for it. What can be checked against the call is checked
/// all the same, such as what the approvals are about; that the verdict answers
/// a question about this call cannot be, so the caller asks it of this call.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// Who has which key, and who is revoked.
    pub directory: &'a Directory,
    /// Whether the directory is as new as this decision needs it.
    ///
    /// A signature cannot tell: an attacker who withholds the newest directory
    /// leaves an older one that verifies and in which a stolen key is still good.
    pub freshness: Freshness,
    /// What policy says.
    pub verdict: Verdict,
    /// What people said about this call.
    pub approval: ApprovalFact,
}

/// Whether what is known is recent enough to rely on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// It is.
    Fresh,
    /// It is not: something may have been revoked since.
    Stale,
}

/// What people said about one exact call, as stored and verified.
///
/// Only [`ApprovalFact::Decided`] can lead to a permit. Everything that is not
/// known to be agreed is refused as waiting, used or meant for another call.
#[derive(Clone, Debug)]
pub enum ApprovalFact {
    /// Nobody was asked.
    NotAsked,
    /// The request waits.
    Pending,
    /// These people decided; the request with this id is not used yet.
    Decided {
        /// The request.
        id: String,
        /// Their verified decisions.
        ///
        /// One that no longer verifies is left out, which can only lower the count.
        approvals: Vec<Approval>,
    },
    /// It was used.
    Used,
    /// Another call of the same tool under the same delegation is approved, not this one.
    OtherCall,
}

/// Proof that one call was allowed.
///
/// It owns the call, so it cannot be attached to another one. It is not
/// `Clone`, so one decision enables one effect.
///
/// It does not expire by itself. Its holder records and spends it at once, or
/// drops it and decides again.
/// `Clone`, so one decision enables one effect.
#[derive(Debug)]
pub struct Permit {
    call: Verified<Call>,
    approval: Option<String>,
    verdict: Verdict,
    directory: u64,
}

/// A call that must not happen, and why.
#[derive(Debug)]
pub struct Denial {
    call: Verified<Call>,
    refusal: Refusal,
    verdict: Verdict,
    directory: u64,
}

impl Permit {
    /// The call.
    pub fn call(&self) -> &Call {
        self.call.get()
    }

    /// The approval request that has to be used up with it.
    pub fn approval(&self) -> Option<&str> {
        self.approval.as_deref()
    }

    /// What policy said.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The directory that was relied on.
    pub fn directory(&self) -> u64 {
        self.directory
    }

    /// Uses the permit up.
    pub fn spend(self) -> Verified<Call> {
        self.call
    }
}

impl Denial {
    /// The call.
    pub fn call(&self) -> &Call {
        self.call.get()
    }

    /// Why.
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// What policy said.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The directory that was relied on.
    pub fn directory(&self) -> u64 {
        self.directory
    }
}

/// Every check in turn; what comes back is the approval that has to be used up.
fn check(call: &Call, facts: &Facts<'_>) -> Result<Option<String>, Refusal> {
    let chain = call.chain();
    // Revocation comes first: it is the reason an operator looks for.
    facts.directory.check_revocations(chain)?;
    for (hop, status) in facts.directory.holders(chain).into_iter().enumerate() {
        check_holder(status).map_err(|refusal| refusal.at(hop))?;
    }
    if facts.freshness == Freshness::Stale {
        let reason = "the revocation state is too old to rely on";
        return Err(Refusal::new(Outcome::StatusUnknown, "P6", reason));
    }
    chain.check_time(facts.now)?;
    match &facts.verdict.effect {
        Effect::Allow => Ok(None),
        Effect::Deny { code, reason } => {
            let reason = format!("{}: {reason}", code.as_str());
            Err(Refusal::new(Outcome::PolicyDenied, "P8", reason))
        }
        Effect::NeedsApproval(rule) => check_approval(rule, call, facts).map(Some),
    }
}

fn check_holder(status: HolderStatus) -> Result<(), Refusal> {
    let refused = |outcome, reason: &str| Err(Refusal::new(outcome, "P6", reason));
    match status {
        HolderStatus::Active => Ok(()),
        HolderStatus::Revoked => refused(Outcome::Revoked, "its agent is revoked"),
        HolderStatus::Suspended => refused(Outcome::HolderNotActive, "its agent is suspended"),
        HolderStatus::Unknown => {
            let reason = "its agent is not enrolled with this key";
            refused(Outcome::HolderUnknown, reason)
        }
    }
}

/// P7: the approval request that may be used up for this call.
fn check_approval(rule: &ApprovalRule, call: &Call, facts: &Facts<'_>) -> Result<String, Refusal> {
    let refused = |outcome, reason: &str| Err(Refusal::new(outcome, "P7", reason));
    match &facts.approval {
        ApprovalFact::NotAsked | ApprovalFact::Pending => {
            refused(Outcome::ApprovalRequired, &rule.reason)
        }
        ApprovalFact::Used => {
            refused(Outcome::ApprovalConsumed, "the approval of this call was used")
        }
        ApprovalFact::OtherCall => {
            refused(Outcome::ApprovalMismatch, "another call was approved, not this one")
        }
        ApprovalFact::Decided { id, approvals } => {
            // Facts are data that somebody gathered: what they are about is checked here.
            let subject = Subject::of(call, facts.verdict.revision.as_str()).digest();
            if approvals.iter().any(|approval| approval.digest != subject) {
                return refused(Outcome::ApprovalMismatch, "a decision is about another call");
            }
            if approvals.iter().any(|approval| approval.answer == Answer::Deny) {
                return refused(Outcome::ApprovalDenied, "a person refused this call");
            }
            if approvals.iter().any(|approval| approval.expires <= facts.now) {
                return refused(Outcome::ApprovalExpired, "the approval's time is over");
            }
            if agreed(rule, approvals) < usize::from(rule.quorum.max(1)) {
                return refused(Outcome::ApprovalRequired, "not enough people have agreed");
            }
            Ok(id.clone())
        }
    }
}

/// How many different people, of those who may, agreed.
fn agreed(rule: &ApprovalRule, approvals: &[Approval]) -> usize {
    let mut approvers: Vec<&str> = approvals
        .iter()
        .map(|approval| approval.approver.as_str())
        .filter(|approver| rule.by.is_empty() || rule.by.iter().any(|one| one == approver))
        .collect();
    approvers.sort_unstable();
    approvers.dedup();
    approvers.len()
}
