//! Verifies a delegation chain, root to leaf (AAT-02, section 8, steps 1 to 6a).
//!
//! **Invariant:** a verified [`Chain`] begins with a root that a trusted anchor
//! signed for a principal it may speak for; each further token was signed by the
//! key above it, names it by hash, and holds no more: no other tool, no wider
//! argument, no later end, no greater depth, no other principal.
//!
//! It is a judgement on keys. That a key is the agent's whose name stands beside
//! it, and that nothing was revoked, is for the directory to say.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::Verified;
use super::shown::{self, Shown};
use crate::detail::Manifest;
use crate::jws::{Compact, JwsError};
use crate::key::{Arithmetic, PublicKey, Thumbprint};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::{Seconds, Timestamp};
use crate::token::{Claims, OtherEntries, Position, Tier, Token};

/// Delegations from the root to the leaf; never empty.
#[derive(Clone, Debug)]
pub struct Chain {
    signer: Thumbprint,
    tokens: Vec<Token>,
    leaf: Token,
}

/// A key that may sign roots, and for whom.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// The `iss` of its roots.
    pub issuer: String,
    /// The key.
    pub key: PublicKey,
    /// Whose authority it may give away.
    ///
    /// Without it any enrolled person could name another one as the principal.
    pub vouches: Vouches,
}

/// Whose authority an anchor may give away.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Vouches {
    /// Anybody's: an authorization server that authenticated the principal.
    ForAnybody,
    /// One principal's: that person's own key.
    For(String),
}

impl Vouches {
    /// Whether the anchor may give away what is `principal`'s.
    pub(crate) fn is_for(&self, principal: Option<&str>) -> bool {
        match self {
            Self::ForAnybody => true,
            Self::For(only) => principal == Some(only),
        }
    }
}

/// Whether something must be there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Requirement {
    /// It must be there.
    Required,
    /// It may be left out; if it is there it is checked.
    Optional,
}

/// What this enforcement point asks of a chain and a proof.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// The keys that may sign roots.
    pub anchors: &'a [Anchor],
    /// The name of this enforcement point.
    pub audience: &'a str,
    /// Whether every chain must name an audience.
    ///
    /// Where several enforcement points accept one chain, this, an audience in the
    /// proof or a nonce keeps a call that one was shown from counting at another.
    pub chain_audience: Requirement,
    /// Whether every proof must name an audience.
    pub proof_audience: Requirement,
    /// Whether every chain must name its principal and its agents. Where it must,
    /// `authorization_details` may hold nothing but tools either; elsewhere other
    /// entries are ignored, as AAT-02 says.
    pub names: Requirement,
    /// Whether every root must commit to evidence that a person agreed to it.
    pub evidence: Requirement,
    /// What the tools do, in the terms of scopes and ceilings.
    pub manifest: &'a Manifest,
    /// The nonce that the proof must carry, if one was asked for.
    pub nonce: Option<&'a str>,
    /// The longest life of a token.
    pub max_lifetime: Seconds,
    /// The time of the verification.
    pub now: Timestamp,
}

impl Rules<'_> {
    fn other_entries(&self) -> OtherEntries {
        match self.names {
            Requirement::Required => OtherEntries::Refused,
            Requirement::Optional => OtherEntries::Ignored,
        }
    }
}

impl Chain {
    /// The tokens above the leaf, from the root.
    pub fn ancestors(&self) -> &[Token] {
        &self.tokens
    }

    /// The last token: its holder calls.
    pub fn leaf(&self) -> &Token {
        &self.leaf
    }

    /// All tokens, from the root to the leaf.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().chain(core::iter::once(&self.leaf))
    }

    /// The first token.
    pub fn root(&self) -> &Token {
        self.tokens.first().unwrap_or(&self.leaf)
    }

    /// The key that signed the root.
    pub fn signer(&self) -> Thumbprint {
        self.signer
    }

    /// How many tokens.
    pub fn depth(&self) -> usize {
        self.tokens.len()
    }

    /// Checks again what time changes: every token is valid at `now`.
    ///
    /// A chain may be kept after it was verified. Its signatures do not age; this,
    /// and what the directory says, has to be asked for each call.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        for (hop, token) in self.tokens().enumerate() {
            let (expired, early) = if hop == 0 { ("3e", "3f") } else { ("4i", "4k") };
            check_now(token, now, expired, early).map_err(|refusal| refusal.at(hop))?;
        }
        Ok(())
    }
}

