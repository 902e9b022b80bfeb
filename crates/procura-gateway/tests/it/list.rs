//! Which tools a caller sees.

use procura_core::json::{Object, Value};
use procura_wire::call::LIST_PURPOSE;

use crate::client::{Answer, at};
use crate::world::{HELD, World, chain, message, meta};

async fn list(world: &World, held: &[&str], purpose: &str) -> Answer {
    let chain = chain(held);
    let proof = procura_testkit::world::proof(&chain[1], "coder", purpose, &Object::new());
    let params = Object::new().with("_meta", meta(&chain, &proof));
    world.send(&message("tools/list", params)).await
}

fn names(answer: &Answer) -> Vec<String> {
    let tools = at(&answer.json().into(), "result/tools");
    let name = |tool: &Value| at(tool, "name").as_str().unwrap().to_owned();
    tools.as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn a_caller_sees_the_tools_that_it_holds_in_the_servers_order() {
    let world = World::new().await;
    let answer = list(&world, &["half", "echo", "absent"], LIST_PURPOSE).await;
    assert_eq!(names(&answer), ["echo", "half"]);
    assert_eq!(answer.text("result/cacheScope"), "private");
}

#[tokio::test]
async fn definitions_keep_their_bytes() {
    let world = World::new().await;
    let answer = list(&world, HELD, LIST_PURPOSE).await;
    let written =
        r#"{"name":"echo", "title":"Echo","x-unknown":1.0,"inputSchema":{"type":"object"}}"#;
    assert!(answer.body.contains(written), "{}", answer.body);
}

#[tokio::test]
async fn without_a_credential_nothing_is_seen() {
    let world = World::new().await;
    let answer = world.send(&message("tools/list", Object::new())).await;
    assert_eq!((answer.status, answer.outcome()), (401, "credential_missing".into()));
    assert!(!answer.body.contains("echo"));
}

#[tokio::test]
async fn a_proof_of_a_call_shows_no_list() {
    let world = World::new().await;
    for purpose in ["mcp:fix/echo", "mcp:fix/tools/list", "tools/call"] {
        let answer = list(&world, HELD, purpose).await;
        assert_eq!((answer.status, answer.outcome()), (401, "holder_binding_failed".into()));
    }
}

#[tokio::test]
async fn there_is_one_page_and_no_cursor() {
    let world = World::new().await;
    let params = Object::new().with("cursor", "2");
    let answer = world.send(&message("tools/list", params)).await;
    assert_eq!((answer.status, answer.outcome()), (400, "mcp.malformed".into()));
}
