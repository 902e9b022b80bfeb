//! Making delegations: a root from a principal's key, a narrower child from a
//! held one, and the proof that goes with a call. All of it works offline.
//!
//! **Invariant:** [`derive()`] never signs what [`crate::proof`] would refuse as
//! wider than its parent.
//!
//! Nothing here is a check that others can rely on: a hostile holder signs with
//! its own program. What is refused here spares an honest one a token that no
//! verifier accepts, and a grant that would be read as more than was meant.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::detail::AgentDelegation;
use crate::evidence;
use crate::hash::Digest;
use crate::json::Object;
use crate::jws;
use crate::key::{PublicKey, Signer, Thumbprint};
use crate::limits;
use crate::refusal::{Outcome, Refusal, shown};
use crate::time::{Seconds, Timestamp};
use crate::token::{self, Tier, Token};
use crate::tools::Tools;

/// What is given to whom.
#[derive(Clone, Debug)]
pub struct Grant {
    /// A fresh `jti`.
    pub id: String,
    /// The agent or instance that receives it.
    pub client_id: String,
    /// Its key.
    pub key: PublicKey,
    /// From when.
    pub issued: Timestamp,
    /// Until when; a parent that ends earlier wins.
    pub expires: Timestamp,
    /// How many times it may be passed on; a parent that allows less wins.
    pub further: u32,
    /// The tools; what the parent does not hold cannot be given.
    pub tools: Tools,
    /// Scopes and ceilings; without them the parent's own are given on.
    pub detail: Option<AgentDelegation>,
    /// What becomes of a tool, an argument or a scope that is asked for and not held.
    pub excess: Excess,
    /// Where it may be used; empty for the parent's own audience.
    pub audience: Vec<String>,
}

/// What becomes of what is asked for and not held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Excess {
    /// Nothing is signed: leaving it out in silence would give something else than
    /// what was asked.
    Refused,
    /// It is left out. What is signed is the largest authority below both.
    LeftOut,
}

/// Signs a root for `principal` under `issuer`, which is the signer's anchor.
///
/// Whether the signer may speak for `principal` is for the verifier's
/// [`crate::proof::Anchor`] to say.
pub fn mint(
    grant: &Grant,
    principal: &str,
    issuer: &str,
    signer: &dyn Signer,
) -> Result<String, Refusal> {
    mint_with(grant, (principal, issuer), None, signer)
}

/// [`mint`], with the SHA-256 of evidence that the principal agreed to this root.
pub fn mint_with_evidence(
    grant: &Grant,
    (principal, issuer): (&str, &str),
    evidence: &Digest,
    signer: &dyn Signer,
) -> Result<String, Refusal> {
    mint_with(grant, (principal, issuer), Some(evidence), signer)
}

/// What a person's passkey has to sign for a root of `grant`: [`crate::evidence`].
pub fn evidence_challenge(grant: &Grant) -> Result<Digest, Refusal> {
    evidence::challenge(&claims(grant, root_terms(grant, ("", ""), None)?))
}

fn mint_with(
    grant: &Grant,
    (principal, issuer): (&str, &str),
    evidence: Option<&Digest>,
    signer: &dyn Signer,
) -> Result<String, Refusal> {
    if grant.tools.is_empty() {
        return Err(Refusal::new(Outcome::ScopeNotGranted, "6a", "it gives no tool"));
    }
    if grant.expires <= grant.issued {
        return Err(Refusal::new(Outcome::Expired, "4i", "it would end before it begins"));
    }
    let claims = claims(grant, root_terms(grant, (principal, issuer), evidence)?);
    finish(&claims, tier(grant.detail.as_ref()), Some(signer.public_key().thumbprint()), signer)
}

/// Everything as it was granted.
fn root_terms<'a>(
    grant: &'a Grant,
    (principal, issuer): (&'a str, &'a str),
    evidence: Option<&Digest>,
) -> Result<Terms<'a>, Refusal> {
    Ok(Terms {
        audience: &grant.audience,
        details: written(&grant.tools, grant.detail.as_ref())?,
        depth: 0,
        max_depth: grant.further.min(limits::DELEGATION_DEPTH),
        evidence: evidence.copied(),
        expires: grant.expires,
        issued: grant.issued,
        issuer,
        parent: None,
        principal: Some(principal),
    })
}

