//! The `procura` binary.

use std::process::ExitCode;

use clap::Parser;

mod workshop;

#[derive(clap::Parser)]
#[command(version, about = "Power of attorney for AI agents")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Serve the demo's repository over MCP
    #[command(hide = true)]
    Workshop(workshop::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match CommandLine::parse().command {
        Command::Workshop(arguments) => workshop::run(arguments),
    }
}
