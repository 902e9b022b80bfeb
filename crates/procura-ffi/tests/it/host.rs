//! The host does the arithmetic: in rounds, and nothing is allowed while a question is open.

use procura_core::{base64url, key::PublicKey};
use procura_testkit::world;
use serde_json::{Value, json};

use crate::ask::{ask, call, check, with};

/// What a host does, with `holds` as its Ed25519; the last answer, and how often it asked.
pub(crate) fn loops(request: &Value, holds: impl Fn(&Value) -> bool) -> (Value, usize) {
    let mut request = with(request.clone(), "/signatures", json!({}));
    for round in 1..=20 {
        let answer = ask(&request);
        assert_ne!(answer.get("ok").is_some(), answer.get("error").is_some(), "{answer}");
        let Some(checks) = answer.get("check") else { return (answer, round) };
        assert_eq!(answer["error"]["code"], "signature_unchecked");
        for one in checks.as_array().unwrap() {
            let known = request["signatures"].get(one["id"].as_str().unwrap());
            assert_eq!(known, None, "it was answered");
            request["signatures"][one["id"].as_str().unwrap()] = json!(holds(one));
        }
    }
    panic!("it never ends: {request}");
}

/// A host whose Ed25519 is right.
pub(crate) fn right(check: &Value) -> bool {
    let bytes = |name: &str| base64url::decode(check[name].as_str().unwrap()).unwrap();
    let key = PublicKey::from_bytes(&bytes("key")).unwrap();
    key.verify(&bytes("message"), &bytes("signature")).is_ok()
}

#[test]
fn with_the_hosts_arithmetic_the_answer_is_the_same_in_two_rounds() {
    assert_eq!(loops(&call(), right), (ask(&call()), 2));
}

#[test]
fn each_no_of_the_host_is_the_refusal_of_its_step() {
    let request = call();
    let presentation = &request["presentation"];
    let texts = [
        (&presentation["aat_chain"][0], "untrusted_root", "3b"),
        (&presentation["aat_chain"][1], "signature_invalid", "4b"),
        (&presentation["aat_pop"], "holder_binding_failed", "7b"),
    ];
    for (text, code, step) in texts {
        let signature = text.as_str().unwrap().rsplit_once('.').unwrap().1;
        let (answer, _) = loops(&request, |check| check["signature"] != signature && right(check));
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["step"]),
            (&json!(code), &json!(step))
        );
    }
}

#[test]
fn a_verdict_that_is_forgotten_denies() {
    let first = ask(&with(call(), "/signatures", json!({})));
    let checks = first["check"].as_array().unwrap();
    assert_eq!(checks.len(), 3);
    for forgotten in checks {
        let mut request = with(call(), "/signatures", json!({}));
        for one in checks.iter().filter(|one| *one != forgotten) {
            request["signatures"][one["id"].as_str().unwrap()] = json!(true);
        }
        let answer = ask(&request);
        assert_eq!((answer.get("ok"), &answer["check"]), (None, &json!([forgotten])));
        assert_eq!(answer["error"]["retry"], true);
    }
}

#[test]
fn a_verdict_counts_for_its_signature_alone() {
    let first = ask(&with(call(), "/signatures", json!({})));
    let verdicts: Value = first["check"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap().to_owned(), json!(true)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert!(ask(&with(call(), "/signatures", verdicts.clone())).get("ok").is_some());
    let check_moved = |moved: Value| {
        check(&with(moved, "/signatures", verdicts.clone()), "signature_unchecked", "F3");
    };
    // The proof of another call; another text above the same signature; another key.
    let presentation = call()["presentation"].clone();
    let leaf = presentation["aat_chain"][1].as_str().unwrap();
    let arguments = r#"{"path":"/src/b.rs"}"#;
    let proof = world::proof(leaf, "coder", "read", &world::object(arguments));
    let other = with(call(), "/arguments", json!(arguments));
    check_moved(with(other.clone(), "/presentation/aat_pop", json!(proof)));
    let (input, _) = proof.rsplit_once('.').unwrap();
    let (_, signature) = presentation["aat_pop"].as_str().unwrap().rsplit_once('.').unwrap();
    let forged = format!("{input}.{signature}");
    check_moved(with(other, "/presentation/aat_pop", json!(forged)));
    check_moved(with(call(), "/rules/anchors/0/jwk", crate::ask::jwk_of("bob")));
}

#[test]
fn an_open_question_about_a_note_denies_too() {
    use procura_core::revocation::{Revoked, Terms, sign};
    let note = |signer: &str| {
        let terms = Terms { id: "note-1", issued: world::NOW, sequence: 1 };
        let revoked = Revoked::Key(world::public_key("coder").thumbprint());
        sign(&[revoked], &terms, &world::key(signer))
    };
    let noted =
        |signer| with(call(), "/revocation", json!({"notes": [note(signer)], "control": []}));
    let request = noted("planner");
    // All but the note's signature are known, and nothing else is wrong.
    let (_, signature) =
        note("planner").rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let mut asked = with(request.clone(), "/signatures", json!({}));
    let first = ask(&asked);
    for one in first["check"].as_array().unwrap() {
        asked["signatures"][one["id"].as_str().unwrap()] = json!(true);
    }
    let second = ask(&asked);
    assert_eq!(second["error"]["code"], "signature_unchecked");
    assert_eq!(second["check"].as_array().unwrap().len(), 1);
    assert_eq!(second["check"][0]["signature"], signature);
    let (last, rounds) = loops(&request, right);
    assert_eq!((&last["error"]["code"], rounds), (&json!("revoked"), 3));
    let (ignored, _) = loops(&noted("mallory"), right);
    assert!(ignored.get("ok").is_some(), "{ignored}");
}

#[test]
fn a_signature_with_an_odd_encoding_is_never_asked() {
    let request = call();
    let proof = request["presentation"]["aat_pop"].as_str().unwrap();
    let (input, _) = proof.rsplit_once('.').unwrap();
    // R is the neutral element, S is zero.
    let mut odd = [0; 64];
    odd[0] = 1;
    let proof = format!("{input}.{}", base64url::encode(&odd));
    let request = with(request, "/presentation/aat_pop", json!(proof));
    let (answer, _) = loops(&request, |_| true);
    assert_eq!(answer["error"]["code"], "holder_binding_failed");
}

#[test]
fn a_root_without_a_key_id_is_asked_of_every_anchor_at_once() {
    let mut request = call();
    let alice = request["rules"]["anchors"][0].clone();
    for name in ["bob", "carol"] {
        let anchor = with(alice.clone(), "/jwk", crate::ask::jwk_of(name));
        request["rules"]["anchors"].as_array_mut().unwrap().insert(0, anchor);
    }
    let (answer, rounds) = loops(&request, right);
    assert!(answer.get("ok").is_some() && rounds == 2, "{rounds}: {answer}");
}

#[test]
fn verdicts_are_truth_values() {
    check(&with(call(), "/signatures", json!([])), "bad_request", "F1");
    check(&with(call(), "/signatures", json!(null)), "bad_request", "F1");
    check(&with(call(), "/signatures", json!({"a": 1})), "bad_request", "F1");
    let many: serde_json::Map<_, _> =
        (0..=procura_ffi::LIST_ITEMS).map(|id| (id.to_string(), json!(true))).collect();
    check(&with(call(), "/signatures", many.into()), "too_large", "F1");
}
