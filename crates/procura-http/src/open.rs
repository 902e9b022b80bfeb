//! What anybody may ask.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use procura_core::json::Object;
use procura_engine::admin::AdminError;

use crate::Authority;
use crate::answer::Answer;
use crate::problem::Problem;

/// `GET /v1/health`: whether the directory can be relied on and calls may be allowed.
pub(crate) async fn health(State(authority): State<Arc<Authority>>) -> Result<Answer, Problem> {
    authority.engine.current_trust().map_err(AdminError::from)?;
    if authority.engine.is_held() {
        return Err(Problem::held());
    }
    Ok(Answer::ok(Object::new().with("status", "ok")))
}

/// `GET /v1/trust`: names and public keys, for verifiers. Whoever relies on
/// them learns them on a way that is safe, or compares them with one.
pub(crate) async fn trust(State(authority): State<Arc<Authority>>) -> Answer {
    Answer::ok(authority.trust.clone())
}

/// `POST /v1/challenges`: a nonce that one enrolment may use.
pub(crate) async fn challenge(
    State(authority): State<Arc<Authority>>,
    body: Bytes,
) -> Result<Answer, Problem> {
    if !matches!(&*body, b"" | b"{}") {
        return Err(Problem::malformed("the path takes no member"));
    }
    let nonce = authority.engine.challenge()?;
    Ok(Answer::created(Object::new().with("nonce", nonce)))
}
