//! What each kind looks like, to a person and to a script.

use procura_core::json::{Object, Value};
use procura_core::key::PublicKey;
use procura_core::time::Timestamp;
use procura_keys::key_file::KeyFile;
use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::proof::Receipt;

use super::kind::Kind;
use super::{event, hops, moment, safe, table};

/// Claims that are points in time.
const TIMES: [&str; 4] = ["iat", "exp", "at", "created"];

/// The kind's name, and the lines under it.
pub(super) fn human(kind: &Kind) -> (String, String) {
    match kind {
        Kind::Chain { tokens, proof } => {
            let mut text = hops::chain(tokens);
            if let Some(claims) = proof {
                text.push_str(&format!("\nproof of possession\n{}", members(claims)));
            }
            (format!("chain of {} delegations", tokens.len()), text)
        }
        Kind::Delegation(token) => ("one delegation".into(), hops::one(token)),
        Kind::Statement { typ, claims } => {
            (format!("statement {}", safe::text(typ)), members(claims))
        }
        Kind::Receipt(receipt) => ("receipt".into(), receipt_text(receipt)),
        Kind::Checkpoint { checkpoint, note } => {
            ("checkpoint".into(), checkpoint_text(checkpoint, note))
        }
        Kind::KeyFile(file) => ("sealed key file, public part".into(), members(&key_file(file))),
        Kind::PublicKey(key) => ("public key".into(), members(&public_key(key))),
        Kind::TrustBundle(bundle) => ("trust bundle".into(), members(bundle)),
    }
}

/// The same for a script.
pub(super) fn json(kind: &Kind) -> Object {
    let of = |name: &str| Object::new().with("kind", name).with("verified", false);
    match kind {
        Kind::Chain { tokens, proof } => {
            of("chain").with("delegations", hops::chain_json(tokens)).with("proof", proof.clone())
        }
        Kind::Delegation(token) => of("delegation").with("delegation", hops::json(token)),
        Kind::Statement { typ, claims } => {
            of("statement").with("type", typ.as_str()).with("claims", claims.clone())
        }
        Kind::Receipt(receipt) => of("receipt")
            .with("index", receipt.index().to_string())
            .with("event", receipt.extra().map(event::json))
            .with("checkpoint", receipt.checkpoint_note()),
        Kind::Checkpoint { checkpoint, note: _ } => of("checkpoint")
            .with("origin", checkpoint.origin())
            .with("size", checkpoint.size().to_string())
            .with("root", checkpoint.root().to_string()),
        Kind::KeyFile(file) => of("key_file").with("key", key_file(file)),
        Kind::PublicKey(key) => of("public_key").with("key", public_key(key)),
        Kind::TrustBundle(bundle) => of("trust_bundle").with("bundle", bundle.clone()),
    }
}

fn receipt_text(receipt: &Receipt) -> String {
    let entry = receipt.extra().map_or("none; it has to be given".into(), event::human);
    format!(
        "entry {}\n{entry}\nhashes {}\ncheckpoint\n{}",
        receipt.index(),
        receipt.hashes().len(),
        safe::lines(receipt.checkpoint_note())
    )
}

fn checkpoint_text(checkpoint: &Checkpoint, note: &str) -> String {
    let signatures: Vec<[String; 2]> = note
        .lines()
        .filter_map(|line| line.strip_prefix("\u{2014} ")?.split(' ').next())
        .map(|name| ["signed as".to_owned(), safe::text(name)])
        .collect();
    let mut rows = vec![
        ["log".into(), safe::text(checkpoint.origin())],
        ["entries".into(), checkpoint.size().to_string()],
        ["root".into(), checkpoint.root().to_string()],
    ];
    rows.extend(signatures);
    table::lines(&rows, 0)
}

fn key_file(file: &KeyFile) -> Object {
    let mut object =
        Object::new().with("label", file.label().as_str()).with("purpose", file.purpose().as_str());
    if let Some(key) = file.public_key() {
        for (name, value) in public_key(key).iter() {
            object.set(name, value.clone());
        }
    }
    object
}

fn public_key(key: &PublicKey) -> Object {
    Object::new()
        .with("fingerprint", key.fingerprint())
        .with("thumbprint", key.thumbprint().to_string())
        .with("jwk", procura_core::token::to_jwk(key))
}

/// A row for each member; a list of objects takes a row for each.
fn members(object: &Object) -> String {
    let rows: Vec<[String; 2]> =
        object.iter().flat_map(|(name, value)| rows(name, value)).collect();
    table::lines(&rows, 0)
}

fn rows(name: &str, value: &Value) -> Vec<[String; 2]> {
    let label = safe::text(name);
    match value {
        Value::Array(values) if !values.is_empty() => {
            values.iter().map(|value| [label.clone(), value_text(name, value)]).collect()
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => vec![[label, value_text(name, value)]],
    }
}

fn value_text(name: &str, value: &Value) -> String {
    match (value.as_str(), value.as_integer()) {
        (Some(text), _) => safe::text(text),
        (None, Some(seconds)) if TIMES.contains(&name) => {
            moment::text(Timestamp::from_seconds(seconds))
        }
        (None, _) => safe::json(&value.to_canonical().unwrap_or_else(|error| error.to_string())),
    }
}
