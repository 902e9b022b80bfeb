//! One exchange over HTTP, with the server that was named and with no other.
//!
//! **Invariant:** no redirect is followed and no proxy asked, whatever the
//! answer or the environment says; what is read of an answer, and the time that
//! is waited for it, are bounded.

use std::time::Duration;

use ureq::http::{Response, StatusCode, Uri, uri::Scheme};

/// How an exchange is made.
pub(crate) struct Transport {
    agent: ureq::Agent,
    bounds: Bounds,
}

/// What an answer may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes of its body.
    pub(crate) bytes: u64,
    /// From connecting to the last byte.
    pub(crate) time: Duration,
}

/// A whole answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer. Those that a server brings about have a code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("it sends to another place, and nothing is sent there (sdk.redirect_refused)")]
    Redirect,
    #[error("its answer is longer than what is read of one (sdk.response_too_large)")]
    TooLarge,
    #[error("its answer was not there within {} seconds", .0.as_secs_f32())]
    TooLate(Duration),
    #[error("this build speaks http alone: it has no TLS, and sends nothing unprotected instead")]
    NotHttp,
    #[error("{0}")]
    Other(String),
}

impl Transport {
    /// The only way in which commands speak HTTP.
    pub(crate) fn new(bounds: Bounds) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_response_header_size(HEAD_BYTES)
            .timeout_connect(Some(CONNECTS_WITHIN))
            .timeout_global(Some(bounds.time))
            .build();
        Self { agent: ureq::Agent::new_with_config(config), bounds }
    }

    /// Asks for what is at `url`.
    pub(crate) fn get(&self, url: &str, fields: &[(&str, &str)]) -> Result<Reply, Broken> {
        let request = self.agent.get(http_alone(url)?);
        let request =
            fields.iter().fold(request, |request, field| request.header(field.0, field.1));
        self.receive(request.call())
    }

    /// Sends JSON to `url`.
    pub(crate) fn post(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, Broken> {
        let request = self.agent.post(http_alone(url)?).content_type("application/json");
        let request =
            fields.iter().fold(request, |request, field| request.header(field.0, field.1));
        self.receive(request.send(body))
    }

    fn receive(&self, answer: Result<Response<ureq::Body>, ureq::Error>) -> Result<Reply, Broken> {
        let mut answer = answer.map_err(|error| self.broken(&error))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(Broken::Redirect);
        }
        let body = answer.body_mut().with_config().limit(self.bounds.bytes).read_to_vec();
        Ok(Reply { status, body: body.map_err(|error| self.broken(&error))? })
    }

    fn broken(&self, error: &ureq::Error) -> Broken {
        if matches!(error, ureq::Error::Timeout(_)) {
            return Broken::TooLate(self.bounds.time);
        }
        let text = error.to_string();
        let is_long = matches!(
            error,
            ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..)
        );
        // The library counts header fields too, and has no variant of its own for it.
        if is_long || text.contains("too many headers") {
            return Broken::TooLarge;
        }
        Broken::Other(text)
    }
}

/// Checks the scheme before anything is connected to.
fn http_alone(url: &str) -> Result<Uri, Broken> {
    let uri: Uri = url.parse().map_err(|_| Broken::Other("it is no URL".into()))?;
    if uri.scheme() == Some(&Scheme::HTTP) { Ok(uri) } else { Err(Broken::NotHttp) }
}

/// The longest status line and header fields that are read.
const HEAD_BYTES: usize = 16 * 1024;
/// How long a connection may take.
const CONNECTS_WITHIN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
