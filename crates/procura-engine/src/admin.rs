//! What people do to Procura itself: suspend, resume, revoke.

use procura_core::directory::{AgentState, Directory, PersonRole, Revocation, RevokedThing};
use procura_core::hash::Digest;
use procura_core::json::Object;
use procura_core::limits;
use procura_core::refusal::Refusal;
use procura_core::time::Timestamp;

use crate::effect::NoEntropy;
use crate::engine::{Engine, OpenError, Trust};
use crate::event::bounded;
use crate::names::NameRefused;
use crate::port::{CommitError, Guard, StoreError};

/// A person who signed the request at hand.
#[derive(Clone, Debug)]
pub struct Administrator {
    principal: String,
    role: PersonRole,
    /// What may be used once: the request's proof.
    proof: Digest,
    /// When its use may be forgotten.
    forgettable: Timestamp,
}

/// What a request needs its sender to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Permission {
    /// See agents, events and requests.
    Read,
    /// Change who may act.
    Manage,
}

impl Administrator {
    pub(crate) fn new(
        principal: String,
        role: PersonRole,
        (proof, forgettable): (Digest, Timestamp),
    ) -> Self {
        Self { principal, role, proof, forgettable }
    }

    /// Who it is.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// Checks that this person may do it.
    pub fn require(&self, permission: Permission) -> Result<(), AdminError> {
        match (self.role, permission) {
            (PersonRole::Administrator, _) | (PersonRole::Approver, Permission::Read) => Ok(()),
            (PersonRole::Approver, Permission::Manage) => {
                Err(AdminError::NotEligible("only an administrator may do this"))
            }
        }
    }

    /// Checks that the key which signed the request was not revoked meanwhile.
    pub(crate) fn require_still(&self, trust: &Trust) -> Result<(), AdminError> {
        match trust.person(&self.principal) {
            Some(person) if person.role == self.role => Ok(()),
            Some(_) | None => {
                Err(AdminError::NotEligible("the key that signed this request was revoked"))
            }
        }
    }

    /// The request's proof, to be used up with what the request does; none if it
    /// waited for so long that the mark of an earlier use may be forgotten.
    pub(crate) fn guard(&self, now: Timestamp) -> Result<Guard, AdminError> {
        let (key, expires) = (self.proof, self.forgettable);
        if now > expires { Err(AdminError::Replayed) } else { Ok(Guard::Unused { key, expires }) }
    }
}

impl Engine {
    /// Suspends, resumes or revokes an agent.
    pub async fn set_agent_state(
        &self,
        caller: &Administrator,
        id: &str,
        (state, reason): (AgentState, &str),
    ) -> Result<(), AdminError> {
        caller.require(Permission::Manage)?;
        let changing = self.begin_change(Some(caller)).await?;
        let agent = changing.trust().directory.agent(id).cloned();
        let mut agent = agent.ok_or(AdminError::NotFound)?;
        if agent.state == AgentState::Revoked {
            return Err(AdminError::AlreadyRevoked);
        }
        agent.state = state;
        let kind = match state {
            AgentState::Active => "directory.agent_resumed",
            AgentState::Suspended => "directory.agent_suspended",
            AgentState::Revoked => "directory.agent_revoked",
        };
        let event = Object::new().with("agent", id).with("reason", bounded(reason));
        changing.commit(kind, &event, |directory| directory.put_agent(id, agent)).await
    }

    /// Revokes a key, an instance, a delegation with all under it, a principal, or everything.
    pub async fn revoke(
        &self,
        caller: &Administrator,
        thing: RevokedThing,
        reason: &str,
    ) -> Result<(), AdminError> {
        let own = matches!(&thing, RevokedThing::Principal(name) if name == caller.principal());
        let may = own || caller.require(Permission::Manage).is_ok();
        // What may not be revoked does not exist for this caller, and what is
        // longer than any name does not exist for anybody.
        if !may || thing.value().len() > limits::NAME_BYTES {
            return Err(AdminError::NotFound);
        }
        let changing = self.begin_change(Some(caller)).await?;
        // Only people of the directory delegate, so a name that is none is mistyped.
        if let RevokedThing::Principal(name) = &thing
            && changing.trust().directory.person(name).is_none()
        {
            return Err(AdminError::NotFound);
        }
        let event = Object::new()
            .with("what", thing.kind())
            .with("value", thing.value())
            .with("reason", bounded(reason));
        let entry = Revocation { thing, at: self.clock().now(), by: caller.principal().into() };
        let change = |directory: &mut Directory| directory.revoke(entry);
        changing.commit("directory.revoked", &event, change).await
    }
}

