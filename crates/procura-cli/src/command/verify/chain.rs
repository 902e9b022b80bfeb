//! Verifies a chain: signatures, narrowing and time; the call that it is to
//! hold; and, with a directory, its holders and what is revoked.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use procura_core::detail::Manifest;
use procura_core::directory::{Directory, HolderStatus};
use procura_core::json::{self, Object, Value};
use procura_core::limits;
use procura_core::proof::{
    Anchor, Call, Chain, Request, Requirement, Rules, Verified, verify_call, verify_chain,
};
use procura_core::refusal::{Outcome, Refusal};
use procura_core::revocation::Notes;
use procura_core::time::Timestamp;

use super::bundle::Bundle;
use super::dated::{self, Dated, Freshness};
use super::explain;
use super::open;
use super::verdict::{self, Finding, Verdict};
use crate::command::inspect::{hops, input, moment, safe};
use crate::context::Context;
use crate::failure::Failure;

/// Verify a chain of delegations, and whether it holds a call.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The chain, or a whole presentation; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The trust bundle; without one, the data directory's
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// The tool of a call, to verify that the chain holds it
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// The arguments of the call
    #[arg(long, value_name = "JSON", requires = "tool", default_value = "{}")]
    args: String,
    /// As of when: 2026-11-22T15:04:05Z, or seconds since 1970; now, if nothing is said
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The authority's signed directory: who holds which key, and what is revoked
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// A signed revocation note; may be repeated
    #[arg(long, value_name = "FILE")]
    note: Vec<PathBuf>,
    /// How many seconds old the directory may be
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    max_age: u32,
    /// Take a directory of any age: until a delegation ends by itself, a revocation may be missed
    #[arg(long, requires = "directory")]
    ttl_only: bool,
}

/// What is to be verified, read but not believed.
pub(super) struct Question {
    pub(super) tokens: Vec<String>,
    proof: Option<String>,
    pub(super) approvals: Vec<String>,
    pub(super) call: Option<Request>,
    pub(super) now: Timestamp,
}

pub(super) fn run(arguments: &Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let bundle = Bundle::read(arguments.trust.as_deref(), ctx)?;
    let name = safe::text(&arguments.file.display().to_string());
    let now = dated::as_of(arguments.at.as_deref(), ctx)?;
    let call = call(arguments)?;
    let verdict = match read(&arguments.file) {
        Ok(Ok(Presented { tokens, proof, approvals })) => {
            let question = Question { tokens, proof, approvals, call, now };
            let anchors = bundle.anchors()?;
            match verify(&question, &anchors, bundle.audience()?) {
                Ok(shown) => match notes(arguments, &bundle, (shown.chain.get(), &anchors))? {
                    Ok(()) => status(arguments, &bundle, &question, &shown)?,
                    Err(refusal) => Verdict::Refuted(refused(&refusal)),
                },
                Err(refusal) => {
                    let gaps = explain::gaps(&question, &refusal, (&anchors, bundle.audience()?));
                    Verdict::Refuted(explain::added(refused(&refusal), &gaps))
                }
            }
        }
        Ok(Err(verdict)) => verdict,
        Err(failure) => Verdict::of_failure(&failure),
    };
    verdict::say(ctx, &[(name, verdict)])
}

/// The tokens of a chain, and its proof and approvals if there are any.
struct Presented {
    tokens: Vec<String>,
    proof: Option<String>,
    approvals: Vec<String>,
}

/// The outer error is of the file, the inner one of what is in it.
fn read(file: &Path) -> Result<Result<Presented, Verdict>, Failure> {
    let bytes = input::read(file)?;
    if bytes.is_empty() {
        let finding = Finding::reason("empty", "there is nothing to verify");
        return Ok(Err(Verdict::Incomplete(finding)));
    }
    let malformed = |reason: &str| {
        Ok(Err(Verdict::Refuted(Finding::reason(Outcome::Malformed.as_str(), reason))))
    };
    let object = match json::parse_object(&bytes) {
        Ok(object) => object,
        Err(error) => return malformed(&error.to_string()),
    };
    let Some(tokens) = object.get("aat_chain").and_then(Value::as_array) else {
        return malformed("it has no list `aat_chain`");
    };
    let texts = |values: &[Value]| -> Option<Vec<String>> {
        values.iter().map(|value| value.as_str().map(String::from)).collect()
    };
    let approvals = object.get("aat_approvals").map_or(Some(Vec::new()), |value| {
        value.as_array().filter(|list| list.len() <= limits::APPROVALS).and_then(texts)
    });
    let proof = match object.get("aat_pop") {
        None => Some(None),
        Some(proof) => proof.as_str().map(|proof| Some(proof.to_owned())),
    };
    match (texts(tokens), proof, approvals) {
        (Some(tokens), Some(proof), Some(approvals)) => {
            Ok(Ok(Presented { tokens, proof, approvals }))
        }
        _ => malformed("a token of the chain, its proof or an approval is not text"),
    }
}

