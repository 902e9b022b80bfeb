//! What a request says: members of its body, parts of its path, its query.
//!
//! **Invariant:** nothing that is said is ignored. A member or parameter that a
//! route does not know is refused, because its sender thinks that it counts.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use procura_core::json::{Object, Value};
use procura_core::limits;

use crate::problem::Problem;

/// The largest integer of JSON that every reader reads alike (RFC 8259, section 6).
const LARGEST: u64 = (1 << 53) - 1;

/// The members of a body, taken one by one.
#[derive(Debug)]
pub(crate) struct Members(Object);

/// The one variable part of a path.
#[derive(Debug)]
pub(crate) struct Part(pub(crate) String);

/// The parameters of a query, taken one by one. None needs an escape.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Members {
    pub(crate) fn new(body: Object) -> Self {
        Self(body)
    }

    /// A signed statement; its own reader limits it.
    pub(crate) fn statement(&mut self) -> Result<String, Problem> {
        self.any_text("statement")?.ok_or_else(|| missing("statement"))
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, Problem> {
        self.short_text(name)?.ok_or_else(|| missing(name))
    }

    /// A text that may be left out, which is the same as an empty one.
    pub(crate) fn text_or_empty(&mut self, name: &str) -> Result<String, Problem> {
        Ok(self.short_text(name)?.unwrap_or_default())
    }

    /// Checks that nothing is left.
    pub(crate) fn end(self) -> Result<(), Problem> {
        match self.0.iter().next() {
            None => Ok(()),
            Some(_) => {
                Err(Problem::malformed("the body has a member that this path does not take"))
            }
        }
    }

    fn short_text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let text = self.any_text(name)?;
        if text.as_ref().is_some_and(|text| text.len() > limits::NAME_BYTES) {
            let most = limits::NAME_BYTES;
            return Err(Problem::malformed(format!("`{name}` has at most {most} bytes")));
        }
        Ok(text)
    }

    fn any_text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::malformed(format!("`{name}` is not a string"))),
        }
    }
}

impl Query {
    /// A whole number that JSON carries exactly, if the parameter is there.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.take(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| *number <= LARGEST);
        let wrong = || format!("`{name}` is not a whole number up to {LARGEST}");
        number.map(Some).ok_or_else(|| Problem::malformed(wrong()))
    }

    /// A word, if the parameter is there.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(index).1)
    }

    /// Checks that nothing is left.
    pub(crate) fn end(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Problem::malformed(
            "the query has a parameter that this path does not take, or one twice",
        ))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let parameter = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        };
        Ok(Self(pairs.map(parameter).collect()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        // Bytes that are not text name nothing.
        path.map(|Path(part)| Self(part)).map_err(|_| Problem::not_found())
    }
}

fn missing(name: &str) -> Problem {
    Problem::malformed(format!("the body has no `{name}`"))
}
