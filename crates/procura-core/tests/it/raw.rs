//! The host's arithmetic: with the checks before it, it is strict verification.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use ed25519_dalek::{Verifier as _, VerifyingKey};
use procura_core::{
    base64url,
    json::Value,
    key::{Arithmetic, PublicKey, RawCheck, SignatureInvalid, Signer},
    proof::{Call, Request, Verified, verify_chain, verify_listing},
    refusal::Refusal,
    revocation::{self, Notes, Revoked, Terms},
    token::Token,
};
use procura_testkit::world;

use crate::call::{Scene, outcome};
use crate::vectors::{self, hex, text};

/// The default verification of a library: cofactorless, and lenient about low orders.
fn lenient(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = VerifyingKey::try_from(key) else { return false };
    let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else { return false };
    key.verify(message, &signature).is_ok()
}

fn host(raw: &RawCheck<'_>) -> bool {
    lenient(raw.key().as_bytes(), raw.message(), raw.signature())
}

/// How many of `triples` the lenient library accepts, how many it accepts after our
/// checks, and how many strict verification does; the last two agree on each.
fn count(triples: impl Iterator<Item = (Vec<u8>, Vec<u8>, Vec<u8>)>) -> (usize, usize, usize) {
    let (mut alone, mut checked, mut strict) = (0, 0, 0);
    for (key, message, signature) in triples {
        alone += usize::from(lenient(&key, &message, &signature));
        let Ok(key) = PublicKey::from_bytes(&key) else { continue };
        let of_host = Arithmetic::dangerous_host(&host).verify(&key, &message, &signature);
        let ours = key.verify(&message, &signature);
        assert_eq!(of_host, ours, "{message:?} {signature:?}");
        assert_eq!(Arithmetic::OWN.verify(&key, &message, &signature), ours);
        // A library may compare points instead of bytes: what is left has one spelling.
        assert!(ours.is_err() || key.precheck(&message, &signature).is_ok());
        checked += usize::from(of_host.is_ok());
        strict += usize::from(ours.is_ok());
    }
    (alone, checked, strict)
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.as_object().unwrap().get(name).unwrap()
}

#[test]
fn of_914_odd_signatures_the_host_and_the_checks_accept_what_is_strictly_right() {
    let Some(set) = vectors::set("cctv-ed25519/ed25519vectors.json") else { return };
    let set = vectors::read(&set);
    let cases = set.as_array().unwrap();
    let triple = |case: &Value| {
        let text = |name| text(case.as_object().unwrap(), name);
        (hex(text("key")), text("msg").as_bytes().to_vec(), hex(text("sig")))
    };
    assert_eq!(cases.len(), 914);
    assert_eq!(count(cases.iter().map(triple)), (208, 43, 43));
}

#[test]
fn of_151_published_cases_the_host_and_the_checks_accept_the_valid_ones() {
    let Some(set) = vectors::set("wycheproof/ed25519_test.json") else { return };
    let set = vectors::read(&set);
    let mut triples = Vec::new();
    let mut valid = 0;
    for group in member(&set, "testGroups").as_array().unwrap() {
        let key = hex(text(member(group, "publicKey").as_object().unwrap(), "pk"));
        for case in member(group, "tests").as_array().unwrap() {
            let text = |name| text(case.as_object().unwrap(), name);
            valid += usize::from(text("result") == "valid");
            triples.push((key.clone(), hex(text("msg")), hex(text("sig"))));
        }
    }
    let (_, checked, strict) = count(triples.into_iter());
    assert_eq!((checked, strict), (valid, valid));
}

#[test]
fn of_12_cases_that_libraries_disagree_about_the_host_and_the_checks_accept_one() {
    let Some(set) = vectors::set("ed25519-speccheck/cases.json") else { return };
    let set = vectors::read(&set);
    let triple = |case: &Value| {
        let bytes = |name| hex(text(case.as_object().unwrap(), name));
        (bytes("pub_key"), bytes("message"), bytes("signature"))
    };
    // The third has a good key and an R of low order: a check of the key alone would take it.
    assert!(host_takes(triple(&set.as_array().unwrap()[2])));
    assert_eq!(count(set.as_array().unwrap().iter().map(triple)), (5, 1, 1));
}

/// Whether a good key made this, says the lenient library.
fn host_takes((key, message, signature): (Vec<u8>, Vec<u8>, Vec<u8>)) -> bool {
    PublicKey::from_bytes(&key).is_ok() && lenient(&key, &message, &signature)
}

