//! One proof, one effect.

use procura_core::delegate::{ProofFor, prove};
use procura_core::directory::AgentState;
use procura_core::time::Seconds;
use procura_testkit::world as kit;

use crate::broken::Fault;
use crate::office::{ProofOf, admin_code, at_once, chain, count_of, refused};
use crate::world::{READ, World};

const PICTURE: &str = "alice > planner > coder";

#[tokio::test]
async fn rpl_01_a_proof_is_accepted_once() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    assert_eq!(sent.code(&world.engine).await, "allowed");
    let again = refused(sent.to(&world.engine).await);
    assert_eq!(
        (again.refusal.outcome.as_str(), again.refusal.outcome.http_status()),
        ("replayed", 401)
    );
    assert_eq!(again.refusal.step, "7i");
    assert!(again.entry.is_some(), "a replay is in the log");
    assert_eq!(world.events("call.allowed").len(), 1);
    assert_eq!(world.answer(PICTURE, READ).await, "allowed", "the next proof is another one");
}

#[tokio::test]
async fn rpl_01_a_proof_is_accepted_once_whatever_else_is_sent_with_it() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    assert_eq!(sent.code(&world.engine).await, "allowed");
    // The same `jti` under the same key, in a proof of another call.
    let id = "one-id";
    let proof = |arguments| {
        let issued = world.now();
        world.call_with(
            &chain(PICTURE),
            (READ, arguments),
            &ProofOf { id, holder: "coder", issued },
        )
    };
    assert_eq!(proof("{}").code(&world.engine).await, "allowed");
    assert_eq!(proof(r#"{"page":2}"#).code(&world.engine).await, "replayed");
    // The same `jti` under another key is another proof.
    let issued = world.now();
    let other = ProofOf { id, holder: "planner", issued };
    let other = world.call_with(&chain("alice > planner"), (READ, "{}"), &other);
    assert_eq!(other.code(&world.engine).await, "allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rpl_02_of_64_at_once_one_is_allowed_in_each_of_200_trials() {
    let world = World::new().await;
    for trial in 0..200 {
        let sent = world.call(PICTURE, READ, "{}");
        let codes = at_once(&world, vec![sent; 64]).await;
        let (allowed, replayed) = (count_of(&codes, "allowed"), count_of(&codes, "replayed"));
        assert_eq!((allowed, replayed), (1, 63), "trial {trial}");
    }
    assert_eq!(world.events("call.allowed").len(), 200);
    assert_eq!(world.events("call.denied").len(), 200 * 63);
}

#[tokio::test]
async fn rpl_02_two_engines_on_one_store_accept_a_proof_once() {
    let world = World::new().await;
    let replica = world.replica(crate::world::RULES);
    for _ in 0..20 {
        let sent = world.call(PICTURE, READ, "{}");
        let (here, there) = tokio::join!(sent.code(&world.engine), sent.code(&replica));
        let mut codes = [here, there];
        codes.sort_unstable();
        assert_eq!(codes, ["allowed", "replayed"]);
    }
}

#[tokio::test]
async fn rpl_03_garbage_with_the_next_id_of_a_victim_does_not_burn_it() {
    let world = World::new().await;
    let victim = world.call(PICTURE, READ, "{}");
    let mut unsigned = victim.clone();
    let (signed, _) = victim.proof.rsplit_once('.').unwrap();
    unsigned.proof = format!("{signed}.{}", "A".repeat(86));
    assert_eq!(unsigned.code(&world.engine).await, "holder_binding_failed");
    let arguments = kit::object("{}");
    let forged = ProofFor {
        id: &format!("fresh-{}", world.count.load(std::sync::atomic::Ordering::SeqCst) - 1),
        leaf: victim.chain.last().unwrap(),
        tool: READ,
        arguments: &arguments,
        audience: kit::AUDIENCE,
        issued: world.now(),
    };
    let mut other_key = victim.clone();
    other_key.proof = prove(&forged, &kit::key("mallory")).unwrap();
    assert_eq!(other_key.code(&world.engine).await, "holder_binding_failed");
    let mut other_call = victim.clone();
    other_call.arguments = r#"{"page":9}"#.into();
    assert_eq!(other_call.code(&world.engine).await, "holder_binding_failed");
    assert_eq!(victim.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn rpl_03_a_denied_call_does_not_burn_its_proof() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    world.set("coder", AgentState::Suspended).await.unwrap();
    assert_eq!(sent.code(&world.engine).await, "holder_not_active");
    world.set("coder", AgentState::Active).await.unwrap();
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn rpl_04_a_flood_of_ids_evicts_none_that_can_still_be_used() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    assert_eq!(sent.code(&world.engine).await, "allowed");
    for round in 0..6 {
        let flood = (0..300).map(|_| world.call(PICTURE, READ, "{}")).collect();
        assert_eq!(count_of(&at_once(&world, flood).await, "allowed"), 300);
        assert_eq!(sent.code(&world.engine).await, "replayed", "round {round}");
        world.hand.forward(5);
    }
    assert_eq!(sent.code(&world.engine).await, "replayed");
    // Two windows later the proof itself is too old, remembered or not.
    world.hand.forward(31);
    assert_eq!(sent.code(&world.engine).await, "expired");
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
    assert_eq!(sent.code(&world.engine).await, "expired");
}

#[tokio::test]
async fn rpl_05_and_06_a_proof_is_of_now() {
    let world = World::new().await;
    let (early, late) = (-31_i64, 31_i64);
    for (seconds, expected) in [
        (early, "expired"),
        (-600, "expired"),
        (-30, "allowed"),
        (0, "allowed"),
        (30, "allowed"),
        (late, "not_yet_valid"),
        (600, "not_yet_valid"),
    ] {
        let offset = Seconds::new(u32::try_from(seconds.abs()).unwrap());
        let now = world.now();
        let issued = if seconds < 0 { now.minus(offset) } else { now.plus(offset) };
        let id = world.fresh();
        let proof = ProofOf { id: &id, holder: "coder", issued };
        let sent = world.call_with(&chain(PICTURE), (READ, "{}"), &proof);
        assert_eq!(sent.code(&world.engine).await, expected, "{seconds} s");
    }
}

#[tokio::test]
async fn rpl_05_a_proof_from_the_future_is_remembered_until_it_is_old() {
    let world = World::new().await;
    let id = world.fresh();
    let issued = world.now().plus(Seconds::new(30));
    let proof = ProofOf { id: &id, holder: "coder", issued };
    let sent = world.call_with(&chain(PICTURE), (READ, "{}"), &proof);
    assert_eq!(sent.code(&world.engine).await, "allowed");
    for _ in 0..60 {
        assert_eq!(sent.code(&world.engine).await, "replayed");
        assert_eq!(world.answer("alice > planner", READ).await, "allowed");
        world.hand.forward(1);
    }
    assert_eq!(sent.code(&world.engine).await, "replayed");
    world.hand.forward(1);
    assert_eq!(sent.code(&world.engine).await, "expired");
}

#[tokio::test]
async fn rpl_08_a_proof_is_remembered_over_a_restart() {
    let world = World::new().await;
    let used = world.call(PICTURE, READ, "{}");
    let unused = world.call(PICTURE, READ, "{}");
    assert_eq!(used.code(&world.engine).await, "allowed");
    let world = world.close().open().unwrap();
    assert_eq!(used.code(&world.engine).await, "replayed");
    assert_eq!(unused.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn rpl_07_a_replay_that_waits_in_a_stalled_store_is_not_accepted() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    assert_eq!(sent.code(&world.engine).await, "allowed");
    let alice = world.person("alice");
    world.store.fail(Fault::Stalled);
    let replay = sent.code(&world.engine);
    let stall = async {
        tokio::task::yield_now().await;
        // The store forgets what is too old to be accepted.
        world.hand.forward(200);
        world.store.fail(Fault::None);
    };
    let (code, ()) = tokio::join!(replay, stall);
    assert_eq!(code, "unavailable");
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
    // A request of a person that waited so long is not carried out either.
    let id = kit::agent_id("coder");
    let late = world.engine.set_agent_state(&alice, &id, (AgentState::Revoked, "")).await;
    assert_eq!(admin_code(&late), "replayed");
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
}
