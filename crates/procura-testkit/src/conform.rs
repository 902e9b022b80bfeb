//! Runs published test vectors against the crates that are shipped.
//!
//! A set is a folder of vectors, named as the set. `conform all` runs every set.
//! `aat-02` answers instead of comparing; see its module.
//!
//! Exit codes: 0 all vectors agree, 1 some do not, 2 wrong usage, 3 something
//! could not be checked.
//!
//! **Invariant:** a run that judged no vector never exits with 0.

mod aat;
mod adc;
mod adc_params;
mod cookbook;
mod ed25519;
mod fields;
mod http_text;
mod jcs;
mod jose;
mod json;
mod merkle;
mod report;
mod rfc9421;
mod status_list;
mod structured;
mod thumbprint;
mod web_bot_auth;
mod wimse;
mod wycheproof;

use std::{
    env,
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;

use self::report::{Form, Report};

/// The sets, a row each. A new set is a module and a row.
const SETS: &[Set] = &[
    Set { name: "aat-jws-02", run: aat::judge_all },
    Set { name: "adc-params-c14n", run: adc_params::run },
    Set { name: "agent-delegation-chain", run: adc::run },
    Set { name: "cctv-ed25519", run: ed25519::run },
    Set { name: "ed25519-speccheck", run: ed25519::run_speccheck },
    Set { name: "jose-cookbook", run: cookbook::run },
    Set { name: "json-parsing", run: json::run },
    Set { name: "jwk-thumbprint", run: thumbprint::run },
    Set { name: "merkle", run: merkle::run },
    Set { name: "rfc8785-jcs", run: jcs::run },
    Set { name: "rfc9421", run: rfc9421::run },
    Set { name: "structured-fields", run: structured::run },
    Set { name: "token-status-list", run: status_list::run },
    Set { name: "web-bot-auth", run: web_bot_auth::run },
    Set { name: "web-bot-auth-draft", run: web_bot_auth::run_draft },
    Set { name: "wimse", run: wimse::run },
    Set { name: "wycheproof", run: wycheproof::run },
];

/// The subcommand that runs every set.
const ALL: &str = "all";
/// Asks for JSON, a line for each set.
const JSON: &str = "--json";
/// Names the folder that holds the sets' folders, unless one is given.
const ROOT: &str = "PROCURA_VECTORS";

/// A set of vectors that can be run.
struct Set {
    /// The subcommand, and the name of its folder.
    name: &'static str,
    /// Judges every vector in a folder. It fails only if it cannot read them.
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

impl Case {
    /// A vector that was judged. One that cannot be understood has failed.
    pub(crate) fn of(name: String, judged: anyhow::Result<Verdict>) -> Self {
        let verdict = judged.unwrap_or_else(|error| Verdict::Failed(format!("{error:#}")));
        Self { name, verdict }
    }
}

impl Verdict {
    /// Leaves a vector out for a reason that is known beforehand.
    pub(crate) fn excluded(why: &'static str) -> Self {
        Self::NotApplicable(why.into())
    }

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

/// Runs what `arguments` name and reports on it.
///
/// `arguments` are those after the name of the program. The report goes to
/// `out`; what keeps a run from happening goes to `error`.
pub fn run(arguments: &[OsString], out: &mut dyn Write, error: &mut dyn Write) -> ExitCode {
    if let [name, rest @ ..] = arguments
        && name == aat::NAME
    {
        return aat::run(rest, out, error).unwrap_or_else(|| usage(error));
    }
    let is_json = arguments.iter().any(|argument| argument == JSON);
    let arguments: Vec<_> = arguments.iter().filter(|argument| *argument != JSON).collect();
    let (name, folder) = match arguments.as_slice() {
        [name] => (name, None),
        [name, folder] => (name, Some(PathBuf::from(folder))),
        _ => return usage(error),
    };
    let form = |form| if is_json { Form::Json } else { form };
    let root = || env::var_os(ROOT).map(PathBuf::from);
    if *name == ALL {
        let Some(root) = folder.or_else(root) else {
            return usage(error);
        };
        return run_all(&root, form(Form::Brief), out, error);
    }
    let Some(set) = SETS.iter().find(|set| *name == set.name) else {
        return usage(error);
    };
    let Some(folder) = folder.or_else(|| Some(root()?.join(set.name))) else {
        return usage(error);
    };
    outcome(run_set(set, &folder, form(Form::Full), out), error).into()
}

fn usage(error: &mut dyn Write) -> ExitCode {
    // There is nowhere left to report that this cannot be written.
    for Set { name, run: _ } in SETS {
        let _ = writeln!(error, "usage: conform {name} [DIR] [{JSON}]");
    }
    let _ = writeln!(error, "usage: conform {ALL} [DIR] [{JSON}]");
    let _ = writeln!(error, "usage: conform {} {}", aat::NAME, aat::TAKES);
    let _ = writeln!(error, "DIR is the set's folder, or the one above for `{ALL}`; without it");
    let _ = writeln!(error, "the environment variable {ROOT} names the one above");
    ExitCode::from(2)
}

/// What came of a run, in the order of what outweighs what.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Outcome {
    Agrees,
    Unchecked,
    Disagrees,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Agrees => Self::SUCCESS,
            Outcome::Disagrees => Self::from(1),
            Outcome::Unchecked => Self::from(3),
        }
    }
}

/// Runs every set under `root`, those after one that fails included.
fn run_all(root: &Path, form: Form, out: &mut dyn Write, error: &mut dyn Write) -> ExitCode {
    let mut worst = Outcome::Agrees;
    if form == Form::Brief && report::write_header(out).is_err() {
        return Outcome::Unchecked.into();
    }
    for set in SETS {
        let outcome = outcome(run_set(set, &root.join(set.name), form, out), error);
        worst = worst.max(outcome);
    }
    worst.into()
}

fn outcome(run: anyhow::Result<Outcome>, error: &mut dyn Write) -> Outcome {
    run.unwrap_or_else(|cause| {
        // There is nowhere left to report that this cannot be written.
        let _ = writeln!(error, "conform: {cause:#}");
        Outcome::Unchecked
    })
}

/// Judges the vectors of `set` and prints the report.
fn run_set(set: &Set, folder: &Path, form: Form, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let cases = (set.run)(folder).with_context(|| format!("cannot run `{}`", folder.display()))?;
    let report = Report::of(set.name, cases);
    report.write(form, out)?;
    anyhow::ensure!(report.is_judged(), "no vector in `{}` was judged", folder.display());
    Ok(if report.is_clean() { Outcome::Agrees } else { Outcome::Disagrees })
}