/// Verifies compact `tokens` from the root to the leaf, as of `rules.now`.
///
/// The work is bounded before it is done: sizes first, then one signature a
/// token (at the root one per anchor that its key id selects).
///
/// `Ok` is the module's invariant. The steps are in the order of AAT-02, so that
/// a chain that is wrong in two ways gets the answer that other verifiers give.
/// A signature is checked before anything in its token is believed. What is left
/// to do is who calls (steps 6b to 7h), revocation and policy.
pub fn verify_chain(tokens: &[&str], rules: &Rules<'_>) -> Result<Verified<Chain>, Refusal> {
    Arithmetic::OWN.verify_chain(tokens, rules)
}

impl Arithmetic<'_> {
    /// [`verify_chain`], with this arithmetic.
    pub fn verify_chain(
        self,
        tokens: &[&str],
        rules: &Rules<'_>,
    ) -> Result<Verified<Chain>, Refusal> {
        let mut shown = shown::read(tokens)?.into_iter();
        let first = shown.next().ok_or_else(shown::empty)?;
        let (mut leaf, signer) = root(first, rules, self).map_err(|refusal| refusal.at(0))?;
        let mut above: Vec<Token> = Vec::with_capacity(tokens.len());
        for (index, next) in shown.enumerate() {
            let hop = index.saturating_add(1);
            let next = child(next, &leaf, rules, self).map_err(|refusal| refusal.at(hop))?;
            above.push(core::mem::replace(&mut leaf, next));
            check_distinct(&above, &leaf).map_err(|refusal| refusal.at(hop))?;
        }
        check_principal(&above, &leaf, rules)?;
        let depth = usize::try_from(leaf.depth).unwrap_or(usize::MAX);
        if depth != above.len() {
            let reason = "the leaf's depth is not the chain's length";
            return Err(Refusal::new(Outcome::DepthInvalid, "5", reason));
        }
        if !leaf.has_tools {
            let reason = "the leaf has no entry for tools";
            return Err(Refusal::new(Outcome::ScopeNotGranted, "6a", reason));
        }
        Ok(Verified(Chain { signer, tokens: above, leaf }))
    }
}

fn check_distinct(above: &[Token], leaf: &Token) -> Result<(), Refusal> {
    if above.iter().any(|token| token.id == leaf.id) { Err(shown::repeated()) } else { Ok(()) }
}

/// Steps 3a to 3n; what comes back is the root and the key that signed it.
fn root(
    Shown { text, payload, claims }: Shown<'_>,
    rules: &Rules<'_>,
    arithmetic: Arithmetic<'_>,
) -> Result<(Token, Thumbprint), Refusal> {
    let (compact, tier) = header(text, payload, "3a")?;
    let anchor = trusted(&compact, rules, arithmetic)?;
    let claims = Claims::of(claims, compact.payload(), (Position::Root, tier))?;
    let (issued, expires) = claims.dates()?;
    if claims.depth()? != 0 {
        return Err(Refusal::new(Outcome::DepthInvalid, "3c", "a root has depth 0"));
    }
    if claims.parent()?.is_some() {
        return Err(Refusal::new(Outcome::ParHashMismatch, "3d", "a root has no parent"));
    }
    check_window((issued, expires), rules, ("3e", "3f", "3g", "3h"))?;
    if claims.max_depth()? > limits::DELEGATION_DEPTH {
        let reason = "`del_max_depth` is higher than this verifier allows";
        return Err(Refusal::new(Outcome::DepthInvalid, "3i", reason));
    }
    claims.id()?;
    if claims.issuer()? != anchor.issuer {
        let reason = format!("the root names another issuer than `{}`", anchor.issuer);
        return Err(Refusal::new(Outcome::IssuerMismatch, "3k", reason));
    }
    let key = claims.key()?;
    let token = Token::from_claims(&claims, key, compact.signing_hash(), rules.other_entries())?;
    if !anchor.vouches.is_for(token.principal.as_deref()) {
        let reason = "this key may not speak for the root's principal";
        return Err(Refusal::new(Outcome::UntrustedRoot, "P1", reason));
    }
    if rules.evidence == Requirement::Required && token.evidence.is_none() {
        let reason = "the root names no evidence that a person agreed to it";
        return Err(Refusal::new(Outcome::UntrustedRoot, "P1", reason));
    }
    Ok((token, anchor.key.thumbprint()))
}

