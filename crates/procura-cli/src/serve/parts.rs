//! Opens everything that serving needs, and checks it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use procura_core::directory::Directory;
use procura_core::key::Signer;
use procura_engine::engine::{Engine, Settings};
use procura_engine::event::DigestKey;
use procura_engine::port::{Ledger, Store};
use procura_keys::description::Purpose;
use procura_keys::unsealer::Unsealer;
use procura_log::error::LogError;
use procura_log::sequencer::Sequencer;
use procura_policy::{PolicySet, SourceFile};
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;

use super::config::Config;
use crate::failure::Failure;
use crate::place::Place;
use crate::system::{SystemClock, SystemEntropy};

/// Everything that serves.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) engine: Arc<Engine>,
    pub(crate) sequencer: Arc<Sequencer>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) authority: Arc<dyn Signer>,
    pub(crate) place: Place,
}

/// What to do if what is kept outside of the database is lost: the log's pinned
/// checkpoint, or the signed directory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LostPin {
    /// Not start: nothing shows that the database is whole.
    Refuse,
    /// Take the database as it is; somebody knows that it is whole.
    Adopt,
}

/// Opens the parts of a prepared directory; the first administrator becomes
/// one if nobody is.
pub(crate) async fn assemble(
    place: &Place,
    unsealer: &Unsealer,
    lost_pin: LostPin,
) -> anyhow::Result<Parts> {
    let config = Config::read(&place.config())?;
    let store = Arc::new(open_store(place)?);
    let authority: Arc<dyn Signer> =
        Arc::new(unsealer.open_key(&place.own_key("authority"), &Purpose::AUTHORITY)?);
    let log: Arc<dyn Signer> = Arc::new(unsealer.open_key(&place.own_key("log"), &Purpose::LOG)?);
    let digest = unsealer.open_bytes(&place.own_key("digest"), &Purpose::DIGEST)?;
    let digest: [u8; 32] = digest.expose().try_into().context("the digest key has 32 bytes")?;
    let shared: Arc<dyn Store> = store.clone();
    let engine = Engine::open(procura_engine::engine::Parts {
        store: shared,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        authority: Arc::clone(&authority),
        digest_key: DigestKey::new(digest),
        policy: read_policy(&place.policy())?,
        settings: Settings {
            trust_domain: config.trust_domain()?,
            audience: config.audience(),
            replica: format!("process-{}", std::process::id()),
        },
    })?;
    check_directory(place, &engine, &*authority, lost_pin)?;
    let ledger: Arc<dyn Ledger> = store;
    let origin = super::trust::origin(&config, &*log);
    let (shared, pin) = (Arc::clone(&ledger), place.checkpoint());
    let sequencer = match lost_pin {
        LostPin::Refuse => Sequencer::open(shared, log, &origin, pin).map_err(if_pin_is_lost)?,
        LostPin::Adopt => Sequencer::adopt(shared, log, &origin, pin)?,
    };
    let parts = Parts {
        config,
        engine: Arc::new(engine),
        sequencer: Arc::new(sequencer),
        ledger,
        authority,
        place: place.clone(),
    };
    first_administrator(&parts, unsealer).await?;
    Ok(parts)
}

fn if_pin_is_lost(error: LogError) -> anyhow::Error {
    if !matches!(error, LogError::PinLost { .. }) {
        return error.into();
    }
    let message = format!("{error} ({})", error.code());
    Failure::environment(
        message,
        "restore the file; or, if a checkpoint from elsewhere shows that the log is whole (`procura audit verify --checkpoint FILE`), start with `procura up --pin-log`",
    )
    .into()
}

/// The database's directory is not older than the one that was written beside it:
/// who can change the database alone brings nobody back.
fn check_directory(
    place: &Place,
    engine: &Engine,
    authority: &dyn Signer,
    lost: LostPin,
) -> anyhow::Result<()> {
    let path = place.directory();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return lost_directory(&path, engine, lost);
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", path.display()));
        }
    };
    let beside = Directory::open(&text, authority.public_key()).map_err(|refusal| {
        Failure::environment(
            format!("{} is not this authority's: {refusal}", path.display()),
            "restore the data directory from a backup that is whole",
        )
    })?;
    if beside.sequence() > engine.trust().directory.sequence() {
        return Err(Failure::environment(
            format!("the database's directory is older than {}", path.display()),
            "somebody put back what was revoked; restore the data directory from a backup that is whole",
        )
        .into());
    }
    Ok(())
}

/// The file is written when the server listens, so a first start that was broken
/// off has none; after that somebody removed it.
fn lost_directory(path: &Path, engine: &Engine, lost: LostPin) -> anyhow::Result<()> {
    let is_first = engine.trust().directory.sequence() <= 1;
    if is_first {
        return Ok(());
    }
    if lost == LostPin::Adopt {
        tracing::warn!(
            "the directory is taken as the database has it; nothing showed that it is the newest"
        );
        return Ok(());
    }
    Err(Failure::environment(
        format!("{} is gone, so nothing shows that the database's directory is the newest", path.display()),
        "restore the file; or, if you know by other means that nothing was put back, start with `procura up --pin-log`",
    )
    .into())
}

/// Makes the person whose key the first start made the first administrator.
async fn first_administrator(parts: &Parts, unsealer: &Unsealer) -> anyhow::Result<()> {
    if parts.engine.trust().directory.sequence() != 0 {
        return Ok(());
    }
    let people = parts.place.people();
    let name = people.first().context("the first administrator has no key; start anew")?;
    let key = unsealer.open_key(&parts.place.user_key(name), &Purpose::USER)?;
    parts.engine.bootstrap(name, key.public_key().clone()).await?;
    Ok(())
}

fn open_store(place: &Place) -> anyhow::Result<Sqlite> {
    match Sqlite::open(place.root(), OpenMode::Existing) {
        Ok(store) => Ok(store),
        // A new log is made only where no checkpoint says that there was one.
        Err(error) if error.code() == "store.not_initialised" && !place.checkpoint().exists() => {
            Ok(Sqlite::open(place.root(), OpenMode::Create)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads every file of the policy directory; the policy crate says what may be there.
fn read_policy(folder: &Path) -> anyhow::Result<PolicySet> {
    let unusable = |error: &dyn std::fmt::Display| {
        Failure::environment(
            format!("the policy in {} cannot be used: {error}", folder.display()),
            "mend it and start again; nothing is served without a policy",
        )
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unusable(&error))? {
        let path = entry.map_err(|error| unusable(&error))?.path();
        files.push(read_source(&path).map_err(|error| unusable(&format!("{error:#}")))?);
    }
    Ok(PolicySet::compile(&files).map_err(|error| unusable(&error))?)
}

fn read_source(path: &Path) -> anyhow::Result<SourceFile> {
    let name = path.file_name().and_then(|name| name.to_str()).context("a name is not text")?;
    let unreadable = || format!("`{name}` cannot be read");
    let length = std::fs::metadata(path).with_context(unreadable)?.len();
    anyhow::ensure!(
        usize::try_from(length)? <= PolicySet::MAX_FILE_BYTES,
        "`{name}` is longer than a policy file may be"
    );
    let text = std::fs::read_to_string(path).with_context(unreadable)?;
    Ok(SourceFile { name: name.to_string(), text })
}
