//! Refusals of what was not verified: recorded in full up to a rate, then counted.
//!
//! **Invariant:** whoever is answered from here finds the refusal in the log, in
//! an event of its own or in the count of a flood; or the answer is that nothing
//! can be recorded.

use std::sync::Arc;

use procura_core::jws::Compact;
use procura_core::proof::{Chain, Request, Verified};
use procura_core::refusal::Refusal;
use procura_core::time::Timestamp;
use procura_core::token::Token;
use procura_wire::presentation::Presentation;

use crate::approvals::Prompt;
use crate::authorize::{Attempt, Caller, NotAllowed, Refused};
use crate::engine::Engine;
use crate::event::{Claimed, Source};
use crate::flood::{Flood, Summary, Treatment};
use crate::port::Entry;
use crate::record::NotRecorded;

/// A request that is refused before a call is decided: nothing but its own words are known of it.
#[derive(Clone, Copy, Debug)]
pub struct RefusedRequest<'a> {
    /// Where it came from.
    pub source: &'a Source,
    /// What it asks for, such as `tools/list` or `POST /v1/agents`, if it said so.
    pub action: Option<&'a str>,
    /// The id of the tool, if it named one.
    pub target: Option<&'a str>,
    /// The person who proved to have sent it.
    pub principal: Option<&'a str>,
    /// The credential that it showed, if it was read.
    pub presentation: Option<&'a Presentation>,
    /// The stable code of the refusal.
    pub code: &'a str,
    /// One line for the operator.
    pub reason: &'a str,
}

/// A request whose verification failed, and its chain if that part succeeded.
pub(crate) struct Unverified {
    pub(crate) refusal: Refusal,
    pub(crate) chain: Option<Arc<Verified<Chain>>>,
}

/// What a credential says of itself.
fn claimed<'a>(shown: Option<&Presentation>, proven: Option<&'a Chain>) -> Claimed<'a> {
    let chain = shown.map_or(&[][..], |shown| &shown.chain);
    let root = chain.first().and_then(|root| Compact::parse(root).ok());
    Claimed {
        root: root.map(|root| root.signing_hash()),
        leaf: chain.last().and_then(|leaf| Token::read(leaf).ok()),
        proven,
    }
}

/// Whether the step that refused comes only once the holder's signature was checked.
fn comes_after_possession(refusal: &Refusal) -> bool {
    matches!(refusal.step, "6b" | "6c" | "7c" | "7d" | "7e" | "7f" | "7g" | "7h")
}

impl Engine {
    /// Records a call whose credential could not be read, and answers it.
    pub async fn refuse_unread(
        &self,
        source: &Source,
        request: Request,
        refusal: Refusal,
    ) -> NotAllowed {
        let attempt = Attempt { source: source.clone(), presentation: None, request };
        let unverified = Unverified { refusal, chain: None };
        self.refuse(&attempt, unverified, self.clock().now()).await
    }

    /// Answers a request that could not be verified; a flood of them is counted.
    pub(crate) async fn refuse(
        &self,
        attempt: &Attempt,
        unverified: Unverified,
        now: Timestamp,
    ) -> NotAllowed {
        let Unverified { refusal, chain } = unverified;
        let chain = chain.as_ref().map(|chain| chain.get());
        let proven = chain.filter(|_| comes_after_possession(&refusal));
        let treatment = match proven {
            Some(chain) => self.insistence().see(&chain.leaf().key.thumbprint().to_string(), now),
            None => self.flood().see(&attempt.source.address, now),
        };
        if treatment == Treatment::Counted {
            return answer(refusal, None, None, None, None);
        }
        let claimed = claimed(attempt.presentation.as_ref(), proven);
        let Ok(id) = self.ids().uuid() else {
            return NotAllowed::Unavailable;
        };
        let body = self.refusal_event(&id, attempt, &claimed, &refusal);
        match self.append(id, "call.denied", body).await {
            Ok(entry) => answer(refusal, proven, None, Some(entry), None),
            Err(_) => NotAllowed::Unavailable,
        }
    }

    /// Records a refused request for the list of tools, and answers it.
    pub async fn refuse_list(
        &self,
        source: &Source,
        purpose: &str,
        presentation: Option<&Presentation>,
        refusal: Refusal,
    ) -> NotAllowed {
        let refused = RefusedRequest {
            source,
            action: Some(purpose),
            target: None,
            principal: None,
            presentation,
            code: refusal.outcome.as_str(),
            reason: &refusal.reason,
        };
        match self.refuse_request(&refused).await {
            Ok(entry) => answer(refusal, None, None, entry, None),
            Err(_) => NotAllowed::Unavailable,
        }
    }

    /// Records a request that is refused before a call is decided. None is its
    /// place in the log if it is one of a flood, which is counted.
    pub async fn refuse_request(
        &self,
        refused: &RefusedRequest<'_>,
    ) -> Result<Option<Entry>, NotRecorded> {
        let now = self.clock().now();
        let key =
            refused.principal.and_then(|name| Some(self.trust().person(name)?.key.thumbprint()));
        // Who proved who they are is not silenced by what others send from there.
        let treatment = match key {
            Some(key) => self.insistence().see(&key.to_string(), now),
            None => self.flood().see(&refused.source.address, now),
        };
        if treatment == Treatment::Counted {
            return Ok(None);
        }
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let claimed = claimed(refused.presentation, None);
        let body = self.request_event(&id, refused, &claimed);
        self.append(id, "request.refused", body).await.map(Some)
    }

    /// Records what floods left uncounted in the log; to be called every few seconds.
    pub async fn record_floods(&self) {
        let now = self.clock().now();
        self.record_summaries(self.flood(), "source_ip", self.flood().take(now)).await;
        let insistence = self.insistence();
        self.record_summaries(insistence, "key_thumbprint", insistence.take(now)).await;
    }

    /// Records all of it, of the current minute too: the process ends.
    pub(crate) async fn record_last_floods(&self) {
        self.record_summaries(self.flood(), "source_ip", self.flood().take_all()).await;
        let insistence = self.insistence();
        self.record_summaries(insistence, "key_thumbprint", insistence.take_all()).await;
    }

    async fn record_summaries(&self, flood: &Flood, who: &str, summaries: Vec<Summary>) {
        for summary in summaries {
            let Ok(id) = self.ids().uuid() else {
                flood.give_back(summary);
                continue;
            };
            let body = self
                .event(&id, "call.denied_many")
                .with("decision", "deny")
                .with(who, summary.source.as_str())
                .with("minute", summary.minute)
                .with("count", summary.count);
            if self.append(id, "call.denied_many", body).await.is_err() {
                tracing::error!(who = summary.source, "a count of refusals is not recorded yet");
                flood.give_back(summary);
            }
        }
    }
}

pub(crate) fn answer(
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
