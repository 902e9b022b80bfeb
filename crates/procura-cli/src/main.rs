//! The `procura` binary: the only place where ports meet adapters.

mod client;
mod command;
mod context;
mod demo;
mod failure;
mod place;
mod serve;
mod system;
mod workshop;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use context::{Context, Global};
use failure::Failure;

/// Power of attorney for AI agents: who acted, for whom, who let it, and the proof.
#[derive(clap::Parser)]
#[command(name = "procura", version, max_term_width = 100, after_help = EXAMPLES)]
struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Watch real agents act with delegated authority: allowed, refused, approved, revoked, proved
    Demo(demo::Arguments),
    /// Run the authority and the gateway
    Up(command::up::Arguments),
    /// Put one stdio MCP server behind the gateway
    Guard(command::guard::Arguments),
    /// Create, show and stop agents
    Agent(command::agent::Arguments),
    /// Add and list people
    Person(command::person::Arguments),
    /// Give authority to an agent, or a part of one's own to the next
    Delegate(Box<command::delegate::Arguments>),
    /// Show the templates that a delegation can be made from
    Template(command::template::Arguments),
    /// Call one tool through the gateway
    Call(command::call::Arguments),
    /// See and settle requests for approval
    Approvals(command::approvals::Arguments),
    /// Revoke an agent, a key, a delegation, a person's delegations, or everything
    Revoke(command::revoke::Arguments),
    /// Read and verify the log
    Audit(command::audit::Arguments),
    /// Show what is in a chain, token, receipt or key file
    Inspect(command::inspect::Arguments),
    /// Verify a receipt or a chain offline
    Verify(command::verify::Arguments),
    /// Sign and verify one action as plain JSON, as PyNaCl and tweetnacl do
    Envelope(command::envelope::Arguments),
    /// The demo's MCP server
    #[command(hide = true)]
    Workshop(workshop::Arguments),
}

const EXAMPLES: &str = "Examples:
  procura demo                                 the whole story, on real parts, in a minute
  procura up                                   the same parts, to keep
  procura agent create planner                 an agent with a key of its own
  procura guard -- npx server-filesystem DIR   one MCP server, guarded";

fn main() -> ExitCode {
    let line = command_line();
    match Context::new(line.global).and_then(|ctx| run(line.command, &ctx)) {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

/// Reads the command line. The examples of a command are those of its subcommands too.
fn command_line() -> CommandLine {
    let command = CommandLine::command().mut_subcommands(|command| {
        let examples = command.get_after_help().cloned().unwrap_or_default();
        command.mut_subcommands(|own| own.after_help(examples.clone()))
    });
    CommandLine::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn run(command: Command, ctx: &Context) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(arguments) => demo::run(arguments, ctx),
        Command::Up(arguments) => command::up::run(arguments, ctx),
        Command::Guard(arguments) => command::guard::run(arguments, ctx),
        Command::Agent(arguments) => command::agent::run(arguments, ctx),
        Command::Person(arguments) => command::person::run(arguments, ctx),
        Command::Delegate(arguments) => command::delegate::run(&arguments, ctx),
        Command::Template(arguments) => command::template::run(arguments, ctx),
        Command::Call(arguments) => command::call::run(arguments, ctx),
        Command::Approvals(arguments) => command::approvals::run(arguments, ctx),
        Command::Revoke(arguments) => command::revoke::run(arguments, ctx),
        Command::Audit(arguments) => command::audit::run(arguments, ctx),
        Command::Inspect(arguments) => command::inspect::run(arguments, ctx),
        Command::Verify(arguments) => command::verify::run(arguments, ctx),
        Command::Envelope(arguments) => command::envelope::run(arguments, ctx),
        Command::Workshop(arguments) => workshop::run(arguments),
    }
}

/// Says what went wrong on standard error, and exits with its code.
fn report(error: &anyhow::Error) -> ExitCode {
    let exit = error.downcast_ref::<Failure>().map_or(failure::Exit::Environment, |own| own.exit);
    anstream::eprintln!("error: {error:#}");
    ExitCode::from(exit.code())
}
