//! Verifies a chain of ADC-02 tokens: shape, signatures, and that each follows the last.
//!
//! The root is signed by an anchor, and every other token by the key that the
//! token above is bound to. Who acts (step 6, a DPoP proof by the leaf's key) and
//! whether a token was withdrawn (step 7) are for the caller to ask.

use alloc::format;

use super::{Anchor, Verified};
use crate::adc::{self, Chain, Confirmation, Rules, Token, Unsigned};
use crate::jws::{Compact, JwsError};
use crate::key::PublicKey;
use crate::refusal::{Outcome, Refusal};

/// Verifies compact `tokens` from the root to the leaf.
pub fn verify_adc_chain(tokens: &[&str], rules: &Rules<'_>) -> Result<Verified<Chain>, Refusal> {
    let read = adc::read(tokens)?;
    let mut above: Option<&Token> = None;
    for (hop, Unsigned { compact, token }) in read.iter().enumerate() {
        check_signature(compact, (token, above), rules).map_err(|refusal| refusal.at(hop))?;
        above = Some(token);
    }
    let tokens = read.into_iter().map(|unsigned| unsigned.token).collect();
    adc::dangerous_check_unsigned(tokens, rules.audience, rules.now).map(Verified)
}

/// Step 1. The algorithm is that of the key, whatever the header says.
fn check_signature(
    compact: &Compact<'_>,
    (token, above): (&Token, Option<&Token>),
    rules: &Rules<'_>,
) -> Result<(), Refusal> {
    let refused = |outcome, reason: &str| Err(Refusal::new(outcome, "A1", reason));
    match compact.expect_type(adc::TYPE) {
        Ok(()) => {}
        Err(JwsError::Algorithm) => {
            return refused(Outcome::SignatureInvalid, "its algorithm is not that of the key");
        }
        Err(
            JwsError::Parts
            | JwsError::Header(_)
            | JwsError::Type
            | JwsError::Critical
            | JwsError::Key,
        ) => {
            return refused(Outcome::Malformed, "it is not a token of this type");
        }
    }
    let Some(above) = above else {
        let anchor = rules.anchors.iter().find(|anchor| compact.verify(&anchor.key).is_ok());
        return match anchor {
            Some(anchor) => check_root(token, anchor),
            None => refused(Outcome::UntrustedRoot, "no trusted key signed the root"),
        };
    };
    let Some(key) = key_of(above, rules) else {
        return refused(Outcome::SignatureInvalid, "the key above is not known here");
    };
    if token.issuer != key.thumbprint().to_uri() {
        let reason = "`iss` is not the thumbprint of the key above";
        return refused(Outcome::DelegatorMismatch, reason);
    }
    compact.verify(&key).map_err(|error| {
        let reason = format!("{error}: it is not signed by the holder of the token above");
        Refusal::new(Outcome::SignatureInvalid, "A1", reason)
    })
}

fn check_root(token: &Token, anchor: &Anchor) -> Result<(), Refusal> {
    if token.issuer != anchor.issuer {
        let reason = "the root names another issuer than its anchor";
        return Err(Refusal::new(Outcome::IssuerMismatch, "A1", reason));
    }
    if !anchor.vouches.is_for(Some(&token.principal)) {
        let reason = "this key may not speak for the root's principal";
        return Err(Refusal::new(Outcome::UntrustedRoot, "A1", reason));
    }
    Ok(())
}

fn key_of(token: &Token, rules: &Rules<'_>) -> Option<PublicKey> {
    match &token.confirmation {
        Confirmation::Key(key) => Some(key.clone()),
        Confirmation::Thumbprint(thumbprint) => (rules.keys)(thumbprint),
        Confirmation::Certificate => None,
    }
}