/// Why a request to the authority was not carried out. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such thing, or not for this caller.
    #[error("there is no such thing")]
    NotFound,
    /// The caller may not do this.
    #[error("{0}")]
    NotEligible(&'static str),
    /// The name cannot be given out.
    #[error("{0}")]
    Name(NameRefused),
    /// The key is not one.
    #[error("{0}")]
    KeyInvalid(String),
    /// The key belongs to somebody, or did.
    #[error("the key belongs to `{0}` already")]
    KeyTaken(String),
    /// The key was revoked.
    #[error("the key was revoked; enrol with a new one")]
    KeyRevoked,
    /// The key did not prove that it is held.
    #[error("the key must sign a fresh challenge of this authority; ask for one and sign again")]
    PossessionRequired,
    /// A statement was refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The agent is revoked, and stays so.
    #[error("the agent is revoked; enrol a new one under another name")]
    AlreadyRevoked,
    /// The approval request was decided.
    #[error("the request was decided already")]
    ApprovalDecided,
    /// The approval request is over.
    #[error("the request's time is over; let the agent ask again")]
    ApprovalExpired,
    /// The request was sent before.
    #[error("the request was sent before; sign a new one")]
    Replayed,
    /// Somebody else changed the same thing.
    #[error("somebody else changed the same thing; try again")]
    Conflict,
    /// Too much at a time.
    #[error("too many requests; try again in a minute")]
    Busy,
    /// It cannot be recorded, so it did not happen.
    #[error("the log cannot be written, so nothing was done")]
    Unavailable,
}

impl AdminError {
    /// The stable code and HTTP status.
    pub fn code(&self) -> (&'static str, u16) {
        match self {
            Self::NotFound => ("not_found", 404),
            Self::NotEligible(_) => ("not_eligible", 403),
            Self::Name(NameRefused::Invalid(_)) => ("identity.name_invalid", 422),
            Self::Name(NameRefused::Confusable(_)) => ("identity.name_confusable", 422),
            Self::Name(NameRefused::Taken(_)) => ("identity.name_conflict", 409),
            Self::KeyInvalid(_) => ("identity.key_invalid", 422),
            Self::KeyTaken(_) | Self::KeyRevoked => ("identity.key_conflict", 409),
            Self::PossessionRequired => ("identity.pop_required", 401),
            Self::Refused(refusal) => (refusal.outcome.as_str(), refusal.outcome.http_status()),
            Self::AlreadyRevoked => ("identity.revoked", 409),
            Self::ApprovalDecided => ("approval.decided", 409),
            Self::ApprovalExpired => ("approval_expired", 403),
            Self::Replayed => ("replayed", 401),
            Self::Conflict => ("conflict", 409),
            Self::Busy => ("limit.busy", 429),
            Self::Unavailable => ("audit.unavailable", 503),
        }
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        let cause: &dyn std::error::Error = &error;
        tracing::error!(error = cause, "the store failed");
        Self::Unavailable
    }
}

impl From<OpenError> for AdminError {
    fn from(_: OpenError) -> Self {
        Self::Unavailable
    }
}

impl From<NoEntropy> for AdminError {
    fn from(_: NoEntropy) -> Self {
        Self::Unavailable
    }
}

impl From<CommitError> for AdminError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Replayed => Self::Replayed,
            CommitError::ApprovalUsed | CommitError::ApprovalDecided => Self::ApprovalDecided,
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => error.into(),
        }
    }
}
