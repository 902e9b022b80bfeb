//! Revocations of keys, instances, delegations, principals, or everything.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use procura_core::directory::{Revocation, RevokedThing};
use procura_core::identity::{AgentId, Name};
use procura_core::json::Object;

use crate::Authority;
use crate::answer::Answer;
use crate::problem::Problem;
use crate::signed::Signed;

/// `GET /v1/revocations`, oldest first.
pub(crate) async fn list(State(authority): State<Arc<Authority>>, _signed: Signed) -> Answer {
    let trust = authority.engine.trust();
    let revoked: Vec<Object> = trust.directory.revocations().iter().map(view).collect();
    Answer::ok(Object::new().with("revocations", revoked))
}

/// `POST /v1/revocations`.
pub(crate) async fn revoke(
    State(authority): State<Arc<Authority>>,
    signed: Signed,
) -> Result<Answer, Problem> {
    let mut body = signed.members()?;
    let kind = body.text("kind")?;
    let value = body.text_or_empty("value")?;
    let reason = body.text_or_empty("reason")?;
    body.end()?;
    let thing = parse_thing(&kind, &value)?;
    authority.engine.revoke(&signed.caller, thing, &reason).await?;
    let revoked = Object::new().with("kind", kind).with("value", value);
    Ok(Answer::created(revoked))
}

/// Reads what is to be revoked. A value that cannot name anything is refused:
/// its sender would believe that something is revoked.
fn parse_thing(kind: &str, value: &str) -> Result<RevokedThing, Problem> {
    let thing = RevokedThing::parse(kind, value);
    thing.filter(names_something).ok_or_else(|| {
        let detail = "`kind` is `key` with a thumbprint, `instance` with its id, `delegation` with its `jti`, `principal` as `user:NAME`, or `everything` with no `value`";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "revocation.invalid", detail)
    })
}

fn names_something(thing: &RevokedThing) -> bool {
    match thing {
        RevokedThing::Key(_) | RevokedThing::Everything => true,
        RevokedThing::Instance(id) => AgentId::parse(id).is_some(),
        RevokedThing::Delegation(id) => !id.is_empty(),
        RevokedThing::Principal(principal) => {
            principal.strip_prefix("user:").is_some_and(|name| Name::parse(name).is_ok())
        }
    }
}

fn view(revocation: &Revocation) -> Object {
    let Revocation { thing, at, by } = revocation;
    Object::new()
        .with("kind", thing.kind())
        .with("value", thing.value())
        .with("at", at.as_seconds())
        .with("by", by.as_str())
}
