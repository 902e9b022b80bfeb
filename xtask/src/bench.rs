//! Runs the benchmark programs in a release build.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context;
use clap::Args;

/// What `cargo xtask bench` passes on.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run the grant through Procura and through its peers instead; fetches the peers' crates.
    #[arg(long)]
    peers: bool,
    /// A group of benchmarks, `--json`, or whatever the program takes.
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the benchmarks and passes their exit code on.
pub(crate) fn run(options: &Options, root: &Path) -> anyhow::Result<ExitCode> {
    let (hostile, arguments): (Vec<OsString>, Vec<OsString>) =
        options.arguments.iter().cloned().partition(|word| word == HOSTILE);
    let program = match (options.peers, hostile.is_empty()) {
        (true, _) => peers(root),
        (false, true) => ours(root, "bench"),
        (false, false) => ours(root, HOSTILE),
    };
    start(program, &arguments)
}

/// Runs the comparison with the peers just long enough to see that it runs.
pub(crate) fn run_peers_quickly(root: &Path) -> anyhow::Result<ExitCode> {
    start(peers(root), &["--quick".into()])
}

fn start(mut program: Command, arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    let status = program.arg("--").args(arguments).status().context("cargo does not start")?;
    Ok(crate::exit_code(status))
}

/// The group that is a program of its own.
const HOSTILE: &str = "hostile";

fn ours(root: &Path, program: &str) -> Command {
    let mut cargo = crate::cargo();
    cargo.current_dir(root).args([
        "run",
        "--release",
        "--quiet",
        "--package",
        "procura-testkit",
        "--features",
        "bench",
        "--bin",
        program,
    ]);
    cargo
}

/// A workspace of its own, with a lock file of its own.
fn peers(root: &Path) -> Command {
    let mut cargo = crate::cargo();
    cargo.current_dir(root).args([
        "run",
        "--release",
        "--quiet",
        "--manifest-path",
        "bench/peers/Cargo.toml",
    ]);
    cargo
}
