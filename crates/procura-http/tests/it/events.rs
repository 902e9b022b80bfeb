//! The log over HTTP.

use procura_core::json::Value;
use procura_engine::port::{Draft, Write};

use crate::wire::{Reply, text};
use crate::world::{World, members};

fn kinds(reply: &Reply) -> Vec<String> {
    let page = reply.json();
    let events = page.get("events").and_then(Value::as_array).unwrap();
    events.iter().map(|event| text(event.as_object().unwrap(), "kind")).collect()
}

fn next(reply: &Reply) -> i64 {
    reply.json().get("next").and_then(Value::as_integer).unwrap()
}

/// Two people, then an agent that is suspended and resumed.
async fn world() -> World {
    let world = World::new().await;
    world.enrol_named("planner").await;
    for state in ["suspended", "active"] {
        world.post("alice", "/v1/agents/planner/state", &members(&[("state", state)])).await;
    }
    world
}

#[tokio::test]
async fn events_come_in_order_and_in_pages() {
    let world = world().await;
    let all = world.get("bob", "/v1/events?from=0").await;
    let expected = [
        "directory.person_enrolled",
        "directory.person_enrolled",
        "directory.agent_enrolled",
        "directory.agent_suspended",
        "directory.agent_resumed",
    ];
    assert_eq!(kinds(&all), expected);
    assert_eq!(next(&all), 5);
    let some = world.get("bob", "/v1/events?from=1&limit=2").await;
    assert_eq!(kinds(&some), expected[1..3]);
    assert_eq!(next(&some), 3);
    let last = world.get("bob", "/v1/events?limit=2").await;
    assert_eq!(kinds(&last), expected[3..]);
    let none = world.get("bob", "/v1/events?from=5").await;
    assert!(kinds(&none).is_empty());
    assert_eq!(next(&none), 5);
    for query in ["from=-1", "from=x", "limit=1.5", "limit=1&limit=2", "offset=1"] {
        let reply = world.get("bob", &format!("/v1/events?{query}")).await;
        assert_eq!(reply.problem(), "400 malformed", "{query}");
    }
}

/// Writes `count` events with this much text each.
async fn fill(world: &World, count: usize, bytes: usize) {
    let event = |index: usize| Draft {
        id: format!("filler-{index}"),
        kind: "filler",
        body: members(&[("kind", "filler"), ("text", &"x".repeat(bytes))]),
    };
    let write = Write { events: (0..count).map(event).collect(), ..Write::default() };
    world.engine.store().commit(write).await.unwrap();
}

#[tokio::test]
async fn a_page_ends_after_500_events_or_a_mebibyte() {
    let many = World::new().await;
    fill(&many, 600, 1).await;
    let page = many.get("bob", "/v1/events?from=0&limit=1000").await;
    assert_eq!((kinds(&page).len(), next(&page)), (500, 500));
    let rest = many.get("bob", "/v1/events?from=500&limit=1000").await;
    assert_eq!((kinds(&rest).len(), next(&rest)), (102, 602));
    let large = World::new().await;
    fill(&large, 20, 60_000).await;
    let page = large.get("bob", "/v1/events?from=2&limit=20").await;
    assert_eq!((kinds(&page).len(), next(&page)), (17, 19));
    let rest = large.get("bob", "/v1/events?from=19&limit=20").await;
    assert_eq!((kinds(&rest).len(), next(&rest)), (3, 22));
}

#[tokio::test]
async fn one_event_is_served_as_the_bytes_that_were_hashed() {
    let world = world().await;
    for event in world.engine.store().events(0, 10).unwrap() {
        let reply = world.get("bob", &format!("/v1/events/{}", event.id)).await;
        assert_eq!(reply.body.as_bytes(), event.body);
    }
}

#[tokio::test]
async fn a_receipt_is_text_or_a_reason_to_wait() {
    let world = world().await;
    let events = world.engine.store().events(0, 10).unwrap();
    let first = &events[0].id;
    let reply = world.get("bob", &format!("/v1/events/{first}/receipt")).await;
    assert_eq!(reply.body, format!("receipt of {first}\n"));
    assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
    let resumed = &events[4].id;
    let reply = world.get("bob", &format!("/v1/events/{resumed}/receipt")).await;
    assert_eq!(reply.problem(), "503 audit.unavailable");
    assert_eq!(world.get("bob", "/v1/checkpoint").await.body, "a checkpoint\n");
}

#[tokio::test]
async fn a_change_says_who_made_it_and_why() {
    let world = World::new().await;
    world.enrol_named("planner").await;
    let body = members(&[("state", "suspended"), ("reason", "it asked for too much")]);
    world.post("alice", "/v1/agents/planner/state", &body).await;
    let page = world.get("bob", "/v1/events?limit=1").await.json();
    let event =
        page.get("events").and_then(Value::as_array).unwrap()[0].as_object().unwrap().clone();
    assert_eq!(text(&event, "by"), "user:alice");
    assert_eq!(text(&event, "agent"), "spiffe://procura.test/agent/planner");
    assert_eq!(text(&event, "reason"), "it asked for too much");
}
