//! The cookbooks of JOSE: RFC 7520, RFC 8037 and RFC 7797.
//!
//! Nearly all of it is about algorithms that we refuse. Each example is shown
//! to us all the same, and is left out only because we refused it.

use std::path::Path;

use anyhow::{Context, ensure};
use procura_core::{
    base64url,
    json::{self, Object, Value},
    jws::Compact,
    key::{PublicKey, Signer as _},
};

use super::{
    Answer, Case, Verdict,
    fields::{files, read},
    jose,
};
use crate::world;

/// Folders of examples with keys and tokens.
const FOLDERS: &[&str] = &["curve25519", "jwe", "jws", "rfc7797"];
/// The example of Ed25519 (RFC 8037, appendix A.4).
const SIGNING: &str = "curve25519/jws.json";
/// A token in a token, of which the outer one is encrypted.
const NESTED: &str = "6.nesting_signatures_and_encryption.json";

/// Judges the examples in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for name in FOLDERS {
        run_folder(folder, name, judge_token, &mut cases)?;
    }
    run_folder(folder, "jwk", judge_key, &mut cases)?;
    let nested = object(&read(&folder.join(NESTED))?);
    cases.push(Case::of(NESTED.into(), nested.and_then(|example| judge_nested(&example))));
    let signing = object(&read(&folder.join(SIGNING))?)?;
    cases.push(Case::of(format!("{SIGNING}: its signature"), judge_signature(&signing)));
    cases.push(Case::of(format!("{SIGNING}: signed again"), judge_signing(&signing)));
    Ok(cases)
}

type Judge = fn(&Object) -> anyhow::Result<Verdict>;

fn run_folder(
    folder: &Path,
    name: &str,
    judge: Judge,
    cases: &mut Vec<Case>,
) -> anyhow::Result<()> {
    for (file, content) in files(&folder.join(name))? {
        if file.ends_with(".json") {
            let judged = object(&content).and_then(|example| judge(&example));
            cases.push(Case::of(format!("{name}/{file}"), judged));
        }
    }
    Ok(())
}

fn judge_key(key: &Object) -> anyhow::Result<Verdict> {
    let found = if jose::key(key).is_some() { Answer::Accepted } else { Answer::Refused };
    Ok(jose::judge(jose::algorithm_of(key), Answer::Accepted, found))
}

/// The token of an example: in the compact form, or in JSON where there is no other.
fn judge_token(example: &Object) -> anyhow::Result<Verdict> {
    let (input, output) = (member(example, "input")?, member(example, "output")?);
    let token = match output.get("compact").and_then(Value::as_str) {
        Some(compact) => compact.to_owned(),
        None => member(output, "json")?.to_canonical()?,
    };
    let key = member(input, "key").cloned().unwrap_or_default();
    let found = jose::answer(&key, &token);
    let is_encrypted = input.get("enc").is_some();
    let algorithm = if is_encrypted { jose::ENCRYPTED } else { algorithm(input)? };
    Ok(jose::judge(algorithm, Answer::Accepted, found))
}

/// The algorithm, or the first of several.
fn algorithm(input: &Object) -> anyhow::Result<&str> {
    let algorithm = input.get("alg").context("`alg` is missing")?;
    let first = algorithm.as_array().and_then(|all| all.first()).unwrap_or(algorithm);
    first.as_str().context("`alg` is not text")
}

fn judge_nested(example: &Object) -> anyhow::Result<Verdict> {
    let output = member(member(example, "encrypt")?, "output")?;
    let token = output.get("compact").and_then(Value::as_str).context("no token")?;
    let found = jose::answer(&Object::new(), token);
    Ok(jose::judge(jose::ENCRYPTED, Answer::Accepted, found))
}

/// The signature is good, although we accept no token with the header `EdDSA`.
fn judge_signature(example: &Object) -> anyhow::Result<Verdict> {
    let token = member(example, "output")?.get("compact").and_then(Value::as_str);
    let compact = Compact::parse(token.context("no token")?)?;
    Ok(Verdict::compare(Answer::Accepted, compact.verify(&public_key(example)?).into()))
}

/// Ed25519 gives the same signature each time (RFC 8032), so we make the published one.
fn judge_signing(example: &Object) -> anyhow::Result<Verdict> {
    let (seed, signing) = (key_part(example, "d")?, member(example, "signing")?);
    let text = |name| signing.get(name).and_then(Value::as_str).context("no text to sign");
    let signer = world::key_from_seed(seed);
    ensure!(*signer.public_key() == public_key(example)?, "the seed gives another key");
    let signature = signer.sign(text("sig-input")?.as_bytes()).to_bytes();
    let is_published = base64url::encode(&signature) == text("sig")?;
    Ok(Verdict::compare(
        Answer::Accepted,
        if is_published { Answer::Accepted } else { Answer::Refused },
    ))
}

fn public_key(example: &Object) -> anyhow::Result<PublicKey> {
    Ok(PublicKey::from_bytes(&key_part(example, "x")?)?)
}

fn key_part(example: &Object, name: &str) -> anyhow::Result<[u8; 32]> {
    let key = member(member(example, "input")?, "key")?;
    let part = key.get(name).and_then(Value::as_str).and_then(base64url::decode);
    let part = part.and_then(|bytes| bytes.try_into().ok());
    part.with_context(|| format!("`{name}` is not 32 bytes"))
}

fn member<'a>(object: &'a Object, name: &str) -> anyhow::Result<&'a Object> {
    let value = object.get(name).and_then(Value::as_object);
    value.with_context(|| format!("`{name}` is not an object"))
}

fn object(content: &[u8]) -> anyhow::Result<Object> {
    Ok(json::parse_object(content)?)
}
