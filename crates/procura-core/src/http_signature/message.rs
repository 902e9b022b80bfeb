//! A message, as far as a signature can be about it.

use alloc::string::String;

use crate::target;

/// A field's name, in any case, and its value. Lines of one field stay apart.
pub type Field<'a> = (&'a str, &'a str);

/// The scheme of a request's address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

/// A request, as it arrived or as it will be sent.
///
/// Scheme and authority are those that the client used. Behind a proxy they
/// come from configuration or from the proxy, never from a field of the client.
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The scheme.
    pub scheme: Scheme,
    /// The authority: host, and port if it is not the usual one.
    pub authority: &'a str,
    /// The request target in its usual form: path, and query if there is one.
    pub target: &'a str,
    /// The fields.
    pub fields: &'a [Field<'a>],
    /// The body, as received and before it is decoded.
    pub body: &'a [u8],
}

/// A response, and the request that it answers.
#[derive(Clone, Copy, Debug)]
pub struct HttpResponse<'a> {
    /// The status code.
    pub status: u16,
    /// The fields.
    pub fields: &'a [Field<'a>],
    /// What it answers; components with `req` are taken from there.
    pub request: &'a HttpRequest<'a>,
}

/// Something that can be signed.
#[derive(Clone, Copy, Debug)]
pub enum HttpMessage<'a> {
    /// A request.
    Request(&'a HttpRequest<'a>),
    /// A response.
    Response(&'a HttpResponse<'a>),
}

impl Scheme {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

impl<'a> HttpRequest<'a> {
    /// The values of the field `name`, line by line.
    pub fn field(&self, name: &str) -> impl Iterator<Item = &'a str> {
        values(self.fields, name)
    }

    /// Whether it has the field `name`.
    pub fn has(&self, name: &str) -> bool {
        self.field(name).next().is_some()
    }

    /// Lower-case host, and the port unless it is the usual one (RFC 9421, section 2.2.3).
    pub(crate) fn normal_authority(&self) -> Option<String> {
        target::normal_authority(self.authority, self.scheme.port())
    }

    /// Path and query, if the target has the usual form: no `*`, no authority, no
    /// absolute address, and nothing that a log or a base could not hold.
    pub(crate) fn path_and_query(&self) -> Option<(&'a str, Option<&'a str>)> {
        let is_plain = self.target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !is_plain || !self.target.starts_with('/') {
            return None;
        }
        Some(match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target, None),
        })
    }
}

/// The values of the field `name`, line by line, in any spelling of its name.
pub(crate) fn values<'a>(fields: &'a [Field<'a>], name: &str) -> impl Iterator<Item = &'a str> {
    let is_it = move |field: &&Field<'_>| field.0.eq_ignore_ascii_case(name);
    fields.iter().filter(is_it).map(|field| field.1)
}
