//! Shows and settles requests for approval.
//!
//! **Invariant:** what is signed is computed from what is shown. A server that
//! shows one call and asks a signature for another gets none.

mod request;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use procura_core::approval::{self, Answer, Terms};
use procura_core::json::{Object, Value};
use procura_core::limits;
use procura_core::time::Timestamp;

use crate::client::{Client, confirmed, objects, part, said, shown, text_of};
use crate::command::inspect::{moment, table};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use request::Request;

/// See and settle requests for approval.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// List the requests that wait
    List {
        /// The decided, used and expired ones too
        #[arg(long)]
        all: bool,
    },
    /// Show everything that would run, and let it run once
    Approve(Decide),
    /// Show everything that would run, and refuse it
    Deny(Decide),
}

#[derive(clap::Args, Clone, Debug)]
struct Decide {
    /// The request
    id: String,
    /// Sign without asking
    #[arg(long, short = 'y')]
    yes: bool,
}

const EXAMPLES: &str = "\
Exit codes: 0 done · 1 refused, or the answer was no · 2 wrong usage · 3 the server or a key is missing

Examples:
  procura approvals list
  procura approvals approve 0198c5f0-7d3a-7abc-8def-0123456789ab
  procura approvals deny 0198c5f0-7d3a-7abc-8def-0123456789ab --yes --as user:bob";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    match arguments.what {
        What::List { all } => list(all, ctx),
        What::Approve(decide) => settle(&decide, Answer::Approve, ctx),
        What::Deny(decide) => settle(&decide, Answer::Deny, ctx),
    }
}

fn list(all: bool, ctx: &Context) -> anyhow::Result<ExitCode> {
    let target = if all { "/v1/approvals" } else { "/v1/approvals?state=pending" };
    let answer = ctx.client()?.get(target)?;
    let row = |request: &Object| {
        let expires = request.get("expires").and_then(Value::as_integer).unwrap_or_default();
        let left = moment::length_between(ctx.now(), Timestamp::from_seconds(expires));
        let [id, state, agent, tool] =
            ["id", "state", "agent", "tool"].map(|name| shown(request, name));
        [id, state, agent, tool, left]
    };
    let rows: Vec<[String; 5]> = objects(&answer, "approvals")?.into_iter().map(row).collect();
    let human = || match rows.as_slice() {
        [] => "no request waits for approval".into(),
        rows => table::titled(["REQUEST", "STATE", "AGENT", "TOOL", "TIME LEFT"], rows, 0)
            .trim_end()
            .into(),
    };
    ctx.say(human, answer.clone())?;
    Ok(ExitCode::SUCCESS)
}

fn settle(decide: &Decide, answer: Answer, ctx: &Context) -> anyhow::Result<ExitCode> {
    let client = ctx.client()?;
    let target = format!("/v1/approvals/{}", part(&decide.id)?);
    let request = Request::read(client.get(&target)?)?;
    request.must_wait()?;
    // Everything is shown before anything is asked; in a script's way of it is nothing.
    let _shown = writeln!(anstream::stderr(), "{}\n", request.describe(ctx.now()));
    if !decide.yes && !ask(answer)? {
        ctx.say(|| "nothing was signed".into(), Object::new().with("state", "pending"))?;
        return Ok(ExitCode::from(Exit::False.code()));
    }
    let statement = sign(&request, answer, &client, ctx)?;
    let body = Object::new().with("statement", statement);
    let settled = client.post(&format!("{target}/decision"), &body)?;
    confirmed(&settled, "digest", &request.subject().digest().to_base64url())?;
    said(&settled, "state")?;
    let human = || match text_of(&settled, "state") {
        "pending" => "signed; it waits for another approver".into(),
        state => format!("signed; the request is {}", crate::client::printable(state)),
    };
    ctx.say(human, settled.clone())?;
    Ok(ExitCode::SUCCESS)
}

fn sign(
    request: &Request,
    answer: Answer,
    client: &Client,
    ctx: &Context,
) -> anyhow::Result<String> {
    let issued = ctx.now();
    let terms = Terms {
        id: &ctx.ids()?,
        approver: client.principal(),
        issued,
        expires: issued.plus(limits::APPROVAL_LIFETIME),
    };
    Ok(approval::sign(request.subject(), answer, &terms, client.key()))
}

/// Asks a person at a terminal.
fn ask(answer: Answer) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        let next = "answer at a terminal, or say --yes once you have read it";
        return Err(Failure::usage("there is no terminal to ask at", next).into());
    }
    let question = match answer {
        Answer::Approve => "Let exactly this run, once?",
        Answer::Deny => "Refuse this?",
    };
    write!(anstream::stderr(), "{question} [y/N] ")?;
    anstream::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
