//! What every command has at hand: where, as whom, and how to answer.

use std::cell::OnceCell;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use procura_core::identity::Name;
use procura_core::json::{self, Object, Value};
use procura_core::key::Signer;
use procura_core::time::Timestamp;
use procura_keys::description::Purpose;
use procura_keys::passphrase::Passphrase;
use procura_keys::unsealer::Unsealer;

use crate::client::Client;
use crate::command::inspect::safe;
use crate::failure::Failure;
use crate::place::Place;

/// Options that every command understands.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The data directory
    #[arg(long, global = true, value_name = "DIR", env = "PROCURA_DATA")]
    data: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    json: bool,
    /// The person on whose key a command relies, such as user:alice
    #[arg(long = "as", global = true, value_name = "PRINCIPAL")]
    principal: Option<String>,
    /// The server's URL, when it is not the one that runs on the data directory
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// A file with the passphrase of the data directory's keys
    #[arg(long, global = true, value_name = "FILE", env = "PROCURA_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What a command works with.
pub(crate) struct Context {
    pub(crate) json: bool,
    global: Global,
    place: Place,
    unsealer: OnceCell<Arc<Unsealer>>,
}

/// A person and the key that signs for them.
pub(crate) struct Person {
    pub(crate) principal: String,
    pub(crate) key: Arc<dyn Signer>,
}

impl Context {
    /// Resolves the options.
    pub(crate) fn new(global: Global) -> anyhow::Result<Self> {
        let place = Place::new(global.data.clone())?;
        Ok(Self { json: global.json, global, place, unsealer: OnceCell::new() })
    }

    /// The data directory.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The file that was named for the passphrase.
    pub(crate) fn passphrase_file(&self) -> Option<&Path> {
        self.global.passphrase_file.as_deref()
    }

    /// Opens sealed keys; asks for the passphrase at most once.
    pub(crate) fn unsealer(&self) -> anyhow::Result<Arc<Unsealer>> {
        if let Some(unsealer) = self.unsealer.get() {
            return Ok(Arc::clone(unsealer));
        }
        let unsealer = Arc::new(Unsealer::new(self.passphrase()?));
        Ok(Arc::clone(self.unsealer.get_or_init(|| unsealer)))
    }

    /// The same, on a directory that is being made: a passphrase file that is
    /// missing is written, an OS keyring gets a passphrase that nobody has to
    /// know, and else a person at a terminal chooses one.
    pub(crate) fn new_unsealer(&self) -> anyhow::Result<Arc<Unsealer>> {
        let passphrase = match &self.global.passphrase_file {
            Some(file) if !file.exists() => {
                let passphrase = Passphrase::generate()?;
                passphrase.create_file(file)?;
                passphrase
            }
            Some(file) => Passphrase::from_file(file)?,
            None => self.new_passphrase()?,
        };
        let unsealer = Arc::new(Unsealer::new(passphrase));
        Ok(Arc::clone(self.unsealer.get_or_init(|| unsealer)))
    }

    fn new_passphrase(&self) -> anyhow::Result<Passphrase> {
        if let Some(keyring) = procura_keys::keyring::available() {
            crate::serve::make_folder(self.place.root())?;
            // An interrupted first start left one there already.
            if let Some(passphrase) = keyring.read(self.place.root())? {
                return Ok(passphrase);
            }
            let passphrase = Passphrase::generate()?;
            keyring.store(self.place.root(), &passphrase)?;
            return Ok(passphrase);
        }
        if std::io::stdin().is_terminal() {
            choose_passphrase()
        } else {
            Err(no_passphrase().into())
        }
    }

    fn passphrase(&self) -> anyhow::Result<Passphrase> {
        if let Some(file) = &self.global.passphrase_file {
            return Ok(Passphrase::from_file(file)?);
        }
        if self.place.root().exists()
            && let Some(keyring) = procura_keys::keyring::available()
            && let Some(passphrase) = keyring.read(self.place.root())?
        {
            return Ok(passphrase);
        }
        if !std::io::stdin().is_terminal() {
            return Err(no_passphrase().into());
        }
        let prompt = format!("Passphrase of {}: ", self.place.root().display());
        Ok(Passphrase::from_text(rpassword::prompt_password(prompt)?)?)
    }

