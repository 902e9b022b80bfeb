//! HTTP/1.1 by hand: a test must be able to send what a good client would not.

use std::net::SocketAddr;

use procura_core::json::{self, Object, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str, body: &str) -> Self {
        let mut request = Self {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: body.into(),
        };
        request.set("Host", "localhost");
        if !body.is_empty() {
            request.set("Content-Type", "application/json");
        }
        request
    }

    /// Sets a header, in place of one that is there.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(key, _)| key != name);
        self.headers.push((name.into(), value.into()));
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) async fn send(&self, address: SocketAddr) -> Reply {
        let mut text = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let is_chunked = self.headers.iter().any(|(name, _)| name == "Transfer-Encoding");
        if !is_chunked && (!self.body.is_empty() || self.method == "POST") {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may answer and close before it has read everything.
        let _sent = stream.write_all(&bytes).await;
        let mut answer = Vec::new();
        let _ended = stream.read_to_end(&mut answer).await;
        Reply::parse(&String::from_utf8(answer).unwrap())
    }
}

impl Reply {
    fn parse(text: &str) -> Self {
        let (head, body) =
            text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let (line, headers) = head.split_once("\r\n").unwrap();
        Self {
            status: line.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: headers.to_ascii_lowercase(),
            body: body.into(),
        }
    }

    pub(crate) fn json(&self) -> Object {
        json::parse_object(self.body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A member of the body that is a string.
    pub(crate) fn text(&self, name: &str) -> String {
        text(&self.json(), name)
    }

    /// Status and code of a problem document, which it must be.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let document = self.json();
        let code = text(&document, "code");
        assert_eq!(text(&document, "type"), format!("urn:procura:problem:{code}"));
        assert_eq!(document.get("status").unwrap().as_integer(), Some(self.status.into()));
        assert!(!text(&document, "title").is_empty() && !text(&document, "detail").is_empty());
        format!("{} {code}", self.status)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }
}

pub(crate) fn text(object: &Object, name: &str) -> String {
    object.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no `{name}`")).into()
}
