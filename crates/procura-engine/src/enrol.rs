//! Enrolment: a name and a key become one, once the key proved that it is held.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use procura_core::base64url;
use procura_core::directory::{Agent, AgentState, Directory, Person, PersonRole};
use procura_core::json::{Object, Value};
use procura_core::key::{PublicKey, Signer};
use procura_core::proof::verify_statement;
use procura_core::time::{Seconds, Timestamp};
use procura_core::{json, jws::Compact, statement, token};

use crate::admin::{AdminError, Administrator, Permission};
use crate::engine::{Engine, Trust};
use crate::names;

/// The JWS type of an enrolment.
pub const TYPE: &str = "procura-enrolment+jwt";
/// How long a challenge may be answered.
const ANSWER_WITHIN: Seconds = Seconds::new(120);
/// How many challenges may be open at a time.
const OPEN: usize = 4096;

/// Nonces that were given out and not used.
#[derive(Debug, Default)]
pub struct Challenges {
    // Owned by whoever holds the guard, never across an `.await`.
    open: Mutex<HashMap<String, Timestamp>>,
}

/// What a new holder states: this key is mine, and this is to be my name here.
#[derive(Clone, Copy, Debug)]
pub struct Enrolment<'a> {
    /// `agent` or `person`.
    pub kind: &'a str,
    /// The name.
    pub name: &'a str,
    /// The nonce of the authority.
    pub nonce: &'a str,
    /// The authority's name.
    pub audience: &'a str,
}

/// Signs an enrolment with the key that is enrolled.
pub fn sign(enrolment: &Enrolment<'_>, signer: &dyn Signer) -> String {
    let Enrolment { kind, name, nonce, audience } = enrolment;
    let claims = Object::new()
        .with("aud", *audience)
        .with("tenant", "default")
        .with("kind", *kind)
        .with("name", *name)
        .with("nonce", *nonce)
        .with("jwk", token::to_jwk(signer.public_key()));
    statement::sign(TYPE, claims, signer)
}

/// An enrolment whose key signed it.
struct Proven {
    name: String,
    key: PublicKey,
}

impl Engine {
    /// A nonce that one enrolment may use, soon.
    pub fn challenge(&self) -> Result<String, AdminError> {
        let nonce = base64url::encode(&self.ids().nonce()?);
        let now = self.clock().now();
        let mut open = self.challenges().open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, until| *until > now);
        if open.len() >= OPEN {
            return Err(AdminError::Busy);
        }
        open.insert(nonce.clone(), now.plus(ANSWER_WITHIN));
        Ok(nonce)
    }

    /// Enrols an agent; the caller becomes its owner. Returns its id.
    pub async fn enrol_agent(
        &self,
        caller: &Administrator,
        statement: &str,
    ) -> Result<String, AdminError> {
        caller.require(Permission::Manage)?;
        let proven = self.prove(statement, "agent")?;
        let changing = self.begin_change(Some(caller)).await?;
        let trust = changing.trust();
        let taken = trust.directory.agents().filter_map(|(id, _)| id.rsplit('/').next());
        let name = names::check(&proven.name, taken).map_err(AdminError::Name)?;
        check_key(trust, &proven.key)?;
        let id = self.settings().trust_domain.agent(&name).to_string();
        let agent = Agent {
            key: proven.key,
            owner: caller.principal().into(),
            state: AgentState::Active,
            created: self.clock().now(),
        };
        let event = Object::new()
            .with("agent", id.as_str())
            .with("key_thumbprint", agent.key.thumbprint().to_string());
        let change = |directory: &mut Directory| directory.put_agent(&id, agent);
        changing.commit("directory.agent_enrolled", &event, change).await?;
        Ok(id)
    }

    /// Enrols a person with a role. Returns the principal.
    pub async fn enrol_person(
        &self,
        caller: &Administrator,
        role: PersonRole,
        statement: &str,
    ) -> Result<String, AdminError> {
        caller.require(Permission::Manage)?;
        let proven = self.prove(statement, "person")?;
        let changing = self.begin_change(Some(caller)).await?;
        let trust = changing.trust();
        let taken = trust.directory.people().filter_map(|(name, _)| name.strip_prefix("user:"));
        let name = names::check(&proven.name, taken).map_err(AdminError::Name)?;
        check_key(trust, &proven.key)?;
        let principal = format!("user:{name}");
        let person = Person { key: proven.key, role };
        let event = person_event(&principal, &person);
        let change = |directory: &mut Directory| directory.put_person(&principal, person);
        changing.commit("directory.person_enrolled", &event, change).await?;
        Ok(principal)
    }

    /// Makes the first administrator. It works once, on a directory with nobody in it.
    pub async fn bootstrap(&self, name: &str, key: PublicKey) -> Result<String, AdminError> {
        let changing = self.begin_change(None).await?;
        if changing.trust().directory.sequence() != 0 {
            return Err(AdminError::NotFound);
        }
        let name = names::check(name, std::iter::empty()).map_err(AdminError::Name)?;
        let principal = format!("user:{name}");
        let person = Person { key, role: PersonRole::Administrator };
        let event = person_event(&principal, &person);
        let change = |directory: &mut Directory| directory.put_person(&principal, person);
        changing.commit("directory.person_enrolled", &event, change).await?;
        Ok(principal)
    }

    /// The statement is signed by the key it names, for us, now, and once.
    fn prove(&self, text: &str, kind: &str) -> Result<Proven, AdminError> {
        let key = claimed_key(text)?;
        let statement = verify_statement(text, TYPE, &key).map_err(AdminError::Refused)?;
        let claims = statement.get().claims();
        let text = |name| claims.get(name).and_then(Value::as_str);
        let is_ours = text("aud") == Some(&self.settings().audience)
            && text("tenant") == Some("default")
            && text("kind") == Some(kind);
        let (Some(nonce), Some(name), true) = (text("nonce"), text("name"), is_ours) else {
            return Err(AdminError::PossessionRequired);
        };
        let now = self.clock().now();
        let mut open = self.challenges().open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.remove(nonce) {
            Some(until) if until > now => Ok(Proven { name: name.into(), key }),
            Some(_) | None => Err(AdminError::PossessionRequired),
        }
    }
}

fn person_event(principal: &str, person: &Person) -> Object {
    Object::new()
        .with("person", principal)
        .with("role", person.role.as_str())
        .with("key_thumbprint", person.key.thumbprint().to_string())
}

/// A key belongs to one holder for ever: another one could disown what it signed.
fn check_key(trust: &Trust, key: &PublicKey) -> Result<(), AdminError> {
    let thumbprint = key.thumbprint();
    if let Some(owner) = trust.directory.owner_of(&thumbprint) {
        return Err(AdminError::KeyTaken(owner.into()));
    }
    // It may have been an instance's, which the directory does not name.
    if trust.directory.is_key_revoked(&thumbprint) {
        return Err(AdminError::KeyRevoked);
    }
    Ok(())
}

/// The key that the statement says it is signed with; a weak one is refused here.
fn claimed_key(text: &str) -> Result<PublicKey, AdminError> {
    let compact = Compact::parse(text).map_err(|_| AdminError::PossessionRequired)?;
    let claims =
        json::parse_object(compact.payload()).map_err(|_| AdminError::PossessionRequired)?;
    let jwk = claims.get("jwk").and_then(Value::as_object).ok_or(AdminError::PossessionRequired)?;
    token::parse_jwk(jwk).map_err(AdminError::KeyInvalid)
}
