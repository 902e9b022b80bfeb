//! Signed action envelopes: one JSON object that says who does what, and an
//! Ed25519 signature over its text.
//!
//! **Invariant:** what is verified are the bytes that arrived. Nothing is
//! encoded again to be verified: where the signed bytes cannot be cut out of the
//! text, the envelope is refused.
//!
//! Many programs sign an object with a few lines of Python or JavaScript:
//! compact, key-sorted JSON, signed as it stands. Two encoders that are both
//! right write one object in two ways (`é` or `\u00e9`, `1.0` or `1`, names by
//! code points or by UTF-16), so whoever parses, encodes and then verifies
//! refuses good signatures, or verifies one text and acts on another. Three
//! forms need no encoder:
//!
//! * *carried*: `{"payload":"TEXT","public_key":"…","signature":"…"}`, where the
//!   string is the text that was signed; it is the form that is written here;
//! * *detached*: the signed bytes are a file, and the signature is elsewhere;
//! * *inside*: the object has a member `signature`, and what was signed is the
//!   text without that member. A payload that stands in its envelope as an object
//!   is read in the same way.
//!
//! Signed bytes begin with `{`, and no JWS signing input does: a signature of
//! one kind verifies as nothing of the other. Beyond that the bytes do not say
//! what they are for. An envelope is the small case: it names who delegated
//! without proving it, and it narrows nothing. A chain of [`crate::token`]s does.

mod claims;
mod error;
mod layout;
mod moment;
mod spelling;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{self, JsonError, Object, Value};
use crate::key::{PublicKey, Signature, Signer, Thumbprint};
use crate::limits;
use crate::refusal::Refusal;

pub use claims::Claims;
pub use error::EnvelopeError;
pub use spelling::{Encoding, decode};

/// An envelope taken apart: what was signed, and the signature. Nothing is
/// verified; [`crate::proof::verify_envelope`] does that.
#[derive(Clone, Debug)]
pub struct Parts {
    signed: String,
    signature: Signature,
    named: Vec<Thumbprint>,
}

impl Parts {
    /// Takes an envelope apart, in whichever form it arrived.
    ///
    /// An `agent_id` decides: the object that has one is what was signed, and the
    /// signature is inside. No text can be read in both ways, because what is
    /// signed always has one ([`Claims::read`]).
    pub fn parse(text: &[u8]) -> Result<Self, EnvelopeError> {
        if text.len() > limits::ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLong);
        }
        let object = json::parse_object(text).map_err(EnvelopeError::Json)?;
        let text = utf8(text)?.trim_matches(layout::is_space);
        if object.get("agent_id").is_some() {
            Self::inside(text, &object)
        } else {
            Self::beside(text, &object)
        }
    }

    /// Bytes and the signature that came apart from them.
    ///
    /// The bytes are those of a file or a message, all of them: a line feed at the
    /// end is one more byte, and was signed or not.
    pub fn detached(signed: &[u8], signature: Signature) -> Result<Self, EnvelopeError> {
        if signed.len() > limits::ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLong);
        }
        Self::new(utf8(signed)?.into(), signature)
    }

    fn inside(text: &str, object: &Object) -> Result<Self, EnvelopeError> {
        let signature = signature(object)?;
        let signed = layout::without(text, SIGNATURE).ok_or(EnvelopeError::Escaped(SIGNATURE))?;
        layout::check(&signed)?;
        Self::new(signed, signature)
    }

    fn beside(text: &str, object: &Object) -> Result<Self, EnvelopeError> {
        let payload = object.get(PAYLOAD).ok_or(EnvelopeError::Form)?;
        if object.iter().any(|(name, _)| !BESIDE.contains(&name)) {
            return Err(EnvelopeError::Unsigned);
        }
        let signature = signature(object)?;
        let signed = match payload {
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Err(EnvelopeError::Form);
            }
            Value::Object(_) => {
                let written = layout::value(text, PAYLOAD);
                let written = written.ok_or(EnvelopeError::Escaped(PAYLOAD))?;
                layout::check(written)?;
                written.into()
            }
        };
        Ok(Self { named: named(object)?, ..Self::new(signed, signature)? })
    }

    fn new(signed: String, signature: Signature) -> Result<Self, EnvelopeError> {
        if !signed.starts_with('{') {
            return Err(EnvelopeError::Beginning);
        }
        Ok(Self { signed, signature, named: Vec::new() })
    }

    /// The text that is said to be signed: its bytes are what is verified.
    pub fn signed(&self) -> &str {
        &self.signed
    }

    /// The signature that came with it.
    pub fn signature(&self) -> Signature {
        self.signature
    }

    /// The keys that the envelope names, which have to be the one it verifies under.
    ///
    /// A name is a hint and no key: whoever made the envelope wrote it.
    pub fn named(&self) -> &[Thumbprint] {
        &self.named
    }

    /// The `agent_id` that is claimed, to look its key up by.
    ///
    /// An attacker chooses it: compare it with names that are known, no more.
    pub fn claimed_agent(&self) -> Option<String> {
        let object = json::parse_object(self.signed.as_bytes()).ok()?;
        object.get("agent_id")?.as_str().map(String::from)
    }

    /// The carried form, which names `key`.
    pub fn to_carried(&self, key: &PublicKey, encoding: Encoding) -> String {
        let text = |text: String| Value::from(text).to_canonical().unwrap_or_default();
        // Members in canonical order, so that equal envelopes are equal texts.
        format!(
            r#"{{"payload":{},"public_key":{},"signature":{}}}"#,
            text(self.signed.clone()),
            text(encoding.encode(key.as_bytes())),
            text(encoding.encode(&self.signature.to_bytes())),
        )
    }

    /// The signed object with the signature as one more member, in its place by name.
    ///
    /// Only of compact, sorted text, since a reader could recover no other.
    pub fn to_inside(&self, encoding: Encoding) -> Result<String, EnvelopeError> {
        let text = self.signed.trim_matches(layout::is_space);
        layout::check(text)?;
        let signature = encoding.encode(&self.signature.to_bytes());
        layout::with(text, SIGNATURE, &signature).ok_or(EnvelopeError::Signed)
    }
}

