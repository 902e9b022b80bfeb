//! What is in the log of a call, and that nothing happens without it.

use procura_core::json::{Object, Value};
use procura_engine::authorize::Caller;
use procura_engine::record::CallEnd;
use procura_testkit::world as kit;

use crate::broken::Fault;
use crate::office::{chain, chain_of, refused};
use crate::world::{DEPLOY, DROP, HUM, READ, World, text};

const PICTURE: &str = "alice > planner > coder";

/// What every decision names (L0), but for its code and reason.
const MEMBERS: [&str; 18] = [
    "ts",
    "seq",
    "request_id",
    "replica",
    "tenant",
    "decision",
    "code",
    "agent_claimed",
    "agent_proven",
    "key_thumbprint",
    "chain_root",
    "chain_leaf",
    "action",
    "target",
    "args_digest",
    "policy_rev",
    "data_rev",
    "source_ip",
];

fn missing(event: &Object) -> Vec<&'static str> {
    MEMBERS.into_iter().filter(|name| event.get(name).is_none()).collect()
}

#[tokio::test]
async fn an_allowed_call_is_in_the_log_before_it_leaves() {
    let world = World::new().await;
    let recorded = world.call(PICTURE, READ, r#"{"page":3}"#).to(&world.engine).await.unwrap();
    let event = world.events("call.allowed").pop().unwrap();
    assert_eq!(missing(&event), Vec::<&str>::new());
    assert_eq!(text(&event, "id"), recorded.entry().id);
    assert_eq!(
        event.get("seq").and_then(Value::as_integer),
        i64::try_from(recorded.entry().sequence).ok()
    );
    assert_eq!((text(&event, "decision"), text(&event, "code")), ("allow", "ok"));
    assert_eq!(text(&event, "agent_proven"), kit::agent_id("coder"));
    assert_eq!(text(&event, "principal"), "user:alice");
    assert_eq!(text(&event, "key_thumbprint"), kit::public_key("coder").thumbprint().to_string());
    assert_eq!(event.get("data_rev").and_then(Value::as_integer), Some(7));
    let (call, underway) = recorded.spend();
    assert_eq!(call.get().request().tool, READ);
    world.engine.finish(underway, CallEnd::Done).await.unwrap();
    let end = world.events("call.ended").pop().unwrap();
    assert_eq!((text(&end, "call"), text(&end, "end")), (text(&event, "id"), "done"));
}

#[tokio::test]
async fn a_denied_call_is_in_the_log_and_answers_with_its_place() {
    let world = World::new().await;
    let refused = refused(world.call(PICTURE, DROP, "{}").to(&world.engine).await);
    assert_eq!(
        (refused.refusal.outcome.as_str(), refused.caller),
        ("policy_denied", Caller::Proven)
    );
    assert_eq!(refused.rule.as_deref(), Some("drop"));
    let event = world.events("call.denied").pop().unwrap();
    assert_eq!(missing(&event), Vec::<&str>::new());
    assert_eq!((text(&event, "decision"), text(&event, "code")), ("deny", "policy_denied"));
    assert_eq!(text(&event, "id"), refused.entry.unwrap().id);
    assert_eq!(text(&event, "step"), "P8");
    assert_eq!(world.events("call.allowed").len(), 0);
}

#[tokio::test]
async fn a_request_that_proves_nothing_is_in_the_log_as_claims() {
    let world = World::new().await;
    let mut sent = world.call(PICTURE, READ, "{}");
    sent.proof = world.call("alice > planner", READ, "{}").proof;
    let stolen = refused(sent.to(&world.engine).await);
    assert_eq!(stolen.caller, Caller::Unproven);
    assert_eq!(stolen.holder, None);
    let event = world.events("call.denied").pop().unwrap();
    assert_eq!(missing(&event), Vec::<&str>::new());
    assert_eq!(event.get("agent_proven"), Some(&Value::Null));
    assert_eq!(text(&event, "agent_claimed"), kit::agent_id("coder"));
    let mut attempt = sent.attempt();
    attempt.presentation = None;
    let bare = refused(world.engine.authorize(&attempt).await);
    assert_eq!(bare.refusal.outcome.as_str(), "credential_missing");
    let event = world.events("call.denied").pop().unwrap();
    assert_eq!(missing(&event), Vec::<&str>::new());
    assert_eq!(event.get("chain_leaf"), Some(&Value::Null));
}

#[tokio::test]
async fn aud_06_nothing_is_allowed_that_cannot_be_recorded() {
    for fault in [Fault::Before, Fault::During] {
        let world = World::new().await;
        let size = world.texts().len();
        let sent = world.call(PICTURE, READ, "{}");
        world.store.fail(fault);
        assert_eq!(sent.code(&world.engine).await, "unavailable", "{fault:?}");
        assert_eq!(world.texts().len(), size, "{fault:?}: nothing is in the log");
        // The twin: nothing was used up.
        world.store.fail(Fault::None);
        assert_eq!(sent.code(&world.engine).await, "allowed", "{fault:?}");
        assert_eq!(sent.code(&world.engine).await, "replayed", "{fault:?}");
    }
}

#[tokio::test]
async fn aud_06_a_write_that_may_have_been_made_allows_nothing() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    world.store.fail(Fault::After);
    assert_eq!(sent.code(&world.engine).await, "unavailable");
    world.store.fail(Fault::None);
    assert_eq!(sent.code(&world.engine).await, "replayed", "the proof was used up on the disk");
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
}

