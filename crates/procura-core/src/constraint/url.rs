//! http(s) URLs at one origin, read so strictly that no client reads them differently.
//!
//! The verifier reads the URL and another program fetches it. Where the two
//! read different hosts, the rule is void: `https://api.example@evil.example`,
//! `https:\\evil.example`, `/v1/%2e%2e/admin`. So nothing is repaired here; what
//! has two readings is not contained. Query and fragment are not limited. Where
//! a name leads, by DNS or by a redirect, only the program that fetches can say.

use alloc::string::{String, ToString as _};

use super::path::Path;

/// An origin and a path below which URLs lie.
///
/// ```
/// use procura_core::constraint::url::UrlScope;
///
/// let scope = UrlScope::new("https://api.example", "/v1").unwrap();
/// assert!(scope.contains("https://API.example:443/v1/items?page=2"));
/// assert!(!scope.contains("http://api.example/v1/items"));
/// assert!(!scope.contains("https://api.example/v10"));
/// assert!(!scope.contains("https://api.example@evil.example/v1/items"));
/// assert!(!scope.contains("https://api.example/v1/%2e%2e/admin"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlScope {
    origin: Origin,
    path: Path,
}

/// Scheme, lower-case host and effective port.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Http,
    Https,
}

impl UrlScope {
    /// A scope from an origin such as `https://api.example` and a root path.
    ///
    /// `None` if the origin has anything after host and port, be it a slash, or if
    /// the path is not a [`Path`] that an address can have: nothing would be below
    /// `/v1/%2e%2e` here, and a reader who decodes it would find everything there.
    pub fn new(origin: &str, path: &str) -> Option<Self> {
        let (parsed, rest) = split(origin)?;
        let is_path = is_plain(path) && !path.contains(['?', '#']) && !is_ambiguous(path);
        if !rest.is_empty() || !is_path {
            return None;
        }
        Some(Self { origin: parsed, path: Path::parse(path)? })
    }

    /// Whether `text` is an absolute URL of this origin at or below the path.
    pub fn contains(&self, text: &str) -> bool {
        read(text).is_some_and(|(origin, path)| origin == self.origin && self.path.contains(&path))
    }

    /// The narrowest scope that contains this one and `text`; `None` if that has
    /// another origin, or is ambiguous.
    pub(crate) fn extended_to(&self, text: &str) -> Option<Self> {
        let (origin, path) = read(text).filter(|(origin, _)| *origin == self.origin)?;
        Some(Self { origin, path: self.path.common(&path) })
    }

    /// The narrowest scope that contains both; `None` for two origins.
    pub(crate) fn common(&self, other: &Self) -> Option<Self> {
        let path = self.path.common(&other.path);
        (self.origin == other.origin).then(|| Self { origin: self.origin.clone(), path })
    }

    /// Whether every URL of this scope is in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.origin == other.origin && other.path.contains(&self.path)
    }

    /// The origin's canonical text.
    pub fn origin_text(&self) -> String {
        let (scheme, usual) = match self.origin.scheme {
            Scheme::Http => ("http://", 80),
            Scheme::Https => ("https://", 443),
        };
        let mut text = String::from(scheme);
        text.push_str(&self.origin.host);
        if self.origin.port != usual {
            text.push(':');
            text.push_str(&self.origin.port.to_string());
        }
        text
    }

    /// The root path's canonical text.
    pub fn path_text(&self) -> String {
        self.path.to_text()
    }
}

/// The origin and the path of a URL, unless it has two readings.
fn read(text: &str) -> Option<(Origin, Path)> {
    let (origin, rest) = split(text)?;
    let path = rest.split(['?', '#']).next().unwrap_or("");
    let path = if path.is_empty() { "/" } else { path };
    (!is_ambiguous(path)).then(|| Path::parse(path)).flatten().map(|path| (origin, path))
}

/// Splits off the origin.
fn split(text: &str) -> Option<(Origin, &str)> {
    if !is_plain(text) {
        return None;
    }
    let (scheme, rest) = if let Some(rest) = text.strip_prefix("https://") {
        (Scheme::Https, rest)
    } else {
        (Scheme::Http, text.strip_prefix("http://")?)
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    };
    let port = match (port, scheme) {
        (Some(port), _) if port.bytes().all(|digit| digit.is_ascii_digit()) => port.parse().ok()?,
        (Some(_), _) => return None,
        (None, Scheme::Http) => 80,
        (None, Scheme::Https) => 443,
    };
    let host = host.to_ascii_lowercase();
    is_host(&host).then_some((Origin { scheme, host, port }, rest))
}

/// Control characters, spaces, backslashes and everything outside ASCII have two
/// readings somewhere, so they have none here.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// A name of letters, digits, `-` and dots, or an IPv6 address in brackets.
///
/// No user information (RFC 3986, section 3.2.1), no percent encoding, no
/// trailing dot. Hosts are compared as text: another spelling of an address,
/// such as `127.1`, is another host.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<core::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(label)
}

/// Escapes that a server may decode into structure: `.`, `/`, `\`, `%` itself, and NUL.
///
/// `;` too: some servers cut the path there, each segment by itself. And `//`: some
/// readers drop the empty segment, and others let a `..` behind it take that one off, so
/// that `/admin//../v1` is `/v1` to the first and `/admin/v1` to the second.
fn is_ambiguous(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    ["%2e", "%2f", "%5c", "%25", "%00", ";", "//"].iter().any(|escape| lower.contains(escape))
}
