//! Runs the fuzz targets, one after another, and prints what came of each.
//!
//! A target is a file in `fuzz/src/bin`. It is run by `cargo-fuzz` on the nightly
//! compiler; the first is installed here in one version, below `target`, and the
//! second by whoever owns the machine.
//!
//! **Invariant:** a target that found something, or could not run, is a failure.

mod report;

use std::ffi::OsString;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, bail, ensure};
use clap::Args;

use self::report::Report;
use crate::program::Program;

/// Which targets `cargo xtask fuzz` runs, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run this target and no other; may be repeated.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// How long each target runs.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// How many targets run at once.
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::MIN)]
    jobs: NonZeroUsize,
    /// Write the inputs that the targets start with, and run nothing.
    #[arg(long)]
    seed: bool,
}

/// What `cargo xtask fuzz --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask fuzz                            every target for a minute
  cargo xtask fuzz --target json --seconds 5  one target
  cargo xtask fuzz --seconds 600 --jobs 2     every target for ten minutes, two at a time
  cargo xtask fuzz --seed                     the inputs to start with, from `vectors`";

impl Options {
    /// Every target, for so many seconds each.
    pub(crate) fn all(seconds: u32) -> Self {
        let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { target: Vec::new(), seconds, jobs, seed: false }
    }
}

/// The compiler, which knows the sanitizers.
const TOOLCHAIN: &str = "nightly";
const PROGRAM: Program = Program { name: "cargo-fuzz", version: "0.13.1" };
/// No input of a target is longer, in bytes.
const LONGEST: u32 = 64 * 1024;
/// How much one input may allocate at once, in mebibytes.
const ALLOCATION: u32 = 64;
/// How much a target may hold, in mebibytes; most of it is the sanitizer's own.
const MEMORY: u32 = 512;
/// How many seconds one input may take; it is checked under the sanitizer, which is slow.
const SLOWEST: u32 = 2;

/// Seeds the targets, builds them, and runs the chosen ones.
pub(crate) fn run(options: &Options, root: &Path) -> anyhow::Result<ExitCode> {
    let fuzz = root.join("fuzz");
    let chosen = choose(&targets(&fuzz)?, &options.target)?;
    seed(root)?;
    if options.seed {
        return Ok(ExitCode::SUCCESS);
    }
    let program = PROGRAM.install(root)?;
    build(&program, &fuzz)?;
    let reports = run_all(&program, &fuzz, &chosen, options)?;
    print!("{}", report::table(&reports));
    let failed = reports.iter().any(Report::is_failure);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The names of the files in `fuzz/src/bin`, in order.
fn targets(fuzz: &Path) -> anyhow::Result<Vec<String>> {
    let folder = fuzz.join("src/bin");
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).map(String::from);
        names.extend(name.filter(|_| path.extension().is_some_and(|end| end == "rs")));
    }
    names.sort();
    ensure!(!names.is_empty(), "`{}` has no target", folder.display());
    Ok(names)
}

/// The targets that were asked for; all of them if none was.
fn choose(all: &[String], asked: &[String]) -> anyhow::Result<Vec<String>> {
    if let Some(unknown) = asked.iter().find(|name| !all.contains(name)) {
        bail!("there is no target `{unknown}`; there are {}", all.join(", "));
    }
    let is_asked = |name: &&String| asked.is_empty() || asked.contains(name);
    Ok(all.iter().filter(is_asked).cloned().collect())
}

fn seed(root: &Path) -> anyhow::Result<()> {
    let status = crate::cargo()
        .current_dir(root)
        .args(["run", "--quiet", "--package", "procura-testkit", "--bin", "vectors", "--"])
        .args(["--seed", "fuzz"])
        .stdout(Stdio::null())
        .status()
        .context("cargo does not start")?;
    ensure!(status.success(), "the targets have no inputs to start with");
    Ok(())
}

/// `cargo-fuzz` on the nightly compiler, whichever runs this program.
fn cargo_fuzz(program: &Path, fuzz: &Path, task: &str) -> Command {
    let mut command = Command::new("rustup");
    command.arg("run").arg(TOOLCHAIN).arg(program).arg(task).arg("--fuzz-dir").arg(fuzz);
    command.current_dir(fuzz).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    if let Some(folder) = std::env::var_os("CARGO_TARGET_DIR") {
        command.env("CARGO_TARGET_DIR", Path::new(&folder).join("fuzz"));
    }
    command
}

fn build(program: &Path, fuzz: &Path) -> anyhow::Result<()> {
    let status = cargo_fuzz(program, fuzz, "build").status();
    let status = status.context("rustup does not start; it is needed for the nightly compiler")?;
    ensure!(status.success(), "the targets do not build; they need `{TOOLCHAIN}`");
    Ok(())
}

/// Each thread takes the next target until there is none.
fn run_all(
    program: &Path,
    fuzz: &Path,
    chosen: &[String],
    options: &Options,
) -> anyhow::Result<Vec<Report>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut reports = Vec::new();
        while let Some(target) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            eprintln!("{target}");
            reports.push(run_one(program, fuzz, target, options.seconds)?);
        }
        anyhow::Ok(reports)
    };
    let reports: anyhow::Result<Vec<Vec<Report>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..options.jobs.get()).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread stopped"))?)
            .collect()
    });
    let mut reports: Vec<Report> = reports?.into_iter().flatten().collect();
    reports.sort_by(|a, b| a.target().cmp(b.target()));
    Ok(reports)
}

fn run_one(program: &Path, fuzz: &Path, target: &str, seconds: u32) -> anyhow::Result<Report> {
    let mut command = cargo_fuzz(program, fuzz, "run");
    let output = command
        .arg(target)
        .arg("--")
        .args(limits(seconds))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .context("cargo-fuzz does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let report = Report::read(target, &said, output.status.success());
    if report.is_failure() {
        eprintln!("{}", report::tail(&said));
    }
    Ok(report)
}

/// What libFuzzer holds a target to.
fn limits(seconds: u32) -> Vec<OsString> {
    [
        format!("-max_total_time={seconds}"),
        format!("-max_len={LONGEST}"),
        format!("-malloc_limit_mb={ALLOCATION}"),
        format!("-rss_limit_mb={MEMORY}"),
        format!("-timeout={SLOWEST}"),
        "-print_final_stats=1".into(),
    ]
    .into_iter()
    .map(OsString::from)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn without_a_name_every_target_runs_and_an_unknown_name_is_an_error() {
        let all = ["json", "jws"].map(String::from);
        assert_eq!(choose(&all, &[]).unwrap(), all);
        assert_eq!(choose(&all, &["jws".into()]).unwrap(), ["jws"]);
        let refused = choose(&all, &["jwt".into()]).unwrap_err().to_string();
        assert!(refused.contains("`jwt`") && refused.contains("json, jws"), "{refused}");
    }
}
