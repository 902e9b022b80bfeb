//! An approval is good for one call, once, for a while.

use procura_core::approval::Answer;
use procura_engine::port::ApprovalState;
use procura_testkit::world as kit;

use crate::office::{at_once, chain, count_of, grant, refused};
use crate::world::{DEPLOY, EVERYTHING, READ, RULES, SEND, World, policy, text};

const PICTURE: &str = "alice > planner > coder";
const RELEASE: &str = r#"{"environment":"production","version":"1.4.2"}"#;

#[tokio::test]
async fn an_approved_call_runs_once() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    let asked = refused(sent.to(&world.engine).await);
    assert_eq!(asked.refusal.outcome.as_str(), "approval_required");
    let prompt = asked.prompt.unwrap();
    assert_eq!(world.ask(&sent).await, prompt, "the request that waits is not asked for again");
    let event = world.events("call.denied").pop().unwrap();
    assert_eq!(text(&event, "approval"), prompt.id);
    assert_eq!(world.decide("bob", &prompt.id, Answer::Approve).await, "done");
    assert_eq!(sent.code(&world.engine).await, "allowed");
    assert_eq!(text(&world.events("call.allowed")[0], "approval"), prompt.id);
    assert_eq!(world.row(&prompt.id).state, ApprovalState::Used);
    let next = refused(world.call(PICTURE, DEPLOY, RELEASE).to(&world.engine).await);
    assert_eq!(next.refusal.outcome.as_str(), "approval_consumed");
    assert_ne!(next.prompt.unwrap().id, prompt.id, "the next call is asked for anew");
}

#[tokio::test]
async fn rpl_01_a_replay_of_an_approved_call_is_a_replay_and_asks_nobody() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    world.approve(&sent).await;
    assert_eq!(sent.code(&world.engine).await, "allowed");
    let again = refused(sent.to(&world.engine).await);
    assert_eq!(again.refusal.outcome.as_str(), "replayed");
    assert_eq!(again.prompt, None);
    assert_eq!(world.engine.store().approvals(10).unwrap().len(), 1);
}

