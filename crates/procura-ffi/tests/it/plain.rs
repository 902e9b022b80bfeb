//! Keys, JSON and single signatures.

use procura_core::key::Signer as _;
use procura_testkit::world;
use serde_json::{Value, json};

use crate::ask::{bytes, check, ok, with};

#[test]
fn a_key_has_its_published_names() {
    // RFC 8037, appendix A.3.
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let request = json!({"op": "thumbprint", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}});
    let jkt = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let uri = format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{jkt}");
    let expected = json!({"jkt": jkt, "uri": uri, "fingerprint": "ed25519:90facafea9b15566"});
    assert_eq!(ok(&request), expected);
    check(&with(request.clone(), "/jwk/d", json!("AA")), "bad_request", "F1");
    check(&with(request, "/jwk/x", json!("AA")), "bad_request", "F1");
}

#[test]
fn json_is_canonical_or_refused() {
    let request = |text: &str| json!({"op": "canonicalize", "json": text});
    let canonical = ok(&request(r#"{"b": 1e0, "a": "\u0041\/"}"#));
    assert_eq!(canonical["canonical"], r#"{"a":"A/","b":1}"#);
    check(&request("9007199254740993"), "non_admissible_number", "F1");
    check(&request(r#"{"a":1,"a":2}"#), "duplicate_member", "F1");
    check(&request("{,}"), "malformed", "F1");
    check(&json!({"op": "canonicalize", "json": 1}), "bad_request", "F1");
}

#[test]
fn arguments_are_named_by_the_digest_that_a_verified_call_has() {
    let arguments = r#"{ "path" : "/src/a.rs" }"#;
    let digest = ok(&json!({"op": "digest_arguments", "arguments": arguments}));
    assert_eq!(digest["args_hash"], ok(&crate::ask::call())["args_hash"]);
    let large = json!({"content": "x".repeat(5000)}).to_string();
    let seen = json!({"op": "digest_arguments", "arguments": large});
    assert_ne!(ok(&seen)["args_hash"], digest["args_hash"]);
    let imitation = json!({"content": {"sha-256": "a"}}).to_string();
    check(&json!({"op": "digest_arguments", "arguments": imitation}), "argument_refused", "6b");
    check(
        &json!({"op": "digest_arguments", "arguments": r#"{"n":0.1000000000000000055}"#}),
        "non_admissible_number",
        "F1",
    );
}

#[test]
fn one_signature_is_verified_strictly() {
    let key = world::key("alice");
    let signature = bytes(&key.sign(b"message").to_bytes());
    let verify = json!({"op": "verify_signature", "key": bytes(key.public_key().as_bytes()),
                        "message": bytes(b"message"), "signature": signature});
    assert_eq!(ok(&verify), json!({}));
    let precheck = |request: &Value| {
        let Value::Object(mut request) = request.clone() else { panic!() };
        request.remove("message");
        request["op"] = json!("precheck");
        Value::Object(request)
    };
    assert_eq!(ok(&precheck(&verify)), json!({}));
    let other = with(verify.clone(), "/message", bytes(b"massage"));
    check(&other, "signature_invalid", "F1");
    // Of the message nothing is known before the equation is checked.
    assert_eq!(ok(&precheck(&other)), json!({}));
    for (name, value) in
        [("signature", vec![0; 64]), ("signature", vec![1; 63]), ("key", vec![0; 32])]
    {
        let wrong = with(verify.clone(), &format!("/{name}"), bytes(&value));
        check(&wrong, "signature_invalid", "F1");
        check(&precheck(&wrong), "signature_invalid", "F1");
    }
    check(&with(verify, "/key", json!("=")), "bad_request", "F1");
}
