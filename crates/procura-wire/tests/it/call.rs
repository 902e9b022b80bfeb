//! Parameters of the two methods that have some.

use procura_core::json::{Object, Value, parse_object};
use procura_core::refusal::Outcome;
use procura_wire::call::{
    Era, LIST_PURPOSE, Listing, ParamsError, ToolCall, to_params, tool_id, version_of,
};
use proptest::prelude::*;

const CREDENTIAL: &str = r#"{"aat_chain":["a.b.c"],"aat_pop":"d.e.f"}"#;

fn object(text: &str) -> Object {
    parse_object(text.as_bytes()).unwrap()
}

fn call(text: &str) -> Result<ToolCall, ParamsError> {
    ToolCall::parse(object(text))
}

#[test]
fn the_credential_is_taken_out_and_the_rest_stays() {
    let text =
        format!(r#"{{"name":"t","_meta":{{"a":1,"dev.procura/aat":{CREDENTIAL},"b":[2]}}}}"#);
    let call = call(&text).unwrap();
    assert_eq!(call.presentation.unwrap().chain, ["a.b.c"]);
    assert_eq!(call.meta, object(r#"{"a":1,"b":[2]}"#));
    assert_eq!(call.arguments, Object::new());
    let outgoing = to_params(&call.name, &call.arguments, &call.meta).to_canonical().unwrap();
    assert_eq!(outgoing, r#"{"_meta":{"a":1,"b":[2]},"arguments":{},"name":"t"}"#);
}

#[test]
fn a_call_needs_no_credential_to_be_read() {
    let call = call(r#"{"name":"t","arguments":{"x":1}}"#).unwrap();
    assert_eq!(call.presentation, None);
    let outgoing = to_params(&call.name, &call.arguments, &call.meta).to_canonical().unwrap();
    assert_eq!(outgoing, r#"{"arguments":{"x":1},"name":"t"}"#);
}

#[test]
fn parameters_have_their_types() {
    for text in [
        "{}",
        r#"{"name":""}"#,
        r#"{"name":1}"#,
        r#"{"name":"t","arguments":[]}"#,
        r#"{"name":"t","arguments":null}"#,
        r#"{"name":"t","_meta":null}"#,
        r#"{"name":"t","task":{}}"#,
        r#"{"name":"t","Arguments":{}}"#,
    ] {
        assert!(matches!(call(text), Err(ParamsError::Shape(_))), "{text}");
    }
    let named = |length: usize| call(&format!(r#"{{"name":"{}"}}"#, "x".repeat(length)));
    assert!(named(256).is_ok());
    assert!(named(257).is_err());
}

#[test]
fn a_credential_that_is_none_is_refused_and_not_ignored() {
    for credential in ["null", "{}", r#"{"aat_chain":["a"]}"#, r#"{"aat_chain":[1],"aat_pop":""}"#]
    {
        let text = format!(r#"{{"name":"t","_meta":{{"dev.procura/aat":{credential}}}}}"#);
        let Err(ParamsError::Credential(refusal)) = call(&text) else { panic!("{text}") };
        assert_eq!(refusal.outcome, Outcome::Malformed);
    }
}

#[test]
fn a_list_has_a_credential_and_no_cursor() {
    let text = format!(r#"{{"_meta":{{"dev.procura/aat":{CREDENTIAL}}}}}"#);
    let listing = Listing::parse(object(&text)).unwrap();
    assert_eq!(listing.presentation.unwrap().proof, "d.e.f");
    assert_eq!(Listing::parse(Object::new()).unwrap().presentation, None);
    assert!(Listing::parse(object(r#"{"cursor":"x"}"#)).is_err());
}

#[test]
fn ids_of_tools_name_the_server() {
    assert_eq!(tool_id("files", "read_file"), "mcp:files/read_file");
}

#[test]
fn a_request_of_2026_names_its_version() {
    let params = object(r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#);
    assert_eq!(version_of(&params), Some("2026-07-28"));
    assert_eq!(Era::of(&params), Era::Stateless);
    let other = Object::new().with("_meta", Value::Null);
    assert_eq!(version_of(&other), None);
    assert_eq!(Era::of(&other), Era::Handshake);
}

proptest! {
    #[test]
    fn mcp_06_no_credential_is_in_what_is_sent_on(
        token in "[A-Za-z0-9_-]{8,40}",
        name in "[a-z_]{1,20}",
        others in proptest::collection::btree_map("[a-z]{1,6}", any::<i32>(), 0..4),
    ) {
        let secret = format!("secret~{token}");
        let credential = Object::new()
            .with("aat_chain", vec![secret.clone(), secret.clone()])
            .with("aat_pop", secret.as_str());
        let mut meta = Object::new();
        for (member, value) in &others {
            meta.set(member, i64::from(*value));
        }
        let params = Object::new()
            .with("name", name.as_str())
            .with("_meta", meta.clone().with("dev.procura/aat", credential));
        let call = ToolCall::parse(params).unwrap();
        prop_assert_eq!(&call.meta, &meta);
        let sent = to_params(&call.name, &call.arguments, &call.meta).to_canonical().unwrap();
        prop_assert!(!sent.contains("secret~"));
        // No name and no other member can have a full stop.
        prop_assert!(!sent.contains("dev.procura"));
    }

    #[test]
    fn arguments_are_sent_on_as_they_were_decided(text in any::<String>(), number in any::<i32>()) {
        let arguments = Object::new().with("number", i64::from(number)).with("text", text);
        let params = Object::new().with("name", "t").with("arguments", arguments.clone());
        let call = ToolCall::parse(params).unwrap();
        prop_assert_eq!(&call.arguments, &arguments);
        let sent = to_params(&call.name, &call.arguments, &call.meta).to_canonical().unwrap();
        let sent = object(&sent);
        prop_assert_eq!(sent.get("arguments"), Some(&Value::from(arguments)));
    }
}

#[test]
fn an_error_says_what_is_wrong_in_one_line() {
    for (text, line) in [
        ("{}", "`name` is missing or not a text"),
        (r#"{"name":"t","arguments":1}"#, "`arguments` is not an object"),
        (r#"{"name":"t","_meta":1}"#, "`_meta` is not an object"),
        (
            r#"{"name":"t","inputResponses":{}}"#,
            "a parameter besides `name`, `arguments` and `_meta` is not accepted",
        ),
        (
            r#"{"name":"t","_meta":{"dev.procura/aat":1}}"#,
            "malformed: the credential is not an object",
        ),
    ] {
        assert_eq!(call(text).unwrap_err().to_string(), line);
    }
}

#[test]
fn the_purpose_of_a_list_is_no_tool() {
    assert_eq!(LIST_PURPOSE, "tools/list");
    assert!(tool_id("tools", "list").starts_with("mcp:"));
    assert_ne!(tool_id("tools", "list"), LIST_PURPOSE);
}
