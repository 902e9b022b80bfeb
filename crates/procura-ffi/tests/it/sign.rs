//! Signing by the host: the same bytes for the same request, and a token only for
//! the right signature.

use procura_core::delegate::{self, ProofFor};
use procura_core::key::Signer as _;
use procura_core::revocation::{self, Revoked, Terms};
use procura_core::{base64url, token::Token};
use procura_testkit::world;
use serde_json::{Value, json};

use crate::ask::{HELD, bytes, check, jwk_of, ok, with, without};

/// What the key of `name` makes of `request`.
fn signed(name: &str, request: &Value) -> String {
    let input = ok(request);
    assert_eq!(ok(request), input, "the same request is the same text");
    let input = input["signing_input"].as_str().unwrap().to_owned();
    let signature = bytes(&world::key(name).sign(input.as_bytes()).to_bytes());
    let assemble = json!({"op": "assemble", "signing_input": input, "signature": signature,
                          "signer": jwk_of(name)});
    let assembled = ok(&assemble);
    let token = assembled["token"].as_str().unwrap().to_owned();
    assert_eq!(assembled["hash"], hash(&token));
    check(&with(assemble.clone(), "/signer", jwk_of("mallory")), "signature_invalid", "F1");
    check(&with(assemble.clone(), "/signature", bytes(&[0; 64])), "signature_invalid", "F1");
    check(&with(assemble, "/signing_input", json!("no")), "malformed", "F1");
    token
}

fn hash(token: &str) -> String {
    let (input, _) = token.rsplit_once('.').unwrap();
    procura_core::hash::Digest::of(input.as_bytes()).to_string()
}

/// The grant of the world to `name`, as a request has it.
fn grant(op: &str, name: &str, signer: &str) -> Value {
    let held: Value = serde_json::from_str(HELD).unwrap();
    json!({
        "op": op, "signer": jwk_of(signer), "jti": format!("delegation-to-{name}"),
        "client_id": world::agent_id(name), "jwk": jwk_of(name), "tools": held, "further": 3,
        "iat": world::NOW.as_seconds() - 60, "exp": world::NOW.as_seconds() + 3600, "aud": [],
    })
}

fn mint() -> Value {
    let request = with(grant("mint_input", "planner", "alice"), "/sub", json!("user:alice"));
    with(request, "/iss", json!(world::issuer("alice")))
}

#[test]
fn a_root_and_a_child_are_those_that_the_core_signs() {
    let chain = world::chain("alice > planner > coder", HELD);
    let root = signed("alice", &mint());
    assert_eq!(root, chain[0]);
    let child = with(grant("derive_input", "coder", "planner"), "/parent", json!(root));
    assert_eq!(signed("planner", &child), chain[1]);
}

#[test]
fn what_the_core_does_not_sign_has_no_signing_input() {
    let root = world::chain("alice > planner", HELD).remove(0);
    let child = with(grant("derive_input", "coder", "planner"), "/parent", json!(root));
    let wider = with(child.clone(), "/tools", json!({"delete": {}}));
    let (code, _, _) = crate::ask::refused(&wider);
    assert_eq!(code, "not_narrower");
    let less = with(with(wider, "/tools/read", json!({})), "/excess", json!("left_out"));
    let token = Token::read(&signed("planner", &less)).unwrap();
    assert!(token.tools.get("read").is_some() && token.tools.get("delete").is_none());
    let thief = with(child.clone(), "/signer", jwk_of("mallory"));
    check(&thief, "holder_binding_failed", "7b");
    check(&with(child.clone(), "/excess", json!("kept")), "bad_request", "F1");
    check(&with(child, "/iat", json!(1.5)), "bad_request", "F1");
    check(&with(mint(), "/tools", json!({})), "scope_not_granted", "6a");
    check(&without(mint(), "/sub"), "bad_request", "F1");
}

#[test]
fn a_root_may_commit_to_evidence_and_hold_scopes() {
    let evidence = procura_core::hash::Digest::of(b"she agreed");
    let request = with(mint(), "/evd_hash", json!(evidence.to_string()));
    let detail = json!({"type": "agent_delegation", "scopes": ["repo.read"],
                        "constraints": [{"key": "calls", "max_subtree": 5}]});
    let token = signed("alice", &with(request.clone(), "/agent_delegation", detail.clone()));
    let token = Token::read(&token).unwrap();
    assert_eq!(token.evidence, Some(evidence));
    let written = token.detail.unwrap().to_object().to_canonical().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), detail);
    check(&with(request.clone(), "/evd_hash", json!("short")), "bad_request", "F1");
    check(&with(request.clone(), "/agent_delegation", json!([])), "bad_request", "F1");
    check(&with(request, "/agent_delegation", json!({})), "malformed", "P2");
}

#[test]
fn a_proof_and_a_note_are_those_that_the_core_signs() {
    let leaf = world::chain("alice > planner", HELD).remove(0);
    let arguments = r#"{"path": "/src/a.rs"}"#;
    let request = json!({"op": "prove_input", "signer": jwk_of("planner"), "jti": "call-1",
        "leaf": leaf, "tool": "read", "arguments": arguments, "aud": world::AUDIENCE,
        "iat": world::NOW.as_seconds()});
    let parsed = world::object(arguments);
    let proof = ProofFor {
        id: "call-1",
        leaf: &leaf,
        tool: "read",
        arguments: &parsed,
        audience: world::AUDIENCE,
        issued: world::NOW,
    };
    let expected = delegate::prove(&proof, &world::key("planner")).unwrap();
    assert_eq!(signed("planner", &request), expected);
    let inexact = with(request, "/arguments", json!(r#"{"n":9007199254740993}"#));
    check(&inexact, "non_admissible_number", "6b");

    let token = Token::read(&leaf).unwrap();
    let revoked = [Revoked::Token(token.hash), Revoked::Key(token.key.thumbprint())];
    let terms = Terms { id: "note-1", issued: world::NOW, sequence: 7 };
    let request = json!({"op": "revoke_input", "signer": jwk_of("alice"), "jti": "note-1",
        "iat": world::NOW.as_seconds(), "seq": 7,
        "rev": [{"h": token.hash.to_string()}, {"jkt": token.key.thumbprint().to_string()}]});
    let expected = revocation::sign(&revoked, &terms, &world::key("alice"));
    assert_eq!(signed("alice", &request), expected);
    for wrong in [json!([]), json!([{}]), json!([{"h": "x"}]), json!([{"h": "x", "jkt": "y"}])] {
        check(&with(request.clone(), "/rev", wrong), "bad_request", "F1");
    }
}

#[test]
fn a_signature_that_is_not_base64url_makes_no_token() {
    let assemble = json!({"op": "assemble", "signing_input": "e30.e30", "signature": "=",
                          "signer": jwk_of("alice")});
    check(&assemble, "malformed", "F1");
    let padded = format!("{}=", base64url::encode(&[0; 64]));
    check(&with(assemble, "/signature", json!(padded)), "malformed", "F1");
}
