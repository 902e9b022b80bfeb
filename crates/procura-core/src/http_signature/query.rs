//! One parameter of a query (RFC 9421, section 2.2.8).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::base::BaseError;

/// The value of the parameter `name` in `query`, both as they are written in a base.
///
/// One that occurs twice has no value: a server may use the first or the last.
pub(super) fn parameter(query: &str, name: &str) -> Result<String, BaseError> {
    let mut found = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if rewritten(key)? != name {
            continue;
        }
        if found.is_some() {
            return Err(BaseError::Repeated);
        }
        found = Some(rewritten(value)?);
    }
    found.ok_or(BaseError::Missing)
}

/// Decoded as a form is, and encoded again in one way: everything but letters,
/// digits and `*-._` is escaped.
fn rewritten(text: &str) -> Result<String, BaseError> {
    let bytes = decoded(text).ok_or(BaseError::Value)?;
    core::str::from_utf8(&bytes).map_err(|_| BaseError::Value)?;
    let mut written = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(written)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?
            }
            byte => byte,
        });
    }
    Some(bytes)
}
