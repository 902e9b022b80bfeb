//! The workshop's protocol, line by line: both eras, every error, every fault.

use serde_json::{Value, json};

use crate::yard::{Server, Yard};

const MODERN: &str = "2026-07-28";

#[test]
fn a_known_revision_is_answered_with_itself() {
    let yard = Yard::new();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut server = yard.start(&[]);
        let reply = server.request("initialize", json!({"protocolVersion": version}));
        assert_eq!(reply["result"]["protocolVersion"], version);
        assert_eq!(reply["result"]["capabilities"], json!({"tools": {}}));
    }
}

#[test]
fn an_unknown_revision_is_answered_with_the_newest_that_has_a_handshake() {
    let yard = Yard::new();
    for version in ["2026-07-28", "1.0", ""] {
        let reply = yard.start(&[]).request("initialize", json!({"protocolVersion": version}));
        assert_eq!(reply["result"]["protocolVersion"], "2025-11-25");
    }
    let mut server = yard.start(&[]);
    assert_eq!(code(&server.request("initialize", json!({}))), -32602);
}

#[test]
fn legacy_results_are_without_modern_members() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    assert_eq!(server.request("ping", json!({}))["result"], json!({}));
    let list = server.request("tools/list", json!({"_meta": {"progressToken": 1}}));
    assert_eq!(members(&list["result"]), ["tools"]);
    assert_eq!(code(&server.request("server/discover", json!({}))), -32601);
}

#[test]
fn modern_requests_need_no_handshake() {
    let yard = Yard::new();
    let mut server = yard.start(&[]);
    let found = server.request("server/discover", modern(json!({})));
    assert_eq!(found["result"]["supportedVersions"], json!([MODERN]));
    assert_eq!(found["result"]["capabilities"], json!({"tools": {}}));
    for reply in [found, server.request("tools/list", modern(json!({})))] {
        let result = &reply["result"];
        assert_eq!(result["resultType"], "complete");
        assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(0), &json!("private")));
    }
    let read =
        json!({"name": "read_file", "arguments": {"repo": "acme/web", "path": "/README.md"}});
    let reply = server.request("tools/call", modern(read));
    assert_eq!(members(&reply["result"]), ["content", "resultType"]);
    assert_eq!(code(&server.request("ping", modern(json!({})))), -32601);
    assert_eq!(code(&server.request("initialize", modern(json!({})))), -32601);
}

#[test]
fn a_tool_does_not_run_for_a_peer_that_named_no_revision() {
    let yard = Yard::new();
    let mut server = yard.start(&[]);
    let write = json!({
        "name": "write_file",
        "arguments": {"repo": "acme/web", "path": "/README.md", "content": "x"},
    });
    assert_eq!(code(&server.request("tools/call", write)), -32602);
    for method in ["tools/list", "server/discover"] {
        assert_eq!(code(&server.request(method, json!({}))), -32602);
    }
    assert_eq!(yard.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_modern_request_says_all_that_it_must() {
    let yard = Yard::new();
    let mut server = yard.start(&[]);
    let meta =
        |version: Value| json!({"_meta": {"io.modelcontextprotocol/protocolVersion": version}});
    assert_eq!(code(&server.request("tools/list", meta(json!(MODERN)))), -32602);
    assert_eq!(code(&server.request("tools/list", meta(json!(1)))), -32602);
    let reply = server.request("tools/list", meta(json!("2025-11-25")));
    assert_eq!(code(&reply), -32022);
    let data = json!({"supported": [MODERN], "requested": "2025-11-25"});
    assert_eq!(reply["error"]["data"], data);
}

#[test]
fn what_is_not_a_request_is_refused_and_the_next_line_is_read() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let lines = [
        ("", -32700),
        ("not JSON", -32700),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"", -32700),
        (deep.as_str(), -32700),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        ("null", -32600),
        ("{}", -32600),
        (r#"{"id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
    ];
    for (line, expected) in lines {
        server.send(line);
        let reply = server.reply();
        assert_eq!((code(&reply), &reply["id"]), (expected, &Value::Null), "`{line}`");
        server.request("ping", json!({}));
    }
}

#[test]
fn an_error_names_the_request_that_it_answers() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    server.send(r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":[]}"#);
    let reply = server.reply();
    assert_eq!((code(&reply), &reply["id"]), (-32602, &json!("a")));
    server.send(r#"{"jsonrpc":"2.0","id":-7,"method":"resources/list"}"#);
    let reply = server.reply();
    assert_eq!((code(&reply), &reply["id"]), (-32601, &json!(-7)));
}

#[test]
fn notifications_and_responses_are_not_answered() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    server.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
    server.send(r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"deploy"}}"#);
    server.send(r#"{"jsonrpc":"2.0","id":9,"result":{}}"#);
    server.send(r#"{"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"no"}}"#);
    let (lines, status) = server.hang_up();
    assert_eq!((lines, status.code()), (vec![], Some(0)));
}

#[test]
fn a_line_is_at_most_four_mebibytes() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let empty = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":""}}"#;
    let longest =
        empty.replace("\"\"", &format!("\"{}\"", "x".repeat(4 * 1024 * 1024 - empty.len())));
    server.send(&longest);
    assert_eq!(server.reply()["result"], json!({}));
    server.send(&longest.replace("xx", "xxx"));
    assert_eq!(code(&server.reply()), -32600);
    server.request("ping", json!({}));
}

#[test]
fn every_tool_takes_what_its_schema_says_and_nothing_else() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let mut list = server.request("tools/list", json!({}));
    let Value::Array(tools) = list["result"]["tools"].take() else { panic!("no tools: {list}") };
    for tool in tools {
        let schema = &tool["inputSchema"];
        assert_eq!(schema["additionalProperties"], false);
        let required: Vec<&str> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        let all: Value = members(&schema["properties"])
            .into_iter()
            .map(|name| match schema["properties"][&name]["type"].as_str() {
                Some("string") => (name, json!("?")),
                Some("boolean") => (name, json!(true)),
                other => panic!("the tests know no type {other:?}"),
            })
            .collect::<serde_json::Map<_, _>>()
            .into();
        let name = &tool["name"];
        // Well formed, and about a repository that is not here.
        assert_eq!(answer(&mut server, name, &all)["result"]["isError"], true);
        for member in members(&all) {
            let mut without = all.clone();
            without.as_object_mut().unwrap().remove(&member);
            let reply = answer(&mut server, name, &without);
            assert_eq!(
                reply.get("error").is_some(),
                required.contains(&member.as_str()),
                "{reply}"
            );
            for wrong in [json!(7), json!(null), json!([]), json!({})] {
                let mut mistyped = all.clone();
                mistyped[&member] = wrong;
                assert_eq!(code(&answer(&mut server, name, &mistyped)), -32602);
            }
        }
        let mut more = all.clone();
        more["force"] = json!(true);
        let reply = answer(&mut server, name, &more);
        assert_eq!(reply["error"]["message"], "`force` is not an argument of this tool");
    }
}

