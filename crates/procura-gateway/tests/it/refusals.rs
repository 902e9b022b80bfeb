//! Calls that may not happen, and who is told what.

use procura_core::json::{self, Object, Value};

use crate::client::{Answer, Post, at};
use crate::world::{HELD, World, chain, message, meta};

/// Sends `message`, which must be refused with `code`, told `proven` or not, and
/// reach nobody.
async fn check(world: &World, message: &Object, (status, code): (u16, &str)) -> Answer {
    let before = world.reached().len();
    let answer = world.send(message).await;
    assert_eq!((answer.status, answer.outcome().as_str()), (status, code), "{}", answer.body);
    let number = at(&answer.json().into(), "error/code").as_integer();
    assert_eq!(number, Some(-(31_000 + i64::from(status))));
    assert_eq!(world.reached().len(), before);
    answer
}

#[tokio::test]
async fn a_request_with_no_credential_is_refused_and_recorded() {
    let world = World::new().await;
    let bare = message("tools/call", Object::new().with("name", "echo"));
    let answer = check(&world, &bare, (401, "credential_missing")).await;
    assert!(answer.head.contains(r#"www-authenticate: aat realm="procura""#), "{}", answer.head);
    assert!(!answer.body.contains("reason"));
    assert_eq!(world.events().await, ["call.denied credential_missing"]);
}

#[tokio::test]
async fn rpl_01_a_request_that_is_sent_twice_runs_once() {
    let world = World::new().await;
    let call = world.call("echo", "{}");
    assert_eq!(world.send(&call).await.status, 200);
    check(&world, &call, (401, "replayed")).await;
    assert_eq!(world.reached().len(), 1);
    let events = world.events().await;
    assert!(events.contains(&"call.denied replayed".into()), "{events:?}");
}

#[tokio::test]
async fn rpl_01_a_hundred_copies_at_once_run_once() {
    let world = std::sync::Arc::new(World::new().await);
    let call = world.call("echo", "{}");
    let mut copies = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (world, call) = (std::sync::Arc::clone(&world), call.clone());
        copies.spawn(async move { world.send(&call).await.status });
    }
    let statuses = copies.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(world.reached().len(), 1);
}

#[tokio::test]
async fn sig_01_a_proof_is_for_its_own_tool_and_arguments() {
    let world = World::new().await;
    for (member, value) in [
        ("arguments", Object::new().with("text", "other").into()),
        ("arguments", Object::new().into()),
        ("name", Value::from("fail")),
    ] {
        let mut call = world.call("echo", r#"{"text":"this"}"#);
        let mut params = call.remove("params").unwrap().as_object().unwrap().clone();
        params.set(member, value);
        check(&world, &call.with("params", params), (401, "holder_binding_failed")).await;
    }
}

#[tokio::test]
async fn a_tool_that_the_chain_does_not_hold_is_refused_with_the_reason() {
    let world = World::new().await;
    let answer = check(&world, &world.call("secret", "{}"), (403, "scope_not_granted")).await;
    let data = at(&answer.json().into(), "error/data");
    // The tool is on no token of the chain, so the root is where it ends.
    assert_eq!(at(&data, "hop").as_integer(), Some(0));
    assert_eq!(at(&data, "holder").as_str(), Some("spiffe://procura.test/agent/planner"));
    assert!(at(&data, "reason").as_str().unwrap().contains("mcp:fix/secret"));
    assert_eq!(at(&data, "retry").as_bool(), Some(false));
    at(&data, "receipt/sequence");
}

#[tokio::test]
async fn a_tool_that_nobody_has_is_refused_in_the_same_words() {
    let world = World::new().await;
    let present = world.run("secret", "{}").await;
    let absent = world.run("no-such-tool", "{}").await;
    assert_eq!((present.status, present.outcome()), (absent.status, absent.outcome()));
}

#[tokio::test]
async fn a_caller_that_proved_nothing_learns_the_code_and_nothing_else() {
    let world = World::new().await;
    let narrow = chain(&["echo"]);
    let arguments = Object::new();
    // The proof is for another delegation of the same agent, so it proves nothing here.
    let other = procura_testkit::world::proof(&narrow[1], "planner", "mcp:fix/echo", &arguments);
    let params = Object::new().with("name", "echo").with("_meta", meta(&narrow, &other));
    let call = message("tools/call", params);
    let answer = check(&world, &call, (401, "holder_binding_failed")).await;
    for member in ["hop", "holder", "reason", "rule"] {
        assert!(!answer.body.contains(&format!("\"{member}\"")), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_credential_that_is_none_is_malformed() {
    let world = World::new().await;
    for credential in [Value::Null, Object::new().into(), Value::from("x")] {
        let meta = Object::new().with("dev.procura/aat", credential);
        let params = Object::new().with("name", "echo").with("_meta", meta);
        check(&world, &message("tools/call", params), (400, "malformed")).await;
    }
}

#[tokio::test]
async fn a_call_that_needs_a_person_says_which_request_waits() {
    let world = World::new().await;
    let call = world.call("echo", r#"{"environment":"production"}"#);
    let answer = check(&world, &call, (403, "approval_required")).await;
    let data = at(&answer.json().into(), "error/data");
    assert_eq!(at(&data, "retry").as_bool(), Some(true));
    assert_eq!(at(&data, "rule").as_str(), Some("production"));
    let id = at(&data, "approval/id");
    let row = world.store.inner_approval(id.as_str().unwrap());
    assert_eq!(at(&data, "approval/digest").as_str(), Some(row.digest.to_base64url().as_str()));
    assert_eq!(at(&data, "approval/expires").as_integer(), Some(row.expires.as_seconds()));
    assert!(answer.text("error/message").contains(id.as_str().unwrap()));
}

#[tokio::test]
async fn nothing_reaches_the_server_when_the_log_cannot_be_written() {
    let world = World::new().await;
    world.store.fill();
    check(&world, &world.call("echo", "{}"), (503, "audit.unavailable")).await;
    check(&world, &world.call("secret", "{}"), (503, "audit.unavailable")).await;
    let bare = message("tools/call", Object::new().with("name", "echo"));
    check(&world, &bare, (503, "audit.unavailable")).await;
    assert!(world.events().await.is_empty());
}

#[tokio::test]
async fn no_secret_and_no_argument_is_in_the_log() {
    let world = World::new().await;
    let call = world.call("echo", r#"{"text":"open sesame"}"#);
    world.send(&call).await;
    world.send(&call).await;
    world.run("secret", r#"{"text":"open sesame"}"#).await;
    world.events().await;
    let log = world.log();
    for secret in ["open sesame", "eyJ", "aat_pop"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_gateway_that_closes_lets_no_call_in() {
    let world = World::new().await;
    let call = world.call("echo", "{}");
    world.gateway.close().await;
    check(&world, &call, (503, "limit.busy")).await;
}

#[tokio::test]
async fn parameters_that_no_proof_covers_do_not_pass() {
    let world = World::new().await;
    let mut call = world.call("echo", "{}");
    let mut params = call.remove("params").unwrap().as_object().unwrap().clone();
    params.set("task", Object::new());
    let text = call.with("params", params).to_canonical().unwrap();
    let answer = Post::new("/mcp/fix", text).send(world.address).await;
    assert_eq!((answer.status, answer.outcome()), (400, "mcp.malformed".into()));
    assert!(world.reached().is_empty());
    assert_eq!(HELD.len(), 14);
}

#[tokio::test]
async fn a_call_that_is_refused_before_it_is_decided_is_recorded() {
    let version = Object::new().with("io.modelcontextprotocol/protocolVersion", "1.0");
    let name = || Object::new().with("name", "echo");
    let tool = Some("mcp:fix/echo");
    let list = message("tools/list", Object::new()).to_canonical().unwrap();
    let call = |params: Object| message("tools/call", params).to_canonical().unwrap();
    for (post, code, target) in [
        (Post::new("/mcp/fix", call(name().with("_meta", version))), "mcp.version", tool),
        (Post::new("/mcp/fix", call(name().with("task", Object::new()))), "mcp.malformed", tool),
        (Post::new("/mcp/fix", call(name().with("arguments", 1_u32))), "mcp.malformed", tool),
        (Post::new("/mcp/fix", call(Object::new().with("name", 1_u32))), "mcp.malformed", None),
        (Post::new("/mcp/no", call(name())), "mcp.server_unknown", Some("mcp:no/echo")),
        (Post::new("/mcp/fix", call(name())).with("mcp-name", "x"), "mcp.header_mismatch", tool),
        (Post::new("/mcp/fix", list), "credential_missing", None),
    ] {
        let world = World::new().await;
        let answer = post.send(world.address).await;
        assert_eq!(answer.outcome(), code);
        assert_eq!(world.events().await, [format!("request.refused {code}")]);
        let event = json::parse_object(world.log().lines().last().unwrap().as_bytes()).unwrap();
        assert_eq!(event.get("target").and_then(Value::as_str), target, "{post:?}");
        assert_eq!(event.get("source_ip").and_then(Value::as_str), Some("127.0.0.1"));
        assert_eq!(event.get("id"), Some(&at(&answer.json().into(), "error/data/receipt/event")));
        assert!(world.reached().is_empty());
    }
}

#[tokio::test]
async fn what_a_refused_request_says_is_not_in_the_log() {
    let world = World::new().await;
    let params = Object::new().with("name", "echo").with("arguments", Object::new());
    let call = message("tools/call", params).to_canonical().unwrap();
    let post = Post::new("/mcp/fix", call).with("mcp-param-secret7", "swordfish");
    assert_eq!(post.send(world.address).await.outcome(), "mcp.header_mismatch");
    assert!(!world.log().contains("secret7") && !world.log().contains("swordfish"));
}

#[tokio::test]
async fn a_request_that_cannot_be_recorded_is_not_refused_for_its_reason() {
    let world = World::new().await;
    world.store.fill();
    let answer = Post::new("/mcp/no", "{}").send(world.address).await;
    assert_eq!((answer.status, answer.outcome()), (503, "audit.unavailable".into()));
}
