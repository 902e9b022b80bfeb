//! C2SP Wycheproof: signatures, keys and tokens that libraries got wrong.

use std::path::Path;

use anyhow::{Context, bail};
use procura_core::{
    base64url,
    json::{self, Object},
};
use serde_json::Value as Json;

use super::{
    Answer, Case, Verdict, ed25519,
    fields::{bytes, files, list, text},
    jose,
};

/// Files of which no case concerns us: what is in the name, and why.
const EXCLUDED: &[(&str, &str)] = &[
    ("hkdf_sha256_test.json", "no key is derived from another"),
    ("hmac_sha256_test.json", "no message is authenticated with a secret that others share"),
];

/// Files that are no vectors.
const DESCRIPTIONS: &[&str] = &["SOURCE", "eddsa_verify_schema_v1.json"];

/// Judges the vectors in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (name, content) in files(folder)? {
        if DESCRIPTIONS.contains(&name.as_str()) {
            continue;
        }
        run_file(&name, &content, &mut cases).with_context(|| format!("in `{name}`"))?;
    }
    Ok(cases)
}

fn run_file(file: &str, content: &[u8], cases: &mut Vec<Case>) -> anyhow::Result<()> {
    let set: Json = serde_json::from_slice(content)?;
    for group in list(&set, "testGroups")? {
        for vector in list(group, "tests")? {
            let id = vector.get("tcId").context("`tcId` is missing")?;
            cases.push(Case::of(format!("{file} {id}"), judge(file, group, vector)));
        }
    }
    Ok(())
}

fn judge(file: &str, group: &Json, vector: &Json) -> anyhow::Result<Verdict> {
    if let Some((_, why)) = EXCLUDED.iter().find(|(name, _)| *name == file) {
        return Ok(Verdict::excluded(why));
    }
    let expected = match text(vector, "result")? {
        "valid" => Answer::Accepted,
        "invalid" => Answer::Refused,
        other => bail!("`{other}` is no result"),
    };
    match file {
        "ed25519_test.json" => {
            let key = group.get("publicKey").context("`publicKey` is missing")?;
            let (key, message) = (bytes(key, "pk")?, bytes(vector, "msg")?);
            let found = ed25519::answer(&key, &message, &bytes(vector, "sig")?);
            Ok(Verdict::compare(expected, found))
        }
        "ecdsa_secp256r1_sha256_p1363_test.json" => judge_p256(group, vector, expected),
        "json_web_key_test.json" | "json_web_signature_test.json" => {
            judge_token(group, vector, expected)
        }
        "json_web_crypto_test.json" if vector.get("jws").is_some() => {
            judge_token(group, vector, expected)
        }
        "json_web_crypto_test.json" | "json_web_encryption_test.json" => {
            judge_encrypted(group, vector, expected)
        }
        _ => bail!("nothing is known about this file"),
    }
}

/// The form of the signature is that of JWS: two numbers and nothing else.
fn judge_p256(group: &Json, vector: &Json, expected: Answer) -> anyhow::Result<Verdict> {
    let point = bytes(group.get("publicKey").context("`publicKey` is missing")?, "uncompressed")?;
    let (x, y) =
        point.strip_prefix(&[4]).unwrap_or_default().split_at_checked(32).context("no point")?;
    let key = Object::new().with("kty", "EC").with("crv", "P-256");
    let key = key.with("x", base64url::encode(x)).with("y", base64url::encode(y));
    let (message, signature) = (bytes(vector, "msg")?, bytes(vector, "sig")?);
    let found = match jose::key(&key) {
        Some(key) => Answer::from(key.verify(&message, &signature)),
        None => Answer::Refused,
    };
    Ok(jose::judge(jose::algorithm_of(&key), expected, found))
}

fn judge_token(group: &Json, vector: &Json, expected: Answer) -> anyhow::Result<Verdict> {
    let key = key_of(group)?;
    let found = jose::answer(&key, &token(vector, "jws")?);
    Ok(jose::judge(jose::algorithm_of(&key), expected, found))
}

fn judge_encrypted(group: &Json, vector: &Json, expected: Answer) -> anyhow::Result<Verdict> {
    let found = jose::answer(&key_of(group)?, &token(vector, "jwe")?);
    Ok(jose::judge(jose::ENCRYPTED, expected, found))
}

/// The public key, or the secret where there is no public one.
fn key_of(group: &Json) -> anyhow::Result<Object> {
    let key = group.get("public").or_else(|| group.get("private")).context("no key")?;
    Ok(json::parse_object(key.to_string().as_bytes())?)
}

/// The token: text, or an object, which is the serialisation that we do not read.
fn token(vector: &Json, name: &str) -> anyhow::Result<String> {
    let token = vector.get(name).with_context(|| format!("`{name}` is missing"))?;
    Ok(token.as_str().map_or_else(|| token.to_string(), String::from))
}
