//! Verifies one signed statement that is not a delegation: a directory, an
//! approval, an enrolment, a request to the authority.
//!
//! The type in the header keeps them apart: a signature made for one purpose
//! verifies for no other.
//!
//! The key is an argument: who may state something of this type is known before
//! the statement is read, from configuration or from the directory.

use alloc::string::ToString as _;

use super::Verified;
use crate::hash::Digest;
use crate::json::{self, Object};
use crate::jws::Compact;
use crate::key::{Arithmetic, PublicKey, Thumbprint};
use crate::limits;
use crate::refusal::{Outcome, Refusal};

/// The claims of a statement, and who signed it.
#[derive(Clone, Debug)]
pub struct Statement {
    claims: Object,
    signer: Thumbprint,
    hash: Digest,
}

impl Statement {
    /// What is stated.
    pub fn claims(&self) -> &Object {
        &self.claims
    }

    /// The key that signed it.
    pub fn signer(&self) -> Thumbprint {
        self.signer
    }

    /// SHA-256 of its signing input.
    pub fn hash(&self) -> Digest {
        self.hash
    }
}

/// Verifies that the holder of `key` signed `text` as a statement of type `typ`.
///
/// `Ok` means that, and that the payload is strict JSON. What the claims say,
/// whether they are still true, and whether the statement was used before are
/// for the caller: no time is looked at here, and replaying works.
pub fn verify_statement(
    text: &str,
    typ: &str,
    key: &PublicKey,
) -> Result<Verified<Statement>, Refusal> {
    Arithmetic::OWN.verify_statement(text, typ, key)
}

impl Arithmetic<'_> {
    /// [`verify_statement`], with this arithmetic.
    pub fn verify_statement(
        self,
        text: &str,
        typ: &str,
        key: &PublicKey,
    ) -> Result<Verified<Statement>, Refusal> {
        if text.len() > limits::STATEMENT_BYTES {
            return Err(Refusal::new(Outcome::TooLarge, "S1", "the statement is too long"));
        }
        let compact = Compact::parse(text)
            .and_then(|compact| compact.expect_type(typ).map(|()| compact))
            .map_err(|error| Refusal::new(Outcome::AlgOrTypeRefused, "S2", error.to_string()))?;
        compact
            .verify_with(self, key)
            .map_err(|error| Refusal::new(Outcome::SignatureInvalid, "S3", error.to_string()))?;
        let claims = json::parse_object(compact.payload())
            .map_err(|error| Refusal::new(Outcome::Malformed, "S4", error.to_string()))?;
        Ok(Verified(Statement { claims, signer: key.thumbprint(), hash: compact.signing_hash() }))
    }
}
