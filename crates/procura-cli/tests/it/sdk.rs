//! Commands before a server that is away, answers nothing, or sends elsewhere.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::desk::{Desk, Said, event};

/// A server that answers every request as `answer` says by its first line, for
/// as long as this process runs.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that goes away early is one of those that are tried.
            let _gone = respond(stream.unwrap(), &answer);
        }
    });
    url
}

fn respond(stream: TcpStream, answer: &impl Fn(&str) -> String) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut length, mut line) = (0, String::from("-"));
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    reader.into_inner().write_all(answer(&first).as_bytes())
}

fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

const KEY: &str = "key:kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
const CALL: &str = "call web list --chain planner.chain --key planner";

/// Commands that do or find something, with what the server has to answer.
fn commands() -> [(String, Value); 7] {
    let revoked = json!({"kind": "key", "value": KEY.strip_prefix("key:").unwrap()});
    let planner = |state| json!({"name": "planner", "state": state});
    [
        (format!("revoke {KEY}"), revoked),
        ("revoke agent:planner".into(), planner("revoked")),
        ("agent suspend planner".into(), planner("suspended")),
        ("agent list".into(), json!({"agents": []})),
        ("person list".into(), json!({"people": []})),
        ("approvals list".into(), json!({"approvals": []})),
        ("audit tail".into(), json!({"events": [], "next": 0})),
    ]
}

#[track_caller]
fn failed(said: &Said, line: &str) {
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{line}: {said:?}");
    assert!(said.err.starts_with("error: "), "{line}: {said:?}");
}

#[test]
fn sdk_08_a_command_that_got_no_answer_did_nothing_and_says_so() {
    let desk = Desk::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let empty = serve(|_| http("200 OK", "{}"));
    let garbage = serve(|_| http("200 OK", "<html>OK</html>"));
    for (line, answer) in commands() {
        let good = serve(move |_| http("200 OK", &answer.to_string()));
        let said = desk.run(&format!("{line} --server {good}"));
        assert_eq!(said.code, 0, "{line}: {said:?}");
        failed(&desk.run(&format!("{line} --server {empty}")), &line);
        failed(&desk.run(&format!("{line} --server {garbage}")), &line);
        failed(&desk.run(&format!("{line} --server http://{closed}")), &line);
    }
}

#[test]
fn sdk_08_another_state_than_was_asked_for_is_not_it() {
    let desk = Desk::new();
    for state in [json!("active"), json!(null), json!(false), json!("")] {
        let answer = json!({"name": "planner", "state": state}).to_string();
        let server = serve(move |_| http("200 OK", &answer));
        failed(&desk.run(&format!("revoke agent:planner --server {server}")), "revoke");
        failed(&desk.run(&format!("agent suspend planner --server {server}")), "suspend");
    }
    let other = json!({"kind": "key", "value": "another"}).to_string();
    let server = serve(move |_| http("201 Created", &other));
    failed(&desk.run(&format!("revoke {KEY} --server {server}")), "revoke");
}