    /// The person whose key signs.
    pub(crate) fn person(&self) -> anyhow::Result<Person> {
        let principal = match &self.global.principal {
            Some(principal) => principal.clone(),
            None => self.only_person()?,
        };
        let name = principal.strip_prefix("user:").ok_or_else(|| {
            Failure::usage(
                format!("`{}` is not a person", safe::text(&principal)),
                "write it as user:NAME, for example --as user:alice",
            )
        })?;
        Name::parse(name).map_err(|error| {
            Failure::usage(
                format!("`{}`: {error}", safe::text(&principal)),
                "write it as user:NAME, for example --as user:alice",
            )
        })?;
        let path = self.place.user_key(name);
        let key = self.unsealer()?.open_key(&path, &Purpose::USER)?;
        Ok(Person { principal: principal.clone(), key: Arc::new(key) })
    }

    fn only_person(&self) -> anyhow::Result<String> {
        match self.place.people().as_slice() {
            [one] => Ok(format!("user:{one}")),
            [] => Err(Failure::environment(
                format!("no person's key is in {}", self.place.keys().display()),
                "start with `procura up`, or name the directory with --data DIR",
            )
            .into()),
            many => Err(Failure::usage(
                "several people's keys are here",
                format!("name one with --as user:NAME; there are: {}", many.join(", ")),
            )
            .into()),
        }
    }

    /// The key of an agent by name, of an instance as NAME/INSTANCE, or a key file.
    pub(crate) fn agent(&self, name: &str) -> anyhow::Result<Arc<dyn Signer>> {
        let path = match name.split_once('/') {
            _ if Path::new(name).is_file() => PathBuf::from(name),
            Some((agent, instance)) => self.place.instance_key(agent, instance),
            None => self.place.agent_key(name),
        };
        Ok(Arc::new(self.unsealer()?.open_key(&path, &Purpose::AGENT)?))
    }

    /// Where the server listens.
    pub(crate) fn server_url(&self) -> anyhow::Result<String> {
        if let Some(url) = &self.global.server {
            return Ok(url.trim_end_matches('/').to_string());
        }
        let running = read_object(&self.place.running()).map_err(|_| {
            Failure::environment(
                format!("no server runs on {}", self.place.root().display()),
                "start one with `procura up`, or name one with --server URL",
            )
        })?;
        let url = running.get("url").and_then(Value::as_str).unwrap_or_default();
        Ok(url.to_string())
    }

    /// What an offline verifier trusts.
    pub(crate) fn trust(&self) -> anyhow::Result<Object> {
        read_object(&self.place.trust())
    }

    /// A client of the authority, as [`Context::person`].
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let person = self.person()?;
        let trust = self.trust()?;
        let audience = trust.get("audience").and_then(Value::as_str).unwrap_or_default();
        Client::new(&self.server_url()?, audience, &person.principal, person.key)
    }

    /// Prints for a person or for a script.
    pub(crate) fn say(&self, human: impl FnOnce() -> String, json: Object) -> anyhow::Result<()> {
        let text = if self.json { safe::json(&json.to_canonical()?) } else { human() };
        let mut out = anstream::stdout();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            // A closed pipe is the reader's wish.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::environment(
                    format!("the answer cannot be printed: {error}"),
                    "what it says was done or found all the same; look before you do it again",
                )
                .into())
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A fresh UUIDv7.
    pub(crate) fn ids(&self) -> anyhow::Result<String> {
        crate::system::fresh_id()
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        crate::system::now()
    }
}

/// Reads a JSON object of at most 1 MiB.
pub(crate) fn read_object(path: &Path) -> anyhow::Result<Object> {
    let unusable = |reason: String| {
        Failure::environment(
            format!("{} cannot be read: {reason}", path.display()),
            "name the right file; `procura up` writes those of the data directory",
        )
    };
    let length = std::fs::metadata(path).map_err(|error| unusable(error.to_string()))?.len();
    if length > 1024 * 1024 {
        return Err(unusable("it is longer than 1 MiB".into()).into());
    }
    let text = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    Ok(json::parse_object(&text).map_err(|error| unusable(error.to_string()))?)
}

fn no_passphrase() -> Failure {
    Failure::environment(
        "the keys are sealed, and there is no terminal to ask for their passphrase",
        "name a file that holds it with --passphrase-file FILE (mode 0600); on the first start it is made",
    )
}

fn choose_passphrase() -> anyhow::Result<Passphrase> {
    let first = rpassword::prompt_password("Choose a passphrase for the keys: ")?;
    let again = rpassword::prompt_password("The same again: ")?;
    if first != again {
        return Err(Failure::usage("the two are not the same", "start again").into());
    }
    Ok(Passphrase::from_text(first)?)
}
