//! People: who may administer and approve.

use std::sync::Arc;

use axum::extract::State;
use procura_core::directory::{Person, PersonRole};
use procura_core::json::Object;
use procura_core::token;

use crate::Authority;
use crate::answer::Answer;
use crate::problem::Problem;
use crate::signed::Signed;

/// `GET /v1/people`.
pub(crate) async fn list(State(authority): State<Arc<Authority>>, _signed: Signed) -> Answer {
    let trust = authority.engine.trust();
    let people: Vec<Object> =
        trust.directory.people().map(|(principal, person)| view(principal, person)).collect();
    Answer::ok(Object::new().with("people", people))
}

/// `POST /v1/people`: enrols a person whose key signed the statement.
pub(crate) async fn enrol(
    State(authority): State<Arc<Authority>>,
    signed: Signed,
) -> Result<Answer, Problem> {
    let mut body = signed.members()?;
    let role = PersonRole::parse(&body.text("role")?)
        .ok_or_else(|| Problem::malformed("`role` is `administrator` or `approver`"))?;
    let statement = body.statement()?;
    body.end()?;
    let caller = &signed.caller;
    let principal = authority.engine.enrol_person(caller, role, &statement).await?;
    let trust = authority.engine.trust();
    let person = trust.directory.person(&principal);
    let person = person.ok_or_else(Problem::not_found)?;
    Ok(Answer::created(view(&principal, person)))
}

fn view(principal: &str, person: &Person) -> Object {
    let Person { key, role } = person;
    Object::new()
        .with("principal", principal)
        .with("role", role.as_str())
        .with("key", key.thumbprint().to_string())
        .with("fingerprint", key.fingerprint())
        .with("jwk", token::to_jwk(key))
}
