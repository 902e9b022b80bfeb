//! RFC 9457 problem documents: the one form of every refusal.
//!
//! **Invariant:** before somebody is authenticated, a refusal says nothing that
//! depends on which names exist.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use procura_core::json::{JsonError, Object};
use procura_core::refusal::{Outcome, Refusal};
use procura_engine::admin::AdminError;
use procura_engine::port::StoreError;

use crate::ReceiptUnavailable;

/// A refusal: a stable code, its status, and one line on what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// One line on what is wrong.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The log cannot be written, so nothing may happen.
    pub(crate) fn unavailable() -> Self {
        AdminError::Unavailable.into()
    }

    /// No call is allowed until the log is signed again.
    pub(crate) fn held() -> Self {
        let detail =
            "the log is not signed, so no call is allowed; the server's own output says why";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "audit.unavailable", detail)
    }

    /// The request is not shaped as the API says.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// What is asked for does not exist, or not for this caller.
    pub(crate) fn not_found() -> Self {
        AdminError::NotFound.into()
    }

    /// Something failed that no request should be able to make fail.
    pub(crate) fn internal() -> Self {
        let detail = "the request could not be answered; the server's log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// The answer to a proof that does not prove.
    pub(crate) fn unauthenticated(refusal: &Refusal) -> Self {
        // These are found after the signature was verified, so the sender may know.
        let known = matches!(
            refusal.outcome,
            Outcome::HolderBindingFailed | Outcome::AudienceMismatch | Outcome::Expired
        );
        if known {
            let code = refusal.outcome.as_str();
            return Self::new(StatusCode::UNAUTHORIZED, code, refusal.reason.clone());
        }
        let detail = "the request's proof does not verify; sign it with the key of a person who is in the directory";
        Self::new(StatusCode::UNAUTHORIZED, "signature_invalid", detail)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Object::new()
            .with("type", format!("urn:procura:problem:{}", self.code))
            .with("title", self.status.canonical_reason().unwrap_or("Refused"))
            .with("status", u32::from(self.status.as_u16()))
            .with("code", self.code)
            .with("detail", self.detail.as_str());
        let text = document.to_canonical().unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, text).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110, section 15.5.2: a 401 names the scheme.
            let scheme = HeaderValue::from_static("Procura");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        // For the log, which the answer waits for.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        let (code, status) = error.code();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let detail = if let AdminError::Refused(refusal) = &error {
            refusal.reason.clone()
        } else {
            error.to_string()
        };
        Self::new(status, code, detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AdminError::from(error).into()
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        let detail = format!("the body is not acceptable JSON: {error}");
        Self::new(StatusCode::BAD_REQUEST, error.outcome().as_str(), detail)
    }
}

impl From<ReceiptUnavailable> for Problem {
    fn from(error: ReceiptUnavailable) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "audit.unavailable", error.to_string())
    }
}

/// The answer where no route is.
pub(crate) async fn no_such_path() -> Problem {
    Problem::not_found()
}

/// The answer to a method that a path has not: nothing that can be followed
/// like a link ever changes something.
pub(crate) async fn wrong_method() -> Problem {
    let detail = "the path does not take this method; `Allow` names those it takes";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
