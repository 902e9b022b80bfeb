//! Runs the tests for long, and then the fuzz targets.
//!
//! The tests read two variables: `PROCURA_CASES`, how many random cases a
//! property tries, and `PROCURA_CRASHES`, how many crashes a store survives.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;

/// How long `cargo xtask nightly` goes on.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Random cases per property.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    cases: u64,
    /// Crashes per store.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    crashes: u64,
    /// Seconds per fuzz target; 0 leaves them out.
    #[arg(long, value_name = "N", default_value_t = 600)]
    fuzz: u32,
}

/// Runs every test in a release build, then the comparison with the peers, then every
/// fuzz target, and reports how long the first two took.
///
/// The comparison runs even if a test failed; the targets only after what passed.
/// Both are here and not in `ci`, because they fetch and build what the product does
/// not need.
pub(crate) fn run(options: &Options, root: &Path) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let status = crate::cargo()
        .current_dir(root)
        .args(["test", "--workspace", "--release", "--no-fail-fast"])
        .env("PROCURA_CASES", options.cases.to_string())
        .env("PROCURA_CRASHES", options.crashes.to_string())
        .status()
        .context("cargo does not start")?;
    let peers = crate::bench::run_peers_quickly(root)?;
    let passed = status.success() && peers == ExitCode::SUCCESS;
    let verdict = if passed { "passed" } else { "failed" };
    eprintln!("nightly {verdict} after {:.1} s", start.elapsed().as_secs_f64());
    eprintln!("  {} cases per property, {} crashes per store", options.cases, options.crashes);
    if passed && options.fuzz > 0 {
        return crate::fuzz::run(&crate::fuzz::Options::all(options.fuzz), root);
    }
    Ok(if status.success() { peers } else { crate::exit_code(status) })
}
