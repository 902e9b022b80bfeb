//! Who takes part: each with a key of its own, sealed in the data directory.

use std::path::Path;
use std::sync::Arc;

use procura_core::identity::{AgentId, Name, TrustDomain};
use procura_core::key::Signer;
use procura_keys::description::{Description, Label, Purpose};
use procura_keys::unsealer::Unsealer;

use crate::place::Place;

/// Somebody with a key.
#[derive(Clone)]
pub(crate) struct Actor {
    /// The id in delegations.
    pub(crate) id: String,
    /// For people.
    pub(crate) short: String,
    /// The key.
    pub(crate) key: Arc<dyn Signer>,
}

/// Everybody.
pub(crate) struct Cast {
    pub(crate) alice: Actor,
    pub(crate) planner: Actor,
    pub(crate) coder: Actor,
    pub(crate) instance: Actor,
    pub(crate) deployer: Actor,
    /// A script that nobody enrolled; it calls itself what it likes.
    pub(crate) stranger: Actor,
}

impl Cast {
    /// Makes every key. Alice's was made when the directory was.
    pub(crate) fn gather(place: &Place, unsealer: &Unsealer) -> anyhow::Result<Self> {
        let domain = TrustDomain::parse("procura.local")?;
        let agent = |name: &str| -> anyhow::Result<Actor> {
            let id = domain.agent(&Name::parse(name)?);
            actor(&id, create(unsealer, &place.agent_key(name), name)?)
        };
        let (planner, coder) = (agent("planner")?, agent("coder")?);
        let deployer = agent("deployer")?;
        let instance_id = domain.agent(&Name::parse("coder")?).instance(&Name::parse("i1")?);
        let path = place.instance_key("coder", "i1");
        let instance = actor(&instance_id, create(unsealer, &path, "coder-i1")?)?;
        let alice = unsealer.open_key(&place.user_key("alice"), &Purpose::USER)?;
        let alice =
            Actor { id: "user:alice".into(), short: "user:alice".into(), key: Arc::new(alice) };
        let stranger = procura_keys::secret_key::SecretKey::generate()?;
        let stranger = Actor { key: Arc::new(stranger), ..instance.clone() };
        Ok(Self { alice, planner, coder, instance, deployer, stranger })
    }
}

impl Actor {
    /// Name and key, for people.
    pub(crate) fn shown(&self) -> String {
        format!("{} ({})", self.short, self.key.public_key().fingerprint())
    }
}

fn actor(id: &AgentId, key: Arc<dyn Signer>) -> anyhow::Result<Actor> {
    Ok(Actor { id: id.to_string(), short: id.short(), key })
}

fn create(unsealer: &Unsealer, path: &Path, label: &str) -> anyhow::Result<Arc<dyn Signer>> {
    let label = Label::parse(label).ok_or_else(|| anyhow::anyhow!("`{label}` is no label"))?;
    Ok(Arc::new(unsealer.create_key(path, Description::new(label, Purpose::AGENT))?))
}
