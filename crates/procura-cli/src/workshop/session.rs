//! The methods of MCP, in both of its eras.
//!
//! Until 2025-11-25 a connection begins with a handshake (`initialize`); since 2026-07-28 each
//! request says for itself, in `_meta`, which revision it speaks. One connection may mix them.
//!
//! **Invariant:** no tool runs for a peer that has neither shaken hands nor named a revision.

use serde_json::{Map, Value, json};

use super::call::ToolCall;
use super::catalogue;
use super::message::{Failure, Request};
use super::tools::Workshop;

/// The method that runs a tool.
pub(super) const CALL_TOOL: &str = "tools/call";

/// One connection to one peer.
#[derive(Debug)]
pub(super) struct Session {
    workshop: Workshop,
    handshake: Handshake,
}

/// Whether the peer has sent `initialize`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Handshake {
    Awaited,
    Done,
}

/// How a request says which revision of MCP it speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Era {
    /// By the handshake of the connection.
    Legacy,
    /// By its own `_meta`.
    Modern,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Method {
    Initialize,
    Ping,
    Discover,
    ListTools,
    CallTool,
}

impl Session {
    /// A connection on which nothing has been said.
    pub(super) fn new(workshop: Workshop) -> Self {
        Self { workshop, handshake: Handshake::Awaited }
    }

    /// Carries out one request and returns its reply.
    pub(super) fn answer(&mut self, request: Request) -> Value {
        let outcome = self.outcome(&request.method, &request.params);
        request.reply(outcome)
    }

    fn outcome(
        &mut self,
        name: &str,
        params: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Failure> {
        let method = Method::parse(name).ok_or_else(|| Failure::method_not_found(name))?;
        let era = self.era(method, params)?;
        let mut result = match (method, era) {
            (Method::Initialize, Era::Legacy) => self.initialize(params)?,
            (Method::Ping, Era::Legacy) => Map::new(),
            (Method::Discover, Era::Modern) => discover(),
            (Method::ListTools, Era::Legacy | Era::Modern) => list_tools(params, era)?,
            (Method::CallTool, Era::Legacy | Era::Modern) => {
                let call = ToolCall::parse(params).map_err(Failure::invalid_params)?;
                self.workshop.perform(&call)
            }
            (Method::Initialize | Method::Ping, Era::Modern) | (Method::Discover, Era::Legacy) => {
                return Err(Failure::method_not_found(name));
            }
        };
        if era == Era::Modern {
            result.insert("resultType".to_owned(), json!("complete"));
        }
        Ok(result)
    }

    /// MCP 2026-07-28 requires both `_meta` keys on every request.
    fn era(&self, method: Method, params: &Map<String, Value>) -> Result<Era, Failure> {
        let meta = |key| params.get("_meta").and_then(|meta| meta.get(key));
        let Some(version) = meta(VERSION_KEY) else {
            let opens = matches!(method, Method::Initialize | Method::Ping);
            if opens || self.handshake == Handshake::Done {
                return Ok(Era::Legacy);
            }
            let why =
                format!("neither `initialize` came first nor does `_meta` have `{VERSION_KEY}`");
            return Err(Failure::invalid_params(why));
        };
        let Some(version) = version.as_str() else {
            return Err(Failure::invalid_params(format!("`{VERSION_KEY}` is not a string")));
        };
        if version != MODERN {
            return Err(Failure::unsupported_version(version, &[MODERN]));
        }
        if !meta(CAPABILITIES_KEY).is_some_and(Value::is_object) {
            return Err(Failure::invalid_params(format!("`{CAPABILITIES_KEY}` is not an object")));
        }
        Ok(Era::Modern)
    }

    fn initialize(&mut self, params: &Map<String, Value>) -> Result<Map<String, Value>, Failure> {
        let Some(asked) = params.get("protocolVersion").and_then(Value::as_str) else {
            return Err(Failure::invalid_params("`protocolVersion` is not a string"));
        };
        // The newest is the answer to a revision that is not known; the client may then hang up.
        let version = LEGACY.into_iter().find(|known| *known == asked).unwrap_or(NEWEST_LEGACY);
        self.handshake = Handshake::Done;
        Ok(object([
            ("protocolVersion", json!(version)),
            ("capabilities", json!({"tools": {}})),
            ("serverInfo", server_info()),
            ("instructions", json!(INSTRUCTIONS)),
        ]))
    }
}

impl Method {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "initialize" => Self::Initialize,
            "ping" => Self::Ping,
            "server/discover" => Self::Discover,
            "tools/list" => Self::ListTools,
            CALL_TOOL => Self::CallTool,
            _ => return None,
        })
    }
}

fn discover() -> Map<String, Value> {
    object([
        ("supportedVersions", json!([MODERN])),
        ("capabilities", json!({"tools": {}})),
        ("instructions", json!(INSTRUCTIONS)),
        ("ttlMs", json!(0)),
        ("cacheScope", json!("private")),
        ("_meta", json!({SERVER_INFO_KEY: server_info()})),
    ])
}

fn list_tools(params: &Map<String, Value>, era: Era) -> Result<Map<String, Value>, Failure> {
    // All tools fit on one page, so no cursor can be one of ours.
    if params.contains_key("cursor") {
        return Err(Failure::invalid_params("`cursor` was not issued by this server"));
    }
    let mut result = object([("tools", catalogue::tools())]);
    if era == Era::Modern {
        result.insert("ttlMs".to_owned(), json!(0));
        result.insert("cacheScope".to_owned(), json!("private"));
    }
    Ok(result)
}

fn server_info() -> Value {
    json!({"name": "procura-workshop", "version": env!("CARGO_PKG_VERSION")})
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

const MODERN: &str = "2026-07-28";
const NEWEST_LEGACY: &str = "2025-11-25";
const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", NEWEST_LEGACY];
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER_INFO_KEY: &str = "io.modelcontextprotocol/serverInfo";
const INSTRUCTIONS: &str = "Edit files in the work tree, propose them as a pull request, then deploy the checked-out branch.";
