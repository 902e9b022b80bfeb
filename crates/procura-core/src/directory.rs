//! The directory: who has which key, who may approve, and who is revoked.
//!
//! **Invariant:** a [`Directory`] was signed by the authority's key. A row in a
//! database never makes an agent, a person or a pardon.

mod entry;
mod status;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

pub use entry::{Agent, AgentState, Person, PersonRole, Revocation, RevokedThing};
pub use status::HolderStatus;

use crate::json::{Object, Value};
use crate::key::{PublicKey, Signer, Thumbprint};
use crate::proof::verify_statement;
use crate::refusal::{Outcome, Refusal};
use crate::statement;
use crate::time::Timestamp;

/// The JWS type of a directory.
pub const TYPE: &str = "procura-directory+jwt";

/// One snapshot, with a sequence number that only grows.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    sequence: u64,
    people: BTreeMap<String, Person>,
    agents: BTreeMap<String, Agent>,
    revocations: Vec<Revocation>,
}

impl Directory {
    /// A directory with nobody in it; its successor has sequence number one.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Verifies a signed directory.
    pub fn open(text: &str, authority: &PublicKey) -> Result<Self, Refusal> {
        let statement = verify_statement(text, TYPE, authority)?;
        let claims = statement.get().claims();
        Self::parse(claims).ok_or_else(|| Refusal::new(Outcome::Malformed, "D1", "not a directory"))
    }

    /// Signs the successor of this directory, as `change` leaves it.
    pub fn succeed(
        &self,
        issued: Timestamp,
        authority: &dyn Signer,
        change: impl FnOnce(&mut Self),
    ) -> (Self, String) {
        let mut next = self.clone();
        change(&mut next);
        next.sequence = self.sequence.saturating_add(1);
        let text = statement::sign(TYPE, next.to_object(issued), authority);
        (next, text)
    }

    /// The sequence number.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The people by principal (`user:alice`).
    pub fn people(&self) -> impl ExactSizeIterator<Item = (&str, &Person)> {
        self.people.iter().map(|(principal, person)| (principal.as_str(), person))
    }

    /// The agents by id.
    pub fn agents(&self) -> impl ExactSizeIterator<Item = (&str, &Agent)> {
        self.agents.iter().map(|(id, agent)| (id.as_str(), agent))
    }

    /// What is revoked, oldest first.
    pub fn revocations(&self) -> &[Revocation] {
        &self.revocations
    }

    /// One person.
    pub fn person(&self, principal: &str) -> Option<&Person> {
        self.people.get(principal)
    }

    /// One agent.
    pub fn agent(&self, id: &str) -> Option<&Agent> {
        self.agents.get(id)
    }

    /// Adds or replaces a person.
    pub fn put_person(&mut self, principal: &str, person: Person) {
        self.people.insert(principal.into(), person);
    }

    /// Adds or replaces an agent.
    pub fn put_agent(&mut self, id: &str, agent: Agent) {
        self.agents.insert(id.into(), agent);
    }

    /// Revokes something; it stays revoked.
    pub fn revoke(&mut self, revocation: Revocation) {
        self.revocations.push(revocation);
    }

    /// Who has this key now or had it before, be it a person or an agent.
    pub fn owner_of(&self, key: &Thumbprint) -> Option<&str> {
        let agent = self.agents.iter().find(|(_, agent)| agent.key.thumbprint() == *key);
        let person = self.people.iter().find(|(_, person)| person.key.thumbprint() == *key);
        agent.map(|(id, _)| id.as_str()).or(person.map(|(principal, _)| principal.as_str()))
    }

    fn to_object(&self, issued: Timestamp) -> Object {
        let people: Vec<Object> =
            self.people.iter().map(|(name, person)| person.to_object(name)).collect();
        let agents: Vec<Object> =
            self.agents.iter().map(|(id, agent)| agent.to_object(id)).collect();
        let revocations: Vec<Object> = self.revocations.iter().map(Revocation::to_object).collect();
        Object::new()
            .with("iat", issued.as_seconds())
            .with("seq", i64::try_from(self.sequence).unwrap_or(i64::MAX))
            .with("people", people)
            .with("agents", agents)
            .with("revoked", revocations)
    }

    fn parse(claims: &Object) -> Option<Self> {
        let list = |name| claims.get(name).and_then(Value::as_array);
        let sequence = claims.get("seq").and_then(Value::as_integer)?;
        let mut directory = Self { sequence: u64::try_from(sequence).ok()?, ..Self::default() };
        for value in list("people")? {
            let (principal, person) = Person::parse(value.as_object()?)?;
            directory.people.insert(principal, person);
        }
        for value in list("agents")? {
            let (id, agent) = Agent::parse(value.as_object()?)?;
            directory.agents.insert(id, agent);
        }
        for value in list("revoked")? {
            directory.revocations.push(Revocation::parse(value.as_object()?)?);
        }
        Some(directory)
    }
}
