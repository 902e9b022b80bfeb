//! Arguments: held, signed, and the same however they are written.

use procura_core::{delegate, limits, refusal::Outcome};
use procura_testkit::world;

use crate::call::Scene;
use crate::forge::{claims_of, payload_of, reproved};

#[test]
fn arguments_are_those_that_are_held() {
    for (arguments, expected) in [
        (r#"{"path":"/src/a.rs"}"#, "ok"),
        (r#"{"path":"/srcx"}"#, "argument_refused"),
        (r#"{"path":"/src/../etc"}"#, "argument_refused"),
        (r#"{"path":5}"#, "argument_refused"),
        (r#"{}"#, "argument_refused"),
        (r#"{"path":"/src","mode":1}"#, "argument_refused"),
        (r#"{"path":"/src","*":1}"#, "argument_refused"),
        (r#"{"Path":"/src"}"#, "argument_refused"),
    ] {
        assert_eq!(Scene::asking("read", arguments).outcome().0, expected, "{arguments}");
    }
    // `write` takes anything, even an argument with the name that means anything.
    for arguments in ["{}", r#"{"*":1}"#, r#"{"":[{}]}"#] {
        assert_eq!(Scene::asking("write", arguments).outcome().0, "ok", "{arguments}");
    }
}

#[test]
fn arguments_that_are_not_those_of_the_proof_are_refused() {
    let mut scene = Scene::new();
    scene.request.arguments = world::object(r#"{"path":"/src/b.rs"}"#);
    assert_eq!(scene.outcome(), ("holder_binding_failed", "7f"));
    scene.request.arguments = world::object(r#"{"path":"\/src\/a.rs"}"#);
    assert_eq!(scene.outcome(), ("ok", ""));
}

#[test]
fn arguments_are_compared_by_what_they_denote() {
    let mut scene = Scene::asking("write", r#"{"a":1,"b":[0.1,"x"]}"#);
    for (same, expected) in [
        (r#"{"b":[0.10,"\u0078"],"a":1.0}"#, "ok"),
        (r#"{"b":[1e-1,"x"],"a":1e0}"#, "ok"),
        (r#"{"b":["x",0.1],"a":1}"#, "holder_binding_failed"),
        (r#"{"b":[0.1,"x"],"a":"1"}"#, "holder_binding_failed"),
        (r#"{"b":[0.1,"x"],"a":true}"#, "holder_binding_failed"),
    ] {
        scene.request.arguments = world::object(same);
        assert_eq!(scene.outcome().0, expected, "{same}");
    }
}

#[test]
fn a_number_that_a_tool_might_read_otherwise_is_refused() {
    let mut scene = Scene::asking("write", r#"{"a":9007199254740992}"#);
    assert_eq!(scene.outcome(), ("ok", ""));
    scene.request.arguments = world::object(r#"{"a":9007199254740993}"#);
    assert_eq!(scene.outcome(), ("non_admissible_number", "6b"));
    let proof = delegate::prove(
        &delegate::ProofFor {
            id: "a",
            leaf: &scene.chain[1],
            tool: "write",
            arguments: &scene.request.arguments,
            audience: world::AUDIENCE,
            issued: world::NOW,
        },
        &world::key("coder"),
    );
    assert_eq!(proof.unwrap_err().outcome, Outcome::NonAdmissibleNumber);
}

#[test]
fn a_long_text_travels_as_its_digest() {
    let long = "x".repeat(limits::VALUE_BYTES + 1);
    let mut scene = Scene::asking("write", &format!(r#"{{"content":"{long}"}}"#));
    assert_eq!(scene.outcome(), ("ok", ""));
    let signed = claims_of(&scene.proof).get("hta").cloned().unwrap();
    let digest = procura_core::hash::Digest::of(long.as_bytes()).to_base64url();
    let expected = format!(r#"{{"content":{{"sha-256":"{digest}"}}}}"#);
    assert_eq!(signed.to_canonical().unwrap(), expected);
    // Another text of the same length is another call.
    let other = format!(r#"{{"content":"y{}"}}"#, &long[1..]);
    scene.request.arguments = world::object(&other);
    assert_eq!(scene.outcome(), ("holder_binding_failed", "7f"));
}

#[test]
fn a_text_of_the_limit_is_signed_as_it_is_at_any_depth() {
    let most = "x".repeat(limits::VALUE_BYTES);
    let scene = Scene::asking("write", &format!(r#"{{"a":[{{"b":"{most}"}},"{most}y"]}}"#));
    assert_eq!(scene.outcome(), ("ok", ""));
    let signed = payload_of(&scene.proof);
    assert!(signed.contains(&format!(r#"{{"b":"{most}"}}"#)));
    assert!(!signed.contains(&format!("{most}y")));
}

#[test]
fn an_argument_that_looks_like_a_digest_is_refused_by_both_sides() {
    let digest = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
    for text in [
        format!(r#"{{"content":{{"sha-256":"{digest}"}}}}"#),
        r#"{"content":{"sha-256":1}}"#.into(),
        format!(r#"{{"a":[{{"b":{{"sha-256":"{digest}"}}}}]}}"#),
    ] {
        let mut scene = Scene::asking("write", "{}");
        scene.request.arguments = world::object(&text);
        let hta = scene.request.arguments.clone();
        scene.proof = reproved(&scene.proof, "coder", |claims| {
            claims.set("hta", hta);
        });
        assert_eq!(scene.outcome(), ("argument_refused", "6b"), "{text}");
        let proof = delegate::ProofFor {
            id: "a",
            leaf: &scene.chain[1],
            tool: "write",
            arguments: &scene.request.arguments,
            audience: world::AUDIENCE,
            issued: world::NOW,
        };
        let refused = delegate::prove(&proof, &world::key("coder")).unwrap_err();
        assert_eq!(refused.outcome, Outcome::ArgumentRefused);
    }
    // With company it cannot be mistaken for a text.
    let scene = Scene::asking("write", r#"{"content":{"sha-256":"x","size":1}}"#);
    assert_eq!(scene.outcome(), ("ok", ""));
}
