//! Calling through a gateway: what is sent, and how each answer is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use procura_core::json::Object;
use procura_core::token::Token;
use serde_json::{Value, json};

use crate::desk::{Desk, Said, event};

/// A server that answers one request with `answer`, and returns what it was sent.
fn serve(answer: String) -> (String, JoinHandle<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        reader.into_inner().write_all(answer.as_bytes()).unwrap();
        (first, body)
    });
    (url, server)
}

fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Calls and returns what was said and what the server was sent.
fn call(desk: &Desk, answer: String) -> (Said, (String, Value)) {
    let (url, server) = serve(answer);
    let said = desk.run(&format!(
        "call web write_file --chain coder.chain --key coder --arg path=/src/a --arg content=x --arg n=3 --server {url}"
    ));
    let (first, body) = server.join().unwrap();
    (said, (first, serde_json::from_slice(&body).unwrap()))
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.chain_of_two();
    desk
}

#[test]
fn an_allowed_call_carries_its_chain_and_proof_and_prints_the_result() {
    let desk = desk();
    let result = json!({"content": [{"type": "text", "text": "written\nwell"}],
        "_meta": {"dev.procura/receipt": {"event": "0199", "sequence": 7, "leaf": "abc"}}});
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
    let (said, (first, body)) = call(&desk, http("200 OK", &answer));
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.out, "ALLOWED\nwritten\nwell\n  log:  entry 7, event 0199\n");
    assert!(first.starts_with("POST /mcp/web HTTP/1.1"), "{first}");
    assert_eq!(body["params"]["arguments"], json!({"path": "/src/a", "content": "x", "n": 3}));
    let sent = &body["params"]["_meta"]["dev.procura/aat"];
    assert_eq!(sent["aat_chain"][1], desk.tokens("coder.chain")[1]);
    let inspected = desk.run_with("inspect --json", sent["aat_pop"].as_str().unwrap());
    let proof: Value = serde_json::from_str(&inspected.out).unwrap();
    let leaf = Token::read(&desk.tokens("coder.chain")[1]).unwrap();
    assert_eq!(proof["claims"]["aat_tool"], "mcp:web/write_file");
    assert_eq!(proof["claims"]["aat_hash"], leaf.hash.to_base64url());
    assert_eq!(proof["claims"]["aat_aud"], crate::desk::AUDIENCE);
}

#[test]
fn a_refusal_says_where_why_and_what_to_do_next() {
    let desk = desk();
    let data = json!({"code": "argument_refused", "hop": 1, "holder": "agent:coder",
        "reason": "argument `path` is outside", "rule": "r1",
        "receipt": {"event": "0199", "sequence": 7, "leaf": "abc"}});
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -31403, "message": "refused", "data": data}});
    let (said, _) = call(&desk, http("403 Forbidden", &error.to_string()));
    assert_eq!(said.code, 1, "{said:?}");
    for words in [
        "REFUSED  argument_refused at hop 1, agent:coder",
        "why:  argument `path`",
        "rule: r1",
        "next: call within what the chain holds",
        "log:  entry 7",
    ] {
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
    }
    let data = json!({"code": "approval_required", "retry": true, "approval": {"id": "a-1"}});
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -31403, "message": "refused", "data": data}});
    let (said, _) = call(&desk, http("403 Forbidden", &error.to_string()));
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("next: a person approves request a-1"), "{}", said.out);
    // The form that frameworks show to models.
    let result = json!({"isError": true, "content": [], "_meta": {"dev.procura/decision": {"code": "revoked"}}});
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
    let (said, _) = call(&desk, http("200 OK", &answer));
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.starts_with("REFUSED  revoked"), "{}", said.out);
}

#[test]
fn a_call_that_was_allowed_is_not_told_as_refused() {
    let desk = desk();
    let data = |code: &str| json!({"code": code, "receipt": {"event": "0199", "sequence": 7, "leaf": "abc"}});
    for (status, data, code, words) in [
        ("502 Bad Gateway", data("mcp.upstream_died"), 4, "ALLOWED, and the server gave no answer"),
        (
            "504 Gateway Timeout",
            data("mcp.upstream_timeout"),
            4,
            "see at the server whether it ran",
        ),
        ("403 Forbidden", data("mcp.tool_changed"), 1, "ALLOWED, and not made"),
        ("200 OK", Value::Null, 0, "ALLOWED, and the server answered with an error\n  why:  told"),
        // What a server says in the gateway's words is the server's word.
        ("200 OK", data("mcp.method_unknown"), 0, "ALLOWED, and the server answered with an error"),
        ("200 OK", data("mcp.upstream_died"), 0, "ALLOWED, and the server answered with an error"),
        ("404 Not Found", data("mcp.server_unknown"), 1, "next: name a server of the gateway"),
        ("503 Service Unavailable", data("audit.unavailable"), 1, "REFUSED  audit.unavailable"),
    ] {
        let has_receipt = status != "200 OK";
        let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "told", "data": data}});
        let (said, _) = call(&desk, http(status, &error.to_string()));
        assert_eq!(said.code, code, "{words}: {said:?}");
        assert!(said.out.contains(words), "`{words}` in {}", said.out);
        assert_eq!(said.out.contains("log:  entry 7"), has_receipt, "{}", said.out);
    }
}

