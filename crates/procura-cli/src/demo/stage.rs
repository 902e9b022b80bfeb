//! The place of the story: a directory, a git repository, a server on loopback.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use procura_keys::passphrase::Passphrase;
use procura_keys::unsealer::Unsealer;

use super::cast::Cast;
use crate::failure::Failure;
use crate::place::Place;
use crate::serve::{self, FirstStart, LostPin, Running, StopSignals};
use crate::workshop;

/// Everything that has to be there before somebody acts.
pub(crate) struct Stage {
    root: PathBuf,
    place: Place,
    /// Removes the directory in the end, unless it is to be kept.
    temporary: Option<tempfile::TempDir>,
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
    unsealer: Unsealer,
}

impl Stage {
    /// Makes directory, repository, keys and server.
    pub(crate) fn set(dir: Option<&Path>, keep: bool) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Runtime::new()?;
        let (root, temporary) = make_root(dir, keep)?;
        if temporary.is_some() {
            clear_when_stopped(&runtime, root.clone())?;
        }
        for folder in ["chains", "receipts"] {
            DirBuilder::new().mode(0o700).create(root.join(folder))?;
        }
        make_repository(&root.join("repo"))?;
        let passphrase = Passphrase::generate()?;
        passphrase.create_file(&root.join("passphrase"))?;
        let unsealer = Unsealer::new(passphrase);
        let place = Place::new(Some(root.join("data")))?;
        let first = FirstStart { administrator: "alice", trust_domain: "procura.local" };
        serve::prepare(&place, &unsealer, &first)?;
        std::fs::write(place.policy().join("roles.toml"), ROLES)?;
        std::fs::write(place.policy().join("procura.rego"), RULES)?;
        // In the settings, so that `procura up` on what was kept serves the same.
        std::fs::write(place.config(), settings(&root)?)?;
        let running = runtime.block_on(async {
            let parts = serve::assemble(&place, &unsealer, LostPin::Refuse).await?;
            let servers = parts.config.servers.clone();
            serve::listen(parts, &servers, ([127, 0, 0, 1], 0).into()).await
        })?;
        let running = Some(running);
        Ok(Self { root, place, temporary, runtime, running, unsealer })
    }

    /// The directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The data directory in it.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Where the server listens.
    pub(crate) fn url(&self) -> anyhow::Result<String> {
        Ok(self.running.as_ref().context("the server was stopped")?.url())
    }

    /// Makes everybody's keys.
    pub(crate) fn gather(&self) -> anyhow::Result<Cast> {
        Cast::gather(&self.place, &self.unsealer)
    }

    /// Stops the server; what follows has no network.
    pub(crate) fn stop_server(&mut self) -> anyhow::Result<()> {
        match self.running.take() {
            Some(running) => self.runtime.block_on(running.stop()),
            None => Ok(()),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A story that broke off still stops its server before its files go.
        let _stopped = self.stop_server();
        drop(self.temporary.take());
    }
}

/// Somebody told the process to end, which it does as soon as its files are gone.
static BROKEN_OFF: AtomicBool = AtomicBool::new(false);
/// How often removing the files is tried.
const TRIES: u32 = 100;
/// How long to wait before the next try.
const PAUSE: Duration = Duration::from_millis(10);

/// Whether the story is broken off: what goes wrong from now on is no step of it.
pub(crate) fn is_broken_off() -> bool {
    BROKEN_OFF.load(Ordering::SeqCst)
}

/// A story that is broken off leaves no keys behind either.
fn clear_when_stopped(runtime: &tokio::runtime::Runtime, root: PathBuf) -> anyhow::Result<()> {
    let _inside = runtime.enter();
    let mut stop = StopSignals::listen()?;
    runtime.spawn(async move {
        let code = stop.wait().await;
        BROKEN_OFF.store(true, Ordering::SeqCst);
        for _ in 0..TRIES {
            // What still runs may make a file meanwhile.
            if std::fs::remove_dir_all(&root).is_ok() || !root.exists() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        std::process::exit(code);
    });
    Ok(())
}

/// Makes the directory, which goes with the returned guard if there is one.
fn make_root(
    dir: Option<&Path>,
    keep: bool,
) -> anyhow::Result<(PathBuf, Option<tempfile::TempDir>)> {
    let temporary = match dir {
        Some(dir) => make_named(dir)?,
        None => private(tempfile::Builder::new().prefix("procura-demo-")).tempdir()?,
    };
    if keep {
        return Ok((temporary.keep(), None));
    }
    Ok((temporary.path().to_path_buf(), Some(temporary)))
}

fn make_named(dir: &Path) -> anyhow::Result<tempfile::TempDir> {
    let unusable = |reason: String| {
        Failure::environment(
            format!("{} cannot be made: {reason}", dir.display()),
            "name a directory that is not there yet, in one that you may write",
        )
    };
    let dir = std::path::absolute(dir)?;
    let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else {
        return Err(unusable("it has no name".into()).into());
    };
    let made = private(tempfile::Builder::new().prefix(name).rand_bytes(0)).tempdir_in(parent);
    Ok(made.map_err(|error| unusable(error.kind().to_string()))?)
}

/// Nobody else looks into it: it holds keys.
fn private<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
) -> &'a mut tempfile::Builder<'b, 'b> {
    builder.permissions(Permissions::from_mode(0o700))
}

fn make_repository(dir: &Path) -> anyhow::Result<()> {
    workshop::create_repository(dir).map_err(|error| {
        Failure::environment(
            format!("the demo's repository cannot be made: {error:#}"),
            "the agents of the demo work on a real git repository: install git and try again",
        )
        .into()
    })
}

/// The settings, with the MCP server: this program again, as a child process over stdio.
fn settings(root: &Path) -> anyhow::Result<String> {
    let program = std::env::current_exe().context("this program's own path is not known")?;
    let (repo, releases) = (root.join("repo"), root.join("releases"));
    let words = [
        program.as_path(),
        Path::new("workshop"),
        Path::new("--repo"),
        &repo,
        Path::new("--name"),
        Path::new("acme/web"),
        Path::new("--releases"),
        &releases,
    ];
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let words = words.context("a path that is not UTF-8 cannot be in the settings")?;
    let mut server = toml::Table::new();
    server.insert("command".into(), words.into());
    let servers = toml::Table::from_iter([("web".to_string(), toml::Value::Table(server))]);
    let settings = toml::Table::from_iter([
        ("trust_domain".to_string(), "procura.local".into()),
        ("servers".to_string(), toml::Value::Table(servers)),
    ]);
    Ok(toml::to_string(&settings)?)
}

const ROLES: &str = r#"# Alice may have agents work on the repository and deploy it.
[roles.maintainer]
permissions = ["mcp:web/*"]

[[assignments]]
principal = "user:alice"
roles = ["maintainer"]
"#;

const RULES: &str = r#"# A production deploy waits for Alice; everything else is for roles and delegations.
package procura

default decision := {"effect": "allow", "rule": "default"}

decision := {
    "effect": "approve",
    "rule": "production needs a person",
    "reason": "a deploy to production needs a person's approval",
    "approval": {"quorum": 1, "by": ["user:alice"]},
} if {
    input.tool == "mcp:web/deploy"
    input.args.environment == "production"
}
"#;
