//! Runs the benchmark program in a release build.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

/// What `cargo xtask bench` passes on.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A group of benchmarks, `--json`, or whatever the program takes.
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the benchmarks and passes their exit code on.
pub(crate) fn run(options: &Options, root: &Path) -> anyhow::Result<ExitCode> {
    let status = crate::cargo()
        .current_dir(root)
        .args([
            "run",
            "--release",
            "--quiet",
            "--package",
            "procura-testkit",
            "--features",
            "bench",
            "--bin",
            "bench",
        ])
        .arg("--")
        .args(&options.arguments)
        .status()
        .context("cargo does not start")?;
    Ok(crate::exit_code(status))
}
