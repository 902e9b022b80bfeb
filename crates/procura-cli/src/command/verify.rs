//! Verifies receipts and chains offline, against a trust bundle.
//!
//! **Invariant:** exit code 0 means that everything that was asked was proved
//! and that the answer reached its reader. Nothing else ends with 0.

pub(crate) mod bundle;
mod chain;
pub(crate) mod dated;
mod explain;
mod open;
mod receipt;
pub(crate) mod verdict;

use std::process::ExitCode;

use crate::context::Context;

/// Verify a receipt or a chain offline.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum What {
    /// Verify that events are in the log
    Receipt(receipt::Arguments),
    /// Verify a chain of delegations, and whether it holds a call
    Chain(chain::Arguments),
}

const EXAMPLES: &str = "\
Exit codes: 0 proved · 1 proved false · 2 wrong usage · 3 a file cannot be read · 4 not enough evidence

Examples:
  procura verify receipt receipt.txt --trust trust.json
  procura verify chain coder.chain --trust trust.json --directory directory.jwt
  procura verify chain coder.chain --directory directory.jwt --ttl-only \\
    --tool mcp:web/write_file --args '{\"path\":\"/src/auth.ts\",\"content\":\"x\"}'";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    match arguments.what {
        What::Receipt(arguments) => receipt::run(&arguments, ctx),
        What::Chain(arguments) => chain::run(&arguments, ctx),
    }
}
