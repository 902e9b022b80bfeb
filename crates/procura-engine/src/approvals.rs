//! Requests for a person's approval: asked by policy, answered by signature,
//! used once.

use procura_core::approval::{self, Answer, Subject};
use procura_core::decide::Denial;
use procura_core::hash::Digest;
use procura_core::json::Object;
use procura_core::refusal::{Outcome, Refusal};
use procura_core::time::{Seconds, Timestamp};
use procura_policy::{ApprovalRule, Effect};

use crate::admin::{AdminError, Administrator};
use crate::engine::Engine;
use crate::port::{
    ApprovalRow, ApprovalState, Change, CommitError, Draft, Guard, StoreError, Write,
};
use crate::record::NotRecorded;

/// How long a request waits for a decision.
const WAITS: Seconds = Seconds::new(3600);
/// How many requests of one delegation and tool may wait at a time: more wear an approver down.
const WAITING: usize = 10;

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
        let Effect::NeedsApproval(rule) = &denial.verdict().effect else {
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
        if waiting.by_ref().count() >= WAITING {
            let reason = "too many requests for approval wait already";
            let limit = Refusal::new(Outcome::ApprovalRateLimited, "P7", reason);
            return Ok(Asked { limit: Some(limit), ..Asked::default() });
        }
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let row = new_row(id, denial, &subject, (rule, now));
        let prompt = Some(prompt_of(&row));
        Ok(Asked { prompt, change: Some(Change::OpenApproval(Box::new(row))), limit: None })
    }

    /// Settles a request with a person's signed decision.
    pub async fn settle(
        &self,
        caller: &Administrator,
        id: &str,
        statement: &str,
    ) -> Result<ApprovalRow, AdminError> {
        let now = self.clock().now();
        let row = self.store().approval(id)?.ok_or(AdminError::NotFound)?;
        if row.expires <= now {
            return Err(AdminError::ApprovalExpired);
        }
        if row.state != ApprovalState::Pending {
            return Err(AdminError::ApprovalDecided);
        }
        let trust = self.trust();
        let decision = approval::verify(statement, &row.digest, &trust.directory, now)
            .map_err(AdminError::Refused)?;
        if decision.approver != caller.principal() {
            return Err(AdminError::NotEligible("a decision is sent by the person who signed it"));
        }
        let before: Vec<_> = row
            .statements
            .iter()
            .filter_map(|one| approval::verify(one, &row.digest, &trust.directory, now).ok())
            .collect();
        if before.iter().any(|one| one.approver == decision.approver) {
            return Err(AdminError::ApprovalDecided);
        }
        let agreed = before.len().saturating_add(1) >= usize::from(row.quorum);
        let state = match decision.answer {
            Answer::Deny => ApprovalState::Denied,
            Answer::Approve if agreed => ApprovalState::Approved,
            Answer::Approve => ApprovalState::Pending,
        };
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
            guards: vec![caller.guard(), Guard::ApprovalIsPending { id: row.id.clone() }],
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

/// A request about exactly this subject, as the approver signs it.
pub fn subject_of(row: &ApprovalRow) -> Option<Subject> {
    use procura_core::json::{Value, parse_object};
    let request = parse_object(row.request.as_bytes()).ok()?;
    let text = |name| request.get(name).and_then(Value::as_str);
    let subject = Subject {
        leaf: row.leaf,
        tool: row.tool.clone(),
        arguments: text("args_hash").and_then(Digest::from_base64url)?,
        policy: text("policy_rev")?.into(),
    };
    (subject.digest() == row.digest).then_some(subject)
}

fn is_for_want_of_approval(outcome: Outcome) -> bool {
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
    (rule, now): (&ApprovalRule, Timestamp),
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
        .with("reason", rule.reason.as_str())
        .with("approvers", rule.by.clone());
    ApprovalRow {
        id,
        created: now,
        expires: now.plus(WAITS),
        state: ApprovalState::Pending,
        digest: subject.digest(),
        leaf: subject.leaf,
        tool: subject.tool.clone(),
        request: request.to_canonical().unwrap_or_default(),
        quorum: rule.quorum.max(1),
        statements: Vec::new(),
    }
}
