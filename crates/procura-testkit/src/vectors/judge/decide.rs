//! Decisions, approvals and directories.

use anyhow::{Context, bail};
use procura_core::{
    approval::{self, Subject},
    decide::{Accounts, ApprovalFact, Decision, Facts, Freshness, decide as decide_call},
    directory::Directory,
    hash::Digest,
    json::{Object, Value},
    status_list::{Reference, Status},
};
use procura_policy::{ApprovalRule, DenyCode, Effect, PolicySet, SourceFile, Verdict};

use super::{
    Answer,
    chain::{Policy, verified_call},
    key, member, object, text, texts, time,
};

pub(super) fn directory(input: &Object) -> anyhow::Result<Answer> {
    Ok(open(input)?.map(|directory| {
        let sequence = i64::try_from(directory.sequence()).unwrap_or(i64::MAX);
        Some(Object::new().with("seq", sequence).into())
    }))
}

fn open(input: &Object) -> anyhow::Result<Result<Directory, procura_core::refusal::Refusal>> {
    let authority = key(input.get("authority").context("no `authority`")?)?;
    Ok(Directory::open(text(input, "directory")?, &authority))
}

pub(super) fn approval(input: &Object) -> anyhow::Result<Answer> {
    let subject = object(input, "subject")?;
    let hash = |name| {
        let hash = text(subject, name).ok().and_then(Digest::from_base64url);
        hash.with_context(|| format!("`{name}` is no digest"))
    };
    let subject = Subject {
        leaf: hash("aat_hash")?,
        tool: text(subject, "aat_tool")?.into(),
        arguments: hash("args_hash")?,
        policy: text(subject, "policy")?.into(),
    };
    let directory = open(input)??;
    let verified = approval::verify(
        text(input, "approval")?,
        &subject.digest(),
        &directory,
        time(input, "now")?,
    );
    Ok(verified.map(|approval| {
        let output = Object::new()
            .with("approver", approval.approver.as_str())
            .with("digest", approval.digest.to_base64url());
        Some(output.into())
    }))
}

pub(super) fn decide(input: &Object) -> anyhow::Result<Answer> {
    let policy = Policy::read(input)?;
    let rules = policy.rules()?;
    let directory = open(input)??;
    let call = match verified_call(input, &rules)? {
        Ok(call) => call,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let verdict = verdict(object(input, "policy")?)?;
    let subject = Subject::of(call.get(), verdict.revision.as_str()).digest();
    let statuses = statuses(input)?;
    let facts = Facts {
        now: rules.now,
        directory: &directory,
        freshness: match text(input, "freshness")? {
            "fresh" => Freshness::Fresh,
            "stale" => Freshness::Stale,
            other => bail!("unknown freshness `{other}`"),
        },
        verdict,
        approval: approvals(input, &subject, &directory)?,
        accounts: match text(input, "accounts")? {
            "kept" => Accounts::Kept,
            "not_kept" => Accounts::NotKept,
            other => bail!("unknown accounts `{other}`"),
        },
        statuses: &statuses,
    };
    Ok(match decide_call(call, &facts) {
        Decision::Allow(_) => Ok(None),
        Decision::Deny(denial) => Err(denial.refusal().clone()),
    })
}

/// The approvals are read for what they say they are about: that this is the call
/// is for the decision to see. A decision whose time is over is read as of before.
fn approvals(
    input: &Object,
    subject: &Digest,
    directory: &Directory,
) -> anyhow::Result<ApprovalFact> {
    Ok(match text(input, "request")? {
        "not_asked" => ApprovalFact::NotAsked,
        "pending" => ApprovalFact::Pending,
        "used" => ApprovalFact::Used,
        "other_call" => ApprovalFact::OtherCall,
        "decided" => {
            let read_at = time(input, "approvals_read_at")?;
            let read = |text| approval::verify(text, subject, directory, read_at);
            let approvals = texts(input, "approvals")?.into_iter().map(read);
            ApprovalFact::Decided {
                id: "request-1".into(),
                approvals: approvals.collect::<Result<_, _>>()?,
            }
        }
        other => bail!("unknown request `{other}`"),
    })
}

/// The policy of every decision here; its effect is what the case says.
pub(in crate::vectors) const POLICY: (&str, &str) =
    ("policy.rego", "package procura\n\ndecision := {\"allow\": true}\n");

/// The verdict of [`POLICY`], with the effect that the case says.
fn verdict(policy: &Object) -> anyhow::Result<Verdict> {
    let (name, source) = POLICY;
    let file = SourceFile { name: name.into(), text: source.into() };
    let revision = PolicySet::compile(&[file])?.revision().clone();
    let named = text(policy, "revision")?;
    anyhow::ensure!(revision.as_str() == named, "the revision is not {}", revision.as_str());
    let effect = match text(policy, "effect")? {
        "allow" => Effect::Allow,
        "deny" => Effect::Deny { code: DenyCode::Refused, reason: "the policy says no".into() },
        "needs_approval" => Effect::NeedsApproval(ApprovalRule {
            quorum: u8::try_from(member(policy, "quorum", Value::as_integer)?)?,
            by: texts(policy, "by")?.into_iter().map(String::from).collect(),
            reason: "the policy asks".into(),
        }),
        other => bail!("unknown effect `{other}`"),
    };
    Ok(Verdict { effect, rule: Verdict::ROLES.into(), revision })
}

fn statuses(input: &Object) -> anyhow::Result<Vec<(Reference, Status)>> {
    let one = |value: &Value| {
        let status = value.as_object().context("a status is no object")?;
        let index = u64::try_from(member(status, "idx", Value::as_integer)?)?;
        let reference = Reference { uri: text(status, "uri")?.into(), index };
        Ok(match text(status, "status")? {
            "valid" => (reference, Status::Valid),
            "invalid" => (reference, Status::Invalid),
            other => bail!("unknown status `{other}`"),
        })
    };
    let listed = input.get("statuses").and_then(Value::as_array).unwrap_or_default();
    listed.iter().map(one).collect()
}
