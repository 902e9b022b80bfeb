//! What is revoked is over, and with it everything that depends on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use procura_core::directory::{AgentState, RevokedThing};
use procura_core::json::{Object, Value};
use procura_core::proof::{Listing, Verified};
use procura_engine::authorize::NotAllowed;
use procura_engine::event::Source;
use procura_testkit::world as kit;
use procura_wire::presentation::Presentation;

use crate::broken::Fault;
use crate::office::{admin_code, chain, code, grant, refused};
use crate::world::{DEPLOY, EVERYTHING, READ, World, text};

const PICTURE: &str = "alice > planner > coder > worker";

/// What each of four calls is answered: of the three on one chain, and of bob's coder.
async fn answers(world: &World) -> [&'static str; 4] {
    [
        world.answer("alice > planner", READ).await,
        world.answer("alice > planner > coder", READ).await,
        world.answer(PICTURE, READ).await,
        world.answer("bob > coder", READ).await,
    ]
}

#[tokio::test]
async fn rev_01_an_agent_that_is_revoked_or_suspended_takes_all_below_along() {
    let world = World::new().await;
    assert_eq!(answers(&world).await, ["allowed"; 4]);
    world.set("coder", AgentState::Suspended).await.unwrap();
    let suspended = "holder_not_active";
    assert_eq!(answers(&world).await, ["allowed", suspended, suspended, suspended]);
    world.set("coder", AgentState::Active).await.unwrap();
    assert_eq!(answers(&world).await, ["allowed"; 4]);
    world.set("coder", AgentState::Revoked).await.unwrap();
    assert_eq!(answers(&world).await, ["allowed", "revoked", "revoked", "revoked"]);
    for state in [AgentState::Active, AgentState::Suspended, AgentState::Revoked] {
        assert_eq!(admin_code(&world.set("coder", state).await), "identity.revoked");
    }
    assert_eq!(answers(&world).await, ["allowed", "revoked", "revoked", "revoked"]);
}

#[tokio::test]
async fn rev_02_a_revoked_delegation_takes_its_subtree_along() {
    let world = World::new().await;
    let mut renewed = chain("alice > planner");
    let again =
        procura_core::delegate::Grant { id: "renewed".into(), ..grant("coder", EVERYTHING) };
    renewed.push(kit::child(&renewed[0], "planner", &again));
    world.revoke(RevokedThing::Delegation("delegation-to-worker".into())).await.unwrap();
    assert_eq!(answers(&world).await, ["allowed", "allowed", "revoked", "allowed"]);
    world.revoke(RevokedThing::Delegation("delegation-to-planner".into())).await.unwrap();
    assert_eq!(answers(&world).await, ["revoked", "revoked", "revoked", "allowed"]);
    let sent = world.call_under(&renewed, "coder", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "revoked");
}

#[tokio::test]
async fn rev_02_a_new_grant_under_a_new_id_works() {
    let world = World::new().await;
    world.revoke(RevokedThing::Delegation("delegation-to-planner".into())).await.unwrap();
    let again =
        procura_core::delegate::Grant { id: "renewed".into(), ..grant("planner", EVERYTHING) };
    let renewed = vec![kit::root("alice", &again)];
    let sent = world.call_under(&renewed, "planner", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "allowed");
    assert_eq!(world.answer("alice > planner", READ).await, "revoked");
}

#[tokio::test]
async fn rev_01_a_key_a_principal_an_instance_and_everything_can_be_revoked() {
    let thumbprint = |name: &str| kit::public_key(name).thumbprint().to_string();
    let table = [
        (RevokedThing::Key(thumbprint("coder")), ["allowed", "revoked", "revoked", "revoked"]),
        (RevokedThing::Key(thumbprint("worker")), ["allowed", "allowed", "revoked", "allowed"]),
        (
            RevokedThing::Principal("user:alice".into()),
            ["revoked", "revoked", "revoked", "allowed"],
        ),
        (
            RevokedThing::Instance(kit::agent_id("worker")),
            ["allowed", "allowed", "revoked", "allowed"],
        ),
        (RevokedThing::Everything, ["revoked"; 4]),
        (RevokedThing::Key("unknown".into()), ["allowed"; 4]),
    ];
    for (thing, expected) in table {
        let world = World::new().await;
        world.revoke(thing.clone()).await.unwrap();
        assert_eq!(answers(&world).await, expected, "{thing:?}");
        let event = world.events("directory.revoked").pop().unwrap();
        assert_eq!((text(&event, "what"), text(&event, "by")), (thing.kind(), "user:alice"));
    }
}

