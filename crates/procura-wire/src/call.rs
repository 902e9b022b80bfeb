//! The parameters of `tools/call` and `tools/list`.
//!
//! **Invariant:** the credential is taken out as it is read, so what is left
//! can be sent on without it.

use alloc::format;
use alloc::string::String;

use procura_core::json::{Object, Value};
use procura_core::limits;
use procura_core::refusal::Refusal;

use crate::presentation::{self, Presentation};

/// What the proof of a request for the list of tools names as its tool. Ids of
/// tools begin with `mcp:`, so it is no tool's.
pub const LIST_PURPOSE: &str = "tools/list";
/// The member of `_meta` in which a client since 2026-07-28 names its version.
pub const VERSION_MEMBER: &str = "io.modelcontextprotocol/protocolVersion";
/// The member of `params` for what is not the method's own.
pub const META: &str = "_meta";

/// The id of a server's tool in delegations, policy and proofs.
///
/// Names of servers have no `/`, so one id belongs to one tool of one server.
pub fn tool_id(server: &str, tool: &str) -> String {
    format!("mcp:{server}/{tool}")
}

/// Parameters of `tools/call`.
///
/// A proof of possession covers `name` and `arguments`. `_meta` is covered by
/// nothing: it is the client's word, and nobody decides by it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The tool's name at its server.
    pub name: String,
    /// The arguments; empty where there are none.
    pub arguments: Object,
    /// The credential, if there is one.
    pub presentation: Option<Presentation>,
    /// The rest of `_meta`.
    pub meta: Object,
}

/// Parameters of `tools/list`.
///
/// Nothing but the credential matters: the list of a caller has one page.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The credential, if there is one.
    pub presentation: Option<Presentation>,
}

/// Why parameters cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParamsError {
    /// They are not shaped as MCP says.
    #[error("{0}")]
    Shape(&'static str),
    /// The credential is not one.
    #[error("{0}")]
    Credential(Refusal),
}

impl ToolCall {
    /// Reads the parameters.
    ///
    /// A credential that is there and cannot be read is an error, and not the
    /// same as none: who meant to prove something is told that it failed.
    pub fn parse(mut params: Object) -> Result<Self, ParamsError> {
        let (presentation, meta) = take_meta(&mut params)?;
        let name = match params.remove("name") {
            Some(Value::String(name)) if !name.is_empty() => name,
            Some(_) | None => return Err(ParamsError::Shape("`name` is missing or not a text")),
        };
        if name.len() > limits::TOOL_ID_BYTES {
            return Err(ParamsError::Shape("`name` is too long"));
        }
        let arguments = match params.remove("arguments") {
            None => Object::new(),
            Some(Value::Object(arguments)) => arguments,
            Some(_) => return Err(ParamsError::Shape("`arguments` is not an object")),
        };
        if !params.is_empty() {
            // The proof covers name and arguments; what it does not cover does not pass.
            let reason = "a parameter besides `name`, `arguments` and `_meta` is not accepted";
            return Err(ParamsError::Shape(reason));
        }
        Ok(Self { name, arguments, presentation, meta })
    }
}

impl Listing {
    /// Reads the parameters.
    pub fn parse(mut params: Object) -> Result<Self, ParamsError> {
        let (presentation, _meta) = take_meta(&mut params)?;
        if params.get("cursor").is_some() {
            // Lists have one page, so that no cursor of ours exists.
            return Err(ParamsError::Shape("`cursor` is not one of this server's"));
        }
        Ok(Self { presentation })
    }
}

/// Parameters of `tools/call` for the server: nothing but what is given here.
pub fn to_params(name: &str, arguments: &Object, meta: &Object) -> Object {
    let params = Object::new().with("name", name).with("arguments", arguments.clone());
    if meta.is_empty() { params } else { params.with(META, meta.clone()) }
}

/// How a client speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Era {
    /// With a handshake, up to 2025-11-25.
    Handshake,
    /// Without one, since 2026-07-28: every request names its version.
    Stateless,
}

impl Era {
    /// How the sender of a request with these parameters speaks.
    pub fn of(params: &Object) -> Self {
        match version_of(params) {
            Some(_) => Self::Stateless,
            None => Self::Handshake,
        }
    }
}

/// The protocol version that the request itself names, as clients do since 2026-07-28.
pub fn version_of(params: &Object) -> Option<&str> {
    let meta = params.get(META)?.as_object()?;
    meta.get(VERSION_MEMBER)?.as_str()
}

/// Takes `_meta` out, and the credential out of that.
fn take_meta(params: &mut Object) -> Result<(Option<Presentation>, Object), ParamsError> {
    let mut meta = match params.remove(META) {
        None => Object::new(),
        Some(Value::Object(meta)) => meta,
        Some(_) => return Err(ParamsError::Shape("`_meta` is not an object")),
    };
    let presentation = meta
        .remove(presentation::MEMBER)
        .map(|value| Presentation::parse(&value))
        .transpose()
        .map_err(ParamsError::Credential)?;
    Ok((presentation, meta))
}