fn call(arguments: &Arguments) -> Result<Option<Request>, Failure> {
    let Some(tool) = &arguments.tool else {
        return Ok(None);
    };
    let values = json::parse_object(arguments.args.as_bytes()).map_err(|error| {
        Failure::usage(
            format!("--args: {error}"),
            "write the arguments as a JSON object, such as --args '{\"path\":\"/src/a\"}'",
        )
    })?;
    Ok(Some(Request { tool: tool.clone(), arguments: values }))
}

pub(super) fn rules<'a>(anchors: &'a [Anchor], audience: &'a str, now: Timestamp) -> Rules<'a> {
    Rules {
        anchors,
        audience,
        chain_audience: Requirement::Required,
        proof_audience: Requirement::Required,
        names: Requirement::Required,
        evidence: Requirement::Optional,
        manifest: Manifest::empty(),
        nonce: None,
        max_lifetime: limits::TOKEN_LIFETIME,
        now,
    }
}

/// Everything that follows from the chain and the bundle alone.
fn verify(question: &Question, anchors: &[Anchor], audience: &str) -> Result<Shown, Refusal> {
    let rules = rules(anchors, audience, question.now);
    let tokens: Vec<&str> = question.tokens.iter().map(String::as_str).collect();
    let chain = Arc::new(verify_chain(&tokens, &rules)?);
    chain.get().check_time(question.now)?;
    check_audience(chain.get(), audience)?;
    let call = match (&question.call, &question.proof) {
        (Some(call), Some(proof)) => Some(verify_call(&chain, proof, call.clone(), &rules)?),
        (Some(call), None) => {
            chain.get().demands(call, Manifest::empty())?;
            None
        }
        (None, _) => None,
    };
    Ok(Shown { chain, call })
}

/// What verified by itself; the call only if it came with a proof.
pub(super) struct Shown {
    pub(super) chain: Arc<Verified<Chain>>,
    pub(super) call: Option<Verified<Call>>,
}

/// Without a proof there is no call to verify; what the chain is for is still known.
fn check_audience(chain: &Chain, audience: &str) -> Result<(), Refusal> {
    let is_for = |named: &[String]| named.iter().any(|one| one == audience);
    for (hop, token) in chain.tokens().enumerate() {
        if !token.audience.is_empty() && !is_for(&token.audience) {
            let reason = "it is for another audience than the trust bundle's";
            return Err(Refusal::new(Outcome::AudienceMismatch, "6c", reason).at(hop));
        }
    }
    if chain.tokens().all(|token| token.audience.is_empty()) {
        let reason = "no token names an audience, and one is required";
        return Err(Refusal::new(Outcome::AudienceMismatch, "6c", reason));
    }
    Ok(())
}

/// What the directory says of a chain that verifies by itself.
fn status(
    arguments: &Arguments,
    bundle: &Bundle,
    question: &Question,
    shown: &Shown,
) -> anyhow::Result<Verdict> {
    let chain = &shown.chain;
    let Some(file) = &arguments.directory else {
        let reason = "the chain verifies by itself; whether it is revoked is not known without --directory FILE";
        return Ok(unknown(chain.get(), reason));
    };
    let authority = bundle.authority()?;
    let Dated { directory, issued } = match Dated::open(file, &authority)? {
        Ok(dated) => dated,
        Err(reason) => return Ok(unknown(chain.get(), &reason)),
    };
    if let Err(refusal) = check_status(&directory, chain.get()) {
        return Ok(Verdict::Refuted(refused(&refusal)));
    }
    let freshness = Freshness {
        max_age: (!arguments.ttl_only).then_some(arguments.max_age),
        is_about_now: arguments.at.is_none(),
        otherwise: "--ttl-only",
    };
    if let Some(reason) = freshness.staleness(issued, question.now) {
        return Ok(unknown(chain.get(), &reason));
    }
    if let Some((code, reason)) = open::left_open(question, shown, &directory) {
        return Ok(not_known(chain.get(), code, reason));
    }
    Ok(Verdict::Proved(proved(question, chain.get(), &directory, issued)))
}

