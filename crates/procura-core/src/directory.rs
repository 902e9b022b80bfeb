//! The directory: who has which key, who may approve, and who is revoked.
//!
//! **Invariant:** a [`Directory`] was signed by the authority's key. A row in a
//! database never makes an agent, a person or a pardon.
//!
//! Claims of a directory with one of each, as its payload has them:
//!
//! ```json
//! {"agents": [{"created": 1704067200, "id": "spiffe://procura.local/agent/coder",
//!              "jwk": {"crv": "Ed25519", "kty": "OKP", "x": "…"},
//!              "owner": "user:alice", "state": "active"}],
//!  "iat": 1704067300,
//!  "people": [{"jwk": {"crv": "Ed25519", "kty": "OKP", "x": "…"},
//!              "principal": "user:alice", "role": "administrator"}],
//!  "revoked": [{"at": 1704067290, "by": "user:alice", "kind": "delegation",
//!               "value": "0194…"}],
//!  "seq": 7}
//! ```
//!
//! A signature does not show that a directory is the newest. Whoever opens one
//! remembers the highest sequence number that it relied on and refuses a lower
//! one; otherwise an old copy pardons whatever was revoked since.

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
    ///
    /// `Ok` means that the authority signed it and that every entry has its shape.
    /// One bad entry refuses the whole, and so do two of one name: a reader that
    /// skipped what it does not understand would skip revocations.
    pub fn open(text: &str, authority: &PublicKey) -> Result<Self, Refusal> {
        let statement = verify_statement(text, TYPE, authority)?;
        let claims = statement.get().claims();
        Self::parse(claims).ok_or_else(|| Refusal::new(Outcome::Malformed, "D1", "not a directory"))
    }

    /// Signs the successor of this directory, as `change` leaves it.
    ///
    /// The number grows by one whatever `change` does. Two successors of one
    /// directory have the same number, so the caller stores one of them, atomically.
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
    ///
    /// It replaces a revoked one as readily: that the revoked stay revoked is for
    /// the caller to see to.
    pub fn put_agent(&mut self, id: &str, agent: Agent) {
        self.agents.insert(id.into(), agent);
    }

    /// Revokes something; it stays revoked.
    ///
    /// There is no function that takes a revocation out again.
    pub fn revoke(&mut self, revocation: Revocation) {
        self.revocations.push(revocation);
    }

    /// Who has this key, be it a person or an agent, whatever its state.
    ///
    /// An enrolment asks, so that no key is bound to two names: a proof names a key,
    /// and the log must be able to say whose it is. A key that an entry had before
    /// it was replaced is not found.
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
            is_new(directory.people.insert(principal, person).as_ref())?;
        }
        for value in list("agents")? {
            let (id, agent) = Agent::parse(value.as_object()?)?;
            is_new(directory.agents.insert(id, agent).as_ref())?;
        }
        for value in list("revoked")? {
            directory.revocations.push(Revocation::parse(value.as_object()?)?);
        }
        Some(directory)
    }
}

/// Two entries of one name say two things; neither is taken.
fn is_new<T>(before: Option<&T>) -> Option<()> {
    before.is_none().then_some(())
}
