//! Requests for a person's approval: asked by policy, answered by signature,
//! used once.

use procura_core::approval::{self, Answer, Approval, Need, Subject};
use procura_core::decide::Denial;
use procura_core::hash::Digest;
use procura_core::json::{self, Object, Value};
use procura_core::refusal::{Outcome, Refusal};
use procura_core::time::{Seconds, Timestamp};
use procura_core::tools;

use crate::admin::{AdminError, Administrator};
use crate::engine::{Engine, Trust};
use crate::facts::agent_of;
use crate::port::{
    ApprovalRow, ApprovalState, Change, CommitError, Draft, Guard, StoreError, Write,
};
use crate::record::NotRecorded;

/// How long a request waits for a decision.
const WAITS: Seconds = Seconds::new(3600);
/// How many requests of one agent may wait at a time: more wear an approver down.
const WAITING: usize = 10;
/// How many requests, from the newest, are looked at to count them.
const LOOKED_AT: usize = 256;

/// A request for approval that a caller can refer to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prompt {
    /// The request.
    pub id: String,
    /// What a person would approve.
    pub digest: Digest,
    /// When the request is over.
    pub expires: Timestamp,
}

/// What asking led to.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) prompt: Option<Prompt>,
    pub(crate) change: Option<Change>,
    pub(crate) limit: Option<Refusal>,
}

impl Engine {
    /// Asks for approval, where `denial` is for want of one: the request that
    /// waits already, or a new one.
    pub(crate) fn ask(&self, denial: &Denial, now: Timestamp) -> Result<Asked, NotRecorded> {
        let Some(need) = denial.need() else {
            return Ok(Asked::default());
        };
        if !is_for_want_of_approval(denial.refusal().outcome) {
            return Ok(Asked::default());
        }
        let subject = Subject::of(denial.call(), denial.verdict().revision.as_str());
        let rows = self.store().approvals_of(&subject.leaf, &subject.tool, now);
        let rows = rows.map_err(|_| NotRecorded::Unavailable)?;
        let mut waiting = rows.iter().filter(|row| row.state == ApprovalState::Pending);
        let digest = subject.digest();
        if let Some(row) = waiting.clone().find(|row| row.digest == digest) {
            return Ok(Asked { prompt: Some(prompt_of(row)), ..Asked::default() });
        }
        if waiting.by_ref().count() >= WAITING || self.is_tiring(denial, now)? {
            let reason = "too many requests for approval wait already";
            let limit = Refusal::new(Outcome::ApprovalRateLimited, "P7", reason);
            return Ok(Asked { limit: Some(limit), ..Asked::default() });
        }
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let row = new_row(id, denial, &subject, (&need, now));
        let prompt = Some(prompt_of(&row));
        Ok(Asked { prompt, change: Some(Change::OpenApproval(Box::new(row))), limit: None })
    }

    /// Whether the agent has asked for as much as may wait, under whatever
    /// delegations: it can derive as many of them as it likes.
    fn is_tiring(&self, denial: &Denial, now: Timestamp) -> Result<bool, NotRecorded> {
        let agent = agent_of(denial.call().chain().leaf());
        let rows = self.store().approvals(LOOKED_AT).map_err(|_| NotRecorded::Unavailable)?;
        let is_waiting = |row: &&ApprovalRow| {
            row.state == ApprovalState::Pending && row.expires > now && is_asked_by(row, &agent)
        };
        Ok(rows.iter().filter(is_waiting).count() >= WAITING)
    }

    /// Settles a request with a person's signed decision.
    pub async fn settle(
        &self,
        caller: &Administrator,
        id: &str,
        statement: &str,
    ) -> Result<ApprovalRow, AdminError> {
        // From the read to the commit, so that no two decisions overlook each other.
        let _settling = self.settling().lock().await;
        let now = self.clock().now();
        let row = self.store().approval(id)?.ok_or(AdminError::NotFound)?;
        if row.expires <= now {
            return Err(AdminError::ApprovalExpired);
        }
        if row.state != ApprovalState::Pending {
            return Err(AdminError::ApprovalDecided);
        }
        let trust = self.current_trust()?;
        caller.require_still(&trust)?;
        let decision = approval::verify(statement, &row.digest, &trust.directory, now)
            .map_err(AdminError::Refused)?;
        if decision.approver != caller.principal() {
            return Err(AdminError::NotEligible("a decision is sent by the person who signed it"));
        }
        if self.spent().contains(&decision) {
            let reason = "the decision was used already; sign a new one";
            let refusal = Refusal::new(Outcome::ApprovalConsumed, "P7", reason);
            return Err(AdminError::Refused(refusal));
        }
        check_shown(&row, &decision.approver).map_err(AdminError::Refused)?;
        let state = state_after(&row, &decision, (&trust, now))?;
        let settled = Settled { row: &row, state, decision: &decision, statement };
        self.commit_decision(caller, &settled).await?;
        self.store().approval(id)?.ok_or(AdminError::NotFound)
    }

    async fn commit_decision(
        &self,
        caller: &Administrator,
        settled: &Settled<'_>,
    ) -> Result<(), AdminError> {
        let Settled { row, state, decision, statement } = settled;
        let id = self.ids().uuid()?;
        let answer = if decision.answer == Answer::Approve { "approve" } else { "deny" };
        let body = self
            .event(&id, "approval.decided")
            .with("approval", row.id.as_str())
            .with("by", decision.approver.as_str())
            .with("answer", answer)
            .with("digest", row.digest.to_base64url())
            .with("target", row.tool.as_str())
            .with("state", state_name(*state));
        let expires = if *state == ApprovalState::Pending { row.expires } else { decision.expires };
        let change = Change::DecideApproval {
            id: row.id.clone(),
            statement: (*statement).into(),
            state: *state,
            expires,
        };
        let write = Write {
            guards: vec![
                caller.guard(self.clock().now())?,
                Guard::ApprovalIsPending { id: row.id.clone() },
            ],
            changes: vec![change],
            events: vec![Draft { id, kind: "approval.decided", body }],
        };
        match self.store().commit(write).await {
            Ok(_) => Ok(()),
            Err(CommitError::ApprovalDecided) => Err(AdminError::ApprovalDecided),
            Err(error) => Err(error.into()),
        }
    }

