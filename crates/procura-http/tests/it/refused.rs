//! What is refused is in the log before it is answered.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use procura_core::json::{Object, Value};

use crate::going_away::{Gate, Slow};
use crate::wire::Request;
use crate::world::World;

/// Code, action, principal and address of the newest refused request.
fn newest(world: &World) -> [String; 4] {
    let event = world.refused().pop().unwrap();
    ["code", "action", "principal", "source_ip"].map(|name| text(&event, name))
}

fn text(event: &Object, name: &str) -> String {
    event.get(name).and_then(Value::as_str).unwrap_or("-").to_owned()
}

#[tokio::test]
async fn a_request_without_a_proof_is_recorded() {
    let world = World::new().await;
    let bare = Request::new("GET", "/v1/agents", "");
    assert_eq!(world.send(&bare).await.problem(), "401 credential_missing");
    assert_eq!(newest(&world), ["credential_missing", "GET /v1/agents", "-", "127.0.0.1"]);
}

#[tokio::test]
async fn a_person_who_may_not_is_named() {
    let world = World::new().await;
    let answer = world.post("bob", "/v1/agents", &Object::new().with("statement", "x")).await;
    assert_eq!(answer.status, 403);
    let expected = ["not_eligible", "POST /v1/agents", "user:bob", "127.0.0.1"];
    assert_eq!(newest(&world), expected);
}

#[tokio::test]
async fn a_request_that_was_sent_before_is_recorded() {
    let world = World::new().await;
    let body = r#"{"kind":"principal","value":"user:bob"}"#;
    let request = world.signed("alice", ("POST", "/v1/revocations"), body);
    assert_eq!(world.send(&request).await.status, 201);
    assert_eq!(world.refused().len(), 0);
    assert_eq!(world.send(&request).await.problem(), "401 replayed");
    assert_eq!(newest(&world), ["replayed", "POST /v1/revocations", "user:alice", "127.0.0.1"]);
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_recorded() {
    let world = World::new().await;
    let request = world.signed("alice", ("GET", "/v1/agents"), "").with("Host", "evil.example");
    assert_eq!(world.send(&request).await.problem(), "421 web.host");
    assert_eq!(newest(&world), ["web.host", "GET /v1/agents", "-", "127.0.0.1"]);
}

#[tokio::test]
async fn a_change_that_cannot_be_read_is_recorded_and_a_question_for_nothing_is_not() {
    let world = World::new().await;
    assert_eq!(world.get("alice", "/v1/agents/nobody").await.status, 404);
    assert_eq!(world.get("alice", "/v1/other").await.status, 404);
    assert_eq!(world.refused().len(), 0);
    let body = Object::new().with("kind", "nothing");
    assert_eq!(world.post("alice", "/v1/revocations", &body).await.status, 422);
    assert_eq!(newest(&world)[0], "revocation.invalid");
}

#[tokio::test]
async fn a_flood_buys_ten_events() {
    let world = World::new().await;
    for _ in 0..30 {
        let bare = Request::new("GET", "/v1/agents", "");
        assert_eq!(world.send(&bare).await.problem(), "401 credential_missing");
    }
    assert_eq!(world.refused().len(), 10);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_recorded_is_not_said() {
    let gate = Arc::new(Gate::default());
    let between = Arc::clone(&gate);
    let world = World::over(|inner| Arc::new(Slow { inner, gate: between })).await;
    gate.broken.store(true, Ordering::SeqCst);
    let bare = Request::new("GET", "/v1/agents", "");
    assert_eq!(world.send(&bare).await.problem(), "503 audit.unavailable");
    gate.broken.store(false, Ordering::SeqCst);
    assert_eq!(world.send(&bare).await.problem(), "401 credential_missing");
}

#[tokio::test]
async fn a_query_that_nobody_reads_is_refused() {
    let world = World::new().await;
    for target in ["/v1/agents?limit=1", "/v1/checkpoint?", "/v1/events?form=1", "/v1/people?a"] {
        assert_eq!(world.get("alice", target).await.problem(), "400 malformed", "{target}");
    }
    assert_eq!(world.get("alice", "/v1/events?from=0&limit=1").await.status, 200);
}

#[tokio::test]
async fn a_number_that_json_cannot_carry_is_refused() {
    let world = World::new().await;
    for number in ["9223372036854775807", "18446744073709551616", "9007199254740992", "-1", "1.0"] {
        let target = format!("/v1/events?from={number}");
        assert_eq!(world.get("alice", &target).await.problem(), "400 malformed", "{target}");
    }
    assert_eq!(world.get("alice", "/v1/events?from=9007199254740991").await.status, 200);
}

#[tokio::test]
async fn while_the_log_is_not_signed_health_is_not_well() {
    let world = World::new().await;
    let health = Request::new("GET", "/v1/health", "");
    assert_eq!(world.send(&health).await.status, 200);
    world.engine.hold();
    assert_eq!(world.send(&health).await.problem(), "503 audit.unavailable");
    world.engine.release();
    assert_eq!(world.send(&health).await.status, 200);
}

#[tokio::test]
async fn a_challenge_takes_no_member_and_no_long_body() {
    let world = World::new().await;
    for (body, problem) in
        [("{\"x\":1}".to_owned(), "400 malformed"), ("x".repeat(64 * 1024 + 1), "413 too_large")]
    {
        let request = Request::new("POST", "/v1/challenges", &body);
        assert_eq!(world.send(&request).await.problem(), problem);
        assert_eq!(newest(&world)[1], "POST /v1/challenges");
    }
    for body in ["", "{}"] {
        assert_eq!(world.send(&Request::new("POST", "/v1/challenges", body)).await.status, 201);
    }
}

#[tokio::test]
async fn what_others_send_from_there_does_not_silence_a_person() {
    let world = World::new().await;
    for _ in 0..20 {
        world.send(&Request::new("GET", "/v1/agents", "")).await;
    }
    assert_eq!(world.refused().len(), 10);
    let answer = world.post("bob", "/v1/agents", &Object::new().with("statement", "x")).await;
    assert_eq!(answer.status, 403);
    assert_eq!(world.refused().len(), 11);
    assert_eq!(newest(&world)[2], "user:bob");
}
