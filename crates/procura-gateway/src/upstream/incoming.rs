//! Lines that a server sends.

use procura_wire::raw::{RawObject, text_of};

use super::forward::Reply;

/// What a line of a server is.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Incoming {
    /// The answer to our request with this id.
    Answer(i64, Reply),
    /// A request of the server; the id is JSON as it was written.
    Request {
        /// Its id.
        id: String,
        /// Its method.
        method: String,
    },
    /// It wants no answer.
    Notification(String),
}

/// The line is not a message of MCP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Garbage;

impl Incoming {
    pub(super) fn parse(line: &[u8]) -> Result<Self, Garbage> {
        let line = std::str::from_utf8(line).map_err(|_| Garbage)?;
        let message = RawObject::parse(line).map_err(|_| Garbage)?;
        if message.text("jsonrpc").as_deref() != Some("2.0") {
            return Err(Garbage);
        }
        let id = message.get("id");
        match (message.get("method"), message.get("result"), message.get("error")) {
            (Some(method), None, None) => {
                let method = text_of(method).ok_or(Garbage)?;
                Ok(match id {
                    Some(id) => Self::Request { id: id.to_owned(), method },
                    None => Self::Notification(method),
                })
            }
            (None, Some(result), None) => {
                Self::answer(id, result).map(|(id, result)| Self::Answer(id, Reply::Result(result)))
            }
            (None, None, Some(error)) => {
                Self::answer(id, error).map(|(id, error)| Self::Answer(id, Reply::Error(error)))
            }
            _ => Err(Garbage),
        }
    }

    /// Our ids are integers, and results and errors are objects.
    fn answer(id: Option<&str>, value: &str) -> Result<(i64, String), Garbage> {
        let id = id.and_then(|id| id.parse().ok()).ok_or(Garbage)?;
        RawObject::parse(value).map_err(|_| Garbage)?;
        Ok((id, value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Garbage, Incoming, Reply};

    fn check(line: &str, expected: Result<Incoming, Garbage>) {
        assert_eq!(Incoming::parse(line.as_bytes()), expected, "{line}");
    }

    #[test]
    fn answers_keep_their_bytes() {
        check(
            r#"{"jsonrpc":"2.0","id":7,"result":{ "n" : 1.0 }}"#,
            Ok(Incoming::Answer(7, Reply::Result(r#"{ "n" : 1.0 }"#.into()))),
        );
        check(
            r#"{"error":{"code":-1},"id":7,"jsonrpc":"2.0"}"#,
            Ok(Incoming::Answer(7, Reply::Error(r#"{"code":-1}"#.into()))),
        );
    }

    #[test]
    fn requests_and_notifications_of_a_server_are_told_apart() {
        check(
            r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#,
            Ok(Incoming::Request { id: r#""a""#.into(), method: "ping".into() }),
        );
        check(
            r#"{"jsonrpc":"2.0","method":"notifications/x","params":{}}"#,
            Ok(Incoming::Notification("notifications/x".into())),
        );
    }

    #[test]
    fn what_is_not_a_message_is_garbage() {
        for line in [
            "",
            "hello",
            "[]",
            "{}",
            r#"{"jsonrpc":"1.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":"1","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":[]}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"method":"x"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}} x"#,
        ] {
            check(line, Err(Garbage));
        }
        assert_eq!(Incoming::parse(b"\xff"), Err(Garbage));
    }
}
