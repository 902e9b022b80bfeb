//! The way of one call: verify, gather facts, decide, record.

use std::sync::Arc;

use procura_core::decide::{Accounts, ApprovalFact, Decision, Denial, Facts, Freshness};
use procura_core::directory::HolderStatus;
use procura_core::proof::{
    Call, Chain, Listing, Request, Verified, claimed_leaf, verify_call, verify_chain,
    verify_listing,
};
use procura_core::refusal::{Outcome, Refusal};
use procura_core::time::Timestamp;
use procura_wire::presentation::Presentation;

use crate::approvals::{Prompt, is_for_want_of_approval};
use crate::cache::ChainCache;
use crate::engine::{Engine, Trust};
use crate::event::{CallFacts, Source};
use crate::port::{Entry, Guard, Write};
use crate::record::{NotRecorded, Recorded};
use crate::refuse::{Unverified, answer};

/// One request to call a tool, as it arrived.
#[derive(Debug)]
pub struct Attempt {
    /// Where it came from.
    pub source: Source,
    /// Its credential, if it has one.
    pub presentation: Option<Presentation>,
    /// What it asks for.
    pub request: Request,
}

/// The answer to an attempt that may not happen.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why, and at which hop.
    pub refusal: Refusal,
    /// Whether the caller proved who it is, so that it may see more than the code.
    pub caller: Caller,
    /// The holder at the hop that refused.
    pub holder: Option<String>,
    /// The rule of policy that was asked, if it came to that.
    pub rule: Option<String>,
    /// Its place in the log; none for what was only counted.
    pub entry: Option<Entry>,
    /// The request for approval that waits now.
    pub prompt: Option<Prompt>,
}

/// Whether a caller proved who it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Caller {
    /// It proved possession of the leaf's key.
    Proven,
    /// It proved nothing.
    Unproven,
}

/// Why there is no answer about the call itself.
#[derive(Debug)]
pub enum NotAllowed {
    /// It may not happen.
    Refused(Box<Refused>),
    /// It cannot be recorded, so nothing may happen.
    Unavailable,
}

/// How often a decision is made again because the directory changed under it.
const DECISIONS: usize = 4;

impl Engine {
    /// Decides `attempt` and makes the decision durable before it returns.
    pub async fn authorize(&self, attempt: &Attempt) -> Result<Recorded, NotAllowed> {
        if self.is_held() {
            return Err(NotAllowed::Unavailable);
        }
        for _ in 0..DECISIONS {
            let now = self.clock().now();
            let trust = self.trust();
            let call = match self.verify(attempt, &trust, now) {
                Ok(call) => call,
                Err(unverified) => return Err(self.refuse(attempt, unverified, now).await),
            };
            match self.decide(call, attempt, &trust, now).await {
                // Somebody changed the directory; perhaps this process missed it.
                Err(NotRecorded::Outdated) if self.refresh().is_ok() => {}
                Err(_) => return Err(NotAllowed::Unavailable),
                Ok(answer) => return answer,
            }
        }
        // The directory changes faster than a decision is made: rely on nothing.
        Err(NotAllowed::Unavailable)
    }

    /// Checks who asks which tools it holds. A refusal is durable before this returns.
    pub async fn list(
        &self,
        source: &Source,
        presentation: &Presentation,
        purpose: &str,
    ) -> Result<Verified<Listing>, NotAllowed> {
        match self.verify_list(presentation, purpose) {
            Ok(listing) => Ok(listing),
            Err(refusal) => {
                Err(self.refuse_list(source, purpose, Some(presentation), refusal).await)
            }
        }
    }

    fn verify_list(
        &self,
        presentation: &Presentation,
        purpose: &str,
    ) -> Result<Verified<Listing>, Refusal> {
        let now = self.clock().now();
        let trust = self.current_trust().map_err(|_| {
            let reason = "the directory cannot be read";
            Refusal::new(Outcome::StatusUnknown, "P6", reason)
        })?;
        let chain = self.chain(presentation, &trust, now)?;
        let rules = self.rules(&trust, now);
        let listing = verify_listing(&chain, &presentation.proof, purpose, &rules)?;
        trust.directory.check_revocations(chain.get())?;
        check_holders(&trust, chain.get())?;
        Ok(listing)
    }

