//! Creates, shows and stops agents.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use procura_core::identity::{AgentId, Name};
use procura_core::json::{Object, Value};
use procura_core::key::Signer as _;
use procura_core::time::Timestamp;
use procura_keys::description::{Description, Label, Purpose};
use procura_keys::secret_key::SecretKey;

use crate::client::{Client, code_of, confirmed, objects, shown, text_of};
use crate::command::inspect::{moment, table};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Create, show and stop agents.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// Make a key and enrol an agent with it; doing it again changes nothing
    Create {
        /// The name: a-z, 0-9 and `-`
        name: String,
        /// Where the sealed key is, or is to be; else in the data directory
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// List all agents
    List,
    /// Show one agent
    Show {
        /// The name
        name: String,
    },
    /// Stop an agent until it is resumed
    Suspend(Stop),
    /// Let a suspended agent act again
    Resume(Stop),
    /// Stop an agent for ever, with all that it passed on
    Revoke(Stop),
}

#[derive(clap::Args, Clone, Debug)]
struct Stop {
    /// The name
    name: String,
    /// Why, for the log
    #[arg(long, default_value = "")]
    reason: String,
}

const EXAMPLES: &str = "\
Exit codes: 0 done · 1 refused · 2 wrong usage · 3 the server, a key or a file is missing

Examples:
  procura agent create planner
  procura agent create coder --key /run/keys/coder.key
  procura agent list --json
  procura agent suspend planner --reason 'it asks for too much'
  procura agent revoke planner --reason 'its machine was stolen'";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    match arguments.what {
        What::Create { name, key } => create(&name, key, ctx)?,
        What::List => list(ctx)?,
        What::Show { name } => {
            let agent = ctx.client()?.get(&target(&name)?)?;
            ctx.say(|| table::lines(&rows(&agent), 0).trim_end().into(), agent.clone())?;
        }
        What::Suspend(stop) => set_state(&stop, "suspended", ctx)?,
        What::Resume(stop) => set_state(&stop, "active", ctx)?,
        What::Revoke(stop) => set_state(&stop, "revoked", ctx)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the key at `path`, or makes it.
pub(crate) fn key_at(
    path: &Path,
    (label, purpose): (&str, Purpose),
    ctx: &Context,
) -> anyhow::Result<SecretKey> {
    let unsealer = ctx.unsealer()?;
    if path.exists() {
        return Ok(unsealer.open_key(path, &purpose)?);
    }
    let label = Label::parse(label).ok_or_else(|| anyhow::anyhow!("no label for the key"))?;
    Ok(unsealer.create_key(path, Description::new(label, purpose))?)
}

/// Reads a name as it would be given out.
pub(crate) fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|error| {
        Failure::usage(error.to_string(), "choose a name such as `planner` or `coder-2`")
    })
}

/// Sends the wish for a state; the answer is the agent as it is then.
pub(crate) fn put_state(
    client: &Client,
    name: &str,
    (state, reason): (&str, &str),
) -> anyhow::Result<Object> {
    let target = target(name)?;
    let body = Object::new().with("state", state).with("reason", reason);
    let agent = match client.post(&format!("{target}/state"), &body) {
        // Revoking what is revoked changes nothing.
        Err(error) if state == "revoked" && code_of(&error) == Some("identity.revoked") => {
            client.get(&target)
        }
        answer => answer,
    }?;
    confirmed(&agent, "state", state)?;
    Ok(agent)
}

fn create(text: &str, key: Option<PathBuf>, ctx: &Context) -> anyhow::Result<()> {
    let name = name(text)?;
    let path = key.unwrap_or_else(|| ctx.place().agent_key(name.as_str()));
    let client = ctx.client()?;
    if let Some(agent) = client.find(&target(text)?)? {
        return already(&agent, &path, ctx);
    }
    let label = format!("agent {name}");
    let key = key_at(&path, (&label, Purpose::AGENT), ctx)?;
    let statement = client.enrolment("agent", name.as_str(), &key)?;
    let agent = client.post("/v1/agents", &Object::new().with("statement", statement))?;
    confirmed(&agent, "key", &key.public_key().thumbprint().to_string())?;
    report(&agent, (&path, "is enrolled"), ctx)
}

/// The agent exists: it is the one that is wanted if its key is.
fn already(agent: &Object, path: &Path, ctx: &Context) -> anyhow::Result<()> {
    let failure = |message: String, next: &str| Failure {
        exit: Exit::False,
        message,
        next: Some(next.into()),
    };
    let name = shown(agent, "name");
    if !path.exists() {
        let message = format!("agent {name} exists, and its key is not in {}", path.display());
        let next = "name its key file with --key FILE, or choose another name";
        return Err(failure(message, next).into());
    }
    let key = ctx.unsealer()?.open_key(path, &Purpose::AGENT)?;
    if key.public_key().thumbprint().to_string() != text_of(agent, "key") {
        let message = format!("agent {name} exists with another key than {}", path.display());
        return Err(failure(message, "choose another name; a name keeps its key").into());
    }
    report(agent, (path, "was enrolled before, with this key"), ctx)
}

fn report(agent: &Object, (path, what): (&Path, &str), ctx: &Context) -> anyhow::Result<()> {
    let file = path.display().to_string();
    let human = || {
        let name = shown(agent, "name");
        let mut rows = rows(agent);
        rows.push(["key file".into(), file.clone()]);
        let next = format!("procura delegate --to {name} --allow 'TOOL(ARGUMENT=RULE)' …");
        format!("agent {name} {what}\n\n{}\nnext: {next}", table::lines(&rows, 2))
    };
    ctx.say(human, agent.clone().with("key_file", file.as_str()))
}

fn list(ctx: &Context) -> anyhow::Result<()> {
    let answer = ctx.client()?.get("/v1/agents")?;
    let row =
        |agent: &Object| ["name", "state", "owner", "fingerprint"].map(|name| shown(agent, name));
    let rows: Vec<[String; 4]> = objects(&answer, "agents")?.into_iter().map(row).collect();
    let human = || match rows.as_slice() {
        [] => "there are no agents; make one with `procura agent create NAME`".into(),
        rows => table::titled(["AGENT", "STATE", "OWNER", "KEY"], rows, 0).trim_end().into(),
    };
    ctx.say(human, answer.clone())?;
    Ok(())
}

fn set_state(stop: &Stop, state: &str, ctx: &Context) -> anyhow::Result<()> {
    let agent = put_state(&ctx.client()?, &stop.name, (state, &stop.reason))?;
    ctx.say(
        || format!("agent {} is {}", shown(&agent, "name"), shown(&agent, "state")),
        agent.clone(),
    )?;
    Ok(())
}

fn rows(agent: &Object) -> Vec<[String; 2]> {
    let created = agent.get("created").and_then(Value::as_integer).unwrap_or_default();
    vec![
        ["id".into(), shown(agent, "id")],
        ["state".into(), shown(agent, "state")],
        ["owner".into(), shown(agent, "owner")],
        ["key".into(), shown(agent, "fingerprint")],
        ["thumbprint".into(), shown(agent, "key")],
        ["since".into(), moment::text(Timestamp::from_seconds(created))],
    ]
}

/// The path of an agent, given by its name, as `agent:NAME`, or by its id.
fn target(text: &str) -> Result<String, Failure> {
    let short = text.strip_prefix("agent:").unwrap_or(text);
    let id = AgentId::parse(text).filter(|id| id.agent_of_instance().is_none());
    let name = match id {
        Some(id) => id.name().clone(),
        None => name(short)?,
    };
    Ok(format!("/v1/agents/{name}"))
}
