//! What an offline verifier trusts, kept in files beside the database.

use std::path::Path;

use anyhow::Context as _;
use procura_core::json::Object;
use procura_core::key::Signer;
use procura_core::token::to_jwk;

use super::Config;
use super::Parts;

/// The log's origin: the trust domain and the log's own key.
pub(crate) fn origin(config: &Config, log: &dyn Signer) -> String {
    let print = log.public_key().fingerprint();
    let print = print.trim_start_matches("ed25519:");
    format!("{}/log/{print}", config.trust_domain)
}

impl Parts {
    /// The trust bundle without the people.
    pub(crate) fn trust(&self) -> anyhow::Result<Object> {
        let key = self.sequencer.key();
        Ok(Object::new()
            .with("trust_domain", self.config.trust_domain.as_str())
            .with("audience", self.config.audience())
            .with("authority", to_jwk(self.authority.public_key()))
            .with("log", Object::new().with("origin", key.name()).with("vkey", key.to_string())))
    }

    /// Writes the trust bundle and the signed directory, whole or not at all.
    pub(crate) fn write_trust(&self) -> anyhow::Result<()> {
        let trust = self.engine.trust();
        let people: Vec<Object> = trust
            .directory
            .people()
            .map(|(principal, person)| {
                Object::new().with("principal", principal).with("jwk", to_jwk(&person.key))
            })
            .collect();
        let bundle = self.trust()?.with("people", people).to_canonical()?;
        write_whole(&self.place.trust(), &bundle)?;
        if let Some(stored) = self.engine.store().directory()? {
            write_whole(&self.place.directory(), &stored.statement)?;
        }
        Ok(())
    }
}

/// Replaces a file so that a reader sees the old one or the new one.
pub(crate) fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let draft = path.with_extension("new");
    let unwritable = || format!("{} cannot be written", path.display());
    std::fs::write(&draft, text).with_context(unwritable)?;
    std::fs::rename(&draft, path).with_context(unwritable)
}