#[test]
fn a_host_that_says_yes_to_all_is_not_asked_about_odd_encodings() {
    let yes = |_: &RawCheck<'_>| true;
    let key = world::key("alice");
    let good = key.sign(b"message").to_bytes();
    let verify = |signature: &[u8]| {
        Arithmetic::dangerous_host(&yes).verify(key.public_key(), b"other", signature)
    };
    // Its own fault: the equation is all that it is asked.
    assert_eq!(verify(&good), Ok(()));
    assert_eq!(verify(&good[..63]), Err(SignatureInvalid));
    assert_eq!(verify(&[&good[..], &[0]].concat()), Err(SignatureInvalid));
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = good;
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let mut below = order.clone();
    below[0] -= 1;
    assert_eq!(verify(&with(32, &below)), Ok(()));
    for scalar in [&order[..], &[0xff; 32], &with_byte(&order, 0, 0xee), &with_byte(&order, 16, 1)]
    {
        assert_eq!(verify(&with(32, scalar)), Err(SignatureInvalid), "{scalar:?}");
    }
    let one = "0100000000000000000000000000000000000000000000000000000000000000";
    let over = "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    let no_point = "0200000000000000000000000000000000000000000000000000000000000000";
    for commitment in [one, over, no_point] {
        assert_eq!(verify(&with(0, &hex(commitment))), Err(SignatureInvalid), "{commitment}");
    }
}

fn with_byte(bytes: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = byte;
    bytes
}

fn verify(scene: &Scene, arithmetic: Arithmetic<'_>) -> Result<Verified<Call>, Refusal> {
    let anchors = world::anchors(&["bob", "alice"]);
    let rules = world::rules(&anchors);
    let tokens: Vec<&str> = scene.chain.iter().map(String::as_str).collect();
    let chain = Arc::new(arithmetic.verify_chain(&tokens, &rules)?);
    let request: Request = scene.request.clone();
    arithmetic.verify_call(&chain, &scene.proof, request, &rules)
}

#[test]
fn every_signature_of_a_call_is_asked_of_the_host_and_each_no_is_a_refusal() {
    let scene = Scene::new();
    let asked = RefCell::new(BTreeSet::new());
    let note = |raw: &RawCheck<'_>| {
        asked.borrow_mut().insert(raw.signature().to_vec());
        host(raw)
    };
    assert!(verify(&scene, Arithmetic::dangerous_host(&note)).is_ok());
    let signature = |text: &String| base64url::decode(text.rsplit_once('.').unwrap().1).unwrap();
    let all: BTreeSet<Vec<u8>> = scene.chain.iter().chain([&scene.proof]).map(signature).collect();
    assert_eq!(asked.into_inner(), all);
    let answers = scene.chain.iter().chain([&scene.proof]).map(|refused| {
        let refused = signature(refused);
        let but_one = |raw: &RawCheck<'_>| raw.signature()[..] != refused[..] && host(raw);
        outcome(verify(&scene, Arithmetic::dangerous_host(&but_one)))
    });
    let expected =
        [("untrusted_root", "3b"), ("signature_invalid", "4b"), ("holder_binding_failed", "7b")];
    assert_eq!(answers.collect::<Vec<_>>(), expected);
}

#[test]
fn a_listing_and_a_note_are_asked_of_the_host_too() {
    let chain = world::chain("alice > planner", r#"{"read":{}}"#);
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verified = Arc::new(verify_chain(&[&chain[0]], &rules).unwrap());
    let proof = world::proof(&chain[0], "planner", "tools/list", &world::object("{}"));
    let no = |_: &RawCheck<'_>| false;
    let refuses = Arithmetic::dangerous_host(&no);
    assert!(verify_listing(&verified, &proof, "tools/list", &rules).is_ok());
    let listed = |by: Arithmetic<'_>| by.verify_listing(&verified, &proof, "tools/list", &rules);
    assert!(listed(Arithmetic::dangerous_host(&host)).is_ok());
    assert_eq!(outcome(listed(refuses)), ("holder_binding_failed", "7b"));
    let token = Revoked::Token(Token::read(&chain[0]).unwrap().hash);
    let terms = Terms { id: "note-1", issued: world::NOW, sequence: 1 };
    let mut notes = Notes::default();
    notes.add(&revocation::sign(&[token], &terms, &world::key("alice"))).unwrap();
    let check = |by: Arithmetic<'_>| notes.check_with(by, verified.get(), &anchors, &[]);
    assert_eq!(outcome(check(Arithmetic::OWN)), ("revoked", "P6"));
    assert_eq!(outcome(check(Arithmetic::dangerous_host(&host))), ("revoked", "P6"));
    // So whoever leaves a question open has to deny by itself.
    assert_eq!(outcome(check(refuses)), ("ok", ""));
}

#[test]
fn an_arithmetic_shows_whose_it_is_and_no_more() {
    assert_eq!(format!("{:?}", Arithmetic::OWN), "Arithmetic(own)");
    assert_eq!(format!("{:?}", Arithmetic::dangerous_host(&host)), "Arithmetic(host)");
}
