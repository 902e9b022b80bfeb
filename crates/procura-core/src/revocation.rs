//! Signed revocation notes: who gave a delegation, or has one above it, takes it back.
//!
//! **Invariant:** a note is honoured for a token only if the key that signed it
//! signed that token or one above it, or holds the token itself, or is one of the
//! verifier's own control keys. Nobody else can stop a chain.
//!
//! A chain shows who may revoke what in it, so no server has to be asked: the keys
//! that verify a note are those that the chain has shown. A token that is revoked
//! refuses every chain that goes through it, known or not.
//!
//! Claims of a note; `rev` names tokens by their hash and keys by their thumbprint:
//!
//! ```json
//! {"iat": 1704067260, "iss": "urn:ietf:params:oauth:jwk-thumbprint:sha-256:…",
//!  "jti": "0195…", "rev": [{"h": "…"}, {"jkt": "…"}], "seq": 4}
//! ```

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::hash::Digest;
use crate::json::{self, Object, Value};
use crate::jws::Compact;
use crate::key::{Arithmetic, PublicKey, Signer, Thumbprint};
use crate::limits;
use crate::proof::{Anchor, Chain};
use crate::refusal::{Outcome, Refusal};
use crate::statement;
use crate::time::Timestamp;
use crate::token::Token;

/// The JWS type of a note.
pub const TYPE: &str = "aat-revocation+jwt";

/// What a note takes back.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Revoked {
    /// The token with this [`Token::hash`], and all below it.
    Token(Digest),
    /// Every token that is bound to this key, and all below them.
    Key(Thumbprint),
}

/// When and as which of its signer's notes one is signed.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// A fresh `jti`.
    pub id: &'a str,
    /// When it is signed.
    pub issued: Timestamp,
    /// One more than in the signer's note before, so that a missing one is noticed.
    pub sequence: u32,
}

/// Signs a note that takes `revoked` back.
///
/// Whether the signer may is for those who verify a chain to see.
pub fn sign(revoked: &[Revoked], terms: &Terms<'_>, signer: &dyn Signer) -> String {
    let entry = |one: &Revoked| match one {
        Revoked::Token(hash) => Object::new().with("h", hash.to_base64url()),
        Revoked::Key(key) => Object::new().with("jkt", key.as_digest().to_base64url()),
    };
    let claims = Object::new()
        .with("iss", signer.public_key().thumbprint().to_uri())
        .with("iat", terms.issued.as_seconds())
        .with("jti", terms.id)
        .with("rev", revoked.iter().map(entry).collect::<Vec<_>>())
        .with("seq", terms.sequence);
    statement::sign(TYPE, claims, signer)
}

/// Notes by what they take back. Nothing in them is believed before a chain shows
/// the key that must have signed them.
#[derive(Clone, Debug, Default)]
pub struct Notes(BTreeMap<Revoked, Vec<Note>>);

/// A note as it claims to be.
#[derive(Clone, Debug)]
struct Note {
    signer: String,
    text: Arc<str>,
}

impl Notes {
    /// Adds a note that has the shape of one; its signature is looked at when a
    /// chain has something that it names.
    pub fn add(&mut self, text: &str) -> Result<(), Refusal> {
        if text.len() > limits::NOTE_BYTES {
            return Err(Refusal::new(Outcome::TooLarge, "P6", "the note is too long"));
        }
        let wrong = || Refusal::new(Outcome::Malformed, "P6", "it has not the shape of a note");
        let (signer, revoked) = claimed(text).ok_or_else(wrong)?;
        let text: Arc<str> = text.into();
        // What is named twice is no more revoked, and would cost a check twice.
        for one in revoked.into_iter().collect::<BTreeSet<_>>() {
            let note = Note { signer: signer.clone(), text: Arc::clone(&text) };
            self.0.entry(one).or_default().push(note);
        }
        Ok(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that nothing of `chain` was taken back by somebody who may.
    ///
    /// `control` are keys whose notes are honoured for every token.
    pub fn check(
        &self,
        chain: &Chain,
        anchors: &[Anchor],
        control: &[PublicKey],
    ) -> Result<(), Refusal> {
        self.check_with(Arithmetic::OWN, chain, anchors, control)
    }

    /// [`Notes::check`], with this arithmetic.
    ///
    /// A note that the host has not checked is no note: who asks a host has to deny
    /// while a question of it is open.
    pub fn check_with(
        &self,
        arithmetic: Arithmetic<'_>,
        chain: &Chain,
        anchors: &[Anchor],
        control: &[PublicKey],
    ) -> Result<(), Refusal> {
        if self.is_empty() {
            return Ok(());
        }
        let root = anchors.iter().map(|anchor| &anchor.key);
        let root = root.filter(|key| key.thumbprint() == chain.signer());
        let mut may: Vec<&PublicKey> = root.chain(control).collect();
        let check = |thing, may: &[&PublicKey]| self.check_one(arithmetic, thing, may);
        check(Revoked::Key(chain.signer()), &may).map_err(|refusal| refusal.at(0))?;
        for (hop, token) in chain.tokens().enumerate() {
            // A holder may give up its own.
            may.push(&token.key);
            let Token { hash, key, .. } = token;
            for thing in [Revoked::Token(*hash), Revoked::Key(key.thumbprint())] {
                check(thing, &may).map_err(|refusal| refusal.at(hop))?;
            }
        }
        Ok(())
    }

    fn check_one(
        &self,
        arithmetic: Arithmetic<'_>,
        thing: Revoked,
        may: &[&PublicKey],
    ) -> Result<(), Refusal> {
        let notes = self.0.get(&thing).map_or(&[][..], Vec::as_slice);
        let honoured = notes.iter().any(|note| {
            let signer = may.iter().find(|key| key.thumbprint().to_uri() == note.signer);
            signer.is_some_and(|key| arithmetic.verify_statement(&note.text, TYPE, key).is_ok())
        });
        if honoured {
            let reason = "somebody who gave it, or holds it, has taken it back";
            return Err(Refusal::new(Outcome::Revoked, "P6", reason));
        }
        Ok(())
    }
}

/// Who claims to sign, and what is named. Each member is what it must be, and there
/// is no other: one that is not understood could be a condition.
fn claimed(text: &str) -> Option<(String, Vec<Revoked>)> {
    let compact = Compact::parse(text).ok()?;
    compact.expect_type(TYPE).ok()?;
    let claims = json::parse_object(compact.payload()).ok()?;
    let known = |name| matches!(name, "iss" | "iat" | "jti" | "rev" | "seq");
    let text = |name| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let time = |name| claims.get(name).and_then(Value::as_integer).filter(|value| *value >= 0);
    if !claims.iter().all(|(name, _)| known(name)) {
        return None;
    }
    let (signer, _, _, _) = (text("iss")?, text("jti")?, time("iat")?, time("seq")?);
    let entries = claims.get("rev").and_then(Value::as_array).filter(|list| !list.is_empty())?;
    let revoked: Option<Vec<Revoked>> = entries.iter().map(entry).collect();
    Some((signer.into(), revoked?))
}

fn entry(value: &Value) -> Option<Revoked> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let text = |name| object.get(name).and_then(Value::as_str);
    match (text("h"), text("jkt")) {
        (Some(hash), None) => Digest::from_base64url(hash).map(Revoked::Token),
        (None, Some(key)) => Thumbprint::from_base64url(key).map(Revoked::Key),
        _ => None,
    }
}
