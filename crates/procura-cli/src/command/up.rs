//! `procura up`: the authority and the gateway, to keep.

use std::net::SocketAddr;
use std::process::ExitCode;

use procura_core::json::Object;
use procura_keys::unsealer::Unsealer;

use crate::context::Context;
use crate::serve::{self, FirstStart, LostPin, Running, StopSignals};

/// Options of `procura up`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:7420", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The first administrator's name, on the first start
    #[arg(long, default_value = "admin", value_name = "NAME")]
    admin: String,
    /// Where agents' names are unique, on the first start
    #[arg(long, default_value = "procura.local", value_name = "DOMAIN")]
    trust_domain: String,
    /// For one start: take log and directory as the database has them, if `checkpoint` or `directory.jwt` is lost
    #[arg(long)]
    pin_log: bool,
}

const EXAMPLES: &str = "Examples:
  procura up                                    on the usual data directory
  procura up --data ./data --listen 127.0.0.1:0
  procura up --passphrase-file ./passphrase     without a terminal; made on the first start

MCP servers behind the gateway are named in DIR/procura.toml.";

/// Runs until it is told to stop.
pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    crate::system::log_to_stderr();
    let is_first = !serve::is_prepared(ctx.place())?;
    serve::modes::check(ctx.place())?;
    let unsealer = if is_first { ctx.new_unsealer()? } else { ctx.unsealer()? };
    if is_first {
        let first =
            FirstStart { administrator: &arguments.admin, trust_domain: &arguments.trust_domain };
        serve::prepare(ctx.place(), &unsealer, &first)?;
    }
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut stop = StopSignals::listen()?;
        let running = tokio::select! {
            running = start(&arguments, ctx, &unsealer) => running?,
            // The start is broken off anywhere, as by a crash; the next one goes on.
            _ = stop.wait() => return Ok(()),
        };
        greet(ctx, &running, is_first);
        stop.wait().await;
        running.stop().await
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn start(
    arguments: &Arguments,
    ctx: &Context,
    unsealer: &Unsealer,
) -> anyhow::Result<Running> {
    let lost_pin = if arguments.pin_log { LostPin::Adopt } else { LostPin::Refuse };
    let parts = serve::assemble(ctx.place(), unsealer, lost_pin).await?;
    let servers = parts.config.servers.clone();
    let running = serve::listen(parts, &servers, arguments.listen).await?;
    running.publish()?;
    Ok(running)
}

fn greet(ctx: &Context, running: &Running, is_first: bool) {
    let url = running.url();
    let people = ctx.place().people();
    let servers: Vec<&str> = running.parts.config.servers.keys().map(String::as_str).collect();
    let json = Object::new()
        .with("url", url.as_str())
        .with("data", ctx.place().root().display().to_string())
        .with("people", people.clone())
        .with("servers", servers.clone());
    if let Err(error) = ctx.say(|| words(ctx, &url, (&people, &servers), is_first), json) {
        // What nobody reads does not stop what serves.
        tracing::warn!(%error, "the greeting was not printed");
    }
    if !running.address.ip().is_loopback() {
        tracing::warn!(
            "plain HTTP reaches beyond this machine: put TLS in front, and name its host in procura.toml"
        );
    }
}

fn words(
    ctx: &Context,
    url: &str,
    (people, servers): (&[String], &[&str]),
    is_first: bool,
) -> String {
    let root = ctx.place().root().display();
    let who = people.first().map_or("admin", String::as_str);
    let mut text = format!("procura listens on {url}\n  data    {root}\n");
    if servers.is_empty() {
        text.push_str(&format!("  servers none yet: name them in {root}/procura.toml\n"));
    } else {
        text.push_str(&format!("  servers {}\n", servers.join(", ")));
    }
    if is_first {
        text.push_str(&format!(
            "\nYou sign in with a key, not with a password: user:{who}, sealed in\n  {}\nKeep its passphrase; nobody can restore it.\n",
            ctx.place().user_key(who).display()
        ));
    }
    let mut procura = format!("procura --data {root}");
    if let Some(file) = ctx.passphrase_file() {
        procura.push_str(&format!(" --passphrase-file {}", file.display()));
    }
    let server = servers.first().copied().unwrap_or("SERVER");
    text.push_str(&format!(
        "\nTry, in another terminal:\n  {procura} agent create planner\n  {procura} delegate --as user:{who} --to planner --allow 'mcp:{server}/TOOL' --out planner.chain\n  {procura} audit tail\n"
    ));
    text
}
