//! The steps of `ci`, in the order in which they run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use clap::ValueEnum;

/// One check. The order of the variants is the order of the steps: what fails
/// fast comes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Step {
    /// The source is formatted.
    Fmt,
    /// No lint fires.
    Clippy,
    /// No edge between crates is forbidden.
    Arch,
    /// The source keeps the limits of the style.
    Tidy,
    /// The pure crates build where there is no I/O.
    Pure,
    /// The programs that tests start are installed.
    Tools,
    /// The tests pass.
    Tests,
    /// The documentation builds, and its links lead somewhere.
    Docs,
}

/// Where the output of a step goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Output {
    /// To where ours goes.
    Inherited,
    /// To stderr, because stdout carries JSON.
    Stderr,
}

const WASM: &str = "wasm32-unknown-unknown";

impl Step {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Arch => "arch",
            Self::Tidy => "tidy",
            Self::Pure => "pure",
            Self::Tools => "tools",
            Self::Tests => "tests",
            Self::Docs => "docs",
        }
    }

    /// What the step shows, for its heading.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Self::Fmt => "the source is formatted",
            Self::Clippy => "no lint fires",
            Self::Arch => "no edge between crates is forbidden",
            Self::Tidy => "the source keeps the limits of the style",
            Self::Pure => "the pure crates build where there is no I/O",
            Self::Tools => "git, Node.js, npm and Python are installed",
            Self::Tests => "the tests pass",
            Self::Docs => "the documentation builds",
        }
    }

    /// Runs the step in `root`.
    pub(crate) fn run(self, root: &Path, output: Output) -> anyhow::Result<()> {
        let mut cargo = crate::cargo();
        match self {
            Self::Fmt => cargo.args(["fmt", "--all", "--", "--check"]),
            Self::Clippy => cargo.args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]),
            Self::Arch => ourselves(&mut cargo, "arch", root)?,
            Self::Tidy => ourselves(&mut cargo, "tidy", root)?,
            Self::Pure if !has_wasm()? => return Ok(()),
            Self::Pure => cargo.args(["build", "--lib", "--target", WASM]).args(PURE_PACKAGES),
            Self::Tools => return crate::tools::ensure(),
            Self::Tests => cargo.args(["test", "--workspace", "--no-fail-fast"]),
            Self::Docs => {
                cargo.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings")
            }
        };
        check(cargo.current_dir(root), output)
    }
}

/// The pure crates, and the one that takes them to WASM.
const PURE_PACKAGES: [&str; 10] = [
    "-p",
    "procura-merkle",
    "-p",
    "procura-policy",
    "-p",
    "procura-core",
    "-p",
    "procura-wire",
    "-p",
    "procura-ffi",
];

/// Turns `command` into a run of this very program.
///
/// A process of its own gives `arch` and `tidy` the output of the other steps.
fn ourselves<'a>(
    command: &'a mut Command,
    task: &str,
    root: &Path,
) -> anyhow::Result<&'a mut Command> {
    *command = Command::new(std::env::current_exe().context("this program has no path")?);
    Ok(command.arg(task).arg("--root").arg(root))
}

fn check(command: &mut Command, output: Output) -> anyhow::Result<()> {
    if output == Output::Stderr {
        command.stdout(std::io::stderr());
    }
    let status = command.stdin(Stdio::null()).status().context("the command does not start")?;
    if status.success() { Ok(()) } else { bail!("{status}") }
}

/// Whether the standard library for WASM is installed; says so if it is not.
fn has_wasm() -> anyhow::Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let arguments = ["--print", "target-libdir", "--target", WASM];
    let output = Command::new(rustc).args(arguments).output().context("rustc does not start")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let is_there = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if !is_there {
        eprintln!("   {WASM} is not installed, so the pure crates are not built for it;");
        eprintln!(
            "   `disallowed-methods` and `disallowed-types` in their clippy.toml keep effects out"
        );
    }
    Ok(is_there)
}
