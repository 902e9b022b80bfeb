//! What a verification found, and how it is said.

use std::io::Write as _;
use std::process::ExitCode;

use procura_core::json::Object;

use crate::command::inspect::safe;
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// What was found about one thing.
pub(crate) enum Verdict {
    /// It is so.
    Proved(Finding),
    /// It is not so.
    Refuted(Finding),
    /// It cannot be said from what was given.
    Incomplete(Finding),
    /// What was given cannot be read.
    Unreadable(Finding),
}

/// What was found, for a person and for a script.
pub(crate) struct Finding {
    pub(crate) human: String,
    pub(crate) json: Object,
}

impl Finding {
    /// A finding that is one reason.
    pub(crate) fn reason(code: &str, reason: &str) -> Self {
        Self {
            human: format!("{code}: {reason}"),
            json: Object::new().with("code", code).with("reason", reason),
        }
    }
}

impl Verdict {
    /// What a failure to read something means.
    pub(crate) fn of_failure(failure: &Failure) -> Self {
        Self::Unreadable(Finding::reason("unreadable", &failure.message))
    }

    fn parts(&self) -> (&'static str, Option<Exit>, &Finding) {
        match self {
            Self::Proved(finding) => ("proved", None, finding),
            Self::Refuted(finding) => ("NOT SO", Some(Exit::False), finding),
            Self::Incomplete(finding) => ("NOT KNOWN", Some(Exit::Incomplete), finding),
            Self::Unreadable(finding) => ("UNREADABLE", Some(Exit::Environment), finding),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Proved(_) => "proved",
            Self::Refuted(_) => "refuted",
            Self::Incomplete(_) => "incomplete",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

/// Says each verdict about each name. The exit code is 0 only if all of them
/// are proved and all was written: a reader that is gone has read nothing.
pub(crate) fn say(ctx: &Context, verdicts: &[(String, Verdict)]) -> anyhow::Result<ExitCode> {
    let text = if ctx.json { as_json(verdicts)? } else { as_text(verdicts) };
    let mut out = anstream::stdout();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| {
        Failure::environment(
            format!("the answer cannot be written: {error}"),
            "keep standard output open until the command ends",
        )
    })?;
    let exits: Vec<Exit> = verdicts.iter().filter_map(|(_, verdict)| verdict.parts().1).collect();
    let worst = [Exit::False, Exit::Environment, Exit::Incomplete]
        .into_iter()
        .find(|exit| exits.contains(exit));
    Ok(match (worst, verdicts.is_empty()) {
        (Some(exit), _) => ExitCode::from(exit.code()),
        (None, true) => ExitCode::from(Exit::Incomplete.code()),
        (None, false) => ExitCode::SUCCESS,
    })
}

fn as_text(verdicts: &[(String, Verdict)]) -> String {
    verdicts
        .iter()
        .map(|(name, verdict)| {
            let (word, _, finding) = verdict.parts();
            let lines = finding.human.trim_end().lines();
            let body: String =
                lines.map(|line| format!("\n  {line}").trim_end_matches(' ').to_owned()).collect();
            format!("{word}  {name}{body}\n")
        })
        .collect()
}

fn as_json(verdicts: &[(String, Verdict)]) -> anyhow::Result<String> {
    let one = |(name, verdict): &(String, Verdict)| {
        let (_, _, finding) = verdict.parts();
        let mut object = Object::new().with("file", name.as_str()).with("verdict", verdict.word());
        for (member, value) in finding.json.iter() {
            object.set(member, value.clone());
        }
        object
    };
    let results: Vec<Object> = verdicts.iter().map(one).collect();
    Ok(safe::json(&Object::new().with("results", results).to_canonical()?) + "\n")
}