/// Signs the largest delegation that is below both `parent` and `grant`.
///
/// `parent` is read and not verified: a holder seldom has its issuer's anchors,
/// and what is derived from a forged parent is refused with it. Time, depth and tools are cut down to the parent's. A tool that
/// is asked for and not held is an error, since leaving it out in silence would
/// give something else than what was asked. Another audience than the parent's
/// is signed, but widens nothing: every token of a chain has to name the place
/// where it is used (step 6c).
pub fn derive(parent: &str, grant: &Grant, signer: &dyn Signer) -> Result<String, Refusal> {
    let held = Token::read_held(parent, signer.public_key())?;
    if *signer.public_key() != held.key {
        let reason = "the key is not the one that the delegation above was given to";
        return Err(Refusal::new(Outcome::HolderBindingFailed, "7b", reason));
    }
    let depth = held.depth.saturating_add(1);
    if depth > held.max_depth {
        let reason = "the delegation above may not be passed on";
        return Err(Refusal::new(Outcome::DepthInvalid, "4e", reason));
    }
    let expires = grant.expires.min(held.expires);
    let issued = grant.issued.max(held.issued);
    if expires <= issued {
        return Err(Refusal::new(Outcome::Expired, "4i", "the delegation above is over by then"));
    }
    let tools = grant.tools.meet(&held.tools);
    if grant.excess == Excess::Refused {
        grant.tools.check_complete(&held.tools, &tools)?;
    }
    if tools.is_empty() {
        return Err(Refusal::new(Outcome::ScopeNotGranted, "6a", "it gives no tool"));
    }
    let detail = common_detail(&held, grant)?;
    let details = written(&tools, detail.as_deref())?;
    tools.check_within(&held.tools)?;
    let audience = if grant.audience.is_empty() { &held.audience } else { &grant.audience };
    let terms = Terms {
        audience,
        details,
        depth,
        max_depth: depth.saturating_add(grant.further).min(held.max_depth),
        evidence: None,
        expires,
        issued,
        issuer: &held.key.thumbprint().to_uri(),
        parent: Some(held.hash),
        principal: held.principal.as_deref(),
    };
    finish(&claims(grant, terms), tier(detail.as_deref()), None, signer)
}

/// The scopes and ceilings of a child: those of both, where both have them.
fn common_detail<'a>(
    held: &'a Token,
    grant: &'a Grant,
) -> Result<Option<Cow<'a, AgentDelegation>>, Refusal> {
    let (above, asked) = match (&held.detail, &grant.detail) {
        (Some(above), Some(asked)) => (above, asked),
        (one, other) => return Ok(one.as_ref().or(other.as_ref()).map(Cow::Borrowed)),
    };
    let beyond = asked.scopes().first_beyond(above.scopes());
    if let Some(scope) = beyond.filter(|_| grant.excess == Excess::Refused) {
        let reason =
            format!("scope `{}` is not held, so it cannot be given", shown(scope.as_str()));
        return Err(Refusal::new(Outcome::NotNarrower, "P4", reason));
    }
    let common = above.meet(asked)?;
    common.check_within(above)?;
    Ok(Some(Cow::Owned(common)))
}

fn tier(detail: Option<&AgentDelegation>) -> Tier {
    if detail.is_some() { Tier::Marked } else { Tier::Plain }
}

/// Signs `claims` as they are, whatever they claim. What comes out is as good
/// as what a hostile holder can make, and no better: tests and the demo use it
/// to show that verifiers refuse it.
pub fn dangerous_sign_unchecked(claims: &Object, signer: &dyn Signer) -> Result<String, Refusal> {
    finish(claims, Tier::Plain, None, signer)
}

/// [`dangerous_sign_unchecked`] under any header that is canonical text.
pub fn dangerous_sign_with_header_unchecked(
    header: &str,
    claims: &Object,
    signer: &dyn Signer,
) -> String {
    jws::sign_with_header(header, &claims.to_canonical().unwrap_or_default(), signer)
}

/// What a token says besides its id and to whom it is given.
struct Terms<'a> {
    audience: &'a [String],
    details: Vec<Object>,
    depth: u32,
    max_depth: u32,
    evidence: Option<Digest>,
    expires: Timestamp,
    issued: Timestamp,
    issuer: &'a str,
    parent: Option<Digest>,
    principal: Option<&'a str>,
}

