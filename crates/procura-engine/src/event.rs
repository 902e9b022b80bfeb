//! What is written to the log: the members of every event.
//!
//! **Invariant:** an event holds names, codes and digests. No token, key,
//! secret or argument's value is ever a member of one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use procura_core::base64url;
use procura_core::hash::Digest;
use procura_core::json::Object;
use procura_core::proof::{Call, Chain};
use procura_core::refusal::Refusal;
use procura_core::token::Token;
use procura_policy::Verdict;
use sha2::Sha256;

use crate::engine::Engine;
use crate::port::Draft;

/// The key under which argument digests are written, so that a reader of the
/// log cannot guess arguments by hashing candidates.
pub struct DigestKey([u8; 32]);

impl DigestKey {
    /// Takes the key's bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn digest(&self, arguments: &Digest) -> String {
        // HMAC takes keys of any length, so this cannot fail; an empty digest says nothing.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return String::new();
        };
        mac.update(arguments.as_bytes());
        base64url::encode(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DigestKey(…)")
    }
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The peer's address without its port, or `stdio`.
    pub address: String,
    /// How it came: `http` or `stdio`.
    pub transport: &'static str,
    /// The request's own id, to join this event with a front end's logs.
    pub request_id: String,
}

impl Engine {
    /// The members that every event has.
    pub(crate) fn event(&self, id: &str, kind: &'static str) -> Object {
        Object::new()
            .with("v", 1u32)
            .with("id", id)
            .with("kind", kind)
            .with("ts", self.clock().now_millis())
            .with("tenant", "default")
            .with("replica", self.settings().replica.as_str())
    }

    /// The event of an allowed call.
    pub(crate) fn permit_event(&self, id: &str, facts: &CallFacts<'_>) -> Draft {
        let mut body = self.event(id, "call.allowed");
        body.set("decision", "allow").set("code", "ok");
        self.describe_source(&mut body, facts.source);
        self.describe_call(&mut body, facts);
        body.set("approval", facts.approval);
        Draft { id: id.into(), kind: "call.allowed", body }
    }

    /// The event of a refused call that was verified.
    pub(crate) fn denial_event(&self, id: &str, facts: &CallFacts<'_>, refusal: &Refusal) -> Draft {
        let mut body = self.event(id, "call.denied");
        describe_refusal(&mut body, refusal);
        self.describe_source(&mut body, facts.source);
        self.describe_call(&mut body, facts);
        body.set("approval", facts.approval);
        Draft { id: id.into(), kind: "call.denied", body }
    }

    /// The event of a request that proved nothing, so it is only claims.
    pub(crate) fn refusal_event(
        &self,
        id: &str,
        source: &Source,
        claimed: &Claimed<'_>,
        refusal: &Refusal,
    ) -> Draft {
        let mut body = self.event(id, "call.denied");
        describe_refusal(&mut body, refusal);
        self.describe_source(&mut body, source);
        let leaf = claimed.leaf.as_ref();
        body.set("agent_claimed", leaf.and_then(|leaf| leaf.client_id.clone()))
            .set("agent_proven", None::<String>)
            .set("chain_leaf", leaf.map(|leaf| leaf.hash.to_base64url()))
            .set("action", "tools/call")
            .set("target", claimed.tool);
        Draft { id: id.into(), kind: "call.denied", body }
    }

    fn describe_source(&self, body: &mut Object, source: &Source) {
        let Source { address, transport, request_id } = source;
        body.set("source_ip", address.as_str())
            .set("transport", *transport)
            .set("request_id", request_id.as_str());
    }

    fn describe_call(&self, body: &mut Object, facts: &CallFacts<'_>) {
        let chain = facts.call.chain();
        let leaf = chain.leaf();
        body.set("principal", leaf.principal.clone())
            .set("agent_claimed", leaf.client_id.clone())
            .set("agent_proven", leaf.client_id.clone())
            .set("key_thumbprint", leaf.key.thumbprint().to_string())
            .set("chain_root", chain.root().hash.to_base64url())
            .set("chain_leaf", leaf.hash.to_base64url())
            .set("chain", hops(chain))
            .set("action", "tools/call")
            .set("target", facts.call.request().tool.as_str())
            .set("args_digest", self.digest_key().digest(facts.call.arguments_hash()))
            .set("rule", facts.verdict.rule.as_str())
            .set("policy_rev", facts.verdict.revision.as_str())
            .set("data_rev", i64::try_from(facts.directory).unwrap_or(i64::MAX));
    }
}

/// What is known of a call when it is decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallFacts<'a> {
    pub(crate) source: &'a Source,
    pub(crate) call: &'a Call,
    pub(crate) verdict: &'a Verdict,
    pub(crate) directory: u64,
    pub(crate) approval: Option<&'a str>,
}

/// What an unproven request says of itself.
#[derive(Debug)]
pub(crate) struct Claimed<'a> {
    pub(crate) leaf: Option<Token>,
    pub(crate) tool: &'a str,
}

fn describe_refusal(body: &mut Object, refusal: &Refusal) {
    let hop = refusal.hop.and_then(|hop| u32::try_from(hop).ok());
    body.set("decision", "deny")
        .set("code", refusal.outcome.as_str())
        .set("step", refusal.step)
        .set("hop", hop)
        .set("reason", refusal.reason.as_str());
}

fn hops(chain: &Chain) -> Vec<Object> {
    let hop = |token: &Token| {
        Object::new()
            .with("jti", token.id.as_str())
            .with("jkt", token.key.thumbprint().to_string())
            .with("client_id", token.client_id.clone())
    };
    chain.tokens().map(hop).collect()
}
