//! The world of the tests is the same on every run, and its chains are real.

use std::sync::Arc;

use procura_core::{
    key::Signer,
    proof::{Request, verify_call, verify_chain},
};
use procura_testkit::world;

#[test]
fn a_name_has_one_key_and_another_name_another() {
    assert_eq!(world::public_key("alice"), world::public_key("alice"));
    assert_ne!(world::public_key("alice"), world::public_key("bob"));
}

#[test]
fn a_published_seed_gives_its_published_key() {
    // RFC 8032, section 7.1, test 1.
    let mut seed = [0; 32];
    let text = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    for (at, byte) in seed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
    }
    let key = world::key_from_seed(seed);
    let public: String =
        key.public_key().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(public, expected);
}

#[test]
fn a_chain_of_this_world_is_accepted_and_one_of_a_stranger_is_not() {
    let chain = world::chain("alice > planner > coder", r#"{"read":{}}"#);
    assert_eq!(chain, world::chain("alice > planner > coder", r#"{"read":{}}"#));
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let arguments = world::object(r#"{"path":"/src"}"#);
    let proof = world::proof(tokens[1], "coder", "read", &arguments);
    let request = Request { tool: "read".into(), arguments };
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verified = Arc::new(verify_chain(&tokens, &rules).unwrap());
    verify_call(&verified, &proof, request, &rules).unwrap();
    let strangers = world::anchors(&["mallory"]);
    let refusal = verify_chain(&tokens, &world::rules(&strangers)).unwrap_err();
    assert_eq!(refusal.step, "3b");
}
