//! Checks the log of a data directory without its server.
//!
//! **Invariant:** exit code 0 means that every event that was signed is there
//! unchanged, and that the answer reached its reader.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use procura_core::json::{Object, Value};
use procura_log::report::Report;
use procura_log::{audit, pin};
use procura_merkle::verifier_key::VerifierKey;
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;

use crate::command::inspect::{input, safe};
use crate::context::{Context, read_object};
use crate::failure::{Exit, Failure};

/// Check the whole log of the data directory, offline.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Arguments {
    /// A checkpoint from elsewhere that the log must contain; may be repeated
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// The trust bundle with the log's key, from elsewhere; else the data directory's own
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let key = log_key(arguments, ctx)?;
    let known = checkpoints(arguments, ctx)?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let database = Sqlite::open(ctx.place().root(), OpenMode::ReadOnly)?;
    let report = audit::verify(&database, &key, &known);
    let text = if ctx.json { json(&report).to_canonical()? } else { human(&report) };
    let mut out = anstream::stdout();
    writeln!(out, "{text}").and_then(|()| out.flush()).context("the answer cannot be printed")?;
    Ok(match report {
        Report::True(_) => ExitCode::SUCCESS,
        Report::False { first: _, reason: _ } => ExitCode::from(Exit::False.code()),
        Report::Incomplete(_) => ExitCode::from(Exit::Incomplete.code()),
    })
}

fn log_key(arguments: &Arguments, ctx: &Context) -> anyhow::Result<VerifierKey> {
    let path = arguments.trust.clone().unwrap_or_else(|| ctx.place().trust());
    let bundle = read_object(&path)?;
    let log = bundle.get("log").and_then(Value::as_object);
    let vkey = log.and_then(|log| log.get("vkey")).and_then(Value::as_str);
    let key = vkey.and_then(|vkey| vkey.parse().ok());
    key.ok_or_else(|| {
        let message = format!("{} does not name the log's key", path.display());
        Failure::environment(message, "name a trust bundle with --trust FILE").into()
    })
}

/// The pinned checkpoint of the directory, and those that were given.
fn checkpoints(arguments: &Arguments, ctx: &Context) -> anyhow::Result<Vec<String>> {
    let path = ctx.place().checkpoint();
    let pinned = pin::read(&path).map_err(|error| {
        let message = format!("{} cannot be read: {error}", path.display());
        Failure::environment(message, "give this user permission to read it")
    })?;
    let mut known: Vec<String> = pinned.into_iter().collect();
    for path in &arguments.checkpoint {
        known.push(input::read_text(path)?);
    }
    Ok(known)
}

fn human(report: &Report) -> String {
    let text = safe::lines(&report.to_string());
    match report.code() {
        Some(code) => format!("{text} ({code})"),
        None => text,
    }
}

fn json(report: &Report) -> Object {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let object = Object::new().with("code", report.code());
    match report {
        Report::True(sound) => object
            .with("verdict", "true")
            .with("signed", number(sound.size))
            .with("known", number(sound.known))
            .with("unsigned", number(sound.unsigned)),
        Report::False { first, reason } => object
            .with("verdict", "false")
            .with("first", number(*first))
            .with("reason", reason.to_string()),
        Report::Incomplete(gap) => {
            object.with("verdict", "incomplete").with("reason", gap.to_string())
        }
    }
}
