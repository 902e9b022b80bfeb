//! Every step of AAT-02, section 8, refuses what it is there for: one change each.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{
    json::{Object, Value},
    key::Signer,
    proof::{Requirement, Rules, verify_chain},
    refusal::Refusal,
    token,
};
use procura_testkit::world;

use crate::forge::{Change, apply, resigned, rewritten};

const HELD: &str = r#"{"read":{"path":{"constraint_type":"wildcard"}}}"#;

fn verify(tokens: &[&str], names: Requirement) -> Result<(), Refusal> {
    let anchors = world::anchors(&["alice"]);
    let rules = Rules { names, ..world::rules(&anchors) };
    verify_chain(tokens, &rules).map(|_| ())
}

fn line(table: &mut String, (name, text): Change, outcome: Result<(), Refusal>) {
    let outcome = match outcome {
        Ok(()) => "ok".to_owned(),
        Err(refusal) => format!("{:<5} {}", refusal.step, refusal.outcome),
    };
    let text = text.map_or("is missing".into(), |text| format!("= {text}"));
    writeln!(table, "{outcome:<28} {name} {text}").unwrap();
}

/// Prints the step at which a root with each change is refused.
fn check_root(changes: &[Change], expected: Expect) {
    let root = world::root("alice", &world::grant("planner", HELD));
    assert_eq!(verify(&[&root], Requirement::Required), Ok(()));
    let mut table = String::new();
    for change in changes {
        let changed = resigned(&root, "alice", |claims| apply(claims, *change));
        line(&mut table, *change, verify(&[&changed], Requirement::Required));
    }
    expected.assert_eq(&table);
}

/// Prints the step at which a child with each change is refused.
fn check_child(changes: &[Change], expected: Expect) {
    let chain = world::chain("alice > planner > coder", HELD);
    let mut table = String::new();
    for change in changes {
        let changed = resigned(&chain[1], "planner", |claims| apply(claims, *change));
        let outcome = verify(&[&chain[0], &changed], Requirement::Required);
        line(&mut table, *change, outcome);
    }
    expected.assert_eq(&table);
}

