//! The second codec: delegation chains of draft-asor-wimse-agent-delegation-chain-02.
//!
//! **Invariant:** a [`Token`] is well-formed in every claim, and its header and
//! payload are the canonical bytes of what they say. Who signed it is for
//! [`crate::proof::verify_adc_chain`].
//!
//! The authority of such a token is an [`AgentDelegation`], the same scopes and
//! ceilings that stand beside the tools in the other codec, under the same order.
//! A token is an access token of RFC 9068 (`…` for digests):
//!
//! ```json
//! {"aud": "https://crm.example", "client_id": "spiffe://acme.example/agent/planner",
//!  "authorization_details": [{"type": "agent_delegation", "scopes": ["crm.read"],
//!                             "constraints": []}],
//!  "cnf": {"jkt": "…", "jwk": {}}, "del_depth": 1, "exp": 1704069000, "iat": 1704067260,
//!  "iss": "urn:ietf:params:oauth:jwk-thumbprint:sha-256:…", "jti": "0194…",
//!  "par_hash": "…", "sub": "user:alice"}
//! ```
//!
//! The draft does not say whose key signs a child. Here it is the key above, as
//! in AAT-02: a chain whose hops the issuer alone could sign would say nothing of
//! who delegated.

mod check;
mod claims;
mod sign;

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

pub use check::{Rules, dangerous_check_unsigned};
pub use sign::{Grant, derive, mint};

use crate::detail::AgentDelegation;
use crate::hash::Digest;
use crate::json::{self, JsonError, Object};
use crate::jws::{Compact, JwsError};
use crate::key::{PublicKey, Thumbprint};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::status_list::Reference;
use crate::time::Timestamp;

/// The JWS type of a token (RFC 9068, section 2.1).
pub const TYPE: &str = "at+jwt";

/// One token, as claimed.
#[derive(Clone, Debug)]
pub struct Token {
    /// SHA-256 of the signing input: what a child's `par_hash` names.
    pub hash: Digest,
    /// `jti`.
    pub id: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`: the accountable principal, the same at every hop.
    pub principal: String,
    /// `client_id`: the agent that acts at this hop.
    pub client_id: String,
    /// `aud`: where it may be used; of a chain only the leaf's is looked at.
    pub audience: Vec<String>,
    /// `iat`.
    pub issued: Timestamp,
    /// `exp`.
    pub expires: Timestamp,
    /// `cnf`: the key of the holder.
    pub confirmation: Confirmation,
    /// `del_depth`.
    pub depth: u32,
    /// `del_max_depth`: how many tokens the chain may have; a root has it.
    pub max_tokens: Option<u32>,
    /// `par_hash`.
    pub parent: Option<Digest>,
    /// What it holds.
    pub authority: AgentDelegation,
    /// `status`: where it is published whether the token is still good.
    pub status: Option<Reference>,
}

/// How a token names the key of its holder (RFC 7800).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Confirmation {
    /// The key itself, by `jwk`.
    Key(PublicKey),
    /// A key's thumbprint, by `jkt` alone (RFC 9449, section 6.1).
    Thumbprint(Thumbprint),
    /// A certificate, by `x5t#S256`: bound, and to no key that is known here.
    Certificate,
}

/// A token whose header and claims were read; nothing in it is believed yet.
#[derive(Clone, Debug)]
pub struct Unsigned<'a> {
    /// The compact form.
    pub compact: Compact<'a>,
    /// What it claims.
    pub token: Token,
}

/// A chain in which every token follows the one above it.
#[derive(Clone, Debug)]
pub struct Chain {
    above: Vec<Token>,
    leaf: Token,
}

impl Chain {
    /// All tokens, from the root to the leaf.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.above.iter().chain(core::iter::once(&self.leaf))
    }

    /// The last token: its holder acts.
    pub fn leaf(&self) -> &Token {
        &self.leaf
    }
}

/// Reads the tokens of a chain: limits first, then every token's shape.
///
/// The draft checks the shape of all tokens before the first signature.
pub fn read<'a>(tokens: &[&'a str]) -> Result<Vec<Unsigned<'a>>, Refusal> {
    let large = |reason: &str| Err(Refusal::new(Outcome::TooLarge, "A0", reason));
    if tokens.is_empty() {
        return Err(Refusal::new(Outcome::Malformed, "A0", "the chain is empty"));
    }
    if tokens.len() > limits::CHAIN_TOKENS {
        return large("the chain has too many tokens");
    }
    if tokens.iter().any(|token| token.len() > limits::TOKEN_BYTES) {
        return large("a token is too long");
    }
    tokens
        .iter()
        .enumerate()
        .map(|(hop, text)| read_one(text).map_err(|refusal| refusal.at(hop)))
        .collect()
}

fn read_one(text: &str) -> Result<Unsigned<'_>, Refusal> {
    let compact = Compact::parse(text).map_err(|error| match error {
        JwsError::Header(error) => unreadable(error, &[]),
        JwsError::Parts
        | JwsError::Algorithm
        | JwsError::Type
        | JwsError::Critical
        | JwsError::Key => Refusal::new(Outcome::Malformed, "A0", error.to_string()),
    })?;
    let payload = json::parse_object(compact.payload());
    let payload = payload.map_err(|error| unreadable(error, compact.payload()))?;
    for (object, bytes) in
        [(compact.header(), compact.header_bytes()), (&payload, compact.payload().into())]
    {
        check_canonical(object, &bytes)?;
    }
    let token = claims::token(&payload, compact.signing_hash())?;
    Ok(Unsigned { compact, token })
}

/// The bytes are those that the canonical form has (RFC 8785), and every number is
/// one that has an exact double.
fn check_canonical(object: &Object, bytes: &[u8]) -> Result<(), Refusal> {
    claims::check_numbers(&object.clone().into())?;
    match object.to_canonical() {
        Ok(canonical) if canonical.as_bytes() == bytes => Ok(()),
        Ok(_) => {
            let reason = "header or payload is not in canonical form";
            Err(Refusal::new(Outcome::NonCanonical, "A0", reason))
        }
        Err(error) => Err(Refusal::new(Outcome::Malformed, "A0", error.to_string())),
    }
}

fn unreadable(error: JsonError, text: &[u8]) -> Refusal {
    let is_constant = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        [&b"NaN"[..], b"Infinity", b"-Infinity"].iter().any(|name| rest.starts_with(name))
    };
    let is_number = matches!(error, JsonError::Syntax(at) if is_constant(at));
    let outcome = if is_number { Outcome::NonFinite } else { error.outcome() };
    Refusal::new(outcome, "A0", error.to_string())
}
