//! Agents: who has which key, and who may act.

use std::sync::Arc;

use axum::extract::State;
use procura_core::directory::{Agent, AgentState};
use procura_core::identity::{AgentId, Name};
use procura_core::json::Object;
use procura_core::token;
use procura_engine::engine::Engine;

use crate::Authority;
use crate::answer::Answer;
use crate::parameters::Part;
use crate::problem::Problem;
use crate::signed::Signed;

/// `GET /v1/agents`.
pub(crate) async fn list(State(authority): State<Arc<Authority>>, _signed: Signed) -> Answer {
    let trust = authority.engine.trust();
    let agents: Vec<Object> = trust.directory.agents().map(|(id, agent)| view(id, agent)).collect();
    Answer::ok(Object::new().with("agents", agents))
}

/// `GET /v1/agents/{name}`.
pub(crate) async fn show(
    State(authority): State<Arc<Authority>>,
    Part(name): Part,
    _signed: Signed,
) -> Result<Answer, Problem> {
    current(&authority.engine, &id(&authority.engine, &name)?).map(Answer::ok)
}

/// `POST /v1/agents`: enrols an agent whose key signed the statement.
pub(crate) async fn enrol(
    State(authority): State<Arc<Authority>>,
    signed: Signed,
) -> Result<Answer, Problem> {
    let mut body = signed.members()?;
    let statement = body.statement()?;
    body.end()?;
    let id = authority.engine.enrol_agent(&signed.caller, &statement).await?;
    current(&authority.engine, &id).map(Answer::created)
}

/// `POST /v1/agents/{name}/state`: suspends, resumes or revokes.
pub(crate) async fn set_state(
    State(authority): State<Arc<Authority>>,
    Part(name): Part,
    signed: Signed,
) -> Result<Answer, Problem> {
    let mut body = signed.members()?;
    let state = parse_state(&body.text("state")?)?;
    let reason = body.text_or_empty("reason")?;
    body.end()?;
    let id = id(&authority.engine, &name)?;
    let wish = (state, reason.as_str());
    authority.engine.set_agent_state(&signed.caller, &id, wish).await?;
    current(&authority.engine, &id).map(Answer::ok)
}

/// The id of the agent `name`; text that is no name is nobody's.
fn id(engine: &Engine, name: &str) -> Result<String, Problem> {
    let name = Name::parse(name).map_err(|_| Problem::not_found())?;
    Ok(engine.settings().trust_domain.agent(&name).to_string())
}

fn current(engine: &Engine, id: &str) -> Result<Object, Problem> {
    let trust = engine.trust();
    let agent = trust.directory.agent(id).ok_or_else(Problem::not_found)?;
    Ok(view(id, agent))
}

fn view(id: &str, agent: &Agent) -> Object {
    let Agent { key, owner, state, created } = agent;
    let name = AgentId::parse(id).map(|id| id.name().to_string());
    Object::new()
        .with("id", id)
        .with("name", name)
        .with("owner", owner.as_str())
        .with("state", state.as_str())
        .with("created", created.as_seconds())
        .with("key", key.thumbprint().to_string())
        .with("fingerprint", key.fingerprint())
        .with("jwk", token::to_jwk(key))
}

fn parse_state(text: &str) -> Result<AgentState, Problem> {
    match text {
        "active" => Ok(AgentState::Active),
        "suspended" => Ok(AgentState::Suspended),
        "revoked" => Ok(AgentState::Revoked),
        _ => Err(Problem::malformed("`state` is `active`, `suspended` or `revoked`")),
    }
}
