//! The claims of one delegation (AAT-02 with `sub` and `client_id`).
//!
//! **Invariant:** a [`Token`] is well-formed in every claim. Who signed it and
//! whether it may follow its parent is for [`crate::proof`] to say.
//!
//! Claims of a derived token (`…` for digests and keys; `client_id` and `tools`
//! shortened). A root has its anchor's `iss`, depth 0 and no `par_hash`.
//!
//! ```json
//! {"authorization_details": [{"type": "attenuating_agent_token", "tools": {}}],
//!  "client_id": "spiffe://procura.local/agent/coder",
//!  "cnf": {"jwk": {"crv": "Ed25519", "kty": "OKP", "x": "…"}},
//!  "del_depth": 1, "del_max_depth": 2, "exp": 1704069000, "iat": 1704067260,
//!  "iss": "urn:ietf:params:oauth:jwk-thumbprint:sha-256:…",
//!  "jti": "0194…", "par_hash": "…", "sub": "user:alice"}
//! ```
//!
//! Claims that are not named here are ignored, as AAT-02 wants it. A second detail
//! with scopes and ceilings must not be: the header announces it in `crit`, so that
//! a verifier that does not know it refuses the token ([`Tier`]).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::base64url;
use crate::claims;
use crate::detail::{self, AgentDelegation};
use crate::hash::Digest;
use crate::json::{Object, Value};
use crate::jws::{self, ALGORITHM, Compact, JwsError};
use crate::key::{PublicKey, Signer, Thumbprint};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::status_list::Reference;
use crate::time::Timestamp;
use crate::tools::Tools;

/// The JWS type of a delegation.
pub const TYPE: &str = "aat+jwt";
/// The RAR type that holds the tools.
pub const DETAIL_TYPE: &str = "attenuating_agent_token";

/// Whether the header announces a second detail, `agent_delegation`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tier {
    /// It does not: every AAT-02 verifier that knows the constraint types takes it.
    Plain,
    /// It does, by `"crit":["dpv"],"dpv":1`.
    Marked,
}

impl Tier {
    /// Reads the header: its algorithm and type, and what it says is critical.
    ///
    /// `crit` names `dpv` once and nothing else, and `dpv` is version 1 (RFC 7515,
    /// section 4.1.11: whatever else is critical is not understood here).
    pub fn of(compact: &Compact<'_>) -> Result<Self, JwsError> {
        compact.expect_type_before_critical(TYPE)?;
        let header = compact.header();
        match header.get("crit").map(Value::as_array) {
            None => Ok(Self::Plain),
            Some(Some([one])) if one.as_str() == Some("dpv") => {
                let version = header.get("dpv").and_then(Value::as_integer);
                if version == Some(1) { Ok(Self::Marked) } else { Err(JwsError::Critical) }
            }
            Some(Some(_) | None) => Err(JwsError::Critical),
        }
    }

    /// The header of a delegation, in canonical form.
    fn header(self, kid: Option<Thumbprint>) -> String {
        let crit = match self {
            Self::Plain => "",
            Self::Marked => r#""crit":["dpv"],"dpv":1,"#,
        };
        // A thumbprint needs no escape.
        let kid = kid.map_or_else(String::new, |kid| alloc::format!(r#""kid":"{kid}","#));
        alloc::format!(r#"{{"alg":"{ALGORITHM}",{crit}{kid}"typ":"{TYPE}"}}"#)
    }
}

/// One delegation, as claimed.
///
/// Its fields are public, and holding one proves nothing; a chain in a
/// [`crate::proof::Verified`] does.
#[derive(Clone, Debug)]
pub struct Token {
    /// SHA-256 of the signing input: how children, proofs and approvals name it.
    pub hash: Digest,
    /// `jti`: unique in its chain.
    pub id: String,
    /// `iss`: an anchor's issuer, or the thumbprint URI of the parent's key.
    pub issuer: String,
    /// `sub`: the accountable principal.
    pub principal: Option<String>,
    /// `client_id`: the agent that holds the key.
    pub client_id: Option<String>,
    /// `aud`: where it may be used; empty when anywhere.
    pub audience: Vec<String>,
    /// `iat`: not valid before.
    pub issued: Timestamp,
    /// `exp`: not valid from then on.
    pub expires: Timestamp,
    /// `cnf.jwk`: the key that uses it and derives from it.
    pub key: PublicKey,
    /// `del_depth`: zero at the root.
    pub depth: u32,
    /// `del_max_depth`: how deep the chain may go.
    pub max_depth: u32,
    /// `par_hash`: the parent's [`Token::hash`].
    pub parent: Option<Digest>,
    /// What it holds.
    pub tools: Tools,
    /// Whether there is an entry for tools; a leaf needs one.
    pub has_tools: bool,
    /// Scopes and ceilings, if it has any; the header's `crit` announces them.
    pub detail: Option<AgentDelegation>,
    /// `evd_hash` of a root: SHA-256 of what shows that a person agreed to it.
    pub evidence: Option<Digest>,
    /// `status`: where it is published whether this token is still good.
    pub status: Option<Reference>,
}

/// Which numbers the steps of a verification have: a root's or a child's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Position {
    /// The first token.
    Root,
    /// Any other.
    Child,
}

/// What becomes of an `authorization_details` entry that is not for tools, and of
/// members beside `tools` in the one that is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OtherEntries {
    /// It makes the token malformed: what is not kept could be a limit that is not kept.
    Refused,
    /// It gives nothing and limits nothing, as AAT-02, section 3.3, has it.
    Ignored,
}

impl OtherEntries {
    /// Whether the entry for tools may have these members. One beside `tools`, be
    /// it of RFC 9396, section 2.2, may be a limit too.
    fn allow(self, detail: &Object) -> bool {
        match self {
            Self::Refused => detail.iter().all(|(name, _)| matches!(name, "type" | "tools")),
            Self::Ignored => true,
        }
    }
}

/// Claims that are JSON, read one by one in the order of the verification's steps.
///
/// The order is visible: a token that is wrong in two ways is refused for the
/// first, so that independent verifiers give one answer.
pub(crate) struct Claims {
    object: Object,
    position: Position,
    tier: Tier,
}

impl Claims {
    /// Takes the payload that was read before its signature was verified, or reads
    /// it now for the reason why it cannot be read.
    pub(crate) fn of(
        read: Option<Object>,
        payload: &[u8],
        (position, tier): (Position, Tier),
    ) -> Result<Self, Refusal> {
        match read {
            Some(object) => Ok(Self { object, position, tier }),
            None => Self::parse(payload, (position, tier)),
        }
    }

