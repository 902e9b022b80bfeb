//! Workload identity tokens that their domain signed, and proofs by their key: a line each.
//!
//! Seeds: wit/payload, formats/wimse.md
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use procura_core::{
    hash::Digest,
    json::{self, Value},
    key::{NamedKey, Signer, VerifyingKey},
    limits,
    proof::{Domain, WorkloadRules, WptRules, verify_wit},
    workload::Tokens,
};
use procura_fuzz::{AUTHORITY, PLANNER, signed};
use procura_testkit::world;

static DOMAINS: LazyLock<Vec<Domain>> = LazyLock::new(|| {
    let key = VerifyingKey::Ed25519(AUTHORITY.public_key().clone());
    let keys = vec![NamedKey::by_thumbprint(key)];
    vec![Domain { name: "procura.test".into(), issuer: None, keys }]
});

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (identity, proof) = data.split_at(end);
    let wit = signed(r#"{"alg":"Ed25519","typ":"wit+jwt"}"#, identity, &AUTHORITY);
    let max_lifetime = limits::WORKLOAD_TOKEN_LIFETIME;
    let rules = WorkloadRules { domains: &DOMAINS, max_lifetime, now: world::NOW };
    let Ok(presented) = verify_wit(&wit, &rules) else { return };
    let claims = json::parse_object(identity).expect("what is read is JSON");
    let subject = claims.get("sub").and_then(Value::as_str).map(String::from);
    let key = presented.key().thumbprint();
    let wpt = signed(r#"{"alg":"Ed25519","typ":"wpt+jwt"}"#, proof, &PLANNER);
    let rules = WptRules {
        audience: world::AUDIENCE,
        tokens: Tokens::default(),
        nonce: None,
        action: None,
        now: world::NOW,
    };
    let Ok(workload) = presented.with_wpt(&wpt, &rules) else { return };
    let workload = workload.get();
    assert_eq!(Some(workload.id().to_string()), subject);
    assert_eq!(workload.id().domain(), "procura.test");
    assert_eq!(key, PLANNER.public_key().thumbprint(), "the proof is by the key of the token");
    assert!(workload.expires() > world::NOW && workload.forgettable() > world::NOW);
    let proof = json::parse_object(proof).expect("and so is its proof");
    let hash = Digest::of(wit.as_bytes()).to_base64url();
    assert_eq!(proof.get("wth").and_then(Value::as_str), Some(hash.as_str()));
});
