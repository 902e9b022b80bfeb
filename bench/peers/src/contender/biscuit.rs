//! `biscuit-auth` 6: blocks of Datalog, each signed by a key that the block before
//! brings. Used as its crate documentation has it (`lib.rs`): the token is read
//! with the root's public key, which verifies it, and an authorizer with the facts
//! of the request judges it.
//!
//! Read in its source:
//!
//! - One strict check a block (`crypto/ed25519.rs`, `PublicKey::verify_signature`),
//!   and one public key derived from the secret that an open token ends with
//!   (`format/mod.rs`, `SerializedBiscuit::verify_inner`).
//! - That secret is what a holder has, and it is in the token
//!   (`crypto/mod.rs`, `TokenNext::Secret`): who has seen a token can use it, and
//!   add blocks. Requests are signed by nobody. A block names no agent and no key
//!   of one (`token/block.rs`, `Block`), except for blocks of third parties.
//! - The policy is parsed once and cloned for each request
//!   (`token/builder/authorizer.rs`, `AuthorizerBuilder`); the blocks are translated
//!   for each request (the same file, `build_inner`).
//! - Its time limit of a millisecond for a request (`datalog/mod.rs`, `RunLimits`)
//!   is raised, lest a busy neighbour count as a refusal.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use biscuit_auth::builder::{
    Algorithm, AuthorizerBuilder, BiscuitBuilder, BlockBuilder, Term, date, fact, string,
};
use biscuit_auth::{AuthorizerLimits, Biscuit, KeyPair, PrivateKey, PublicKey};
use procura_core::base64url;
use procura_core::key::Signer as _;
use procura_testkit::world;
use serde_json::{Value, json};

use super::{About, Contender};
use crate::grant::{self, LIFETIME, PATH, REPO, TOOL, Twin, Wrong};

/// Whether requests are signed, which Biscuit does not know of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Requests {
    /// As Biscuit has it: who shows the token may call.
    Bare,
    /// With a signature over the request, by a key that the verifier knows.
    Signed,
}

/// Its verifier, with one root key and one policy.
pub(crate) struct WithBiscuit {
    requests: Requests,
    root: PublicKey,
    policy: AuthorizerBuilder,
    token: Vec<u8>,
    forged: Vec<u8>,
    tampered: Vec<u8>,
    holder: procura_core::key::PublicKey,
}

impl WithBiscuit {
    pub(crate) fn new(requests: Requests) -> anyhow::Result<Self> {
        let limits =
            AuthorizerLimits { max_time: Duration::from_secs(5), ..AuthorizerLimits::default() };
        let policy = AuthorizerBuilder::new()
            .code("allow if tool($tool), right($tool); deny if true;")?
            .set_limits(limits);
        let token = token("alice")?;
        let mut tampered = token.to_vec()?;
        let signatures = token.revocation_identifiers();
        crate::tamper::flip(&mut tampered, signatures.get(1).context("a token of three")?)?;
        Ok(Self {
            requests,
            root: pair("alice")?.public(),
            policy,
            token: token.to_vec()?,
            forged: self::token("mallory")?.to_vec()?,
            tampered,
            holder: world::public_key("tester"),
        })
    }
}

impl Contender for WithBiscuit {
    fn about(&self) -> About {
        match self.requests {
            Requests::Bare => About {
                name: "biscuit-auth",
                package: "biscuit-auth",
                checks: "3 strict, and a key derived",
                leaves_out: &[
                    "proof of possession: who has seen the token may use it",
                    "the names and keys of the agents between",
                    "paths: `starts_with` compares text, and `..` is text to it",
                ],
                accepts: &[Twin::ContentExchanged, Twin::Stranger],
            },
            Requests::Signed => About {
                name: "biscuit-auth + 1 check",
                package: "biscuit-auth",
                checks: "4 strict, and a key derived",
                leaves_out: &[
                    "a key in the token: the check over the request is ours, \
                     with a key that the verifier was told",
                    "the rest as above",
                ],
                accepts: &[],
            },
        }
    }

