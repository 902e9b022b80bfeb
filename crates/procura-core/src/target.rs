//! The address that a proof is for, in one spelling.
//!
//! **Invariant:** two texts with one normal form are one resource on every
//! server that keeps to RFC 3986, section 6.2.2 and 6.2.3. Nothing else is
//! repaired: what has no normal form is no target.
//!
//! A client writes the address as it knows it, and the server knows another
//! spelling of it: a port, a capital, an escape. If they were compared as text,
//! good proofs would be refused; if they were compared by a reader that repairs
//! more, a proof for one place would be good at another.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

/// An http or https address without query and fragment, normalised.
///
/// DPoP (RFC 9449, section 4.3) and workload proofs leave query and fragment out.
///
/// ```
/// use procura_core::target::Target;
///
/// let target = Target::parse("https://api.example/a").unwrap();
/// for spelling in ["HTTPS://API.example:443/%61?b=c#d", "https://api.example/x/../%2e/a"] {
///     assert_eq!(Target::parse(spelling).unwrap(), target);
/// }
/// assert_ne!(Target::parse("https://api.example/a/").unwrap(), target);
/// assert_eq!(Target::parse("https://user@api.example/a"), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    text: String,
    origin: usize,
}

impl Target {
    /// Reads an absolute http or https address; query and fragment are dropped.
    ///
    /// `None` for another scheme, a user, a host that is not letters, digits, `-`,
    /// `_` and dots or an IPv6 address, a port that is no number, and an escape
    /// that is not `%` and two hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "http" => "80",
            "https" => "443",
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let path = rest.split(['?', '#']).next().unwrap_or("");
        let mut text = scheme;
        text.push_str("://");
        text.push_str(&normal_authority(authority, usual)?);
        let origin = text.len();
        text.push_str(&normal_path(path)?);
        Some(Self { text, origin })
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin).unwrap_or_default()
    }

    /// The path, which begins with a slash.
    pub fn path(&self) -> &str {
        self.text.get(self.origin..).unwrap_or_default()
    }
}

/// Lower-case host, and the port unless it is the scheme's own (RFC 3986, section 6.2.3).
pub(crate) fn normal_authority(authority: &str, usual: &str) -> Option<String> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        Some(_) | None => (authority, ""),
    };
    let host = host.to_ascii_lowercase();
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    if !is_host(&host) || !is_port {
        return None;
    }
    if port.is_empty() {
        return Some(host);
    }
    // Leading zeros are a second spelling of a number.
    let port = port.parse::<u16>().ok()?.to_string();
    Some(if port == usual { host } else { alloc::format!("{host}:{port}") })
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<core::net::Ipv6Addr>().is_ok();
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    host.split('.').all(|label| !label.is_empty() && label.bytes().all(allowed))
}

/// Escapes in one spelling (section 6.2.2.1 and 6.2.2.2), then dot segments removed
/// (section 5.2.4), so that an escaped dot is a dot.
fn normal_path(path: &str) -> Option<String> {
    let escaped = normal_escapes(path)?;
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = escaped.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
        if is_last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    let mut text = String::from("/");
    text.push_str(&kept.join("/"));
    Some(text)
}

/// Escapes with capital digits, and none where the character may stand for itself.
fn normal_escapes(path: &str) -> Option<String> {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let (length, byte) = match first {
            '%' => (3, u8::from_str_radix(hexadecimal(rest.get(1..3)?)?, 16).ok()?),
            c if is_path_character(c) => (1, u8::try_from(c).ok()?),
            _ => return None,
        };
        if first == '%' && !is_unreserved(byte) {
            text.push_str(&alloc::format!("%{byte:02X}"));
        } else {
            text.push(char::from(byte));
        }
        rest = rest.get(length..)?;
    }
    Some(text)
}

/// `u8::from_str_radix` would take a sign.
fn hexadecimal(digits: &str) -> Option<&str> {
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `pchar` and `/` of RFC 3986, section 3.3, without escapes.
fn is_path_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/".contains(c)
}
