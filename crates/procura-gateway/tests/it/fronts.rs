//! What the HTTP front lets in, and what it answers by itself.

use procura_core::json::Object;

use crate::client::{Post, at};
use crate::world::{World, message};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Sends each request, which must get this status and code, and reach nobody. A
/// refusal is in the log, but for one of a request that asks for nothing.
async fn check(posts: &[Post], (status, code): (u16, &str)) {
    let world = World::new().await;
    let mut expected = Vec::new();
    for post in posts {
        let answer = post.send(world.address).await;
        assert_eq!((answer.status, answer.outcome().as_str()), (status, code), "{post:?}");
        // More than ten in a minute are counted.
        if code != "result" && status != 405 && expected.len() < 10 {
            expected.push(format!("request.refused {code}"));
            at(&answer.json().into(), "error/data/receipt/event");
        }
        assert_eq!(world.events_so_far(), expected, "{post:?}");
    }
    assert!(world.reached().is_empty());
}

fn ping() -> Post {
    Post::new("/mcp/fix", PING)
}

#[tokio::test]
async fn an_honest_request_is_let_in() {
    let posts = [
        ping(),
        ping().with("content-type", "Application/JSON; charset=utf-8"),
        ping().with("host", "127.0.0.1:8080"),
        ping().with("host", "gw.example").with("origin", "https://gw.example"),
    ];
    check(&posts, (200, "result")).await;
}

#[tokio::test]
async fn mcp_05_a_host_that_is_not_ours_is_refused() {
    let posts = [
        ping().with("host", "evil.example:8080"),
        ping().with("host", "localhost.evil.example"),
        Post { method: "GET", ..ping().with("host", "evil.example") },
    ];
    check(&posts, (403, "mcp.host_forbidden")).await;
}

#[tokio::test]
async fn mcp_05_a_page_that_is_not_ours_is_refused() {
    let posts = [
        ping().with("origin", "https://evil.example"),
        ping().with("origin", "null"),
        ping().with("origin", "http://localhost:3000"),
    ];
    check(&posts, (403, "mcp.origin_forbidden")).await;
}

#[tokio::test]
async fn mcp_05_what_a_page_can_send_without_asking_is_not_read() {
    let posts = [
        ping().with("content-type", "text/plain"),
        ping().with("content-type", "application/x-www-form-urlencoded"),
        ping().with("content-type", "text/plain; application/json"),
        ping().without("content-type"),
        ping().with("content-encoding", "gzip"),
    ];
    check(&posts, (415, "mcp.media_type")).await;
}

#[tokio::test]
async fn mcp_01_headers_that_differ_from_the_body_are_refused() {
    let call = message("tools/call", Object::new().with("name", "fail")).to_canonical().unwrap();
    let call = Post::new("/mcp/fix", call);
    let posts = [
        call.clone().with("mcp-name", "echo"),
        call.clone().with("mcp-name", "=?base64?ZWNobw==?="),
        call.clone().with("mcp-method", "tools/list"),
        call.clone().with("mcp-protocol-version", "2026-07-28"),
        call.with("mcp-param-text", "other"),
    ];
    check(&posts, (400, "mcp.header_mismatch")).await;
}

#[tokio::test]
async fn mcp_02_messages_with_two_meanings_are_refused() {
    let malformed = [
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method\u0000":"tools/call"}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"} {}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"\ud800"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
        r#"{"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping\u0000"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping "}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":""}"#,
        "",
    ];
    let posts: Vec<Post> = malformed.iter().map(|body| Post::new("/mcp/fix", *body)).collect();
    check(&posts, (400, "mcp.malformed")).await;
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{"a":1}}"#;
    check(&[Post::new("/mcp/fix", twice)], (400, "duplicate_member")).await;
    let number = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"n":9007199254740993}}"#;
    check(&[Post::new("/mcp/fix", number)], (400, "non_admissible_number")).await;
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let long = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#, "x".repeat(1024 * 1024));
    check(&[Post::new("/mcp/fix", long)], (413, "too_large")).await;
}

#[tokio::test]
async fn only_post_is_answered() {
    let posts = ["GET", "DELETE", "PUT", "OPTIONS"].map(|method| Post { method, ..ping() });
    check(&posts, (405, "mcp.method_not_allowed")).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_found() {
    let posts = [Post::new("/mcp/other", PING), Post::new("/mcp/fi%78", PING)];
    check(&posts, (404, "mcp.server_unknown")).await;
}

#[tokio::test]
async fn every_other_method_ends_here() {
    let methods = ["prompts/get", "resources/read", "tasks/get", "Tools/call", "tools/call/"];
    let posts = methods.map(|method| {
        Post::new("/mcp/fix", message(method, Object::new()).to_canonical().unwrap())
    });
    check(&posts, (200, "mcp.method_unknown")).await;
    let meta = Object::new().with("io.modelcontextprotocol/protocolVersion", "2026-07-28");
    let modern = message("prompts/get", Object::new().with("_meta", meta));
    let modern = Post::new("/mcp/fix", modern.to_canonical().unwrap());
    check(&[modern], (404, "mcp.method_unknown")).await;
}

#[tokio::test]
async fn a_notification_is_taken_and_goes_nowhere() {
    let world = World::new().await;
    for method in ["notifications/initialized", "notifications/cancelled", "tools/call"] {
        let mut note = message(method, Object::new().with("name", "echo"));
        note.remove("id");
        let answer = world.send(&note).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    }
    assert!(world.reached().is_empty());
}

#[tokio::test]
async fn a_handshake_settles_a_version_that_both_know() {
    let world = World::new().await;
    for (asked, settled) in [("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")] {
        let params = Object::new().with("protocolVersion", asked);
        let answer = world.send(&message("initialize", params)).await;
        assert_eq!(answer.text("result/protocolVersion"), settled);
        assert_eq!(at(&answer.json().into(), "result/capabilities/tools"), Object::new().into());
    }
}

#[tokio::test]
async fn a_client_of_2026_discovers_what_there_is() {
    let world = World::new().await;
    let meta = |version: &str| {
        let meta = Object::new().with("io.modelcontextprotocol/protocolVersion", version);
        Object::new().with("_meta", meta)
    };
    let answer = world.send(&message("server/discover", meta("2026-07-28"))).await;
    assert_eq!(answer.text("result/resultType"), "complete");
    assert_eq!(answer.text("result/supportedVersions/0"), "2026-07-28");
    let answer = world.send(&message("server/discover", meta("2030-01-01"))).await;
    assert_eq!((answer.status, answer.outcome()), (400, "mcp.version".into()));
    assert_eq!(at(&answer.json().into(), "error/code").as_integer(), Some(-32022));
}
