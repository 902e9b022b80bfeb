//! Policy has the last word, and silence is no word.

use procura_engine::authorize::Caller;
use procura_testkit::world as kit;

use crate::office::{chain, grant, refused};
use crate::world::{DEPLOY, DROP, EVERYTHING, HUM, READ, RULES, World, text};

const PICTURE: &str = "alice > planner > coder";

#[tokio::test]
async fn every_agent_and_tool_gets_the_answer_of_the_rules() {
    let world = World::new().await;
    let expected = [
        ("alice > planner", ["allowed", "approval_required", "policy_denied", "policy_denied"]),
        (PICTURE, ["allowed", "approval_required", "policy_denied", "policy_denied"]),
        ("alice > worker", ["allowed", "policy_denied", "policy_denied", "policy_denied"]),
        ("bob > coder", ["allowed", "approval_required", "policy_denied", "policy_denied"]),
        ("carol > coder", ["policy_denied"; 4]),
    ];
    for (picture, codes) in expected {
        for (tool, code) in [READ, DEPLOY, DROP, HUM].into_iter().zip(codes) {
            assert_eq!(world.answer(picture, tool).await, code, "{picture}: {tool}");
        }
    }
}

#[tokio::test]
async fn pol_01_what_the_rules_do_not_mention_is_denied() {
    let world = World::new().await;
    let silent = refused(world.call(PICTURE, HUM, "{}").to(&world.engine).await);
    assert_eq!(silent.refusal.outcome.as_str(), "policy_denied");
    assert!(silent.refusal.reason.starts_with("policy.undefined"), "{}", silent.refusal.reason);
    assert_eq!((silent.caller, silent.rule.as_deref()), (Caller::Proven, Some("engine")));
    let event = world.events("call.denied").pop().unwrap();
    assert!(text(&event, "reason").starts_with("policy.undefined"));
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
}

#[tokio::test]
async fn pol_02_rules_that_fail_deny() {
    let world = World::new().await;
    for rules in [
        r#"decision := {"effect": "allow", "rule": "r"} if 1 / input.args.zero > 0"#,
        r#"decision := {"effect": "allow", "rule": input.args.secret}
           decision := {"effect": "deny", "rule": "other"}"#,
        r#"decision := "allow""#,
        "decision := true",
        r#"decision := {"effect": "yes", "rule": input.args.secret}"#,
        r#"decision := {"effect": "allow", "rule": "r", "extra": input.args.secret}"#,
    ] {
        let replica = world.replica(&format!("package procura\n{rules}\n"));
        let sent = world.call(PICTURE, READ, r#"{"secret":"canary-3141","zero":0}"#);
        assert_eq!(sent.code(&replica).await, "policy_denied", "{rules}");
        assert_eq!(sent.code(&world.engine).await, "allowed", "the twin");
    }
    let log = world.texts().join("\n");
    assert!(!log.contains("canary-3141"), "an argument's value is in the log");
}

#[tokio::test]
async fn pol_04_arguments_that_policy_cannot_see_are_denied() {
    let world = World::new().await;
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(300 * 1024));
    let sent = world.call(PICTURE, READ, &large);
    let answer = refused(sent.to(&world.engine).await);
    assert!(
        answer.refusal.reason.starts_with("policy.input_incomplete"),
        "{}",
        answer.refusal.reason
    );
    let fits = format!(r#"{{"text":"{}"}}"#, "x".repeat(100 * 1024));
    assert_eq!(world.call(PICTURE, READ, &fits).code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn an_agent_does_not_shed_its_roles_as_an_instance() {
    let world = World::new().await;
    let mut instance = chain("alice > worker");
    instance.push(kit::child(&instance[0], "worker", &grant("worker/1", EVERYTHING)));
    let call = |tool| world.call_under(&instance, "worker/1", (tool, "{}"));
    assert_eq!(call(DEPLOY).code(&world.engine).await, "policy_denied");
    assert_eq!(call(READ).code(&world.engine).await, "allowed");
    // Nor what the rules say of it.
    let named = format!(
        "{RULES}\ndecision := {{\"effect\": \"deny\", \"rule\": \"worker\"}} if input.agent == \"{}\"",
        kit::agent_id("worker")
    );
    let replica = world.replica(&named.replace(
        r#"if input.tool == "mcp:web/read""#,
        &format!(
            r#"if {{ input.tool == "mcp:web/read"; input.agent != "{}" }}"#,
            kit::agent_id("worker")
        ),
    ));
    assert_eq!(call(READ).code(&replica).await, "policy_denied");
    assert_eq!(world.call(PICTURE, READ, "{}").code(&replica).await, "allowed");
}
