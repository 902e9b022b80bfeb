//! Requests that are none, too long, or made to break something.

use procura_ffi::{INPUT_BYTES, LIST_ITEMS, call};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::ask::{call as request, check, ok, with, without};

/// The answer to any bytes: JSON with exactly one of `ok` and `error`.
fn answer(bytes: &[u8]) -> Value {
    let answer: Value = serde_json::from_slice(&call(bytes)).unwrap();
    assert_ne!(answer.get("ok").is_some(), answer.get("error").is_some(), "{answer}");
    if let Some(error) = answer.get("error") {
        assert_eq!(error.as_object().unwrap().len(), 5, "{error}");
    }
    answer
}

fn code(bytes: &[u8]) -> (String, String) {
    let answer = answer(bytes);
    let text = |name: &str| answer["error"][name].as_str().unwrap().to_owned();
    (text("code"), text("step"))
}

#[test]
fn what_is_no_strict_json_object_is_a_bad_request() {
    for text in ["", "[]", "1", "{", "{}{}", r#"{"op":"inspect","op":"inspect"}"#, "\u{feff}{}"] {
        assert_eq!(code(text.as_bytes()).0, "bad_request", "{text}");
    }
    assert_eq!(code(&[b'{', 0xff, b'}']).0, "bad_request");
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    assert_eq!(code(&deep).0, "bad_request");
}

#[test]
fn an_operation_is_one_of_those_that_are_known() {
    check(&json!({"op": "allow"}), "unknown_operation", "F2");
    check(&json!({"op": "Verify"}), "unknown_operation", "F2");
    check(&json!({"op": 1}), "bad_request", "F1");
    check(&json!({}), "bad_request", "F1");
}

#[test]
fn a_member_that_is_not_known_is_refused_wherever_it_is() {
    ok(&request());
    for path in
        ["/policy", "/rules/proof_audence", "/rules/anchors/0/kid", "/rules/anchors/0/vouches/iss"]
    {
        check(&with(request(), path, json!("x")), "bad_request", "F1");
    }
    // Members of a presentation belong to other profiles.
    ok(&with(request(), "/presentation/other", json!(1)));
    let revocation = json!({"notes": [], "control": []});
    ok(&with(request(), "/revocation", revocation.clone()));
    check(
        &with(with(request(), "/revocation", revocation), "/revocation/a", json!(1)),
        "bad_request",
        "F1",
    );
}

#[test]
fn a_member_that_is_missing_or_null_is_refused() {
    for name in ["tool", "arguments", "rules"] {
        check(&without(request(), &format!("/{name}")), "bad_request", "F1");
        check(&with(request(), &format!("/{name}"), json!(null)), "bad_request", "F1");
    }
    for name in ["anchors", "audience", "max_lifetime", "now"] {
        check(&without(request(), &format!("/rules/{name}")), "bad_request", "F1");
        check(&with(request(), &format!("/rules/{name}"), json!(null)), "bad_request", "F1");
    }
    for name in ["nonce", "manifest"] {
        check(&with(request(), &format!("/rules/{name}"), json!(null)), "bad_request", "F1");
    }
    check(&with(request(), "/rules/now", json!(1.5)), "bad_request", "F1");
    check(&with(request(), "/rules/now", json!(-1)), "bad_request", "F1");
}

#[test]
fn a_request_is_as_long_as_may_be_and_no_longer() {
    let padded = |length: usize| {
        let mut text = request().to_string().into_bytes();
        text.resize(length, b' ');
        text
    };
    assert!(answer(&padded(INPUT_BYTES)).get("ok").is_some());
    assert_eq!(code(&padded(INPUT_BYTES + 1)), ("too_large".into(), "F1".into()));
    let tokens = |count| json!({"op": "inspect", "tokens": vec!["e30.e30."; count]});
    check(&tokens(LIST_ITEMS + 1), "too_large", "F1");
    assert_eq!(ok(&tokens(LIST_ITEMS))["tokens"].as_array().unwrap().len(), LIST_ITEMS);
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(1024 * 1024));
    check(&with(request(), "/arguments", json!(long)), "too_large", "F1");
}

#[test]
fn a_reason_repeats_little_of_the_request() {
    let name = "secret".repeat(100);
    let answer = answer(with(request(), &format!("/{name}"), json!(1)).to_string().as_bytes());
    let reason = answer["error"]["reason"].as_str().unwrap();
    assert!(reason.len() < 100 && !reason.contains(&name), "{reason}");
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        answer(&bytes);
    }

    #[test]
    fn a_request_with_a_changed_byte_gets_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = request().to_string().into_bytes();
        let at = at.index(text.len());
        let is_changed = text[at] != byte;
        text[at] = byte;
        let answer = answer(&text);
        // Whatever was changed: nobody else is named by what is still accepted.
        if is_changed && let Some(ok) = answer.get("ok") {
            prop_assert_eq!(&ok["hops"], &self::ok(&request())["hops"]);
        }
    }

    #[test]
    fn any_value_of_any_member_gets_an_answer(
        member in prop::sample::select(vec!["/op", "/tool", "/arguments", "/rules", "/rules/anchors",
            "/rules/now", "/rules/manifest", "/presentation", "/presentation/aat_chain",
            "/presentation/aat_pop", "/signatures", "/revocation"]),
        value in prop::sample::select(vec![json!(null), json!(0), json!(-1), json!(1e300), json!(""),
            json!("\u{0}"), json!([]), json!([[]]), json!({}), json!({"": {}}), json!(true)]),
    ) {
        answer(with(request(), member, value).to_string().as_bytes());
    }
}
