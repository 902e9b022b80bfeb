//! base64url without padding (RFC 4648, section 5), strict: padding, white
//! space and non-zero trailing bits are refused.
//!
//! A lenient reader lets anybody respell a signed token without breaking its
//! signature's bytes: the last character of 32 bytes has two bits to spare, so
//! four texts would be one value, and a list of revoked or used texts would
//! miss three of them (RFC 4648, section 3.5).
//!
//! What is decoded here is public: tokens, proofs, digests. So it need not take
//! the same time for all bytes, which would cost a tenth of a signature a token.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Encodes `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the encoding of `bytes` to `text`.
pub(crate) fn push(text: &mut String, bytes: &[u8]) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// How long the encoding of so many bytes is.
pub(crate) fn encoded_len(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}

/// Decodes `text`, or `None` if it is not the one canonical encoding of its bytes.
///
/// The library refuses non-zero trailing bits, which would give one value two spellings.
///
/// ```
/// use procura_core::base64url;
///
/// assert_eq!(base64url::decode("Zg"), Some(b"f".to_vec()));
/// assert_eq!(base64url::decode("Zh"), None);
/// assert_eq!(base64url::decode("Zg=="), None);
/// ```
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
