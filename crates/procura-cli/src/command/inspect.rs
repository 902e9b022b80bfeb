//! Shows what is in a file. It verifies nothing, and says so.

pub(crate) mod event;
pub(crate) mod hops;
pub(crate) mod input;
mod kind;
pub(crate) mod moment;
pub(crate) mod safe;
mod show;
pub(crate) mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Show what is in a chain, token, receipt, checkpoint, key file or trust bundle.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file; without one, or for `-`, standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

const EXAMPLES: &str = "\
Nothing is verified here: what is shown is what the file claims. `procura verify` verifies.

Examples:
  procura inspect coder.chain
  procura inspect ~/.local/share/procura/keys/agent.planner.key
  procura inspect receipt.txt --json
  echo eyJhbGciOiJFZDI1NTE5I… | procura inspect";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let bytes = input::read(&arguments.file)?;
    let kind = kind::recognise(&bytes).map_err(|reason| Failure {
        exit: Exit::Usage,
        message: format!("{}: {}", arguments.file.display(), safe::text(&reason)),
        next: Some("name a chain, token, receipt, checkpoint, key file or trust bundle".into()),
    })?;
    let human = || {
        let (title, text) = show::human(&kind);
        format!("NOT VERIFIED: {title}, as it claims\n\n{}", text.trim_end())
    };
    ctx.say(human, show::json(&kind))?;
    Ok(ExitCode::SUCCESS)
}
