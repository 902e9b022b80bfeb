//! Attacks on approvals (APR): who decides, about what, and how it is shown.

use procura_core::approval::{self, Answer, Subject, Terms};
use procura_core::hash::Digest;
use procura_core::json::{Object, Value};
use procura_core::time::Seconds;
use procura_engine::port::{ApprovalRow, ApprovalState, Change, Draft, Write};
use procura_testkit::world::key;

use crate::wire::{Reply, Request, text};
use crate::world::{World, members};

/// What a request of these tests wants to run.
fn arguments() -> Object {
    // Newlines, an escape sequence, a right-to-left override, markup, and length.
    let tricky = format!("a\nb\u{1b}[2J\u{202e}<b>&\u{7f}{}end", "x".repeat(100 * 1024));
    Object::new().with("path", tricky).with("environment", "production")
}

pub(crate) fn subject() -> Subject {
    let visible = procura_core::tools::with_digests(&arguments()).unwrap();
    Subject {
        leaf: Digest::of(b"leaf"),
        tool: "mcp:web/deploy".into(),
        arguments: Digest::of(visible.to_canonical().unwrap().as_bytes()),
        policy: "revision-1".into(),
    }
}

/// Puts a request for approval into the store, good for an hour.
pub(crate) async fn ask(world: &World, id: &str) {
    let subject = subject();
    let request = Object::new()
        .with("principal", "user:alice")
        .with("agent", "spiffe://procura.test/agent/planner")
        .with("tool", subject.tool.as_str())
        .with("arguments", arguments())
        .with("args_hash", subject.arguments.to_base64url())
        .with("policy_rev", subject.policy.as_str());
    let row = ApprovalRow {
        id: id.into(),
        created: world.now(),
        expires: world.now().plus(Seconds::new(3600)),
        state: ApprovalState::Pending,
        digest: subject.digest(),
        leaf: subject.leaf,
        tool: subject.tool,
        request: request.to_canonical().unwrap(),
        quorum: 1,
        statements: Vec::new(),
    };
    let event = Draft {
        id: format!("event-of-{id}"),
        kind: "approval.requested",
        body: Object::new().with("id", id),
    };
    let write = Write {
        changes: vec![Change::OpenApproval(Box::new(row))],
        events: vec![event],
        ..Write::default()
    };
    world.engine.store().commit(write).await.unwrap();
}

/// The decision of `approver`, signed with the key of `signer`.
pub(crate) fn decision(
    world: &World,
    (approver, signer): (&str, &str),
    subject: &Subject,
    answer: Answer,
) -> String {
    let terms = Terms {
        id: "decision-1",
        approver,
        issued: world.now(),
        expires: world.now().plus(Seconds::new(300)),
    };
    approval::sign(subject, answer, &terms, &key(signer))
}

async fn send(world: &World, sender: &str, statement: &str) -> Reply {
    world.post(sender, "/v1/approvals/ask/decision", &members(&[("statement", statement)])).await
}

async fn world() -> World {
    let world = World::new().await;
    assert_eq!(world.enrol_named("planner").await.status, 201);
    ask(&world, "ask").await;
    world
}

#[tokio::test]
async fn apr_04_a_person_decides_with_their_own_key() {
    let world = world().await;
    let reply =
        send(&world, "bob", &decision(&world, ("user:bob", "bob"), &subject(), Answer::Approve))
            .await;
    assert_eq!((reply.status, reply.text("state").as_str()), (200, "approved"));
    assert_eq!(reply.json().get("decisions").and_then(Value::as_integer), Some(1));
}

#[tokio::test]
async fn apr_04_an_agent_cannot_decide() {
    let world = world().await;
    let before = world.events();
    let planner = "spiffe://procura.test/agent/planner";
    let own = decision(&world, (planner, "planner"), &subject(), Answer::Approve);
    assert_eq!(send(&world, "bob", &own).await.problem(), "403 approval_not_eligible");
    let forged = decision(&world, ("user:bob", "planner"), &subject(), Answer::Approve);
    assert_eq!(send(&world, "bob", &forged).await.problem(), "401 signature_invalid");
    let good = decision(&world, ("user:bob", "bob"), &subject(), Answer::Approve);
    let body = members(&[("statement", &good)]).to_canonical().unwrap();
    let mut request = Request::new("POST", "/v1/approvals/ask/decision", &body);
    world.sign_as(planner, "planner", &mut request);
    assert_eq!(world.send(&request).await.problem(), "401 signature_invalid");
    world.sign_as("user:bob", "planner", &mut request);
    assert_eq!(world.send(&request).await.problem(), "401 signature_invalid");
    assert_eq!(world.events(), before);
    assert_eq!(send(&world, "bob", &good).await.status, 200);
}

#[tokio::test]
async fn apr_04_a_decision_is_sent_by_who_signed_it() {
    let world = world().await;
    let bobs = decision(&world, ("user:bob", "bob"), &subject(), Answer::Approve);
    assert_eq!(send(&world, "alice", &bobs).await.problem(), "403 not_eligible");
    let strangers = decision(&world, ("user:mallory", "mallory"), &subject(), Answer::Approve);
    assert_eq!(send(&world, "bob", &strangers).await.problem(), "403 approval_not_eligible");
    assert_eq!(send(&world, "bob", &bobs).await.status, 200);
}