    /// One request.
    pub fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
        self.store().approval(id)
    }
}

struct Settled<'a> {
    row: &'a ApprovalRow,
    state: ApprovalState,
    decision: &'a approval::Approval,
    statement: &'a str,
}

/// The name of a state on the wire.
pub fn state_name(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Pending => "pending",
        ApprovalState::Approved => "approved",
        ApprovalState::Denied => "denied",
        ApprovalState::Used => "used",
    }
}

/// A request about exactly this subject, as the approver signs it; none if
/// what is shown is not what would run.
pub fn subject_of(row: &ApprovalRow) -> Option<Subject> {
    let request = json::parse_object(row.request.as_bytes()).ok()?;
    let text = |name| request.get(name).and_then(Value::as_str);
    let arguments = request.get("arguments").and_then(Value::as_object)?;
    let arguments = tools::with_digests(arguments)?.to_canonical().ok()?;
    let arguments = Digest::of(arguments.as_bytes());
    let is_shown =
        text("tool") == Some(&row.tool) && text("args_hash") == Some(&arguments.to_base64url());
    let policy = text("policy_rev")?.into();
    let subject = Subject { leaf: row.leaf, tool: row.tool.clone(), arguments, policy };
    (is_shown && subject.digest() == row.digest).then_some(subject)
}

/// What the approver was shown is what would run, and the approver is asked.
fn check_shown(row: &ApprovalRow, approver: &str) -> Result<(), Refusal> {
    if subject_of(row).is_none() {
        let reason = "what the request shows is not what would run; let the agent ask again";
        return Err(Refusal::new(Outcome::ApprovalMismatch, "P7", reason));
    }
    let request = json::parse_object(row.request.as_bytes());
    let request = request.map_err(|_| not_eligible("the request names no approvers"))?;
    let asked = request.get("approvers").and_then(Value::as_array).unwrap_or_default();
    if asked.is_empty() || asked.iter().any(|one| one.as_str() == Some(approver)) {
        Ok(())
    } else {
        Err(not_eligible("policy asks other people about this call"))
    }
}

/// Where the request stands after `decision`; each person decides once.
fn state_after(
    row: &ApprovalRow,
    decision: &Approval,
    (trust, now): (&Trust, Timestamp),
) -> Result<ApprovalState, AdminError> {
    let before = row.statements.iter();
    let before =
        before.filter_map(|one| approval::verify(one, &row.digest, &trust.directory, now).ok());
    let mut people: Vec<String> = before.map(|one| one.approver).collect();
    if people.contains(&decision.approver) {
        return Err(AdminError::ApprovalDecided);
    }
    people.push(decision.approver.clone());
    people.sort_unstable();
    people.dedup();
    let agreed = people.len() >= usize::from(row.quorum);
    Ok(match decision.answer {
        Answer::Deny => ApprovalState::Denied,
        Answer::Approve if agreed => ApprovalState::Approved,
        Answer::Approve => ApprovalState::Pending,
    })
}

fn not_eligible(reason: &str) -> Refusal {
    Refusal::new(Outcome::ApprovalNotEligible, "P7", reason)
}

/// Whether `agent` or one of its instances asked.
fn is_asked_by(row: &ApprovalRow, agent: &str) -> bool {
    let request = json::parse_object(row.request.as_bytes()).ok();
    let asking = request.as_ref().and_then(|request| request.get("agent")?.as_str());
    let rest = asking.and_then(|asking| asking.strip_prefix(agent));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("/instance/"))
}

pub(crate) fn is_for_want_of_approval(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::ApprovalRequired
            | Outcome::ApprovalConsumed
            | Outcome::ApprovalMismatch
            | Outcome::ApprovalExpired
    )
}

fn prompt_of(row: &ApprovalRow) -> Prompt {
    Prompt { id: row.id.clone(), digest: row.digest, expires: row.expires }
}

/// What the approver is shown is everything that will run: nothing is cut.
fn new_row(
    id: String,
    denial: &Denial,
    subject: &Subject,
    (need, now): (&Need, Timestamp),
) -> ApprovalRow {
    let call = denial.call();
    let leaf = call.chain().leaf();
    let request = Object::new()
        .with("principal", leaf.principal.clone())
        .with("agent", leaf.client_id.clone())
        .with("tool", subject.tool.as_str())
        .with("arguments", call.request().arguments.clone())
        .with("args_hash", subject.arguments.to_base64url())
        .with("policy_rev", subject.policy.as_str())
        .with("rule", denial.verdict().rule.as_str())
        .with("reason", need.reason.as_str())
        .with("approvers", need.by.clone().unwrap_or_default());
    ApprovalRow {
        id,
        created: now,
        expires: now.plus(WAITS),
        state: ApprovalState::Pending,
        digest: subject.digest(),
        leaf: subject.leaf,
        tool: subject.tool.clone(),
        request: request.to_canonical().unwrap_or_default(),
        quorum: u8::try_from(need.count).unwrap_or(u8::MAX),
        statements: Vec::new(),
    }
}
