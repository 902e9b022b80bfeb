//! Who receives a delegation: a name and the key that it is bound to.

use std::path::Path;

use anyhow::Context as _;
use procura_core::identity::{AgentId, Name, TrustDomain};
use procura_core::json::Value;
use procura_core::key::{PublicKey, Signer as _};
use procura_core::token::{self, Token};
use procura_keys::description::{Description, Label, Purpose};
use procura_keys::key_file::KeyFile;

use crate::command::inspect::safe;
use crate::context::{Context, read_object};
use crate::failure::Failure;

/// Who receives.
pub(super) struct Recipient {
    pub(super) id: String,
    pub(super) key: PublicKey,
    /// What its chain file is called if nobody says.
    pub(super) file_stem: String,
}

/// An instance that is still to get its key.
pub(super) struct Newcomer {
    id: AgentId,
    agent: Name,
    instance: Name,
}

impl Recipient {
    /// An agent whose key file is in the data directory. Only the public half
    /// is read; it needs no passphrase.
    pub(super) fn here(ctx: &Context, name: &str, domain: &TrustDomain) -> anyhow::Result<Self> {
        let name = self::name(name, "--to")?;
        let path = ctx.place().agent_key(name.as_str());
        if !path.exists() {
            return Err(Failure::environment(
                format!("no key of agent `{name}` is in {}", ctx.place().keys().display()),
                format!(
                    "make the agent with `procura agent create {name}`, or give its public key with --to-key FILE --to-id ID"
                ),
            )
            .into());
        }
        let file = KeyFile::read(&path)?;
        let key = file.public_key().filter(|_| *file.purpose() == Purpose::AGENT);
        let key = key.cloned().ok_or_else(|| {
            Failure::environment(
                format!("{} does not hold an agent's key", path.display()),
                "restore the key file from a backup",
            )
        })?;
        Ok(Self { id: domain.agent(&name).to_string(), key, file_stem: name.to_string() })
    }

    /// An agent of another machine, by its public key and its id.
    pub(super) fn elsewhere(file: &Path, id: &str) -> anyhow::Result<Self> {
        let id = AgentId::parse(id).ok_or_else(|| {
            Failure::usage(
                format!("--to-id: `{}` is not an agent's id", safe::text(id)),
                "write it as spiffe://DOMAIN/agent/NAME",
            )
        })?;
        let key = token::parse_jwk(&read_object(file)?).map_err(|reason| {
            Failure::environment(
                format!("{} is not a public key: {reason}", file.display()),
                "ask for the agent's public key as a JWK, never for the private one",
            )
        })?;
        Ok(Self { file_stem: id.name().to_string(), id: id.to_string(), key })
    }
}

impl Newcomer {
    /// The instance `id` of the agent that holds `leaf`: an agent names its own
    /// instances, and nobody else's.
    pub(super) fn of_holder(leaf: &Token, id: &str) -> anyhow::Result<Self> {
        let instance = name(id, "--instance")?;
        let holder = leaf.client_id.as_deref().and_then(AgentId::parse);
        let agent = holder.filter(|id| id.agent_of_instance().is_none()).ok_or_else(|| {
            Failure::usage(
                "the chain's holder is not an agent, so it has no instances",
                "give an instance a part of its own agent's chain",
            )
        })?;
        Ok(Self { id: agent.instance(&instance), agent: agent.name().clone(), instance })
    }

    /// The id that it will have.
    pub(super) fn id(&self) -> String {
        self.id.to_string()
    }

    /// What its chain file is called if nobody says.
    pub(super) fn file_stem(&self) -> String {
        format!("{}.{}", self.agent, self.instance)
    }

    /// Makes its sealed key, which must not exist.
    pub(super) fn arrive(&self, ctx: &Context) -> anyhow::Result<PublicKey> {
        let Self { id: _, agent, instance } = self;
        let label = Label::parse(&format!("{agent}/{instance}"));
        let label = label.context("the names are too long for a label")?;
        let path = ctx.place().instance_key(agent.as_str(), instance.as_str());
        let key = ctx.unsealer()?.create_key(&path, Description::new(label, Purpose::AGENT))?;
        Ok(key.public_key().clone())
    }
}

/// The trust domain of this installation.
pub(crate) fn domain_of(ctx: &Context) -> anyhow::Result<TrustDomain> {
    let trust = ctx.trust()?;
    let domain = trust.get("trust_domain").and_then(Value::as_str);
    domain.and_then(|domain| TrustDomain::parse(domain).ok()).ok_or_else(|| {
        Failure::environment(
            format!("{} names no trust domain", ctx.place().trust().display()),
            "start `procura up` once to write it anew",
        )
        .into()
    })
}

fn name(text: &str, option: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|error| {
        Failure::usage(
            format!("{option}: `{}`: {error}", safe::text(text)),
            "choose a name such as coder or build-7",
        )
    })
}
