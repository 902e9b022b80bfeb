//! Repository tasks, run as `cargo xtask TASK`.
//!
//! **Invariant:** a task that finds something wrong prints what and where, and
//! exits with a code other than zero.

#![cfg_attr(
    test,
    expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")
)]

mod arch;
mod bench;
mod ci;
mod fuzz;
mod lexer;
mod mutants;
mod nightly;
mod program;
mod tidy;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

/// Repository tasks.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run every check that a change must pass.
    #[command(after_help = ci::EXAMPLES)]
    Ci(ci::Options),
    /// Compare the dependencies of each crate with the table of allowed edges.
    Arch(Tree),
    /// Measure the source and compare it with the limits of the style.
    Tidy(Tree),
    /// Run the benchmarks; arguments go to the benchmark program as they are.
    Bench(bench::Options),
    /// Run the fuzz targets, one after another.
    #[command(after_help = fuzz::EXAMPLES)]
    Fuzz(fuzz::Options),
    /// Change the pure crates in one place at a time, and see whether a test notices.
    #[command(after_help = mutants::EXAMPLES)]
    Mutants(mutants::Options),
    /// Run the tests for long (more random cases, more crashes, release build), the
    /// comparison with the peers, and the fuzz targets.
    Nightly(nightly::Options),
}

#[derive(Debug, Args)]
struct Tree {
    /// The workspace to look at; this one unless given.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    match task {
        Task::Ci(options) => ci::run(&options, &workspace(None)?),
        Task::Arch(tree) => arch::run(&workspace(tree.root)?),
        Task::Tidy(tree) => tidy::run(&workspace(tree.root)?),
        Task::Bench(options) => bench::run(&options, &workspace(None)?),
        Task::Fuzz(options) => fuzz::run(&options, &workspace(None)?),
        Task::Mutants(options) => mutants::run(&options, &workspace(None)?),
        Task::Nightly(options) => nightly::run(&options, &workspace(None)?),
    }
}

/// The folder to work in: the one named, or the one that holds `xtask`.
fn workspace(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(root) = named {
        return Ok(root);
    }
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let parent = package.as_deref().and_then(std::path::Path::parent);
    parent.map(PathBuf::from).context("run it as `cargo xtask`, or name a workspace with `--root`")
}

/// Starts building a command that runs the cargo that runs this program.
fn cargo() -> std::process::Command {
    std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The exit code of `status`; a child that was killed counts as a failure.
fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask ci                  every check, as on the build machine
  cargo xtask ci --only clippy    one step of it
  cargo xtask tidy                which file or function is too long
  cargo xtask bench core          one group of benchmarks
  cargo xtask bench hostile       costly inputs within the limits, in time and memory
  cargo xtask bench --peers       the same grant through other implementations";
