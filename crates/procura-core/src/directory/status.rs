//! What the directory says of the holders of a chain.
//!
//! Step P6. A chain proves that keys passed authority on; it does not prove that
//! a key belongs to the agent whose name stands beside it. Without this anybody
//! who is given a delegation could write another agent's name into the next.

use alloc::string::ToString as _;

use super::{AgentState, Directory, Revocation, RevokedThing};
use crate::identity::AgentId;
use crate::key::{PublicKey, Thumbprint};
use crate::limits;
use crate::proof::Chain;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;
use crate::token::Token;

/// What the directory says of one holder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HolderStatus {
    /// The name has this key and may act.
    Active,
    /// No such name, or the name has another key.
    ///
    /// The two are one answer, because both mean that the name is only claimed.
    Unknown,
    /// The name has this key and is suspended.
    Suspended,
    /// The agent is revoked.
    Revoked,
}

impl Directory {
    /// The status of each holder, from the root to the leaf.
    pub fn holders(&self, chain: &Chain) -> alloc::vec::Vec<HolderStatus> {
        let mut above: Option<&Token> = None;
        let mut statuses = alloc::vec::Vec::new();
        for token in chain.tokens() {
            statuses.push(self.holder(token, above));
            above = Some(token);
        }
        statuses
    }

    /// An agent has the key that it enrolled with. An instance has whatever key
    /// its own agent gave it: the token above must be that agent's.
    ///
    /// An instance that is the root's holder is unknown: no agent vouched for it.
    fn holder(&self, token: &Token, above: Option<&Token>) -> HolderStatus {
        let id = token.client_id.as_deref().and_then(AgentId::parse);
        let Some(id) = id else {
            return HolderStatus::Unknown;
        };
        if let Some(agent) = id.agent_of_instance() {
            let agent = agent.to_string();
            let issued_by_agent = above.is_some_and(|above| {
                above.client_id.as_deref() == Some(&agent)
                    && self.agent(&agent).is_some_and(|entry| entry.key == above.key)
            });
            return if issued_by_agent { self.state(&agent) } else { HolderStatus::Unknown };
        }
        let id = id.to_string();
        match self.agent(&id) {
            Some(agent) if agent.key == token.key => self.state(&id),
            Some(_) | None => HolderStatus::Unknown,
        }
    }

    fn state(&self, id: &str) -> HolderStatus {
        match self.agent(id).map(|agent| agent.state) {
            Some(AgentState::Active) => HolderStatus::Active,
            Some(AgentState::Suspended) => HolderStatus::Suspended,
            Some(AgentState::Revoked) => HolderStatus::Revoked,
            None => HolderStatus::Unknown,
        }
    }

    /// Whether this key, a person's or an agent's, is revoked.
    pub fn is_key_revoked(&self, key: &Thumbprint) -> bool {
        let key = RevokedThing::Key(key.to_string());
        self.revocations.iter().any(|entry| entry.thing == key)
    }

    /// Checks that nothing on the chain is revoked; the hop is the first that is.
    ///
    /// Keys, delegations, principals and instances are looked for at every hop, and
    /// the key that signed the root besides. Agents' states are not: those are in
    /// [`Directory::holders`], and [`crate::decide`] asks both.
    pub fn check_revocations(&self, chain: &Chain) -> Result<(), Refusal> {
        // The key of a person holds nothing, but everything on the chain depends on it.
        if self.is_key_revoked(&chain.signer()) {
            let reason = "the key that signed it is revoked";
            return Err(Refusal::new(Outcome::Revoked, "P6", reason).at(0));
        }
        for (hop, token) in chain.tokens().enumerate() {
            let hit = self.revocations.iter().find(|entry| is_hit(&entry.thing, token, entry.at));
            if let Some(entry) = hit {
                let reason = alloc::format!("its {} is revoked", entry.thing.kind());
                return Err(Refusal::new(Outcome::Revoked, "P6", reason).at(hop));
            }
        }
        Ok(())
    }
}

impl Directory {
    /// Checks that the agent `id` has this key and may act, and that neither the key
    /// nor everything that was signed until then is revoked (step E7).
    ///
    /// For what an agent signs by itself. An instance has no entry, and no chain
    /// vouches for it here, so it is unknown.
    pub fn check_signer(
        &self,
        id: &str,
        key: &PublicKey,
        signed: Timestamp,
    ) -> Result<(), Refusal> {
        let refuse = |outcome, reason: &str| Err(Refusal::new(outcome, "E7", reason));
        if self.agent(id).is_none_or(|agent| agent.key != *key) {
            return refuse(Outcome::HolderUnknown, "its agent is not enrolled with this key");
        }
        if self.is_key_revoked(&key.thumbprint()) {
            return refuse(Outcome::Revoked, "its key is revoked");
        }
        let is_over = |entry: &Revocation| {
            entry.thing == RevokedThing::Everything && signed <= entry.at.plus(limits::CLOCK_SKEW)
        };
        if self.revocations.iter().any(is_over) {
            return refuse(Outcome::Revoked, "everything of its time is revoked");
        }
        match self.state(id) {
            HolderStatus::Active => Ok(()),
            HolderStatus::Suspended => refuse(Outcome::HolderNotActive, "its agent is suspended"),
            HolderStatus::Revoked => refuse(Outcome::Revoked, "its agent is revoked"),
            HolderStatus::Unknown => refuse(Outcome::HolderUnknown, "its agent is not enrolled"),
        }
    }
}

/// Whether `thing` is what `token` is, has or names.
fn is_hit(thing: &RevokedThing, token: &Token, at: crate::time::Timestamp) -> bool {
    match thing {
        RevokedThing::Key(thumbprint) => token.key.thumbprint().to_string() == *thumbprint,
        RevokedThing::Delegation(id) => token.id == *id,
        RevokedThing::Principal(principal) => token.principal.as_ref() == Some(principal),
        RevokedThing::Instance(id) => token.client_id.as_ref() == Some(id),
        // A root may say that it begins a skew from now; it is stopped too.
        RevokedThing::Everything => token.issued <= at.plus(limits::CLOCK_SKEW),
    }
}
