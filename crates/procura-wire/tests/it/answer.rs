//! Answers as text.

use procura_wire::answer::{ErrorAnswer, error_text, message_text, result_text};
use procura_wire::message::{Id, Message};

#[test]
fn results_stay_as_they_were_written() {
    let text = result_text(&Id::Integer(7), r#"{ "a" : 1.0 }"#);
    assert_eq!(text, r#"{"jsonrpc":"2.0","id":7,"result":{ "a" : 1.0 }}"#);
}

#[test]
fn ids_are_escaped() {
    let text = result_text(&Id::Text("a\"\n".into()), "{}");
    assert_eq!(text, r#"{"jsonrpc":"2.0","id":"a\"\n","result":{}}"#);
}

#[test]
fn an_error_without_an_id_has_a_null_id() {
    let text = error_text(None, r#"{"code":-1}"#);
    assert_eq!(text, r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1}}"#);
}

#[test]
fn an_error_of_ours_names_its_code_for_programs() {
    let error = Message::parse(br#"{"jsonrpc":"2.0","id":"x","method":"m","a":1}"#).unwrap_err();
    let text = ErrorAnswer::from(&error).to_text(error.id.as_ref());
    assert!(text.starts_with(r#"{"jsonrpc":"2.0","id":"x","error":{"code":-32600,"#), "{text}");
    assert!(text.contains(r#""data":{"code":"mcp.malformed"}"#), "{text}");
}

#[test]
fn a_message_to_a_server_is_a_message() {
    let request = message_text(Some(3), "tools/call", r#"{"name":"t"}"#);
    assert_eq!(Message::parse(request.as_bytes()).unwrap().id(), Some(&Id::Integer(3)));
    let note = message_text(None, "notifications/x", "{}");
    assert_eq!(Message::parse(note.as_bytes()).unwrap().id(), None);
}
