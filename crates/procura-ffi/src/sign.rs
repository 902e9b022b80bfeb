//! Signing by the host: the bytes to sign, and then the token.
//!
//! **Invariant:** no private key comes here. `…_input` gives what has to be signed,
//! the same for the same request; `assemble` gives a token only if the signature
//! verifies, strictly.

use procura_core::delegate::{self, Excess, Grant, ProofFor};
use procura_core::detail::AgentDelegation;
use procura_core::hash::Digest;
use procura_core::json::{Object, Value};
use procura_core::jws::Compact;
use procura_core::key::{PublicKey, Signature, Signer, Thumbprint};
use procura_core::refusal::{Outcome, Refusal};
use procura_core::revocation::{self, Revoked, Terms};
use procura_core::tools::Tools;

use crate::failure::Failure;
use crate::members::{Members, wrong};

/// `mint_input`: a root.
pub(crate) fn mint_input(request: &mut Members) -> Result<Object, Failure> {
    let (grant, signer) = (grant(request)?, Elsewhere::take(request)?);
    let (principal, issuer) = (request.text("sub")?, request.text("iss")?);
    let evidence = match request.optional_text("evd_hash")? {
        None => None,
        Some(text) => Some(Digest::from_base64url(&text).ok_or_else(|| wrong("evd_hash"))?),
    };
    let text = match evidence {
        None => delegate::mint(&grant, &principal, &issuer, &signer)?,
        Some(hash) => delegate::mint_with_evidence(&grant, (&principal, &issuer), &hash, &signer)?,
    };
    Ok(input(&text))
}

/// `derive_input`: a child of a token that the signer holds.
pub(crate) fn derive_input(request: &mut Members) -> Result<Object, Failure> {
    let (grant, signer) = (grant(request)?, Elsewhere::take(request)?);
    Ok(input(&delegate::derive(&request.text("parent")?, &grant, &signer)?))
}

/// `prove_input`: a proof for one call.
pub(crate) fn prove_input(request: &mut Members) -> Result<Object, Failure> {
    let signer = Elsewhere::take(request)?;
    let (id, leaf) = (request.text("jti")?, request.text("leaf")?);
    let (tool, audience) = (request.text("tool")?, request.text("aud")?);
    let proof = ProofFor {
        id: &id,
        leaf: &leaf,
        tool: &tool,
        arguments: &request.written("arguments")?,
        audience: &audience,
        issued: request.time("iat")?,
    };
    Ok(input(&delegate::prove(&proof, &signer)?))
}

/// `revoke_input`: a note that takes tokens or keys back.
pub(crate) fn revoke_input(request: &mut Members) -> Result<Object, Failure> {
    let signer = Elsewhere::take(request)?;
    let revoked = request.list("rev")?.into_iter().map(revoked).collect::<Result<Vec<_>, _>>()?;
    if revoked.is_empty() {
        return Err(wrong("rev"));
    }
    let id = request.text("jti")?;
    let terms = Terms { id: &id, issued: request.time("iat")?, sequence: request.count("seq")? };
    Ok(input(&revocation::sign(&revoked, &terms, &signer)))
}

/// `assemble`: signing input and signature to a compact token.
pub(crate) fn assemble(request: &mut Members) -> Result<Object, Failure> {
    let (message, key) = (request.text("signing_input")?, request.key("signer")?);
    let token = format!("{message}.{}", request.text("signature")?);
    let compact = Compact::parse(&token)
        .map_err(|error| Refusal::new(Outcome::Malformed, "F1", error.to_string()))?;
    compact
        .verify(&key)
        .map_err(|error| Refusal::new(Outcome::SignatureInvalid, "F1", error.to_string()))?;
    let hash = compact.signing_hash().to_base64url();
    Ok(Object::new().with("hash", hash).with("token", token))
}

/// A key whose private half is with the host. What it signs is only looked at for
/// its signing input.
struct Elsewhere(PublicKey);

impl Elsewhere {
    fn take(request: &mut Members) -> Result<Self, Failure> {
        request.key("signer").map(Self)
    }
}

impl Signer for Elsewhere {
    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn sign(&self, _: &[u8]) -> Signature {
        Signature::from_bytes([0; 64])
    }
}

/// All before the place where the signature belongs.
fn input(text: &str) -> Object {
    let signing_input = text.rsplit_once('.').map_or("", |(input, _)| input);
    Object::new().with("signing_input", signing_input)
}

fn grant(request: &mut Members) -> Result<Grant, Failure> {
    let detail = match request.optional("agent_delegation") {
        None => None,
        Some(Value::Object(detail)) => Some(AgentDelegation::parse(&detail)?),
        Some(_) => return Err(wrong("agent_delegation")),
    };
    let excess = match request.optional_text("excess")?.as_deref() {
        None | Some("refused") => Excess::Refused,
        Some("left_out") => Excess::LeftOut,
        Some(_) => return Err(wrong("excess")),
    };
    Ok(Grant {
        id: request.text("jti")?,
        client_id: request.text("client_id")?,
        key: request.key("jwk")?,
        issued: request.time("iat")?,
        expires: request.time("exp")?,
        further: request.count("further")?,
        tools: Tools::parse(&request.value("tools")?)?,
        detail,
        excess,
        audience: request.texts("aud")?,
    })
}

fn revoked(value: Value) -> Result<Revoked, Failure> {
    let one = value.as_object().filter(|one| one.len() == 1).ok_or_else(|| wrong("rev"))?;
    let text = |name| one.get(name).and_then(Value::as_str);
    let token = text("h").and_then(Digest::from_base64url).map(Revoked::Token);
    let key = text("jkt").and_then(Thumbprint::from_base64url).map(Revoked::Key);
    token.or(key).ok_or_else(|| wrong("rev"))
}
