//! The way of one call: verify, gather facts, decide, record.

use std::sync::Arc;

use procura_core::decide::{Decision, Denial, Facts, Freshness};
use procura_core::proof::{
    Call, Chain, Listing, Request, Verified, verify_call, verify_chain, verify_listing,
};
use procura_core::refusal::{Outcome, Refusal};
use procura_core::time::Timestamp;
use procura_core::token::Token;
use procura_wire::presentation::Presentation;

use crate::approvals::Prompt;
use crate::cache::ChainCache;
use crate::engine::{Engine, Trust};
use crate::event::{CallFacts, Claimed, Source};
use crate::flood::Treatment;
use crate::port::{Entry, Write};
use crate::record::{NotRecorded, Recorded};

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
        for _ in 0..DECISIONS {
            let now = self.clock().now();
            let trust = self.trust();
            let call = match self.verify(attempt, &trust, now) {
                Ok(call) => call,
                Err(unverified) => return Err(self.refuse(attempt, unverified, now).await),
            };
            match self.decide(call, attempt, &trust, now).await {
                Err(NotRecorded::Outdated) => {}
                Err(_) => return Err(NotAllowed::Unavailable),
                Ok(answer) => return answer,
            }
        }
        // The directory changes faster than a decision is made: rely on nothing.
        Err(NotAllowed::Unavailable)
    }

    /// Checks who asks which tools it holds.
    pub fn list(
        &self,
        presentation: &Presentation,
        purpose: &str,
    ) -> Result<Verified<Listing>, Refusal> {
        let now = self.clock().now();
        let trust = self.trust();
        let chain = self.chain(presentation, &trust, now)?;
        let rules = self.rules(&trust, now);
        trust.directory.check_revocations(chain.get())?;
        verify_listing(&chain, &presentation.proof, purpose, &rules)
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
        let tokens: Vec<&str> = presentation.chain.iter().map(String::as_str).collect();
        let generation = trust.directory.sequence();
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
        let facts = Facts { now, directory, freshness: Freshness::Fresh, verdict, approval };
        let again = call.clone();
        match procura_core::decide::decide(call, &facts) {
            Decision::Deny(denial) => self.deny(denial, source, now).await.map(Err),
            Decision::Allow(permit) => match self.record(permit, source).await {
                Ok(recorded) => Ok(Ok(recorded)),
                Err(NotRecorded::Replayed) => {
                    let reason = "the proof was used before";
                    let refusal = Refusal::new(Outcome::Replayed, "7i", reason);
                    self.late_refusal(&again, &facts, source, refusal).await.map(Err)
                }
                Err(NotRecorded::ApprovalUsed) => {
                    let reason = "the approval of this call was used at the same time";
                    let refusal = Refusal::new(Outcome::ApprovalConsumed, "P7", reason);
                    self.late_refusal(&again, &facts, source, refusal).await.map(Err)
                }
                Err(other) => Err(other),
            },
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
        let write = Write { guards: Vec::new(), changes, events };
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

    /// Answers a request that could not be verified; a flood of them is counted.
    async fn refuse(
        &self,
        attempt: &Attempt,
        unverified: Unverified,
        now: Timestamp,
    ) -> NotAllowed {
        let Unverified { refusal, chain } = unverified;
        let proven = is_proven(&refusal, chain.is_some());
        let chain = chain.as_ref().map(|chain| chain.get());
        let counted = proven == Caller::Unproven
            && self.flood().see(&attempt.source.address, now) == Treatment::Counted;
        if counted {
            return answer(refusal, None, None, None, None);
        }
        let leaf = attempt.presentation.as_ref().and_then(|shown| shown.chain.last());
        let leaf = leaf.and_then(|leaf| Token::read(leaf).ok());
        let claimed = Claimed { leaf, tool: &attempt.request.tool };
        let Ok(id) = self.ids().uuid() else {
            return NotAllowed::Unavailable;
        };
        let events = vec![self.refusal_event(&id, &attempt.source, &claimed, &refusal)];
        let write = Write { guards: Vec::new(), changes: Vec::new(), events };
        match self.store().commit(write).await.map_err(NotRecorded::from) {
            Ok(mut committed) => {
                let shown = chain.filter(|_| proven == Caller::Proven);
                answer(refusal, shown, None, committed.entries.pop(), None)
            }
            Err(_) => NotAllowed::Unavailable,
        }
    }

    /// Records what a flood left uncounted in the log; to be called every few seconds.
    pub async fn record_floods(&self) {
        for summary in self.flood().take(self.clock().now()) {
            let Ok(id) = self.ids().uuid() else { return };
            let body = self
                .event(&id, "call.denied_many")
                .with("source_ip", summary.source.as_str())
                .with("minute", summary.minute)
                .with("count", summary.count);
            if self.append(id, "call.denied_many", body).await.is_err() {
                tracing::error!(source = summary.source, "a count of refusals was not recorded");
            }
        }
    }
}

/// A request whose verification failed, and its chain if that part succeeded.
struct Unverified {
    refusal: Refusal,
    chain: Option<Arc<Verified<Chain>>>,
}

/// Steps after 7b come only once the holder's signature was checked.
fn is_proven(refusal: &Refusal, has_chain: bool) -> Caller {
    let after_possession =
        matches!(refusal.step, "6b" | "6c" | "7c" | "7d" | "7e" | "7f" | "7g" | "7h");
    if has_chain && after_possession { Caller::Proven } else { Caller::Unproven }
}

fn answer(
    refusal: Refusal,
    chain: Option<&Chain>,
    rule: Option<String>,
    entry: Option<Entry>,
    prompt: Option<Prompt>,
) -> NotAllowed {
    let holder = refusal.hop.and_then(|hop| chain?.tokens().nth(hop)?.client_id.clone());
    let caller = if chain.is_some() { Caller::Proven } else { Caller::Unproven };
    NotAllowed::Refused(Box::new(Refused { refusal, caller, holder, rule, entry, prompt }))
}