#[tokio::test]
async fn rev_01_an_instance_goes_and_its_agent_stays() {
    let world = World::new().await;
    let under = |name: &str| {
        let mut chain = chain("alice > planner");
        chain.push(kit::child(&chain[0], "planner", &grant(name, EVERYTHING)));
        chain
    };
    let call = |name: &str| world.call_under(&under(name), name, (READ, "{}"));
    world.revoke(RevokedThing::Instance(kit::agent_id("planner/1"))).await.unwrap();
    assert_eq!(call("planner/1").code(&world.engine).await, "revoked");
    assert_eq!(call("planner/2").code(&world.engine).await, "allowed");
    world.set("planner", AgentState::Suspended).await.unwrap();
    assert_eq!(call("planner/2").code(&world.engine).await, "holder_not_active");
}

#[tokio::test]
async fn rev_01_a_persons_key_that_is_revoked_signs_nothing_any_more() {
    let world = World::new().await;
    let bob = world.person("bob");
    assert_eq!(world.answer("bob > coder", READ).await, "allowed");
    let key = kit::public_key("bob").thumbprint().to_string();
    world.revoke(RevokedThing::Key(key)).await.unwrap();
    assert_eq!(world.answer("bob > coder", READ).await, "revoked");
    let request = world.signed("bob", "after");
    let refusal = world.engine.authenticate(&request, &crate::office::COVERED).unwrap_err();
    assert_eq!(refusal.outcome.as_str(), "signature_invalid", "as for an unknown name");
    let own = RevokedThing::Principal("user:bob".into());
    let before = world.engine.revoke(&bob, own, "").await;
    assert_eq!(admin_code(&before), "not_eligible", "even if it was authenticated before");
    assert_eq!(answers(&world).await, ["allowed", "allowed", "allowed", "revoked"]);
}

