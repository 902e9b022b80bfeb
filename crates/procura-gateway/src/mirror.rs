//! Headers that repeat the body (MCP 2026-07-28, section Server Validation).
//!
//! Whatever stands before us may have decided by these headers; we decide by
//! the body. A request in which they differ has two meanings, and so has none.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64ct::{Base64, Encoding as _};
use procura_core::json::{Object, Value};
use procura_wire::answer::ErrorAnswer;
use procura_wire::call::version_of;
use procura_wire::message::Message;

use crate::answer::Failure;
use crate::dispatch::HANDSHAKE_VERSIONS;

/// A header says something else than the body.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the header `{0}` does not say what the body says")]
pub(crate) struct Mismatch(&'static str);

/// Checks that every mirroring header that is there says what `message` says.
pub(crate) fn check(headers: &HeaderMap, message: &Message) -> Result<(), Mismatch> {
    for name in headers.keys() {
        let (shown, is_right) = match name.as_str() {
            VERSION => (VERSION, says(headers, name, |value| is_version(value, message))),
            METHOD => (METHOD, says(headers, name, |value| value == message.method())),
            NAME => (NAME, says(headers, name, |value| Some(value) == subject(message))),
            // The rest of the name is an argument's, which the log does not show.
            other if other.starts_with(PARAMETER) => {
                (PARAMETER, says(headers, name, |value| is_argument(value, message)))
            }
            _ => continue,
        };
        if !is_right {
            return Err(Mismatch(shown));
        }
    }
    Ok(())
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        let error = ErrorAnswer::new(-32020, "mcp.header_mismatch", mismatch.to_string());
        Self::new(400, error)
    }
}

/// Whether the header is there once and its value, decoded, is right.
fn says(headers: &HeaderMap, name: &HeaderName, is_right: impl Fn(&str) -> bool) -> bool {
    let mut values = headers.get_all(name).iter();
    match (values.next().and_then(decode), values.next()) {
        (Some(value), None) => is_right(&value),
        _ => false,
    }
}

/// Values outside of visible ASCII are written `=?base64?…?=`.
fn decode(value: &HeaderValue) -> Option<String> {
    let value = value.to_str().ok()?;
    let inner = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    match inner {
        None => Some(value.to_owned()),
        Some(inner) => String::from_utf8(Base64::decode_vec(inner).ok()?).ok(),
    }
}

/// The version is the request's own; where a handshake settled it, one that has a handshake.
fn is_version(value: &str, message: &Message) -> bool {
    let params = message.params();
    match (version_of(params), message.method()) {
        (Some(version), _) => value == version,
        (None, "initialize") => {
            params.get("protocolVersion").and_then(Value::as_str) == Some(value)
        }
        (None, _) => HANDSHAKE_VERSIONS.contains(&value),
    }
}

/// What `Mcp-Name` repeats.
fn subject(message: &Message) -> Option<&str> {
    let member = match message.method() {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return None,
    };
    message.params().get(member).and_then(Value::as_str)
}

/// Which argument a header repeats is written in the tool's schema, which is for
/// those who hold the tool. Nobody behind us reads headers, so it is enough
/// that the value is one of the arguments'.
fn is_argument(value: &str, message: &Message) -> bool {
    let arguments = message.params().get("arguments").and_then(Value::as_object);
    message.method() == "tools/call" && arguments.is_some_and(|all| any_is(all, value))
}

fn any_is(object: &Object, value: &str) -> bool {
    object.iter().any(|(_, member)| is(member, value))
}

fn is(member: &Value, value: &str) -> bool {
    match member {
        Value::String(text) => text == value,
        Value::Bool(_) | Value::Number(_) => member.to_canonical().as_deref() == Ok(value),
        Value::Object(object) => any_is(object, value),
        Value::Null | Value::Array(_) => false,
    }
}

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
const PARAMETER: &str = "mcp-param-";

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};
    use procura_wire::message::Message;

    use super::check;

    const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call",
        "params":{"name":"delete_file","arguments":{"path":"/é","deep":{"n":1.50},"all":true}}}"#;
    const STATELESS: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list",
        "params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;

    fn is_right(body: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        check(&map, &Message::parse(body.as_bytes()).unwrap()).is_ok()
    }

    #[test]
    fn headers_that_repeat_the_body_are_right() {
        for headers in [
            [].as_slice(),
            &[("mcp-method", "tools/call"), ("mcp-name", "delete_file")],
            &[("mcp-name", "=?base64?ZGVsZXRlX2ZpbGU=?=")],
            &[("mcp-protocol-version", "2025-06-18")],
            &[("mcp-param-path", "=?base64?L8Op?=")],
            &[("mcp-param-n", "1.5"), ("mcp-param-all", "true")],
            &[("x-other", "anything")],
        ] {
            assert!(is_right(CALL, headers), "{headers:?}");
        }
        assert!(is_right(STATELESS, &[("mcp-protocol-version", "2026-07-28")]));
    }

    #[test]
    fn mcp_01_headers_that_say_something_else_are_refused() {
        for headers in [
            [("mcp-name", "read_file")].as_slice(),
            &[("mcp-name", "Delete_file")],
            &[("mcp-name", "=?base64?cmVhZF9maWxl?=")],
            &[("mcp-name", "=?base64?%?=")],
            &[("mcp-name", "delete_file"), ("mcp-name", "delete_file")],
            &[("mcp-method", "tools/list")],
            &[("mcp-protocol-version", "2026-07-28")],
            &[("mcp-protocol-version", "1.0")],
            &[("mcp-param-path", "/etc")],
            &[("mcp-param-n", "1.50")],
        ] {
            assert!(!is_right(CALL, headers), "{headers:?}");
        }
        assert!(!is_right(STATELESS, &[("mcp-protocol-version", "2025-11-25")]));
        assert!(!is_right(STATELESS, &[("mcp-name", "read_file")]));
        assert!(!is_right(STATELESS, &[("mcp-param-x", "2026-07-28")]));
    }
}
