//! What every request passes on the way in, and every answer on the way out.
//!
//! **Invariant:** a request for a host that is not ours, or from a page of
//! another origin, reaches no handler; a handler that began runs to its end; and
//! a refusal is answered after it was recorded.

use std::future::Future;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Authority;
use crate::problem::Problem;
use crate::refused::Asked;

/// Names of this machine for itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The paths that take a query; each checks its parameters itself.
const QUERIED: [&str; 2] = ["/v1/approvals", "/v1/events"];

/// The headers of every answer.
const HEADERS: [(header::HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Checks a request, lets it run to its end, records a refusal, and marks the answer.
pub(crate) async fn pass(
    State(authority): State<Arc<Authority>>,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = Asked::of(&mut request);
    let mut response = run(async move {
        let mut response = match check(&authority, &request) {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        };
        if let Some(problem) = response.extensions_mut().remove::<Problem>()
            && let Err(unavailable) = asked.record(&authority.engine, &problem).await
        {
            response = unavailable.into_response();
        }
        response
    })
    .await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Runs it on a task of its own: a client that goes away must not stop a change
/// between its commit and its effect, nor the record of a refusal.
async fn run(handler: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(handler).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a handler failed");
            Problem::internal().into_response()
        }
    }
}

fn check(authority: &Authority, request: &Request) -> Result<(), Problem> {
    // An absolute target could name another host than the header (RFC 9112, section 3.2.2).
    if request.uri().authority().is_some() {
        return Err(Problem::malformed("send the path alone as the request's target"));
    }
    let host = only(request.headers(), &header::HOST)
        .ok_or_else(|| Problem::malformed("the request needs one `Host` header"))?;
    let own = authority.hosts.iter().map(String::as_str);
    let name = without_port(host);
    let mut names = LOOPBACK.into_iter().chain(own);
    if !names.any(|one| one.eq_ignore_ascii_case(name)) {
        return Err(misdirected());
    }
    check_origin(request.headers(), host)?;
    // What is said and not read would be taken to count.
    if request.uri().query().is_some() && !QUERIED.contains(&request.uri().path()) {
        return Err(Problem::malformed("the path takes no query"));
    }
    Ok(())
}

/// A browser says from which page a request comes; only our own may.
fn check_origin(headers: &HeaderMap, host: &str) -> Result<(), Problem> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let own = [format!("http://{host}"), format!("https://{host}")];
    if origins.all(|origin| own.iter().any(|one| origin == one.as_str())) {
        return Ok(());
    }
    let detail = "requests from pages of other origins are refused";
    Err(Problem::new(StatusCode::FORBIDDEN, "web.origin", detail))
}

fn misdirected() -> Problem {
    let detail = "this server does not answer for that host; use the address it listens on, or configure the name";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "web.host", detail)
}

/// The value of a header that must be there once.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => value.to_str().ok(),
        Some(_) => None,
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}