#[tokio::test]
async fn apr_01_a_decision_about_another_call_is_refused() {
    let world = world().await;
    let other = [
        Subject { arguments: Digest::of(b"{}"), ..subject() },
        Subject { tool: "mcp:web/delete".into(), ..subject() },
        Subject { leaf: Digest::of(b"other"), ..subject() },
        Subject { policy: "revision-2".into(), ..subject() },
    ];
    for subject in other {
        let statement = decision(&world, ("user:bob", "bob"), &subject, Answer::Approve);
        assert_eq!(send(&world, "bob", &statement).await.problem(), "403 approval_mismatch");
    }
    assert_eq!(world.get("bob", "/v1/approvals/ask").await.text("state"), "pending");
    let good = decision(&world, ("user:bob", "bob"), &subject(), Answer::Deny);
    assert_eq!(send(&world, "bob", &good).await.text("state"), "denied");
}

#[tokio::test]
async fn apr_02_a_request_is_decided_once() {
    let world = world().await;
    let yes = decision(&world, ("user:bob", "bob"), &subject(), Answer::Approve);
    assert_eq!(send(&world, "bob", &yes).await.status, 200);
    assert_eq!(send(&world, "bob", &yes).await.problem(), "409 approval.decided");
    let no = decision(&world, ("user:alice", "alice"), &subject(), Answer::Deny);
    assert_eq!(send(&world, "alice", &no).await.problem(), "409 approval.decided");
}

#[tokio::test]
async fn apr_03_nothing_is_decided_after_its_time() {
    let world = world().await;
    let old = decision(&world, ("user:bob", "bob"), &subject(), Answer::Approve);
    world.pass(300);
    assert_eq!(send(&world, "bob", &old).await.problem(), "403 approval_expired");
    world.pass(3300);
    let late = decision(&world, ("user:bob", "bob"), &subject(), Answer::Approve);
    assert_eq!(send(&world, "bob", &late).await.problem(), "403 approval_expired");
    assert_eq!(world.get("bob", "/v1/approvals/ask").await.text("state"), "expired");
    ask(&world, "again").await;
    let target = "/v1/approvals/again/decision";
    assert_eq!(world.post("bob", target, &members(&[("statement", &late)])).await.status, 200);
}

#[tokio::test]
async fn apr_07_everything_that_will_run_is_shown_unchanged() {
    let world = world().await;
    let reply = world.get("bob", "/v1/approvals/ask").await;
    let shown = reply.json();
    let displayed = shown.get("arguments").unwrap().to_canonical().unwrap();
    assert!(displayed == arguments().to_canonical().unwrap());
    assert!(!reply.body.bytes().any(|byte| byte < 0x20), "escaped by JSON");
    // The approver can recompute what is asked for from what is shown.
    let recomputed = Subject {
        leaf: Digest::from_base64url(&text(&shown, "leaf")).unwrap(),
        tool: text(&shown, "tool"),
        policy: text(&shown, "policy_rev"),
        ..subject()
    };
    assert_eq!(recomputed.digest().to_base64url(), text(&shown, "digest"));
}

#[tokio::test]
async fn apr_08_nothing_is_decided_by_following_a_link() {
    let world = world().await;
    let before = world.events();
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for target in ["/v1/approvals/ask/decision", "/v1/agents/planner/state", "/v1/challenges"] {
            let request = world.signed("bob", (method, target), "");
            let reply = world.send(&request).await;
            assert_eq!(reply.status, 405, "{method} {target}");
            assert_eq!(reply.header("allow"), Some("post"));
        }
    }
    assert_eq!(world.events(), before);
    let good = decision(&world, ("user:bob", "bob"), &subject(), Answer::Approve);
    assert_eq!(send(&world, "bob", &good).await.status, 200);
}

#[tokio::test]
async fn requests_are_listed_by_where_they_stand() {
    let world = world().await;
    ask(&world, "second").await;
    send(&world, "bob", &decision(&world, ("user:bob", "bob"), &subject(), Answer::Deny)).await;
    for (target, ids) in [
        ("/v1/approvals", vec!["second", "ask"]),
        ("/v1/approvals?state=pending", vec!["second"]),
        ("/v1/approvals?state=denied", vec!["ask"]),
        ("/v1/approvals?state=used", vec![]),
    ] {
        let list = world.get("bob", target).await.json();
        let rows = list.get("approvals").and_then(Value::as_array).unwrap();
        let mut listed: Vec<String> =
            rows.iter().map(|row| text(row.as_object().unwrap(), "id")).collect();
        listed.sort_by_key(|id| ids.iter().position(|one| one == id));
        assert_eq!(listed, ids, "{target}");
    }
    for target in
        ["/v1/approvals?state=open", "/v1/approvals?a=b", "/v1/approvals?state=used&state=denied"]
    {
        assert_eq!(world.get("bob", target).await.problem(), "400 malformed", "{target}");
    }
}
