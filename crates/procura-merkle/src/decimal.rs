//! Reads the decimal numbers of C2SP texts.
//!
//! **Invariant:** one number has one spelling, so that a text which parses is
//! the text that would be printed.

/// Reads `text` as a decimal number without sign or leading zeros.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let has_leading_zero = text.len() > 1 && text.starts_with('0');
    if !is_plain || has_leading_zero {
        return None;
    }
    text.parse().ok()
}
