//! Operations on keys, JSON and single signatures.

use procura_core::hash::Digest;
use procura_core::json;
use procura_core::json::{Inadmissible, Object};
use procura_core::key::{KeyError, PublicKey, SignatureInvalid};
use procura_core::refusal::{Outcome, Refusal};
use procura_core::tools;

use crate::failure::Failure;
use crate::members::Members;

/// `thumbprint`: the names of a key.
pub(crate) fn thumbprint(request: &mut Members) -> Result<Object, Failure> {
    let key = request.key("jwk")?;
    Ok(Object::new()
        .with("jkt", key.thumbprint().to_string())
        .with("uri", key.thumbprint().to_uri())
        .with("fingerprint", key.fingerprint()))
}

/// `canonicalize`: the canonical form of a JSON text (RFC 8785).
pub(crate) fn canonicalize(request: &mut Members) -> Result<Object, Failure> {
    let value = json::parse(request.text("json")?.as_bytes()).map_err(Failure::of_json)?;
    Ok(Object::new().with("canonical", value.to_canonical().map_err(inadmissible)?))
}

/// `digest_arguments`: what proofs and approvals call arguments by.
pub(crate) fn digest_arguments(request: &mut Members) -> Result<Object, Failure> {
    let arguments = tools::with_digests(&request.written("arguments")?).ok_or_else(|| {
        let reason = "an argument is an object whose only member is `sha-256`";
        Refusal::new(Outcome::ArgumentRefused, "6b", reason)
    })?;
    let canonical = arguments.to_canonical().map_err(inadmissible)?;
    Ok(Object::new().with("args_hash", Digest::of(canonical.as_bytes()).to_base64url()))
}

/// `verify_signature`: one signature, strictly, by this library alone.
pub(crate) fn verify_signature(request: &mut Members) -> Result<Object, Failure> {
    let key = public_key(request)?;
    let (message, signature) = (request.bytes("message")?, request.bytes("signature")?);
    key.verify(&message, &signature).map_err(invalid)?;
    Ok(Object::new())
}

/// `precheck`: all that a host's own check of the equation leaves open.
pub(crate) fn precheck(request: &mut Members) -> Result<Object, Failure> {
    let key = public_key(request)?;
    key.precheck(&[], &request.bytes("signature")?).map_err(invalid)?;
    Ok(Object::new())
}

/// A key as 32 bytes: one that is none cannot have signed.
fn public_key(request: &mut Members) -> Result<PublicKey, Failure> {
    let refused =
        |error: KeyError| Refusal::new(Outcome::SignatureInvalid, "F1", error.to_string()).into();
    PublicKey::from_bytes(&request.bytes("key")?).map_err(refused)
}

fn invalid(error: SignatureInvalid) -> Failure {
    Refusal::new(Outcome::SignatureInvalid, "F1", error.to_string()).into()
}

fn inadmissible(error: Inadmissible) -> Failure {
    Refusal::new(Outcome::NonAdmissibleNumber, "F1", error.to_string()).into()
}
