//! Headers: an algorithm, a type, a key id, and nothing that brings a key.

use std::{fmt::Write as _, sync::Arc};

use expect_test::{Expect, expect};
use procura_core::{
    jws,
    proof::{PROOF_TYPE, Request, verify_call, verify_chain, verify_statement},
    refusal::Refusal,
    token,
};
use procura_testkit::world;

use crate::forge::{compact, payload_of};

/// Prints what becomes of a root, a child, a proof and a statement under each header,
/// where `TYPE` stands for the type that belongs there.
fn check(headers: &[&str], expected: Expect) {
    let mut table = String::new();
    for header in headers {
        let outcomes = [root(header), child(header), proof(header), statement(header)];
        let [root, child, proof, statement] = outcomes.map(|outcome| match outcome {
            Ok(()) => "ok".to_owned(),
            Err(refusal) => refusal.step.to_owned(),
        });
        writeln!(table, "{root:<3} {child:<3} {proof:<3} {statement:<3} {header}").unwrap();
    }
    expected.assert_eq(&table);
}

const HELD: &str = r#"{"read":{}}"#;

fn root(header: &str) -> Result<(), Refusal> {
    let chain = world::chain("alice > planner", HELD);
    let header = header.replace("TYPE", token::TYPE);
    let changed = compact(&header, &payload_of(&chain[0]), "alice");
    verify_chain(&[&changed], &world::rules(&world::anchors(&["alice"]))).map(|_| ())
}

fn child(header: &str) -> Result<(), Refusal> {
    let chain = world::chain("alice > planner > coder", HELD);
    let header = header.replace("TYPE", token::TYPE);
    let changed = compact(&header, &payload_of(&chain[1]), "planner");
    let anchors = world::anchors(&["alice"]);
    verify_chain(&[&chain[0], &changed], &world::rules(&anchors)).map(|_| ())
}

fn proof(header: &str) -> Result<(), Refusal> {
    let chain = world::chain("alice > planner", HELD);
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verified = Arc::new(verify_chain(&[&chain[0]], &rules).unwrap());
    let request = Request { tool: "read".into(), arguments: world::object("{}") };
    let proof = world::proof(&chain[0], "planner", "read", &request.arguments);
    let header = header.replace("TYPE", PROOF_TYPE);
    let changed = compact(&header, &payload_of(&proof), "planner");
    verify_call(&verified, &changed, request, &rules).map(|_| ())
}

fn statement(header: &str) -> Result<(), Refusal> {
    let text = compact(&header.replace("TYPE", "test+jwt"), "{}", "alice");
    verify_statement(&text, "test+jwt", &world::public_key("alice")).map(|_| ())
}

