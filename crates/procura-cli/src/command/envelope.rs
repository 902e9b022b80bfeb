//! Signs and verifies one action as plain JSON, as other people's programs do.

mod given;
mod sign;
mod verify;

use std::process::ExitCode;

use crate::context::Context;

/// Sign and verify one action as plain JSON, as PyNaCl and tweetnacl do.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// Sign an action with an agent's key
    Sign(Box<sign::Arguments>),
    /// Verify who signed an action, when, and what it says
    Verify(Box<verify::Arguments>),
}

const EXAMPLES: &str = "\
An envelope says who acts, and names who let it without proving that. For proof, use a chain:
`procura delegate`. The signed text is one JSON object with `agent_id`, `action` and `timestamp`.

Exit codes: 0 proved · 1 proved false · 2 wrong usage · 3 a file cannot be read · 4 not enough evidence

Examples:
  procura envelope sign --key planner --action deploy --resource web/prod > action.json
  procura envelope sign payload.json --key planner --form detached > payload.sig
  procura envelope verify action.json --key planner.jwk --action deploy
  procura envelope verify payload.json --signature payload.sig --key 1DeRqrlFEvmnYeEoeFyXgOCuG7Bo5OB0gKfCRywGMT4=
  procura envelope verify action.json --directory directory.jwt --trust trust.json";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    match arguments.what {
        What::Sign(arguments) => sign::run(&arguments, ctx),
        What::Verify(arguments) => verify::run(&arguments, ctx),
    }
}
