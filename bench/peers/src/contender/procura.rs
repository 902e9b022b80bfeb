//! Ours: the message, the chain, the proof of possession and the arguments.
//!
//! Four strict checks: `verify_chain` makes one a token, `verify_call` one for the
//! proof (both in `procura-core/src/proof`). What the gateway does next is left
//! out, as it is for the peers: the directory with its revocations, the policy,
//! the memory of proofs that were used.

use std::sync::Arc;

use anyhow::Context as _;
use procura_core::base64url;
use procura_core::delegate::{self, Grant, ProofFor};
use procura_core::json::{self, Object};
use procura_core::proof::{Anchor, Request, verify_call, verify_chain};
use procura_testkit::world;
use procura_wire::call::{META, ToolCall, tool_id};
use procura_wire::message::Message;
use procura_wire::presentation::{MEMBER, Presentation};

use super::{About, Contender};
use crate::grant::{self, Call, Twin, Wrong};

const SERVER: &str = "web";
const HOLDER: &str = "tester";

/// Our verifier, with one person's key as its anchor.
pub(crate) struct Procura {
    anchors: Vec<Anchor>,
    chain: Vec<String>,
    forged: Vec<String>,
    tampered: Vec<String>,
}

impl Procura {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let chain = chain("alice")?;
        let mut tampered = chain.clone();
        tamper(tampered.get_mut(1).context("a chain of three")?)?;
        Ok(Self {
            anchors: world::anchors(&["alice"]),
            chain,
            forged: self::chain("mallory")?,
            tampered,
        })
    }
}

impl Contender for Procura {
    fn about(&self) -> About {
        About {
            name: "procura",
            package: "procura-core",
            checks: "4 strict",
            leaves_out: &[
                "revocation, policy and the memory of used proofs, which come after this",
            ],
            accepts: &[],
        }
    }

    fn request(&self, wrong: Wrong) -> anyhow::Result<Vec<u8>> {
        let chain = match wrong {
            Some(Twin::Root) => &self.forged,
            Some(Twin::Tampered) => &self.tampered,
            Some(_) | None => &self.chain,
        };
        let (meant, shown) = (grant::meant(wrong), grant::shown(wrong));
        let signer = if wrong == Some(Twin::Stranger) { "mallory" } else { HOLDER };
        let proof = ProofFor {
            id: "call-1",
            leaf: chain.last().context("a chain has a leaf")?,
            tool: &tool_id(SERVER, meant.tool),
            arguments: &arguments(&meant)?,
            audience: world::AUDIENCE,
            issued: world::NOW,
        };
        let proof = delegate::prove(&proof, &world::key(signer))?;
        let credential = Object::new().with(
            MEMBER,
            Presentation { chain: chain.clone(), proof, approvals: Vec::new() }.to_object(),
        );
        let params = Object::new()
            .with("name", shown.tool)
            .with("arguments", arguments(&shown)?)
            .with(META, credential);
        let message = Object::new()
            .with("jsonrpc", "2.0")
            .with("id", 1u32)
            .with("method", "tools/call")
            .with("params", params);
        Ok(message.to_canonical()?.into_bytes())
    }

    fn accept(&self, request: &[u8]) -> anyhow::Result<()> {
        let Message::Request(message) = Message::parse(request)? else {
            anyhow::bail!("a call wants an answer");
        };
        let call = ToolCall::parse(message.params)?;
        let shown = call.presentation.context("no credential")?;
        let tokens: Vec<&str> = shown.chain.iter().map(String::as_str).collect();
        let rules = world::rules(&self.anchors);
        let chain = Arc::new(verify_chain(&tokens, &rules)?);
        let request = Request { tool: tool_id(SERVER, &call.name), arguments: call.arguments };
        std::hint::black_box(verify_call(&chain, &shown.proof, request, &rules)?);
        Ok(())
    }
}

fn arguments(call: &Call) -> anyhow::Result<Object> {
    let text = call.arguments("path").to_string();
    Ok(json::parse_object(text.as_bytes())?)
}

/// Alice gives to a planner, which gives less to a coder, which gives less to a
/// tester. `signer` signs what she gives.
fn chain(signer: &str) -> anyhow::Result<Vec<String>> {
    let (principal, issuer) = (world::principal("alice"), world::issuer("alice"));
    let given = below("planner", r#"{"constraint_type":"path_containment","root":"/"}"#);
    let root = delegate::mint(&given, &principal, &issuer, &world::key(signer))?;
    let given = below("coder", r#"{"constraint_type":"path_containment","root":"/src"}"#);
    let child = world::child(&root, "planner", &given);
    let given = below(HOLDER, r#"{"constraint_type":"exact","value":"/src/auth.ts"}"#);
    let leaf = world::child(&child, "coder", &given);
    Ok(vec![root, child, leaf])
}

/// What `name` is given: the tool, with this constraint for its path.
fn below(name: &str, path: &str) -> Grant {
    let (tool, repo) = (tool_id(SERVER, grant::TOOL), grant::REPO);
    world::grant(
        name,
        &format!(
            r#"{{"{tool}":{{
                "repo":{{"constraint_type":"exact","value":"{repo}"}},
                "path":{path},
                "content":{{"constraint_type":"wildcard"}}}}}}"#
        ),
    )
}

/// Changes one bit of the signature of `token`.
fn tamper(token: &mut String) -> anyhow::Result<()> {
    let (signed, signature) = token.rsplit_once('.').context("a token has a signature")?;
    let mut bytes = base64url::decode(signature).context("a signature is text")?;
    *bytes.get_mut(40).context("a signature is long")? ^= 1;
    *token = format!("{signed}.{}", base64url::encode(&bytes));
    Ok(())
}
