//! The entries of a directory and their encoding.
//!
//! Entries are read closed where it matters: an unknown role, state or kind of
//! revocation makes the directory unreadable, because no default is safe.

use alloc::string::{String, ToString as _};

use crate::json::{Object, Value};
use crate::key::{PublicKey, Thumbprint};
use crate::time::Timestamp;
use crate::token;

/// A person with a key of their own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// The key that signs their delegations, approvals and requests.
    pub key: PublicKey,
    /// What they may do to Procura itself.
    pub role: PersonRole,
}

/// What a person may do to Procura itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PersonRole {
    /// Everything: enrol, suspend, revoke, approve.
    Administrator,
    /// Approve or refuse calls, and revoke what they delegated.
    Approver,
}

/// An agent and its key.
///
/// It is found by its id (see [`crate::identity::AgentId`]), and only an exact
/// match of id and key counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Agent {
    /// The key that is bound to the name.
    pub key: PublicKey,
    /// The person who answers for it.
    ///
    /// A principal such as `user:alice`. That the person exists is not checked here.
    pub owner: String,
    /// Where it is in its life.
    pub state: AgentState,
    /// When it was enrolled.
    pub created: Timestamp,
}

/// Where an agent is in its life. Only an active one acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgentState {
    /// It may act.
    Active,
    /// It may not act until somebody resumes it.
    Suspended,
    /// It never acts again; its key and name are not given out again.
    Revoked,
}

/// Something that is revoked, and with it everything that depends on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revocation {
    /// What.
    pub thing: RevokedThing,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
}

/// What can be revoked besides an agent, which has a state of its own.
///
/// Each is compared with every token of a chain, so one entry stops everything
/// derived below it, offline copies included. That something of this name was
/// ever issued is not checked: a name of nothing stops nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RevokedThing {
    /// A key, by its thumbprint.
    ///
    /// As holder of any token, as signer of the root, and as a person's own.
    Key(String),
    /// A delegation and everything under it, by its `jti`.
    Delegation(String),
    /// Everything that a principal delegated.
    Principal(String),
    /// One instance of an agent, by its id.
    Instance(String),
    /// Everything that was issued until the revocation.
    ///
    /// One token of that age stops its chain. It is the answer to a
    /// compromise of unknown extent, after which roots are signed anew.
    Everything,
}

impl PersonRole {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Approver => "approver",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "administrator" => Some(Self::Administrator),
            "approver" => Some(Self::Approver),
            _ => None,
        }
    }
}

impl AgentState {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "active" => Some(Self::Active),
            "suspended" => Some(Self::Suspended),
            "revoked" => Some(Self::Revoked),
            _ => None,
        }
    }
}

impl RevokedThing {
    /// The kind on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Delegation(_) => "delegation",
            Self::Principal(_) => "principal",
            Self::Instance(_) => "instance",
            Self::Everything => "everything",
        }
    }

    /// Which one; empty for everything.
    pub fn value(&self) -> &str {
        match self {
            Self::Key(value)
            | Self::Delegation(value)
            | Self::Principal(value)
            | Self::Instance(value) => value,
            Self::Everything => "",
        }
    }

    /// Reads kind and value. A key is named by a whole thumbprint.
    pub fn parse(kind: &str, value: &str) -> Option<Self> {
        let value = value.to_string();
        match kind {
            "key" if Thumbprint::from_base64url(&value).is_some() => Some(Self::Key(value)),
            "delegation" => Some(Self::Delegation(value)),
            "principal" => Some(Self::Principal(value)),
            "instance" => Some(Self::Instance(value)),
            "everything" if value.is_empty() => Some(Self::Everything),
            _ => None,
        }
    }
}

impl Person {
    pub(super) fn to_object(&self, principal: &str) -> Object {
        let Self { key, role } = self;
        Object::new()
            .with("principal", principal)
            .with("jwk", token::to_jwk(key))
            .with("role", role.as_str())
    }

    pub(super) fn parse(object: &Object) -> Option<(String, Self)> {
        let key = key(object)?;
        let role = PersonRole::parse(text(object, "role")?)?;
        Some((text(object, "principal")?.into(), Self { key, role }))
    }
}

impl Agent {
    pub(super) fn to_object(&self, id: &str) -> Object {
        let Self { key, owner, state, created } = self;
        Object::new()
            .with("id", id)
            .with("jwk", token::to_jwk(key))
            .with("owner", owner.as_str())
            .with("state", state.as_str())
            .with("created", created.as_seconds())
    }

    pub(super) fn parse(object: &Object) -> Option<(String, Self)> {
        let agent = Self {
            key: key(object)?,
            owner: text(object, "owner")?.into(),
            state: AgentState::parse(text(object, "state")?)?,
            created: time(object, "created")?,
        };
        Some((text(object, "id")?.into(), agent))
    }
}

impl Revocation {
    pub(super) fn to_object(&self) -> Object {
        let Self { thing, at, by } = self;
        Object::new()
            .with("kind", thing.kind())
            .with("value", thing.value())
            .with("at", at.as_seconds())
            .with("by", by.as_str())
    }

    pub(super) fn parse(object: &Object) -> Option<Self> {
        Some(Self {
            thing: RevokedThing::parse(text(object, "kind")?, text(object, "value")?)?,
            at: time(object, "at")?,
            by: text(object, "by")?.into(),
        })
    }
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

fn time(object: &Object, name: &str) -> Option<Timestamp> {
    object.get(name).and_then(Value::as_integer).map(Timestamp::from_seconds)
}

fn key(object: &Object) -> Option<PublicKey> {
    token::parse_jwk(object.get("jwk")?.as_object()?).ok()
}
