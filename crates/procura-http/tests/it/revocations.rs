//! Revocation over HTTP (REV).

use procura_core::json::Value;
use procura_core::key::Signer as _;
use procura_testkit::world::key;

use crate::world::{World, members};

async fn revoke(world: &World, who: &str, (kind, value): (&str, &str)) -> String {
    let body = members(&[("kind", kind), ("value", value), ("reason", "test")]);
    let reply = world.post(who, "/v1/revocations", &body).await;
    if reply.status == 201 { "201".into() } else { reply.problem() }
}

#[tokio::test]
async fn rev_08_what_is_not_ones_own_is_not_found() {
    let world = World::new().await;
    let thumbprint = key("planner").public_key().thumbprint().to_string();
    let instance = "spiffe://procura.test/agent/planner/instance/1";
    let things = [
        ("delegation", "delegation-of-alice"),
        ("delegation", "no-such-delegation"),
        ("principal", "user:alice"),
        ("key", thumbprint.as_str()),
        ("instance", instance),
        ("everything", ""),
    ];
    let before = world.events();
    for thing in things {
        assert_eq!(revoke(&world, "bob", thing).await, "404 not_found", "{thing:?}");
    }
    assert_eq!(world.events(), before);
    assert_eq!(revoke(&world, "bob", ("principal", "user:bob")).await, "201");
    for thing in things {
        assert_eq!(revoke(&world, "alice", thing).await, "201", "{thing:?}");
    }
    let mistyped = ("principal", "user:alcie");
    assert_eq!(revoke(&world, "alice", mistyped).await, "404 not_found");
    let list = world.get("bob", "/v1/revocations").await.json();
    assert_eq!(list.get("revocations").and_then(Value::as_array).unwrap().len(), 7);
}

#[tokio::test]
async fn what_names_nothing_is_not_revoked_by_mistake() {
    let world = World::new().await;
    let before = world.events();
    for thing in [
        ("key", "ed25519:0011223344556677"),
        ("key", ""),
        ("instance", "planner/1"),
        ("delegation", ""),
        ("principal", ""),
        ("principal", "alice"),
        ("principal", "user:"),
        ("principal", "user:Alice"),
        ("everything", "really"),
        ("agent", "planner"),
    ] {
        assert_eq!(revoke(&world, "alice", thing).await, "422 revocation.invalid", "{thing:?}");
    }
    assert_eq!(world.events(), before);
    assert_eq!(revoke(&world, "alice", ("everything", "")).await, "201");
}
