//! Access tokens of authorization servers (RFC 9068), as claimed.
//!
//! **Invariant:** an [`AccessToken`] is well-formed in every claim that is
//! read here. Who signed it, for whom it is, and whether the presenter may use
//! it, is for [`crate::proof::verify_access_token`] and what it returns to say.
//!
//! ```json
//! {"iss": "https://as.example", "sub": "user:alice", "aud": "https://gateway.example",
//!  "client_id": "spiffe://procura.local/agent/planner", "jti": "0195…",
//!  "iat": 1704067200, "exp": 1704067500, "scope": "issues:read",
//!  "cnf": {"jkt": "…"}, "act": {"sub": "spiffe://procura.local/agent/planner"},
//!  "authorization_details": [{"type": "attenuating_agent_token", "tools": {}}],
//!  "status": {"status_list": {"idx": 7, "uri": "https://as.example/status/1"}}}
//! ```
//!
//! Claims that are not named here are ignored (RFC 7519, section 4). A
//! confirmation or a status of an unknown kind is not: it is a limit that would
//! not be kept.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::claims::Claims;
use crate::hash::Digest;
use crate::json::{Object, Value};
use crate::key::{NamedKey, Thumbprint, VerifyingKey};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::status_list::Reference;
use crate::time::Timestamp;
use crate::token;
use crate::tools::Tools;

/// The JWS type, as it is written (RFC 9068, section 2.1).
pub const TYPE: &str = "at+jwt";
/// The types that are read: section 4 has a verifier accept the media type's full name too.
pub const TYPES: [&str; 2] = [TYPE, "application/at+jwt"];

/// An authorization server and its keys.
///
/// A key is one issuer's alone: the token's `iss` selects the issuer, and no
/// other issuer's key is tried, so that none can sign in the name of another
/// (RFC 8725, section 3.8).
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Its `iss`, compared byte for byte.
    pub name: String,
    /// Its keys; a `kid` selects among them.
    pub keys: Vec<NamedKey>,
}

/// One access token, as claimed.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// SHA-256 of the compact text: how a DPoP proof names it (`ath`).
    pub hash: Digest,
    /// `iss`: the authorization server.
    pub issuer: String,
    /// `sub`: on whose behalf it is used.
    pub subject: String,
    /// `client_id`: the client that it was issued to.
    pub client_id: String,
    /// `aud`: where it may be used; never empty.
    pub audience: Vec<String>,
    /// `iat`: when it was issued.
    pub issued: Timestamp,
    /// `nbf`: not valid before, if it says.
    pub not_before: Option<Timestamp>,
    /// `exp`: not valid from then on.
    pub expires: Timestamp,
    /// `jti`: how its issuer names it.
    pub id: String,
    /// `scope`, split at its spaces.
    pub scope: Vec<String>,
    /// `act`: who acts for the subject.
    pub actor: Option<Actor>,
    /// `act` inside `act`: who acted before, the latest first.
    ///
    /// RFC 8693, section 4.1: for information only. Nothing may be decided by it.
    pub former_actors: Vec<Actor>,
    /// `cnf`: the key whose holder may use it; whoever has it may, if there is none.
    pub confirmation: Option<Confirmation>,
    /// `authorization_details` (RFC 9396).
    pub details: Vec<Detail>,
    /// `status`: where its issuer says whether it still holds.
    pub status: Option<Reference>,
}

/// Somebody who acts for a token's subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Actor {
    /// `sub`.
    pub subject: String,
    /// `iss`: who gave the actor that name, if it says.
    pub issuer: Option<String>,
}

/// The key that a token is bound to (RFC 7800).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Confirmation {
    /// `jkt`: its thumbprint (RFC 9449, section 6.1).
    Thumbprint(Thumbprint),
    /// `jwk`: the key itself.
    Key(VerifyingKey),
}

/// One entry of `authorization_details`.
#[derive(Clone, Debug)]
pub enum Detail {
    /// Type `attenuating_agent_token`: tools, as in a delegation.
    Tools(Tools),
    /// Another type, kept as it is. Who does not know the type must not act on it.
    Other {
        /// Its `type`.
        kind: String,
        /// All its members.
        members: Object,
    },
}

impl Confirmation {
    /// The thumbprint of the key.
    pub fn thumbprint(&self) -> Thumbprint {
        match self {
            Self::Thumbprint(thumbprint) => *thumbprint,
            Self::Key(key) => key.thumbprint(),
        }
    }
}

impl AccessToken {
    /// Reads the claims of the compact token `text`.
    pub(crate) fn read(text: &str, object: &Object) -> Result<Self, Refusal> {
        let claims = Claims::new(object, "J4");
        let mut actors = actors(&claims)?.into_iter();
        Ok(Self {
            hash: Digest::of(text.as_bytes()),
            issuer: claims.name("iss")?.into(),
            subject: claims.name("sub")?.into(),
            client_id: claims.name("client_id")?.into(),
            audience: claims.names("aud")?,
            issued: claims.date("iat")?,
            not_before: claims.optional_date("nbf")?,
            expires: claims.date("exp")?,
            id: claims.name("jti")?.into(),
            scope: scope(&claims)?,
            actor: actors.next(),
            former_actors: actors.collect(),
            confirmation: confirmation(&Claims::new(object, "J7"))?,
            details: details(&Claims::new(object, "J9"))?,
            status: status(&Claims::new(object, "J10"))?,
        })
    }
}