/// The entries of `authorization_details`, if a verifier will read in them what is
/// meant. It does not always: a map that allows no argument is written as the empty
/// one, which allows any.
fn written(tools: &Tools, detail: Option<&AgentDelegation>) -> Result<Vec<Object>, Refusal> {
    let object = tools.to_object().into();
    Tools::parse(&object)?.check_within(tools).map_err(|refusal| Refusal {
        reason: format!("it would be read as more than is meant: {}", refusal.reason),
        ..refusal
    })?;
    let tools = Object::new().with("tools", object).with("type", token::DETAIL_TYPE);
    let Some(detail) = detail else { return Ok(alloc::vec![tools]) };
    if detail.is_empty() {
        let reason = "its scopes and ceilings let no action through";
        return Err(Refusal::new(Outcome::ScopeNotGranted, "P5", reason));
    }
    let second = detail.to_object();
    AgentDelegation::parse(&second)?.check_within(detail)?;
    Ok(alloc::vec![tools, second])
}

/// The claims of a token, in canonical order; there is no `nbf`, as `iat` is the
/// beginning and AAT-02 gives `nbf` no meaning.
fn claims(grant: &Grant, terms: Terms<'_>) -> Object {
    let mut claims = Object::with_capacity(CLAIMS);
    match terms.audience {
        [] => {}
        [one] => {
            claims.set("aud", one.as_str());
        }
        many => {
            claims.set("aud", many.to_vec());
        }
    }
    claims
        .set("authorization_details", terms.details)
        .set("client_id", grant.client_id.as_str())
        .set("cnf", Object::new().with("jwk", token::to_jwk(&grant.key)))
        .set("del_depth", terms.depth)
        .set("del_max_depth", terms.max_depth);
    if let Some(evidence) = terms.evidence {
        claims.set("evd_hash", evidence.to_base64url());
    }
    claims
        .set("exp", terms.expires.as_seconds())
        .set("iat", terms.issued.as_seconds())
        .set("iss", terms.issuer)
        .set("jti", grant.id.as_str());
    if let Some(parent) = terms.parent {
        claims.set("par_hash", parent.to_base64url());
    }
    if let Some(principal) = terms.principal {
        claims.set("sub", principal);
    }
    claims
}

/// As many claims as a delegation has at most.
const CLAIMS: usize = 13;

/// Signs the canonical claims, unless the token would be longer than verifiers read.
fn finish(
    claims: &Object,
    tier: Tier,
    kid: Option<Thumbprint>,
    signer: &dyn Signer,
) -> Result<String, Refusal> {
    let payload = claims
        .to_canonical()
        .map_err(|error| Refusal::new(Outcome::NonAdmissibleNumber, "3n/4o", error.to_string()))?;
    let text = token::sign(tier, kid, &payload, signer);
    if text.len() > limits::TOKEN_BYTES {
        let reason = format!("the delegation would have {} bytes", text.len());
        return Err(Refusal::new(Outcome::TooLarge, "2a", reason));
    }
    Ok(text)
}

/// What a proof of possession is made for.
#[derive(Clone, Copy, Debug)]
pub struct ProofFor<'a> {
    /// A fresh `jti`.
    pub id: &'a str,
    /// The leaf delegation.
    pub leaf: &'a str,
    /// The tool's id.
    pub tool: &'a str,
    /// The arguments of the call.
    pub arguments: &'a Object,
    /// The enforcement point.
    pub audience: &'a str,
    /// When.
    pub issued: Timestamp,
}

/// Signs the proof that the leaf's holder makes this call.
///
/// It binds the leaf by id and hash, the tool, all arguments and the audience,
/// so whoever sees it on the way can neither move it to another call nor to
/// another place. That it counts once is for the verifier to keep. `Ok` does not mean that the
/// chain holds the call, nor that the signer is the leaf's holder.
pub fn prove(proof: &ProofFor<'_>, signer: &dyn Signer) -> Result<String, Refusal> {
    let leaf = Token::read_held(proof.leaf, signer.public_key())?;
    let arguments = crate::proof::visible(proof.arguments)?.into_owned();
    let claims = Object::new()
        .with("jti", proof.id)
        .with("iat", proof.issued.as_seconds())
        .with("aat_id", leaf.id.as_str())
        .with("aat_hash", leaf.hash.to_base64url())
        .with("aat_tool", proof.tool)
        .with("hta", arguments)
        .with("aat_aud", proof.audience);
    let payload = claims
        .to_canonical()
        .map_err(|error| Refusal::new(Outcome::NonAdmissibleNumber, "6b", error.to_string()))?;
    let text = jws::sign(crate::proof::PROOF_TYPE, None, &payload, signer);
    if text.len() > limits::PROOF_BYTES {
        let reason = format!("the proof would have {} bytes", text.len());
        return Err(Refusal::new(Outcome::TooLarge, "7a", reason));
    }
    Ok(text)
}

/// How long a delegation lives when nobody says: long enough to work, short enough to forget.
pub const DEFAULT_LIFETIME: Seconds = Seconds::new(3600);
