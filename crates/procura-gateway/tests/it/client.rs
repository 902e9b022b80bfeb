//! A client that sends exactly the bytes it is told to.

use std::net::SocketAddr;

use procura_core::json::{self, Object, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// An HTTP answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Post {
    /// What an honest client sends.
    pub(crate) fn new(path: &str, body: impl Into<String>) -> Self {
        Self {
            method: "POST",
            path: path.to_owned(),
            headers: vec![
                ("host".into(), "localhost".into()),
                ("content-type".into(), "application/json".into()),
            ],
            body: body.into(),
        }
    }

    /// With the header `name`, in place of one that is there.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) async fn send(&self, address: SocketAddr) -> Answer {
        let Self { method, path, headers, body } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        // A server that refuses a body does not read it.
        let _refused = stream.write_all(body.as_bytes()).await;
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Object {
        json::parse_object(self.body.as_bytes()).unwrap()
    }

    /// The `error.data.code`, or `result` if there is no error.
    pub(crate) fn outcome(&self) -> String {
        outcome(&self.json())
    }

    /// The text at a path of member names.
    pub(crate) fn text(&self, path: &str) -> String {
        at(&self.json().into(), path).as_str().unwrap().to_owned()
    }
}

/// The `error.data.code` of a message, or `result` if there is no error.
pub(crate) fn outcome(message: &Object) -> String {
    match message.get("error") {
        None => "result".into(),
        Some(error) => {
            let data = error.as_object().unwrap().get("data").and_then(Value::as_object);
            let code = data.and_then(|data| data.get("code")).and_then(Value::as_str);
            code.unwrap_or("error").to_owned()
        }
    }
}

/// The value at a path of member names and indexes.
pub(crate) fn at(value: &Value, path: &str) -> Value {
    path.split('/').fold(value.clone(), |value, step| match &value {
        Value::Object(object) => {
            // `~` stands for `/`, as in `dev.procura~receipt`.
            let name = step.replace('~', "/");
            object.get(&name).unwrap_or_else(|| panic!("no `{name}` in {value:?}")).clone()
        }
        Value::Array(values) => values[step.parse::<usize>().unwrap()].clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("no `{step}` in {value:?}")
        }
    })
}
