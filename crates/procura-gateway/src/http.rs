//! The HTTP front: one request, one JSON answer.
//!
//! **Invariant:** of a request's headers none is passed on; a server behind us
//! never sees one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use http_body_util::LengthLimitError;
use procura_core::limits;
use procura_engine::event::Source;
use procura_wire::answer::{ErrorAnswer, error_text, result_text};
use procura_wire::message::{Id, Message, MessageError, Problem};
use tokio::time::timeout;

use crate::answer::{Answer, Failure, unavailable};
use crate::dispatch::Arrival;
use crate::gateway::Gateway;
use crate::hosts::only;
use crate::mirror;
use crate::turned_away::Asked;

/// Answers one request to `/mcp/{server}`.
pub(crate) async fn receive(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(source) = source(&gateway, &parts) else {
        return fail(None, &unavailable());
    };
    let server = server(&parts);
    match accept(&gateway, &parts, body).await {
        Ok(message) => {
            let id = message.id().cloned();
            let arrival = Arrival { server, source, credential: None };
            render(id.as_ref(), gateway.answer(arrival, message).await)
        }
        // It asks for nothing: stock clients try whether there is a stream.
        Err(refused) if refused.failure.status == 405 => fail(None, &refused.failure),
        Err(Refused { id, asked, failure }) => {
            fail(id.as_ref(), &gateway.turn_away(&source, &asked, failure).await)
        }
    }
}

/// A request that is no message for a server, as far as it was read.
#[derive(Debug)]
struct Refused {
    id: Option<Id>,
    asked: Asked,
    failure: Failure,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { id: None, asked: Asked::default(), failure }
    }
}

/// The message of a request that may be answered.
async fn accept(gateway: &Gateway, parts: &Parts, body: Body) -> Result<Message, Refused> {
    admit(gateway, parts)?;
    let text = read(body).await?;
    let message = Message::parse(&text).map_err(|error| {
        let failure = Failure::from(&error);
        Refused { id: error.id, asked: Asked::default(), failure }
    })?;
    mirror::check(&parts.headers, &message).map_err(|mismatch| {
        let asked = Asked::of_message(server(parts), &message);
        Refused { id: message.id().cloned(), asked, failure: mismatch.into() }
    })?;
    Ok(message)
}

/// The name in the path, as it was sent: one that needs an escape is no server's.
fn server(parts: &Parts) -> &str {
    parts.uri.path().strip_prefix("/mcp/").unwrap_or_default()
}

/// Everything that is checked before a byte of the body is read.
fn admit(gateway: &Gateway, parts: &Parts) -> Result<(), Failure> {
    gateway.hosts().check(parts)?;
    if parts.method != Method::POST {
        // There are no sessions to end and no streams to open.
        let error = ErrorAnswer::new(-32600, "mcp.method_not_allowed", "only POST is answered");
        return Err(Failure::new(405, error));
    }
    let content = only(parts, &CONTENT_TYPE).and_then(|content| content.split(';').next());
    let is_json = content.is_some_and(|content| content.trim().eq_ignore_ascii_case(JSON));
    if !is_json || parts.headers.contains_key(CONTENT_ENCODING) {
        // Pages can send other types without asking, and what is compressed has no size.
        let error =
            ErrorAnswer::new(-32600, "mcp.media_type", "only plain application/json is read");
        return Err(Failure::new(415, error));
    }
    Ok(())
}

async fn read(body: Body) -> Result<Bytes, Failure> {
    match timeout(READ_WITHIN, to_bytes(body, limits::REQUEST_BYTES)).await {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error);
            if cause.is_some_and(|cause| cause.is::<LengthLimitError>()) {
                return Err(Failure::from(&MessageError::from(Problem::TooLong)));
            }
            let error = ErrorAnswer::new(-32600, "mcp.malformed", "the body ended too early");
            Err(Failure::new(400, error))
        }
        Err(_) => {
            let error = ErrorAnswer::new(-32600, "mcp.slow", "the body did not arrive in time");
            Err(Failure::new(408, error))
        }
    }
}

fn source(gateway: &Gateway, parts: &Parts) -> Result<Source, procura_engine::effect::NoEntropy> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    Ok(Source {
        address: peer.map_or_else(|| "unknown".to_owned(), |peer| peer.0.ip().to_string()),
        transport: "http",
        request_id: gateway.engine().ids().uuid()?,
    })
}

fn render(id: Option<&Id>, answer: Answer) -> Response {
    match (answer, id) {
        (Answer::Result(result), Some(id)) => json(200, result_text(id, &result)),
        (Answer::Nothing, _) | (Answer::Result(_), None) => respond(202, Body::empty()),
        (Answer::ServerError(error), _) => json(200, error_text(id, &error)),
        (Answer::Denied(denied), _) => {
            let mut response = json(denied.status, denied.to_error().to_text(id));
            if denied.status == 401 {
                let challenge = HeaderValue::from_static(r#"AAT realm="procura""#);
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
        (Answer::Failed(failure), _) => fail(id, &failure),
    }
}

fn fail(id: Option<&Id>, failure: &Failure) -> Response {
    let mut response = json(failure.status, failure.error.to_text(id));
    if failure.status == 405 {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

fn json(status: u16, text: String) -> Response {
    let mut response = respond(status, Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

fn respond(status: u16, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const JSON: &str = "application/json";
/// How long a body may take to arrive.
const READ_WITHIN: Duration = Duration::from_secs(10);
