//! Answers cases of AAT-02 (draft-niyikiza-oauth-attenuating-agent-tokens-02): a verdict each.
//!
//! A case is a line of JSON: `id`, `aat_chain`, `aat_pop`, `tool`, `args`,
//! `now` and `policy`. What it expects is not read, so it cannot be echoed.
//!
//! **Invariant:** a number is read as it was written, by the parser that reads
//! requests; and a case that is not understood ends the run instead of being denied.

mod set;

use std::{
    ffi::OsString,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail, ensure};
use procura_core::{
    detail::Manifest,
    json::{self, Object, Value},
    limits,
    proof::{Anchor, Request, Requirement, Rules, Vouches, verify_call, verify_chain},
    refusal::Refusal,
    time::{Seconds, Timestamp},
    token,
};

pub(super) use set::judge_all;

/// The subcommand.
pub(super) const NAME: &str = "aat-02";
/// What the subcommand takes, for the usage.
pub(super) const TAKES: &str = "FILE [--suite FILE]";

/// What holds for all cases of a set.
struct Suite {
    anchors: Vec<Anchor>,
    audience: String,
    max_lifetime: Seconds,
}

/// One presentation, and what the enforcement point asks of it.
struct Case {
    id: String,
    chain: Vec<String>,
    proof: String,
    request: Request,
    now: Timestamp,
    policy: Policy,
}

/// What the enforcement point of one case asks beyond what it always asks.
struct Policy {
    proof_audience: Requirement,
    chain_audience: Requirement,
    nonce: Option<String>,
}

/// Why a run ended early.
enum Failure {
    /// A file cannot be used.
    Unreadable(anyhow::Error),
    /// A line of the cases, from one, is not a case.
    Line(usize, anyhow::Error),
}

/// Answers the cases that `arguments` name, a line on `out` each.
///
/// Exits with 0 if all were answered, with 2 at a line that is not a case, and
/// with 3 if a file cannot be used or holds no case.
pub(super) fn run(
    arguments: &[OsString],
    out: &mut dyn Write,
    error: &mut dyn Write,
) -> Option<ExitCode> {
    let (cases, suite) = match arguments {
        [cases] => (PathBuf::from(cases), Path::new(cases).with_file_name(SUITE)),
        [cases, flag, suite] | [flag, suite, cases] if flag == "--suite" => {
            (PathBuf::from(cases), PathBuf::from(suite))
        }
        _ => return None,
    };
    let Err(failure) = answer_all(&cases, &suite, out) else {
        return Some(ExitCode::SUCCESS);
    };
    // There is nowhere left to report that this cannot be written.
    Some(match failure {
        Failure::Unreadable(cause) => {
            let _ = writeln!(error, "conform: {cause:#}");
            ExitCode::from(3)
        }
        Failure::Line(number, cause) => {
            let _ = writeln!(error, "conform: line {number}: {cause:#}");
            ExitCode::from(2)
        }
    })
}

/// The suite's file, beside the cases.
const SUITE: &str = "suite.json";

fn answer_all(cases: &Path, suite: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let suite = read_suite(suite)
        .with_context(|| format!("cannot use the suite `{}`", suite.display()))
        .map_err(Failure::Unreadable)?;
    let text = fs::read(cases)
        .with_context(|| format!("cannot read `{}`", cases.display()))
        .map_err(Failure::Unreadable)?;
    let mut answered = false;
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let at = |cause| Failure::Line(index.saturating_add(1), cause);
        let case = read_case(line).map_err(at)?;
        writeln!(out, "{}", answer(&case, &suite)).map_err(unwritable)?;
        answered = true;
    }
    out.flush().map_err(unwritable)?;
    if answered {
        Ok(())
    } else {
        let cause = anyhow::anyhow!("no case in `{}`", cases.display());
        Err(Failure::Unreadable(cause))
    }
}

fn unwritable(cause: std::io::Error) -> Failure {
    Failure::Unreadable(anyhow::Error::new(cause).context("cannot write"))
}