/// RFC 6749, section 3.3: tokens of visible ASCII without `"` and `\`, one space between two.
fn scope(claims: &Claims<'_>) -> Result<Vec<String>, Refusal> {
    let Some(value) = claims.value("scope") else {
        return Ok(Vec::new());
    };
    let text = value.as_str().ok_or_else(|| claims.wrong("scope"))?;
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let is_token = |token: &str| !token.is_empty() && token.bytes().all(allowed);
    if !text.split(' ').all(is_token) {
        return Err(claims.wrong("scope"));
    }
    Ok(text.split(' ').map(String::from).collect())
}

/// From the current actor to the first one, without recursion.
fn actors(claims: &Claims<'_>) -> Result<Vec<Actor>, Refusal> {
    let mut actors = Vec::new();
    let mut next = claims.optional_object("act")?;
    while let Some(actor) = next {
        if actors.len() == limits::ACTORS {
            return Err(Refusal::new(Outcome::TooLarge, "J4", "it names too many actors"));
        }
        actors.push(Actor {
            subject: actor.name("sub")?.into(),
            issuer: actor.optional_name("iss")?.map(String::from),
        });
        next = actor.optional_object("act")?;
    }
    Ok(actors)
}

/// A token that is bound in a way which is not understood is not one that is not bound.
fn confirmation(claims: &Claims<'_>) -> Result<Option<Confirmation>, Refusal> {
    let Some(cnf) = claims.optional_object("cnf")? else {
        return Ok(None);
    };
    if cnf.iter().any(|(name, _)| !matches!(name, "jkt" | "jwk")) {
        let reason = "it is bound to something else than a key, which is not supported";
        return Err(Refusal::new(Outcome::HolderBindingFailed, "J7", reason));
    }
    let named = cnf.optional_digest("jkt")?.map(Thumbprint::from_digest);
    let key = match cnf.optional_object("jwk")? {
        Some(_) => Some(bound_key(&cnf)?),
        None => None,
    };
    match (named, key) {
        (Some(named), None) => Ok(Some(Confirmation::Thumbprint(named))),
        (None, Some(key)) => Ok(Some(Confirmation::Key(key))),
        (Some(named), Some(key)) if named == key.thumbprint() => Ok(Some(Confirmation::Key(key))),
        (Some(_), Some(_)) | (None, None) => Err(claims.wrong("cnf")),
    }
}

fn bound_key(cnf: &Claims<'_>) -> Result<VerifyingKey, Refusal> {
    let jwk = cnf.value("jwk").and_then(Value::as_object).ok_or_else(|| cnf.wrong("jwk"))?;
    VerifyingKey::from_jwk(jwk)
        .map_err(|error| Refusal::new(Outcome::Malformed, "J7", error.to_string()))
}

/// RFC 9396, section 2: a list of objects, each with a type. Tools are there once at
/// most, so that nobody asks which entry counts.
fn details(claims: &Claims<'_>) -> Result<Vec<Detail>, Refusal> {
    let wrong = || claims.wrong("authorization_details");
    let entries = match claims.value("authorization_details") {
        None => return Ok(Vec::new()),
        Some(value) => value.as_array().ok_or_else(wrong)?,
    };
    if entries.len() > limits::DETAILS {
        return Err(Refusal::new(Outcome::TooLarge, "J9", "it has too many details"));
    }
    let details = entries.iter().map(|entry| detail(entry.as_object().ok_or_else(wrong)?));
    let details = details.collect::<Result<Vec<_>, _>>()?;
    let tools = details.iter().filter(|detail| matches!(detail, Detail::Tools(_)));
    if tools.count() > 1 { Err(wrong()) } else { Ok(details) }
}

fn detail(members: &Object) -> Result<Detail, Refusal> {
    let kind = Claims::new(members, "J9").name("type")?;
    if kind != token::DETAIL_TYPE && !members.is_admissible() {
        let reason = "a detail has a number that readers disagree about";
        return Err(Refusal::new(Outcome::NonAdmissibleNumber, "J9", reason));
    }
    if kind != token::DETAIL_TYPE {
        return Ok(Detail::Other { kind: kind.into(), members: members.clone() });
    }
    let wrong = |reason: &str| Refusal::new(Outcome::Malformed, "J9", reason);
    if members.iter().any(|(name, _)| !matches!(name, "type" | "tools")) {
        return Err(wrong("a member beside `tools`"));
    }
    let tools = members.get("tools").ok_or_else(|| wrong("an entry without `tools`"))?;
    let tools = Tools::parse(tools);
    tools.map(Detail::Tools).map_err(|refusal| Refusal { step: "J9", ..refusal })
}

fn status(claims: &Claims<'_>) -> Result<Option<Reference>, Refusal> {
    let Some(status) = claims.optional_object("status")? else {
        return Ok(None);
    };
    let Some(list) = status.optional_object("status_list")? else {
        let reason = "its status is kept in a way that is not supported";
        return Err(Refusal::new(Outcome::StatusUnknown, "J10", reason));
    };
    let index = list.value("idx").and_then(Value::as_integer);
    let index = index.and_then(|index| u64::try_from(index).ok());
    let index = index.ok_or_else(|| list.wrong("idx"))?;
    Ok(Some(Reference { uri: list.name("uri")?.into(), index }))
}