#[test]
fn sig_06_one_algorithm_is_accepted_by_its_name() {
    check(
        &[
            r#"{"alg":"Ed25519","typ":"TYPE"}"#,
            r#"{"typ":"TYPE","alg":"Ed25519"}"#,
            r#"{"alg":"none","typ":"TYPE"}"#,
            r#"{"alg":"None","typ":"TYPE"}"#,
            r#"{"alg":"EdDSA","typ":"TYPE"}"#,
            r#"{"alg":"ed25519","typ":"TYPE"}"#,
            r#"{"alg":"Ed448","typ":"TYPE"}"#,
            r#"{"alg":"HS256","typ":"TYPE"}"#,
            r#"{"alg":"ES256","typ":"TYPE"}"#,
            r#"{"alg":["Ed25519"],"typ":"TYPE"}"#,
            r#"{"alg":null,"typ":"TYPE"}"#,
            r#"{"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","alg":"none","typ":"TYPE"}"#,
        ],
        expect![[r#"
            ok  ok  ok  ok  {"alg":"Ed25519","typ":"TYPE"}
            ok  ok  ok  ok  {"typ":"TYPE","alg":"Ed25519"}
            3a  4a  7a  S2  {"alg":"none","typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"None","typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"EdDSA","typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"ed25519","typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"Ed448","typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"HS256","typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"ES256","typ":"TYPE"}
            3a  4a  7a  S2  {"alg":["Ed25519"],"typ":"TYPE"}
            3a  4a  7a  S2  {"alg":null,"typ":"TYPE"}
            3a  4a  7a  S2  {"typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"Ed25519","alg":"none","typ":"TYPE"}
        "#]],
    );
}

#[test]
fn one_type_is_accepted_at_each_place() {
    check(
        &[
            r#"{"alg":"Ed25519"}"#,
            r#"{"alg":"Ed25519","typ":""}"#,
            r#"{"alg":"Ed25519","typ":"JWT"}"#,
            r#"{"alg":"Ed25519","typ":"application/TYPE"}"#,
            r#"{"alg":"Ed25519","typ":"aat+jwt"}"#,
            r#"{"alg":"Ed25519","typ":"aat-pop+jwt"}"#,
            r#"{"alg":"Ed25519","typ":"test+jwt"}"#,
        ],
        expect![[r#"
            3a  4a  7a  S2  {"alg":"Ed25519"}
            3a  4a  7a  S2  {"alg":"Ed25519","typ":""}
            3a  4a  7a  S2  {"alg":"Ed25519","typ":"JWT"}
            3a  4a  7a  S2  {"alg":"Ed25519","typ":"application/TYPE"}
            ok  ok  7a  S2  {"alg":"Ed25519","typ":"aat+jwt"}
            3a  4a  ok  S2  {"alg":"Ed25519","typ":"aat-pop+jwt"}
            3a  4a  7a  ok  {"alg":"Ed25519","typ":"test+jwt"}
        "#]],
    );
}

#[test]
fn what_is_critical_is_refused_and_what_brings_a_key_is_ignored() {
    check(
        &[
            r#"{"alg":"Ed25519","crit":["exp"],"exp":1,"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","crit":[],"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","crit":null,"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","b64":false,"crit":["b64"],"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","b64":false,"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","jku":"https://attacker.test","typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","jwk":{"kty":"OKP"},"typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","kid":"nobody's","typ":"TYPE"}"#,
            r#"{"alg":"Ed25519","typ":"TYPE","x5c":["MII"]}"#,
            r#"{"alg":"Ed25519","typ":"TYPE","unknown":1}"#,
        ],
        expect![[r#"
            3a  4a  7a  S2  {"alg":"Ed25519","crit":["exp"],"exp":1,"typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"Ed25519","crit":[],"typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"Ed25519","crit":null,"typ":"TYPE"}
            P2  P2  7a  S2  {"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"Ed25519","b64":false,"crit":["b64"],"typ":"TYPE"}
            3a  4a  7a  S2  {"alg":"Ed25519","b64":false,"typ":"TYPE"}
            ok  ok  ok  ok  {"alg":"Ed25519","jku":"https://attacker.test","typ":"TYPE"}
            ok  ok  ok  ok  {"alg":"Ed25519","jwk":{"kty":"OKP"},"typ":"TYPE"}
            ok  ok  ok  ok  {"alg":"Ed25519","kid":"nobody's","typ":"TYPE"}
            ok  ok  ok  ok  {"alg":"Ed25519","typ":"TYPE","x5c":["MII"]}
            ok  ok  ok  ok  {"alg":"Ed25519","typ":"TYPE","unknown":1}
        "#]],
    );
}

#[test]
fn a_key_in_the_header_verifies_nothing() {
    let chain = world::chain("alice > planner", HELD);
    let attacker = token::to_jwk(&world::public_key("mallory"));
    let jwk = attacker.to_canonical().unwrap();
    let header = format!(r#"{{"alg":"Ed25519","jwk":{jwk},"typ":"aat+jwt"}}"#);
    let forged = compact(&header, &payload_of(&chain[0]), "mallory");
    let anchors = world::anchors(&["alice"]);
    let refusal = verify_chain(&[&forged], &world::rules(&anchors)).unwrap_err();
    assert_eq!(refusal.step, "3b");
}

#[test]
fn a_key_id_selects_among_anchors_and_does_nothing_else() {
    let chain = world::chain("alice > planner", HELD);
    let anchors = world::anchors(&["bob", "alice", "carol"]);
    let under = |kid: &str| {
        let header = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"aat+jwt"}}"#);
        let text = compact(&header, &payload_of(&chain[0]), "alice");
        verify_chain(&[&text], &world::rules(&anchors)).map(|_| ())
    };
    let thumbprint = |name| world::public_key(name).thumbprint().to_string();
    assert!(under(&thumbprint("alice")).is_ok());
    assert!(under("key-2024").is_ok());
    // It names another anchor, whose key did not sign.
    assert_eq!(under(&thumbprint("bob")).unwrap_err().step, "3b");
}

#[test]
fn only_so_many_anchors_are_tried_for_a_root_that_names_none() {
    let names: Vec<String> = (0..20).map(|at| format!("person-{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let anchors = world::anchors(&names);
    let verify = |text: &str| verify_chain(&[text], &world::rules(&anchors)).map(|_| ());
    let unnamed = |person: &str| {
        let root = world::root(person, &world::grant("planner", HELD));
        let header = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;
        (compact(header, &payload_of(&root), person), root)
    };
    let (early, _) = unnamed("person-7");
    assert!(verify(&early).is_ok());
    let (late, named) = unnamed("person-8");
    assert_eq!(verify(&late).unwrap_err().step, "3b");
    assert!(verify(&named).is_ok());
}

#[test]
fn what_is_not_three_parts_of_base64url_is_no_jws() {
    let good = compact(r#"{"alg":"Ed25519","typ":"test+jwt"}"#, "{}", "alice");
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("{good}");
    };
    let key = world::public_key("alice");
    assert!(verify_statement(&good, "test+jwt", &key).is_ok());
    for bad in [
        String::new(),
        ".".into(),
        "..".into(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}."),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{header}.{payload} .{signature}"),
        format!("{header}=.{payload}.{signature}"),
        format!("W10.{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{payload}."),
    ] {
        assert!(verify_statement(&bad, "test+jwt", &key).is_err(), "{bad}");
    }
}

#[test]
fn a_second_spelling_of_a_signature_is_refused() {
    // 64 bytes leave four bits in the last character: 16 spellings of one signature.
    let good = compact(r#"{"alg":"Ed25519","typ":"test+jwt"}"#, "{}", "alice");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = good.split_at(good.len() - 1);
    let group = alphabet.find(last).unwrap() / 16;
    let accepted: Vec<char> = alphabet[16 * group..16 * group + 16]
        .chars()
        .filter(|last| {
            let text = format!("{start}{last}");
            verify_statement(&text, "test+jwt", &world::public_key("alice")).is_ok()
        })
        .collect();
    assert_eq!(accepted, last.chars().collect::<Vec<_>>());
}

#[test]
fn what_is_signed_has_a_canonical_header() {
    let text = jws::sign("test+jwt", Some("k"), "{}", &world::key("alice"));
    let compact = jws::Compact::parse(&text).unwrap();
    assert_eq!(compact.key_id(), Some("k"));
    let header = crate::forge::header_of(&text);
    assert_eq!(header, r#"{"alg":"Ed25519","kid":"k","typ":"test+jwt"}"#);
}
