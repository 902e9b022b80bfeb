//! The steps of ADC-02's verification that need no signature and no request.

use alloc::vec::Vec;

use super::{Chain, Token};
use crate::key::{PublicKey, Thumbprint};
use crate::proof::Anchor;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;

/// What an enforcement point asks of a chain.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The keys that may sign roots.
    pub anchors: &'a [Anchor],
    /// The keys of holders that a token names by thumbprint alone.
    pub keys: &'a dyn Fn(&Thumbprint) -> Option<PublicKey>,
    /// The name of this enforcement point.
    pub audience: &'a str,
    /// The time of the verification.
    pub now: Timestamp,
}

impl core::fmt::Debug for Rules<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Rules").field("audience", &self.audience).finish_non_exhaustive()
    }
}

/// Checks that the tokens follow each other: every step but the signatures, which
/// the caller has checked, or else knows that it has not.
///
/// It is public for those who check signatures of other algorithms themselves.
pub fn dangerous_check_unsigned(
    tokens: Vec<Token>,
    audience: &str,
    now: Timestamp,
) -> Result<Chain, Refusal> {
    check_parents(&tokens)?;
    check_depth(&tokens)?;
    check_principal(&tokens)?;
    check_narrower(&tokens)?;
    check_time(&tokens, now)?;
    let mut above = tokens;
    let leaf = above.pop();
    let leaf = leaf.ok_or_else(|| Refusal::new(Outcome::Malformed, "A0", "the chain is empty"))?;
    if !leaf.audience.iter().any(|one| one == audience) {
        let reason = "the leaf is for another audience";
        return Err(Refusal::new(Outcome::AudienceMismatch, "A8", reason).at(above.len()));
    }
    Ok(Chain { above, leaf })
}

/// Each token with its place and, but for the first, the one above it.
fn links(tokens: &[Token]) -> impl Iterator<Item = (usize, &Token, Option<&Token>)> {
    let above = core::iter::once(None).chain(tokens.iter().map(Some));
    tokens.iter().zip(above).enumerate().map(|(hop, (token, above))| (hop, token, above))
}

/// Step 2: a child names the very token above it, and a root none.
fn check_parents(tokens: &[Token]) -> Result<(), Refusal> {
    for (hop, token, above) in links(tokens) {
        let (outcome, reason) = match above {
            None if token.parent.is_some() => (Outcome::Malformed, "a root has no `par_hash`"),
            Some(above) if token.parent != Some(above.hash) => {
                (Outcome::ParHashMismatch, "`par_hash` is not the hash of the token above")
            }
            None | Some(_) => continue,
        };
        return Err(Refusal::new(outcome, "A2", reason).at(hop));
    }
    Ok(())
}

/// Step 3: the depth counts up from zero and stays below the root's limit, which
/// is a number of tokens: one more than AAT-02's number for the same chain.
fn check_depth(tokens: &[Token]) -> Result<(), Refusal> {
    let refused =
        |hop, reason: &str| Err(Refusal::new(Outcome::DepthInvalid, "A3", reason).at(hop));
    let limit = tokens.first().and_then(|root| root.max_tokens).unwrap_or(0);
    for (hop, token, _) in links(tokens) {
        if u32::try_from(hop) != Ok(token.depth) {
            return refused(hop, "`del_depth` is not the token's place in the chain");
        }
        if token.depth >= limit {
            return refused(hop, "the chain is longer than its root allows");
        }
        if token.max_tokens == Some(0) {
            return refused(hop, "`del_max_depth` is zero");
        }
    }
    Ok(())
}

/// Step 3, its second half: one accountable principal.
fn check_principal(tokens: &[Token]) -> Result<(), Refusal> {
    for (hop, token, above) in links(tokens) {
        if above.is_some_and(|above| above.principal != token.principal) {
            let reason = "it names another principal than the token above";
            return Err(Refusal::new(Outcome::PrincipalAltered, "A3", reason).at(hop));
        }
    }
    Ok(())
}

/// Step 4: scopes and ceilings, and a limit of the depth that is not raised.
fn check_narrower(tokens: &[Token]) -> Result<(), Refusal> {
    let mut limit = u32::MAX;
    for (hop, token, above) in links(tokens) {
        if let Some(above) = above {
            token
                .authority
                .check_within(&above.authority)
                .map_err(|refusal| Refusal { step: "A4", ..refusal }.at(hop))?;
        }
        let own = token.max_tokens.unwrap_or(limit);
        if own > limit {
            let reason = "it allows more depth than the token above";
            return Err(Refusal::new(Outcome::NotNarrower, "A4", reason).at(hop));
        }
        limit = own;
    }
    Ok(())
}

/// Step 5: every token is valid now, and none ends after the one above.
fn check_time(tokens: &[Token], now: Timestamp) -> Result<(), Refusal> {
    for (hop, token, above) in links(tokens) {
        let reason = if token.expires <= now {
            "its time is over"
        } else if above.is_some_and(|above| token.expires > above.expires) {
            "it outlives the token above"
        } else if token.issued > now.plus(crate::limits::CLOCK_SKEW) {
            let reason = "its time has not come";
            return Err(Refusal::new(Outcome::NotYetValid, "A5", reason).at(hop));
        } else {
            continue;
        };
        return Err(Refusal::new(Outcome::Expired, "A5", reason).at(hop));
    }
    Ok(())
}
