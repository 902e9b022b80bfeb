//! Changes the pure crates in one place at a time, and asks whether a test notices.
//!
//! A change that no test notices is a line that nothing keeps true. Those that
//! remain are in `docs/mutants.md`, each with its reason.
//!
//! **Invariant:** a survivor that the page does not name is a failure, and so is a
//! share below the bound.

mod outcome;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use clap::Args;

use self::outcome::Outcome;
use crate::program::Program;

/// Which changes `cargo xtask mutants` tries.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Change this package and no other; may be repeated.
    #[arg(long, value_name = "NAME", default_values_t = PACKAGES.map(String::from))]
    package: Vec<String>,
    /// Change only files that match; may be repeated.
    #[arg(long, value_name = "GLOB")]
    file: Vec<String>,
    /// One part of all changes, such as 0/8.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// How many changes are tried at once.
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: u32,
}

/// What `cargo xtask mutants --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask mutants                                 every change; this takes hours
  cargo xtask mutants --package procura-merkle        one crate, in minutes
  cargo xtask mutants --file '**/constraint/*.rs'     one part of a crate
  cargo xtask mutants --shard 0/8                     an eighth, spread over everything";

const PACKAGES: [&str; 2] = ["procura-core", "procura-merkle"];
const PROGRAM: Program = Program { name: "cargo-mutants", version: "27.1.0" };
/// Random cases per property: what needs more to be found is better shown by a table.
const CASES: &str = "32";
/// Tests that try thousands of variants of one text. They are slow, and what only
/// they would notice is counted as not noticed.
const SKIPPED: [&str; 4] = ["flipped", "longest", "inflates", "a_statement_is_so_long"];
/// How many of a hundred changes have to be noticed.
const BOUND: usize = 90;

/// Tries the changes, and prints what became of them.
pub(crate) fn run(options: &Options, root: &Path) -> anyhow::Result<ExitCode> {
    let program = PROGRAM.install(root)?;
    let output = root.join("target/mutants");
    let (mut caught, mut missed) = (0_usize, Vec::new());
    for package in &options.package {
        let folder = output.join(package);
        try_changes(options, &program, root, (package, &folder))?;
        let outcome = Outcome::read(&folder.join("mutants.out"))?;
        println!("{package}: {outcome}");
        caught = caught.saturating_add(outcome.caught);
        missed.extend(outcome.missed);
    }
    let page = fs::read_to_string(root.join("docs/mutants.md")).context("`docs/mutants.md`")?;
    let unnamed: Vec<&String> = missed.iter().filter(|name| !page.contains(*name)).collect();
    for name in &unnamed {
        println!("no test notices: {name}");
    }
    let enough = outcome::is_share(caught, missed.len(), BOUND);
    if !enough {
        println!("fewer than {BOUND} of 100 changes are noticed");
    }
    Ok(if enough && unnamed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Its exit code says whether a change was missed, which is judged here instead; what
/// else went wrong left no results.
fn try_changes(
    options: &Options,
    program: &Path,
    root: &Path,
    (package, folder): (&str, &Path),
) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("`{}`", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("`{}`", folder.display()))?;
    let mut command = Command::new(program);
    command.current_dir(root).args(["mutants", "--package", package, "--output"]).arg(folder);
    // What is built is not copied: it is many times as large as what is written.
    command.args([
        "--gitignore",
        "true",
        "--minimum-test-timeout",
        "30",
        "--jobs",
        &options.jobs.to_string(),
    ]);
    options.file.iter().for_each(|file| {
        command.args(["--file", file]);
    });
    options.shard.iter().for_each(|shard| {
        command.args(["--shard", shard]);
    });
    command.args(["--", "--test", "it", "--", "-Zunstable-options", "--fail-fast"]);
    command.args(["--test-threads", "1"]);
    SKIPPED.iter().for_each(|name| {
        command.args(["--skip", name]);
    });
    command.env("PROCURA_CASES", CASES).env("PROCURA_VECTORS", vectors(root));
    // Stopping at the first failure is an option of the test program that the
    // released compilers hide.
    command.env(runner()?, "env RUSTC_BOOTSTRAP=1").env("CARGO_PROFILE_DEV_DEBUG", "0");
    let status = command.status().context("cargo-mutants does not start")?;
    let done = folder.join("mutants.out/outcomes.json").exists();
    ensure!(done && matches!(status.code(), Some(0 | 2 | 3)), "cargo-mutants stopped: {status}");
    Ok(())
}

/// The vectors of others stand beside the project, and not beside its copy.
fn vectors(root: &Path) -> PathBuf {
    std::env::var_os("PROCURA_VECTORS").map_or(root.join("../shared/vectors"), PathBuf::from)
}

/// The variable that names the program under which cargo runs tests.
fn runner() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("rustc does not start")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say what it compiles for")?;
    Ok(format!("CARGO_TARGET_{}_RUNNER", host.to_uppercase().replace('-', "_")))
}
