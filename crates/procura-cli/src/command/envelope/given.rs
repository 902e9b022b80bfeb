//! Keys and signatures as they are given: as text, or as a file that holds them.

use std::path::Path;

use procura_core::envelope::decode;
use procura_core::json;
use procura_core::key::{PublicKey, Signature};
use procura_core::token::parse_jwk;
use procura_keys::key_file::KeyFile;

use crate::command::inspect::{input, safe};
use crate::context::Context;
use crate::failure::Failure;

/// A public key: 32 bytes as text, a file with them or with a JWK, the public part
/// of a key file, or an agent of the data directory.
///
/// Text comes first, so that no file of that name can be put in a key's place.
pub(super) fn key(given: &str, ctx: &Context) -> Result<PublicKey, Failure> {
    let named = safe::text(given);
    if let Some(bytes) = decode::<32>(given) {
        return checked(&bytes, &named);
    }
    let agent = ctx.place().agent_key(given);
    match (Path::new(given).is_file(), agent.is_file() && is_name(given)) {
        (true, _) => from_file(Path::new(given), &named),
        (false, true) => from_file(&agent, &named),
        (false, false) => Err(Failure::usage(
            format!("--key: `{named}` is no key, no file and no agent of the data directory"),
            "give 32 bytes in base64 or hexadecimal, a JWK file, a key file, or an agent's name",
        )),
    }
}

/// The 64 bytes of a signature, as text or in a file.
pub(super) fn signature(given: &str) -> Result<Signature, Failure> {
    if let Some(bytes) = decode(given) {
        return Ok(Signature::from_bytes(bytes));
    }
    if !Path::new(given).is_file() {
        return Err(Failure::usage(
            format!("--signature: `{}` is no signature and no file", safe::text(given)),
            "give 64 bytes in base64, base64url or lower-case hexadecimal, or a file with them",
        ));
    }
    let bytes = plain(&input::read(Path::new(given))?);
    bytes.map(Signature::from_bytes).ok_or_else(|| {
        Failure::environment(
            format!("{} does not hold a signature", safe::text(given)),
            "it holds 64 bytes, as they are or in base64, base64url or lower-case hexadecimal",
        )
    })
}

fn is_name(given: &str) -> bool {
    procura_core::identity::Name::parse(given).is_ok()
}

fn from_file(path: &Path, named: &str) -> Result<PublicKey, Failure> {
    let bytes = input::read(path)?;
    let no_key = |reason: &str| {
        Failure::environment(
            format!("{named} does not hold a public key: {reason}"),
            "it holds a JWK, a key file, or 32 bytes as they are, in base64 or in hexadecimal",
        )
    };
    if bytes.starts_with(b"procura-key-file/") {
        let file = KeyFile::parse(&bytes).map_err(|error| no_key(&error.to_string()))?;
        return file.public_key().cloned().ok_or_else(|| no_key("it names none"));
    }
    if let Some(bytes) = plain::<32>(&bytes) {
        return checked(&bytes, named);
    }
    let jwk = json::parse_object(&bytes).map_err(|error| no_key(&error.to_string()))?;
    parse_jwk(&jwk).map_err(|reason| no_key(&reason))
}

/// `N` bytes as they are, or as text with white space around it.
fn plain<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| decode(text.trim()));
    text.or_else(|| bytes.try_into().ok())
}

fn checked(bytes: &[u8], named: &str) -> Result<PublicKey, Failure> {
    PublicKey::from_bytes(bytes).map_err(|error| {
        Failure::usage(
            format!("--key: `{named}`: {error}"),
            "ask for the agent's Ed25519 public key",
        )
    })
}
