//! The value of one component of a message (RFC 9421, sections 2.1, 2.2 and 2.4).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::base::BaseError;
use super::message::{Field, HttpMessage, HttpRequest, values};
use super::query;
use crate::limits;
use crate::structured_field::{Bare, Dictionary, Item, Parameters};

/// The value of the component that `identifier` names.
pub(super) fn value(message: &HttpMessage<'_>, identifier: &Item) -> Result<String, BaseError> {
    let name = identifier.as_string().ok_or(BaseError::Identifier)?;
    let parameters = &identifier.parameters;
    check_parameters(parameters)?;
    let is_of_request = parameters.get("req").is_some();
    match (message, is_of_request) {
        (HttpMessage::Request(_), true) => Err(BaseError::Unsupported),
        (HttpMessage::Response(response), true) => of_request(response.request, name, parameters),
        (HttpMessage::Request(request), false) => of_request(request, name, parameters),
        (HttpMessage::Response(response), false) if name == "@status" => {
            status(response.status, parameters)
        }
        (HttpMessage::Response(response), false) => field(response.fields, name, parameters),
    }
}

/// Each parameter that is known, with a value of its type. `tr` is not known:
/// what stands in a trailer comes after the decision.
fn check_parameters(parameters: &Parameters) -> Result<(), BaseError> {
    let is_known = |(name, value): (&str, &Bare)| match name {
        "sf" | "bs" | "req" => *value == Bare::Boolean(true),
        "key" | "name" => value.as_string().is_some(),
        _ => false,
    };
    if parameters.iter().all(is_known) { Ok(()) } else { Err(BaseError::Unsupported) }
}

fn status(status: u16, parameters: &Parameters) -> Result<String, BaseError> {
    if parameters.iter().len() > 0 || !(100..=999).contains(&status) {
        return Err(BaseError::Unsupported);
    }
    Ok(status.to_string())
}

fn of_request(
    request: &HttpRequest<'_>,
    name: &str,
    parameters: &Parameters,
) -> Result<String, BaseError> {
    if !name.starts_with('@') {
        return field(request.fields, name, parameters);
    }
    let is_plain = parameters.iter().all(|(parameter, _)| match parameter {
        "req" => true,
        "name" => name == "@query-param",
        _ => false,
    });
    if is_plain { derived(request, name, parameters) } else { Err(BaseError::Unsupported) }
}

/// Section 2.2.
fn derived(
    request: &HttpRequest<'_>,
    name: &str,
    parameters: &Parameters,
) -> Result<String, BaseError> {
    let (path, query) = request.path_and_query().ok_or(BaseError::Value)?;
    let authority = || request.normal_authority().ok_or(BaseError::Value);
    Ok(match name {
        "@method" => method(request.method)?.into(),
        "@scheme" => request.scheme.as_str().into(),
        "@authority" => authority()?,
        "@target-uri" => {
            format!("{}://{}{}", request.scheme.as_str(), authority()?, request.target)
        }
        "@request-target" => request.target.into(),
        "@path" => path.into(),
        // Section 2.2.7: no query is written like an empty one.
        "@query" => format!("?{}", query.unwrap_or("")),
        "@query-param" => {
            let wanted = parameters.get("name").and_then(Bare::as_string);
            query::parameter(query.unwrap_or(""), wanted.ok_or(BaseError::Identifier)?)?
        }
        _ => return Err(BaseError::Unsupported),
    })
}

/// RFC 9110, section 9.1: a token, whose case counts.
fn method(method: &str) -> Result<&str, BaseError> {
    let is_method = !method.is_empty() && method.bytes().all(is_token_byte);
    if is_method { Ok(method) } else { Err(BaseError::Value) }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Section 2.1.
fn field(fields: &[Field<'_>], name: &str, parameters: &Parameters) -> Result<String, BaseError> {
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| is_token_byte(byte) && !byte.is_ascii_uppercase());
    if !is_name {
        return Err(BaseError::Identifier);
    }
    let lines: Vec<&str> = values(fields, name).map(trimmed).collect();
    if lines.is_empty() {
        return Err(BaseError::Missing);
    }
    let has = |parameter| parameters.get(parameter).is_some();
    match (has("bs"), has("sf"), parameters.get("key"), has("name")) {
        (false, false, None, false) => joined(&lines),
        (true, false, None, false) => Ok(encoded(&lines)),
        (false, true, None, false) if DICTIONARIES.contains(&name) => {
            Ok(dictionary(&lines)?.to_string())
        }
        (false, _, Some(Bare::String(key)), false) => {
            let dictionary = dictionary(&lines)?;
            dictionary.get(key).map(|member| member.to_string()).ok_or(BaseError::Missing)
        }
        _ => Err(BaseError::Unsupported),
    }
}

/// Fields that are known to be dictionaries, so that `sf` has a meaning.
const DICTIONARIES: [&str; 6] = [
    "content-digest",
    "repr-digest",
    "signature",
    "signature-input",
    "signature-agent",
    "accept-signature",
];

/// Spaces and tabs around a value are none of it (RFC 9110, section 5.5).
fn trimmed(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// Lines with a comma between two. A line break in a value would be a line of the base.
fn joined(lines: &[&str]) -> Result<String, BaseError> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t');
    if lines.iter().all(|line| line.bytes().all(is_plain)) {
        Ok(lines.join(", "))
    } else {
        Err(BaseError::Value)
    }
}

/// Section 2.1.3: each line by itself, as bytes.
fn encoded(lines: &[&str]) -> String {
    let encoded: Vec<String> =
        lines.iter().map(|line| format!(":{}:", STANDARD.encode(line))).collect();
    encoded.join(", ")
}

fn dictionary(lines: &[&str]) -> Result<Dictionary, BaseError> {
    let text = joined(lines)?;
    // Each member that is covered reads it again.
    if text.len() > limits::HTTP_FIELD_BYTES {
        return Err(BaseError::Value);
    }
    Dictionary::parse(&text).map_err(|_| BaseError::Value)
}
