//! JSON-RPC 2.0 as MCP uses it: requests in, replies and errors out.
//!
//! **Invariant:** a [`Request`] has an id that is a string or an integer, so that each can be
//! answered by exactly one reply.

use serde_json::{Map, Value, json};

/// A message that wants an answer.
#[derive(Debug)]
pub(super) struct Request {
    id: Value,
    /// The method, not yet known to exist.
    pub(super) method: String,
    /// The parameters; empty where the message has none.
    pub(super) params: Map<String, Value>,
}

/// An answer that is an error of the protocol, as opposed to a tool that failed.
#[derive(Debug)]
pub(super) struct Failure {
    code: Code,
    message: String,
    data: Option<Value>,
}

/// Which error it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Code {
    /// The line is not JSON.
    Parse,
    /// The JSON is not a request.
    InvalidRequest,
    /// The method does not exist in the era of the request.
    MethodNotFound,
    /// The parameters do not fit the method.
    InvalidParams,
    /// The request names a revision of MCP that is not spoken here.
    UnsupportedVersion,
}

/// Reads one line. `None` is a message that wants no answer: a notification or a response.
///
/// The error is a complete reply, because its id depends on how much of the line could be read.
pub(super) fn parse(line: &[u8]) -> Result<Option<Request>, Value> {
    let value: Value = serde_json::from_slice(line)
        .map_err(|error| refuse(Code::Parse, format!("the message is not JSON: {error}")))?;
    let Value::Object(mut message) = value else {
        return Err(refuse(Code::InvalidRequest, "the message is not an object".to_owned()));
    };
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(refuse(Code::InvalidRequest, "`jsonrpc` is not `2.0`".to_owned()));
    }
    let id = message.remove("id");
    let method = match message.remove("method") {
        Some(Value::String(method)) => method,
        Some(_) => {
            return Err(refuse(Code::InvalidRequest, "`method` is not a string".to_owned()));
        }
        None => return response(id, &message),
    };
    let Some(id) = id else {
        return Ok(None);
    };
    if !(id.is_string() || id.is_i64() || id.is_u64()) {
        return Err(refuse(Code::InvalidRequest, "`id` is not a string or an integer".to_owned()));
    }
    let params = match message.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => {
            let failure = Failure::invalid_params("`params` is not an object");
            return Err(failure.into_reply(id));
        }
    };
    Ok(Some(Request { id, method, params }))
}

/// The reply to a line that is too long to be read.
pub(super) fn too_long(limit: usize) -> Value {
    refuse(Code::InvalidRequest, format!("the message is longer than {limit} bytes"))
}

impl Request {
    /// Turns what came of the request into its reply.
    pub(super) fn reply(self, outcome: Result<Map<String, Value>, Failure>) -> Value {
        match outcome {
            Ok(result) => json!({"jsonrpc": "2.0", "id": self.id, "result": result}),
            Err(failure) => failure.into_reply(self.id),
        }
    }
}

impl Failure {
    /// The parameters do not fit the method, and why.
    pub(super) fn invalid_params(message: impl Into<String>) -> Self {
        Self { code: Code::InvalidParams, message: message.into(), data: None }
    }

    /// There is no such method.
    pub(super) fn method_not_found(method: &str) -> Self {
        let message = format!("there is no method `{method}`");
        Self { code: Code::MethodNotFound, message, data: None }
    }

    /// The request names a revision that is not spoken here; `supported` lists those that are.
    pub(super) fn unsupported_version(requested: &str, supported: &[&str]) -> Self {
        Self {
            code: Code::UnsupportedVersion,
            message: format!("the protocol version `{requested}` is not supported"),
            data: Some(json!({"supported": supported, "requested": requested})),
        }
    }

    fn into_reply(self, id: Value) -> Value {
        let Self { code, message, data } = self;
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(code.number()));
        error.insert("message".to_owned(), json!(message));
        error.extend(data.map(|data| ("data".to_owned(), data)));
        json!({"jsonrpc": "2.0", "id": id, "error": error})
    }
}

impl Code {
    /// JSON-RPC 2.0, section 5.1, and MCP 2026-07-28 for the last one.
    fn number(self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::UnsupportedVersion => -32022,
        }
    }
}

/// A response to a request of ours would be harmless, since we send none. Anything else without a
/// method is not JSON-RPC.
fn response(id: Option<Value>, message: &Map<String, Value>) -> Result<Option<Request>, Value> {
    let answers = message.contains_key("result") || message.contains_key("error");
    if id.is_some() && answers {
        return Ok(None);
    }
    Err(refuse(Code::InvalidRequest, "the message has no `method`".to_owned()))
}

fn refuse(code: Code, message: String) -> Value {
    Failure { code, message, data: None }.into_reply(Value::Null)
}
