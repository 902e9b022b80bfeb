//! What people do at the authority, over its HTTP API: enrol, approve, revoke.

use procura_core::approval::{self, Answer, Terms};
use procura_core::hash::Digest;
use procura_core::json::{Object, Value};
use procura_core::limits;
use procura_core::tools;
use procura_engine::enrol::{self, Enrolment};

use super::agents::AUDIENCE;
use super::cast::Actor;
use crate::client::{ApiError, Client, confirmed, objects, said};
use crate::system::{fresh_id, now};

/// The authority, as Alice sees it.
pub(crate) struct Office {
    client: Client,
    alice: Actor,
}

impl Office {
    /// The authority at `url`.
    pub(crate) fn new(url: &str, alice: &Actor) -> anyhow::Result<Self> {
        let client = Client::new(url, AUDIENCE, &alice.id, alice.key.clone())?;
        Ok(Self { client, alice: alice.clone() })
    }

    /// Enrols an agent: its own key signs a fresh challenge. Returns the id or the refusal's code.
    pub(crate) fn enrol(&self, name: &str, agent: &Actor) -> anyhow::Result<String> {
        let challenge = self.client.post("/v1/challenges", &Object::new())?;
        let nonce = said(&challenge, "nonce")?;
        let enrolment = Enrolment { kind: "agent", name, nonce, audience: AUDIENCE };
        let statement = enrol::sign(&enrolment, &*agent.key);
        let body = Object::new().with("statement", statement);
        match self.client.post("/v1/agents", &body) {
            Ok(agent) => Ok(said(&agent, "id")?.into()),
            Err(error) => code(error),
        }
    }

    /// What Alice is shown of a request.
    pub(crate) fn request(&self, id: &str) -> anyhow::Result<Object> {
        self.client.get(&format!("/v1/approvals/{id}"))
    }

    /// Alice reads a request, signs the digest of exactly that, and sends it.
    pub(crate) fn approve(&self, id: &str) -> anyhow::Result<String> {
        let shown = self.request(id)?;
        let text = |name| shown.get(name).and_then(Value::as_str);
        let hash = |name| text(name).and_then(Digest::from_base64url);
        let subject = approval::Subject {
            leaf: hash("leaf").ok_or_else(|| anyhow::anyhow!("no leaf is shown"))?,
            tool: text("tool").unwrap_or_default().into(),
            // The digest is of what is shown, whatever the server says that it is.
            arguments: shown_hash(&shown).ok_or_else(|| anyhow::anyhow!("no call is shown"))?,
            policy: text("policy_rev").unwrap_or_default().into(),
        };
        let issued = now();
        let terms = Terms {
            id: &fresh_id()?,
            approver: &self.alice.id,
            issued,
            expires: issued.plus(limits::APPROVAL_LIFETIME),
        };
        let statement = approval::sign(&subject, Answer::Approve, &terms, &*self.alice.key);
        let body = Object::new().with("statement", statement);
        match self.client.post(&format!("/v1/approvals/{id}/decision"), &body) {
            Ok(row) => Ok(said(&row, "state")?.into()),
            Err(error) => code(error),
        }
    }

    /// Alice revokes an agent.
    pub(crate) fn revoke_agent(&self, name: &str, reason: &str) -> anyhow::Result<String> {
        let body = Object::new().with("state", "revoked").with("reason", reason);
        match self.client.post(&format!("/v1/agents/{name}/state"), &body) {
            Ok(agent) => confirmed(&agent, "state", "revoked").map(|()| Ok("revoked".into()))?,
            Err(error) => code(error),
        }
    }

    /// The receipt of an event.
    pub(crate) fn receipt(&self, event: &str) -> anyhow::Result<String> {
        self.client.text(&format!("/v1/events/{event}/receipt"))
    }

    /// The ids of all events so far, in order.
    pub(crate) fn events(&self) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::new();
        loop {
            let page = self.client.get(&format!("/v1/events?from={}&limit=100", ids.len()))?;
            let events = objects(&page, "events")?;
            if events.is_empty() {
                return Ok(ids);
            }
            for event in events {
                ids.push(said(event, "id")?.to_string());
            }
        }
    }
}

fn shown_hash(shown: &Object) -> Option<Digest> {
    let arguments = tools::with_digests(shown.get("arguments")?.as_object()?)?;
    Some(Digest::of(arguments.to_canonical().ok()?.as_bytes()))
}

/// A refusal by the authority is an answer; anything else ends the story.
fn code(error: anyhow::Error) -> anyhow::Result<String> {
    match error.downcast_ref::<ApiError>() {
        Some(refused) => Ok(refused.code.clone()),
        None => Err(error),
    }
}
