//! Making tokens: a root, and a narrower child from a held one.

use alloc::string::{String, ToString as _};

use super::{Confirmation, TYPE, Token, read};
use crate::detail::AgentDelegation;
use crate::json::Object;
use crate::jws::{self, ALGORITHM};
use crate::key::{PublicKey, Signer};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;
use crate::token::to_jwk;

/// What is given to whom.
#[derive(Clone, Debug)]
pub struct Grant {
    /// A fresh `jti`.
    pub id: String,
    /// The agent that receives it.
    pub client_id: String,
    /// Its key.
    pub key: PublicKey,
    /// Where it may be used.
    pub audience: String,
    /// From when.
    pub issued: Timestamp,
    /// Until when; a parent that ends earlier wins.
    pub expires: Timestamp,
    /// How many times it may be passed on; a parent that allows less wins.
    pub further: u32,
    /// What it holds; what a parent does not hold is left out.
    pub authority: AgentDelegation,
}

/// Signs a root for `principal` under `issuer`, which is the signer's anchor.
pub fn mint(
    grant: &Grant,
    (principal, issuer): (&str, &str),
    signer: &dyn Signer,
) -> Result<String, Refusal> {
    let tokens = grant.further.min(limits::DELEGATION_DEPTH).saturating_add(1);
    let claims =
        claims(grant, (principal, issuer))?.with("del_depth", 0_u32).with("del_max_depth", tokens);
    finish(claims, signer)
}

/// Signs the largest token that is below both `parent` and `grant`.
pub fn derive(parent: &str, grant: &Grant, signer: &dyn Signer) -> Result<String, Refusal> {
    let held = read(&[parent])?.into_iter().next().map(|held| held.token);
    let held: Token = held.ok_or_else(|| Refusal::new(Outcome::Malformed, "A0", "no token"))?;
    let own = signer.public_key();
    let is_holder = match &held.confirmation {
        Confirmation::Key(key) => key == own,
        Confirmation::Thumbprint(thumbprint) => *thumbprint == own.thumbprint(),
        Confirmation::Certificate => false,
    };
    if !is_holder {
        let reason = "the key is not the one that the token above was given to";
        return Err(Refusal::new(Outcome::HolderBindingFailed, "A6", reason));
    }
    let depth = held.depth.saturating_add(1);
    let allowed = held.max_tokens.unwrap_or(u32::MAX);
    if depth >= allowed {
        let reason = "the token above may not be passed on";
        return Err(Refusal::new(Outcome::DepthInvalid, "A3", reason));
    }
    let narrowed = Grant {
        authority: held.authority.meet(&grant.authority)?,
        issued: grant.issued.max(held.issued),
        expires: grant.expires.min(held.expires),
        ..grant.clone()
    };
    narrowed.authority.check_within(&held.authority)?;
    let tokens = depth.saturating_add(grant.further).saturating_add(1).min(allowed);
    let issuer = own.thumbprint().to_uri();
    let claims = claims(&narrowed, (&held.principal, &issuer))?
        .with("del_depth", depth)
        .with("del_max_depth", tokens)
        .with("par_hash", held.hash.to_base64url());
    finish(claims, signer)
}

fn claims(grant: &Grant, (principal, issuer): (&str, &str)) -> Result<Object, Refusal> {
    if grant.expires <= grant.issued {
        return Err(Refusal::new(Outcome::Expired, "A5", "it would end before it begins"));
    }
    if grant.authority.is_empty() {
        let reason = "its scopes and ceilings let no action through";
        return Err(Refusal::new(Outcome::ScopeNotGranted, "A8", reason));
    }
    let cnf = Object::new()
        .with("jkt", grant.key.thumbprint().to_string())
        .with("jwk", to_jwk(&grant.key));
    Ok(Object::new()
        .with("jti", grant.id.as_str())
        .with("iss", issuer)
        .with("sub", principal)
        .with("client_id", grant.client_id.as_str())
        .with("aud", grant.audience.as_str())
        .with("iat", grant.issued.as_seconds())
        .with("exp", grant.expires.as_seconds())
        .with("cnf", cnf)
        .with("authorization_details", alloc::vec![grant.authority.to_object()]))
}

/// Signs canonical claims; `kid` names the signer's key, so that a verifier with
/// many keys finds it.
fn finish(claims: Object, signer: &dyn Signer) -> Result<String, Refusal> {
    let header = Object::new()
        .with("alg", ALGORITHM)
        .with("c14n", "JCS")
        .with("kid", signer.public_key().thumbprint().to_string())
        .with("typ", TYPE);
    let wrong = |error: crate::json::Inadmissible| {
        Refusal::new(Outcome::NonAdmissibleNumber, "A0", error.to_string())
    };
    let (header, payload) =
        (header.to_canonical().map_err(wrong)?, claims.to_canonical().map_err(wrong)?);
    let text = jws::sign_with_header(&header, &payload, signer);
    // What would be refused is not signed.
    read(&[&text])?;
    Ok(text)
}
