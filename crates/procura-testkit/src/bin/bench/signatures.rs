//! Chains and derivations against the signatures that they cannot avoid.

use std::sync::Arc;

use anyhow::Context as _;
use ed25519_dalek::{Signature, VerifyingKey};
use procura_core::delegate;
use procura_core::json::Object;
use procura_core::key::Signer as _;
use procura_core::proof::{Request, verify_call, verify_chain};
use procura_testkit::world;

use crate::measure::{Row, compare};

const TOOL: &str = "mcp:web/write_file";
const HELD: &str = r#"{"mcp:web/write_file":{
    "repo":{"constraint_type":"exact","value":"acme/web"},
    "path":{"constraint_type":"path_containment","root":"/src"},
    "content":{"constraint_type":"wildcard"}}}"#;
const ROUNDS: usize = 400;

/// `verify.cold.3`, `verify.cold.8`, `verify.cached`, `derive`.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    Ok(vec![
        cold("verify.cold.3", "alice > a > b > c", "c")?,
        cold("verify.cold.8", "alice > a > b > c > d > e > f > g > h", "h")?,
        cached()?,
        derive()?,
    ])
}

fn arguments() -> Object {
    Object::new()
        .with("repo", "acme/web")
        .with("path", "/src/auth.ts")
        .with("content", "export const signedIn = true;\n")
}

/// From bytes: every token, then the proof. Floor: as many strict checks by the
/// library, all but the first with a key that arrives as bytes too.
fn cold(name: &'static str, picture: &str, holder: &str) -> anyhow::Result<Row> {
    let chain = deep_chain(picture)?;
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let leaf = chain.last().context("a chain has a leaf")?;
    let proof = world::proof(leaf, holder, TOOL, &arguments());
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    compare(
        name,
        ROUNDS,
        || {
            let chain = Arc::new(verify_chain(&tokens, &rules)?);
            let request = Request { tool: TOOL.into(), arguments: arguments() };
            verify_call(&chain, &proof, request, &rules)?;
            Ok(())
        },
        strict_checks(tokens.len())?,
    )
}

/// The chain is verified already. Floor: one strict check.
fn cached() -> anyhow::Result<Row> {
    let chain = deep_chain("alice > a > b > c")?;
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let leaf = chain.last().context("a chain has a leaf")?;
    let proof = world::proof(leaf, "c", TOOL, &arguments());
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verified = Arc::new(verify_chain(&tokens, &rules)?);
    compare(
        "verify.cached",
        ROUNDS,
        || {
            let request = Request { tool: TOOL.into(), arguments: arguments() };
            verify_call(&verified, &proof, request, &rules)?;
            Ok(())
        },
        strict_checks(0)?,
    )
}

/// One hop. Floor: one signature.
fn derive() -> anyhow::Result<Row> {
    let root = world::root("alice", &world::grant("a", HELD));
    let (holder, grant) = (world::key("a"), world::grant("b", HELD));
    let message = vec![7; root.len()];
    compare(
        "derive",
        ROUNDS,
        || {
            delegate::derive(&root, &grant, &holder)?;
            Ok(())
        },
        || {
            std::hint::black_box(holder.sign(std::hint::black_box(&message)));
            Ok(())
        },
    )
}

/// A chain in which every holder may pass on what it has.
fn deep_chain(picture: &str) -> anyhow::Result<Vec<String>> {
    let mut names = picture.split(" > ");
    let (person, first) = (names.next(), names.next());
    let (person, first) = person.zip(first).context("a picture of a chain")?;
    let further = |name: &str| {
        let mut grant = world::grant(name, HELD);
        grant.further = 8;
        grant
    };
    let mut chain = vec![world::root(person, &further(first))];
    let mut holder = first;
    for name in names {
        let leaf = chain.last().context("a chain has a leaf")?;
        chain.push(world::child(leaf, holder, &further(name)));
        holder = name;
    }
    Ok(chain)
}

/// What a verifier would do without us: the library's own strict checks of messages
/// as long as a token, one with a key that is known, and `arriving` with keys that
/// have to be read.
pub(crate) fn strict_checks(arriving: usize) -> anyhow::Result<impl FnMut() -> anyhow::Result<()>> {
    let key = world::key("floor");
    let bytes = *key.public_key().as_bytes();
    let known = VerifyingKey::from_bytes(&bytes)?;
    let message = vec![7; 1000];
    let signature = Signature::from_bytes(&key.sign(&message).to_bytes());
    Ok(move || {
        known.verify_strict(std::hint::black_box(&message), &signature)?;
        for _ in 0..arriving {
            let read = VerifyingKey::from_bytes(std::hint::black_box(&bytes))?;
            read.verify_strict(std::hint::black_box(&message), &signature)?;
        }
        Ok(())
    })
}
