//! What is written to the log: the members of every event.
//!
//! **Invariant:** an event holds names, codes and digests. No token, key,
//! secret or argument's value is ever a member of one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use procura_core::base64url;
use procura_core::hash::Digest;
use procura_core::json::Object;
use procura_core::proof::{Call, Chain, Request};
use procura_core::refusal::Refusal;
use procura_core::token::Token;
use procura_core::tools;
use procura_policy::Verdict;
use sha2::Sha256;

use crate::authorize::Attempt;
use crate::engine::Engine;
use crate::port::Draft;
use crate::refuse::RefusedRequest;

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
    /// The members that every event has. Each names the directory that was in
    /// force, so that the last events bear witness against an older one.
    pub(crate) fn event(&self, id: &str, kind: &'static str) -> Object {
        Object::new()
            .with("v", 1u32)
            .with("id", id)
            .with("kind", kind)
            .with("ts", self.clock().now_millis())
            .with("tenant", "default")
            .with("replica", self.settings().replica.as_str())
            .with("data_rev", revision(self.trust().directory.sequence()))
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

    /// The event of a call that was not verified, so it is only claims.
    pub(crate) fn refusal_event(
        &self,
        id: &str,
        attempt: &Attempt,
        claimed: &Claimed<'_>,
        refusal: &Refusal,
    ) -> Object {
        let Attempt { source, presentation: _, request } = attempt;
        let mut body = self.event(id, "call.denied");
        describe_refusal(&mut body, refusal);
        body.set("reason", bounded(&without_foreign_names(&refusal.reason, claimed, request)));
        self.describe_source(&mut body, source);
        describe_claims(&mut body, claimed);
        let arguments = tools::with_digests(&request.arguments);
        let arguments = arguments.and_then(|visible| visible.to_canonical().ok());
        let arguments = arguments.map(|text| Digest::of(text.as_bytes()));
        body.set("action", "tools/call")
            .set("target", bounded(&request.tool))
            .set("args_digest", arguments.map(|digest| self.digest_key().digest(&digest)))
            .set("policy_rev", self.policy().revision().as_str());
        body
    }

    /// The event of a request that was refused before a call was decided.
    pub(crate) fn request_event(
        &self,
        id: &str,
        refused: &RefusedRequest<'_>,
        claimed: &Claimed<'_>,
    ) -> Object {
        let mut body = self.event(id, "request.refused");
        self.describe_source(&mut body, refused.source);
        describe_claims(&mut body, claimed);
        body.set("decision", "deny")
            .set("code", refused.code)
            .set("reason", bounded(refused.reason))
            .set("principal", refused.principal)
            .set("action", refused.action.map(bounded))
            .set("target", refused.target.map(bounded))
            .set("policy_rev", self.policy().revision().as_str());
        body
    }

    fn describe_source(&self, body: &mut Object, source: &Source) {
        let Source { address, transport, request_id } = source;
        body.set("source_ip", bounded(address))
            .set("transport", *transport)
            .set("request_id", bounded(request_id));
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
            .set("data_rev", revision(facts.directory));
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
    /// The signed bytes of its root.
    pub(crate) root: Option<Digest>,
    pub(crate) leaf: Option<Token>,
    /// The verified chain, if possession of its leaf's key was proved.
    pub(crate) proven: Option<&'a Chain>,
}

fn describe_claims(body: &mut Object, claimed: &Claimed<'_>) {
    let leaf = claimed.leaf.as_ref();
    // A holder that proved its key is known, whatever it asked for.
    let proven = claimed.proven.map(Chain::leaf);
    body.set("agent_claimed", leaf.and_then(|leaf| leaf.client_id.clone()))
        .set("agent_proven", proven.and_then(|holder| holder.client_id.clone()))
        .set("principal", proven.and_then(|holder| holder.principal.clone()))
        .set("key_thumbprint", leaf.map(|leaf| leaf.key.thumbprint().to_string()))
        .set("chain_root", claimed.root.map(|root| root.to_base64url()))
        .set("chain_leaf", leaf.map(|leaf| leaf.hash.to_base64url()));
}

fn describe_refusal(body: &mut Object, refusal: &Refusal) {
    let hop = refusal.hop.and_then(|hop| u32::try_from(hop).ok());
    body.set("decision", "deny")
        .set("code", refusal.outcome.as_str())
        .set("step", refusal.step)
        .set("hop", hop)
        .set("reason", bounded(&refusal.reason));
}

/// The reason without names of arguments that no delegation names: the caller
/// chose them, so they may be anything.
fn without_foreign_names(reason: &str, claimed: &Claimed<'_>, request: &Request) -> String {
    let Request { tool, arguments } = request;
    let held = claimed.leaf.as_ref().and_then(|leaf| leaf.tools.get(tool));
    let is_named = |name: &str| held.is_some_and(|held| held.named().any(|(own, _)| own == name));
    let mut reason = reason.to_owned();
    for (name, _) in arguments.iter() {
        let quoted = format!("`{name}`");
        if reason.contains(&quoted) && !is_named(name) {
            reason = reason.replace(&quoted, "`…`");
        }
    }
    reason
}

/// Text that somebody else chose, in a length that always fits into an event.
pub(crate) fn bounded(text: &str) -> String {
    if text.len() <= TEXT_BYTES {
        return text.into();
    }
    let kept: String = text.chars().take(KEPT_CHARACTERS).collect();
    format!("{kept}… ({} bytes, sha-256 {})", text.len(), Digest::of(text.as_bytes()))
}

/// The number of a directory, as events have it.
pub(crate) fn revision(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// A policy's reason has up to 1024 bytes, and a code goes before it.
const TEXT_BYTES: usize = 1200;
const KEPT_CHARACTERS: usize = 64;

fn hops(chain: &Chain) -> Vec<Object> {
    let hop = |token: &Token| {
        Object::new()
            .with("jti", token.id.as_str())
            .with("jkt", token.key.thumbprint().to_string())
            .with("client_id", token.client_id.clone())
    };
    chain.tokens().map(hop).collect()
}
