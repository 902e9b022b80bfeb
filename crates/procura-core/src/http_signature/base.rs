//! The text that is signed (RFC 9421, section 2.5).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::component;
use super::message::HttpMessage;
use crate::limits;
use crate::structured_field::{InnerList, Item};

/// Why a message has no signature base for these components.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BaseError {
    /// A component's name is no string, not in lower case, or lacks what it needs.
    #[error("a component has no proper name")]
    Identifier,
    /// A component is named twice, or what it names occurs twice.
    #[error("a component is there twice")]
    Repeated,
    /// A component or parameter that is not known, or does not apply to this message.
    #[error("a component or one of its parameters is not supported")]
    Unsupported,
    /// The message has no such part.
    #[error("a component is not in the message")]
    Missing,
    /// A part of the message has no value that could be signed.
    #[error("a part of the message cannot be signed")]
    Value,
    /// More components than are read.
    #[error("there are too many components")]
    TooMany,
}

/// The text that a signature with `input` is over.
///
/// It shows no more than what was signed: whether that is enough, and whose the
/// signature is, [`crate::proof::verify_signed_request`] says.
pub fn signature_base(message: &HttpMessage<'_>, input: &InnerList) -> Result<String, BaseError> {
    let lines = lines(message, input)?;
    let mut base = String::new();
    for (identifier, value) in &lines {
        base.push_str(&format!("{identifier}: {value}\n"));
    }
    // Section 2.3: always the last line, and without a line break.
    base.push_str(&format!("\"@signature-params\": {input}"));
    Ok(base)
}

/// Each covered component, as it is written in the base, and its value.
pub(crate) fn lines(
    message: &HttpMessage<'_>,
    input: &InnerList,
) -> Result<Vec<(String, String)>, BaseError> {
    if input.items.len() > limits::HTTP_COMPONENTS {
        return Err(BaseError::TooMany);
    }
    for (at, item) in input.items.iter().enumerate() {
        // Section 2.5: the order of a component's parameters makes no other component.
        let is_same =
            |other: &Item| other.value == item.value && other.parameters.is_same(&item.parameters);
        if input.items.iter().take(at).any(is_same) {
            return Err(BaseError::Repeated);
        }
    }
    let line = |item: &Item| Ok((item.to_string(), component::value(message, item)?));
    input.items.iter().map(line).collect()
}
