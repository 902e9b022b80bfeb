//! Signs an envelope with an agent's key.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use procura_core::envelope::{self, Encoding, Parts};
use procura_core::identity::Name;
use procura_core::json::Object;
use procura_core::key::PublicKey;

use crate::command::delegate::recipient::domain_of;
use crate::command::inspect::{input, moment, safe};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Sign an action with an agent's key.
#[derive(clap::Args, Clone, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["payload", "action"]))]
pub(super) struct Arguments {
    /// The payload, signed as it is written; `-` is standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["agent_id", "resource", "delegated_by"])]
    payload: Option<PathBuf>,
    /// Who signs: an agent of the data directory, or a key file
    #[arg(long, value_name = "AGENT|FILE")]
    key: String,
    /// What the agent does, when there is no FILE
    #[arg(long, value_name = "TEXT")]
    action: Option<String>,
    /// To what
    #[arg(long, value_name = "TEXT")]
    resource: Option<String>,
    /// Who, as the agent says, let it; this proves no delegation
    #[arg(long, value_name = "TEXT")]
    delegated_by: Option<String>,
    /// The agent's id; needed with a key file
    #[arg(long, value_name = "ID")]
    agent_id: Option<String>,
    /// How the signature travels
    #[arg(long, value_enum, default_value_t = Form::Carried)]
    form: Form,
    /// How bytes are written
    #[arg(long, value_enum, default_value_t = Spelling::Base64)]
    encoding: Spelling,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// The signed text as a string, beside key and signature
    Carried,
    /// The signature as a member of the signed object, which must be compact and sorted
    Inside,
    /// The signature alone, for the bytes of FILE
    Detached,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Eq, PartialEq)]
enum Spelling {
    /// With padding
    Base64,
    /// Without padding
    Base64url,
    /// Lower case
    Hex,
}

pub(super) fn run(arguments: &Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let payload = payload(arguments, ctx)?;
    let key = ctx.agent(&arguments.key)?;
    let parts = envelope::sign(&payload, &*key).map_err(|refusal| {
        let next = "see docs/formats/envelope.md for what a payload has";
        unsigned(&format!("{}: {}", refusal.outcome, refusal.reason), next)
    })?;
    let text = written(arguments, &parts, key.public_key())?;
    if ctx.json {
        ctx.say(String::new, described(arguments, &parts, key.public_key()))?;
    } else {
        print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The text that is to be signed.
fn payload(arguments: &Arguments, ctx: &Context) -> anyhow::Result<String> {
    if let Some(file) = &arguments.payload {
        return Ok(as_written(file, arguments.form)?);
    }
    if arguments.form == Form::Detached {
        let message = "--form detached signs a file, and there is none";
        return Err(Failure::usage(message, "write the payload to a file and name it").into());
    }
    let mut object = Object::new()
        .with("agent_id", agent_id(arguments, ctx)?)
        .with("action", arguments.action.as_deref())
        .with("timestamp", moment::text(ctx.now()))
        // Two equal actions in one second would be one to whoever remembers them.
        .with("id", ctx.ids()?);
    if let Some(resource) = &arguments.resource {
        object.set("resource", resource.as_str());
    }
    if let Some(principal) = &arguments.delegated_by {
        object.set("delegated_by", principal.as_str());
    }
    Ok(object.to_canonical()?)
}

/// The bytes of a file; inside of an object that travels, those from its first brace
/// to its last.
fn as_written(file: &Path, form: Form) -> Result<String, Failure> {
    let text = input::read_text(file)?;
    Ok(match form {
        Form::Detached => text,
        Form::Carried | Form::Inside => text.trim_matches([' ', '\t', '\r', '\n']).to_owned(),
    })
}

/// An agent of the data directory has an id there, and its instances too.
fn agent_id(arguments: &Arguments, ctx: &Context) -> anyhow::Result<String> {
    if let Some(id) = &arguments.agent_id {
        return Ok(id.clone());
    }
    let (agent, instance) = match arguments.key.split_once('/') {
        Some((agent, instance)) => (agent, Some(instance)),
        None => (arguments.key.as_str(), None),
    };
    let instance = instance.map(Name::parse).transpose();
    match (Path::new(&arguments.key).is_file(), Name::parse(agent), instance) {
        (false, Ok(agent), Ok(None)) => Ok(domain_of(ctx)?.agent(&agent).to_string()),
        (false, Ok(agent), Ok(Some(instance))) => {
            Ok(domain_of(ctx)?.agent(&agent).instance(&instance).to_string())
        }
        _ => Err(Failure::usage(
            format!("the id of `{}` is not known", safe::text(&arguments.key)),
            "say it with --agent-id ID, such as spiffe://DOMAIN/agent/NAME",
        )
        .into()),
    }
}

fn written(arguments: &Arguments, parts: &Parts, key: &PublicKey) -> Result<String, Failure> {
    let encoding = arguments.encoding.into();
    match arguments.form {
        Form::Carried => Ok(parts.to_carried(key, encoding)),
        Form::Detached => Ok(encoding.encode(&parts.signature().to_bytes())),
        Form::Inside => parts.to_inside(encoding).map_err(|error| {
            unsigned(&error.to_string(), "use --form carried, which takes any text as it is")
        }),
    }
}

fn described(arguments: &Arguments, parts: &Parts, key: &PublicKey) -> Object {
    let encoding: Encoding = arguments.encoding.into();
    Object::new()
        .with("payload", parts.signed())
        .with("public_key", encoding.encode(key.as_bytes()))
        .with("signature", encoding.encode(&parts.signature().to_bytes()))
        .with("key", key.thumbprint().to_string())
}

/// Writes to standard output, to the byte: what is printed here is signed.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(|error| {
        Failure::environment(
            format!("the envelope cannot be written: {error}"),
            "keep standard output open until the command ends",
        )
    })
}

fn unsigned(reason: &str, next: &str) -> Failure {
    Failure {
        exit: Exit::False,
        message: format!("it cannot be signed: {}", safe::text(reason)),
        next: Some(next.into()),
    }
}

impl From<Spelling> for Encoding {
    fn from(spelling: Spelling) -> Self {
        match spelling {
            Spelling::Base64 => Self::Base64,
            Spelling::Base64url => Self::Base64Url,
            Spelling::Hex => Self::Hex,
        }
    }
}