#[test]
fn sdk_08_nobody_is_enrolled_by_an_answer_that_does_not_say_so() {
    let desk = Desk::new();
    // There is nobody of that name, and then nothing to sign, or nobody enrolled.
    for challenge in ["{}", r#"{"nonce":null}"#, r#"{"nonce":"n"}"#] {
        let server = serve(move |first| {
            if first.starts_with("GET /v1/people") {
                return http("200 OK", r#"{"people":[]}"#);
            }
            if first.starts_with("GET") {
                return http("404 Not Found", r#"{"code":"not_found","detail":"none"}"#);
            }
            let body = if first.contains("/v1/challenges") { challenge } else { "{}" };
            http("200 OK", body)
        });
        failed(
            &desk.run(&format!("agent create other --as user:alice --server {server}")),
            challenge,
        );
        let line = format!("person add bob --role approver --as user:alice --server {server}");
        failed(&desk.run(&line), challenge);
    }
}

#[test]
fn sdk_08_nothing_is_approved_or_proved_by_an_answer_that_says_nothing() {
    let desk = Desk::new();
    let id = event("x").get("id").and_then(|id| id.as_str().map(str::to_owned)).unwrap();
    for body in ["{}", "null", "false", r#"{"state":"approved"}"#] {
        let server = serve(move |_| http("200 OK", body));
        for line in [format!("approvals approve {id} --yes"), format!("audit receipt {id}")] {
            let said = desk.run(&format!("{line} --server {server}"));
            assert!(matches!(said.code, 1 | 3) && said.out.is_empty(), "{line} {body}: {said:?}");
        }
    }
}

#[test]
fn sdk_08_a_call_is_allowed_only_by_a_result() {
    let desk = Desk::new();
    desk.chain_of_two();
    let decision = |value: Value| {
        let meta = json!({"dev.procura/decision": value});
        json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [], "_meta": meta}})
    };
    let error = |error: Value| json!({"jsonrpc": "2.0", "id": 1, "error": error});
    let result = |result: Value| json!({"jsonrpc": "2.0", "id": 1, "result": result});
    let both = json!({"result": {"content": []}, "error": {"code": 1, "message": "no"}});
    for (status, answer) in [
        ("200 OK", json!({})),
        ("200 OK", json!(null)),
        ("200 OK", json!(false)),
        ("200 OK", result(json!(null))),
        ("200 OK", result(json!(false))),
        ("200 OK", result(json!("false"))),
        ("200 OK", error(json!(null))),
        ("200 OK", error(json!("false"))),
        ("200 OK", error(json!({}))),
        ("200 OK", both),
        ("200 OK", decision(json!(null))),
        ("200 OK", decision(json!("false"))),
        ("403 Forbidden", result(json!({"content": []}))),
        ("500 Internal Server Error", result(json!({"content": []}))),
    ] {
        let text = answer.to_string();
        let server = serve(move |_| http(status, &text));
        let said = desk.run(&format!("{CALL} --server {server}"));
        assert!(matches!(said.code, 1 | 3), "{status} {answer}: {said:?}");
        assert!(!said.out.contains("ALLOWED"), "{status} {answer}: {said:?}");
    }
    let good = result(json!({"content": []})).to_string();
    let server = serve(move |_| http("200 OK", &good));
    let said = desk.run(&format!("{CALL} --server {server}"));
    assert_eq!((said.code, said.out.as_str()), (0, "ALLOWED\n"), "{said:?}");
}

/// Somebody at whom nothing may arrive.
fn witness() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[track_caller]
fn saw_nothing(listener: &TcpListener) {
    let came = listener.accept().map(|(_, from)| from).map_err(|error| error.kind());
    assert_eq!(came, Err(ErrorKind::WouldBlock));
}

#[test]
fn sdk_03_a_call_is_not_sent_on_to_another_place() {
    let desk = Desk::new();
    desk.chain_of_two();
    let (listener, other) = witness();
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let answer = format!(
            "HTTP/1.1 {status}\r\nlocation: http://{other}/mcp/web\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let server = serve(move |_| answer.clone());
        for line in [CALL, "agent list", "agent suspend planner"] {
            let said = desk.run(&format!("{line} --server {server}"));
            failed(&said, line);
            assert!(said.err.contains("(sdk.redirect_refused)"), "{line}: {said:?}");
            saw_nothing(&listener);
        }
    }
}

#[test]
fn sdk_03_no_proxy_of_the_environment_gets_a_request() {
    let desk = Desk::new();
    desk.chain_of_two();
    let (listener, other) = witness();
    let result = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": []}, "agents": []});
    let server = serve(move |_| http("200 OK", &result.to_string()));
    for line in [CALL, "agent list"] {
        let mut command = desk.command(&format!("{line} --server {server}"));
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(name, format!("http://{other}"));
        }
        let said: Said = command.output().unwrap().into();
        assert_eq!(said.code, 0, "{line}: {said:?}");
        saw_nothing(&listener);
    }
}

#[test]
fn sdk_05_without_tls_nothing_is_sent_to_where_tls_is_expected() {
    let desk = Desk::new();
    desk.chain_of_two();
    let (listener, other) = witness();
    for (line, code) in [(CALL, 3), ("agent list", 2)] {
        let said = desk.run(&format!("{line} --server https://{other}"));
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{line}: {said:?}");
        assert!(said.err.contains("no TLS"), "{line}: {said:?}");
        saw_nothing(&listener);
    }
    // There is no word that would make it send all the same.
    for word in ["--insecure", "-k", "--no-verify", "--skip-tls"] {
        let said = desk.run(&format!("agent list --server https://{other} {word}"));
        assert_eq!(said.code, 2, "{word}: {said:?}");
    }
    saw_nothing(&listener);
}
