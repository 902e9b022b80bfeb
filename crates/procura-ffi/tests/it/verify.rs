//! `verify`, `verify_list`, `explain`, `inspect`: what the core knows, as data.

use procura_core::detail::AgentDelegation;
use procura_core::hash::Digest;
use procura_core::revocation::{self, Revoked, Terms};
use procura_core::{delegate, time::Seconds, token::Token};
use procura_testkit::world;
use serde_json::{Value, json};

use crate::ask::{HELD, ask, call, check, jwk_of, ok, refused, rules, with, without};

#[test]
fn a_verified_call_says_who_asks_for_what_and_what_is_left_to_do() {
    let request = call();
    let verified = ok(&request);
    assert_eq!(verified["principal"], "user:alice");
    assert_eq!(verified["signer_jkt"], world::public_key("alice").thumbprint().to_string());
    let hops = verified["hops"].as_array().unwrap();
    let tokens = request["presentation"]["aat_chain"].as_array().unwrap();
    assert_eq!(hops.len(), 2);
    for ((hop, name), token) in hops.iter().zip(["planner", "coder"]).zip(tokens) {
        let token = Token::read(token.as_str().unwrap()).unwrap();
        assert_eq!(hop["client_id"], world::agent_id(name));
        assert_eq!(hop["jkt"], world::public_key(name).thumbprint().to_string());
        assert_eq!((&hop["jti"], &hop["hash"]), (&json!(token.id), &json!(token.hash.to_string())));
        assert_eq!(hop["exp"], token.expires.as_seconds());
        assert_eq!(hop["iat"], token.issued.as_seconds());
        assert_eq!(hop["iss"], token.issuer);
    }
    assert_eq!((&verified["tool"], &verified["pop_jti"]), (&json!("read"), &json!("call-1")));
    assert_eq!(verified["args_hash"], Digest::of(br#"{"path":"/src/a.rs"}"#).to_string());
    let obligations = &verified["obligations"];
    let jkt = world::public_key("coder").thumbprint();
    let replay = Digest::of(format!("aat-pop+jwt\n{jkt}\ncall-1").as_bytes()).to_string();
    assert_eq!(obligations["replay"]["key"], replay);
    assert_eq!(obligations["replay"]["until"], world::NOW.as_seconds() + 60);
    for none in ["debits", "approvals", "status"] {
        assert_eq!(obligations[none], json!([]), "{none}");
    }
    assert_eq!(obligations["revocation"], "unchecked");
}

#[test]
fn a_refusal_says_code_step_and_hop() {
    check(&with(call(), "/tool", json!("write")), "holder_binding_failed", "7e");
    check(
        &with(call(), "/arguments", json!(r#"{"path":"/src/b.rs"}"#)),
        "holder_binding_failed",
        "7f",
    );
    let outside = refused(&with(call(), "/arguments", json!(r#"{"path":"/etc/passwd"}"#)));
    assert_eq!(outside, ("argument_refused".into(), "6b".into(), Some(0)));
    check(&with(call(), "/rules/audience", json!("https://other.test")), "audience_mismatch", "7d");
    check(&with(call(), "/rules/now", json!(world::NOW.as_seconds() + 31)), "expired", "7g");
    check(&with(call(), "/rules/nonce", json!("n-1")), "nonce_required", "7h");
    check(&with(call(), "/rules/anchors", json!([])), "untrusted_root", "3b");
    check(&with(call(), "/rules/anchors/0/vouches/sub", json!("user:bob")), "untrusted_root", "P1");
    check(&with(call(), "/rules/max_lifetime", json!(60)), "too_large", "3h");
    check(&with(call(), "/presentation/aat_chain", json!([])), "malformed", "1");
    check(&without(call(), "/presentation"), "credential_missing", "1");
    check(&without(call(), "/presentation/aat_pop"), "malformed", "1");
    let chain = call()["presentation"]["aat_chain"].clone();
    let mut forged = chain[1].as_str().unwrap().to_owned();
    forged.replace_range(forged.len() - 6..forged.len() - 2, "AAAA");
    let (code, step, hop) = refused(&with(call(), "/presentation/aat_chain/1", json!(forged)));
    assert_eq!((code.as_str(), step.as_str(), hop), ("signature_invalid", "4b", Some(1)));
}

#[test]
fn what_rules_do_not_say_is_required() {
    check(&without(call(), "/rules/chain_audience"), "audience_mismatch", "6c");
    check(&without(call(), "/rules/evidence"), "untrusted_root", "P1");
    for name in ["chain_audience", "evidence", "proof_audience", "names"] {
        ok(&with(call(), &format!("/rules/{name}"), json!("optional")));
        check(&with(call(), &format!("/rules/{name}"), json!(true)), "bad_request", "F1");
        check(&with(call(), &format!("/rules/{name}"), json!("maybe")), "bad_request", "F1");
    }
    // No host can be more generous than the format.
    ok(&with(call(), "/rules/max_lifetime", json!(u32::MAX)));
    let expires = world::NOW.plus(Seconds::new(90 * 24 * 3600));
    let grant = delegate::Grant { expires, ..world::grant("planner", HELD) };
    let long = with(call(), "/presentation/aat_chain", json!([world::root("alice", &grant)]));
    check(&with(long, "/rules/max_lifetime", json!(u32::MAX)), "too_large", "3h");
    check(&without(call(), "/rules/anchors/0/vouches"), "bad_request", "F1");
    check(&with(call(), "/rules/anchors/0/vouches", json!("everybody")), "bad_request", "F1");
    ok(&with(call(), "/rules/anchors/0/vouches", json!("anybody")));
}

#[test]
fn arguments_count_as_they_were_written() {
    let chain = world::chain("alice > planner", r#"{"read":{}}"#);
    let asked = |arguments: &str, proved: &str| {
        let proof = world::proof(&chain[0], "planner", "read", &world::object(proved));
        json!({"op": "verify", "presentation": {"aat_chain": chain, "aat_pop": proof},
               "tool": "read", "arguments": arguments, "rules": rules()})
    };
    ok(&asked(r#"{"n": 9007199254740992}"#, r#"{"n":9007199254740992}"#));
    ok(&asked(r#"{"n": 1.0}"#, r#"{"n":1}"#));
    // A double of the host would be the one that was proved.
    let (code, step, _) = refused(&asked(r#"{"n":9007199254740993}"#, r#"{"n":9007199254740992}"#));
    assert_eq!((code.as_str(), step.as_str()), ("non_admissible_number", "6b"));
    check(&asked(r#"{"n":1,"n":1}"#, r#"{"n":1}"#), "duplicate_member", "F1");
    check(&asked("[]", "{}"), "malformed", "F1");
    check(&asked(r#"{"a":"\ud800"}"#, "{}"), "malformed", "F1");
    // As an object it would have been read by the host already.
    check(&with(asked("{}", "{}"), "/arguments", json!({})), "bad_request", "F1");
}

/// A chain with ceilings, its call of `pay.send`, and the manifest.
pub(crate) fn paid(ceilings: &str) -> Value {
    let detail =
        format!(r#"{{"type":"agent_delegation","scopes":["pay.send"],"constraints":{ceilings}}}"#);
    let detail = AgentDelegation::parse(&world::object(&detail)).unwrap();
    let grant =
        delegate::Grant { detail: Some(detail), ..world::grant("planner", r#"{"pay.send":{}}"#) };
    let root = world::root("alice", &grant);
    let proof = world::proof(&root, "planner", "pay.send", &world::object(r#"{"cents":5}"#));
    let manifest =
        json!({"pay.send": {"scope": "pay.send", "quantities": {"cents": {"argument": "/cents"}}}});
    with(
        json!({"op": "verify", "presentation": {"aat_chain": [root], "aat_pop": proof},
               "tool": "pay.send", "arguments": r#"{"cents":5}"#, "rules": rules()}),
        "/rules/manifest",
        manifest,
    )
}

#[test]
fn sums_and_people_that_have_to_agree_are_obligations() {
    let request = paid(
        r#"[{"key":"cents","max_subtree":100},{"key":"cents","max_lifetime":90},
            {"key":"calls","rate":{"n":3,"per":60}},
            {"key":"pay.send","approval":{"n":1,"by":["user:bob"],"max_age":300}}]"#,
    );
    let answer = ask(&request);
    let obligations = &answer["ok"]["obligations"];
    let account = &answer["ok"]["hops"][0]["hash"];
    let debit = |key: &str, span: &str, seconds: Value, limit: u32, amount: u32| {
        json!({"account": account, "key": key, "span": span, "seconds": seconds,
               "limit": limit, "amount": amount})
    };
    let found = obligations["debits"].as_array().unwrap_or_else(|| panic!("{answer}"));
    for expected in [
        debit("cents", "subtree", json!(null), 100, 5),
        debit("cents", "lifetime", json!(null), 90, 5),
        debit("calls", "rate", json!(60), 3, 1),
    ] {
        assert!(found.contains(&expected), "{expected} in {answer}");
    }
    assert_eq!(found.len(), 3);
    let quorum = json!({"count": 1, "by": ["user:bob"], "max_age": 300});
    assert_eq!(obligations["approvals"], json!([quorum]));
    check(&paid(r#"[{"key":"cents","max":4}]"#), "ceiling_exceeded", "P5");
    check(&with(request, "/rules/manifest/pay.send/scope", json!("pay.*")), "bad_request", "F1");
}

fn note(signer: &str, token: &str) -> String {
    let revoked = Revoked::Token(Token::read(token).unwrap().hash);
    let terms = Terms { id: "note-1", issued: world::NOW, sequence: 1 };
    revocation::sign(&[revoked], &terms, &world::key(signer))
}

#[test]
fn a_note_by_somebody_who_may_refuses_the_call() {
    let tokens = call()["presentation"]["aat_chain"].clone();
    let leaf = tokens[1].as_str().unwrap();
    let noted = |signer: &str, control: &[&str]| {
        let control: Vec<Value> = control.iter().map(|name| jwk_of(name)).collect();
        let revocation = json!({"notes": [note(signer, leaf)], "control": control});
        with(call(), "/revocation", revocation)
    };
    check(&noted("planner", &[]), "revoked", "P6");
    check(&noted("operator", &["operator"]), "revoked", "P6");
    let ignored = ok(&noted("mallory", &[]));
    assert_eq!(ignored["obligations"]["revocation"], "notes_checked");
    check(
        &with(noted("planner", &[]), "/revocation/notes/0", json!("e30.e30.")),
        "malformed",
        "P6",
    );
    check(&without(noted("planner", &[]), "/revocation/control"), "bad_request", "F1");
}

#[test]
fn a_holder_may_see_which_tools_it_holds() {
    let chain = world::chain("alice > planner", HELD);
    let proof = world::proof(&chain[0], "planner", "tools/list", &world::object("{}"));
    let request = json!({"op": "verify_list", "purpose": "tools/list", "rules": rules(),
                         "presentation": {"aat_chain": chain, "aat_pop": proof}});
    let listed = ok(&request);
    let held: Value = serde_json::from_str(HELD).unwrap();
    assert_eq!((&listed["tools"], &listed["revocation"]), (&held, &json!("unchecked")));
    assert_eq!(listed["hops"][0]["client_id"], world::agent_id("planner"));
    check(&with(request.clone(), "/purpose", json!("read")), "holder_binding_failed", "7e");
    let revocation = json!({"notes": [note("alice", &chain[0])], "control": []});
    check(&with(request, "/revocation", revocation), "revoked", "P6");
}

#[test]
fn what_a_chain_lacks_is_explained_with_the_least_that_would_do() {
    let request = json!({"op": "explain", "aat_chain": world::chain("alice > planner > coder", HELD),
                         "tool": "read", "arguments": r#"{"path":"/etc/passwd"}"#, "rules": rules()});
    let explained = ok(&request);
    assert_eq!(explained["refusal"]["code"], "argument_refused");
    let gaps = explained["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 2);
    for (hop, gap) in gaps.iter().enumerate() {
        assert_eq!((&gap["hop"], &gap["dimension"]), (&json!(hop), &json!("argument")));
        assert_eq!(gap["asked"], "/etc/passwd");
        let sentence = explained["sentences"][hop].as_str().unwrap();
        assert!(sentence.contains("/etc/passwd") && sentence.contains("would pass"), "{sentence}");
    }
    let held = with(request.clone(), "/arguments", json!(r#"{"path":"/src/a"}"#));
    assert_eq!(ok(&held), json!({"refusal": null, "gaps": [], "sentences": []}));
    // A chain that does not verify is not explained: it holds nothing.
    check(&with(request, "/rules/anchors", json!([])), "untrusted_root", "3b");
}

#[test]
fn inspected_tokens_are_shown_as_they_were_written_and_as_unverified() {
    let request = call();
    let (root, proof) =
        (&request["presentation"]["aat_chain"][0], &request["presentation"]["aat_pop"]);
    let shown = ok(&json!({"op": "inspect", "tokens": [root, proof]}));
    assert_eq!(shown["verified"], false);
    let [root, proof] = [0, 1].map(|at| &shown["tokens"][at]);
    assert_eq!((&root["typ"], &proof["typ"]), (&json!("aat+jwt"), &json!("aat-pop+jwt")));
    let payload: Value = serde_json::from_str(proof["payload"].as_str().unwrap()).unwrap();
    assert_eq!((&payload["aat_tool"], &proof["delegation"]), (&json!("read"), &json!(null)));
    assert_eq!(root["delegation"]["client_id"], world::agent_id("planner"));
    assert_eq!(root["delegation"]["tools"], serde_json::from_str::<Value>(HELD).unwrap());
    assert_eq!(root["delegation"]["del_depth"], 0);
    // Header `{"typ":"aat+jwt"}`, payload `{"n":9007199254740993}`.
    let odd = "eyJ0eXAiOiJhYXQrand0In0.eyJuIjo5MDA3MTk5MjU0NzQwOTkzfQ.";
    let shown = ok(&json!({"op": "inspect", "tokens": [odd]}));
    assert_eq!(shown["tokens"][0]["payload"], r#"{"n":9007199254740993}"#);
    assert_eq!(shown["tokens"][0]["delegation"]["error"]["code"], "alg_or_type_refused");
    check(&json!({"op": "inspect", "tokens": ["e30.e30"]}), "malformed", "2c");
}
