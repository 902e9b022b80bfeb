//! Runs published test vectors against the crates that are shipped.
//!
//! Exit codes: 0 all vectors agree, 1 some do not, 2 wrong usage, 3 nothing
//! could be checked. `aat-02` answers instead of comparing; see its module.
//!
//! **Invariant:** a run that judged no vector never exits with 0.

mod aat;
mod adc;
mod ed25519;
mod merkle;

use std::{ffi::OsString, io::Write, path::Path, process::ExitCode};

use anyhow::Context;

/// The sets, a row each. A new set is a module and a row.
const SETS: &[Set] = &[
    Set { name: "adc-02", takes: "DIR", run: adc::run },
    Set { name: "merkle", takes: "DIR", run: merkle::run },
    Set { name: "ed25519", takes: "FILE", run: ed25519::run },
];

/// A set of vectors that can be run.
struct Set {
    /// The subcommand.
    name: &'static str,
    /// What the subcommand takes, for the usage.
    takes: &'static str,
    /// Judges every vector under a path. It fails only if it cannot read them.
    run: fn(&Path) -> anyhow::Result<Vec<Case>>,
}

/// One vector and how it came out.
pub(crate) struct Case {
    /// Tells the vector from the others of its set.
    pub(crate) name: String,
    /// How it came out.
    pub(crate) verdict: Verdict,
}

/// How one vector came out.
pub(crate) enum Verdict {
    /// We answer as the vector says.
    Passed,
    /// We answer otherwise, or the vector cannot be understood.
    Failed(String),
    /// The vector is about something that our types cannot express.
    NotApplicable(String),
}

impl Verdict {
    /// Compares what a vector calls for with what we do.
    pub(crate) fn compare(expected: Answer, found: Answer) -> Self {
        if expected == found {
            return Self::Passed;
        }
        Self::Failed(format!("expected {}, found {}", expected.word(), found.word()))
    }
}

/// What a verifier says of a proof or a signature.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Answer {
    /// It holds.
    Accepted,
    /// It does not hold.
    Refused,
}

impl Answer {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }
}

impl<T, E> From<Result<T, E>> for Answer {
    fn from(result: Result<T, E>) -> Self {
        if result.is_ok() { Self::Accepted } else { Self::Refused }
    }
}

/// Runs the set that `arguments` name and reports on it.
///
/// `arguments` are those after the name of the program. Every vector that did
/// not pass gets a line on `out`, and the last line is one JSON object with
/// the counts. What keeps a run from happening goes to `error`.
pub fn run(arguments: &[OsString], out: &mut dyn Write, error: &mut dyn Write) -> ExitCode {
    if let [name, rest @ ..] = arguments
        && name == aat::NAME
    {
        return aat::run(rest, out, error).unwrap_or_else(|| usage(error));
    }
    let [name, path] = arguments else {
        return usage(error);
    };
    let Some(set) = SETS.iter().find(|set| name == set.name) else {
        return usage(error);
    };
    match run_set(set, Path::new(path), out) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(cause) => {
            // There is nowhere left to report that this cannot be written.
            let _ = writeln!(error, "conform: {cause:#}");
            ExitCode::from(3)
        }
    }
}

fn usage(error: &mut dyn Write) -> ExitCode {
    for Set { name, takes, run: _ } in SETS {
        let _ = writeln!(error, "usage: conform {name} {takes}");
    }
    let _ = writeln!(error, "usage: conform {} {}", aat::NAME, aat::TAKES);
    ExitCode::from(2)
}

/// Judges the vectors of `set`, prints the report and counts the failures.
fn run_set(set: &Set, path: &Path, out: &mut dyn Write) -> anyhow::Result<u64> {
    let cases = (set.run)(path).with_context(|| format!("cannot run `{}`", path.display()))?;
    let (mut passed, mut failed, mut not_applicable) = (0_u64, 0_u64, 0_u64);
    for Case { name, verdict } in cases {
        let (count, line) = match verdict {
            Verdict::Passed => (&mut passed, None),
            Verdict::Failed(why) => (&mut failed, Some(format!("FAILED {name}: {why}"))),
            Verdict::NotApplicable(why) => {
                (&mut not_applicable, Some(format!("not applicable {name}: {why}")))
            }
        };
        *count = count.saturating_add(1);
        if let Some(line) = line {
            writeln!(out, "{line}")?;
        }
    }
    let name = set.name;
    writeln!(
        out,
        r#"{{"set":"{name}","passed":{passed},"failed":{failed},"not_applicable":{not_applicable}}}"#
    )?;
    out.flush()?;
    anyhow::ensure!(passed > 0 || failed > 0, "no vector in `{}` was judged", path.display());
    Ok(failed)
}
