//! A delegation chain with its proof, as it travels in `_meta`.
//!
//! **Invariant:** a [`Presentation`] has no more tokens than a chain may have;
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
    /// Compact tokens from the root to the leaf.
    pub chain: Vec<String>,
    /// The compact proof of possession.
    pub proof: String,
}

impl Presentation {
    /// Reads the member's value. Members of other profiles are ignored.
    pub fn parse(value: &Value) -> Result<Self, Refusal> {
        let malformed = |reason: &str| Refusal::new(Outcome::Malformed, "1", reason);
        let object =
            value.as_object().ok_or_else(|| malformed("the credential is not an object"))?;
        let chain = object.get("aat_chain").and_then(Value::as_array);
        let chain = chain.ok_or_else(|| malformed("the credential has no list `aat_chain`"))?;
        if chain.len() > limits::CHAIN_TOKENS {
            return Err(Refusal::new(Outcome::TooLarge, "2b", "the chain has too many tokens"));
        }
        let tokens: Option<Vec<String>> =
            chain.iter().map(|token| token.as_str().map(String::from)).collect();
        let tokens = tokens.ok_or_else(|| malformed("a token of the chain is not text"))?;
        let proof = object.get("aat_pop").and_then(Value::as_str);
        let proof = proof.ok_or_else(|| malformed("the credential has no text `aat_pop`"))?;
        Ok(Self { chain: tokens, proof: proof.into() })
    }

    /// The member's value.
    pub fn to_object(&self) -> Object {
        Object::new().with("aat_chain", self.chain.clone()).with("aat_pop", self.proof.as_str())
    }
}
