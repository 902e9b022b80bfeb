//! Proofs for access tokens, whatever they say.
//!
//! Seeds: proof/payload, formats/dpop.md
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use procura_core::{
    json::{self, Value},
    key::Signer,
    limits,
    proof::{DpopRules, verify_dpop},
    target::Target,
    token::to_jwk,
};
use procura_fuzz::{PLANNER, signed};
use procura_testkit::world;

static HEADER: LazyLock<String> = LazyLock::new(|| {
    let jwk = to_jwk(PLANNER.public_key()).to_canonical().expect("text");
    format!(r#"{{"alg":"Ed25519","jwk":{jwk},"typ":"dpop+jwt"}}"#)
});

fuzz_target!(|data: &[u8]| {
    let rules = DpopRules {
        method: "POST",
        target: world::AUDIENCE,
        nonce: None,
        action: None,
        window: limits::DPOP_WINDOW,
        now: world::NOW,
    };
    let Ok(proof) = verify_dpop(&signed(&HEADER, data, &PLANNER), &rules) else { return };
    let claims = json::parse_object(data).expect("what is read is JSON");
    let text = |name| claims.get(name).and_then(Value::as_str);
    let proof = proof.get();
    assert_eq!(proof.key().thumbprint(), PLANNER.public_key().thumbprint());
    assert_eq!((text("htm"), text("jti")), (Some("POST"), Some(proof.id())));
    assert_eq!(text("htu").and_then(Target::parse), Target::parse(world::AUDIENCE));
    assert!(proof.forgettable() > world::NOW, "it is remembered while it can be used");
    assert_eq!(proof.access_token().is_some(), claims.get("ath").is_some());
});
