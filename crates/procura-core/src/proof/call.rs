//! Verifies one call under a chain: possession, tool, arguments (steps 6b to 7h).
//!
//! A chain is no secret: everyone on its way has seen it. What makes it usable is
//! a signature by the leaf's key over this call, made less than a minute ago and
//! for this place. The claims of such a proof (`…` for digests):
//!
//! ```json
//! {"aat_aud": "https://gateway.example", "aat_hash": "…", "aat_id": "0194…",
//!  "aat_tool": "mcp:files/write_file", "hta": {"path": "/src/auth.ts"},
//!  "iat": 1704067260, "jti": "0195…"}
//! ```

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;

use super::Verified;
use super::chain::{Chain, Requirement, Rules};
use crate::detail::{Demands, Manifest};
use crate::hash::Digest;
use crate::json::{self, JsonError, Object, Value};
use crate::jws::Compact;
use crate::key::Arithmetic;
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;
use crate::tools;

/// The JWS type of a proof of possession.
pub const PROOF_TYPE: &str = "aat-pop+jwt";

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The tool's id.
    pub tool: String,
    /// Its arguments, as they will be forwarded.
    pub arguments: Object,
}

/// A request that the holder of a chain's leaf made, and that the chain holds.
///
/// It owns request and chain, so neither can be exchanged after the check. That
/// the request was not made before is not part of it: step 7i, remembering
/// [`Call::replay_key`] until [`Proof::forgettable`], needs storage.
#[derive(Clone, Debug)]
pub struct Call {
    chain: Arc<Verified<Chain>>,
    request: Request,
    arguments_hash: Digest,
    demands: Demands,
    proof: Proof,
}

/// The proof of possession that a call came with.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Its `jti`; one key may use it once.
    pub id: String,
    /// When it was made.
    pub issued: Timestamp,
    /// When it can no longer be accepted, so that its `jti` may be forgotten.
    pub forgettable: Timestamp,
}

/// A holder that may see which tools its chain holds.
///
/// It allows no call. Its proof may be shown again within its window, which
/// tells the same list to the same holder.
#[derive(Clone, Debug)]
pub struct Listing {
    chain: Arc<Verified<Chain>>,
}

impl Call {
    /// The chain under which it was made.
    pub fn chain(&self) -> &Chain {
        self.chain.get()
    }

    /// What is asked for.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// SHA-256 of the canonical arguments, large strings replaced by digests.
    pub fn arguments_hash(&self) -> &Digest {
        &self.arguments_hash
    }

    /// What the chain's ceilings leave to be asked of the world: sums that the call
    /// adds to, at every hop that limits them, and people who have to agree.
    pub fn demands(&self) -> &Demands {
        &self.demands
    }

    /// The proof that it came with.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What may happen once: this proof by this key, for any purpose of a call.
    pub fn replay_key(&self) -> Digest {
        let key = self.chain().leaf().key.thumbprint();
        Digest::of(format!("{PROOF_TYPE}\n{key}\n{}", self.proof.id).as_bytes())
    }
}

impl Listing {
    /// The chain whose tools may be listed.
    pub fn chain(&self) -> &Chain {
        self.chain.get()
    }
}

/// Verifies that the holder of `chain`'s leaf asks for `request`, here and now.
///
/// The signature is checked before arguments are compared, so that a stranger
/// cannot make a verifier walk constraint trees. Every token of the chain is
/// asked about the call, although the leaf is within all of them: should a line
/// of the subsumption table be wrong, a call is still kept within every limit
/// that was signed above.
///
/// `Ok` is not yet a permission: see [`crate::decide::decide`], and the replay key.
pub fn verify_call(
    chain: &Arc<Verified<Chain>>,
    proof: &str,
    request: Request,
    rules: &Rules<'_>,
) -> Result<Verified<Call>, Refusal> {
    Arithmetic::OWN.verify_call(chain, proof, request, rules)
}

impl Arithmetic<'_> {
    /// [`verify_call`], with this arithmetic.
    pub fn verify_call(
        self,
        chain: &Arc<Verified<Chain>>,
        proof: &str,
        request: Request,
        rules: &Rules<'_>,
    ) -> Result<Verified<Call>, Refusal> {
        let held = chain.get();
        held.check_time(rules.now)?;
        let claims = possession(held, proof, self)?;
        let visible = visible(&request.arguments)?;
        let demands = check_held(held, &request.tool, &visible, rules.manifest)?;
        check_audience(held, rules)?;
        let proof = check_claims(&claims, held, rules, &request.tool)?;
        let arguments = check_arguments(&claims, &visible)?;
        check_nonce(&claims, rules)?;
        Ok(Verified(Call {
            chain: Arc::clone(chain),
            request,
            arguments_hash: Digest::of(arguments.as_bytes()),
            demands,
            proof,
        }))
    }
}