fn header<'a>(
    text: &'a str,
    payload: Vec<u8>,
    step: &'static str,
) -> Result<(Compact<'a>, Tier), Refusal> {
    let refused = |error: JwsError| {
        let outcome = match error {
            JwsError::Parts | JwsError::Header(_) => Outcome::Malformed,
            JwsError::Algorithm | JwsError::Type | JwsError::Critical | JwsError::Key => {
                Outcome::AlgOrTypeRefused
            }
        };
        Refusal::new(outcome, step, error.to_string())
    };
    let compact = Compact::with_payload(text, payload).map_err(refused)?;
    let tier = Tier::of(&compact).map_err(refused)?;
    Ok((compact, tier))
}

/// The anchor that signed the root. A `kid` selects among anchors, no more: an
/// issuer that names its keys by something else than thumbprints selects none.
///
/// That anchor then decides what the root's `iss` and `sub` may be, and not the
/// other way round: no anchor can sign in the name of another issuer.
fn trusted<'a>(
    compact: &Compact<'_>,
    rules: &Rules<'a>,
    arithmetic: Arithmetic<'_>,
) -> Result<&'a Anchor, Refusal> {
    let kid = compact.key_id();
    let is_named = |anchor: &Anchor| kid == Some(&anchor.key.thumbprint().to_string());
    let selects = kid.is_some() && rules.anchors.iter().any(is_named);
    rules
        .anchors
        .iter()
        .filter(|anchor| !selects || is_named(anchor))
        .take(MAX_ANCHORS_TRIED)
        .find(|anchor| compact.verify_with(arithmetic, &anchor.key).is_ok())
        .ok_or_else(|| Refusal::new(Outcome::UntrustedRoot, "3b", "no trusted key signed the root"))
}

/// Without a `kid` every anchor may have to be tried; more would be a gift to a flood.
const MAX_ANCHORS_TRIED: usize = 8;

/// Steps 4a to 4q.
fn child(
    Shown { text, payload, claims }: Shown<'_>,
    parent: &Token,
    rules: &Rules<'_>,
    arithmetic: Arithmetic<'_>,
) -> Result<Token, Refusal> {
    let (compact, tier) = header(text, payload, "4a")?;
    compact.verify_with(arithmetic, &parent.key).map_err(|error| {
        let reason = format!("{error}: it is not signed by the holder of the token above");
        Refusal::new(Outcome::SignatureInvalid, "4b", reason)
    })?;
    let claims = Claims::of(claims, compact.payload(), (Position::Child, tier))?;
    let key = claims.check_child()?;
    if claims.issuer()? != parent.key.thumbprint().to_uri() {
        let reason = "`iss` is not the thumbprint of the key above";
        return Err(Refusal::new(Outcome::DelegatorMismatch, "4c", reason));
    }
    check_depth(&claims, parent)?;
    check_child_time(&claims, parent, rules)?;
    if claims.depth()? > claims.max_depth()? {
        let reason = "its depth is more than it allows itself";
        return Err(Refusal::new(Outcome::DepthInvalid, "4m", reason));
    }
    let token = Token::from_claims(&claims, key, compact.signing_hash(), rules.other_entries())?;
    token.tools.check_within(&parent.tools)?;
    check_detail(&token, parent)?;
    if token.parent != Some(parent.hash) {
        let reason = "`par_hash` is not the hash of the token above";
        return Err(Refusal::new(Outcome::ParHashMismatch, "4q", reason));
    }
    Ok(token)
}

/// P4: a child of a token with ceilings has them too, and no wider ones.
fn check_detail(token: &Token, parent: &Token) -> Result<(), Refusal> {
    match (&token.detail, &parent.detail) {
        (Some(own), Some(above)) => own.check_within(above),
        (None, Some(_)) => {
            let reason = "it drops the scopes and ceilings of the token above";
            Err(Refusal::new(Outcome::NotNarrower, "P4", reason))
        }
        (Some(_) | None, None) => Ok(()),
    }
}

