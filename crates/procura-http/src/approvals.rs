//! Requests for a person's approval, and the decision.
//!
//! **Invariant:** the view of one request holds everything that would run, with
//! nothing cut and nothing changed, so that the approver can recompute what is signed.

use std::sync::Arc;

use axum::extract::State;
use procura_core::json::{self, Object};
use procura_core::time::Timestamp;
use procura_engine::approvals::state_name;
use procura_engine::port::{ApprovalRow, ApprovalState};

use crate::Authority;
use crate::answer::Answer;
use crate::parameters::{Part, Query};
use crate::problem::Problem;
use crate::signed::Signed;

/// How many requests a list goes back.
const LISTED: usize = 1000;
/// What `?state=` may be.
const STATES: [&str; 5] = ["pending", "approved", "denied", "used", "expired"];

/// `GET /v1/approvals?state=`, newest first. A line of the list has no
/// arguments: nobody decides by a list.
pub(crate) async fn list(
    State(authority): State<Arc<Authority>>,
    mut query: Query,
    _signed: Signed,
) -> Result<Answer, Problem> {
    let state = query.take("state");
    query.end()?;
    if state.as_ref().is_some_and(|state| !STATES.contains(&state.as_str())) {
        return Err(Problem::malformed(format!("`state` is one of {}", STATES.join(", "))));
    }
    let now = authority.engine.clock().now();
    let rows = authority.engine.store().approvals(LISTED)?;
    let wanted =
        rows.iter().filter(|row| state.as_ref().is_none_or(|state| state == standing(row, now)));
    let lines = wanted.map(|row| line(row, now)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer::ok(Object::new().with("approvals", lines)))
}

/// `GET /v1/approvals/{id}`: everything that would run.
pub(crate) async fn show(
    State(authority): State<Arc<Authority>>,
    Part(id): Part,
    _signed: Signed,
) -> Result<Answer, Problem> {
    let row = authority.engine.approval(&id)?.ok_or_else(Problem::not_found)?;
    let now = authority.engine.clock().now();
    view(&row, now).map(Answer::ok)
}

/// `POST /v1/approvals/{id}/decision`: settles a request with a signed decision.
pub(crate) async fn decide(
    State(authority): State<Arc<Authority>>,
    Part(id): Part,
    signed: Signed,
) -> Result<Answer, Problem> {
    let mut body = signed.members()?;
    let statement = body.statement()?;
    body.end()?;
    let row = authority.engine.settle(&signed.caller, &id, &statement).await?;
    let now = authority.engine.clock().now();
    view(&row, now).map(Answer::ok)
}

/// One line: which request it is, and where it stands.
fn line(row: &ApprovalRow, now: Timestamp) -> Result<Object, Problem> {
    let request = request_of(row)?;
    let line = Object::new()
        .with("principal", request.get("principal").cloned())
        .with("agent", request.get("agent").cloned());
    Ok(described(line, row, now))
}

/// All of it: what was asked, and where it stands.
fn view(row: &ApprovalRow, now: Timestamp) -> Result<Object, Problem> {
    Ok(described(request_of(row)?, row, now))
}

fn described(object: Object, row: &ApprovalRow, now: Timestamp) -> Object {
    let ApprovalRow {
        id,
        created,
        expires,
        state: _,
        digest,
        leaf,
        tool,
        request: _,
        quorum,
        statements,
    } = row;
    object
        .with("id", id.as_str())
        .with("state", standing(row, now))
        .with("created", created.as_seconds())
        .with("expires", expires.as_seconds())
        .with("tool", tool.as_str())
        .with("digest", digest.to_base64url())
        .with("leaf", leaf.to_base64url())
        .with("quorum", u32::from(*quorum))
        .with("decisions", u32::try_from(statements.len()).unwrap_or(u32::MAX))
}

/// Where a request stands now: one that is over waits for nothing.
fn standing(row: &ApprovalRow, now: Timestamp) -> &'static str {
    let may_end = matches!(row.state, ApprovalState::Pending | ApprovalState::Approved);
    if may_end && row.expires <= now { "expired" } else { state_name(row.state) }
}

fn request_of(row: &ApprovalRow) -> Result<Object, Problem> {
    json::parse_object(row.request.as_bytes()).map_err(|error| {
        tracing::error!(approval = row.id, %error, "a stored request is damaged");
        Problem::internal()
    })
}
