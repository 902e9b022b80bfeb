//! JSON-RPC messages of clients (JSON-RPC 2.0, as MCP restricts it).
//!
//! **Invariant:** a [`Message`] was read by one strict parser, has no member
//! that JSON-RPC does not know, and every number in its parameters is exactly
//! a double. So its canonical form says the same as the bytes that came, and a
//! reader behind us cannot see another message in it.

use alloc::string::String;

use procura_core::json::{self, JsonError, Object, Value};
use procura_core::limits;

/// What a client may send.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// It wants an answer.
    Request(Request),
    /// It wants none.
    Notification(Notification),
}

/// A message that wants an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the answer has to carry.
    pub id: Id,
    /// The method.
    pub method: String,
    /// Its parameters; empty where there are none.
    pub params: Object,
}

/// A message that wants no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The method.
    pub method: String,
    /// Its parameters; empty where there are none.
    pub params: Object,
}

/// A request's id. Its type is kept: `1` and `"1"` are two ids.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Id {
    /// An integer that is exactly a double.
    Integer(i64),
    /// A text.
    Text(String),
}

/// A text that is not a message, and the id to answer to if it could be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{problem}")]
pub struct MessageError {
    /// What is wrong.
    pub problem: Problem,
    /// The id, if there was a proper one.
    pub id: Option<Id>,
}

/// Why a text is not a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Longer than a request may be.
    #[error("the message is longer than {} bytes", limits::REQUEST_BYTES)]
    TooLong,
    /// Not strict JSON.
    #[error("the message is not acceptable JSON: {0}")]
    Json(JsonError),
    /// A list of messages, which MCP gave up.
    #[error("batches are not accepted; send one message at a time")]
    Batch,
    /// JSON, but no object.
    #[error("the message is not an object")]
    NotAnObject,
    /// An answer, where nothing was asked.
    #[error("the message is an answer, and nothing was asked")]
    Answer,
    /// A member besides `jsonrpc`, `id`, `method` and `params`.
    #[error("the message has a member that is none of jsonrpc, id, method and params")]
    Member,
    /// `jsonrpc` is not `"2.0"`.
    #[error("`jsonrpc` is not `2.0`")]
    Version,
    /// `id` is neither text nor an integer.
    #[error("`id` is neither a text nor an integer of at most 53 bits")]
    Id,
    /// `method` is not a name.
    #[error("`method` is missing or not 1 to 128 visible ASCII characters")]
    Method,
    /// `params` is not an object.
    #[error("`params` is not an object")]
    Params,
    /// A number would be another number after a trip through its double.
    #[error("a number in `params` is not exactly a double")]
    Number,
}

impl Message {
    /// Reads one message.
    ///
    /// The length is checked before anything is read. Members that JSON-RPC does
    /// not know are refused, although it lets a reader ignore them: a reader
    /// behind us may take `Method` for `method`.
    pub fn parse(text: &[u8]) -> Result<Self, MessageError> {
        if text.len() > limits::REQUEST_BYTES {
            return Err(Problem::TooLong.into());
        }
        let value = json::parse(text).map_err(Problem::Json)?;
        let object = match value {
            Value::Object(object) => object,
            Value::Array(_) => return Err(Problem::Batch.into()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return Err(Problem::NotAnObject.into());
            }
        };
        let id = object.get("id").map(Id::parse).transpose()?;
        Self::from_object(object, id.clone()).map_err(|problem| MessageError { problem, id })
    }

    /// The method.
    pub fn method(&self) -> &str {
        match self {
            Self::Request(request) => &request.method,
            Self::Notification(notification) => &notification.method,
        }
    }

    /// The parameters; empty where there are none.
    pub fn params(&self) -> &Object {
        match self {
            Self::Request(request) => &request.params,
            Self::Notification(notification) => &notification.params,
        }
    }

    /// The id, if an answer is wanted.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::Request(request) => Some(&request.id),
            Self::Notification(_) => None,
        }
    }

    fn from_object(mut object: Object, id: Option<Id>) -> Result<Self, Problem> {
        if object.get("result").is_some() || object.get("error").is_some() {
            return Err(Problem::Answer);
        }
        let known = |name: &str| matches!(name, "jsonrpc" | "id" | "method" | "params");
        // JSON-RPC lets a reader ignore the rest; a reader behind us may not.
        if object.iter().any(|(name, _)| !known(name)) {
            return Err(Problem::Member);
        }
        if object.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(Problem::Version);
        }
        let method = match object.remove("method") {
            Some(Value::String(method)) if is_method(&method) => method,
            Some(_) | None => return Err(Problem::Method),
        };
        let params = match object.remove("params") {
            None => Object::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(Problem::Params),
        };
        if !params.is_admissible() {
            return Err(Problem::Number);
        }
        Ok(match id {
            Some(id) => Self::Request(Request { id, method, params }),
            None => Self::Notification(Notification { method, params }),
        })
    }
}

impl Id {
    /// The id as a value.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Integer(integer) => Value::from(*integer),
            Self::Text(text) => Value::from(text.as_str()),
        }
    }

    fn parse(value: &Value) -> Result<Self, Problem> {
        match (value.as_str(), value.as_integer()) {
            (Some(text), _) => Ok(Self::Text(text.into())),
            (None, Some(integer)) => Ok(Self::Integer(integer)),
            (None, None) => Err(Problem::Id),
        }
    }
}

impl Problem {
    /// The code of the JSON-RPC error (JSON-RPC 2.0, section 5.1).
    pub fn code(self) -> i64 {
        match self {
            Self::Json(_) => -32700,
            Self::Number => -32602,
            Self::TooLong
            | Self::Batch
            | Self::NotAnObject
            | Self::Answer
            | Self::Member
            | Self::Version
            | Self::Id
            | Self::Method
            | Self::Params => -32600,
        }
    }

    /// The stable code for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_large",
            Self::Number => "non_admissible_number",
            Self::Json(JsonError::DuplicateMember(_)) => "duplicate_member",
            Self::Json(_)
            | Self::Batch
            | Self::NotAnObject
            | Self::Answer
            | Self::Member
            | Self::Version
            | Self::Id
            | Self::Method
            | Self::Params => "mcp.malformed",
        }
    }

    /// The HTTP status that goes with it.
    pub fn http_status(self) -> u16 {
        if self == Self::TooLong { 413 } else { 400 }
    }
}

/// A reader behind us may end a name at a null or drop what it cannot show.
fn is_method(method: &str) -> bool {
    (1..=METHOD_BYTES).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The longest method; those of MCP have less than 50.
const METHOD_BYTES: usize = 128;

impl From<Problem> for MessageError {
    fn from(problem: Problem) -> Self {
        Self { problem, id: None }
    }
}
