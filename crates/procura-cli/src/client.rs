//! The authority's API, as a command uses it (`docs/formats/authority-api.md`).
//!
//! **Invariant:** every request is signed for itself; no redirect is followed,
//! no proxy asked, no answer read beyond a bound; and a request goes only to
//! this machine, because this build has no TLS.

pub(crate) mod transport;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use procura_core::json::{self, Object, Value};
use procura_core::key::Signer;
use procura_engine::enrol::{self, Enrolment};
use procura_engine::request::{self, Covered, Stamp};
use ureq::http::{StatusCode, Uri};

use crate::command::inspect::safe;
use crate::failure::{Exit, Failure};
use crate::system::{fresh_id, now};
use transport::{Bounds, Broken, Reply, Transport};

/// What an answer may cost. A request for approval shows a whole call, which
/// may have 1 MiB as its sender wrote it.
pub(crate) const BOUNDS: Bounds = Bounds { bytes: 4 * 1024 * 1024, time: Duration::from_secs(30) };

/// A person's view of one authority.
pub(crate) struct Client {
    transport: Transport,
    server: String,
    audience: String,
    principal: String,
    key: Arc<dyn Signer>,
}

/// The authority refused. Its texts are the server's, so they are escaped when shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ApiError {
    /// The stable code.
    pub(crate) code: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// One line on what to do.
    pub(crate) detail: String,
}

impl Client {
    /// A client that signs as `principal` with `key`, for the authority that
    /// calls itself `audience`.
    pub(crate) fn new(
        server_url: &str,
        audience: &str,
        principal: &str,
        key: Arc<dyn Signer>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            transport: Transport::new(BOUNDS),
            server: own_machine(server_url)?,
            audience: audience.to_owned(),
            principal: principal.to_owned(),
            key,
        })
    }

    /// Who signs.
    pub(crate) fn principal(&self) -> &str {
        &self.principal
    }

    /// Who signs, with which key.
    pub(crate) fn key(&self) -> &dyn Signer {
        &*self.key
    }

    /// Asks for an object.
    pub(crate) fn get(&self, target: &str) -> anyhow::Result<Object> {
        object(&self.read(target)?)
    }

    /// Asks for an object that may not exist.
    pub(crate) fn find(&self, target: &str) -> anyhow::Result<Option<Object>> {
        match self.get(target) {
            Ok(found) => Ok(Some(found)),
            Err(error) if code_of(&error) == Some("not_found") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for a text.
    pub(crate) fn text(&self, target: &str) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.read(target)?).map_err(|_| strange("bytes that are no text"))?)
    }

    /// Sends an object, and reads the one that comes back.
    pub(crate) fn post(&self, target: &str, body: &Object) -> anyhow::Result<Object> {
        let body = body.to_canonical()?;
        let proof = self.proof("POST", target, body.as_bytes())?;
        let fields = [("Authorization", proof.as_str())];
        let url = format!("{}{target}", self.server);
        object(&self.accept(self.transport.post(&url, &fields, body.as_bytes()))?)
    }

    /// The statement that enrols `signer`'s key as `name`: it signs a fresh
    /// challenge of the authority, for this purpose and no other.
    pub(crate) fn enrolment(
        &self,
        kind: &str,
        name: &str,
        signer: &dyn Signer,
    ) -> anyhow::Result<String> {
        let challenge = self.post("/v1/challenges", &Object::new())?;
        let nonce = said(&challenge, "nonce")?;
        let enrolment = Enrolment { kind, name, nonce, audience: &self.audience };
        Ok(enrol::sign(&enrolment, signer))
    }

    fn read(&self, target: &str) -> anyhow::Result<Vec<u8>> {
        let proof = self.proof("GET", target, b"")?;
        let fields = [("Authorization", proof.as_str())];
        self.accept(self.transport.get(&format!("{}{target}", self.server), &fields))
    }

    fn proof(&self, method: &str, target: &str, body: &[u8]) -> anyhow::Result<String> {
        let covered = Covered { method, target, body };
        let id = fresh_id()?;
        let stamp = Stamp { id: &id, issued: now(), audience: &self.audience };
        let proof = request::sign(&covered, &self.principal, &stamp, &*self.key);
        Ok(format!("Procura {proof}"))
    }

    /// The body of an answer that is not a refusal.
    fn accept(&self, answer: Result<Reply, Broken>) -> anyhow::Result<Vec<u8>> {
        let Reply { status, body } = answer.map_err(|broken| self.unreachable(&broken))?;
        if status.is_success() { Ok(body) } else { Err(refused(status, &body)) }
    }

    fn unreachable(&self, broken: &Broken) -> Failure {
        let reason = printable(&broken.to_string());
        Failure::environment(
            format!("the server at {} does not answer as it should: {reason}", self.server),
            "start it with `procura up`, or name another with --server URL",
        )
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", printable(&self.detail), printable(&self.code))
    }
}

impl std::error::Error for ApiError {}

