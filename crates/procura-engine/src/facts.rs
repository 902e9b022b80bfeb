//! Gathers the facts of one decision: one read each, all of them data.

use procura_core::approval::{self, Need, Subject};
use procura_core::decide::ApprovalFact;
use procura_core::identity::AgentId;
use procura_core::json::Object;
use procura_core::proof::Call;
use procura_core::time::Timestamp;
use procura_core::token::Token;
use procura_policy::{Query, Verdict};

use crate::engine::{Engine, Trust};
use crate::event::Source;
use crate::port::{ApprovalRow, ApprovalState, StoreError};

impl Engine {
    /// What policy says of `call`.
    pub(crate) fn verdict(&self, call: &Call, source: &Source, now: Timestamp) -> Verdict {
        let leaf = call.chain().leaf();
        let input = policy_input(call, source, now);
        self.policy().evaluate(&Query {
            principal: leaf.principal.as_deref().unwrap_or(""),
            agent: &agent_of(leaf),
            tool: &call.request().tool,
            input: &input,
        })
    }

    /// What people said of this call, if policy or the chain wants to know.
    pub(crate) fn approval_fact(
        &self,
        call: &Call,
        verdict: &Verdict,
        trust: &Trust,
        now: Timestamp,
    ) -> Result<ApprovalFact, StoreError> {
        if Need::of(call, &verdict.effect).is_none() {
            return Ok(ApprovalFact::NotAsked);
        }
        let subject = Subject::of(call, verdict.revision.as_str());
        let rows = self.store().approvals_of(&subject.leaf, &subject.tool, now)?;
        let digest = subject.digest();
        let (own, other): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.digest == digest);
        if let Some(row) = newest_that_counts(&own) {
            return Ok(self.fact_of(row, trust, now));
        }
        let approved = other.iter().any(|row| row.state == ApprovalState::Approved);
        Ok(if approved { ApprovalFact::OtherCall } else { ApprovalFact::NotAsked })
    }

    fn fact_of(&self, row: &ApprovalRow, trust: &Trust, now: Timestamp) -> ApprovalFact {
        match row.state {
            ApprovalState::Pending => ApprovalFact::Pending,
            ApprovalState::Used => ApprovalFact::Used,
            ApprovalState::Approved | ApprovalState::Denied => {
                // What is stored is verified again: a writable table approves nothing.
                let decisions = row.statements.iter();
                let decisions = decisions.filter_map(|one| {
                    approval::verify(one, &row.digest, &trust.directory, now).ok()
                });
                let approvals = decisions.filter(|one| !self.spent().contains(one)).collect();
                ApprovalFact::Decided { id: row.id.clone(), approvals }
            }
        }
    }
}

/// A request that can still be used wins over a newer one that waits, and one
/// that waits over one that is over.
fn newest_that_counts<'a>(rows: &[&'a ApprovalRow]) -> Option<&'a ApprovalRow> {
    let order = [
        ApprovalState::Approved,
        ApprovalState::Pending,
        ApprovalState::Denied,
        ApprovalState::Used,
    ];
    order.iter().find_map(|state| rows.iter().find(|row| row.state == *state).copied())
}

/// The enrolled agent that calls. An instance is named by its agent alone, so
/// it is its agent to policy: else an agent could shed what is said of it. The
/// instance is in the last hop.
pub(crate) fn agent_of(leaf: &Token) -> String {
    let id = leaf.client_id.as_deref().and_then(AgentId::parse);
    match id.map(|id| id.agent_of_instance().unwrap_or(id)) {
        Some(agent) => agent.to_string(),
        None => leaf.client_id.clone().unwrap_or_default(),
    }
}

/// The `input` of Rego, as `docs/formats/policy.md` describes it.
fn policy_input(call: &Call, source: &Source, now: Timestamp) -> String {
    let leaf = call.chain().leaf();
    let hops: Vec<Object> = call
        .chain()
        .tokens()
        .map(|token| {
            Object::new()
                .with("client_id", token.client_id.clone())
                .with("jkt", token.key.thumbprint().to_string())
                .with("jti", token.id.as_str())
                .with("iss", token.issuer.as_str())
                .with("iat", token.issued.as_seconds())
                .with("exp", token.expires.as_seconds())
        })
        .collect();
    let input = Object::new()
        .with("principal", leaf.principal.clone())
        .with("agent", agent_of(leaf))
        .with("jkt", leaf.key.thumbprint().to_string())
        .with("hops", hops)
        .with("tool", call.request().tool.as_str())
        .with("args", call.request().arguments.clone())
        .with("now", now.as_seconds())
        .with("transport", source.transport);
    // Arguments were admissible when they were verified; an empty input decides nothing.
    input.to_canonical().unwrap_or_default()
}