    /// Reads a payload whose signature was verified.
    pub(crate) fn parse(
        payload: &[u8],
        (position, tier): (Position, Tier),
    ) -> Result<Self, Refusal> {
        let step = if position == Position::Root { "3b" } else { "4b" };
        Ok(Self { object: claims::parse(payload, step)?, position, tier })
    }

    fn step(&self, root: &'static str, child: &'static str) -> &'static str {
        match self.position {
            Position::Root => root,
            Position::Child => child,
        }
    }

    pub(crate) fn dates(&self) -> Result<(Timestamp, Timestamp), Refusal> {
        Ok((self.date("iat")?, self.date("exp")?))
    }

    /// A NumericDate without fraction or exponent, and not before 1970.
    fn date(&self, name: &str) -> Result<Timestamp, Refusal> {
        let seconds = self.object.get(name).and_then(Value::as_integer);
        let seconds = seconds.filter(|seconds| *seconds >= 0);
        seconds.map(Timestamp::from_seconds).ok_or_else(|| self.malformed("3b", "4b", name))
    }

    /// Steps 4b1 to 4b5: every claim of a child is there and has its type.
    ///
    /// The key comes back, because reading it a second time would cost an eighth
    /// of a signature.
    pub(crate) fn check_child(&self) -> Result<PublicKey, Refusal> {
        self.id()?;
        let key = self.key()?;
        self.details()?;
        self.depth()?;
        self.max_depth()?;
        self.issuer()?;
        let parent = self.object.get("par_hash").and_then(Value::as_str);
        parent.ok_or_else(|| self.malformed("3d", "4b", "par_hash"))?;
        self.dates().map(|_| key)
    }

    pub(crate) fn depth(&self) -> Result<u32, Refusal> {
        self.small("del_depth", self.step("3c", "4b"))
    }

    pub(crate) fn max_depth(&self) -> Result<u32, Refusal> {
        self.small("del_max_depth", self.step("3i", "4b"))
    }

    /// A depth: an integer from 0, so that adding one cannot make it smaller.
    fn small(&self, name: &str, step: &'static str) -> Result<u32, Refusal> {
        let integer = self.object.get(name).and_then(Value::as_integer);
        integer.and_then(|integer| u32::try_from(integer).ok()).ok_or_else(|| {
            Refusal::new(Outcome::DepthInvalid, step, alloc::format!("`{name}` is not a depth"))
        })
    }

    pub(crate) fn parent(&self) -> Result<Option<Digest>, Refusal> {
        let Some(value) = self.object.get("par_hash") else {
            return Ok(None);
        };
        let digest = value.as_str().and_then(Digest::from_base64url);
        digest.map(Some).ok_or_else(|| {
            let step = self.step("3d", "4q");
            Refusal::new(Outcome::ParHashMismatch, step, "`par_hash` is not a digest")
        })
    }

    pub(crate) fn id(&self) -> Result<String, Refusal> {
        self.name("jti").ok_or_else(|| self.malformed("3j", "4b", "jti"))
    }

