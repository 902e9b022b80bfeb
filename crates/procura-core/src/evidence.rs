//! Evidence that a person agreed to a root: a passkey's assertion over what it gives.
//!
//! **Invariant:** [`verify`] passes only for an assertion that a person's
//! passkey made, with the person present and verified, over exactly the grant of
//! this root.
//!
//! A passkey signs no JWS. It signs a challenge, so the challenge is the digest
//! of what is given, to which key, and until when; and the root commits to the
//! assertion by `evd_hash`, SHA-256 of the evidence's bytes (`…` is base64url):
//!
//! ```json
//! {"authenticator_data": "…", "client_data": "…", "signature": "…", "type": "webauthn"}
//! ```
//!
//! The root is signed by a person's key or an authority, as any other. The evidence
//! shows more: that this key was not used behind the person's back.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::base64url;
use crate::hash::Digest;
use crate::json::{self, Object, Value};
use crate::jws::Compact;
use crate::key::{SignatureInvalid, VerifyingKey};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::token::Token;

/// What is expected of an assertion besides its challenge.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The passkey's public key, as it was enrolled.
    pub key: &'a VerifyingKey,
    /// The relying party's id, such as `procura.example`.
    pub relying_party: &'a str,
    /// The origin of the page that asked, such as `https://procura.example`.
    pub origin: &'a str,
}

/// The challenge for the claims of a root: SHA-256 of the canonical
/// `authorization_details`, `cnf` and `exp`.
pub fn challenge(claims: &Object) -> Result<Digest, Refusal> {
    let mut signed = Object::new();
    for name in ["authorization_details", "cnf", "exp"] {
        let value = claims.get(name).ok_or_else(|| malformed("the root lacks a claim"))?;
        signed.set(name, value.clone());
    }
    let text = signed.to_canonical().map_err(|error| malformed(&error.to_string()))?;
    Ok(Digest::of(text.as_bytes()))
}

/// Checks that `evidence` is what `root` commits to, and shows that a person agreed to it.
///
/// `root` is the compact root of a chain that was verified; nothing of its
/// signature is looked at here.
pub fn verify(evidence: &[u8], root: &str, expected: &Expected<'_>) -> Result<(), Refusal> {
    if evidence.len() > limits::EVIDENCE_BYTES {
        return Err(Refusal::new(Outcome::TooLarge, "P1", "the evidence is too long"));
    }
    let committed = Token::read(root)?.evidence;
    if committed != Some(Digest::of(evidence)) {
        return Err(refused("the root commits to other evidence, or to none"));
    }
    let compact = Compact::parse(root).map_err(|error| malformed(&error.to_string()))?;
    let claims = json::parse_object(compact.payload());
    let claims = claims.map_err(|error| malformed(&error.to_string()))?;
    let assertion = Assertion::read(evidence).ok_or_else(|| malformed("it is no assertion"))?;
    assertion.check_client(&challenge(&claims)?, expected.origin)?;
    assertion.check_authenticator(expected.relying_party)?;
    assertion.check_signature(expected.key)
}

/// A WebAuthn assertion (Level 3, section 7.2).
struct Assertion {
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Assertion {
    /// A closed object.
    fn read(evidence: &[u8]) -> Option<Self> {
        let object = json::parse_object(evidence).ok()?;
        let part = |name| object.get(name).and_then(Value::as_str).and_then(base64url::decode);
        let is_ours = object.get("type").and_then(Value::as_str) == Some("webauthn");
        (is_ours && object.len() == 4).then_some(())?;
        Some(Self {
            client_data: part("client_data")?,
            authenticator_data: part("authenticator_data")?,
            signature: part("signature")?,
        })
    }

    /// Steps 11 to 13: what the browser says it was asked, and by whom. A page in a
    /// frame of another origin is refused.
    fn check_client(&self, challenge: &Digest, origin: &str) -> Result<(), Refusal> {
        let client = json::parse_object(&self.client_data);
        let client = client.map_err(|error| malformed(&error.to_string()))?;
        let text = |name| client.get(name).and_then(Value::as_str);
        let is_framed = match client.get("crossOrigin") {
            None => false,
            Some(value) => value.as_bool() != Some(false),
        };
        if text("type") != Some("webauthn.get") || is_framed {
            return Err(refused("it is not an assertion made on its own page"));
        }
        if text("challenge") != Some(challenge.to_base64url().as_str()) {
            return Err(refused("the person agreed to something else"));
        }
        if text("origin") != Some(origin) {
            return Err(refused("it was made for another origin"));
        }
        Ok(())
    }

    /// Steps 15 to 17: for this relying party, with the person present and verified.
    fn check_authenticator(&self, relying_party: &str) -> Result<(), Refusal> {
        let data = self.authenticator_data.as_slice();
        let (Some((party, rest)), Some(flags)) = (data.split_at_checked(32), data.get(32)) else {
            return Err(malformed("the authenticator's data is too short"));
        };
        if party != Digest::of(relying_party.as_bytes()).as_bytes() {
            return Err(refused("it was made for another relying party"));
        }
        // The flags are followed by a counter of four bytes.
        if rest.len() < 5 || flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED {
            return Err(refused("the person was not present and verified"));
        }
        Ok(())
    }

    /// Steps 19 and 20.
    fn check_signature(&self, key: &VerifyingKey) -> Result<(), Refusal> {
        let mut message = self.authenticator_data.clone();
        message.extend_from_slice(Digest::of(&self.client_data).as_bytes());
        let checked = match key {
            VerifyingKey::Ed25519(key) => key.verify(&message, &self.signature),
            VerifyingKey::P256(key) => key.verify_der(&message, &self.signature),
        };
        checked.map_err(|SignatureInvalid| {
            Refusal::new(Outcome::SignatureInvalid, "P1", "the passkey did not sign it")
        })
    }
}

/// `UP` and `UV` (Level 3, section 6.1).
const PRESENT_AND_VERIFIED: u8 = 0b101;

/// Writes an assertion down as evidence, in canonical form.
pub fn write(client_data: &[u8], authenticator_data: &[u8], signature: &[u8]) -> String {
    let object = Object::new()
        .with("type", "webauthn")
        .with("client_data", base64url::encode(client_data))
        .with("authenticator_data", base64url::encode(authenticator_data))
        .with("signature", base64url::encode(signature));
    // There is no number in it.
    object.to_canonical().unwrap_or_default()
}

fn refused(reason: &str) -> Refusal {
    Refusal::new(Outcome::UntrustedRoot, "P1", reason)
}

fn malformed(reason: &str) -> Refusal {
    Refusal::new(Outcome::Malformed, "P1", reason)
}
