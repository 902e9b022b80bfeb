//! Who may decide, and that a decision is about what was shown.

use procura_core::approval::Answer;
use procura_core::directory::RevokedThing;
use procura_engine::port::ApprovalState;
use procura_testkit::world as kit;

use crate::office::admin_code;
use crate::world::{DEPLOY, LAUNCH, SEND, World};

const PICTURE: &str = "alice > planner > coder";

#[tokio::test]
async fn apr_04_an_agent_decides_nothing() {
    let world = World::new().await;
    let sent = world.call(PICTURE, SEND, "{}");
    let prompt = world.ask(&sent).await;
    // Nobody who holds an agent's key gets as far as a decision.
    let request = world.signed("coder", "as-itself");
    assert!(world.engine.authenticate(&request, &crate::office::COVERED).is_err());
    // Nor does its statement count, whoever brings it.
    let statement = world.decision("coder", &prompt.id, Answer::Approve);
    let settled = world.engine.settle(&world.person("bob"), &prompt.id, &statement).await;
    assert_eq!(admin_code(&settled), "approval_not_eligible");
    assert_eq!(world.row(&prompt.id).state, ApprovalState::Pending);
    assert_eq!(sent.code(&world.engine).await, "approval_required");
    assert_eq!(world.decide("bob", &prompt.id, Answer::Approve).await, "done");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_04_who_is_not_asked_neither_approves_nor_refuses() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, "{}");
    let prompt = world.ask(&sent).await;
    for name in ["alice", "carol", "dave"] {
        for answer in [Answer::Approve, Answer::Deny] {
            let code = world.decide(name, &prompt.id, answer).await;
            assert_eq!(code, "approval_not_eligible", "{name} {answer:?}");
        }
    }
    assert_eq!(world.row(&prompt.id).statements.len(), 0);
    assert_eq!(world.decide("bob", &prompt.id, Answer::Approve).await, "done");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_04_an_unknown_person_and_a_foreign_key_decide_nothing() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, "{}");
    let prompt = world.ask(&sent).await;
    let bob = || world.person("bob");
    let stranger = world.decision("mallory", &prompt.id, Answer::Approve);
    let settled = world.engine.settle(&bob(), &prompt.id, &stranger).await;
    assert_eq!(admin_code(&settled), "approval_not_eligible");
    // Mallory's key, bob's name.
    let row = world.row(&prompt.id);
    let subject = procura_engine::approvals::subject_of(&row).unwrap();
    let now = world.now();
    let terms = procura_core::approval::Terms {
        id: "forged",
        approver: "user:bob",
        issued: now,
        expires: now.plus(procura_core::time::Seconds::new(300)),
    };
    let sign = |name: &str| {
        procura_core::approval::sign(&subject, Answer::Approve, &terms, &kit::key(name))
    };
    for name in ["mallory", "coder", "carol"] {
        let settled = world.engine.settle(&bob(), &prompt.id, &sign(name)).await;
        assert_eq!(admin_code(&settled), "signature_invalid", "{name}");
    }
    // Bob's decision, sent by somebody else.
    let settled = world.engine.settle(&world.person("carol"), &prompt.id, &sign("bob")).await;
    assert_eq!(admin_code(&settled), "not_eligible");
    let settled = world.engine.settle(&bob(), &prompt.id, &sign("bob")).await;
    assert_eq!(admin_code(&settled), "done");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_04_a_decision_about_another_call_settles_nothing() {
    let world = World::new().await;
    let (one, two) = (world.call(PICTURE, DEPLOY, "{}"), world.call(PICTURE, DEPLOY, r#"{"a":1}"#));
    let (first, second) = (world.ask(&one).await, world.ask(&two).await);
    let about_first = world.decision("bob", &first.id, Answer::Approve);
    let settled = world.engine.settle(&world.person("bob"), &second.id, &about_first).await;
    assert_eq!(admin_code(&settled), "approval_mismatch");
    let settled = world.engine.settle(&world.person("bob"), "nothing", &about_first).await;
    assert_eq!(admin_code(&settled), "not_found");
    let settled = world.engine.settle(&world.person("bob"), &first.id, &about_first).await;
    assert_eq!(admin_code(&settled), "done");
}

#[tokio::test]
async fn a_quorum_of_two_is_two_people() {
    let world = World::new().await;
    let sent = world.call(PICTURE, LAUNCH, "{}");
    let prompt = world.ask(&sent).await;
    assert_eq!(world.decide("bob", &prompt.id, Answer::Approve).await, "done");
    assert_eq!(world.row(&prompt.id).state, ApprovalState::Pending);
    assert_eq!(sent.code(&world.engine).await, "approval_required");
    assert_eq!(world.decide("bob", &prompt.id, Answer::Approve).await, "approval.decided");
    assert_eq!(world.decide("dave", &prompt.id, Answer::Approve).await, "approval_not_eligible");
    assert_eq!(sent.code(&world.engine).await, "approval_required");
    assert_eq!(world.decide("carol", &prompt.id, Answer::Approve).await, "done");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn a_quorum_is_not_met_with_copies_of_one_decision() {
    let world = World::new().await;
    let sent = world.call(PICTURE, LAUNCH, "{}");
    let prompt = world.ask(&sent).await;
    let thief = world.thief();
    for position in 0..2 {
        let statement = world.decision("bob", &prompt.id, Answer::Approve);
        let sql = "INSERT INTO decisions (approval, position, statement) VALUES (?1, ?2, ?3)";
        thief.execute(sql, (&prompt.id, position, &statement)).unwrap();
    }
    thief.execute("UPDATE approvals SET state = 'approved', quorum = 1", []).unwrap();
    assert_eq!(sent.code(&world.engine).await, "approval_required");
    thief.execute("UPDATE approvals SET state = 'pending', quorum = 2", []).unwrap();
    assert_eq!(world.decide("carol", &prompt.id, Answer::Approve).await, "done");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_people_who_decide_at_once_are_two() {
    let world = World::new().await;
    for trial in 0..50 {
        let sent = world.call(PICTURE, LAUNCH, &format!(r#"{{"trial":{trial}}}"#));
        let prompt = world.ask(&sent).await;
        let (bob, carol) = tokio::join!(
            world.decide("bob", &prompt.id, Answer::Approve),
            world.decide("carol", &prompt.id, Answer::Approve)
        );
        assert_eq!((bob, carol), ("done", "done"), "trial {trial}");
        assert_eq!(world.row(&prompt.id).state, ApprovalState::Approved);
        assert_eq!(sent.code(&world.engine).await, "allowed", "trial {trial}");
    }
}

#[tokio::test]
async fn one_refusal_is_enough() {
    let world = World::new().await;
    let sent = world.call(PICTURE, LAUNCH, "{}");
    let prompt = world.ask(&sent).await;
    assert_eq!(world.decide("bob", &prompt.id, Answer::Deny).await, "done");
    assert_eq!(world.decide("carol", &prompt.id, Answer::Approve).await, "approval.decided");
    assert_eq!(sent.code(&world.engine).await, "approval_denied");
}

#[tokio::test]
async fn apr_04_a_revoked_key_decides_nothing_and_what_it_decided_is_void() {
    let world = World::new().await;
    let (approved, waiting) =
        (world.call(PICTURE, SEND, "{}"), world.call(PICTURE, SEND, r#"{"a":1}"#));
    world.approve(&approved).await;
    let prompt = world.ask(&waiting).await;
    let bob = world.person("bob");
    let statement = world.decision("bob", &prompt.id, Answer::Approve);
    let key = kit::public_key("bob").thumbprint().to_string();
    world.revoke(RevokedThing::Key(key)).await.unwrap();
    assert_eq!(approved.code(&world.engine).await, "approval_required");
    // Even with a request that was authenticated before.
    let settled = world.engine.settle(&bob, &prompt.id, &statement).await;
    assert_eq!(admin_code(&settled), "not_eligible");
    assert_eq!(world.decide("carol", &prompt.id, Answer::Approve).await, "done");
    assert_eq!(waiting.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_07_what_is_shown_is_what_is_signed() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, r#"{"version":"6.6.6"}"#);
    let prompt = world.ask(&sent).await;
    let thief = world.thief();
    let statement = world.decision("bob", &prompt.id, Answer::Approve);
    let edit = |from: &str, to: &str| {
        thief
            .execute("UPDATE approvals SET request = replace(request, ?1, ?2)", [from, to])
            .unwrap();
    };
    for (from, to) in [("6.6.6", "1.4.2"), ("mcp:web/deploy", "mcp:web/read")] {
        edit(from, to);
        assert_eq!(procura_engine::approvals::subject_of(&world.row(&prompt.id)), None);
        let settled = world.engine.settle(&world.person("bob"), &prompt.id, &statement).await;
        assert_eq!(admin_code(&settled), "approval_mismatch", "{to}");
        edit(to, from);
    }
    let settled = world.engine.settle(&world.person("bob"), &prompt.id, &statement).await;
    assert_eq!(admin_code(&settled), "done");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}