#[tokio::test]
async fn rev_01_everything_is_everything_until_then() {
    let world = World::new().await;
    world.revoke(RevokedThing::Everything).await.unwrap();
    assert_eq!(answers(&world).await, ["revoked"; 4]);
    // Clocks may differ by 30 s, so tokens of that long after are revoked too.
    world.hand.forward(31);
    let now = world.now();
    let later = procura_core::delegate::Grant {
        id: "later".into(),
        issued: now,
        expires: now.plus(procura_core::time::Seconds::new(60)),
        ..grant("planner", EVERYTHING)
    };
    let sent = world.call_under(&[kit::root("alice", &later)], "planner", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rev_07_nothing_is_allowed_after_the_revocation_in_the_log() {
    let world = World::new().await;
    for schedule in 0..200 {
        let name = format!("racer-{schedule}x");
        world.enrol_agent(&name).await.unwrap();
        let racers = format!("alice > planner > {name}");
        if schedule % 2 == 0 {
            // A warm cache must not outlive what it was filled under.
            assert_eq!(world.answer(&racers, READ).await, "allowed");
        }
        let mut running = tokio::task::JoinSet::new();
        for number in 0..8 {
            let picture = if number % 4 == 3 { "alice > planner > coder" } else { &racers };
            let (sent, engine) = (world.call(picture, READ, "{}"), Arc::clone(&world.engine));
            let is_racers = picture == racers;
            running.spawn(async move {
                pass((number * 7 + schedule) % 13).await;
                (is_racers, sent.code(&engine).await)
            });
        }
        pass(schedule % 11).await;
        world.set(&name, AgentState::Revoked).await.unwrap();
        for (is_racers, code) in running.join_all().await {
            let fits = code == "allowed" || (code == "revoked" && is_racers);
            assert!(fits, "schedule {schedule}: {code}");
        }
        assert_eq!(world.answer(&racers, READ).await, "revoked");
    }
    let revoked: BTreeMap<String, i64> = world
        .events("directory.agent_revoked")
        .iter()
        .map(|event| (text(event, "agent").to_owned(), sequence(event)))
        .collect();
    assert_eq!(revoked.len(), 200);
    for event in world.events("call.allowed") {
        let end = revoked.get(text(&event, "agent_proven"));
        assert!(end.is_none_or(|end| sequence(&event) < *end), "{event:?}");
    }
}

/// Lets others go first, so many times.
async fn pass(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

fn sequence(event: &Object) -> i64 {
    event.get("seq").and_then(Value::as_integer).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rev_07_an_approval_does_not_outlive_the_agent() {
    for _ in 0..20 {
        let world = World::new().await;
        let sent = world.call("alice > planner > coder", DEPLOY, "{}");
        world.approve(&sent).await;
        let (revoked, code) =
            tokio::join!(world.set("coder", AgentState::Revoked), sent.code(&world.engine));
        revoked.unwrap();
        assert!(["allowed", "revoked"].contains(&code), "{code}");
        let later = world.call("alice > planner > coder", DEPLOY, "{}").code(&world.engine).await;
        assert_eq!(later, "revoked");
    }
}

#[tokio::test]
async fn who_may_not_call_may_not_list() {
    let world = World::new().await;
    let coder = "alice > planner > coder";
    assert_eq!(world.listed(coder).await, "listed");
    world.set("coder", AgentState::Suspended).await.unwrap();
    assert_eq!(world.listed(coder).await, "holder_not_active");
    assert_eq!(world.listed("alice > planner").await, "listed");
    world.set("coder", AgentState::Active).await.unwrap();
    assert_eq!(world.listed(coder).await, "listed");
    world.set("coder", AgentState::Revoked).await.unwrap();
    assert_eq!(world.listed(coder).await, "revoked");
    assert_eq!(world.listed("alice > stranger").await, "holder_unknown");
    assert_eq!(world.listed("mallory > planner").await, "untrusted_root");
    world.revoke(RevokedThing::Delegation("delegation-to-planner".into())).await.unwrap();
    assert_eq!(world.listed("alice > planner").await, "revoked");
}

#[tokio::test]
async fn who_may_not_list_says_nothing_of_who_is_revoked_without_a_proof() {
    let world = World::new().await;
    world.set("coder", AgentState::Revoked).await.unwrap();
    let chain = chain("alice > planner > coder");
    let proof = world.call("alice > planner", LIST, "{}").proof;
    let shown = Presentation { chain, proof, approvals: Vec::new() };
    let listed = world.engine.list(&source(), &shown, LIST).await;
    assert_eq!(refused(listed).refusal.outcome.as_str(), "holder_binding_failed");
}

#[tokio::test]
async fn a_list_after_a_change_that_nobody_saw_knows_of_it() {
    let world = World::new().await;
    world.store.fail(Fault::After);
    let failed = world.set("coder", AgentState::Revoked).await;
    assert_eq!(admin_code(&failed), "audit.unavailable");
    world.store.fail(Fault::Reading);
    assert_eq!(world.listed("alice > planner > coder").await, "status_unknown");
    world.store.fail(Fault::None);
    assert_eq!(world.listed("alice > planner > coder").await, "revoked");
    assert_eq!(world.listed("alice > planner").await, "listed");
}

#[tokio::test]
async fn a_list_that_is_refused_is_recorded_and_one_that_is_not_leaves_nothing() {
    let world = World::new().await;
    assert_eq!(world.listed("alice > planner > coder").await, "listed");
    assert_eq!(world.events("request.refused").len(), 0);
    world.set("coder", AgentState::Revoked).await.unwrap();
    assert_eq!(world.listed("alice > planner > coder").await, "revoked");
    let [event] = &world.events("request.refused")[..] else { panic!("one event") };
    assert_eq!(text(event, "action"), LIST);
    assert_eq!(text(event, "code"), "revoked");
    assert_eq!(text(event, "agent_claimed"), "spiffe://procura.test/agent/coder");
    world.store.fail(Fault::Before);
    let answer = world.listing("alice > planner > coder").await;
    assert!(matches!(answer, Err(NotAllowed::Unavailable)), "what is not recorded is not said");
}

const LIST: &str = "mcp:tools/list";

fn source() -> Source {
    Source { address: "127.0.0.1".into(), transport: "http", request_id: "request-1".into() }
}

impl World {
    async fn listing(&self, picture: &str) -> Result<Verified<Listing>, NotAllowed> {
        let sent = self.call(picture, LIST, "{}");
        let shown = Presentation { chain: sent.chain, proof: sent.proof, approvals: Vec::new() };
        self.engine.list(&source(), &shown, LIST).await
    }

    async fn listed(&self, picture: &str) -> &'static str {
        let listed = self.listing(picture).await;
        if listed.is_ok() { "listed" } else { code(&listed) }
    }
}
