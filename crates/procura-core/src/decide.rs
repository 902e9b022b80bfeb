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

use procura_policy::{Effect, Verdict};

use crate::approval::{Answer, Approval, Need, Subject};
use crate::detail::Debit;
use crate::directory::{Directory, HolderStatus};
use crate::proof::{Call, Chain, Verified};
use crate::refusal::{Outcome, Refusal};
use crate::status_list::{Reference, Status};
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
    /// Whether sums over several calls are kept here.
    pub accounts: Accounts,
    /// What published lists say of those tokens that name one.
    ///
    /// [`crate::status_list::StatusList::status`] of lists that are fresh.
    pub statuses: &'a [(Reference, Status)],
}

/// Whether somebody here keeps the sums that chains limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Accounts {
    /// Nobody does, so a call that would add to one is refused.
    NotKept,
    /// The one who spends the permit takes every [`Permit::debits`] in the transaction
    /// in which the permit is spent, and fails if one does not fit.
    Kept,
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

    /// The sums that have to be added to with it, each within its limit.
    pub fn debits(&self) -> &[Debit] {
        &self.call().demands().debits
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

    /// Who would have to agree, if people have to.
    pub fn need(&self) -> Option<Need> {
        Need::of(self.call(), &self.verdict.effect)
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
    check_statuses(chain, facts)?;
    chain.check_time(facts.now)?;
    if let Effect::Deny { code, reason } = &facts.verdict.effect {
        let reason = format!("{}: {reason}", code.as_str());
        return Err(Refusal::new(Outcome::PolicyDenied, "P8", reason));
    }
    if !call.demands().debits.is_empty() && facts.accounts == Accounts::NotKept {
        let reason = "the chain limits a sum, and nobody here keeps it";
        return Err(Refusal::new(Outcome::BudgetUnknown, "P9", reason));
    }
    let need = Need::of(call, &facts.verdict.effect);
    need.map(|need| check_approval(&need, call, facts)).transpose()
}

/// P6: a token that names a status list is good only if that list says so.
fn check_statuses(chain: &Chain, facts: &Facts<'_>) -> Result<(), Refusal> {
    for (hop, token) in chain.tokens().enumerate() {
        let Some(reference) = &token.status else { continue };
        let known = facts.statuses.iter().find(|(known, _)| known == reference);
        let (outcome, reason) = match known {
            Some((_, Status::Valid)) => continue,
            Some((_, Status::Invalid)) => (Outcome::Revoked, "its issuer has withdrawn it"),
            Some((_, Status::Suspended)) => (Outcome::Revoked, "its issuer has suspended it"),
            Some((_, Status::Other(_))) => {
                (Outcome::StatusUnknown, "its status is one that is not known here")
            }
            None => (Outcome::StatusUnknown, "its status list is not known here"),
        };
        return Err(Refusal::new(outcome, "P6", reason).at(hop));
    }
    Ok(())
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
fn check_approval(need: &Need, call: &Call, facts: &Facts<'_>) -> Result<String, Refusal> {
    let refused = |outcome, reason: &str| Err(Refusal::new(outcome, "P7", reason));
    if !need.is_possible() {
        let reason = "nobody is left whom policy and the chain both accept as approver";
        return refused(Outcome::ApprovalNotEligible, reason);
    }
    match &facts.approval {
        ApprovalFact::NotAsked | ApprovalFact::Pending => {
            refused(Outcome::ApprovalRequired, &need.reason)
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
            if !need.is_met(approvals, facts.now) {
                return refused(Outcome::ApprovalRequired, "not enough people have agreed");
            }
            Ok(id.clone())
        }
    }
}