/// The leaf that a proof claims to be for, by its hash; whose proof it is, nobody knows yet.
///
/// An enforcement point that has verified a chain once may be asked by its leaf
/// alone. What it finds is asked about the proof like any chain.
pub fn claimed_leaf(proof: &str) -> Option<Digest> {
    if proof.len() > limits::PROOF_BYTES {
        return None;
    }
    let compact = Compact::parse(proof).ok()?;
    let claims = json::parse_object_within(compact.payload(), PROOF_VALUES).ok()?;
    claims.get("aat_hash").and_then(Value::as_str).and_then(Digest::from_base64url)
}

/// Verifies that the holder of `chain`'s leaf asks which tools it holds.
///
/// The proof names `purpose` as its tool and has no arguments.
///
/// `purpose` must be no tool's id; else the proof of a listing would be the
/// proof of a call of that tool without arguments.
pub fn verify_listing(
    chain: &Arc<Verified<Chain>>,
    proof: &str,
    purpose: &str,
    rules: &Rules<'_>,
) -> Result<Verified<Listing>, Refusal> {
    Arithmetic::OWN.verify_listing(chain, proof, purpose, rules)
}

impl Arithmetic<'_> {
    /// [`verify_listing`], with this arithmetic.
    pub fn verify_listing(
        self,
        chain: &Arc<Verified<Chain>>,
        proof: &str,
        purpose: &str,
        rules: &Rules<'_>,
    ) -> Result<Verified<Listing>, Refusal> {
        let held = chain.get();
        held.check_time(rules.now)?;
        let claims = possession(held, proof, self)?;
        check_audience(held, rules)?;
        check_claims(&claims, held, rules, purpose)?;
        check_arguments(&claims, &Object::new())?;
        check_nonce(&claims, rules)?;
        Ok(Verified(Listing { chain: Arc::clone(chain) }))
    }
}

/// Steps 7a and 7b: the leaf's holder signed it.
fn possession(chain: &Chain, proof: &str, arithmetic: Arithmetic<'_>) -> Result<Object, Refusal> {
    if proof.len() > limits::PROOF_BYTES {
        return Err(Refusal::new(Outcome::TooLarge, "7a", "the proof is too long"));
    }
    let compact = Compact::parse(proof)
        .and_then(|compact| compact.expect_type(PROOF_TYPE).map(|()| compact))
        .map_err(|error| Refusal::new(Outcome::AlgOrTypeRefused, "7a", error.to_string()))?;
    compact.verify_with(arithmetic, &chain.leaf().key).map_err(|error| {
        let reason = format!("{error}: the proof is not signed by the holder of the leaf");
        Refusal::new(Outcome::HolderBindingFailed, "7b", reason)
    })?;
    json::parse_object_within(compact.payload(), PROOF_VALUES).map_err(|error| {
        let is_large = matches!(error, JsonError::TooMany(_));
        let outcome = if is_large { Outcome::TooLarge } else { Outcome::Malformed };
        Refusal::new(outcome, "7b", error.to_string())
    })
}

/// The values of a proof: those of the arguments, and its other claims.
const PROOF_VALUES: usize = limits::ARGUMENT_VALUES + 64;

impl Chain {
    /// What the chain's ceilings ask of the world for `request`, if every hop holds it.
    ///
    /// Steps 6b and P5 alone: who asks, and whether now, is for [`verify_call`].
    pub fn demands(&self, request: &Request, manifest: &Manifest) -> Result<Demands, Refusal> {
        check_held(self, &request.tool, visible(&request.arguments)?.as_ref(), manifest)
    }
}

/// The arguments as rules, proof and approval see them: large ones as digests.
pub(crate) fn visible(arguments: &Object) -> Result<Cow<'_, Object>, Refusal> {
    if arguments.count() > limits::ARGUMENT_VALUES {
        let reason = "the arguments have too many values";
        return Err(Refusal::new(Outcome::TooLarge, "6b", reason));
    }
    tools::digested(arguments).ok_or_else(|| {
        let reason = "an argument is an object whose only member is `sha-256`";
        Refusal::new(Outcome::ArgumentRefused, "6b", reason)
    })
}

/// Steps 6b and P5; the hop is the first that does not hold the call, which is the one that narrowed it.
fn check_held(
    chain: &Chain,
    tool: &str,
    arguments: &Object,
    manifest: &Manifest,
) -> Result<Demands, Refusal> {
    for (hop, token) in chain.tokens().enumerate() {
        token.tools.check_call(tool, arguments).map_err(|refusal| refusal.at(hop))?;
    }
    check_action(chain, tool, arguments, manifest)
}

/// P5: every token with scopes and ceilings is asked about what the call does.
fn check_action(
    chain: &Chain,
    tool: &str,
    arguments: &Object,
    manifest: &Manifest,
) -> Result<Demands, Refusal> {
    let mut demands = Demands::default();
    if chain.leaf().detail.is_none() {
        // A child of a token with ceilings has them too, so no token of the chain has any.
        return Ok(demands);
    }
    let action = manifest.action(tool, arguments);
    for (hop, token) in chain.tokens().enumerate() {
        if let Some(detail) = &token.detail {
            let mut own = detail
                .check_action(tool, &action, &token.hash)
                .map_err(|refusal| refusal.at(hop))?;
            demands.debits.append(&mut own.debits);
            demands.quorums.append(&mut own.quorums);
        }
    }
    Ok(demands)
}