#[tokio::test]
async fn apr_01_an_approval_is_good_for_nothing_but_its_call() {
    let world = World::new().await;
    let approved = world.call(PICTURE, DEPLOY, RELEASE);
    let prompt = world.approve(&approved).await;
    let other_arguments =
        world.call(PICTURE, DEPLOY, r#"{"environment":"production","version":"6.6.6"}"#);
    assert_eq!(other_arguments.code(&world.engine).await, "approval_mismatch");
    let other_tool = world.call(PICTURE, SEND, RELEASE);
    assert_eq!(other_tool.code(&world.engine).await, "approval_required");
    let other_leaf = world.call("alice > planner", DEPLOY, RELEASE);
    assert_eq!(other_leaf.code(&world.engine).await, "approval_required");
    let mut renewed = chain("alice > planner");
    let again =
        procura_core::delegate::Grant { id: "another".into(), ..grant("coder", EVERYTHING) };
    renewed.push(kit::child(&renewed[0], "planner", &again));
    let other_delegation = world.call_under(&renewed, PICTURE, (DEPLOY, RELEASE));
    assert_eq!(other_delegation.code(&world.engine).await, "approval_required");
    let other_policy = world.replica(&format!("{RULES}\n# another text"));
    assert_eq!(world.call(PICTURE, DEPLOY, RELEASE).code(&other_policy).await, "approval_mismatch");
    assert_eq!(world.row(&prompt.id).state, ApprovalState::Approved);
    assert_eq!(approved.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_01_a_long_argument_is_bound_to_its_last_byte() {
    let world = World::new().await;
    let release = |last: &str| format!(r#"{{"notes":"{}{last}"}}"#, "n".repeat(9000));
    let approved = world.call(PICTURE, DEPLOY, &release("a"));
    world.approve(&approved).await;
    let other = world.call(PICTURE, DEPLOY, &release("b"));
    assert_eq!(other.code(&world.engine).await, "approval_mismatch");
    assert_eq!(approved.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_01_a_writable_database_approves_nothing() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    let prompt = world.ask(&sent).await;
    let thief = world.thief();
    let state = |id: &str| {
        thief.execute("UPDATE approvals SET state = 'approved', quorum = 0, expires = expires + 9999 WHERE id = ?1", [id]).unwrap();
    };
    state(&prompt.id);
    assert_eq!(world.row(&prompt.id).state, ApprovalState::Approved);
    assert_eq!(sent.code(&world.engine).await, "approval_required", "no statement");
    let insert = |statement: &str| {
        thief.execute("DELETE FROM decisions", []).unwrap();
        thief
            .execute(
                "INSERT INTO decisions (approval, position, statement) VALUES (?1, 0, ?2)",
                [&prompt.id, statement],
            )
            .unwrap();
    };
    let subject = procura_engine::approvals::subject_of(&world.row(&prompt.id)).unwrap();
    insert("approved");
    assert_eq!(sent.code(&world.engine).await, "approval_required", "no signature");
    for stranger in ["coder", "mallory", "dave", "carol"] {
        insert(&world.decision_about(stranger, &subject, Answer::Approve));
        assert_eq!(sent.code(&world.engine).await, "approval_required", "{stranger}");
    }
    let other = world.call(PICTURE, DEPLOY, "{}");
    let other = world.ask(&other).await;
    let about_other = world.decision("bob", &other.id, Answer::Approve);
    insert(&about_other);
    assert_eq!(
        sent.code(&world.engine).await,
        "approval_required",
        "a statement about another call"
    );
    thief.execute("UPDATE approvals SET digest = (SELECT digest FROM approvals WHERE id = ?2) WHERE id = ?1", [&prompt.id, &other.id]).unwrap();
    assert_eq!(sent.code(&world.engine).await, "approval_required", "a row about another call");
    assert_eq!(world.events("call.allowed").len(), 0);
    // The twin: what bob signs is enough, because he signed it.
    let sent = world.call(PICTURE, DEPLOY, r#"{"version":"1.4.3"}"#);
    world.approve(&sent).await;
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_02_a_writable_database_does_not_make_a_decision_new() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    let prompt = world.approve(&sent).await;
    assert_eq!(sent.code(&world.engine).await, "allowed");
    let thief = world.thief();
    thief.execute("UPDATE approvals SET state = 'approved'", []).unwrap();
    thief.execute("DELETE FROM used", []).unwrap();
    let again = world.call(PICTURE, DEPLOY, RELEASE);
    let next = world.ask(&again).await;
    // Nor does a copy of the decision under another request.
    let sql = "INSERT INTO decisions (approval, position, statement) SELECT ?2, 0, statement FROM decisions WHERE approval = ?1";
    thief.execute(sql, [&prompt.id, &next.id]).unwrap();
    thief.execute("UPDATE approvals SET state = 'approved'", []).unwrap();
    assert_eq!(again.code(&world.engine).await, "approval_required");
    assert_eq!(world.events("call.allowed").len(), 1);
    thief.execute("DELETE FROM decisions", []).unwrap();
    thief.execute("UPDATE approvals SET state = 'pending' WHERE id = ?1", [&next.id]).unwrap();
    world.hand.forward(1);
    assert_eq!(world.decide("bob", &next.id, Answer::Approve).await, "done");
    assert_eq!(again.code(&world.engine).await, "allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn apr_02_one_approval_of_50_calls_at_once_is_used_by_one() {
    let world = World::new().await;
    for trial in 0..20 {
        let release = format!(r#"{{"version":"{trial}"}}"#);
        world.approve(&world.call(PICTURE, DEPLOY, &release)).await;
        let calls = (0..50).map(|_| world.call(PICTURE, DEPLOY, &release)).collect();
        let codes = at_once(&world, calls).await;
        assert_eq!(count_of(&codes, "allowed"), 1, "trial {trial}");
        let refused = count_of(&codes, "approval_consumed") + count_of(&codes, "approval_required");
        assert_eq!(refused, 49, "trial {trial}: {codes:?}");
        // Who looked after it was used has asked again, if anybody did; this one does.
        let prompt = world.ask(&world.call(PICTURE, DEPLOY, &release)).await;
        let waiting = world.engine.store().approvals(100).unwrap();
        let waiting = waiting.iter().filter(|row| row.state == ApprovalState::Pending).count();
        assert_eq!(waiting, 1, "trial {trial}: all who ask share one request");
        assert_eq!(world.decide("bob", &prompt.id, Answer::Deny).await, "done");
    }
    assert_eq!(world.events("call.allowed").len(), 20);
}

#[tokio::test]
async fn apr_03_a_request_that_is_over_is_not_decided() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    let prompt = world.ask(&sent).await;
    world.hand.forward(3599);
    let statement = world.decision("bob", &prompt.id, Answer::Approve);
    world.hand.forward(1);
    let late = world.engine.settle(&world.person("bob"), &prompt.id, &statement).await;
    assert_eq!(late.unwrap_err().code(), ("approval_expired", 403));
    assert_eq!(world.row(&prompt.id).state, ApprovalState::Pending);
    let chain = renewed(&world);
    let again = world.call_under(&chain, "alice > planner", (DEPLOY, RELEASE));
    world.approve(&again).await;
    assert_eq!(again.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_03_an_approval_that_is_over_is_not_used() {
    let world = World::new().await;
    world.approve(&world.call(PICTURE, DEPLOY, RELEASE)).await;
    world.hand.forward(299);
    let in_time = world.call(PICTURE, DEPLOY, RELEASE);
    world.hand.forward(1);
    assert_eq!(in_time.code(&world.engine).await, "approval_required");
    world.hand.forward(1);
    let late = world.call(PICTURE, DEPLOY, RELEASE);
    let asked = refused(late.to(&world.engine).await);
    assert_eq!(asked.refusal.outcome.as_str(), "approval_required");
    assert_eq!(world.events("call.allowed").len(), 0);
    world.approve(&late).await;
    assert_eq!(late.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn apr_03_an_old_decision_does_not_serve_twice() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    let prompt = world.ask(&sent).await;
    let statement = world.decision("bob", &prompt.id, Answer::Approve);
    let settled = world.engine.settle(&world.person("bob"), &prompt.id, &statement).await;
    assert_eq!(settled.unwrap().state, ApprovalState::Approved);
    let twice = world.engine.settle(&world.person("bob"), &prompt.id, &statement).await;
    assert_eq!(twice.unwrap_err().code().0, "approval.decided");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn a_refused_call_stays_refused_while_the_refusal_lasts() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    let prompt = world.ask(&sent).await;
    assert_eq!(world.decide("bob", &prompt.id, Answer::Deny).await, "done");
    let denied = refused(sent.to(&world.engine).await);
    assert_eq!(denied.refusal.outcome.as_str(), "approval_denied");
    assert_eq!(denied.prompt, None, "nobody is asked again at once");
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
}

#[tokio::test]
async fn apr_06_an_agent_does_not_wear_the_approver_down() {
    let world = World::new().await;
    let version = |number: usize| format!(r#"{{"version":"{number}"}}"#);
    for number in 0..10 {
        world.ask(&world.call(PICTURE, DEPLOY, &version(number))).await;
    }
    let eleventh = refused(world.call(PICTURE, DEPLOY, &version(10)).to(&world.engine).await);
    let outcome = eleventh.refusal.outcome;
    assert_eq!((outcome.as_str(), outcome.http_status()), ("approval_rate_limited", 429));
    assert_eq!(eleventh.prompt, None);
    // Another tool, another delegation and another instance are the same agent.
    let other_tool = world.call(PICTURE, SEND, "{}");
    assert_eq!(other_tool.code(&world.engine).await, "approval_rate_limited");
    let mut instance = chain(PICTURE);
    instance.push(kit::child(&instance[1], "coder", &grant("coder/1", EVERYTHING)));
    let instance = world.call_under(&instance, "coder/1", (DEPLOY, "{}"));
    assert_eq!(instance.code(&world.engine).await, "approval_rate_limited");
    let waits = world.call(PICTURE, DEPLOY, &version(3));
    world.approve(&waits).await;
    assert_eq!(waits.code(&world.engine).await, "allowed", "what waits already can be approved");
    assert_eq!(world.answer("alice > planner", DEPLOY).await, "approval_required");
    world.ask(&world.call(PICTURE, DEPLOY, &version(10))).await;
    let rows = world.engine.store().approvals(100).unwrap();
    assert_eq!(rows.len(), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn apr_06_an_agent_does_not_wear_the_approver_down_all_at_once() {
    let world = World::new().await;
    let calls =
        (0..50).map(|number| world.call(PICTURE, DEPLOY, &format!(r#"{{"version":"{number}"}}"#)));
    let codes = at_once(&world, calls.collect()).await;
    assert_eq!(count_of(&codes, "approval_required"), 10);
    assert_eq!(count_of(&codes, "approval_rate_limited"), 40);
}

#[tokio::test]
async fn apr_01_policy_that_changed_its_mind_asks_again() {
    let world = World::new().await;
    let sent = world.call(PICTURE, DEPLOY, RELEASE);
    world.approve(&sent).await;
    let stricter =
        world.replica(&RULES.replace(r#""by": ["user:bob"]"#, r#""by": ["user:carol"]"#));
    assert_ne!(stricter.policy().revision(), policy(RULES).revision());
    assert_eq!(sent.code(&stricter).await, "approval_mismatch");
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

/// A chain of planner's that is good an hour later.
fn renewed(world: &World) -> Vec<String> {
    let now = world.now();
    let grant = procura_core::delegate::Grant {
        issued: now,
        expires: now.plus(procura_core::time::Seconds::new(3600)),
        ..grant("planner", EVERYTHING)
    };
    vec![kit::root("alice", &grant)]
}
