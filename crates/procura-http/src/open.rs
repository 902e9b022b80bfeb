//! What anybody may ask.

use std::sync::Arc;

use axum::extract::{Request, State};
use procura_core::json::Object;
use procura_engine::admin::AdminError;

use crate::Authority;
use crate::answer::Answer;
use crate::problem::Problem;
use crate::signed;

/// `GET /v1/health`: whether the store can be read, the directory be
/// relied on and calls be allowed.
pub(crate) async fn health(State(authority): State<Arc<Authority>>) -> Result<Answer, Problem> {
    authority.engine.store().newest("directory.")?;
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
    request: Request,
) -> Result<Answer, Problem> {
    let body = signed::read(request.into_body()).await?;
    if !matches!(&*body, b"" | b"{}") {
        return Err(Problem::malformed("the path takes no member"));
    }
    let nonce = authority.engine.challenge()?;
    Ok(Answer::created(Object::new().with("nonce", nonce)))
}
