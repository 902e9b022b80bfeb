//! base64url without padding (RFC 4648, section 5), strict: padding, white
//! space and non-zero trailing bits are refused.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding as _};

/// Encodes `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes `text`, or `None` if it is not the one canonical encoding of its bytes.
///
/// The library refuses non-zero trailing bits, which would give one value two spellings.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}
