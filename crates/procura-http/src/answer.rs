//! Answers that are not refusals.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use procura_core::json::Object;

use crate::problem::Problem;

/// A JSON object with its status.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    body: Object,
}

/// A text that is served byte for byte.
#[derive(Debug)]
pub(crate) struct Verbatim {
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// 200.
    pub(crate) fn ok(body: Object) -> Self {
        Self { status: StatusCode::OK, body }
    }

    /// 201: something exists that did not before.
    pub(crate) fn created(body: Object) -> Self {
        Self { status: StatusCode::CREATED, body }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self.body.to_canonical() {
            Ok(text) => {
                let kind = [(header::CONTENT_TYPE, "application/json")];
                (self.status, kind, text).into_response()
            }
            // A number that JSON cannot carry exactly is not shown as another one.
            Err(_) => Problem::internal().into_response(),
        }
    }
}

impl Verbatim {
    /// `text/plain`.
    pub(crate) fn text(body: String) -> Self {
        Self { media_type: "text/plain; charset=utf-8", body: body.into_bytes() }
    }

    /// `application/json`, as stored.
    pub(crate) fn json(body: Vec<u8>) -> Self {
        Self { media_type: "application/json", body }
    }
}

impl IntoResponse for Verbatim {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.media_type)], self.body).into_response()
    }
}
