//! What each method does, whichever way it came.
//!
//! **Invariant:** the methods here are all there are. Only `tools/call` reaches a
//! server, and only through a decision; everything else is answered here.

use std::sync::Arc;

use procura_core::json::{Object, Value};
use procura_core::proof::Request;
use procura_core::refusal::{Outcome, Refusal};
use procura_engine::authorize::Attempt;
use procura_engine::event::Source;
use procura_wire::answer::ErrorAnswer;
use procura_wire::call::{
    Era, LIST_PURPOSE, Listing, META, ParamsError, ToolCall, tool_id, version_of,
};
use procura_wire::decision::{RESULT_TYPE, with_receipt};
use procura_wire::message::{Message, Request as ClientRequest};

use crate::answer::{Answer, Failure, denied, receipt};
use crate::gateway::Gateway;
use crate::guard::Credential;
use crate::turned_away::Asked;
use crate::upstream::{Forwarded, Reply, Stdio, UpstreamError, forward};

/// A message and where it came from.
pub(crate) struct Arrival<'a> {
    /// The server that it is for.
    pub(crate) server: &'a str,
    /// Where it came from.
    pub(crate) source: Source,
    /// What a front makes proofs with for a client that makes none.
    pub(crate) credential: Option<&'a Credential>,
}

/// Versions with a handshake, newest first.
pub(crate) const HANDSHAKE_VERSIONS: [&str; 4] =
    ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// The version without one.
pub(crate) const STATELESS_VERSION: &str = "2026-07-28";

impl Gateway {
    /// Answers `message`.
    pub(crate) async fn answer(&self, arrival: Arrival<'_>, message: Message) -> Answer {
        let request = match message {
            Message::Request(request) => request,
            // None of them means anything here, and none is passed on.
            Message::Notification(_) => return Answer::Nothing,
        };
        let (source, asked) = (arrival.source.clone(), Asked::of(arrival.server, &request));
        match self.dispatch(arrival, request).await {
            Ok(answer) => answer,
            Err(failure) => Answer::Failed(self.turn_away(&source, &asked, failure).await),
        }
    }

    /// An error is a refusal that is not recorded yet.
    async fn dispatch(
        &self,
        arrival: Arrival<'_>,
        request: ClientRequest,
    ) -> Result<Answer, Failure> {
        let upstream = self.server(arrival.server).ok_or_else(server_unknown)?;
        check_version(&request.params)?;
        match request.method.as_str() {
            "initialize" => Ok(Answer::Result(initialize(&request.params))),
            "server/discover" => Ok(Answer::Result(discover())),
            // No server's log is relayed, so any level is right.
            "ping" | "logging/setLevel" => Ok(Answer::Result("{}".to_owned())),
            "tools/list" => self.list(arrival, upstream, request).await,
            "tools/call" => self.call(arrival, upstream, request).await,
            _ => Err(method_not_found(Era::of(&request.params))),
        }
    }

    /// The tools that the caller's chain holds, of those that the server has.
    async fn list(
        &self,
        arrival: Arrival<'_>,
        upstream: &Stdio,
        request: ClientRequest,
    ) -> Result<Answer, Failure> {
        let (engine, source) = (self.engine(), &arrival.source);
        let shown = match Listing::parse(request.params) {
            Ok(listing) => Ok(listing.presentation),
            Err(ParamsError::Credential(refusal)) => Err(refusal),
            Err(ParamsError::Shape(reason)) => return Err(malformed(reason)),
        };
        let presentation = match (shown, arrival.credential) {
            (Ok(Some(shown)), _) => Ok(shown),
            (Ok(None), Some(credential)) => {
                credential.present(engine, LIST_PURPOSE, &Object::new())
            }
            (Ok(None), None) => {
                Err(Refusal::new(Outcome::CredentialMissing, "1", "the request has no credential"))
            }
            (Err(refusal), _) => Err(refusal),
        };
        let listed = match presentation {
            Ok(shown) => engine.list(source, &shown, LIST_PURPOSE).await,
            Err(refusal) => Err(engine.refuse_list(source, LIST_PURPOSE, None, refusal).await),
        };
        Ok(match listed {
            Ok(listing) => {
                let held = &listing.get().chain().leaf().tools;
                let tools = upstream.catalogue().to_held(upstream.name(), held);
                // What one caller sees is not for others.
                let text = format!(
                    r#"{{"tools":{tools},"resultType":"complete","ttlMs":0,"cacheScope":"private"}}"#
                );
                Answer::Result(text)
            }
            Err(refused) => Answer::Denied(Box::new(denied(refused))),
        })
    }