/// Steps 4h to 4l.
fn check_child_time(claims: &Claims, parent: &Token, rules: &Rules<'_>) -> Result<(), Refusal> {
    let (issued, expires) = claims.dates()?;
    if expires > parent.expires {
        return Err(Refusal::new(Outcome::NotNarrower, "4h", "it outlives the token above"));
    }
    if expires <= rules.now {
        return Err(Refusal::new(Outcome::Expired, "4i", "its time is over"));
    }
    if issued < parent.issued {
        return Err(Refusal::new(Outcome::NotNarrower, "4j", "it begins before the token above"));
    }
    check_window((issued, expires), rules, ("4i", "4k", "4l", "4l"))
}

/// Steps 4d to 4g. The ceiling is the root's: a holder can lower it for those
/// below, and never raise it.
fn check_depth(claims: &Claims, parent: &Token) -> Result<(), Refusal> {
    let refused = |step, reason: &str| Err(Refusal::new(Outcome::DepthInvalid, step, reason));
    let depth = claims.depth()?;
    if Some(depth) != parent.depth.checked_add(1) {
        return refused("4d", "its depth is not one more than above");
    }
    if depth > parent.max_depth {
        return refused("4e", "the token above may not be delegated further");
    }
    if depth > limits::DELEGATION_DEPTH {
        return refused("4f", "it is deeper than this verifier allows");
    }
    if claims.max_depth()? > parent.max_depth {
        return refused("4g", "it allows more depth than the token above");
    }
    Ok(())
}

/// Time, with the step of each refusal: expired, future, empty window, too long.
///
/// Only the beginning is forgiven a skewed clock. A token is over at `exp`, and
/// one that is valid for longer than the rules allow is refused, however fresh.
fn check_window(
    (issued, expires): (Timestamp, Timestamp),
    rules: &Rules<'_>,
    steps: (&'static str, &'static str, &'static str, &'static str),
) -> Result<(), Refusal> {
    let (expired, future, window, lifetime) = steps;
    let now = rules.now;
    if expires <= now {
        return Err(Refusal::new(Outcome::Expired, expired, "its time is over"));
    }
    if issued > now.plus(limits::CLOCK_SKEW) {
        return Err(Refusal::new(Outcome::NotYetValid, future, "its time has not come"));
    }
    if expires <= issued {
        return Err(Refusal::new(Outcome::Malformed, window, "it ends before it begins"));
    }
    if expires > issued.plus(rules.max_lifetime) {
        return Err(Refusal::new(Outcome::TooLarge, lifetime, "it lives longer than is allowed"));
    }
    Ok(())
}

fn check_now(
    token: &Token,
    now: Timestamp,
    expired: &'static str,
    early: &'static str,
) -> Result<(), Refusal> {
    if token.expires <= now {
        return Err(Refusal::new(Outcome::Expired, expired, "its time is over"));
    }
    if token.issued > now.plus(limits::CLOCK_SKEW) {
        return Err(Refusal::new(Outcome::NotYetValid, early, "its time has not come"));
    }
    Ok(())
}

/// P3: one accountable principal, the same at every hop; and, where names are
/// required, an agent at every hop.
///
/// AAT-02 names keys and no people. Here every token repeats for whom it acts, so
/// that nobody in the middle can have its acts charged to somebody else.
fn check_principal(above: &[Token], leaf: &Token, rules: &Rules<'_>) -> Result<(), Refusal> {
    let root = above.first().unwrap_or(leaf);
    for (hop, token) in above.iter().chain(core::iter::once(leaf)).enumerate() {
        if token.principal != root.principal {
            let reason = "it names another principal than the root";
            return Err(Refusal::new(Outcome::PrincipalAltered, "P3", reason).at(hop));
        }
        let named = token.principal.is_some() && token.client_id.is_some();
        if rules.names == Requirement::Required && !named {
            let reason = "it does not name its principal and its agent";
            return Err(Refusal::new(Outcome::Malformed, "P1", reason).at(hop));
        }
    }
    Ok(())
}
