//! Reads and verifies the log.

mod offline;

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use procura_core::json::{self, Object, Value};
use procura_merkle::proof::Receipt;

use crate::client::{objects, part, shown, text_of};
use crate::command::inspect::{event, safe};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Read and verify the log.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// Print events, the newest last
    Tail {
        /// Begin with the event of this number, instead of the last 20
        #[arg(long, value_name = "NUMBER")]
        from: Option<u64>,
        /// Wait for more
        #[arg(long, short)]
        follow: bool,
    },
    /// Fetch the receipt of an event, which anybody can verify offline
    Receipt {
        /// The event's id
        event: String,
        /// Write it to a new file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check the whole log of the data directory, offline
    Verify(offline::Arguments),
}

const EXAMPLES: &str = "\
Exit codes of `verify`: 0 true · 1 false · 2 wrong usage · 3 a file cannot be read · 4 not enough evidence

Examples:
  procura audit tail --follow
  procura audit tail --from 0 --json
  procura audit receipt 0198c5f0-7d3a-7abc-8def-0123456789ab --out receipt.txt
  procura audit verify --checkpoint copied-last-week.txt";

/// How many events `tail` begins with.
const LAST: u64 = 20;
/// How many events are fetched at a time.
const PAGE: u64 = 200;
/// How long to wait before asking for more.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    match arguments.what {
        What::Tail { from, follow } => tail(from, follow, ctx)?,
        What::Receipt { event, out } => receipt(&event, out, ctx)?,
        What::Verify(arguments) => return offline::run(&arguments, ctx),
    }
    Ok(ExitCode::SUCCESS)
}

fn tail(from: Option<u64>, follow: bool, ctx: &Context) -> anyhow::Result<()> {
    let client = ctx.client()?;
    let mut target = match from {
        Some(from) => format!("/v1/events?from={from}&limit={PAGE}"),
        None => format!("/v1/events?limit={LAST}"),
    };
    loop {
        let page = client.get(&target)?;
        let events = objects(&page, "events")?;
        if !print(&events, ctx)? || (events.is_empty() && !follow) {
            return Ok(());
        }
        if events.is_empty() {
            std::thread::sleep(PAUSE);
        }
        let next = page.get("next").and_then(Value::as_integer).unwrap_or_default();
        target = format!("/v1/events?from={next}&limit={PAGE}");
    }
}

/// Prints events. Returns whether somebody still reads them.
fn print(events: &[&Object], ctx: &Context) -> anyhow::Result<bool> {
    let mut text = String::new();
    for event in events {
        text.push_str(&line(event, ctx)?);
        text.push('\n');
    }
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("the events cannot be printed"),
    }
}

fn line(event: &Object, ctx: &Context) -> anyhow::Result<String> {
    if ctx.json {
        return Ok(event.to_canonical()?);
    }
    let number = event.get("seq").and_then(Value::as_integer).unwrap_or_default();
    let mut body = event.clone();
    if text_of(event, "reason").is_empty() {
        body.remove("reason");
    }
    let human = event::human(body.to_canonical()?.as_bytes());
    let (first, rest) = human.split_once('\n').unwrap_or((&human, ""));
    let rest =
        if rest.is_empty() { String::new() } else { format!("\n{:9}{}", "", rest.trim_start()) };
    Ok(format!("{number:>6}  {first}{}  {}{rest}", change(event), shown(event, "id")))
}

/// Who changed what, in events that are about Procura itself.
fn change(event: &Object) -> String {
    let mut words = String::new();
    let mut say = |label: &str, name| {
        let value = shown(event, name);
        if !value.is_empty() {
            words.push_str(&format!("  {label}{value}"));
        }
    };
    say("", "agent");
    say("", "person");
    say("as ", "role");
    say("", "what");
    say("", "value");
    say("", "answer");
    say("request ", "approval");
    say("by ", "by");
    words
}

/// Whether this is the receipt of `event`; whether it proves anything is for `verify`.
fn is_of(text: &str, event: &str) -> bool {
    let receipt = Receipt::parse(text).ok();
    let entry = receipt.and_then(|receipt| json::parse_object(receipt.extra()?).ok());
    entry.is_some_and(|entry| entry.get("id").and_then(Value::as_str) == Some(event))
}

fn receipt(event: &str, out: Option<PathBuf>, ctx: &Context) -> anyhow::Result<()> {
    let text = ctx.client()?.text(&format!("/v1/events/{}/receipt", part(event)?))?;
    if !is_of(&text, event) {
        return Err(Failure {
            exit: Exit::False,
            message: format!("the server sent the receipt of something else than {event}"),
            next: Some("trust nothing that this server says until an operator has looked".into()),
        }
        .into());
    }
    let answer = Object::new().with("event", event);
    let Some(path) = out else {
        // The receipt is base64 and numbers, and is copied byte for byte.
        ctx.say(|| safe::lines(text.trim_end()), answer.with("receipt", text.as_str()))?;
        return Ok(());
    };
    let name = path.display().to_string();
    let written =
        std::fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        Failure::environment(
            format!("{name} cannot be written: {error}"),
            "name a file that does not exist",
        )
    })?;
    let human = || format!("written to {name}\nnext: procura verify receipt {name}");
    ctx.say(human, answer.with("file", name.as_str()))?;
    Ok(())
}
