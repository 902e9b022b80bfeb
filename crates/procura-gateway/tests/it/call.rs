//! Calls that may happen, and what becomes of them.

use procura_core::json::Object;

use crate::client::{Post, at};
use crate::world::{HASTY, World, message};

#[tokio::test]
async fn a_call_that_the_chain_holds_reaches_the_server_once() {
    let world = World::new().await;
    let answer = world.run("echo", r#"{"text":"hello","n":1.50}"#).await;
    assert_eq!((answer.status, answer.outcome()), (200, "result".into()));
    assert_eq!(world.reached().len(), 1);
    assert_eq!(world.events().await, ["call.allowed ok", "call.ended done"]);
}

#[tokio::test]
async fn the_answer_keeps_its_bytes_and_gains_a_receipt() {
    let world = World::new().await;
    let answer = world.run("echo", "{}").await;
    assert!(answer.body.starts_with(r#"{"jsonrpc":"2.0","id":"one","result":{"content":[{"#));
    assert!(answer.body.contains(r#""x-unknown":1.0"#), "{}", answer.body);
    let receipt = at(&answer.json().into(), "result/_meta/dev.procura~receipt");
    let (event, sequence) = (at(&receipt, "event"), at(&receipt, "sequence"));
    let stored = procura_engine::port::Store::event(&*world.store, event.as_str().unwrap());
    let stored = stored.unwrap().unwrap();
    assert_eq!(i64::try_from(stored.sequence).unwrap(), sequence.as_integer().unwrap());
    assert_eq!(stored.kind, "call.allowed");
}

#[tokio::test]
async fn an_id_keeps_its_type() {
    let world = World::new().await;
    for (id, written) in [(7i64.into(), "7"), ("7".into(), r#""7""#)] {
        let call: procura_core::json::Value = id;
        let mut request = world.call("echo", "{}");
        request.set("id", call);
        let answer = world.send(&request).await;
        assert!(answer.body.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{written},"#)));
    }
}

#[tokio::test]
async fn a_receipt_that_a_server_forges_does_not_stay() {
    let world = World::new().await;
    let answer = world.run("forge", "{}").await;
    assert!(!answer.body.contains("forged"), "{}", answer.body);
    assert!(answer.body.contains(r#""a":1.0"#));
    assert!(answer.body.contains("dev.procura/receipt"));
}

#[tokio::test]
async fn mcp_06_no_credential_reaches_the_server() {
    let world = World::new().await;
    let request = world.call("echo", "{}").to_canonical().unwrap();
    let post = Post::new("/mcp/fix", request).with("authorization", "Bearer inbound-secret");
    let post = post.with("cookie", "session=inbound-secret");
    assert_eq!(post.send(world.address).await.status, 200);
    let lines = world.reached();
    assert_eq!(lines.len(), 1);
    for secret in ["aat_", "dev.procura", "inbound-secret", "eyJ"] {
        assert!(!lines[0].contains(secret), "{secret} in {}", lines[0]);
    }
    // The rest of `_meta` is the client's own and passes.
    assert!(lines[0].contains(r#""_meta":{"traceparent":"00-ab-cd-01"}"#));
}

#[tokio::test]
async fn the_server_sees_the_canonical_form_of_what_was_decided() {
    let world = World::new().await;
    world.run("echo", r#"{"text":"\u0061","n":1.50}"#).await;
    let line = &world.reached()[0];
    assert!(line.contains(r#""params":{"_meta":"#), "{line}");
    assert!(line.contains(r#""arguments":{"n":1.5,"text":"a"},"name":"echo""#), "{line}");
}

#[tokio::test]
async fn the_server_sees_no_variable_of_ours() {
    let world = World::new().await;
    let answer = world.run("environment", "{}").await;
    let seen = answer.text("result/content/0/text");
    let allowed = ["PATH", "HOME", "LANG", "FIXTURE_LOG"];
    assert!(seen.split(' ').all(|name| allowed.contains(&name)), "{seen}");
    // Cargo sets this one for us, so there was something to keep back.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
}

#[tokio::test]
async fn an_error_of_a_tool_is_passed_on_and_recorded() {
    let world = World::new().await;
    let answer = world.run("fail", "{}").await;
    assert!(answer.body.contains(r#""isError":true"#));
    let answer = world.run("error", "{}").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(r#""error":{"code":-7, "message":"no","data":1.0}"#));
    let events = world.events().await;
    assert_eq!(events.iter().filter(|event| *event == "call.ended failed").count(), 2);
}

#[tokio::test]
async fn half_a_character_of_a_server_passes() {
    let world = World::new().await;
    let answer = world.run("half", "{}").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(r#""text":"\ud83d""#), "{}", answer.body);
}

#[tokio::test]
async fn a_server_that_ends_is_told_and_recorded_and_started_again() {
    let world = World::new().await;
    let answer = world.run("die", "{}").await;
    assert_eq!((answer.status, answer.outcome()), (502, "mcp.upstream_died".into()));
    assert_eq!(world.run("echo", "{}").await.status, 200);
    assert_eq!(
        world.events().await,
        ["call.allowed ok", "call.ended broken", "call.allowed ok", "call.ended done"]
    );
}

#[tokio::test]
async fn a_server_that_talks_garbage_is_stopped_and_started_again() {
    for tool in ["garbage", "stranger", "huge"] {
        let world = World::new().await;
        let answer = world.run(tool, "{}").await;
        assert_eq!((answer.status, answer.outcome()), (502, "mcp.upstream_broken".into()));
        assert!(answer.body.contains("receipt"));
        assert_eq!(world.run("echo", "{}").await.status, 200, "{tool}");
        assert!(world.events().await.contains(&"call.ended broken".into()));
    }
}

#[tokio::test]
async fn a_result_that_is_none_is_not_passed_on() {
    let world = World::new().await;
    let answer = world.run("flat", "{}").await;
    assert_eq!((answer.status, answer.outcome()), (502, "mcp.upstream_broken".into()));
    assert_eq!(world.events().await, ["call.allowed ok", "call.ended broken"]);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_its_late_answer_is_no_surprise() {
    let world = World::with("plain", HASTY).await;
    let answer = world.run("hang", "{}").await;
    assert_eq!((answer.status, answer.outcome()), (504, "mcp.upstream_timeout".into()));
    assert_eq!(world.events().await, ["call.allowed ok", "call.ended timed_out"]);
}

#[tokio::test]
async fn a_garbage_answer_fails_every_call_that_waits() {
    let world = World::new().await;
    let waiting = world.call("hang", "{}");
    let (waiting, garbage) = tokio::join!(world.send(&waiting), async {
        // The call that hangs is under way once the server has seen it.
        while world.reached().is_empty() {
            tokio::task::yield_now().await;
        }
        world.run("garbage", "{}").await
    });
    assert_eq!(waiting.outcome(), "mcp.upstream_broken");
    assert_eq!(garbage.outcome(), "mcp.upstream_broken");
}

#[tokio::test]
async fn a_server_may_ping_and_may_ask_for_nothing_else() {
    let world = World::new().await;
    let answer = world.run("ask", "{}").await;
    let said = answer.text("result/content/0/text");
    assert!(said.contains(r#"{"jsonrpc":"2.0","id":"p","result":{}}"#), "{said}");
    assert!(said.contains(r#""id":"s","error":{"code":-32601"#), "{said}");
}

#[tokio::test]
async fn a_tool_that_is_held_and_absent_is_recorded_and_not_asked_for() {
    let world = World::new().await;
    let answer = world.run("absent", "{}").await;
    assert_eq!((answer.status, answer.outcome()), (200, "mcp.tool_unknown".into()));
    assert_eq!(at(&answer.json().into(), "error/code").as_integer(), Some(-32602));
    assert!(world.reached().is_empty());
    assert_eq!(world.events().await, ["call.allowed ok", "call.ended failed"]);
}

#[tokio::test]
async fn a_server_that_comes_back_with_other_tools_is_not_called() {
    let world = World::with("changing", crate::world::PATIENT).await;
    assert_eq!(world.run("echo", "{}").await.status, 200);
    assert_eq!(world.run("die", "{}").await.status, 502);
    let answer = world.run("echo", "{}").await;
    assert_eq!((answer.status, answer.outcome()), (403, "mcp.tool_changed".into()));
    assert_eq!(world.reached().len(), 2);
}

#[tokio::test]
async fn a_client_of_2026_gets_results_with_a_type() {
    let world = World::new().await;
    let arguments = Object::new();
    let proof = world.proof("mcp:fix/echo", &arguments);
    let meta = crate::world::meta(&crate::world::chain(crate::world::HELD), &proof)
        .with("io.modelcontextprotocol/protocolVersion", "2026-07-28");
    let params = Object::new().with("name", "echo").with("_meta", meta);
    let answer = world.send(&message("tools/call", params)).await;
    assert_eq!(answer.text("result/resultType"), "complete");
    assert!(!world.run("echo", "{}").await.body.contains("resultType"));
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_the_record() {
    let world = World::new().await;
    let request = world.call("hang", "{}");
    let sent = world.send(&request);
    tokio::select! {
        _ = sent => panic!("a call that hangs was answered"),
        () = async {
            while world.reached().is_empty() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    assert_eq!(world.run("die", "{}").await.status, 502);
    let events = world.events().await;
    assert_eq!(events.iter().filter(|event| *event == "call.ended broken").count(), 2);
}