/// Step 6c: every token that names an audience names this one.
///
/// A conjunction, so that no holder can add a place. It stops an enforcement
/// point from using elsewhere what was shown to it.
fn check_audience(chain: &Chain, rules: &Rules<'_>) -> Result<(), Refusal> {
    let refused = |reason: &str| Refusal::new(Outcome::AudienceMismatch, "6c", reason);
    for (hop, token) in chain.tokens().enumerate() {
        if !token.audience.is_empty() && !token.audience.iter().any(|aud| aud == rules.audience) {
            return Err(refused("it is for another audience").at(hop));
        }
    }
    let named = chain.tokens().any(|token| !token.audience.is_empty());
    if rules.chain_audience == Requirement::Required && !named {
        return Err(refused("no token names an audience, and one is required here"));
    }
    Ok(())
}

/// Steps 7c, 7d, 7e and 7g.
fn check_claims(
    claims: &Object,
    chain: &Chain,
    rules: &Rules<'_>,
    tool: &str,
) -> Result<Proof, Refusal> {
    let proof = shape(claims)?;
    let failed = |step, reason: &str| Refusal::new(Outcome::HolderBindingFailed, step, reason);
    let text = |name| claims.get(name).and_then(Value::as_str);
    let leaf = chain.leaf();
    let hash = leaf.hash.to_base64url();
    if text("aat_id") != Some(&leaf.id) || text("aat_hash") != Some(&hash) {
        return Err(failed("7c", "the proof is for another delegation"));
    }
    let audience = claims.get("aat_aud");
    let required = rules.proof_audience == Requirement::Required;
    if audience.map_or(required, |aud| aud.as_str() != Some(rules.audience)) {
        let reason = "the proof does not name this audience";
        return Err(Refusal::new(Outcome::AudienceMismatch, "7d", reason));
    }
    if text("aat_tool") != Some(tool) {
        return Err(failed("7e", "the proof is for another tool"));
    }
    if proof.issued < rules.now.minus(limits::PROOF_WINDOW) {
        return Err(Refusal::new(Outcome::Expired, "7g", "the proof is too old"));
    }
    if proof.issued > rules.now.plus(limits::PROOF_WINDOW) {
        let reason = "the proof is from the future";
        return Err(Refusal::new(Outcome::NotYetValid, "7g", reason));
    }
    Ok(proof)
}

/// Step 7c, its first half: every claim is there and has its type.
fn shape(claims: &Object) -> Result<Proof, Refusal> {
    let text = |name: &str| {
        let text = claims.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    let issued = claims.get("iat").and_then(Value::as_integer);
    let arguments = claims.get("hta").and_then(Value::as_object);
    let id = text("jti").filter(|id| id.len() <= limits::NAME_BYTES);
    let named = ["aat_id", "aat_hash", "aat_tool"].into_iter().all(|name| text(name).is_some());
    let (Some(id), Some(issued), Some(_), true) = (id, issued, arguments, named) else {
        let reason = "a claim of the proof is missing or not what it must be";
        return Err(Refusal::new(Outcome::HolderBindingFailed, "7c", reason));
    };
    let issued = Timestamp::from_seconds(issued);
    Ok(Proof {
        id: id.into(),
        issued,
        // Remembered for the window on both sides, so that no clock's view lets it in twice.
        forgettable: issued.plus(limits::PROOF_WINDOW).plus(limits::PROOF_WINDOW),
    })
}

/// Step 7f: the signed arguments are the arguments, by canonical form, which is returned.
///
/// The request was parsed by itself and not taken from the proof, so what is
/// forwarded is what the client sent, and only if the holder signed the same.
fn check_arguments(claims: &Object, arguments: &Object) -> Result<String, Refusal> {
    let failed = |reason: &str| Refusal::new(Outcome::HolderBindingFailed, "7f", reason);
    let signed = claims.get("hta").and_then(Value::as_object);
    let signed = signed.and_then(|signed| signed.to_canonical().ok());
    let signed = signed.ok_or_else(|| failed("the proof has no proper `hta`"))?;
    let asked = arguments.to_canonical().map_err(|error| failed(&error.to_string()))?;
    if signed == asked { Ok(asked) } else { Err(failed("the proof is for other arguments")) }
}

/// Step 7h: a nonce of ours, which no proof could hold that was made before it was given
/// out (RFC 9449, section 8). Whether it is still good is the caller's to know.
fn check_nonce(claims: &Object, rules: &Rules<'_>) -> Result<(), Refusal> {
    match rules.nonce {
        Some(nonce) if claims.get("nonce").and_then(Value::as_str) != Some(nonce) => {
            let reason = "the proof does not carry the nonce that was asked for";
            Err(Refusal::new(Outcome::NonceRequired, "7h", reason))
        }
        Some(_) | None => Ok(()),
    }
}
