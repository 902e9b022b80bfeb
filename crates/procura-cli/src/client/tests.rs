//! The client against a server that misbehaves.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use procura_core::json::Object;
use procura_keys::secret_key::SecretKey;

use super::{ApiError, Client, confirmed, objects, own_machine, part, printable, said};
use crate::failure::{Exit, Failure};

/// Answers one request with these bytes, and gives the request's head.
fn server(answer: Vec<u8>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
        // The client may have seen enough.
        let _sent = stream.write_all(&answer);
        let _closed = stream.shutdown(std::net::Shutdown::Write);
        let _rest = stream.read_to_end(&mut Vec::new());
        head
    });
    (url, task)
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn ask(answer: Vec<u8>) -> (anyhow::Result<Object>, String) {
    let (url, task) = server(answer);
    let key = Arc::new(SecretKey::generate().unwrap());
    let client = Client::new(&url, "https://authority.test", "user:alice", key).unwrap();
    let result = client.get("/v1/agents");
    drop(client);
    (result, task.join().unwrap())
}

fn exit_of(error: &anyhow::Error) -> Exit {
    error.downcast_ref::<Failure>().unwrap().exit
}

#[test]
fn a_request_carries_its_own_proof() {
    let (result, head) = ask(http("200 OK", "", r#"{"agents":[]}"#));
    assert!(result.unwrap().get("agents").is_some());
    assert!(head.starts_with("GET /v1/agents HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("authorization: procura ey"), "{head}");
}

#[test]
fn sdk_03_a_redirect_is_not_followed() {
    let (other, task) = server(http("200 OK", "", "{}"));
    let location = format!("Location: {other}/v1/agents\r\n");
    let (result, _) = ask(http("307 Temporary Redirect", &location, ""));
    let error = result.unwrap_err();
    assert_eq!(exit_of(&error), Exit::Environment);
    assert!(error.to_string().contains("(sdk.redirect_refused)"), "{error}");
    assert!(!task.is_finished(), "nobody came");
}

#[test]
fn sdk_06_an_answer_is_read_up_to_a_bound() {
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(4 * 1024 * 1024));
    for status in ["200 OK", "500 Internal Server Error"] {
        let (result, _) = ask(http(status, "", &long));
        let error = result.unwrap_err();
        assert_eq!(exit_of(&error), Exit::Environment);
        assert!(error.to_string().contains("(sdk.response_too_large)"), "{error}");
    }
    let fits = format!(r#"{{"a":"{}"}}"#, "x".repeat(4 * 1024 * 1024 - 8));
    let (result, _) = ask(http("200 OK", "", &fits));
    assert!(result.is_ok());
}

#[test]
fn sdk_06_an_answer_is_so_deep_and_no_deeper() {
    let nested = |levels: usize| {
        let lists = ["[".repeat(levels), "]".repeat(levels)].concat();
        ask(http("200 OK", "", &format!(r#"{{"a":{lists}}}"#))).0
    };
    assert!(nested(60).is_ok());
    for levels in [200, 100_000] {
        assert_eq!(exit_of(&nested(levels).unwrap_err()), Exit::Environment, "{levels}");
    }
}

#[test]
fn sdk_08_an_answer_that_says_nothing_is_not_taken_for_one() {
    for (status, body) in [
        ("200 OK", ""),
        ("200 OK", "null"),
        ("200 OK", "false"),
        ("200 OK", r#""ok""#),
        ("200 OK", "[]"),
        ("200 OK", r#"{"revoked":"#),
        ("204 No Content", ""),
        ("403 Forbidden", "{}"),
        ("403 Forbidden", r#"{"code":null,"detail":null}"#),
        ("500 Internal Server Error", r#"{"agents":[]}"#),
    ] {
        let (result, _) = ask(http(status, "", body));
        assert_eq!(exit_of(&result.unwrap_err()), Exit::Environment, "{status} {body}");
    }
    assert!(ask(http("200 OK", "", r#"{"agents":[]}"#)).0.is_ok());
}

#[test]
fn sdk_08_a_server_that_is_away_is_an_error() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let key = Arc::new(SecretKey::generate().unwrap());
    let url = format!("http://{closed}");
    let client = Client::new(&url, "https://authority.test", "user:alice", key).unwrap();
    assert_eq!(exit_of(&client.get("/v1/agents").unwrap_err()), Exit::Environment);
    assert_eq!(exit_of(&client.find("/v1/agents/a").unwrap_err()), Exit::Environment);
    assert_eq!(exit_of(&client.post("/v1/agents", &Object::new()).unwrap_err()), Exit::Environment);
}

#[test]
fn sdk_08_what_an_answer_leaves_out_is_not_assumed() {
    let read = |text: &str| procura_core::json::parse_object(text.as_bytes()).unwrap();
    let whole = read(r#"{"state":"revoked","agents":[{},{}]}"#);
    assert_eq!(said(&whole, "state").unwrap(), "revoked");
    assert!(confirmed(&whole, "state", "revoked").is_ok());
    assert_eq!(objects(&whole, "agents").unwrap().len(), 2);
    assert!(confirmed(&whole, "state", "active").is_err());
    for nothing in ["{}", r#"{"a":null}"#, r#"{"a":false}"#, r#"{"a":""}"#, r#"{"a":[null]}"#] {
        let nothing = read(nothing);
        assert!(said(&nothing, "a").is_err(), "{nothing:?}");
        assert!(confirmed(&nothing, "a", "revoked").is_err(), "{nothing:?}");
        assert!(objects(&nothing, "a").is_err(), "{nothing:?}");
    }
}

#[test]
fn an_answer_that_is_not_of_the_api_is_an_error() {
    for (status, body) in
        [("200 OK", "<html>"), ("200 OK", r#"{"a":1,"a":2}"#), ("502 Bad Gateway", "<html>")]
    {
        let (result, _) = ask(http(status, "", body));
        assert_eq!(exit_of(&result.unwrap_err()), Exit::Environment, "{status} {body}");
    }
}

#[test]
fn cli_07_a_refusal_keeps_its_code_and_shows_nothing_that_moves_the_cursor() {
    let body = r#"{"code":"not_eligible","detail":"no\u001b]8;;http://evil\u0007 \u202e\u009b","status":403}"#;
    let (result, _) = ask(http("403 Forbidden", "", body));
    let error = result.unwrap_err();
    let refused = error.downcast_ref::<ApiError>().unwrap();
    assert_eq!((refused.code.as_str(), refused.status), ("not_eligible", 403));
    assert_eq!(exit_of(&error), Exit::False);
    let text = format!("{error:#}");
    let expected =
        r"the server refused: no\u{1b}]8;;http://evil\u{7} \u{202e}\u{9b} (not_eligible)";
    assert_eq!(text, expected);
}

#[test]
fn a_server_that_fails_is_not_a_refusal() {
    let body = r#"{"code":"audit.unavailable","detail":"the log cannot be written","status":503}"#;
    let (result, _) = ask(http("503 Service Unavailable", "", body));
    assert_eq!(exit_of(&result.unwrap_err()), Exit::Environment);
}

#[test]
fn only_http_to_this_machine_is_spoken() {
    for url in [
        "http://127.0.0.1:7117",
        "http://127.8.9.1:80",
        "http://localhost:7117/",
        "http://[::1]:7117",
    ] {
        assert_eq!(own_machine(url).unwrap(), url.trim_end_matches('/'));
    }
    for url in [
        "https://127.0.0.1:7117",
        "https://authority.example",
        "http://authority.example",
        "http://10.0.0.1:7117",
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://127.0.0.1@evil.test",
        "http://user@127.0.0.1",
        "http://127.0.0.1/path",
        "http://127.0.0.1/?a",
        "file:///etc/passwd",
        "127.0.0.1:7117",
        "--help",
        "",
        "http://0.0.0.0:7117",
        "http://[::]:1",
    ] {
        let refused = own_machine(url).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage, "{url}");
        assert!(refused.next.is_some());
    }
}

#[test]
fn cli_07_what_is_printed_is_one_visible_line() {
    assert_eq!(printable("planner ed25519:9f3c… → ok"), "planner ed25519:9f3c… → ok");
    assert_eq!(printable("a\nb\r\tc\u{7f}"), r"a\u{a}b\u{d}\u{9}c\u{7f}");
    assert_eq!(printable("\u{1b}[2J\u{9b}2J"), r"\u{1b}[2J\u{9b}2J");
    assert_eq!(
        printable("\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}"),
        r"\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}"
    );
}

#[test]
fn a_part_of_a_path_cannot_change_the_path() {
    assert_eq!(
        part("0198c5f0-7d3a-7000-8000-000000000000").unwrap(),
        "0198c5f0-7d3a-7000-8000-000000000000"
    );
    for id in ["", "..", ".", "a/b", "a?b", "a%2fb", "a#b", "a b", "ä"] {
        assert!(part(id).is_err(), "{id}");
    }
}
