//! Why text is no envelope, and whether that settles anything.

use alloc::string::ToString as _;

use crate::json::JsonError;
use crate::limits;
use crate::refusal::{Outcome, Refusal};

/// Why text is no envelope. Offsets count bytes of the text that was to be signed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EnvelopeError {
    /// Longer than [`limits::ENVELOPE_BYTES`].
    #[error("it is longer than {} bytes", limits::ENVELOPE_BYTES)]
    TooLong,
    /// Not a JSON object.
    #[error("{0}")]
    Json(JsonError),
    /// Neither form.
    #[error("it has no `agent_id`, and no `payload` that is text or an object")]
    Form,
    /// What was signed does not begin with an object.
    ///
    /// A byte in front of it would let a signature for something else be an
    /// envelope.
    #[error("the signed bytes do not begin with a brace")]
    Beginning,
    /// There is no signature.
    #[error("it has no `signature`")]
    NoSignature,
    /// The signature is spelled in no way that is read here.
    #[error("`signature` is not 64 bytes in base64, base64url or lower-case hexadecimal")]
    Signature,
    /// The key that is named is no key.
    #[error("`{0}` does not name an Ed25519 key")]
    Key(&'static str),
    /// A member beside the payload. Nothing vouches for it.
    #[error("a member beside `payload` is not `signature`, `public_key` or `key_id`")]
    Unsigned,
    /// The member that has to be cut out is not spelled plainly.
    #[error("the name `{0}` is written with an escape")]
    Escaped(&'static str),
    /// White space, so nobody knows how the signer had written it.
    #[error(
        "white space at byte {0}: the signed text cannot be recovered unless it arrives compact"
    )]
    Space(usize),
    /// Members are out of order, so nobody knows how the signer had written them.
    #[error(
        "member {0} of an object is out of order: the signed text cannot be recovered unless its members are sorted"
    )]
    Order(usize),
    /// What is to be signed has a member of that name already.
    #[error("the payload has a `signature` already")]
    Signed,
}

impl EnvelopeError {
    /// Whether the signature could be good, and what arrived does not show it.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::NoSignature | Self::Space(_) | Self::Order(_))
    }

    /// The refusal that it is (step E1).
    pub fn to_refusal(&self) -> Refusal {
        let outcome = match self {
            Self::TooLong => Outcome::TooLarge,
            Self::Json(JsonError::DuplicateMember(_)) => Outcome::DuplicateMember,
            Self::NoSignature => Outcome::CredentialMissing,
            Self::Json(_)
            | Self::Form
            | Self::Beginning
            | Self::Signature
            | Self::Key(_)
            | Self::Unsigned
            | Self::Escaped(_)
            | Self::Space(_)
            | Self::Order(_)
            | Self::Signed => Outcome::Malformed,
        };
        Refusal::new(outcome, "E1", self.to_string())
    }
}
