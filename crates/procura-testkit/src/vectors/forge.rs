//! What a hostile holder can make: its own signature over anything.

use curve25519_dalek::scalar::{Scalar, clamp_integer};
use procura_core::{
    base64url,
    hash::Digest,
    json::{self, Object, Value},
    key::Signer,
};
use sha2::{Digest as _, Sha512};

use crate::world;

/// A compact JWS of exactly this header and payload.
pub(super) fn compact(header: &str, payload: &str, signer: &str) -> String {
    compact_bytes(header.as_bytes(), payload.as_bytes(), signer)
}

/// A compact JWS of bytes that need not be text.
pub(super) fn compact_bytes(header: &[u8], payload: &[u8], signer: &str) -> String {
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = world::key(signer).sign(input.as_bytes()).to_bytes();
    format!("{input}.{}", base64url::encode(&signature))
}

/// The header of a compact JWS, as text.
pub(super) fn header_of(text: &str) -> String {
    part(text, 0)
}

/// The payload of a compact JWS, as text.
pub(super) fn payload_of(text: &str) -> String {
    part(text, 1)
}

fn part(text: &str, index: usize) -> String {
    let bytes = text.split('.').nth(index).and_then(base64url::decode);
    match bytes.map(String::from_utf8) {
        Some(Ok(text)) => text,
        _ => panic!("`{text}` is not a compact JWS of text"),
    }
}

/// The claims of a compact JWS.
pub(super) fn claims_of(text: &str) -> Object {
    world::object(&payload_of(text))
}

/// The JWS `text` with its claims changed, signed by `signer` under the same header.
pub(super) fn resigned(text: &str, signer: &str, change: impl FnOnce(&mut Object)) -> String {
    let mut claims = claims_of(text);
    change(&mut claims);
    compact(&header_of(text), &canonical(&claims), signer)
}

/// The JWS `text` with another header, signed by `signer`.
pub(super) fn reheaded(text: &str, signer: &str, header: &str) -> String {
    compact(header, &payload_of(text), signer)
}

/// The JWS `text` with its payload's text changed, signed by `signer`.
pub(super) fn rewritten(text: &str, signer: &str, (from, to): (&str, &str)) -> String {
    let payload = payload_of(text);
    let changed = payload.replacen(from, to, 1);
    if payload == changed {
        panic!("`{payload}` has no `{from}`");
    }
    compact(&header_of(text), &changed, signer)
}

/// Changes one claim: to the JSON text, or out.
pub(super) fn apply(claims: &mut Object, name: &str, text: Option<&str>) {
    match text {
        Some(text) => {
            claims.set(name, value(text));
        }
        None => {
            claims.remove(name);
        }
    }
}

/// The value of a JSON text.
pub(super) fn value(text: &str) -> Value {
    match json::parse(text.as_bytes()) {
        Ok(value) => value,
        Err(error) => panic!("`{text}`: {error}"),
    }
}

/// The canonical text of an object.
pub(super) fn canonical(object: &Object) -> String {
    match object.to_canonical() {
        Ok(text) => text,
        Err(error) => panic!("{object:?}: {error}"),
    }
}

/// SHA-256 of a token's signing input.
pub(super) fn hash_of(token: &str) -> String {
    let input = token.rsplit_once('.').map_or(token, |(input, _)| input);
    Digest::of(input.as_bytes()).to_base64url()
}

/// The JWS with another signature.
pub(super) fn with_signature(text: &str, change: impl FnOnce(&mut [u8; 64])) -> String {
    let Some((input, signature)) = text.rsplit_once('.') else {
        panic!("`{text}` is not a compact JWS");
    };
    let bytes = base64url::decode(signature).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let Some(mut bytes) = bytes else {
        panic!("`{signature}` is not a signature");
    };
    change(&mut bytes);
    format!("{input}.{}", base64url::encode(&bytes))
}

/// Adds the order of the group to S (RFC 8032, section 8.4): the equation still holds.
pub(super) fn malleate(signature: &mut [u8; 64]) {
    let mut carry = 0_u16;
    for (byte, order) in signature.iter_mut().skip(32).zip(ORDER) {
        let sum = u16::from(*byte).saturating_add(u16::from(order)).saturating_add(carry);
        let [high, low] = sum.to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
}

/// 2^252 + 27742317777372353535851937790883648493, the last byte first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A signature whose R is the neutral element, for which the equation holds.
///
/// Whoever has the key can make it, and a verifier that is not strict takes it.
#[expect(clippy::arithmetic_side_effects, reason = "scalars are multiplied modulo the order")]
pub(super) fn with_small_commitment(text: &str, signer: &str) -> String {
    let input = text.rsplit_once('.').map_or(text, |(input, _)| input);
    let key = world::public_key(signer);
    let mut neutral = [0_u8; 32];
    neutral[0] = 1;
    let challenge = Sha512::new()
        .chain_update(neutral)
        .chain_update(key.as_bytes())
        .chain_update(input.as_bytes())
        .finalize();
    let challenge = Scalar::from_bytes_mod_order_wide(&challenge.into());
    let hashed: [u8; 64] = Sha512::digest(world::seed(signer)).into();
    let mut secret = [0_u8; 32];
    secret.copy_from_slice(hashed.split_at(32).0);
    let secret = Scalar::from_bytes_mod_order(clamp_integer(secret));
    with_signature(text, |signature| {
        let (r, s) = signature.split_at_mut(32);
        r.copy_from_slice(&neutral);
        s.copy_from_slice((challenge * secret).as_bytes());
    })
}
