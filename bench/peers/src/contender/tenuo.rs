//! `tenuo` 0.3: signed warrants in CBOR, as its example of an MCP server has it
//! (`examples/sdk_mcp_demo.rs`): `decode_meta`, then `Guard::check_received`, which
//! decides as `Guard::guard_received` does and runs nothing.
//!
//! Read in its source:
//!
//! - Every warrant's signature is checked twice: strictly as it is decoded
//!   (`warrant.rs`, `Warrant`'s `visit_seq`), and once more in a batch
//!   (`planes.rs`, `verify_chain_with_options_inner`). The proof is checked
//!   strictly (`crypto.rs`, `PublicKey::verify`).
//! - A proof is tried for the current window of 30 s and then for those beside it,
//!   with a whole check for each (`warrant.rs`, `verify_pop_as_of`). Requests here
//!   are a moment old, so that one check is enough.
//! - What a proof signs is the warrant's id, the tool, the arguments and the window
//!   (`warrant.rs`, `pop_preimage`): no enforcement point, and no id of its own.
//! - A warrant has keys, an `agent_id` outside of what decides, and no principal
//!   (`payload.rs`, `WarrantPayload`).
//! - Of the chain, the leaf alone is asked whether it holds the arguments
//!   (`planes.rs`, `check_chain_with_context`).

use std::time::Duration;

use ::tenuo::crypto::SigningKey;
use ::tenuo::meta_envelope::encode_meta;
use ::tenuo::sdk::transport::mcp_meta::decode_meta;
use ::tenuo::sdk::{Call, Guard, RevocationMode, Tenuo as Builder};
use ::tenuo::wire::{WarrantStack, encode_stack};
use ::tenuo::{Constraint, ConstraintSet, Exact, Subpath, Warrant, Wildcard};
use anyhow::Context as _;
use serde_json::Value;

use super::{About, Contender};
use crate::grant::{self, LIFETIME, REPO, TOOL, Twin, Wrong};

/// Its enforcement point, with one trusted root.
pub(crate) struct Tenuo {
    guard: Guard,
    chain: Vec<Warrant>,
    forged: Vec<Warrant>,
}

impl Tenuo {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let guard = Builder::enforcement()
            .trusted_root(key("alice").public_key())
            .revocation(RevocationMode::TtlOnly { max_lifetime: Duration::from_secs(LIFETIME) })
            .build()?;
        Ok(Self { guard, chain: chain("alice")?, forged: chain("mallory")? })
    }
}

impl Contender for Tenuo {
    fn about(&self) -> About {
        About {
            name: "tenuo",
            package: "tenuo",
            checks: "4 strict, and 3 again in a batch",
            leaves_out: &[
                "the principal for whom the agents act",
                "the place that a proof is meant for",
                "an id in the proof, so that a repetition is the same request",
            ],
            accepts: &[],
        }
    }

    fn request(&self, wrong: Wrong) -> anyhow::Result<Vec<u8>> {
        let chain = if wrong == Some(Twin::Root) { &self.forged } else { &self.chain };
        let (meant, shown) = (grant::meant(wrong), grant::shown(wrong));
        let signer = key(if wrong == Some(Twin::Stranger) { "mallory" } else { "tester" });
        let call = Call::try_from_json(meant.tool, &meant.arguments("path"))?;
        let leaf = chain.last().context("a chain has a leaf")?;
        let proof = leaf.sign(&signer, meant.tool, call.pop_args())?;
        let mut meta = encode_meta(chain, &proof.to_bytes(), &[])?.to_json();
        if wrong == Some(Twin::Tampered) {
            tamper(&mut meta, chain)?;
        }
        let meta = serde_json::json!({ "tenuo": meta });
        Ok(grant::envelope(shown.tool, &shown.arguments("path"), &meta))
    }

    fn accept(&self, request: &[u8]) -> anyhow::Result<()> {
        let (tool, params) = grant::open(request)?;
        let meta = params.get("_meta").and_then(|meta| meta.get("tenuo"));
        let received = decode_meta(meta.context("no `_meta.tenuo`")?)?;
        let arguments = params.get("arguments").context("no arguments")?;
        let call = Call::try_from_json(tool, arguments)?;
        let decision = self.guard.check_received(&received.as_received()?, &call);
        std::hint::black_box(decision.map_err(|denial| anyhow::anyhow!("{denial}"))?);
        Ok(())
    }
}

/// The key of `name`; `crate::key` gives the others the same one.
fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&crate::key::seed(name))
}

fn chain(root: &str) -> anyhow::Result<Vec<Warrant>> {
    let lifetime = Duration::from_secs(LIFETIME);
    let first = Warrant::builder()
        .capability(TOOL, held(Subpath::new("/")?))
        .holder(key("planner").public_key())
        .ttl(lifetime)
        .build(&key(root))?;
    let second = first
        .attenuate()
        .capability(TOOL, held(Subpath::new("/src")?))
        .holder(key("coder").public_key())
        .ttl_capped_to_parent(lifetime)
        .build(&key("planner"))?;
    let third = second
        .attenuate()
        .capability(TOOL, held(Exact::new(grant::PATH)))
        .holder(key("tester").public_key())
        .ttl_capped_to_parent(lifetime)
        .build(&key("coder"))?;
    Ok(vec![first, second, third])
}

fn held(path: impl Into<Constraint>) -> ConstraintSet {
    let mut held = ConstraintSet::new();
    held.insert("repo", Exact::new(REPO));
    held.insert("path", path);
    held.insert("content", Constraint::Wildcard(Wildcard::new()));
    held
}

/// Changes one bit of the signature of the second warrant.
fn tamper(meta: &mut Value, chain: &[Warrant]) -> anyhow::Result<()> {
    let signature = chain.get(1).context("a chain of three")?.signature().to_bytes();
    let mut stack = encode_stack(&WarrantStack(chain.to_vec()))?;
    crate::tamper::flip(&mut stack, &signature)?;
    let warrant = meta.get_mut("warrant").context("an envelope holds warrants")?;
    // `decode_meta` reads this alphabet too.
    *warrant = procura_core::base64url::encode(&stack).into();
    Ok(())
}
