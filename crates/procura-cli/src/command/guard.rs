//! `procura guard -- COMMAND…`: one stdio MCP server behind the gateway.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use procura_core::identity::Name;
use procura_gateway::guard::{self, Credential};
use procura_store::open::OpenError;

use crate::command::chain_file;
use crate::context::Context;
use crate::failure::Failure;
use crate::serve::{self, FirstStart, LostPin, ServerConfig, StopSignals};

/// Options of `procura guard`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The server's name in tool ids: mcp:NAME/TOOL
    #[arg(long, default_value = "guarded", value_name = "NAME")]
    name: String,
    /// The chain of the agent that the client acts for
    #[arg(long, requires = "key", value_name = "FILE")]
    chain: Option<PathBuf>,
    /// The key of that agent: a name, NAME/INSTANCE or a file
    #[arg(long, requires = "chain", value_name = "KEY")]
    key: Option<String>,
    /// The MCP server and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

const EXAMPLES: &str = "Examples:
  procura guard --name files --chain coder.chain --key coder -- npx -y @modelcontextprotocol/server-filesystem /srv/files

In a client's configuration, put procura where the server's command was and the
server's own command after `--`. Without --chain and --key, every call must
bring its own credential in _meta; what brings none is refused.";

/// Serves the client on standard input and output until it hangs up.
pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    crate::system::log_to_stderr();
    Name::parse(&arguments.name)
        .map_err(|error| Failure::usage(error.to_string(), "choose another --name"))?;
    let is_first = !serve::is_prepared(ctx.place())?;
    serve::modes::check(ctx.place())?;
    let unsealer = if is_first { ctx.new_unsealer()? } else { ctx.unsealer()? };
    if is_first {
        let first = FirstStart { administrator: "admin", trust_domain: "procura.local" };
        serve::prepare(ctx.place(), &unsealer, &first)?;
    }
    let credential = match (&arguments.chain, &arguments.key) {
        (Some(chain), Some(key)) => {
            Some(Credential { chain: chain_file(chain)?, key: ctx.agent(key)? })
        }
        _ => None,
    };
    let server = ServerConfig { command: arguments.command, ..ServerConfig::default() };
    let servers = BTreeMap::from([(arguments.name.clone(), server)]);
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut stop = StopSignals::listen()?;
        let parts = serve::assemble(ctx.place(), &unsealer, LostPin::Refuse).await;
        let parts = parts.map_err(if_in_use)?;
        // The authority listens too, so that approvals and revocations reach this process.
        let running = serve::listen(parts, &servers, ([127, 0, 0, 1], 0).into()).await?;
        running.publish()?;
        let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
        let gateway = Arc::clone(&running.gateway);
        let served = tokio::select! {
            served = guard::serve(gateway, &arguments.name, credential, (input, output)) => served,
            _ = stop.wait() => Ok(()),
        };
        // Also where the client's pipe broke, calls end and are recorded first.
        let stopped = running.stop().await;
        served.context("the client cannot be read or answered")?;
        stopped
    })?;
    // A read of standard input that nobody waits for must not hold up the end.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

/// `up` or another `guard` may serve the directory; this one need not be its.
fn if_in_use(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<OpenError>() {
        Some(OpenError::Locked { path, holder }) => Failure::environment(
            format!("{} is in use by {holder}", path.display()),
            "give this server a directory of its own with --data DIR (its first start makes it); or name its command in procura.toml of the one that runs, and call it there",
        )
        .into(),
        Some(_) | None => error,
    }
}
