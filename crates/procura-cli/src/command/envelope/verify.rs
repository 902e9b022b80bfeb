//! Verifies an envelope: who signed it, when, and what it says.
//!
//! The key is given, or the directory has it under the `agent_id` that is claimed.
//! Whoever gives a key says whose it is; the directory proves the name as well.

use std::path::PathBuf;
use std::process::ExitCode;

use procura_core::envelope::{EnvelopeError, Parts};
use procura_core::json::Object;
use procura_core::key::PublicKey;
use procura_core::proof::{Envelope, EnvelopeRules, Expected, Verified, verify_envelope};
use procura_core::refusal::{Outcome, Refusal};
use procura_core::time::{Seconds, Timestamp};

use super::given;
use crate::command::inspect::{input, moment, safe};
use crate::command::verify::bundle::Bundle;
use crate::command::verify::dated::{self, Dated, Freshness};
use crate::command::verify::verdict::{self, Finding, Verdict};
use crate::context::Context;

/// Verify who signed an action, when, and what it says.
#[derive(clap::Args, Clone, Debug)]
#[command(group = clap::ArgGroup::new("signer").required(true).multiple(true).args(["key", "directory"]))]
pub(super) struct Arguments {
    /// The envelope, or with --signature the bytes that were signed; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The signature of FILE, when it is not in it: as text, or a file
    // In base64url a text may begin like an option.
    #[arg(long, value_name = "TEXT|FILE", allow_hyphen_values = true)]
    signature: Option<String>,
    /// The signer's public key: base64, hexadecimal, a JWK file, a key file, or an agent here
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    key: Option<String>,
    /// The authority's signed directory, which binds the `agent_id` to its key
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// The trust bundle that names the authority; without one, the data directory's
    #[arg(long, value_name = "FILE", requires = "directory")]
    trust: Option<PathBuf>,
    /// How many seconds old the directory may be
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "directory")]
    directory_max_age: u32,
    /// Take a directory of any age: a revocation since may be missed
    #[arg(long, requires = "directory")]
    any_directory: bool,
    /// What its `agent_id` has to be
    #[arg(long, value_name = "ID")]
    agent_id: Option<String>,
    /// What its `action` has to be
    #[arg(long, value_name = "TEXT")]
    action: Option<String>,
    /// What its `resource` has to be
    #[arg(long, value_name = "TEXT")]
    resource: Option<String>,
    /// What its `delegated_by` has to be; that is a claim all the same
    #[arg(long, value_name = "TEXT")]
    delegated_by: Option<String>,
    /// How many seconds old it may be
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    max_age: u32,
    /// As of when: 2026-11-22T15:04:05Z, or seconds since 1970; now, if nothing is said
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// What is known of the signer before the envelope is read.
struct Known {
    key: Option<PublicKey>,
    directory: Option<Result<Dated, String>>,
    now: Timestamp,
}

pub(super) fn run(arguments: &Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let known = Known {
        key: arguments.key.as_deref().map(|given| given::key(given, ctx)).transpose()?,
        directory: directory(arguments, ctx)?,
        now: dated::as_of(arguments.at.as_deref(), ctx)?,
    };
    let signature = arguments.signature.as_deref().map(given::signature).transpose()?;
    let verdict = match input::read(&arguments.file) {
        Err(failure) => Verdict::of_failure(&failure),
        Ok(bytes) if bytes.is_empty() => {
            Verdict::Incomplete(Finding::reason("empty", "there is nothing to verify"))
        }
        Ok(bytes) => {
            let parts = match signature {
                Some(signature) => Parts::detached(&bytes, signature),
                None => Parts::parse(&bytes),
            };
            parts.map_or_else(|error| unread(&error), |parts| judge(arguments, &known, &parts))
        }
    };
    let name = safe::text(&arguments.file.display().to_string());
    verdict::say(ctx, &[(name, verdict)])
}

/// The outer error is of the file, the inner one of what is in it.
fn directory(
    arguments: &Arguments,
    ctx: &Context,
) -> anyhow::Result<Option<Result<Dated, String>>> {
    let Some(file) = &arguments.directory else {
        return Ok(None);
    };
    let authority = Bundle::read(arguments.trust.as_deref(), ctx)?.authority()?;
    Ok(Some(Dated::open(file, &authority)?))
}

