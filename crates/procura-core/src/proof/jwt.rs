//! What every token of others goes through before its claims are believed.

use alloc::string::ToString as _;

use crate::jws::{Compact, HeaderKey, JwsError};
use crate::key::{NamedKey, VerifyingKey};
use crate::limits;
use crate::refusal::{Outcome, Refusal};

/// One kind of token, and the steps at which its shape and its header are refused.
pub(super) struct Kind {
    pub(super) types: &'static [&'static str],
    pub(super) key: HeaderKey,
    pub(super) steps: [&'static str; 2],
}

/// Splits `text` and checks its header. The signature is next, by [`signed_by`] or [`signed_by_any`].
pub(super) fn open<'a>(text: &'a str, kind: &Kind) -> Result<Compact<'a>, Refusal> {
    let [shape, header] = kind.steps;
    if text.len() > limits::FOREIGN_TOKEN_BYTES {
        return Err(Refusal::new(Outcome::TooLarge, shape, "the token is too long"));
    }
    let compact = Compact::parse(text).map_err(|error| refused(error, kind))?;
    compact.expect_foreign(kind.types, kind.key).map_err(|error| refused(error, kind))?;
    // RFC 8725, section 3.1. Which of them is right, the key says.
    if !compact.algorithm().is_some_and(|alg| ALGORITHMS.contains(&alg)) {
        let reason = "the algorithm is none of those that are supported";
        return Err(Refusal::new(Outcome::AlgOrTypeRefused, header, reason));
    }
    Ok(compact)
}

/// Every `alg` that some kind of key allows.
const ALGORITHMS: [&str; 3] = ["EdDSA", "Ed25519", "ES256"];

fn refused(error: JwsError, kind: &Kind) -> Refusal {
    let [shape, header] = kind.steps;
    let (outcome, step) = match error {
        JwsError::Parts | JwsError::Header(_) => (Outcome::Malformed, shape),
        JwsError::Algorithm | JwsError::Type | JwsError::Critical | JwsError::Key => {
            (Outcome::AlgOrTypeRefused, header)
        }
    };
    Refusal::new(outcome, step, error.to_string())
}

/// Checks the signature under one key, whose algorithm the header must name.
pub(super) fn signed_by(
    compact: &Compact<'_>,
    key: &VerifyingKey,
    step: &'static str,
) -> Result<(), Refusal> {
    let is_its_own = compact.algorithm().is_some_and(|alg| key.allows(alg));
    let outcome = if is_its_own { Outcome::SignatureInvalid } else { Outcome::AlgOrTypeRefused };
    compact.verify_by(key).map_err(|error| Refusal::new(outcome, step, error.to_string()))
}

/// Finds the key that signed: the one that `kid` names, or, where there is no `kid`,
/// one of the first few.
///
/// A `kid` is compared with names that are known, and nothing else is done with it:
/// it is no path, no query and no address (RFC 8725, section 3.10).
pub(super) fn signed_by_any<'k>(
    compact: &Compact<'_>,
    keys: &'k [NamedKey],
    step: &'static str,
) -> Result<&'k NamedKey, Refusal> {
    if let Some(kid) = compact.key_id() {
        let named = keys.iter().find(|named| named.id == kid).ok_or_else(|| {
            Refusal::new(Outcome::UntrustedRoot, step, "no key has the `kid` that it names")
        })?;
        return signed_by(compact, &named.key, step).map(|()| named);
    }
    let mut few = keys.iter().take(limits::KEYS_TRIED);
    few.find(|named| compact.verify_by(&named.key).is_ok()).ok_or_else(|| {
        Refusal::new(Outcome::SignatureInvalid, step, "no key of its issuer signed it")
    })
}