/// The code with which the authority refused, if that is the error.
pub(crate) fn code_of(error: &anyhow::Error) -> Option<&str> {
    error.downcast_ref::<ApiError>().map(|refused| refused.code.as_str())
}

/// A member of an answer that is a text, or nothing.
pub(crate) fn text_of<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A member of an answer that is a text, to be shown.
pub(crate) fn shown(object: &Object, name: &str) -> String {
    printable(text_of(object, name))
}

/// A member without which an answer is none: what it leaves out was not done.
pub(crate) fn said<'a>(object: &'a Object, name: &str) -> Result<&'a str, Failure> {
    let text = object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| strange(&format!("`{name}` is missing")))
}

/// Checks that an answer says of itself what was asked for.
pub(crate) fn confirmed(object: &Object, name: &str, expected: &str) -> Result<(), Failure> {
    if object.get(name).and_then(Value::as_str) == Some(expected) {
        return Ok(());
    }
    Err(strange(&format!("`{name}` is not `{expected}`")))
}

/// The objects in a list of an answer. No list is not an empty one: nobody may
/// conclude from it that nothing waits and nothing happened.
pub(crate) fn objects<'a>(object: &'a Object, name: &str) -> Result<Vec<&'a Object>, Failure> {
    let list = object.get(name).and_then(Value::as_array);
    let objects = list.and_then(|list| list.iter().map(Value::as_object).collect());
    objects.ok_or_else(|| strange(&format!("`{name}` is no list of objects")))
}

/// `text` as one part of a target: an id that needs no escape.
pub(crate) fn part(text: &str) -> Result<&str, Failure> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !text.is_empty() && text.bytes().all(is_plain) && !text.starts_with('.') {
        return Ok(text);
    }
    let message = format!("`{}` is not an id", printable(text));
    Err(Failure::usage(message, "copy the id from a list, such as `procura approvals list`"))
}

/// `text` on one line, with what could change the terminal, hide or pose as
/// something else escaped; the typography of our own texts stays.
pub(crate) fn printable(text: &str) -> String {
    let escape = |c: char| match c {
        '…' | '→' | '·' | '–' | '—' | '‘' | '’' | '“' | '”' | '≤' | '≥' | '×' => {
            String::from(c)
        }
        other => safe::text(other.encode_utf8(&mut [0; 4])),
    };
    text.chars().map(escape).collect()
}

/// Checks that `url` names a server on this machine, and gives it without a path.
fn own_machine(url: &str) -> Result<String, Failure> {
    let bad = |message: String, next: &str| Failure::usage(message, next);
    let shown = printable(url);
    let uri: Uri = url
        .parse()
        .map_err(|_| bad(format!("`{shown}` is not a URL"), "write it as http://127.0.0.1:PORT"))?;
    let tunnel = "reach another machine through a tunnel: ssh -L 7117:127.0.0.1:7117 HOST, then --server http://127.0.0.1:7117";
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => {
            return Err(bad("this build has no TLS, so it cannot use https".into(), tunnel));
        }
        Some(_) | None => {
            return Err(bad(
                format!("`{shown}` is not an http URL"),
                "write it as http://127.0.0.1:PORT",
            ));
        }
    }
    let authority = uri.authority().map(ureq::http::uri::Authority::as_str).unwrap_or_default();
    let has_more =
        authority.contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some();
    if has_more {
        return Err(bad(
            format!("`{shown}` says more than scheme, host and port"),
            "write it as http://127.0.0.1:PORT",
        ));
    }
    if !is_loopback(uri.host().unwrap_or_default()) {
        return Err(bad(
            format!("`{shown}` is another machine, and http is not protected on the way"),
            tunnel,
        ));
    }
    Ok(format!("http://{authority}"))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback || host.eq_ignore_ascii_case("localhost")
}

/// A refusal as the server words it, with the exit code that goes with it.
fn refused(status: StatusCode, body: &[u8]) -> anyhow::Error {
    let problem = json::parse_object(body).unwrap_or_default();
    let text = |name| problem.get(name).and_then(Value::as_str).map(String::from);
    let (Some(code), Some(detail)) = (text("code"), text("detail")) else {
        return strange(&format!("status {}", status.as_u16())).into();
    };
    let (exit, message) = if status.is_server_error() {
        (Exit::Environment, "the server could not do it")
    } else {
        (Exit::False, "the server refused")
    };
    let failure = Failure { exit, message: message.into(), next: None };
    anyhow::Error::new(ApiError { code, status: status.as_u16(), detail }).context(failure)
}

fn object(body: &[u8]) -> anyhow::Result<Object> {
    Ok(json::parse_object(body).map_err(|error| strange(&error.to_string()))?)
}

fn strange(what: &str) -> Failure {
    Failure::environment(
        format!("the server answered with something that is not of this API: {}", printable(what)),
        "name a procura server with --server URL",
    )
}

#[cfg(test)]
mod tests;
