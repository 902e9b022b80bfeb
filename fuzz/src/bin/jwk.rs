//! Public keys: what is one is written so that it reads the same, and has one thumbprint.
//!
//! Seeds: jwk
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    hash::Digest,
    json,
    key::PublicKey,
    token::{parse_jwk, to_jwk},
};

fuzz_target!(|data: &[u8]| {
    if let Ok(key) = PublicKey::from_bytes(data) {
        assert_eq!(key.as_bytes(), data);
    }
    let Ok(jwk) = json::parse_object(data) else { return };
    let Ok(key) = parse_jwk(&jwk) else { return };
    let written = to_jwk(&key);
    assert_eq!(parse_jwk(&written).as_ref(), Ok(&key));
    let canonical = written.to_canonical().expect("texts alone");
    assert_eq!(*key.thumbprint().as_digest(), Digest::of(canonical.as_bytes()));
    assert!(jwk.get("d").is_none(), "no private key passes");
    // The neutral element satisfies the equation of a key of low order.
    let mut forged = [0; 64];
    forged[0] = 1;
    assert!(key.verify(b"anything", &forged).is_err());
});
