//! The log: events, their receipts, and the newest checkpoint.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use procura_core::json::{self, Object, Value};
use procura_engine::engine::Engine;
use procura_engine::port::{StoreError, StoredEvent};

use crate::answer::{Answer, Verbatim};
use crate::parameters::{Part, Query};
use crate::problem::Problem;
use crate::signed::Signed;
use crate::{Authority, ReceiptUnavailable};

/// How many events a page has, unless it is told otherwise.
const PAGE: u64 = 100;
/// How many events a page has at most.
const LONGEST_PAGE: u64 = 500;
/// After how many bytes of events a page ends.
const PAGE_BYTES: usize = 1024 * 1024;
/// How long a receipt may take.
const RECEIPT_WITHIN: Duration = Duration::from_secs(10);

/// `GET /v1/events?from=&limit=`, in order; without `from` the newest.
pub(crate) async fn list(
    State(authority): State<Arc<Authority>>,
    mut query: Query,
    _signed: Signed,
) -> Result<Answer, Problem> {
    let from = query.number("from")?;
    let limit = query.number("limit")?.unwrap_or(PAGE).min(LONGEST_PAGE);
    query.end()?;
    let from = from.map_or_else(|| tail(&authority.engine, limit), Ok)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    page(from, authority.engine.store().events(from, limit)?).map(Answer::ok)
}

/// `GET /v1/events/{id}`: the bytes whose hash is the leaf.
pub(crate) async fn show(
    State(authority): State<Arc<Authority>>,
    Part(id): Part,
    _signed: Signed,
) -> Result<Verbatim, Problem> {
    find(&authority.engine, &id).map(|event| Verbatim::json(event.body))
}

/// `GET /v1/events/{id}/receipt`: a tlog-proof.
pub(crate) async fn receipt(
    State(authority): State<Arc<Authority>>,
    Part(id): Part,
    _signed: Signed,
) -> Result<Verbatim, Problem> {
    let event = find(&authority.engine, &id)?;
    let receipt = authority.receipts.receipt(&event);
    let receipt = tokio::time::timeout(RECEIPT_WITHIN, receipt).await;
    let receipt = receipt.unwrap_or(Err(ReceiptUnavailable))?;
    Ok(Verbatim::text(receipt))
}

/// `GET /v1/checkpoint`: the newest signed checkpoint.
pub(crate) async fn checkpoint(
    State(authority): State<Arc<Authority>>,
    _signed: Signed,
) -> Result<Verbatim, Problem> {
    let note = authority.receipts.checkpoint();
    note.map(Verbatim::text).ok_or_else(Problem::not_found)
}

/// The event that calls itself `id`: what the database calls it is not in the log.
fn find(engine: &Engine, id: &str) -> Result<StoredEvent, Problem> {
    let event = engine.store().event(id)?.ok_or_else(Problem::not_found)?;
    if read(&event)?.get("id").and_then(Value::as_str) == Some(id) {
        return Ok(event);
    }
    Err(StoreError::Damaged(format!("what is stored as event `{id}` is another")).into())
}

/// Where the last `limit` events begin.
fn tail(engine: &Engine, limit: u64) -> Result<u64, StoreError> {
    // Every kind begins with the empty text.
    let newest = engine.store().newest("")?;
    let size = newest.map_or(0, |event| event.sequence.saturating_add(1));
    Ok(size.saturating_sub(limit))
}

/// As many of `events` as a page holds, and where the next page begins.
fn page(from: u64, events: Vec<StoredEvent>) -> Result<Object, Problem> {
    let mut next = from;
    let mut bytes = 0_usize;
    let mut shown = Vec::new();
    for event in events {
        bytes = bytes.saturating_add(event.body.len());
        if bytes > PAGE_BYTES && !shown.is_empty() {
            break;
        }
        next = event.sequence.saturating_add(1);
        shown.push(read(&event)?);
    }
    let next = i64::try_from(next).unwrap_or(i64::MAX);
    Ok(Object::new().with("events", shown).with("next", next))
}

fn read(event: &StoredEvent) -> Result<Object, Problem> {
    json::parse_object(&event.body)
        .map_err(|error| StoreError::Damaged(format!("event `{}`: {error}", event.id)).into())
}
