//! A delegation chain with its proof, as it travels in `_meta`.
//!
//! **Invariant:** a [`Presentation`] has no more tokens and approvals than it may have;
//! what they say is not looked at here.

use alloc::string::String;
use alloc::vec::Vec;

use procura_core::json::{Object, Value};
use procura_core::limits;
use procura_core::refusal::{Outcome, Refusal};

/// The member of `_meta` that holds a presentation.
pub const MEMBER: &str = "dev.procura/aat";

/// A chain and a proof, not verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presentation {
    /// Compact tokens from the root to the leaf; none if the proof alone says which
    /// chain is meant.
    pub chain: Vec<String>,
    /// The compact proof of possession.
    pub proof: String,
    /// What people signed about the call, if the caller has it.
    pub approvals: Vec<String>,
}

impl Presentation {
    /// Reads the member's value. Members of other profiles are ignored.
    pub fn parse(value: &Value) -> Result<Self, Refusal> {
        let object =
            value.as_object().ok_or_else(|| malformed("the credential is not an object"))?;
        let tokens = match object.get("aat_chain") {
            None => Vec::new(),
            Some(chain) => tokens(chain)?,
        };
        let proof = object.get("aat_pop").and_then(Value::as_str);
        let proof = proof.ok_or_else(|| malformed("the credential has no text `aat_pop`"))?;
        let approvals = match object.get("aat_approvals") {
            None => Some(Vec::new()),
            Some(value) => value.as_array().and_then(texts),
        };
        let approvals =
            approvals.ok_or_else(|| malformed("`aat_approvals` is no list of texts"))?;
        if approvals.len() > limits::APPROVALS {
            return Err(Refusal::new(Outcome::TooLarge, "P7", "the call has too many approvals"));
        }
        Ok(Self { chain: tokens, proof: proof.into(), approvals })
    }

    /// The member's value.
    pub fn to_object(&self) -> Object {
        let mut object = Object::new();
        if !self.chain.is_empty() {
            object.set("aat_chain", self.chain.clone());
        }
        object.set("aat_pop", self.proof.as_str());
        if !self.approvals.is_empty() {
            object.set("aat_approvals", self.approvals.clone());
        }
        object
    }
}

/// The list, if it is one of texts, and has one at least and no more than a chain may have.
fn tokens(chain: &Value) -> Result<Vec<String>, Refusal> {
    let chain = chain.as_array().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| malformed("`aat_chain` is no list of tokens"))?;
    if chain.len() > limits::CHAIN_TOKENS {
        return Err(Refusal::new(Outcome::TooLarge, "2b", "the chain has too many tokens"));
    }
    texts(chain).ok_or_else(|| malformed("a token of the chain is not text"))
}

fn malformed(reason: &str) -> Refusal {
    Refusal::new(Outcome::Malformed, "1", reason)
}

fn texts(values: &[Value]) -> Option<Vec<String>> {
    values.iter().map(|value| value.as_str().map(String::from)).collect()
}