    /// Decides the call, and makes it if it may happen.
    async fn call(
        &self,
        arrival: Arrival<'_>,
        upstream: &Arc<Stdio>,
        request: ClientRequest,
    ) -> Result<Answer, Failure> {
        let era = Era::of(&request.params);
        let asked = request.params.get("name").and_then(Value::as_str).unwrap_or_default();
        let tool = tool_id(upstream.name(), asked);
        let call = match ToolCall::parse(request.params) {
            Ok(call) => call,
            Err(ParamsError::Credential(refusal)) => {
                return Ok(self.refuse_unread(&arrival.source, tool, refusal).await);
            }
            Err(ParamsError::Shape(reason)) => return Err(malformed(reason)),
        };
        let presentation = match (call.presentation, arrival.credential) {
            (None, Some(credential)) => {
                match credential.present(self.engine(), &tool, &call.arguments) {
                    Ok(presentation) => Some(presentation),
                    Err(refusal) => {
                        return Ok(self.refuse_unread(&arrival.source, tool, refusal).await);
                    }
                }
            }
            (shown, _) => shown,
        };
        let Some(slot) = self.endings().admit() else {
            let error = ErrorAnswer::new(-31503, "limit.busy", "too many calls at a time");
            return Err(Failure::new(503, error));
        };
        let attempt = Attempt {
            source: arrival.source,
            presentation,
            request: Request { tool, arguments: call.arguments },
        };
        Ok(match self.engine().authorize(&attempt).await {
            Ok(recorded) => from_server(forward(recorded, upstream, call.meta, slot).await, era),
            Err(not_allowed) => Answer::Denied(Box::new(denied(not_allowed))),
        })
    }

    /// A call whose credential cannot be read or made is a refused call: it is recorded.
    async fn refuse_unread(&self, source: &Source, tool: String, refusal: Refusal) -> Answer {
        let request = Request { tool, arguments: Object::new() };
        let refused = self.engine().refuse_unread(source, request, refusal).await;
        Answer::Denied(Box::new(denied(refused)))
    }
}

/// A server's answer with the place of the call in the log.
fn from_server(forwarded: Forwarded, era: Era) -> Answer {
    let Forwarded { reply, entry } = forwarded;
    let receipt = receipt(entry);
    let outcome = match reply {
        Ok(Reply::Error(error)) => return Answer::ServerError(error),
        Ok(Reply::Result(result)) => {
            // Whether it can have one was checked before its end was recorded.
            with_receipt(&result, &receipt, era).map_err(|_| UpstreamError::Broken)
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(result) => Answer::Result(result),
        Err(failure) => {
            let code = match failure {
                UpstreamError::NoSuchTool => -32602,
                UpstreamError::Died
                | UpstreamError::Broken
                | UpstreamError::TimedOut
                | UpstreamError::Changed => {
                    procura_wire::decision::error_code(failure.http_status())
                }
            };
            let mut error = ErrorAnswer::new(code, failure.code(), failure.to_string());
            error.data.set("receipt", receipt.to_object());
            Answer::Failed(Failure::new(failure.http_status(), error))
        }
    }
}

fn server_unknown() -> Failure {
    Failure::new(404, ErrorAnswer::new(-32602, "mcp.server_unknown", "there is no such server"))
}

fn malformed(reason: &str) -> Failure {
    Failure::new(400, ErrorAnswer::new(-32602, "mcp.malformed", reason))
}

/// A request that names its version names one that is spoken (error -32022 of 2026-07-28).
fn check_version(params: &Object) -> Result<(), Failure> {
    let Some(version) = version_of(params) else {
        return Ok(());
    };
    if version == STATELESS_VERSION || HANDSHAKE_VERSIONS.contains(&version) {
        return Ok(());
    }
    let mut error = ErrorAnswer::new(-32022, "mcp.version", "the protocol version is not spoken");
    error.data.set("supported", versions()).set("requested", version);
    Err(Failure::new(400, error))
}

fn method_not_found(era: Era) -> Failure {
    let status = match era {
        Era::Handshake => 200,
        Era::Stateless => 404,
    };
    let error = ErrorAnswer::new(-32601, "mcp.method_unknown", "method not found");
    Failure::new(status, error)
}

fn initialize(params: &Object) -> String {
    let asked = params.get("protocolVersion").and_then(Value::as_str);
    let version = HANDSHAKE_VERSIONS.iter().find(|version| Some(**version) == asked);
    let [newest, ..] = HANDSHAKE_VERSIONS;
    let result = Object::new()
        .with("protocolVersion", *version.unwrap_or(&newest))
        .with("capabilities", capabilities())
        .with("serverInfo", identity());
    text(&result)
}

fn discover() -> String {
    let meta = Object::new().with("io.modelcontextprotocol/serverInfo", identity());
    let result = Object::new()
        .with(RESULT_TYPE, "complete")
        .with("supportedVersions", versions())
        .with("capabilities", capabilities())
        .with("serverInfo", identity())
        .with("ttlMs", 3_600_000_u32)
        .with("cacheScope", "public")
        .with(META, meta);
    text(&result)
}

fn versions() -> Vec<&'static str> {
    std::iter::once(STATELESS_VERSION).chain(HANDSHAKE_VERSIONS).collect()
}

fn capabilities() -> Object {
    Object::new().with("tools", Object::new())
}

fn identity() -> Object {
    Object::new().with("name", "procura").with("version", env!("CARGO_PKG_VERSION"))
}

/// Answers of ours hold no number that is not a double.
fn text(result: &Object) -> String {
    result.to_canonical().unwrap_or_else(|_| "{}".to_owned())
}
