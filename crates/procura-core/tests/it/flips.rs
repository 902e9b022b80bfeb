//! One bit that is not as it was signed is enough.

use std::sync::{Arc, LazyLock};

use procura_core::json::Object;
use procura_core::proof::{Anchor, Request, verify_call, verify_chain};
use procura_testkit::world;

/// The texts of a call under three tokens: the tokens, and the proof.
fn presentation() -> [String; 4] {
    let held = r#"{"read":{"path":{"constraint_type":"wildcard"}}}"#;
    let chain = world::chain("alice > planner > coder > editor", held);
    let proof = world::proof(&chain[2], "editor", "read", &arguments());
    let [first, second, third] = <[String; 3]>::try_from(chain).unwrap();
    [first, second, third, proof]
}

fn arguments() -> Object {
    world::object(r#"{"path":"/src"}"#)
}

fn is_accepted(texts: &[&str; 4]) -> bool {
    static ANCHORS: LazyLock<Vec<Anchor>> = LazyLock::new(|| world::anchors(&["alice"]));
    let rules = world::rules(&ANCHORS);
    let request = Request { tool: "read".into(), arguments: arguments() };
    let [first, second, third, proof] = *texts;
    verify_chain(&[first, second, third], &rules)
        .and_then(|chain| verify_call(&Arc::new(chain), proof, request, &rules))
        .is_ok()
}

/// Flips every bit of one text in turn. What is no text any more never gets this far.
fn check(place: usize) {
    let original = presentation();
    let mut tried = 0;
    for bit in 0..original[place].len() * 8 {
        let mut bytes = original[place].clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(flipped) = String::from_utf8(bytes) else {
            continue;
        };
        let mut texts = original.each_ref().map(String::as_str);
        texts[place] = &flipped;
        assert!(!is_accepted(&texts), "bit {bit} of text {place}");
        tried += 1;
    }
    // All but the highest bit of each byte.
    assert_eq!(tried, original[place].len() * 7);
}

#[test]
fn as_it_was_signed_it_is_accepted() {
    assert!(is_accepted(&presentation().each_ref().map(String::as_str)));
}

#[test]
fn a_flipped_bit_of_the_root_is_refused() {
    check(0);
}

#[test]
fn a_flipped_bit_of_the_middle_token_is_refused() {
    check(1);
}

#[test]
fn a_flipped_bit_of_the_leaf_is_refused() {
    check(2);
}

#[test]
fn a_flipped_bit_of_the_proof_is_refused() {
    check(3);
}

#[test]
fn a_text_that_was_cut_or_extended_anywhere_is_refused() {
    let original = presentation();
    for place in 0..4 {
        for at in (0..original[place].len()).step_by(7) {
            let (start, rest) = original[place].split_at(at);
            let shorter = format!("{start}{}", &rest[1..]);
            let longer = format!("{start}A{rest}");
            for changed in [&shorter, &longer] {
                let mut texts = original.each_ref().map(String::as_str);
                texts[place] = changed;
                assert!(!is_accepted(&texts), "byte {at} of text {place}");
            }
        }
    }
}