/// The verdict on one case, as a line.
fn answer(case: &Case, suite: &Suite) -> String {
    let id = Value::from(case.id.as_str());
    // Text is always canonical; only numbers can fail.
    let id = id.to_canonical().unwrap_or_default();
    match judge(case, suite) {
        Ok(()) => format!(r#"{{"id":{id},"verdict":"PERMIT","step":null}}"#),
        Err(refusal) => {
            let step = refusal.step;
            format!(r#"{{"id":{id},"verdict":"DENY","step":"{step}"}}"#)
        }
    }
}

fn judge(case: &Case, suite: &Suite) -> Result<(), Refusal> {
    let rules = Rules {
        anchors: &suite.anchors,
        audience: &suite.audience,
        chain_audience: case.policy.chain_audience,
        proof_audience: case.policy.proof_audience,
        names: Requirement::Optional,
        evidence: Requirement::Optional,
        manifest: Manifest::empty(),
        nonce: case.policy.nonce.as_deref(),
        max_lifetime: suite.max_lifetime,
        now: case.now,
    };
    let tokens: Vec<&str> = case.chain.iter().map(String::as_str).collect();
    let chain = Arc::new(verify_chain(&tokens, &rules)?);
    verify_call(&chain, &case.proof, case.request.clone(), &rules).map(|_| ())
}

fn read_suite(path: &Path) -> anyhow::Result<Suite> {
    let suite = json::parse_object(&fs::read(path)?)?;
    let params = member(&suite, "params", Value::as_object)?;
    for (name, ours) in [
        ("max_iat_skew", limits::CLOCK_SKEW.as_u32().into()),
        ("pop_window", limits::PROOF_WINDOW.as_u32().into()),
        ("max_delegation_depth", limits::DELEGATION_DEPTH.into()),
        ("max_constraint_depth", i64::try_from(limits::CONSTRAINT_DEPTH)?),
    ] {
        let asked = member(params, name, Value::as_integer)?;
        ensure!(asked == ours, "`{name}` is {asked}, but ours is {ours}");
    }
    let lifetime = member(params, "max_token_lifetime", Value::as_integer)?;
    let anchors = member(&suite, "trust_anchors", Value::as_array)?;
    Ok(Suite {
        anchors: anchors.iter().map(anchor).collect::<Result<_, _>>()?,
        audience: member(params, "audience", Value::as_str)?.into(),
        max_lifetime: Seconds::new(u32::try_from(lifetime)?),
    })
}

fn anchor(value: &Value) -> anyhow::Result<Anchor> {
    let anchor = value.as_object().context("an anchor is not an object")?;
    let key = token::parse_jwk(member(anchor, "jwk", Value::as_object)?);
    Ok(Anchor {
        issuer: member(anchor, "iss", Value::as_str)?.into(),
        key: key.map_err(anyhow::Error::msg)?,
        vouches: Vouches::ForAnybody,
    })
}

fn read_case(line: &[u8]) -> anyhow::Result<Case> {
    let case = json::parse_object(line)?;
    let chain = member(&case, "aat_chain", Value::as_array)?;
    let tokens = chain.iter().map(|token| token.as_str().map(String::from));
    let text = |name| member(&case, name, Value::as_str).map(String::from);
    Ok(Case {
        id: text("id")?,
        chain: tokens.collect::<Option<_>>().context("a token in `aat_chain` is not a text")?,
        proof: text("aat_pop")?,
        request: Request {
            tool: text("tool")?,
            arguments: member(&case, "args", Value::as_object)?.clone(),
        },
        now: Timestamp::from_seconds(member(&case, "now", Value::as_integer)?),
        policy: policy(member(&case, "policy", Value::as_object)?)?,
    })
}

/// A policy that is not understood is not a policy that is kept.
fn policy(object: &Object) -> anyhow::Result<Policy> {
    let mut policy = Policy {
        proof_audience: Requirement::Optional,
        chain_audience: Requirement::Optional,
        nonce: None,
    };
    for (name, _) in object.iter() {
        match name {
            "require_pop_aud" => policy.proof_audience = requirement(object, name)?,
            "require_chain_aud" => policy.chain_audience = requirement(object, name)?,
            "nonce" => policy.nonce = Some(member(object, name, Value::as_str)?.into()),
            unknown => bail!("unknown policy `{unknown}`"),
        }
    }
    Ok(policy)
}

fn requirement(object: &Object, name: &str) -> anyhow::Result<Requirement> {
    Ok(if member(object, name, Value::as_bool)? {
        Requirement::Required
    } else {
        Requirement::Optional
    })
}

fn member<'a, T>(
    object: &'a Object,
    name: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> anyhow::Result<T> {
    object.get(name).and_then(read).with_context(|| format!("no proper `{name}`"))
}