/// Signs `payload` as it is written, if a verifier would accept what it says.
///
/// Nothing is added and nothing is encoded again, so the bytes are the caller's.
/// A key of an agent also signs delegations and proofs: text that begins
/// otherwise than with a brace is refused before it is signed.
pub fn sign(payload: &str, signer: &dyn Signer) -> Result<Parts, Refusal> {
    let unsigned = Parts::detached(payload.as_bytes(), Signature::from_bytes([0; 64]))
        .map_err(|error| error.to_refusal())?;
    let object = json::parse_object(payload.as_bytes())
        .map_err(|error| EnvelopeError::Json(error).to_refusal())?;
    Claims::read(&object)?;
    Ok(Parts { signature: signer.sign(payload.as_bytes()), ..unsigned })
}

fn utf8(text: &[u8]) -> Result<&str, EnvelopeError> {
    let encoding = |error: core::str::Utf8Error| JsonError::Encoding(error.valid_up_to());
    core::str::from_utf8(text).map_err(|error| EnvelopeError::Json(encoding(error)))
}

fn signature(object: &Object) -> Result<Signature, EnvelopeError> {
    let value = object.get(SIGNATURE).ok_or(EnvelopeError::NoSignature)?;
    let bytes = value.as_str().and_then(decode);
    bytes.map(Signature::from_bytes).ok_or(EnvelopeError::Signature)
}

/// The keys that stand beside the payload, by their thumbprints.
fn named(object: &Object) -> Result<Vec<Thumbprint>, EnvelopeError> {
    let mut named = Vec::new();
    if let Some(value) = object.get(PUBLIC_KEY) {
        let bytes = value.as_str().and_then(decode::<32>);
        let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
        named.push(key.ok_or(EnvelopeError::Key(PUBLIC_KEY))?.thumbprint());
    }
    if let Some(value) = object.get(KEY_ID) {
        let thumbprint = value.as_str().and_then(Thumbprint::from_base64url);
        named.push(thumbprint.ok_or(EnvelopeError::Key(KEY_ID))?);
    }
    Ok(named)
}

const PAYLOAD: &str = "payload";
const SIGNATURE: &str = "signature";
const PUBLIC_KEY: &str = "public_key";
const KEY_ID: &str = "key_id";
const BESIDE: [&str; 4] = [PAYLOAD, SIGNATURE, PUBLIC_KEY, KEY_ID];
