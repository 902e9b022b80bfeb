//! Signed requests, by a key that may sign: what is covered, the body, method, target and
//! authority, a line each, of which an empty one is as it should be; and the same
//! without a signature of ours.
//!
//! Seeds: formats/http-signature.md
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use procura_core::{
    http_signature::{HttpMessage, HttpRequest, Scheme, content_digest, signature_base},
    key::{NamedKey, Signer, VerifyingKey},
    proof::{HttpRules, verify_signed_request},
    structured_field::{Bare, Dictionary, Member},
};
use procura_fuzz::{PLANNER, lines};
use procura_testkit::world;

static KEYS: LazyLock<Vec<NamedKey>> = LazyLock::new(|| {
    let key = VerifyingKey::Ed25519(PLANNER.public_key().clone());
    vec![NamedKey { id: "planner".into(), key }]
});

const USUAL: [&str; 6] = [
    r#"("@method" "@target-uri" "content-digest" "authorization");created=1799999990;expires=1800000050;keyid="planner";nonce="n";tag="procura""#,
    r#"{"method":"tools/call"}"#,
    "POST",
    "/mcp?session=1",
    "gateway.procura.test",
    "",
];

fuzz_target!(|data: &[u8]| {
    let data = [data, b"\n\n\n\n\n"].concat();
    let Some(said) = lines::<6>(&data) else { return };
    let [input, body, method, target, authority, _] =
        std::array::from_fn(|at| if said[at].is_empty() { USUAL[at] } else { said[at] });
    let (digest, input) = (content_digest(body.as_bytes()), format!("sig1={input}"));
    let plain = [("authorization", "DPoP token"), ("content-digest", digest.as_str())];
    let scheme = Scheme::Https;
    let request =
        HttpRequest { method, scheme, authority, target, fields: &plain, body: body.as_bytes() };
    let rules = HttpRules { tag: "procura", keys: &KEYS, nonce: None, now: world::NOW };
    let claimed = [("signature-input", input.as_str()), ("signature", body)];
    let claimed = [plain.as_slice(), claimed.as_slice()].concat();
    let guessed = verify_signed_request(&HttpRequest { fields: &claimed, ..request }, &rules);
    assert!(guessed.is_err(), "nobody signed it");
    let Ok(dictionary) = Dictionary::parse(&input) else { return };
    let Some(Member::InnerList(list)) = dictionary.get("sig1") else { return };
    let Ok(base) = signature_base(&HttpMessage::Request(&request), list) else { return };
    let bytes = PLANNER.sign(base.as_bytes()).to_bytes().to_vec();
    let signature = format!("sig1={}", Bare::Bytes(bytes));
    let fields = [("signature-input", input.as_str()), ("signature", signature.as_str())];
    let fields = [plain.as_slice(), fields.as_slice()].concat();
    let request = HttpRequest { fields: &fields, ..request };
    let Ok(verified) = verify_signed_request(&request, &rules) else {
        assert!(said.iter().any(|line| !line.is_empty()), "the usual one is good");
        return;
    };
    let verified = verified.get();
    assert_eq!(verified.covered("@method"), Some(method));
    assert!(verified.forgettable() > world::NOW);
    assert_eq!(verified.covered("authorization"), Some("DPoP token"), "it is there, so it counts");
    for other in [
        HttpRequest { method: "TRACE", ..request },
        HttpRequest { body: b"another body", ..request },
        HttpRequest { target: "/another?target", ..request },
        HttpRequest { scheme: Scheme::Http, ..request },
    ] {
        let same = (other.method, other.body, other.target, other.scheme)
            == (request.method, request.body, request.target, request.scheme);
        assert!(same || verify_signed_request(&other, &rules).is_err(), "{other:?}");
    }
});