fn judge(arguments: &Arguments, known: &Known, parts: &Parts) -> Verdict {
    let dated = match &known.directory {
        Some(Err(reason)) => return unknown(reason),
        Some(Ok(dated)) => Some(dated),
        None => None,
    };
    let enrolled = dated.and_then(|dated| {
        let agent = dated.directory.agent(&parts.claimed_agent()?)?;
        Some(&agent.key)
    });
    let Some(key) = known.key.as_ref().or(enrolled) else {
        let reason = "its agent is not enrolled, so there is no key to verify it with";
        return Verdict::Refuted(refused(&Refusal::new(Outcome::HolderUnknown, "E7", reason)));
    };
    match verify(arguments, known, parts, key) {
        Err(refusal) => Verdict::Refuted(refused(&refusal)),
        Ok(envelope) => {
            let freshness = Freshness {
                max_age: (!arguments.any_directory).then_some(arguments.directory_max_age),
                is_about_now: arguments.at.is_none(),
                otherwise: "--any-directory",
            };
            let stale = dated.and_then(|dated| freshness.staleness(dated.issued, known.now));
            stale.map_or_else(
                || Verdict::Proved(proved(&envelope, known, key)),
                |reason| unknown(&reason),
            )
        }
    }
}

fn verify(
    arguments: &Arguments,
    known: &Known,
    parts: &Parts,
    key: &PublicKey,
) -> Result<Verified<Envelope>, Refusal> {
    let rules = EnvelopeRules {
        key,
        now: known.now,
        max_age: Seconds::new(arguments.max_age),
        expected: Expected {
            agent_id: arguments.agent_id.as_deref(),
            action: arguments.action.as_deref(),
            resource: arguments.resource.as_deref(),
            delegated_by: arguments.delegated_by.as_deref(),
        },
    };
    let envelope = verify_envelope(parts, &rules)?;
    if let Some(Ok(dated)) = &known.directory {
        let claims = envelope.get().claims();
        dated.directory.check_signer(&claims.agent_id, key, claims.timestamp)?;
    }
    Ok(envelope)
}

fn proved(envelope: &Verified<Envelope>, known: &Known, key: &PublicKey) -> Finding {
    let envelope = envelope.get();
    let claims = envelope.claims();
    let (agent_id_is, how) = match &known.directory {
        Some(Ok(dated)) => (
            "enrolled",
            format!("directory {}: enrolled with this key, active", dated.directory.sequence()),
        ),
        Some(Err(_)) | None => {
            ("claimed", "claimed: that this key is its own, whoever gave the key says".into())
        }
    };
    let replay_key = envelope.replay_key().to_string();
    let mut lines = vec![
        format!(
            "signed with {} at {}, judged as of {}",
            key.fingerprint(),
            moment::text(claims.timestamp),
            moment::text(known.now)
        ),
        format!("agent_id      {} ({how})", safe::text(&claims.agent_id)),
        format!("action        {}", safe::text(&claims.action)),
    ];
    if let Some(resource) = &claims.resource {
        lines.push(format!("resource      {}", safe::text(resource)));
    }
    if let Some(principal) = &claims.delegated_by {
        let principal = safe::text(principal);
        lines.push(format!("delegated_by  {principal} (claimed: no delegation is proved)"));
    }
    lines.push(format!("replay key    {replay_key}"));
    Finding {
        human: lines.join("\n"),
        json: Object::new()
            .with("agent_id", claims.agent_id.as_str())
            .with("agent_id_is", agent_id_is)
            .with("action", claims.action.as_str())
            .with("resource", claims.resource.clone())
            .with("delegated_by", claims.delegated_by.clone())
            .with("delegated_by_is", claims.delegated_by.as_ref().map(|_| "claimed"))
            .with("timestamp", claims.timestamp.as_seconds())
            .with("at", known.now.as_seconds())
            .with("key", envelope.signer().to_string())
            .with("payload", envelope.text())
            .with("replay_key", replay_key),
    }
}

/// What cannot be taken apart: a question that stays open, or no envelope.
fn unread(error: &EnvelopeError) -> Verdict {
    let finding = refused(&error.to_refusal());
    if error.is_open() { Verdict::Incomplete(finding) } else { Verdict::Refuted(finding) }
}

fn unknown(reason: &str) -> Verdict {
    Verdict::Incomplete(Finding::reason(Outcome::StatusUnknown.as_str(), &safe::text(reason)))
}

fn refused(refusal: &Refusal) -> Finding {
    let code = refusal.outcome.as_str();
    let reason = safe::text(&refusal.reason);
    Finding {
        human: format!("{code}: {reason} (step {})", refusal.step),
        json: Object::new().with("code", code).with("step", refusal.step).with("reason", reason),
    }
}
