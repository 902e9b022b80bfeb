//! Revocation notes: one that counts names what it stops, and its signer may stop it.
//!
//! Seeds: notes, notes/payload
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use procura_core::{
    json::{self, Value},
    proof::{Chain, Verified, verify_chain},
    revocation::Notes,
};
use procura_fuzz::{ALICE, ANCHORS, rules, signed};
use procura_testkit::world;

static CHAIN: LazyLock<Verified<Chain>> = LazyLock::new(|| {
    let tokens = world::chain("alice > planner > coder", r#"{"list":{}}"#);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    verify_chain(&tokens, &rules()).expect("a chain")
});

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        for text in text.lines() {
            let _ = Notes::default().add(text);
        }
    }
    let text = signed(r#"{"alg":"Ed25519","typ":"aat-revocation+jwt"}"#, data, &ALICE);
    let mut notes = Notes::default();
    if notes.add(&text).is_err() {
        return;
    }
    assert!(!notes.is_empty());
    let claims = json::parse_object(data).expect("what is read is JSON");
    let signer = claims.get("iss").and_then(Value::as_str);
    if notes.check(CHAIN.get(), &ANCHORS, &[]).is_err() {
        assert_eq!(signer, Some(world::public_key("alice").thumbprint().to_uri().as_str()));
        let whole = String::from_utf8_lossy(data).into_owned();
        let mut names = vec![CHAIN.get().signer().to_string()];
        for token in CHAIN.get().tokens() {
            names.extend([token.hash.to_base64url(), token.key.thumbprint().to_string()]);
        }
        assert!(
            claims.to_canonical().is_ok_and(|text| names.iter().any(|name| text.contains(name))),
            "{whole}"
        );
    }
});
