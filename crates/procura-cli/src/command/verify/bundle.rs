//! What a verifier trusts: the log's key, the authority's key, people's keys.

use std::path::{Path, PathBuf};

use procura_core::json::{Object, Value};
use procura_core::key::PublicKey;
use procura_core::proof::{Anchor, Vouches};
use procura_core::token::parse_jwk;
use procura_engine::engine::issuer_of;
use procura_merkle::verifier_key::VerifierKey;

use crate::context::{Context, read_object};
use crate::failure::Failure;

/// A trust bundle, with the file that it came from.
pub(crate) struct Bundle {
    object: Object,
    path: PathBuf,
}

impl Bundle {
    /// Reads `path`, or the data directory's own.
    pub(crate) fn read(path: Option<&Path>, ctx: &Context) -> anyhow::Result<Self> {
        let path = path.map_or_else(|| ctx.place().trust(), Path::to_path_buf);
        let object = read_object(&path)?;
        Ok(Self { object, path })
    }

    /// The key of the log.
    pub(crate) fn log_key(&self) -> anyhow::Result<VerifierKey> {
        let log = self.object.get("log").and_then(Value::as_object);
        let vkey = log.and_then(|log| log.get("vkey")).and_then(Value::as_str);
        let key = vkey.and_then(|vkey| vkey.parse().ok());
        key.ok_or_else(|| self.lacks("a log with its `vkey`"))
    }

    /// The authority's key, which signs the directory.
    pub(crate) fn authority(&self) -> anyhow::Result<PublicKey> {
        let jwk = self.object.get("authority").and_then(Value::as_object);
        let key = jwk.and_then(|jwk| parse_jwk(jwk).ok());
        key.ok_or_else(|| self.lacks("the `authority` as a JWK"))
    }

    /// The name of the enforcement point.
    pub(crate) fn audience(&self) -> anyhow::Result<&str> {
        let audience = self.object.get("audience").and_then(Value::as_str);
        audience.ok_or_else(|| self.lacks("an `audience`"))
    }

    /// The people's keys, each good for its own person's roots.
    pub(crate) fn anchors(&self) -> anyhow::Result<Vec<Anchor>> {
        let people = self.object.get("people").and_then(Value::as_array);
        let people = people.ok_or_else(|| self.lacks("a list of `people`"))?;
        let anchors: Option<Vec<Anchor>> = people.iter().map(anchor).collect();
        anchors.ok_or_else(|| self.lacks("`people` with `principal` and `jwk` each"))
    }

    fn lacks(&self, what: &str) -> anyhow::Error {
        Failure::environment(
            format!("{} does not hold {what}", self.path.display()),
            "take the file trust.json of the data directory that you trust",
        )
        .into()
    }
}

fn anchor(person: &Value) -> Option<Anchor> {
    let person = person.as_object()?;
    let principal = person.get("principal")?.as_str()?;
    Some(Anchor {
        issuer: issuer_of(principal),
        key: parse_jwk(person.get("jwk")?.as_object()?).ok()?,
        vouches: Vouches::For(principal.to_owned()),
    })
}
