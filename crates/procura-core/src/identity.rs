//! Names of principals, agents and instances.
//!
//! **Invariant:** a name that parsed can be compared byte for byte: one
//! spelling, ASCII lower case, no empty part.
//!
//! Revocation and policy find an agent by comparing text. If `Coder`,
//! `coder%2F` or a Cyrillic look-alike were names too, one of them would be the
//! agent that nobody revoked. So the alphabet is smaller than that of SPIFFE,
//! which has `_` and, in a path, `.` and capitals.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt;

/// A name inside a trust domain: `planner`, `coder-2`, `alice`.
///
/// It has no `/`, `.`, `:` or `%`, so it can stand in a path, a domain or a
/// prefixed name, and cannot break out of any of them.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(String);

/// Where agents' names are unique, such as `procura.local` (SPIFFE ID, section 2.1).
///
/// Each label is a [`Name`]; there is no port, user or trailing dot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustDomain(String);

/// `spiffe://<domain>/agent/<name>` or `…/agent/<name>/instance/<id>`.
///
/// An agent is enrolled and has a key in the directory. An instance is a
/// running copy of it: it has no entry, and the agent vouches for its key by
/// signing the token that is bound to it.
///
/// ```
/// use procura_core::identity::AgentId;
///
/// let id = AgentId::parse("spiffe://procura.local/agent/coder/instance/7f3a").unwrap();
/// assert_eq!(id.short(), "agent:coder/7f3a");
/// let agent = id.agent_of_instance().unwrap();
/// assert_eq!(agent.to_string(), "spiffe://procura.local/agent/coder");
/// assert_eq!(AgentId::parse("spiffe://procura.local/agent/Coder"), None);
/// assert_eq!(AgentId::parse("spiffe://procura.local/agent/coder/"), None);
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgentId {
    domain: String,
    agent: Name,
    instance: Option<Name>,
}

/// Why text is not a name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameError {
    /// Empty, too long, or begins or ends with `-`.
    #[error("a name has 1 to 63 characters and neither begins nor ends with `-`")]
    Length,
    /// A character outside `a-z`, `0-9` and `-`.
    ///
    /// It is shown escaped unless it is visible ASCII, so that a name cannot
    /// write to the terminal of whoever reads the message.
    #[error("a name has only the characters a-z, 0-9 and `-`; this one has `{}`", .0.escape_default())]
    Character(char),
}

impl Name {
    /// Reads a name: 1 to 63 of `a-z`, `0-9`, `-`, not `-` at an end.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let allowed = |c: &char| matches!(c, 'a'..='z' | '0'..='9' | '-');
        if let Some(character) = text.chars().find(|c| !allowed(c)) {
            return Err(NameError::Character(character));
        }
        if text.is_empty() || text.len() > 63 || text.starts_with('-') || text.ends_with('-') {
            return Err(NameError::Length);
        }
        Ok(Self(text.to_string()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TrustDomain {
    /// Reads a domain: names joined with dots.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        for label in text.split('.') {
            Name::parse(label)?;
        }
        Ok(Self(text.to_string()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the agent `name` here.
    pub fn agent(&self, name: &Name) -> AgentId {
        AgentId { domain: self.0.clone(), agent: name.clone(), instance: None }
    }
}

impl AgentId {
    /// Reads an id from its URI.
    ///
    /// Only this exact form: what parses prints as the text that it came from, so
    /// a parsed id may be looked up by that text. Any domain is read; whether it
    /// is ours shows in the directory, which has no agent of another.
    pub fn parse(text: &str) -> Option<Self> {
        let (domain, path) = text.strip_prefix("spiffe://")?.split_once('/')?;
        let domain = TrustDomain::parse(domain).ok()?.0;
        let path = path.strip_prefix("agent/")?;
        let (agent, instance) = match path.split_once("/instance/") {
            Some((agent, instance)) => (agent, Some(Name::parse(instance).ok()?)),
            None => (path, None),
        };
        Some(Self { domain, agent: Name::parse(agent).ok()?, instance })
    }

    /// The instance `id` of this agent.
    #[must_use]
    pub fn instance(&self, id: &Name) -> Self {
        Self { instance: Some(id.clone()), ..self.clone() }
    }

    /// The agent that this is an instance of, if it is one.
    pub fn agent_of_instance(&self) -> Option<Self> {
        self.instance.as_ref().map(|_| Self { instance: None, ..self.clone() })
    }

    /// The agent's name.
    pub fn name(&self) -> &Name {
        &self.agent
    }

    /// `agent:<name>` or `agent:<name>/<instance>`, for people.
    ///
    /// The domain is left out, so it is no key for a lookup.
    pub fn short(&self) -> String {
        match &self.instance {
            Some(instance) => format!("agent:{}/{instance}", self.agent),
            None => format!("agent:{}", self.agent),
        }
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/agent/{}", self.domain, self.agent)?;
        match &self.instance {
            Some(instance) => write!(f, "/instance/{instance}"),
            None => Ok(()),
        }
    }
}
