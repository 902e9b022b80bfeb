//! The stdio front, as a stock client uses it.

use std::sync::Arc;

use procura_core::json::{self, Object};
use procura_gateway::guard::{Credential, serve};
use tokio::io::AsyncReadExt as _;

use crate::client::{at, outcome};
use crate::world::{World, credential, message};

/// Sends each line, hangs up, and returns the answers in the order of their ids.
async fn converse(world: &World, credential: Option<Credential>, lines: &[String]) -> Vec<Object> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (output, mut answers) = tokio::io::duplex(1 << 20);
    let gateway = Arc::clone(&world.gateway);
    serve(gateway, "fix", credential, (input.as_bytes(), output)).await.unwrap();
    let mut text = String::new();
    answers.read_to_string(&mut text).await.unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    let parsed = text.lines().map(|line| json::parse_object(line.as_bytes()).unwrap());
    let mut answers: Vec<Object> = parsed.collect();
    answers.sort_by_key(|answer| answer.get("id").unwrap().to_canonical().unwrap());
    answers
}

fn line(id: i64, method: &str, params: Object) -> String {
    message(method, params).with("id", id).to_canonical().unwrap()
}

fn echo(id: i64) -> String {
    line(id, "tools/call", Object::new().with("name", "echo"))
}

#[tokio::test]
async fn a_stock_client_works_with_the_credential_of_its_agent() {
    let world = World::new().await;
    let lines = [
        line(1, "initialize", Object::new().with("protocolVersion", "2025-11-25")),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.into(),
        line(2, "tools/list", Object::new()),
        echo(3),
        line(4, "ping", Object::new()),
        line(5, "logging/setLevel", Object::new().with("level", "debug")),
        line(6, "server/discover", Object::new()),
    ];
    let answers = converse(&world, Some(credential()), &lines).await;
    assert_eq!(answers.len(), 6);
    assert!(answers.iter().all(|answer| outcome(answer) == "result"));
    let tools = at(&answers[1].clone().into(), "result/tools");
    assert_eq!(tools.as_array().unwrap().len(), 13);
    at(&answers[2].clone().into(), "result/_meta/dev.procura~receipt/event");
    assert_eq!(world.reached().len(), 1);
    assert_eq!(world.events().await, ["call.allowed ok", "call.ended done"]);
}

#[tokio::test]
async fn calls_of_one_agent_have_a_proof_each() {
    let world = World::new().await;
    let lines: Vec<String> = (1..10).map(echo).collect();
    let answers = converse(&world, Some(credential()), &lines).await;
    assert!(answers.iter().all(|answer| outcome(answer) == "result"));
    assert_eq!(world.reached().len(), 9);
}

#[tokio::test]
async fn a_denial_is_a_result_that_the_model_reads() {
    let world = World::new().await;
    let call = line(1, "tools/call", Object::new().with("name", "secret"));
    let answers = converse(&world, Some(credential()), &[call]).await;
    let answer = answers[0].clone().into();
    assert_eq!(at(&answer, "result/isError").as_bool(), Some(true));
    let decision = at(&answer, "result/_meta/dev.procura~decision");
    assert_eq!(at(&decision, "code").as_str(), Some("scope_not_granted"));
    let text = at(&answer, "result/content/0/text");
    assert!(text.as_str().unwrap().starts_with("refused (scope_not_granted): "));
    assert!(world.reached().is_empty());
    assert_eq!(world.events().await, ["call.denied scope_not_granted"]);
}

#[tokio::test]
async fn without_any_credential_everything_is_refused() {
    let world = World::new().await;
    let lines = [echo(1), line(2, "tools/list", Object::new())];
    let answers = converse(&world, None, &lines).await;
    let code = at(&answers[0].clone().into(), "result/_meta/dev.procura~decision/code");
    assert_eq!(code.as_str(), Some("credential_missing"));
    assert_eq!(outcome(&answers[1]), "credential_missing");
    assert!(world.reached().is_empty());
}

#[tokio::test]
async fn a_client_with_a_credential_of_its_own_needs_no_other() {
    let world = World::new().await;
    let call = world.call("echo", "{}").to_canonical().unwrap();
    let answers = converse(&world, None, &[call.clone(), call]).await;
    // One of the two copies is a replay, whichever was first.
    let replayed =
        answers.iter().filter(|answer| answer.to_canonical().unwrap().contains("replayed"));
    assert_eq!(replayed.count(), 1);
    assert_eq!(world.reached().len(), 1);
}

#[tokio::test]
async fn what_is_not_a_message_is_answered_and_the_next_is_read() {
    let world = World::new().await;
    let long = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#, "x".repeat(1024 * 1024));
    let lines = ["nonsense".into(), long, String::new(), line(1, "ping", Object::new())];
    let answers = converse(&world, None, &lines).await;
    let mut outcomes: Vec<String> = answers.iter().map(outcome).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["mcp.malformed", "result", "too_large"]);
    let mut events = world.events().await;
    events.sort();
    assert_eq!(events, ["request.refused mcp.malformed", "request.refused too_large"]);
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_the_conversation() {
    let world = World::new().await;
    assert!(converse(&world, Some(credential()), &[]).await.is_empty());
}
