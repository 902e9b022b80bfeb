//! Answers, as JSON-RPC text.
//!
//! What a server wrote is put between the members of the envelope as it is:
//! an answer that is read and written again may say something else.
//!
//! **Invariant:** a text made here is one line if what goes into it is, and it
//! answers exactly the id that it was given.

use alloc::format;
use alloc::string::String;

use procura_core::json::{Object, Value};

use crate::message::{Id, MessageError};

/// A JSON-RPC error of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorAnswer {
    /// The code; outside -32768 to -32000 unless JSON-RPC or MCP defines it.
    pub code: i64,
    /// One line for people.
    pub message: String,
    /// For programs: `code`, a stable name, and what goes with it.
    pub data: Object,
}

impl ErrorAnswer {
    /// An error whose data is only its stable name.
    pub fn new(code: i64, name: &str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: Object::new().with("code", name) }
    }

    /// Its stable name.
    pub fn name(&self) -> &str {
        self.data.get("code").and_then(Value::as_str).unwrap_or_default()
    }

    /// The answer to the request `id`, or to one whose id could not be read.
    pub fn to_text(&self, id: Option<&Id>) -> String {
        let error = Object::new()
            .with("code", self.code)
            .with("message", self.message.as_str())
            .with("data", self.data.clone());
        // Codes and data are ours and hold integers that are doubles.
        error_text(id, &error.to_canonical().unwrap_or_else(|_| "{}".into()))
    }
}

impl From<&MessageError> for ErrorAnswer {
    fn from(error: &MessageError) -> Self {
        Self::new(error.problem.code(), error.problem.as_str(), format!("{error}"))
    }
}

/// The answer to the request `id` with `result`, which is JSON and stays as it is written.
pub fn result_text(id: &Id, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id_text(Some(id)))
}

/// The answer to the request `id` with `error`, which is JSON and stays as it is written.
pub fn error_text(id: Option<&Id>, error: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{error}}}"#, id_text(id))
}

/// A message to a server: a request where there is an `id`, else a notification.
pub fn message_text(id: Option<i64>, method: &str, params: &str) -> String {
    let method = Value::from(method).to_canonical().unwrap_or_default();
    match id {
        Some(id) => {
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method},"params":{params}}}"#)
        }
        None => format!(r#"{{"jsonrpc":"2.0","method":{method},"params":{params}}}"#),
    }
}

fn id_text(id: Option<&Id>) -> String {
    let value = id.map_or(Value::Null, Id::to_value);
    value.to_canonical().unwrap_or_else(|_| "null".into())
}