#[test]
fn aud_08_the_receipt_of_another_event_is_not_taken() {
    let desk = desk();
    let receipt = desk.receipt(&event("x"));
    let answer = http("200 OK", &receipt).replace("application/json", "text/plain");
    let own = event("x").get("id").and_then(|id| id.as_str().map(str::to_owned)).unwrap();
    for (asked, code) in [(own.as_str(), 0), ("01a3185c-6c52-727a-8d9a-8d38c7a37c92", 1)] {
        let (url, _server) = serve(answer.clone());
        let said = desk.run(&format!("audit receipt {asked} --out {asked}.txt --server {url}"));
        assert_eq!(said.code, code, "{said:?}");
        assert_eq!(desk.file(&format!("{asked}.txt")).exists(), code == 0);
        assert_eq!(said.err.contains("something else than"), code == 1, "{said:?}");
    }
}

#[test]
fn an_answer_in_an_event_stream_is_read() {
    let desk = desk();
    let body = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"isError\":true,\"content\":[]}}\n\n";
    let (said, _) = call(&desk, http("200 OK", body));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("ALLOWED, and the tool failed"), "{}", said.out);
}

#[test]
fn cli_07_what_a_server_says_cannot_pose() {
    let desk = desk();
    let text = "\u{1b}]8;;http://evil\u{7}x\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}y";
    let result = json!({"content": [{"type": "text", "text": text}, {"type": text}]});
    let data = json!({"code": text, "reason": text, "holder": text, "rule": text, "approval": {"id": text}});
    for answer in [
        json!({"result": result}),
        json!({"error": {"code": 1, "message": text, "data": data}}),
        json!({"error": {"code": 1, "message": text}}),
    ] {
        let (said, _) = call(&desk, http("200 OK", &answer.to_string()));
        let is_safe = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
        assert!(said.out.chars().all(is_safe), "{said:?}");
    }
}

#[test]
fn no_gateway_and_no_answer_end_with_three() {
    let desk = desk();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said =
        desk.run(&format!("call web t --chain coder.chain --key coder --server http://{closed}"));
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("procura up"), "{said:?}");
    let redirect = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for answer in
        [redirect.to_owned(), http("200 OK", "hello"), http("200 OK", "{}"), String::new()]
    {
        let (said, _) = call(&desk, answer.clone());
        assert_eq!(said.code, 3, "{answer}: {said:?}");
    }
    let nowhere = desk.run("call web t --chain coder.chain --key coder");
    assert_eq!(nowhere.code, 3, "{nowhere:?}");
}

#[test]
fn what_cannot_be_proved_is_not_sent() {
    let desk = desk();
    let line = "call web t --server http://127.0.0.1:1 --chain coder.chain";
    let rows = [
        ("--key planner", 2, "is not the key"),
        ("--key coder --arg x", 2, "there is no `=`"),
        ("--key coder --arg x=1 --arg x=2", 2, "there already"),
        ("--key coder --args '[]'", 2, "--args"),
        ("--key coder --args '{\"a\":{\"sha-256\":\"x\"}}'", 2, "sha-256"),
        ("--key coder --args '{\"a\":9007199254740993}'", 2, "double"),
        ("--key nobody", 3, "nobody"),
        ("", 2, "--key"),
    ];
    for (words, code, message) in rows {
        let said = desk.run(&format!("{line} {words}"));
        assert_eq!(said.code, code, "{words}: {said:?}");
        assert!(said.err.contains(message), "{words}: {said:?}");
    }
    desk.write("coder.chain", Object::new().with("aat_chain", vec!["x"]).to_canonical().unwrap());
    assert_eq!(desk.run(&format!("{line} --key coder")).code, 3);
}
