//! Which verifier keys are accepted.

use base64ct::{Base64, Encoding};
use procura_merkle::verifier_key::{InvalidSignature, VerifierKey, VerifierKeyError};

use crate::log::LogKey;

/// The published key of a public test log.
const TEXT: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

fn parse(text: &str) -> Result<VerifierKey, VerifierKeyError> {
    text.parse()
}

#[test]
fn a_verifier_key_prints_as_it_parses() {
    let key = parse(TEXT).unwrap();
    assert_eq!(key.to_string(), TEXT);
    assert_eq!(key.name(), "example.com/log/testdata");
    assert_eq!(key.id().to_string(), "33d7b496");
    assert_eq!(VerifierKey::new(key.name(), key.as_bytes()), Ok(key));
}

#[test]
fn the_parts_of_a_verifier_key_are_strict() {
    let typed = |kind: u8, length| {
        let mut bytes = vec![kind];
        bytes.resize(length, 7);
        format!("name+00000000+{}", Base64::encode_string(&bytes))
    };
    assert_eq!(parse(""), Err(VerifierKeyError::Parts));
    assert_eq!(parse("name+33d7b496"), Err(VerifierKeyError::Parts));
    assert_eq!(parse("name+33d7b496+A"), Err(VerifierKeyError::NotBase64));
    assert_eq!(parse("name+33d7b496+"), Err(VerifierKeyError::Type));
    assert_eq!(parse(&typed(2, 33)), Err(VerifierKeyError::Type));
    assert_eq!(parse(&typed(1, 32)), Err(VerifierKeyError::Length));
    assert_eq!(parse(&typed(1, 34)), Err(VerifierKeyError::Length));
    assert_eq!(parse(&TEXT.replace("33d7b496", "33d7b497")), Err(VerifierKeyError::Id));
    assert_eq!(parse(&TEXT.replace("33d7b496", "33D7B496")), Err(VerifierKeyError::Id));
    assert_eq!(parse(&TEXT.replace("testdata", "testdatb")), Err(VerifierKeyError::Id));
    assert_eq!(parse(&"n".repeat(1025)), Err(VerifierKeyError::TooLong));
}

#[test]
fn a_name_fits_on_a_signature_line() {
    let key = LogKey::new("log.example", 1).verifier;
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{2003}b", "a\nb", "a\u{7f}b"] {
        let error = VerifierKeyError::Name(name.into());
        assert_eq!(VerifierKey::new(name, key.as_bytes()), Err(error));
    }
    let named = |length| VerifierKey::new(&"n".repeat(length), key.as_bytes());
    // Two plus signs, eight digits and 44 characters of base64 are in every one.
    let longest = named(VerifierKey::MAX_BYTES - 54).unwrap();
    assert_eq!(longest.to_string().len(), VerifierKey::MAX_BYTES);
    assert_eq!(parse(&longest.to_string()), Ok(longest));
    assert_eq!(named(VerifierKey::MAX_BYTES - 53), Err(VerifierKeyError::TooLong));
    assert!(VerifierKey::new("протокол.example/1", key.as_bytes()).is_ok());
}

#[test]
fn a_key_of_low_order_is_refused() {
    // The identity, which makes one signature valid for every message.
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(VerifierKey::new("log", &identity), Err(VerifierKeyError::Weak));
    assert_eq!(VerifierKey::new("log", &[0; 32]), Err(VerifierKeyError::Weak));
}

#[test]
fn a_second_spelling_of_a_point_is_refused() {
    // The coordinate 1 as 1 + p, and the identity with a sign.
    let mut above = [0xff; 32];
    above[0] = 0xee;
    above[31] = 0x7f;
    assert_eq!(VerifierKey::new("log", &above), Err(VerifierKeyError::NotCanonical));
    let mut signed = [0; 32];
    signed[0] = 1;
    signed[31] = 0x80;
    assert_eq!(VerifierKey::new("log", &signed), Err(VerifierKeyError::NotCanonical));
}

#[test]
fn bytes_that_are_no_point_are_refused() {
    let mut bytes = [0; 32];
    bytes[0] = 2;
    assert_eq!(VerifierKey::new("log", &bytes), Err(VerifierKeyError::NotCanonical));
}

#[test]
fn a_signature_is_of_one_key_over_one_message() {
    let (key, other) = (LogKey::new("log", 1), LogKey::new("log", 2));
    let signature = key.sign(b"message");
    assert_eq!(key.verifier.verify(b"message", &signature), Ok(()));
    assert_eq!(key.verifier.verify(b"massage", &signature), Err(InvalidSignature));
    assert_eq!(other.verifier.verify(b"message", &signature), Err(InvalidSignature));
    assert_eq!(key.verifier.verify(b"message", &signature[..63]), Err(InvalidSignature));
}

#[test]
fn a_scalar_above_the_order_is_refused() {
    /// The order of the group, least significant byte first.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let key = LogKey::new("log", 1);
    let mut signature = key.sign(b"message");
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(key.verifier.verify(b"message", &signature), Err(InvalidSignature));
}