#[tokio::test]
async fn aud_06_a_denial_that_cannot_be_recorded_is_not_given() {
    let world = World::new().await;
    for fault in [Fault::Before, Fault::During, Fault::After] {
        world.store.fail(fault);
        assert_eq!(world.answer(PICTURE, DROP).await, "unavailable", "{fault:?}");
        let mut sent = world.call(PICTURE, READ, "{}");
        sent.proof = "x".into();
        assert_eq!(sent.code(&world.engine).await, "unavailable", "{fault:?}");
    }
    world.store.fail(Fault::None);
    assert_eq!(world.answer(PICTURE, DROP).await, "policy_denied");
}

#[tokio::test]
async fn rpl_07_nothing_is_allowed_while_the_store_is_down() {
    let world = World::new().await;
    let used = world.call(PICTURE, READ, "{}");
    let approved = world.call(PICTURE, DEPLOY, "{}");
    assert_eq!(used.code(&world.engine).await, "allowed");
    world.approve(&approved).await;
    for fault in [Fault::Before, Fault::During] {
        world.store.fail(fault);
        assert_eq!(used.code(&world.engine).await, "unavailable");
        assert_eq!(approved.code(&world.engine).await, "unavailable");
    }
    world.store.fail(Fault::Reading);
    assert_eq!(approved.code(&world.engine).await, "unavailable");
    world.store.fail(Fault::None);
    assert_eq!(used.code(&world.engine).await, "replayed");
    assert_eq!(approved.code(&world.engine).await, "allowed", "the approval was not used up");
}

#[tokio::test]
async fn aud_06_a_call_whose_caller_went_away_is_used_up_and_recorded() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    world.store.fail(Fault::Silent);
    let attempt = sent.attempt();
    let gone = tokio::select! {
        biased;
        _ = world.engine.authorize(&attempt) => false,
        () = until(|| world.thief_sees("call.allowed")) => true,
    };
    assert!(gone, "nobody answers a silent store");
    world.store.fail(Fault::None);
    assert_eq!(sent.code(&world.engine).await, "replayed");
}