    pub(crate) fn issuer(&self) -> Result<String, Refusal> {
        self.name("iss").ok_or_else(|| self.malformed("3k", "4b", "iss"))
    }

    /// A claim that may be absent, but if it is there must be a name.
    pub(crate) fn optional_name(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.object.get(name) {
            None => Ok(None),
            Some(_) => self.name(name).map(Some).ok_or_else(|| self.malformed("3b", "4b", name)),
        }
    }

    /// Text that is neither empty nor longer than [`limits::NAME_BYTES`].
    fn name(&self, name: &str) -> Option<String> {
        let text = self.object.get(name)?.as_str()?;
        (!text.is_empty() && text.len() <= limits::NAME_BYTES).then(|| text.to_string())
    }

    /// One name or a list of them (RFC 7519, section 4.1.3). An empty list is
    /// refused, as it could be read as nowhere or as anywhere.
    pub(crate) fn audience(&self) -> Result<Vec<String>, Refusal> {
        let wrong = || self.malformed("6c", "6c", "aud");
        match self.object.get("aud") {
            None => Ok(Vec::new()),
            Some(Value::String(one)) if !one.is_empty() => Ok(alloc::vec![one.clone()]),
            Some(Value::Array(many)) if !many.is_empty() => {
                many.iter().map(|one| one.as_str().map(String::from).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    /// `cnf.jwk`, an Ed25519 public key and nothing else (RFC 8037).
    pub(crate) fn key(&self) -> Result<PublicKey, Refusal> {
        self.key_or(None)
    }

    /// [`Claims::key`], where `known` spares the work of reading its own bytes again.
    fn key_or(&self, known: Option<&PublicKey>) -> Result<PublicKey, Refusal> {
        let wrong =
            |reason: String| Refusal::new(Outcome::Malformed, self.step("3l", "4b"), reason);
        let jwk = self.object.get("cnf").and_then(Value::as_object).and_then(|cnf| cnf.get("jwk"));
        let jwk = jwk.and_then(Value::as_object);
        let jwk = jwk.ok_or_else(|| wrong("`cnf` holds no `jwk`".into()))?;
        let bytes = jwk_bytes(jwk).map_err(wrong)?;
        if let Some(known) = known.filter(|known| known.as_bytes().as_slice() == bytes) {
            return Ok(known.clone());
        }
        PublicKey::from_bytes(&bytes).map_err(|error| wrong(error.to_string()))
    }

    fn details(&self) -> Result<&[Value], Refusal> {
        let details = self.object.get("authorization_details");
        details
            .and_then(Value::as_array)
            .ok_or_else(|| self.malformed("3m", "4b", "authorization_details"))
    }

    /// Steps 3m to 4o and P2: exactly one entry for tools at a root, at most one
    /// later; and one `agent_delegation` exactly if the header announces it.
    fn authority(&self, others: OtherEntries) -> Result<Authority, Refusal> {
        let wrong = |reason: &str| Refusal::new(Outcome::Malformed, self.step("3m", "4n"), reason);
        let (mut tools, mut second) = (None, None);
        for detail in self.details()? {
            let detail = detail.as_object();
            let kind = detail.and_then(|detail| detail.get("type")).and_then(Value::as_str);
            match (kind, detail, self.tier) {
                (Some(DETAIL_TYPE), Some(detail), _) if tools.is_none() => {
                    if !others.allow(detail) {
                        return Err(wrong("a member beside `tools`"));
                    }
                    let value = detail.get("tools");
                    tools = Some(value.ok_or_else(|| wrong("an entry without `tools`"))?);
                }
                (Some(DETAIL_TYPE), ..) => return Err(wrong("a second entry for tools")),
                (Some(detail::TYPE), Some(detail), Tier::Marked) if second.is_none() => {
                    second = Some(AgentDelegation::parse(detail)?);
                }
                _ if others == OtherEntries::Ignored && kind != Some(detail::TYPE) => {}
                (Some(detail::TYPE), _, Tier::Plain) if others == OtherEntries::Ignored => {}
                _ => return Err(wrong("an entry of another type")),
            }
        }
        if self.tier == Tier::Marked && second.is_none() {
            let reason = "the header announces a detail that is not there";
            return Err(Refusal::new(Outcome::Malformed, "P2", reason));
        }
        if tools.is_none() && self.position == Position::Root {
            return Err(wrong("no entry for tools"));
        }
        let tools = tools.map(Tools::parse).transpose().map_err(|error| self.in_step(error))?;
        Ok((tools, second))
    }

    /// A child's entry has its own step for its shape.
    fn in_step(&self, mut refusal: Refusal) -> Refusal {
        if refusal.step == "3m" {
            refusal.step = self.step("3m", "4n");
        }
        refusal
    }

    /// `evd_hash`, which only a root has.
    fn evidence(&self) -> Result<Option<Digest>, Refusal> {
        match (self.object.get("evd_hash"), self.position) {
            (Some(value), Position::Root) => {
                let digest = value.as_str().and_then(Digest::from_base64url);
                digest.map(Some).ok_or_else(|| self.malformed("P1", "P1", "evd_hash"))
            }
            (Some(_), Position::Child) | (None, _) => Ok(None),
        }
    }

    /// `status`, with a `status_list` of an address and an index.
    fn status(&self) -> Result<Option<Reference>, Refusal> {
        Reference::parse(&self.object).map_err(|_| self.malformed("P6", "P6", "status"))
    }

    fn malformed(&self, root: &'static str, child: &'static str, name: &str) -> Refusal {
        let reason = alloc::format!("`{name}` is missing or not what it must be");
        Refusal::new(Outcome::Malformed, self.step(root, child), reason)
    }
}

/// The entry for tools, and the second detail.
type Authority = (Option<Tools>, Option<AgentDelegation>);

/// Signs canonical `payload` text as a delegation.
pub(crate) fn sign(
    tier: Tier,
    kid: Option<Thumbprint>,
    payload: &str,
    signer: &dyn Signer,
) -> String {
    jws::sign_with_header(&tier.header(kid), payload, signer)
}

/// Reads a public Ed25519 JWK; private members are refused.
///
/// A private key in a token is known to everyone who sees it, so binding a
/// delegation to it would bind it to nobody (step 3l).
pub fn parse_jwk(jwk: &Object) -> Result<PublicKey, String> {
    PublicKey::from_bytes(&jwk_bytes(jwk)?).map_err(|error| error.to_string())
}

/// What a JWK says are the bytes of an Ed25519 key.
fn jwk_bytes(jwk: &Object) -> Result<Vec<u8>, String> {
    let text = |name| jwk.get(name).and_then(Value::as_str);
    if text("kty") != Some("OKP") || text("crv") != Some("Ed25519") {
        return Err("`jwk` is not an Ed25519 key".into());
    }
    if jwk.iter().any(|(name, _)| !matches!(name, "kty" | "crv" | "x" | "kid" | "alg" | "use")) {
        return Err("`jwk` has members that a public key does not have".into());
    }
    text("x").and_then(base64url::decode).ok_or_else(|| "`jwk.x` is not base64url".into())
}

/// The public JWK of `key`.
pub fn to_jwk(key: &PublicKey) -> Object {
    Object::new()
        .with("crv", "Ed25519")
        .with("kty", "OKP")
        .with("x", base64url::encode(key.as_bytes()))
}

impl Token {
    /// Reads a token without asking who signed it: to show it, or to derive from it.
    ///
    /// Nothing may be allowed by what it says. The signature is not looked at, nor
    /// is the time.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        Self::read_with(text, None)
    }

    /// [`Token::read`] by who may well be its holder, with the key `own`.
    pub(crate) fn read_held(text: &str, own: &PublicKey) -> Result<Self, Refusal> {
        Self::read_with(text, Some(own))
    }

    fn read_with(text: &str, known: Option<&PublicKey>) -> Result<Self, Refusal> {
        if text.len() > limits::TOKEN_BYTES {
            return Err(Refusal::new(Outcome::TooLarge, "2a", "the token is too long"));
        }
        let (compact, tier) = Compact::parse(text)
            .and_then(|compact| Tier::of(&compact).map(|tier| (compact, tier)))
            .map_err(|error| Refusal::new(Outcome::AlgOrTypeRefused, "3a", error.to_string()))?;
        let root = Claims::parse(compact.payload(), (Position::Root, tier))?;
        let position = if root.parent()?.is_some() { Position::Child } else { Position::Root };
        let claims = Claims { position, ..root };
        claims.dates()?;
        let key = claims.key_or(known)?;
        Self::from_claims(&claims, key, compact.signing_hash(), OtherEntries::Refused)
    }

    /// All claims; `key` is what [`Claims::key`] or [`Claims::check_child`] returned.
    pub(crate) fn from_claims(
        claims: &Claims,
        key: PublicKey,
        hash: Digest,
        others: OtherEntries,
    ) -> Result<Self, Refusal> {
        let (issued, expires) = claims.dates()?;
        let (tools, detail) = claims.authority(others)?;
        Ok(Self {
            hash,
            id: claims.id()?,
            issuer: claims.issuer()?,
            principal: claims.optional_name("sub")?,
            client_id: claims.optional_name("client_id")?,
            audience: claims.audience()?,
            issued,
            expires,
            key,
            depth: claims.depth()?,
            max_depth: claims.max_depth()?,
            parent: claims.parent()?,
            has_tools: tools.is_some(),
            tools: tools.unwrap_or_default(),
            detail,
            evidence: claims.evidence()?,
            status: claims.status()?,
        })
    }
}
