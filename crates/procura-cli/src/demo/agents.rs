//! What agents do with their keys, alone and offline: narrow and prove.

use procura_core::delegate::{self, Grant, ProofFor};
use procura_core::json::Object;
use procura_core::time::{Seconds, Timestamp};
use procura_core::tools::Tools;
use procura_wire::presentation::Presentation;

use super::cast::Actor;
use crate::system::{fresh_id, now};

/// The enforcement point of the demo, as chains and proofs name it.
pub(crate) const AUDIENCE: &str = "https://gateway.procura.local";

/// A chain and who holds its leaf.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) tokens: Vec<String>,
    pub(crate) holder: Actor,
}

/// How long, from when, and how often it may be passed on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) issued: Timestamp,
    pub(crate) minutes: u32,
    pub(crate) further: u32,
}

impl Terms {
    /// From now on.
    pub(crate) fn of(minutes: u32, further: u32) -> Self {
        Self { issued: now(), minutes, further }
    }
}

/// A person gives authority to an agent.
pub(crate) fn root(from: &Actor, to: &Actor, tools: &Object, terms: Terms) -> anyhow::Result<Held> {
    let issuer = procura_engine::engine::issuer_of(&from.id);
    let token = delegate::mint(&grant(to, tools, terms)?, &from.id, &issuer, &*from.key)?;
    Ok(Held { tokens: vec![token], holder: to.clone() })
}

/// A holder passes on a part of what it holds.
pub(crate) fn narrow(
    held: &Held,
    to: &Actor,
    tools: &Object,
    terms: Terms,
) -> anyhow::Result<Held> {
    let token = delegate::derive(held.leaf(), &grant(to, tools, terms)?, &*held.holder.key)?;
    Ok(held.with(token, to))
}

fn grant(to: &Actor, tools: &Object, terms: Terms) -> anyhow::Result<Grant> {
    let length = Seconds::new(terms.minutes.saturating_mul(60));
    Ok(Grant {
        id: fresh_id()?,
        client_id: to.id.clone(),
        key: to.key.public_key().clone(),
        issued: terms.issued,
        expires: terms.issued.plus(length),
        further: terms.further,
        tools: Tools::parse(&tools.clone().into())?,
        detail: None,
        excess: delegate::Excess::Refused,
        audience: vec![AUDIENCE.into()],
    })
}

impl Held {
    /// The last token.
    pub(crate) fn leaf(&self) -> &str {
        self.tokens.last().map_or("", String::as_str)
    }

    /// The chain with one more token.
    pub(crate) fn with(&self, token: String, to: &Actor) -> Self {
        let mut tokens = self.tokens.clone();
        tokens.push(token);
        Self { tokens, holder: to.clone() }
    }

    /// The credential for one call, signed by the holder.
    pub(crate) fn present(&self, tool: &str, arguments: &Object) -> anyhow::Result<Presentation> {
        let proof = delegate::prove(
            &ProofFor {
                id: &fresh_id()?,
                leaf: self.leaf(),
                tool,
                arguments,
                audience: AUDIENCE,
                issued: now(),
            },
            &*self.holder.key,
        )?;
        Ok(Presentation { chain: self.tokens.clone(), proof, approvals: Vec::new() })
    }

    /// The chain as a file's content.
    pub(crate) fn to_file(&self) -> Object {
        Object::new().with("aat_chain", self.tokens.clone())
    }
}
