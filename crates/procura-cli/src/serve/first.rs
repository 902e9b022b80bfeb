//! The first start: keys, settings and policy, made once and never overwritten.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use procura_core::identity::Name;
use procura_keys::description::{Description, Label, Purpose};
use procura_keys::unsealer::Unsealer;

use super::config::template;
use crate::failure::Failure;
use crate::place::Place;

/// What a first start is made of.
pub(crate) struct FirstStart<'a> {
    /// The name of the first administrator.
    pub(crate) administrator: &'a str,
    /// Where agents' names will be unique.
    pub(crate) trust_domain: &'a str,
}

/// Makes what is missing. A start that was interrupted goes on where it stopped.
pub(crate) fn prepare(
    place: &Place,
    unsealer: &Unsealer,
    first: &FirstStart<'_>,
) -> anyhow::Result<()> {
    for folder in [place.root().to_path_buf(), place.keys(), place.policy()] {
        make_folder(&folder)?;
    }
    Name::parse(first.administrator).map_err(|error| {
        Failure::usage(format!("`{}`: {error}", first.administrator), "choose another --admin NAME")
    })?;
    write_once(&place.config(), &template(first.trust_domain))?;
    let principal = format!("user:{}", first.administrator);
    write_once(&place.policy().join("roles.toml"), &procura_policy::default_roles(&principal))?;
    write_once(&place.policy().join("procura.rego"), procura_policy::DEFAULT_REGO)?;
    key(unsealer, &place.own_key("authority"), ("authority", Purpose::AUTHORITY))?;
    key(unsealer, &place.own_key("log"), ("log", Purpose::LOG))?;
    let user = place.user_key(first.administrator);
    key(unsealer, &user, (first.administrator, Purpose::USER))?;
    let digest = place.own_key("digest");
    if !digest.exists() {
        unsealer.create_bytes(&digest, describe("digest", Purpose::DIGEST)?)?;
    }
    Ok(())
}

/// Whether a directory was prepared before. One that cannot be looked into is
/// not taken for a new one.
pub(crate) fn is_prepared(place: &Place) -> anyhow::Result<bool> {
    let exists = |path: &Path| {
        path.try_exists().map_err(|error| {
            Failure::environment(
                format!("{} cannot be read: {error}", place.root().display()),
                "run as its owner, or name another directory with --data DIR",
            )
        })
    };
    let key = place.own_key("authority");
    let has_key = exists(&key)?;
    if !has_key && exists(&place.root().join(procura_store::open::FILE))? {
        return Err(Failure::environment(
            format!("there is a log, and {} that signs for it is missing", key.display()),
            "restore the key from a backup; a new one could not open what the old one signed",
        )
        .into());
    }
    Ok(has_key)
}

fn key(unsealer: &Unsealer, path: &Path, (label, purpose): (&str, Purpose)) -> anyhow::Result<()> {
    if !path.exists() {
        unsealer.create_key(path, describe(label, purpose)?)?;
    }
    Ok(())
}

fn describe(label: &str, purpose: Purpose) -> anyhow::Result<Description> {
    let label = Label::parse(label).context("a key's label is a name")?;
    Ok(Description::new(label, purpose))
}

/// Makes a folder that only its owner reads.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        Failure::environment(
            format!("{} cannot be made: {error}", path.display()),
            "name a directory that you may write with --data DIR",
        )
        .into()
    })
}

fn write_once(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match file {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            Ok(file.sync_all()?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be written", path.display())),
    }
}