/// What the notes say of the chain. One that cannot be read is an error, since
/// leaving it out could leave out a revocation.
fn notes(
    arguments: &Arguments,
    bundle: &Bundle,
    (chain, anchors): (&Chain, &[Anchor]),
) -> anyhow::Result<Result<(), Refusal>> {
    let mut notes = Notes::default();
    for file in &arguments.note {
        notes.add(input::read_text(file)?.trim_end()).map_err(|refusal| {
            Failure::environment(
                format!("{}: {}", file.display(), safe::text(&refusal.reason)),
                "give a revocation note as in docs/formats/revocation-note.md",
            )
        })?;
    }
    if notes.is_empty() {
        return Ok(Ok(()));
    }
    Ok(notes.check(chain, anchors, &[bundle.authority()?]))
}

fn check_status(directory: &Directory, chain: &Chain) -> Result<(), Refusal> {
    directory.check_revocations(chain)?;
    for (hop, status) in directory.holders(chain).into_iter().enumerate() {
        let (outcome, reason) = match status {
            HolderStatus::Active => continue,
            HolderStatus::Unknown => {
                (Outcome::HolderUnknown, "its agent is not enrolled with this key")
            }
            HolderStatus::Suspended => (Outcome::HolderNotActive, "its agent is suspended"),
            HolderStatus::Revoked => (Outcome::Revoked, "its agent is revoked"),
        };
        return Err(Refusal::new(outcome, "P6", reason).at(hop));
    }
    Ok(())
}

fn unknown(chain: &Chain, reason: &str) -> Verdict {
    not_known(chain, Outcome::StatusUnknown, reason)
}

fn not_known(chain: &Chain, code: Outcome, reason: &str) -> Verdict {
    let mut finding = Finding::reason(code.as_str(), &safe::text(reason));
    finding.json.set("delegations", delegations(chain));
    Verdict::Incomplete(finding)
}

fn proved(question: &Question, chain: &Chain, directory: &Directory, issued: Timestamp) -> Finding {
    let tokens: Vec<_> = chain.tokens().cloned().collect();
    let asked = match (&question.call, &question.proof) {
        (Some(call), Some(_)) => format!("its holder made this call of {}", safe::text(&call.tool)),
        (Some(call), None) => format!("it holds this call of {}", safe::text(&call.tool)),
        (None, _) => "it verifies; no call was asked about".into(),
    };
    let sequence = directory.sequence();
    Finding {
        human: format!(
            "{asked}, as of {}\ndirectory {sequence} of {}: every holder is active and nothing of the chain is revoked\n\n{}",
            moment::text(question.now),
            moment::text(issued),
            hops::chain(&tokens)
        ),
        json: Object::new()
            .with("at", question.now.as_seconds())
            .with("directory", i64::try_from(sequence).unwrap_or(i64::MAX))
            .with("directory_issued", issued.as_seconds())
            .with("delegations", delegations(chain)),
    }
}

fn delegations(chain: &Chain) -> Value {
    let tokens: Vec<_> = chain.tokens().cloned().collect();
    hops::chain_json(&tokens)
}

fn refused(refusal: &Refusal) -> Finding {
    let hop = refusal.hop.and_then(|hop| u32::try_from(hop).ok());
    let code = refusal.outcome.as_str();
    let reason = safe::text(&refusal.reason);
    let place = hop.map_or_else(String::new, |hop| format!(" at hop {hop}"));
    Finding {
        human: format!("{code}{place}: {reason} (step {})", refusal.step),
        json: Object::new()
            .with("code", code)
            .with("hop", hop)
            .with("step", refusal.step)
            .with("reason", reason),
    }
}
