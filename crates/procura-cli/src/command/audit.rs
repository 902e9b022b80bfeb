//! Reads and verifies the log.

mod offline;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use procura_core::json::{Object, Value};

use crate::client::{Client, objects, part};
use crate::command::inspect::event;
use crate::context::Context;
use crate::failure::Failure;

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
    let first = match from {
        Some(from) => format!("/v1/events?from={from}&limit={PAGE}"),
        None => format!("/v1/events?limit={LAST}"),
    };
    let (mut next, mut count) = page(&client, &first, ctx)?;
    while count > 0 || follow {
        if count == 0 {
            std::thread::sleep(PAUSE);
        }
        (next, count) = page(&client, &format!("/v1/events?from={next}&limit={PAGE}"), ctx)?;
    }
    Ok(())
}

/// Prints one page. Returns where the next begins, and how many events there were.
fn page(client: &Client, target: &str, ctx: &Context) -> anyhow::Result<(i64, usize)> {
    let page = client.get(target)?;
    let mut count = 0_usize;
    let mut out = anstream::stdout().lock();
    for event in objects(&page, "events") {
        count = count.saturating_add(1);
        writeln!(out, "{}", line(event, ctx)?).context("the events cannot be printed")?;
    }
    out.flush().context("the events cannot be printed")?;
    let next = page.get("next").and_then(Value::as_integer).unwrap_or_default();
    Ok((next, count))
}

fn line(event: &Object, ctx: &Context) -> anyhow::Result<String> {
    let body = event.to_canonical()?;
    if ctx.json {
        return Ok(body);
    }
    let number = event.get("seq").and_then(Value::as_integer).unwrap_or_default();
    let id = crate::client::shown(event, "id");
    Ok(format!("{number:>6}  {id}  {}", event::human(body.as_bytes())))
}

fn receipt(event: &str, out: Option<PathBuf>, ctx: &Context) -> anyhow::Result<()> {
    let text = ctx.client()?.text(&format!("/v1/events/{}/receipt", part(event)?))?;
    let answer = Object::new().with("event", event);
    let Some(path) = out else {
        // The receipt is base64 and numbers, and is copied byte for byte.
        ctx.say(
            || super::inspect::safe::lines(text.trim_end()),
            answer.with("receipt", text.as_str()),
        );
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
    ctx.say(human, answer.with("file", name.as_str()));
    Ok(())
}
