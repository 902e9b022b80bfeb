//! The examples of `docs/formats`, played.

use std::path::Path;

use procura_core::key::Signer;
use procura_core::time::Timestamp;
use procura_core::{hash::Digest, jws::Compact};
use procura_engine::enrol::{self, Enrolment};
use procura_engine::request::{self, Covered, Stamp};
use procura_testkit::world::key_from_seed;

/// The seed of RFC 8032, section 7.1, test 1.
const SEED: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];

/// A page without its line breaks, as a token in it is broken into lines.
fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats").join(name);
    std::fs::read_to_string(path).unwrap().replace('\n', "")
}

fn key() -> impl Signer {
    key_from_seed(SEED)
}

fn payload(token: &str) -> String {
    String::from_utf8(Compact::parse(token).unwrap().payload().to_vec()).unwrap()
}

#[test]
fn the_example_of_a_request_proof_is_what_we_sign() {
    let body = r#"{"reason":"it asks for too much","state":"suspended"}"#;
    let covered =
        Covered { method: "POST", target: "/v1/agents/planner/state", body: body.as_bytes() };
    let stamp = Stamp {
        id: "0198c5f0-7d3a-7abc-8def-0123456789ab",
        issued: Timestamp::from_seconds(1_800_000_000),
        audience: "https://procura.local",
    };
    let proof = request::sign(&covered, "user:alice", &stamp, &key());
    let page = page("request-proof.md");
    assert!(page.contains(body));
    assert!(page.contains(&Digest::of(body.as_bytes()).to_base64url()), "{}", payload(&proof));
    assert!(page.contains(&proof), "{proof}");
}

#[test]
fn the_example_of_an_enrolment_is_what_we_sign() {
    let enrolment = Enrolment {
        kind: "agent",
        name: "planner",
        nonce: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        audience: "https://procura.local",
    };
    let statement = enrol::sign(&enrolment, &key());
    let page = page("enrolment.md");
    assert!(page.contains(&statement), "{}\n{statement}", payload(&statement));
    assert!(page.contains(&key().public_key().thumbprint().to_string()));
}
