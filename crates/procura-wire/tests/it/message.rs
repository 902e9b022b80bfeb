//! Which texts are messages.

use procura_core::json::{JsonError, Object};
use procura_core::limits;
use procura_wire::message::{Id, Message, MessageError, Problem};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Message, Problem> {
    Message::parse(text.as_bytes()).map_err(|error| error.problem)
}

/// A message with these members besides the right ones.
fn with(members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping"{members}}}"#)
}

#[test]
fn a_request_has_an_id_and_a_notification_has_none() {
    let request = parse(r#"{"jsonrpc":"2.0","id":"a","method":"m","params":{"x":1}}"#).unwrap();
    assert_eq!(request.id(), Some(&Id::Text("a".into())));
    assert_eq!(request.method(), "m");
    assert_eq!(request.params(), &Object::new().with("x", 1u32));
    let note = parse(r#"{"method":"n","jsonrpc":"2.0"}"#).unwrap();
    assert_eq!(note.id(), None);
    assert_eq!((note.method(), note.params()), ("n", &Object::new()));
}

#[test]
fn the_type_of_an_id_is_kept() {
    let number = parse(r#"{"jsonrpc":"2.0","id":1,"method":"m"}"#).unwrap();
    let text = parse(r#"{"jsonrpc":"2.0","id":"1","method":"m"}"#).unwrap();
    assert_eq!(number.id(), Some(&Id::Integer(1)));
    assert_ne!(number.id(), text.id());
    let largest = r#"{"jsonrpc":"2.0","id":-9007199254740991,"method":"m"}"#;
    assert_eq!(parse(largest).unwrap().id(), Some(&Id::Integer(-9_007_199_254_740_991)));
}

#[test]
fn mcp_02_what_has_two_meanings_has_none() {
    for (text, problem) in [
        (with(r#","Method":"tools/call""#), Problem::Member),
        (with(r#","METHOD":1"#), Problem::Member),
        (with(r#","method\u0000":"x""#), Problem::Member),
        (with(r#","extra":null"#), Problem::Member),
        (with(r#","result":{}"#), Problem::Answer),
        (with(r#","error":{}"#), Problem::Answer),
        (format!("[{}]", with("")), Problem::Batch),
        ("[]".into(), Problem::Batch),
        (with(r#","params":[1]"#), Problem::Params),
        (with(r#","params":null"#), Problem::Params),
        ("7".into(), Problem::NotAnObject),
        ("null".into(), Problem::NotAnObject),
    ] {
        assert_eq!(parse(&text), Err(problem), "{text}");
    }
}

#[test]
fn mcp_02_json_that_readers_disagree_about_is_refused() {
    let json = |text: &str| match parse(text) {
        Err(Problem::Json(error)) => error,
        other => panic!("{text}: {other:?}"),
    };
    let duplicate = with(r#","params":{},"params":{}"#);
    assert!(matches!(json(&duplicate), JsonError::DuplicateMember(_)));
    let inside = with(r#","params":{"a":1,"\u0061":2}"#);
    assert!(matches!(json(&inside), JsonError::DuplicateMember(_)));
    let surrogate = with(r#","params":{"a":"\ud800"}"#);
    assert!(matches!(json(&surrogate), JsonError::LoneSurrogate(_)));
    assert!(matches!(json(&format!("{} {{}}", with(""))), JsonError::Trailing(_)));
    let deep = format!(r#","params":{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    assert!(matches!(json(&with(&deep)), JsonError::TooDeep(_)));
    assert!(matches!(json(""), JsonError::Syntax(_)));
    let bytes = Message::parse(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}");
    assert!(matches!(bytes.unwrap_err().problem, Problem::Json(JsonError::Encoding(_))));
}

#[test]
fn members_have_their_types() {
    for (text, problem) in [
        (r#"{"id":1,"method":"m"}"#, Problem::Version),
        (r#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, Problem::Version),
        (r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, Problem::Version),
        (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, Problem::Id),
        (r#"{"jsonrpc":"2.0","id":1.0,"method":"m"}"#, Problem::Id),
        (r#"{"jsonrpc":"2.0","id":9007199254740993,"method":"m"}"#, Problem::Id),
        (r#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, Problem::Id),
        (r#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, Problem::Id),
        (r#"{"jsonrpc":"2.0","id":1}"#, Problem::Method),
        (r#"{"jsonrpc":"2.0","id":1,"method":null}"#, Problem::Method),
        (r#"{"jsonrpc":"2.0","id":1,"method":""}"#, Problem::Method),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call\u0000"}"#, Problem::Method),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/cаll"}"#, Problem::Method),
    ] {
        assert_eq!(parse(text), Err(problem), "{text}");
    }
}

#[test]
fn a_number_that_would_change_is_refused_wherever_it_is() {
    for number in ["9007199254740993", "0.1000000000000000055511151231257827", "1e400"] {
        let text = with(&format!(r#","params":{{"a":[{{"b":{number}}}]}}"#));
        assert_eq!(parse(&text), Err(Problem::Number), "{number}");
    }
    for number in ["9007199254740992", "0.1", "1.50", "-0", "1e3"] {
        assert!(parse(&with(&format!(r#","params":{{"a":{number}}}"#))).is_ok(), "{number}");
    }
}

#[test]
fn a_message_has_a_limit() {
    let frame = with(r#","params":{"a":""}"#).len();
    let text = |length: usize| with(&format!(r#","params":{{"a":"{}"}}"#, "x".repeat(length)));
    let room = limits::REQUEST_BYTES.checked_sub(frame).unwrap();
    assert!(parse(&text(room)).is_ok());
    assert_eq!(parse(&text(room.checked_add(1).unwrap())), Err(Problem::TooLong));
}

#[test]
fn an_error_names_the_id_where_one_could_be_read() {
    let error = Message::parse(with(r#","extra":1"#).as_bytes()).unwrap_err();
    assert_eq!(error.id, Some(Id::Integer(1)));
    assert_eq!(Message::parse(b"[]").unwrap_err().id, None);
}

#[test]
fn problems_have_codes() {
    let syntax = Problem::Json(JsonError::Syntax(0));
    let duplicate = Problem::Json(JsonError::DuplicateMember(0));
    for (problem, code, name, status) in [
        (syntax, -32700, "mcp.malformed", 400),
        (duplicate, -32700, "duplicate_member", 400),
        (Problem::Member, -32600, "mcp.malformed", 400),
        (Problem::Number, -32602, "non_admissible_number", 400),
        (Problem::TooLong, -32600, "too_large", 413),
    ] {
        assert_eq!(problem.code(), code);
        assert_eq!(problem.as_str(), name);
        assert_eq!(problem.http_status(), status);
    }
}

proptest! {
    #[test]
    fn what_was_read_says_the_same_in_canonical_form(
        text in ".{0,20}",
        method in "[!-~]{1,128}",
        number in any::<i32>(),
    ) {
        let params = Object::new().with("n", i64::from(number)).with("t", text.as_str());
        let message = Object::new()
            .with("jsonrpc", "2.0")
            .with("id", text.as_str())
            .with("method", method.as_str())
            .with("params", params.clone());
        let read = parse(&message.to_canonical().unwrap()).unwrap();
        prop_assert_eq!(read.params(), &params);
        prop_assert_eq!(read.method(), method.as_str());
    }

    #[test]
    fn no_bytes_stop_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _read = Message::parse(&bytes);
    }
}

#[test]
fn every_problem_has_a_code_a_name_and_a_line() {
    for (problem, code, name, line) in [
        (Problem::TooLong, -32600, "too_large", "the message is longer than 1048576 bytes"),
        (
            Problem::Json(JsonError::Trailing(3)),
            -32700,
            "mcp.malformed",
            "the message is not acceptable JSON: something follows the value at byte 3",
        ),
        (
            Problem::Json(JsonError::DuplicateMember(9)),
            -32700,
            "duplicate_member",
            "the message is not acceptable JSON: duplicate member name at byte 9",
        ),
        (
            Problem::Batch,
            -32600,
            "mcp.malformed",
            "batches are not accepted; send one message at a time",
        ),
        (Problem::NotAnObject, -32600, "mcp.malformed", "the message is not an object"),
        (
            Problem::Answer,
            -32600,
            "mcp.malformed",
            "the message is an answer, and nothing was asked",
        ),
        (
            Problem::Member,
            -32600,
            "mcp.malformed",
            "the message has a member that is none of jsonrpc, id, method and params",
        ),
        (Problem::Version, -32600, "mcp.malformed", "`jsonrpc` is not `2.0`"),
        (
            Problem::Id,
            -32600,
            "mcp.malformed",
            "`id` is neither a text nor an integer of at most 53 bits",
        ),
        (
            Problem::Method,
            -32600,
            "mcp.malformed",
            "`method` is missing or not 1 to 128 visible ASCII characters",
        ),
        (Problem::Params, -32600, "mcp.malformed", "`params` is not an object"),
        (
            Problem::Number,
            -32602,
            "non_admissible_number",
            "a number in `params` is not exactly a double",
        ),
    ] {
        assert_eq!((problem.code(), problem.as_str()), (code, name));
        assert_eq!(problem.to_string(), line);
        assert_eq!(MessageError::from(problem).to_string(), line);
        assert_eq!(problem.http_status() == 413, problem == Problem::TooLong);
    }
}

#[test]
fn an_id_is_written_as_it_was_read() {
    for id in ["1", "-1", "0", r#""""#, r#""a\"b""#, "9007199254740991"] {
        let message = parse(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#)).unwrap();
        assert_eq!(message.id().unwrap().to_value().to_canonical().unwrap(), id);
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_refused() {
    let text = with(r#","params":{"a":["é",1.5,{"b":null}]}"#);
    assert!(parse(&text).is_ok());
    for end in 0..text.len() {
        let cut = text.as_bytes().get(..end).unwrap();
        assert!(matches!(Message::parse(cut).unwrap_err().problem, Problem::Json(_)), "{end}");
    }
}
