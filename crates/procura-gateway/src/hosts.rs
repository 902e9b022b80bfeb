//! Who a request says it is for, and which page sent it.
//!
//! A browser sends requests to any name that resolves to this machine, so a
//! name that is not ours means that somebody else's page is talking. That
//! holds on loopback too, where nothing else would stop it (DNS rebinding).

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use procura_wire::answer::ErrorAnswer;

use crate::answer::Failure;

/// The names under which this gateway may be reached, besides loopback.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts(Vec<String>);

/// Why a request is not for us.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error("the Host header names another server")]
    Host,
    #[error("the Origin header names a page that may not send requests here")]
    Origin,
}

impl Hosts {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self(names.into_iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Checks `Host`, the target's own authority if it has one, and `Origin`.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Forbidden> {
        let host = only(parts, &HOST).ok_or(Forbidden::Host)?;
        let target = parts.uri.authority().map(|authority| authority.as_str());
        if !self.is_ours(host) || !target.is_none_or(|target| self.is_ours(target)) {
            return Err(Forbidden::Host);
        }
        if !parts.headers.contains_key(ORIGIN) {
            return Ok(());
        }
        let origin = only(parts, &ORIGIN).ok_or(Forbidden::Origin)?;
        if self.is_our_page(origin) { Ok(()) } else { Err(Forbidden::Origin) }
    }

    fn is_ours(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        LOOPBACK.contains(&without_port(&host)) || self.is_listed(&host)
    }

    fn is_our_page(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        let host = origin.strip_prefix("https://").or(origin.strip_prefix("http://"));
        host.is_some_and(|host| self.is_listed(host))
    }

    /// A listed name without a port is ours on every port.
    fn is_listed(&self, host: &str) -> bool {
        let bare = without_port(host);
        self.0.iter().any(|name| name == host || name == bare)
    }
}

impl From<Forbidden> for Failure {
    fn from(forbidden: Forbidden) -> Self {
        let name = match forbidden {
            Forbidden::Host => "mcp.host_forbidden",
            Forbidden::Origin => "mcp.origin_forbidden",
        };
        Self::new(403, ErrorAnswer::new(-31403, name, forbidden.to_string()))
    }
}

/// The one value of a header; none if it is missing, repeated or not ASCII.
pub(crate) fn only<'a>(parts: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    let mut values = parts.headers.get_all(name).iter();
    match (values.next().map(HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) => Some(value),
        _ => None,
    }
}

/// `name:port` without its port; other text comes back as it is and is no name of ours.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The names of this machine for itself (RFC 6761, section 6.3).
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use axum::http::Request;

    use super::{Forbidden, Hosts};

    fn check(target: &str, headers: &[(&str, &str)], expected: Result<(), Forbidden>) {
        let hosts = Hosts::new(vec!["gw.example".into(), "api.example:8443".into()]);
        let mut request = Request::post(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(hosts.check(&parts), expected, "{target} {headers:?}");
    }

    #[test]
    fn our_names_and_loopback_are_ours_on_any_port() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "[::1]:8080",
            "[::1]",
            "gw.example",
            "gw.example:1",
            "api.example:8443",
        ] {
            check("/mcp/x", &[("host", host)], Ok(()));
        }
    }

    #[test]
    fn every_other_name_is_not() {
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "localhost@evil.example",
            "127.0.0.1.evil.example:80",
            "127.0.0.1:80@evil.example",
            "api.example",
            "api.example:1",
            "api.example:84430",
            "127.0.0.2",
            "::1",
            "",
        ] {
            check("/mcp/x", &[("host", host)], Err(Forbidden::Host));
        }
        check("/mcp/x", &[], Err(Forbidden::Host));
        let twice = [("host", "localhost"), ("host", "localhost")];
        check("/mcp/x", &twice, Err(Forbidden::Host));
        let absolute = "http://evil.example/mcp/x";
        check(absolute, &[("host", "localhost")], Err(Forbidden::Host));
    }

    #[test]
    fn a_page_may_send_requests_only_from_a_listed_host() {
        let from = |origin| [("host", "localhost"), ("origin", origin)];
        check("/mcp/x", &from("https://gw.example"), Ok(()));
        check("/mcp/x", &from("https://api.example:8443"), Ok(()));
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://localhost:3000",
            "https://gw.example.evil.example",
            "https://gw.example/",
            "gw.example",
            "file://gw.example",
        ] {
            check("/mcp/x", &from(origin), Err(Forbidden::Origin));
        }
    }
}
