//! The data directory: what lies where.

use std::path::{Path, PathBuf};

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    root: PathBuf,
}

impl Place {
    /// The directory at `root`, or the usual one.
    pub(crate) fn new(root: Option<PathBuf>) -> anyhow::Result<Self> {
        let root = match root {
            Some(root) => root,
            None => usual(),
        };
        Ok(Self { root: std::path::absolute(root)? })
    }

    /// The directory itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Sealed keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The sealed key of an agent.
    pub(crate) fn agent_key(&self, name: &str) -> PathBuf {
        self.keys().join(format!("agent.{name}.key"))
    }

    /// The sealed key of one instance of an agent.
    pub(crate) fn instance_key(&self, agent: &str, id: &str) -> PathBuf {
        self.keys().join(format!("agent.{agent}.{id}.key"))
    }

    /// The sealed key of a person.
    pub(crate) fn user_key(&self, name: &str) -> PathBuf {
        self.keys().join(format!("user.{name}.key"))
    }

    /// A sealed key of the authority itself: `authority`, `log` or `digest`.
    pub(crate) fn own_key(&self, name: &str) -> PathBuf {
        self.keys().join(format!("{name}.key"))
    }

    /// Roles and rules.
    pub(crate) fn policy(&self) -> PathBuf {
        self.root.join("policy")
    }

    /// The operator's settings, the MCP servers behind the gateway among them.
    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("procura.toml")
    }

    /// Where a running server listens.
    pub(crate) fn running(&self) -> PathBuf {
        self.root.join("server.json")
    }

    /// What an offline verifier trusts.
    pub(crate) fn trust(&self) -> PathBuf {
        self.root.join("trust.json")
    }

    /// The signed directory, for offline verifiers.
    pub(crate) fn directory(&self) -> PathBuf {
        self.root.join("directory.jwt")
    }

    /// The newest checkpoint, kept outside the database.
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.root.join("checkpoint")
    }

    /// The names of the people whose keys are here.
    pub(crate) fn people(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.keys()) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| Some(name.strip_prefix("user.")?.strip_suffix(".key")?.to_string()))
            .collect();
        names.sort();
        names
    }
}

/// `$XDG_DATA_HOME/procura`, by the XDG base directory rules; without a home
/// directory, `procura` in the current one.
fn usual() -> PathBuf {
    let home = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = home("XDG_DATA_HOME").or_else(|| Some(home("HOME")?.join(".local/share")));
    base.unwrap_or_default().join("procura")
}
