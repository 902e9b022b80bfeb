//! Runs every check that a change must pass, in order, up to the first failure.
//!
//! **Invariant:** the build machine runs this and nothing else, so that what
//! passes here passes there.

mod step;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::json;

use self::step::{Output, Step};

/// Which steps of `cargo xtask ci` run, and how they report.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run this step and no other; may be repeated.
    #[arg(long, value_name = "STEP", value_enum)]
    only: Vec<Step>,
    /// Leave this step out; may be repeated.
    #[arg(long, value_name = "STEP", value_enum, conflicts_with = "only")]
    skip: Vec<Step>,
    /// Print the outcome as JSON on stdout, and all else on stderr.
    #[arg(long)]
    json: bool,
}

/// What `cargo xtask ci --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  cargo xtask ci                           every step, in order
  cargo xtask ci --only fmt --only clippy  two steps
  cargo xtask ci --skip docs               all but one
  cargo xtask ci --json 2>ci.log           the outcome for a program to read";

/// Runs the chosen steps in `root`.
pub(crate) fn run(options: &Options, root: &Path) -> anyhow::Result<ExitCode> {
    let output = if options.json { Output::Stderr } else { Output::Inherited };
    let start = Instant::now();
    let mut outcomes = Vec::new();
    for step in Step::value_variants() {
        if options.chooses(*step) {
            outcomes.push(perform(*step, root, output));
        }
        if outcomes.last().is_some_and(|outcome| outcome.error.is_some()) {
            break;
        }
    }
    let failure = outcomes.last().and_then(|outcome| outcome.error.as_ref());
    let verdict = if failure.is_some() { "failed" } else { "passed" };
    eprintln!("ci {verdict} after {}", seconds(start.elapsed()));
    if options.json {
        let steps: Vec<_> = outcomes.iter().map(Outcome::to_json).collect();
        println!("{}", json!({ "passed": failure.is_none(), "steps": steps }));
    }
    Ok(if failure.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Options {
    fn chooses(&self, step: Step) -> bool {
        let is_wanted = self.only.is_empty() || self.only.contains(&step);
        is_wanted && !self.skip.contains(&step)
    }
}

/// How one step went.
#[derive(Debug)]
struct Outcome {
    step: Step,
    took: Duration,
    error: Option<anyhow::Error>,
}

impl Outcome {
    fn to_json(&self) -> serde_json::Value {
        let error = self.error.as_ref().map(|error| format!("{error:#}"));
        json!({ "step": self.step.name(), "passed": error.is_none(), "seconds": self.took.as_secs_f64(), "error": error })
    }
}

fn perform(step: Step, root: &Path, output: Output) -> Outcome {
    let name = step.name();
    eprintln!("== {name}: {}", step.purpose());
    let start = Instant::now();
    let error = step.run(root, output).err();
    let took = start.elapsed();
    match &error {
        None => eprintln!("== {name} passed after {}", seconds(took)),
        Some(error) => {
            eprintln!("== {name} failed after {}: {error:#}", seconds(took));
            eprintln!("   run it alone: cargo xtask ci --only {name}");
        }
    }
    Outcome { step, took, error }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{Options, Step};
    use clap::ValueEnum;

    fn check(only: &[Step], skip: &[Step], expected: &str) {
        let options = Options { only: only.to_vec(), skip: skip.to_vec(), json: false };
        let chosen = Step::value_variants().iter().filter(|step| options.chooses(**step));
        let names: Vec<_> = chosen.map(|step| step.name()).collect();
        assert_eq!(names.join(" "), expected);
    }

    #[test]
    fn the_cheap_steps_come_first_and_tools_come_before_tests() {
        check(&[], &[], "fmt clippy arch tidy pure tools tests docs");
    }

    #[test]
    fn only_leaves_the_named_steps_in_order() {
        check(&[Step::Tests, Step::Fmt], &[], "fmt tests");
    }

    #[test]
    fn skip_leaves_the_others() {
        check(&[], &[Step::Clippy, Step::Docs], "fmt arch tidy pure tools tests");
    }
}
