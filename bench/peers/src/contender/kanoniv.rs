//! `kanoniv-agent-auth` 0.3: delegations in JSON, one inside the other, with
//! caveats. Used by what it calls the recommended entry point of a server:
//! `mcp::verify_mcp_tool_call` with a required proof.
//!
//! Caveats are for the action, for `resource` (a prefix, the only pattern there
//! is) and for named arguments that equal a text. So the path is called
//! `resource` here.
//!
//! Read in its source:
//!
//! - One check a delegation and one for the invocation
//!   (`delegation.rs`, `verify_invocation_with_revocation`), with `Verifier::verify`,
//!   which is not the strict one (`signing.rs`, `SignedMessage::verify`).
//! - The tool's name is not looked at (`mcp.rs`,
//!   `verify_mcp_tool_call_with_revocation`: `_tool_name`), and the arguments that
//!   it hands back are not those that the proof is for: caveats are asked about the
//!   copy in the proof, and nothing compares the two.
//! - A caveat says nothing of arguments that it does not name
//!   (`delegation.rs`, `check_caveat`).
//! - An invocation has a time and a nonce, and neither is looked at; it names no
//!   enforcement point (`delegation.rs`, `Invocation`).

use anyhow::Context as _;
use kanoniv_agent_auth::mcp::verify_mcp_tool_call;
use kanoniv_agent_auth::{
    AgentIdentity, AgentKeyPair, Caveat, Delegation, McpAuthMode, McpProof, SignedMessage,
};

use super::{About, Contender};
use crate::grant::{self, PATH, REPO, TOOL, Twin, Wrong};

/// The name under which its caveats look for a path.
const RESOURCE: &str = "resource";

/// Its verifier, with one root.
pub(crate) struct Kanoniv {
    root: AgentIdentity,
    chain: Delegation,
    forged: Delegation,
}

impl Kanoniv {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            root: pair("alice").identity(),
            chain: chain("alice")?,
            forged: chain("mallory")?,
        })
    }
}

impl Contender for Kanoniv {
    fn about(&self) -> About {
        About {
            name: "kanoniv-agent-auth",
            package: "kanoniv-agent-auth",
            checks: "4, not strict",
            leaves_out: &[
                "the tool and the arguments that arrive: it checks those in the proof, \
                 and does not compare",
                "arguments that no caveat names",
                "the age of a proof, and the place that it is meant for",
                "strict Ed25519",
                "paths: a prefix of text",
            ],
            accepts: &[
                Twin::Extra,
                Twin::ToolExchanged,
                Twin::PathExchanged,
                Twin::ContentExchanged,
            ],
        }
    }

    fn request(&self, wrong: Wrong) -> anyhow::Result<Vec<u8>> {
        let mut chain = match wrong {
            Some(Twin::Root) => self.forged.clone(),
            Some(_) | None => self.chain.clone(),
        };
        if wrong == Some(Twin::Tampered) {
            tamper(&mut chain)?;
        }
        let (meant, shown) = (grant::meant(wrong), grant::shown(wrong));
        let mut proof =
            McpProof::create(&pair("tester"), meant.tool, meant.arguments(RESOURCE), chain)?;
        if wrong == Some(Twin::Stranger) {
            let payload = proof.invocation.proof.payload.clone();
            proof.invocation.proof = SignedMessage::sign(&pair("mallory"), payload)?;
        }
        let mut arguments = shown.arguments(RESOURCE);
        proof.inject(&mut arguments);
        Ok(grant::envelope(shown.tool, &arguments, &serde_json::json!({})))
    }

    fn accept(&self, request: &[u8]) -> anyhow::Result<()> {
        let (tool, params) = grant::open(request)?;
        let arguments = params.get("arguments").context("no arguments")?;
        let outcome = verify_mcp_tool_call(&tool, arguments, &self.root, McpAuthMode::Required)?;
        std::hint::black_box(outcome.verified.context("not verified")?);
        Ok(())
    }
}

fn pair(name: &str) -> AgentKeyPair {
    AgentKeyPair::from_bytes(&crate::key::seed(name))
}

/// Alice gives to a planner, which gives less to a coder, which gives less to a tester.
fn chain(root: &str) -> anyhow::Result<Delegation> {
    let expires = || Caveat::ExpiresAt("2100-01-01T00:00:00.000Z".into());
    let exactly = |key: &str, value: &str| Caveat::Context { key: key.into(), value: value.into() };
    let first = vec![
        Caveat::ActionScope(vec![TOOL.into()]),
        exactly("repo", REPO),
        Caveat::Resource("/*".into()),
        expires(),
    ];
    let second = vec![Caveat::Resource("/src/*".into()), expires()];
    let third = vec![exactly(RESOURCE, PATH), expires()];
    let did = |name: &str| pair(name).identity().did;
    let chain = Delegation::create_root(&pair(root), &did("planner"), first)?;
    let chain = Delegation::delegate(&pair("planner"), &did("coder"), second, chain)?;
    Ok(Delegation::delegate(&pair("coder"), &did("tester"), third, chain)?)
}

/// Changes one bit of the signature of the second delegation.
fn tamper(chain: &mut Delegation) -> anyhow::Result<()> {
    let second = chain.parent_proof.as_mut().context("a chain of three")?;
    let last = second.proof.signature.pop().context("a signature is text")?;
    let digit = last.to_digit(16).context("a signature is hexadecimal")? ^ 1;
    second.proof.signature.push(char::from_digit(digit, 16).context("a digit")?);
    Ok(())
}