#[test]
fn the_claims_of_a_root_are_there_and_have_their_types() {
    check_root(
        &[
            ("jti", None),
            ("jti", Some("1")),
            ("jti", Some(r#""""#)),
            ("iat", None),
            ("iat", Some(r#""1800000000""#)),
            ("iat", Some("-1")),
            ("exp", None),
            ("exp", Some("null")),
            ("exp", Some("9007199254740994")),
            ("del_depth", None),
            ("del_depth", Some("false")),
            ("del_depth", Some("1")),
            ("del_depth", Some("-1")),
            ("par_hash", Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#)),
            ("par_hash", Some("null")),
            ("par_hash", Some(r#""""#)),
            ("del_max_depth", None),
            ("del_max_depth", Some("-1")),
            ("del_max_depth", Some("1.5")),
            ("del_max_depth", Some("9")),
            ("iss", None),
            ("iss", Some("1")),
            ("iss", Some(r#""urn:procura:user:bob""#)),
            ("sub", None),
            ("sub", Some("1")),
            ("sub", Some(r#""user:bob""#)),
            ("client_id", None),
            ("client_id", Some("[]")),
            ("aud", Some("1")),
            ("aud", Some("[]")),
            ("aud", Some("[1]")),
            ("aud", Some(r#""""#)),
            ("nbf", Some("9000000000")),
            ("act", Some(r#"{"sub":"anybody"}"#)),
        ],
        expect![[r#"
            2c    malformed              jti is missing
            2c    malformed              jti = 1
            3j    malformed              jti = ""
            3b    malformed              iat is missing
            3b    malformed              iat = "1800000000"
            3b    malformed              iat = -1
            3b    malformed              exp is missing
            3b    malformed              exp = null
            3b    malformed              exp = 9007199254740994
            3c    depth_invalid          del_depth is missing
            3c    depth_invalid          del_depth = false
            3c    depth_invalid          del_depth = 1
            3c    depth_invalid          del_depth = -1
            3d    par_hash_mismatch      par_hash = "BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g"
            3d    par_hash_mismatch      par_hash = null
            3d    par_hash_mismatch      par_hash = ""
            3i    depth_invalid          del_max_depth is missing
            3i    depth_invalid          del_max_depth = -1
            3i    depth_invalid          del_max_depth = 1.5
            3i    depth_invalid          del_max_depth = 9
            3k    malformed              iss is missing
            3k    malformed              iss = 1
            3k    issuer_mismatch        iss = "urn:procura:user:bob"
            P1    untrusted_root         sub is missing
            3b    malformed              sub = 1
            P1    untrusted_root         sub = "user:bob"
            P1    malformed              client_id is missing
            3b    malformed              client_id = []
            6c    malformed              aud = 1
            6c    malformed              aud = []
            6c    malformed              aud = [1]
            6c    malformed              aud = ""
            ok                           nbf = 9000000000
            ok                           act = {"sub":"anybody"}
        "#]],
    );
}

#[test]
fn an_integer_claim_is_written_without_fraction_and_exponent() {
    let chain = world::chain("alice > planner > coder", HELD);
    for (from, to, root, child) in [
        (r#""iat":1799999940"#, r#""iat":1799999940.0"#, "3b", "4b"),
        (r#""iat":1799999940"#, r#""iat":1.79999994e9"#, "3b", "4b"),
        (r#""exp":1800003600"#, r#""exp":18000036e2"#, "3b", "4b"),
        (r#""del_depth":"#, r#""del_depth":0.0,"was":"#, "3c", "4b"),
        (r#""del_max_depth":3"#, r#""del_max_depth":3.0"#, "3i", "4b"),
    ] {
        let changed = rewritten(&chain[0], "alice", from, to);
        let refusal = verify(&[&changed], Requirement::Required).unwrap_err();
        assert_eq!(refusal.step, root, "{to}");
        let changed = rewritten(&chain[1], "planner", from, to);
        let refusal = verify(&[&chain[0], &changed], Requirement::Required).unwrap_err();
        assert_eq!(refusal.step, child, "{to}");
    }
}

#[test]
fn the_time_of_a_root_is_now() {
    check_root(
        &[
            ("exp", Some("1800000000")),
            ("exp", Some("1800000001")),
            ("iat", Some("1800000030")),
            ("iat", Some("1800000031")),
            ("iat", Some("1800003600")),
            ("exp", Some("1807775940")),
            ("exp", Some("1807775941")),
        ],
        expect![[r#"
            3e    expired                exp = 1800000000
            ok                           exp = 1800000001
            ok                           iat = 1800000030
            3f    not_yet_valid          iat = 1800000031
            3f    not_yet_valid          iat = 1800003600
            ok                           exp = 1807775940
            3h    too_large              exp = 1807775941
        "#]],
    );
}

#[test]
fn the_key_of_a_holder_is_public_and_there() {
    check_root(
        &[
            ("cnf", None),
            ("cnf", Some("{}")),
            ("cnf", Some(r#"{"jkt":"UDDReOZl1ipXAfp9wYsm13sDBMK5og--QWdBjzuf6o4"}"#)),
            ("cnf", Some(r#"{"jwk":{"kty":"oct","k":"c2VjcmV0"}}"#)),
            ("cnf", Some(r#"{"jwk":{"kty":"OKP","crv":"Ed25519","x":"AQ"}}"#)),
            (
                "cnf",
                Some(
                    r#"{"jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
                ),
            ),
            (
                "cnf",
                Some(
                    r#"{"jwk":{"kty":"OKP","crv":"Ed25519","d":"AA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
                ),
            ),
        ],
        expect![[r#"
            3l    malformed              cnf is missing
            3l    malformed              cnf = {}
            3l    malformed              cnf = {"jkt":"UDDReOZl1ipXAfp9wYsm13sDBMK5og--QWdBjzuf6o4"}
            3l    malformed              cnf = {"jwk":{"kty":"oct","k":"c2VjcmV0"}}
            3l    malformed              cnf = {"jwk":{"kty":"OKP","crv":"Ed25519","x":"AQ"}}
            ok                           cnf = {"jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}
            3l    malformed              cnf = {"jwk":{"kty":"OKP","crv":"Ed25519","d":"AA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}
        "#]],
    );
}

#[test]
fn a_root_has_one_entry_and_it_has_tools() {
    check_root(
        &[
            ("authorization_details", None),
            ("authorization_details", Some("{}")),
            ("authorization_details", Some("[]")),
            ("authorization_details", Some("[1]")),
            ("authorization_details", Some(r#"[{"tools":{}}]"#)),
            ("authorization_details", Some(r#"[{"type":"attenuating_agent_token"}]"#)),
            ("authorization_details", Some(r#"[{"type":"attenuating_agent_token","tools":[]}]"#)),
            (
                "authorization_details",
                Some(r#"[{"type":"attenuating_agent_token","tools":{"a":[]}}]"#),
            ),
            (
                "authorization_details",
                Some(r#"[{"type":"attenuating_agent_token","tools":{"":{}}}]"#),
            ),
            (
                "authorization_details",
                Some(
                    r#"[{"type":"attenuating_agent_token","tools":{}},{"type":"attenuating_agent_token","tools":{}}]"#,
                ),
            ),
            (
                "authorization_details",
                Some(
                    r#"[{"type":"attenuating_agent_token","tools":{}},{"type":"agent_delegation"}]"#,
                ),
            ),
        ],
        expect![[r#"
            3m    malformed              authorization_details is missing
            3m    malformed              authorization_details = {}
            3m    malformed              authorization_details = []
            3m    malformed              authorization_details = [1]
            3m    malformed              authorization_details = [{"tools":{}}]
            3m    malformed              authorization_details = [{"type":"attenuating_agent_token"}]
            3m    malformed              authorization_details = [{"type":"attenuating_agent_token","tools":[]}]
            3m    malformed              authorization_details = [{"type":"attenuating_agent_token","tools":{"a":[]}}]
            3m    too_large              authorization_details = [{"type":"attenuating_agent_token","tools":{"":{}}}]
            3m    malformed              authorization_details = [{"type":"attenuating_agent_token","tools":{}},{"type":"attenuating_agent_token","tools":{}}]
            3m    malformed              authorization_details = [{"type":"attenuating_agent_token","tools":{}},{"type":"agent_delegation"}]
        "#]],
    );
}

#[test]
fn the_claims_of_a_child_are_there_and_have_their_types() {
    check_child(
        &[
            ("jti", None),
            ("jti", Some(r#""""#)),
            ("cnf", None),
            ("cnf", Some(r#"{"jwk":{"kty":"oct","k":"c2VjcmV0"}}"#)),
            ("authorization_details", None),
            ("authorization_details", Some("{}")),
            ("del_depth", None),
            ("del_depth", Some("true")),
            ("del_max_depth", None),
            ("del_max_depth", Some(r#""3""#)),
            ("iss", None),
            ("par_hash", None),
            ("par_hash", Some("1")),
            ("iat", None),
            ("iat", Some("1800000000.5")),
            ("exp", None),
            ("sub", None),
            ("sub", Some(r#""user:bob""#)),
            ("client_id", None),
        ],
        expect![[r#"
            2c    malformed              jti is missing
            4b    malformed              jti = ""
            4b    malformed              cnf is missing
            4b    malformed              cnf = {"jwk":{"kty":"oct","k":"c2VjcmV0"}}
            4b    malformed              authorization_details is missing
            4b    malformed              authorization_details = {}
            4b    depth_invalid          del_depth is missing
            4b    depth_invalid          del_depth = true
            4b    depth_invalid          del_max_depth is missing
            4b    depth_invalid          del_max_depth = "3"
            4b    malformed              iss is missing
            4b    malformed              par_hash is missing
            4b    malformed              par_hash = 1
            4b    malformed              iat is missing
            4b    malformed              iat = 1800000000.5
            4b    malformed              exp is missing
            P3    principal_altered      sub is missing
            P3    principal_altered      sub = "user:bob"
            P1    malformed              client_id is missing
        "#]],
    );
}

#[test]
fn a_child_follows_its_parent() {
    check_child(
        &[
            ("iss", Some(r#""urn:procura:user:alice""#)),
            ("del_depth", Some("0")),
            ("del_depth", Some("2")),
            ("del_max_depth", Some("0")),
            ("del_max_depth", Some("1")),
            ("del_max_depth", Some("4")),
            ("exp", Some("1800003601")),
            ("exp", Some("1800000000")),
            ("iat", Some("1799999939")),
            ("iat", Some("1800000031")),
            ("iat", Some("1800000030")),
            ("par_hash", Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#)),
            ("par_hash", Some(r#""not a digest""#)),
            ("authorization_details", Some("[]")),
            ("authorization_details", Some(r#"[{"type":"attenuating_agent_token"}]"#)),
            (
                "authorization_details",
                Some(r#"[{"type":"attenuating_agent_token","tools":{"write":{}}}]"#),
            ),
            (
                "authorization_details",
                Some(r#"[{"type":"attenuating_agent_token","tools":{"read":{}}}]"#),
            ),
            (
                "authorization_details",
                Some(
                    r#"[{"type":"attenuating_agent_token","tools":{"read":{"path":{"constraint_type":"wildcard","optional":true}}}}]"#,
                ),
            ),
            (
                "authorization_details",
                Some(
                    r#"[{"type":"attenuating_agent_token","tools":{"read":{"path":{"constraint_type":"regex"}}}}]"#,
                ),
            ),
        ],
        expect![[r#"
            4c    delegator_mismatch     iss = "urn:procura:user:alice"
            4d    depth_invalid          del_depth = 0
            4d    depth_invalid          del_depth = 2
            4m    depth_invalid          del_max_depth = 0
            ok                           del_max_depth = 1
            4g    depth_invalid          del_max_depth = 4
            4h    not_narrower           exp = 1800003601
            4i    expired                exp = 1800000000
            4j    not_narrower           iat = 1799999939
            4k    not_yet_valid          iat = 1800000031
            ok                           iat = 1800000030
            4q    par_hash_mismatch      par_hash = "BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g"
            4q    par_hash_mismatch      par_hash = "not a digest"
            6a    scope_not_granted      authorization_details = []
            4n    malformed              authorization_details = [{"type":"attenuating_agent_token"}]
            4p1   not_narrower           authorization_details = [{"type":"attenuating_agent_token","tools":{"write":{}}}]
            4p2   not_narrower           authorization_details = [{"type":"attenuating_agent_token","tools":{"read":{}}}]
            4p3   not_narrower           authorization_details = [{"type":"attenuating_agent_token","tools":{"read":{"path":{"constraint_type":"wildcard","optional":true}}}}]
            3n/4o malformed              authorization_details = [{"type":"attenuating_agent_token","tools":{"read":{"path":{"constraint_type":"regex"}}}}]
        "#]],
    );
}

#[test]
fn a_child_whose_time_ends_before_it_begins_is_refused() {
    let mut brief = world::grant("planner", HELD);
    brief.expires = world::NOW.plus(procura_core::time::Seconds::new(5));
    let root = world::root("alice", &brief);
    let child = world::child(&root, "planner", &world::grant("coder", HELD));
    let changed = resigned(&child, "planner", |claims| {
        claims.set("iat", world::NOW.as_seconds() + 10);
    });
    let refusal = verify(&[&root, &changed], Requirement::Required).unwrap_err();
    assert_eq!((refusal.step, refusal.hop), ("4l", Some(1)));
    assert_eq!(verify(&[&root, &child], Requirement::Required), Ok(()));
}

#[test]
fn a_token_whose_payload_repeats_a_name_is_refused_after_its_signature_was_checked() {
    let chain = world::chain("alice > planner > coder", HELD);
    let repeat = |text, signer| rewritten(text, signer, r#"{"#, r#"{"jti":"x","#);
    let root = repeat(&chain[0], "alice");
    let refusal = verify(&[&root], Requirement::Required).unwrap_err();
    assert_eq!(refusal.step, "3b");
    let child = repeat(&chain[1], "planner");
    let refusal = verify(&[&chain[0], &child], Requirement::Required).unwrap_err();
    assert_eq!(refusal.step, "4b");
    // Signed by somebody else, it is refused for that.
    let forged = repeat(&chain[1], "mallory");
    let refusal = verify(&[&chain[0], &forged], Requirement::Required).unwrap_err();
    assert_eq!(refusal.outcome.as_str(), "signature_invalid");
}

#[test]
fn where_names_are_optional_the_format_is_the_published_one() {
    let anonymous = |text: &str, signer: &str| {
        resigned(text, signer, |claims| {
            claims.remove("sub");
            claims.remove("client_id");
            let details = claims.get("authorization_details").and_then(Value::as_array);
            let mut details = details.unwrap().to_vec();
            details.push(Object::new().with("type", "payment").into());
            claims.set("authorization_details", Value::Array(details));
        })
    };
    let root = world::root("alice", &world::grant("planner", HELD));
    let root = anonymous(&root, "alice");
    let mut anchors = world::anchors(&["alice"]);
    anchors[0].vouches = procura_core::proof::Vouches::ForAnybody;
    let rules = |names| Rules { names, ..world::rules(&anchors) };
    assert!(verify_chain(&[&root], &rules(Requirement::Optional)).is_ok());
    let refusal = verify_chain(&[&root], &rules(Requirement::Required)).unwrap_err();
    assert_eq!(refusal.step, "3m");
}

#[test]
fn a_middle_token_without_tools_gives_nothing_and_a_leaf_without_them_is_none() {
    let chain = world::chain("alice > planner > coder", HELD);
    let empty = resigned(&chain[1], "planner", |claims| {
        claims.set("authorization_details", Value::Array(Vec::new()));
    });
    let below = |held: &str| {
        resigned(&world::chain("alice > planner > coder > editor", HELD)[2], "coder", |claims| {
            let hash = token::Token::read(&empty).unwrap().hash;
            claims.set("par_hash", hash.to_base64url());
            crate::forge::set_tools(claims, held);
        })
    };
    let verify = |leaf: &str| verify(&[&chain[0], &empty, leaf], Requirement::Required);
    assert_eq!(verify(&below("{}")), Ok(()));
    assert_eq!(verify(&below(HELD)).unwrap_err().step, "4p1");
}

#[test]
fn a_key_of_another_kind_is_refused_where_it_is_named() {
    let jwk = r#"{"jwk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}"#;
    check_root(
        &[("cnf", Some(jwk))],
        expect![[r#"
        3l    malformed              cnf = {"jwk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}
    "#]],
    );
    check_child(
        &[("cnf", Some(jwk))],
        expect![[r#"
        4b    malformed              cnf = {"jwk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}
    "#]],
    );
    // Our own keys are of the one kind that is read.
    let own = token::to_jwk(world::key("alice").public_key());
    assert!(token::parse_jwk(&own).is_ok());
}