/// Waits for something that another task does.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn aud_07_no_argument_token_or_key_is_in_the_log() {
    let world = World::new().await;
    let canaries: Vec<String> = (0..40).map(|number| format!("canary{number:02}-7f3a91")).collect();
    let held = r#"{"mcp:web/read":{"path":{"constraint_type":"path_containment","root":"/src"},"*":{"constraint_type":"wildcard"}},
        "mcp:web/deploy":{},"mcp:web/drop":{},"mcp:web/hum":{}}"#;
    let open = chain_of(PICTURE, held);
    let closed = chain_of(
        PICTURE,
        r#"{"mcp:web/read":{"path":{"constraint_type":"path_containment","root":"/src"}}}"#,
    );
    for (number, canary) in canaries.iter().enumerate() {
        let arguments = match number % 8 {
            0 => format!(r#"{{"path":"/src/{canary}"}}"#),
            1 => format!(r#"{{"path":"/etc/{canary}"}}"#),
            2 => format!(r#"{{"path":"/src/a","deep":{{"list":[["{canary}"]]}}}}"#),
            3 => format!(r#"{{"path":"/src/a","{canary}":1}}"#),
            4 => format!(r#"{{"path":"/src/a","content":"{}"}}"#, canary.repeat(900)),
            5 => format!(r#"{{"path":["{canary}"]}}"#),
            6 => format!(r#"{{"path":"/src/a","x":{{"sha-256":"{canary}"}}}}"#),
            _ => format!(r#"{{"path":"/src/a","n":1e400,"s":"{canary}"}}"#),
        };
        for (chain, tool) in
            [(&open, READ), (&open, DEPLOY), (&open, DROP), (&open, HUM), (&closed, READ)]
        {
            let mut other = world.call_under(chain, PICTURE, (tool, r#"{"path":"/src/a"}"#));
            other.arguments = arguments.clone();
            let _answer = other.to(&world.engine).await;
            if is_signable(&arguments) {
                let sent = world.call_under(chain, PICTURE, (tool, &arguments));
                let _answer = sent.to(&world.engine).await;
            }
        }
    }
    let log = world.texts().join("\n");
    assert!(log.contains("args_digest"));
    for canary in &canaries {
        assert!(!log.contains(canary.as_str()), "{canary}");
    }
    for name in ["alice", "planner", "coder"] {
        let key = procura_core::token::to_jwk(&kit::public_key(name));
        assert!(!log.contains(key.get("x").and_then(Value::as_str).unwrap()), "{name}");
    }
    for token in &open {
        let (_, signature) = token.rsplit_once('.').unwrap();
        assert!(!log.contains(signature));
    }
}

/// Whether a holder can make a proof of these arguments at all.
fn is_signable(arguments: &str) -> bool {
    let visible = procura_core::tools::with_digests(&kit::object(arguments));
    visible.is_some_and(|visible| visible.to_canonical().is_ok())
}

#[tokio::test]
async fn aud_07_long_names_are_cut_and_still_recorded() {
    let world = World::new().await;
    let long = "n".repeat(200_000);
    let mut sent = world.call(PICTURE, READ, "{}");
    sent.tool = long.clone();
    assert_eq!(sent.code(&world.engine).await, "scope_not_granted");
    let closed = chain_of(
        PICTURE,
        r#"{"mcp:web/read":{"page":{"constraint_type":"wildcard","optional":true}}}"#,
    );
    // As long as a proof can hold.
    let name = "n".repeat(100_000);
    let sent = world.call_under(&closed, PICTURE, (READ, &format!(r#"{{"{name}":1}}"#)));
    assert_eq!(sent.code(&world.engine).await, "argument_refused");
    let mut sent = world.call_under(&chain(PICTURE), PICTURE, (READ, "{}"));
    sent.address = long.clone();
    sent.proof = String::new();
    assert_eq!(sent.code(&world.engine).await, "alg_or_type_refused");
    let events = world.events("call.denied");
    assert_eq!(events.len(), 3);
    for event in events {
        assert!(event.to_canonical().unwrap().len() < 6_000);
    }
}

#[tokio::test]
async fn nothing_is_allowed_while_nobody_signs_the_log() {
    let world = World::new().await;
    let sent = world.call(PICTURE, READ, "{}");
    world.engine.hold();
    let held = world.engine.authorize(&sent.attempt()).await;
    assert!(matches!(held, Err(procura_engine::authorize::NotAllowed::Unavailable)));
    world.engine.release();
    assert!(world.engine.authorize(&sent.attempt()).await.is_ok());
}
