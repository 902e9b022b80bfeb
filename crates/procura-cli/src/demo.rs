//! `procura demo`: real agents act with delegated authority, and every step
//! says what was expected and what happened.
//!
//! **Invariant:** nothing here is pretended. The server, the MCP server, the
//! keys, the log and the offline verifier are those of `procura up`.

mod agents;
mod calls;
mod cast;
mod narrate;
mod office;
mod proof;
mod stage;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::context::Context;
use narrate::Narrator;
use stage::Stage;

/// Options of `procura demo`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Leave the directory, and say what to try next
    #[arg(long)]
    keep: bool,
    /// Where to make the directory; a temporary one otherwise
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  procura demo               the story, step by step
  procura demo --json        one object a step, then {ok, steps, events, dir}
  procura demo --keep        leave keys, chains, log and receipts to play with

Exit code 0 only if every step went as expected.";

/// Tells the story.
pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let mut narrator = Narrator::new(ctx.json);
    let stage = match Stage::set(arguments.dir.as_deref(), arguments.keep) {
        Ok(stage) => stage,
        Err(error) => {
            if ctx.json {
                narrator.broke_off(&error);
                narrator.close(0, None);
            }
            return Err(error);
        }
    };
    let kept = arguments.keep.then(|| stage.root().to_owned());
    let told = story::tell(stage, &mut narrator);
    while stage::is_broken_off() {
        // Another thread clears up and ends the process.
        std::thread::park();
    }
    let events = match told {
        Ok(events) => events,
        Err(error) => {
            narrator.broke_off(&error);
            0
        }
    };
    narrator.close(events, kept.as_deref());
    Ok(if narrator.all_as_expected() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
