//! Keys and signatures as other libraries write them.
//!
//! base64 with and without padding, base64url, and hexadecimal cannot be taken for
//! each other: 32 and 64 bytes have another length in each, or another alphabet.
//! A signature with two spellings is no danger here, because nothing is remembered
//! by its signature: the replay key is of what was signed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::base64url;

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Encoding {
    /// base64 with padding (RFC 4648, section 4), which most libraries read.
    #[default]
    Base64,
    /// base64url without padding (RFC 4648, section 5).
    Base64Url,
    /// Lower-case hexadecimal.
    Hex,
}

impl Encoding {
    /// Writes `bytes`.
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64Url => base64url::encode(bytes),
            Self::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// Reads exactly `N` bytes in any [`Encoding`], padded or not.
///
/// ```
/// use procura_core::envelope::decode;
///
/// assert_eq!(decode("fb_-"), Some([0x7d, 0xbf, 0xfe]));
/// assert_eq!(decode("fb/+"), Some([0x7d, 0xbf, 0xfe]));
/// assert_eq!(decode("7dbffe"), Some([0x7d, 0xbf, 0xfe]));
/// assert_eq!(decode("7DBFFE"), None::<[u8; 3]>);
/// assert_eq!(decode("fb/-"), None::<[u8; 3]>);
/// ```
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = if text.len() == N.checked_mul(2)? { hex(text) } else { base64(text) };
    bytes?.try_into().ok()
}

/// base64 in one of its two alphabets, not in a mixture.
fn base64(text: &str) -> Option<Vec<u8>> {
    // RFC 4648, section 3.2: padding fills up to a multiple of four.
    let bare = if text.len().is_multiple_of(4) { text.trim_end_matches('=') } else { text };
    STANDARD_NO_PAD.decode(bare).ok().or_else(|| base64url::decode(bare))
}

/// Lower-case digits alone, so that bytes have one spelling.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.bytes().map(digit).collect();
    let digits = digits?;
    digits.chunks(2).map(|pair| pair.iter().try_fold(0_u8, |high, low| push(high, *low))).collect()
}

fn push(high: u8, low: u8) -> Option<u8> {
    high.checked_mul(16)?.checked_add(low)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => character.checked_sub(b'0'),
        b'a'..=b'f' => character.checked_sub(b'a')?.checked_add(10),
        _ => None,
    }
}
