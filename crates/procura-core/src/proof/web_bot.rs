//! Verifies which operator's agent sends a request (Web Bot Auth,
//! draft-ietf-webbotauth-httpsig-protocol-01).
//!
//! It is a name and no more: a URL at which the key is published. It says
//! nothing of what the agent may do, and a signature that covers only the
//! authority is good for every request to that site until it ends.
//!
//! Fetching keys is the caller's. They are looked up by URL and key together:
//! by the key alone, an agent could show a key of one URL and claim another
//! (the draft, section 4.3).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::Verified;
use super::signature::{self, Claimed, Covered, malformed};
use crate::http_signature::{HttpRequest, WEB_BOT_AUTH};
use crate::key::{Thumbprint, VerifyingKey};
use crate::refusal::{Outcome, Refusal};
use crate::structured_field::{Bare, Item, Member};
use crate::target::Target;
use crate::time::{Seconds, Timestamp};

/// An agent's URL and the keys that were found there.
#[derive(Clone, Debug)]
pub struct BotAgent {
    /// The URL that was fetched, normalised, without query: for `type=directory`,
    /// the well-known one at the origin.
    pub identifier: String,
    /// The keys.
    pub keys: Vec<VerifyingKey>,
}

/// What is asked of a request with the tag `web-bot-auth`.
#[derive(Clone, Copy, Debug)]
pub struct WebBotRules<'a> {
    /// The agents whose keys are known.
    pub agents: &'a [BotAgent],
    /// The longest life of a signature: [`crate::limits::BOT_SIGNATURE_LIFETIME`], or what
    /// the site allows.
    pub max_lifetime: Seconds,
    /// The time of the verification.
    pub now: Timestamp,
}

/// The operator of an agent that sent a request.
#[derive(Clone, Debug)]
pub struct WebBot {
    identifier: String,
    key: Thumbprint,
    nonce: Option<String>,
    covered: Covered,
}

impl WebBot {
    /// The URL at which the agent's keys are.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The key that signed.
    pub fn key(&self) -> Thumbprint {
        self.key
    }

    /// The nonce, if there is one; the draft does not require it.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// The value of a component that was covered, such as `@method`. What was not
    /// covered is nobody's word.
    pub fn covered(&self, name: &str) -> Option<&str> {
        self.covered.get(name)
    }
}

/// Verifies that an agent of a known operator signed the request.
pub fn verify_web_bot(
    request: &HttpRequest<'_>,
    rules: &WebBotRules<'_>,
) -> Result<Verified<WebBot>, Refusal> {
    let claimed = signature::find(request, WEB_BOT_AUTH)?;
    claimed.check_window(rules.now, rules.max_lifetime)?;
    let identifier = identifier(request, &claimed)?;
    if !claimed.covers("@authority") && !claimed.covers("@target-uri") {
        let reason = "the signature does not cover the authority";
        return Err(Refusal::new(Outcome::HolderBindingFailed, "H6", reason));
    }
    let agent = rules.agents.iter().filter(|agent| agent.identifier == identifier);
    let mut keys = agent.flat_map(|agent| &agent.keys);
    let key = keys.find(|key| key.thumbprint().to_string() == claimed.key_id).ok_or_else(|| {
        Refusal::new(Outcome::UntrustedRoot, "H7", "the agent's URL has no such key")
    })?;
    let covered = claimed.check(request, key)?;
    signature::check_body(request)?;
    let (nonce, key) = (claimed.nonce, key.thumbprint());
    Ok(Verified(WebBot { identifier, key, nonce, covered }))
}

/// The URL of the one `Signature-Agent` member that the signature covers.
///
/// Of several, the one under the signature's own label. The older form, a string
/// without a key, is not read.
fn identifier(request: &HttpRequest<'_>, claimed: &Claimed) -> Result<String, Refusal> {
    let covered: Vec<&str> = claimed.input.items.iter().filter_map(covered_agent).collect();
    let key = match covered.as_slice() {
        [key] => key,
        many => many.iter().find(|key| **key == claimed.label).ok_or_else(|| {
            let reason = "the signature covers no member of `signature-agent`";
            Refusal::new(Outcome::HolderBindingFailed, "H6", reason)
        })?,
    };
    let agents = signature::dictionary(request, "signature-agent")?;
    agents.get(key).and_then(resolved).ok_or_else(|| {
        malformed("H2", "`signature-agent` is not an https URL of a type that is supported")
    })
}

/// The key in `"signature-agent";key="…"`, if `item` is that.
fn covered_agent(item: &Item) -> Option<&str> {
    let has_key_alone = item.parameters.iter().len() == 1;
    let key = item.parameters.get("key").and_then(Bare::as_string);
    key.filter(|_| item.as_string() == Some("signature-agent") && has_key_alone)
}

/// The draft, section 4.4: from the member's value and type to the URL of the keys.
fn resolved(member: &Member) -> Option<String> {
    let Member::Item(item) = member else {
        return None;
    };
    let url = item.as_string().filter(|url| url.starts_with("https://"))?;
    let target = Target::parse(url)?;
    let is_known = item.parameters.iter().all(|(name, _)| name == "type");
    let kind = match item.parameters.get("type") {
        None => "directory",
        Some(Bare::Token(kind)) => kind,
        Some(_) => return None,
    };
    let is_origin = target.path() == "/" && !url.contains(['?', '#']);
    match kind {
        "directory" if is_known && is_origin => {
            Some(format!("{}/.well-known/http-message-signatures-directory", target.origin()))
        }
        "jwks_uri" | "cimd" if is_known => Some(target.as_str().into()),
        _ => None,
    }
}
