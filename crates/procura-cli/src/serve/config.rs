//! `procura.toml`: what only the operator may say.

use std::collections::BTreeMap;
use std::path::Path;

use procura_core::identity::{Name, TrustDomain};

use crate::failure::Failure;

/// The operator's settings. Commands come from here and from nowhere else.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where agents' names are unique.
    pub(crate) trust_domain: String,
    /// The name, besides those of loopback, under which clients reach this server.
    pub(crate) host: Option<String>,
    /// MCP servers behind the gateway, by name.
    #[serde(default)]
    pub(crate) servers: BTreeMap<String, ServerConfig>,
}

/// One MCP server over stdio.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// The program and its arguments; no shell reads them.
    pub(crate) command: Vec<String>,
    /// Environment variables, besides PATH, HOME and LANG.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
}

impl Config {
    /// Reads and checks the file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::environment(
                format!("{} cannot be read: {error}", path.display()),
                "restore it; it needs at least the line that says trust_domain",
            )
        })?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            Failure::environment(
                format!("{} is not right: {error}", path.display()),
                "mend that line and start again",
            )
        })?;
        config.check(path)?;
        Ok(config)
    }

    /// The trust domain.
    pub(crate) fn trust_domain(&self) -> anyhow::Result<TrustDomain> {
        Ok(TrustDomain::parse(&self.trust_domain)?)
    }

    /// The name of the enforcement point in chains and proofs.
    pub(crate) fn audience(&self) -> String {
        format!("https://gateway.{}", self.trust_domain)
    }

    fn check(&self, path: &Path) -> anyhow::Result<()> {
        let wrong = |what: String| {
            Failure::environment(format!("{}: {what}", path.display()), "mend it and start again")
        };
        TrustDomain::parse(&self.trust_domain)
            .map_err(|error| wrong(format!("trust_domain: {error}")))?;
        for (name, server) in &self.servers {
            Name::parse(name).map_err(|error| wrong(format!("server `{name}`: {error}")))?;
            if server.command.is_empty() {
                return Err(wrong(format!("server `{name}` has no command")).into());
            }
        }
        Ok(())
    }
}

/// The file of a first start.
pub(crate) fn template(trust_domain: &str) -> String {
    format!(
        r#"# Procura's settings. Only you can change them: nothing over the network does.

# Agents are spiffe://{trust_domain}/agent/NAME; chosen once, before the first agent.
trust_domain = "{trust_domain}"

# The name, besides those of loopback, under which clients reach this server.
# host = "procura.example"

# MCP servers behind the gateway. An agent calls `mcp:files/TOOL` of this one:
# [servers.files]
# command = ["npx", "-y", "@modelcontextprotocol/server-filesystem", "/srv/files"]
# env = {{ }}
"#
    )
}
