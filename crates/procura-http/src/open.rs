//! What anybody may ask.

use std::sync::Arc;

use axum::extract::State;
use procura_core::json::Object;

use crate::Authority;
use crate::answer::Answer;
use crate::problem::Problem;

/// `GET /v1/health`: whether the store can be read and calls may be allowed.
pub(crate) async fn health(State(authority): State<Arc<Authority>>) -> Result<Answer, Problem> {
    authority.engine.store().newest("directory.")?;
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
pub(crate) async fn challenge(State(authority): State<Arc<Authority>>) -> Result<Answer, Problem> {
    let nonce = authority.engine.challenge()?;
    Ok(Answer::created(Object::new().with("nonce", nonce)))
}