#[test]
fn a_call_of_no_tool_is_refused() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    for params in [
        json!({}),
        json!({"name": 1}),
        json!({"name": "delete_file"}),
        json!({"name": "READ_FILE", "arguments": {"repo": "acme/web", "path": "/README.md"}}),
        json!({"name": "read_file", "arguments": []}),
        json!({"name": "read_file"}),
    ] {
        assert_eq!(code(&server.request("tools/call", params)), -32602);
    }
    assert_eq!(code(&server.request("tools/list", json!({"cursor": "x"}))), -32602);
}

#[test]
fn a_workshop_that_dies_gives_no_answer() {
    let (lines, status) = with_fault("die");
    assert_eq!((lines, status), (vec![], Some(1)));
}

#[test]
fn a_workshop_that_hangs_answers_nothing_more() {
    let (lines, status) = with_fault("hang");
    assert_eq!((lines, status), (vec![], Some(0)));
}

#[test]
fn a_workshop_that_prints_garbage_goes_on_afterwards() {
    let (lines, status) = with_fault("garbage");
    assert_eq!(status, Some(0));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(serde_json::from_str::<Value>(&lines[0]).is_err());
    assert!(lines[1].contains("\"result\""));
}

#[test]
fn a_fault_waits_for_its_call_and_leaves_no_trace() {
    for fault in ["die", "hang", "garbage"] {
        let yard = Yard::new();
        let mut server = yard.open(&["--fault", fault, "--fault-after", "2"]);
        server.done("read_file", json!({"path": "/README.md"}));
        server.request("tools/list", json!({}));
        server.failed("read_file", json!({"path": "/none"}));
        let write = json!({"repo": "acme/web", "path": "/README.md", "content": "x"});
        server.send_request("tools/call", json!({"name": "write_file", "arguments": write}));
        server.hang_up();
        assert_eq!(yard.git(&["status", "--porcelain"]), "", "{fault}");
    }
}

/// Makes two calls of a workshop with a fault; returns what it printed, and its exit status.
fn with_fault(fault: &str) -> (Vec<String>, Option<i32>) {
    let yard = Yard::new();
    let mut server = yard.open(&["--fault", fault]);
    let read =
        json!({"name": "read_file", "arguments": {"repo": "acme/web", "path": "/README.md"}});
    server.send_request("tools/call", read.clone());
    // A workshop that has died no longer takes the second call.
    if fault != "die" {
        server.send_request("tools/call", read);
    }
    let (lines, status) = server.hang_up();
    (lines, status.code())
}

fn answer(server: &mut Server, name: &Value, arguments: &Value) -> Value {
    server.request("tools/call", json!({"name": name, "arguments": arguments}))
}

fn modern(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params
}

fn members(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

fn code(reply: &Value) -> i64 {
    reply["error"]["code"].as_i64().unwrap_or(0)
}