    fn verify(
        &self,
        attempt: &Attempt,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Verified<Call>, Unverified> {
        let presentation = attempt.presentation.as_ref().ok_or_else(|| Unverified {
            refusal: Refusal::new(Outcome::CredentialMissing, "1", "the request has no credential"),
            chain: None,
        })?;
        let chain = self
            .chain(presentation, trust, now)
            .map_err(|refusal| Unverified { refusal, chain: None })?;
        let rules = self.rules(trust, now);
        let request = attempt.request.clone();
        verify_call(&chain, &presentation.proof, request, &rules)
            .map_err(|refusal| Unverified { refusal, chain: Some(chain) })
    }

    fn chain(
        &self,
        presentation: &Presentation,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Arc<Verified<Chain>>, Refusal> {
        let generation = trust.directory.sequence();
        if presentation.chain.is_empty() {
            let leaf = claimed_leaf(&presentation.proof);
            let known = leaf.and_then(|leaf| self.cache().by_leaf(generation, &leaf));
            let reason = "the chain that the proof names is not known here; show it whole";
            return known.ok_or_else(|| Refusal::new(Outcome::ChainRequired, "1", reason));
        }
        let tokens: Vec<&str> = presentation.chain.iter().map(String::as_str).collect();
        let key = ChainCache::key(&tokens);
        if let Some(chain) = self.cache().get(generation, &key) {
            return Ok(chain);
        }
        let chain = Arc::new(verify_chain(&tokens, &self.rules(trust, now))?);
        self.cache().put(generation, key, &chain);
        Ok(chain)
    }

    async fn decide(
        &self,
        call: Verified<Call>,
        attempt: &Attempt,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<Result<Recorded, NotAllowed>, NotRecorded> {
        let source = &attempt.source;
        let verdict = self.verdict(call.get(), source, now);
        let approval = self.approval_fact(call.get(), &verdict, trust, now);
        let approval = approval.map_err(|_| NotRecorded::Unavailable)?;
        let directory = &trust.directory;
        let facts = Facts {
            now,
            directory,
            freshness: Freshness::Fresh,
            verdict,
            approval,
            accounts: Accounts::NotKept,
            statuses: &[],
        };
        let again = call.clone();
        let made = match procura_core::decide::decide(call, &facts) {
            Decision::Deny(denial) => self.deny(denial, source, now).await.map(Err),
            Decision::Allow(permit) => self.record(permit, source).await.map(Ok),
        };
        // What only the commit could find.
        let refusal = match made {
            Err(NotRecorded::Replayed) => {
                Refusal::new(Outcome::Replayed, "7i", "the proof was used before")
            }
            Err(NotRecorded::ApprovalUsed) => {
                let reason = "the approval of this call was used at the same time";
                Refusal::new(Outcome::ApprovalConsumed, "P7", reason)
            }
            Ok(answer) => {
                self.remember_use(&answer, &facts);
                return Ok(answer);
            }
            Err(NotRecorded::Outdated | NotRecorded::Unavailable) => return made,
        };
        self.late_refusal(&again, &facts, source, refusal).await.map(Err)
    }

    fn remember_use(&self, answer: &Result<Recorded, NotAllowed>, facts: &Facts<'_>) {
        if let (Ok(_), ApprovalFact::Decided { approvals, .. }) = (answer, &facts.approval) {
            self.spent().add(approvals, facts.now);
        }
    }

    /// Records a denial, and a request for approval where one would help.
    async fn deny(
        &self,
        denial: Denial,
        source: &Source,
        now: Timestamp,
    ) -> Result<NotAllowed, NotRecorded> {
        let mut refusal = denial.refusal().clone();
        // From the count of what waits to the commit, so that it stays true.
        let _settling = if is_for_want_of_approval(refusal.outcome) {
            Some(self.settling().lock().await)
        } else {
            None
        };
        let asked = self.ask(&denial, now)?;
        if let Some(limit) = &asked.limit {
            refusal = limit.clone();
        }
        let facts = CallFacts {
            source,
            call: denial.call(),
            verdict: denial.verdict(),
            directory: denial.directory(),
            approval: asked.prompt.as_ref().map(|prompt| prompt.id.as_str()),
        };
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let events = vec![self.denial_event(&id, &facts, &refusal)];
        let changes = asked.change.into_iter().collect();
        let write = Write { guards: guards_of(&denial), changes, events };
        let entry = self.store().commit(write).await?.entries.pop();
        let rule = Some(denial.verdict().rule.clone());
        let chain = denial.call().chain();
        Ok(answer(refusal, Some(chain), rule, entry, asked.prompt))
    }

    /// Records a refusal that only the commit could find.
    async fn late_refusal(
        &self,
        call: &Verified<Call>,
        facts: &Facts<'_>,
        source: &Source,
        refusal: Refusal,
    ) -> Result<NotAllowed, NotRecorded> {
        let described = CallFacts {
            source,
            call: call.get(),
            verdict: &facts.verdict,
            directory: facts.directory.sequence(),
            approval: None,
        };
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let events = vec![self.denial_event(&id, &described, &refusal)];
        let write = Write { guards: Vec::new(), changes: Vec::new(), events };
        let entry = self.store().commit(write).await?.entries.pop();
        let rule = Some(facts.verdict.rule.clone());
        Ok(answer(refusal, Some(call.get().chain()), rule, entry, None))
    }
}

/// The approval of a call that was used may have been used by this very proof:
/// then it is a replay, and nobody is asked again.
fn guards_of(denial: &Denial) -> Vec<Guard> {
    if denial.refusal().outcome != Outcome::ApprovalConsumed {
        return Vec::new();
    }
    let call = denial.call();
    vec![Guard::Unused { key: call.replay_key(), expires: call.proof().forgettable }]
}

/// Every holder of the chain is enrolled and may act.
fn check_holders(trust: &Trust, chain: &Chain) -> Result<(), Refusal> {
    let statuses = trust.directory.holders(chain).into_iter().enumerate();
    for (hop, status) in statuses {
        let (outcome, reason) = match status {
            HolderStatus::Active => continue,
            HolderStatus::Revoked => (Outcome::Revoked, "its agent is revoked"),
            HolderStatus::Suspended => (Outcome::HolderNotActive, "its agent is suspended"),
            HolderStatus::Unknown => {
                (Outcome::HolderUnknown, "its agent is not enrolled with this key")
            }
        };
        return Err(Refusal::new(outcome, "P6", reason).at(hop));
    }
    Ok(())
}