    fn request(&self, wrong: Wrong) -> anyhow::Result<Vec<u8>> {
        let token = match wrong {
            Some(Twin::Root) => &self.forged,
            Some(Twin::Tampered) => &self.tampered,
            Some(_) | None => &self.token,
        };
        let mut meta = json!({ "biscuit": base64url::encode(token) });
        let (meant, shown) = (grant::meant(wrong), grant::shown(wrong));
        if self.requests == Requests::Signed {
            let signer =
                world::key(if wrong == Some(Twin::Stranger) { "mallory" } else { "tester" });
            let signature = signer.sign(&signed(meant.tool, &meant.arguments("path")));
            let meta = meta.as_object_mut().context("an object")?;
            meta.insert("signature".into(), base64url::encode(&signature.to_bytes()).into());
        }
        Ok(grant::envelope(shown.tool, &shown.arguments("path"), &meta))
    }

    fn accept(&self, request: &[u8]) -> anyhow::Result<()> {
        let (tool, params) = grant::open(request)?;
        let meta = |name| params.get("_meta").and_then(|meta| meta.get(name)?.as_str());
        let token = Biscuit::from_base64(meta("biscuit").context("no token")?, self.root)?;
        let arguments = params.get("arguments").context("no arguments")?;
        if self.requests == Requests::Signed {
            let signature =
                meta("signature").and_then(base64url::decode).context("no signature")?;
            self.holder.verify(&signed(&tool, arguments), &signature)?;
        }
        let mut authorizer = self.policy.clone().time().fact(fact("tool", &[string(&tool)]))?;
        for (name, value) in arguments.as_object().context("no arguments")? {
            let value = value.as_str().context("an argument is not text")?;
            authorizer = authorizer.fact(fact("arg", &[string(name), string(value)]))?;
        }
        std::hint::black_box(authorizer.build(&token)?.authorize()?);
        Ok(())
    }
}

/// What a signed request signs.
fn signed(tool: &str, arguments: &Value) -> Vec<u8> {
    format!("{tool}\n{arguments}").into_bytes()
}

fn pair(name: &str) -> anyhow::Result<KeyPair> {
    let secret = PrivateKey::from_bytes(&crate::key::seed(name), Algorithm::Ed25519)?;
    Ok(KeyPair::from(&secret))
}

/// The grant, as three blocks that are all asked about the call.
///
/// The first says that there are no arguments but three, since Biscuit has no
/// list of arguments that would be closed by itself.
fn token(root: &str) -> anyhow::Result<Biscuit> {
    let expires =
        date(&SystemTime::now().checked_add(Duration::from_secs(LIFETIME)).context("far")?);
    let terms = |path: &str| {
        [("repo", string(REPO)), ("path", string(path)), ("tool", string(TOOL))]
            .into_iter()
            .chain([("expires", expires.clone())])
            .map(|(name, term)| (name.to_string(), term))
            .collect::<std::collections::HashMap<String, Term>>()
    };
    let first = BiscuitBuilder::new().code_with_params(
        r#"
            user("alice");
            right({tool});
            check if arg("repo", {repo});
            check if arg("path", $path), $path.starts_with({path});
            check all arg($name, $value), ["repo", "path", "content"].contains($name);
            check if time($now), $now < {expires};
        "#,
        terms("/"),
        std::collections::HashMap::new(),
    )?;
    let second = BlockBuilder::new().code_with_params(
        r#"
            check if arg("path", $path), $path.starts_with({path});
            check if time($now), $now < {expires};
        "#,
        terms("/src/"),
        std::collections::HashMap::new(),
    )?;
    let third = BlockBuilder::new().code_with_params(
        r#"
            check if arg("path", {path});
            check if time($now), $now < {expires};
        "#,
        terms(PATH),
        std::collections::HashMap::new(),
    )?;
    Ok(first.build(&pair(root)?)?.append(second)?.append(third)?)
}
