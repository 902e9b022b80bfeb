//! The authority's HTTP API (`docs/formats/authority-api.md`).
//!
//! **Invariant:** nothing here decides. A handler parses, asks the engine once
//! and renders; whoever sent a request is known only from
//! `Signed`, which exists only after the engine verified the proof.

mod agents;
mod answer;
mod approvals;
mod events;
mod front;
mod open;
mod parameters;
mod people;
mod problem;
mod refused;
mod revocations;
mod signed;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use procura_core::json::Object;
use procura_engine::engine::Engine;
use procura_engine::port::{Later, StoredEvent};

/// What the API is served from.
pub struct Authority {
    /// The use cases.
    pub engine: Arc<Engine>,
    /// Receipts and checkpoints.
    pub receipts: Arc<dyn Receipts>,
    /// What `GET /v1/trust` answers: names and public keys of this installation.
    pub trust: Object,
    /// The names, without ports, under which the API is reached besides the
    /// loopback names. Requests for any other host are refused, so that a name
    /// that was made to resolve to this address reaches nothing.
    pub hosts: Vec<String>,
}

/// The log, as the API needs it.
pub trait Receipts: Send + Sync {
    /// The receipt of an event: a tlog-proof as text.
    fn receipt<'a>(
        &'a self,
        event: &'a StoredEvent,
    ) -> Later<'a, Result<String, ReceiptUnavailable>>;
    /// The newest checkpoint: a signed note as text. `None` while there is none.
    fn checkpoint(&self) -> Option<String>;
}

/// There is no receipt of an event, or not now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no receipt of this event now; ask again in a few seconds")]
pub struct ReceiptUnavailable;

/// The routes of the API.
///
/// Every answer of theirs, errors included, went through the checks and headers
/// of `front`. The router has a fallback, so another that is merged with it has none.
pub fn router(authority: Arc<Authority>) -> Router {
    let front = from_fn_with_state(Arc::clone(&authority), front::pass);
    Router::new()
        .route("/v1/health", get(open::health))
        .route("/v1/trust", get(open::trust))
        .route("/v1/challenges", post(open::challenge))
        .route("/v1/agents", get(agents::list).post(agents::enrol))
        .route("/v1/agents/{name}", get(agents::show))
        .route("/v1/agents/{name}/state", post(agents::set_state))
        .route("/v1/people", get(people::list).post(people::enrol))
        .route("/v1/revocations", get(revocations::list).post(revocations::revoke))
        .route("/v1/approvals", get(approvals::list))
        .route("/v1/approvals/{id}", get(approvals::show))
        .route("/v1/approvals/{id}/decision", post(approvals::decide))
        .route("/v1/events", get(events::list))
        .route("/v1/events/{id}", get(events::show))
        .route("/v1/events/{id}/receipt", get(events::receipt))
        .route("/v1/checkpoint", get(events::checkpoint))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(front)
        .with_state(authority)
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, receipts: _, trust: _, hosts } = self;
        f.debug_struct("Authority")
            .field("engine", engine)
            .field("hosts", hosts)
            .finish_non_exhaustive()
    }
}
