//! Adds and lists people.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum as _;
use procura_core::json::Object;
use procura_core::key::Signer as _;
use procura_keys::description::Purpose;

use crate::client::{confirmed, objects, shown, text_of};
use crate::command::agent::{key_at, name};
use crate::command::inspect::table;
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Add and list people.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// Make a key and enrol a person with it; doing it again changes nothing
    Add {
        /// The name: a-z, 0-9 and `-`
        name: String,
        /// What the person may do to Procura itself
        #[arg(long)]
        role: Role,
        /// Where the sealed key is, or is to be; else in the data directory
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// List all people
    List,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Role {
    /// Everything: enrol, suspend, revoke, approve
    Administrator,
    /// Approve or refuse calls, and revoke what they delegated
    Approver,
}

const EXAMPLES: &str = "\
Exit codes: 0 done · 1 refused · 2 wrong usage · 3 the server, a key or a file is missing

Examples:
  procura person add bob --role approver
  procura person list
  procura approvals list --as user:bob";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    match arguments.what {
        What::Add { name, role, key } => add(&name, role, key, ctx)?,
        What::List => list(ctx)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn add(text: &str, role: Role, key: Option<PathBuf>, ctx: &Context) -> anyhow::Result<()> {
    let name = name(text)?;
    let path = key.unwrap_or_else(|| ctx.place().user_key(name.as_str()));
    let client = ctx.client()?;
    let people = client.get("/v1/people")?;
    let principal = format!("user:{name}");
    let people = objects(&people, "people")?;
    let existing = people.into_iter().find(|person| text_of(person, "principal") == principal);
    let is_known = existing.is_some();
    if is_known && !path.exists() {
        return Err(refused(&principal, "exists, and the key is not here").into());
    }
    let label = format!("user {name}");
    let key = key_at(&path, (&label, Purpose::USER), ctx)?;
    let person = match existing {
        Some(person) if text_of(person, "key") == key.public_key().thumbprint().to_string() => {
            person.clone()
        }
        Some(_) => return Err(refused(&principal, "exists with another key").into()),
        None => {
            let statement = client.enrolment("person", name.as_str(), &key)?;
            let body = Object::new().with("statement", statement).with("role", role.word());
            let person = client.post("/v1/people", &body)?;
            confirmed(&person, "key", &key.public_key().thumbprint().to_string())?;
            person
        }
    };
    let what = if is_known { "was enrolled before, with this key" } else { "is enrolled" };
    let file = path.display().to_string();
    let human = || {
        let rows = [
            ["role".into(), shown(&person, "role")],
            ["key".into(), shown(&person, "fingerprint")],
            ["thumbprint".into(), shown(&person, "key")],
            ["key file".into(), file.clone()],
        ];
        let rows = table::lines(&rows, 2);
        format!("{principal} {what}\n\n{rows}\nnext: say who signs with --as {principal}")
    };
    ctx.say(human, person.clone().with("key_file", file.as_str()))?;
    Ok(())
}

fn list(ctx: &Context) -> anyhow::Result<()> {
    let answer = ctx.client()?.get("/v1/people")?;
    let row =
        |person: &Object| ["principal", "role", "fingerprint"].map(|name| shown(person, name));
    let rows: Vec<[String; 3]> = objects(&answer, "people")?.into_iter().map(row).collect();
    let human = || table::titled(["PERSON", "ROLE", "KEY"], &rows, 0).trim_end().to_owned();
    ctx.say(human, answer.clone())?;
    Ok(())
}

impl Role {
    /// The name on the wire, which is the one on the command line.
    fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

fn refused(principal: &str, what: &str) -> Failure {
    Failure {
        exit: Exit::False,
        message: format!("{principal} {what}"),
        next: Some("name the key file with --key FILE, or choose another name".into()),
    }
}
