//! A server that shows one thing and means another.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use procura_core::approval::Subject;
use procura_core::hash::Digest;
use procura_core::json::{self, Object};
use procura_core::time::Timestamp;

use super::{Request, hash};

fn arguments(text: &str) -> Object {
    json::parse_object(text.as_bytes()).unwrap()
}

/// A request that shows what it means.
fn honest(text: &str) -> Object {
    let arguments = arguments(text);
    let subject = Subject {
        leaf: Digest::of(b"leaf"),
        tool: "mcp:web/deploy".into(),
        arguments: hash(&arguments).unwrap(),
        policy: "revision-1".into(),
    };
    Object::new()
        .with("id", "request-1")
        .with("state", "pending")
        .with("agent", "spiffe://procura.local/agent/deployer")
        .with("principal", "user:alice")
        .with("tool", subject.tool.as_str())
        .with("leaf", subject.leaf.to_base64url())
        .with("policy_rev", subject.policy.as_str())
        .with("digest", subject.digest().to_base64url())
        .with("args_hash", subject.arguments.to_base64url())
        .with("expires", 160_i64)
        .with("arguments", arguments)
}

const DEPLOY: &str = r#"{"environment":"production","version":"1.4.2"}"#;

#[test]
fn apr_01_a_digest_of_another_call_is_not_signed() {
    let good = honest(DEPLOY);
    assert!(Request::read(good.clone()).is_ok());
    let other = Digest::of(b"other").to_base64url();
    let lies = [
        good.clone().with("arguments", arguments(r#"{"environment":"staging","version":"1.4.2"}"#)),
        good.clone().with("arguments", arguments("{}")),
        good.clone().with("arguments", json::Value::Null),
        good.clone().with("tool", "mcp:web/status"),
        good.clone().with("policy_rev", "revision-2"),
        good.clone().with("leaf", other.as_str()),
        good.clone().with("leaf", ""),
        good.clone().with("digest", other.as_str()),
        good.clone().with("arguments", arguments(r#"{"content":{"sha-256":"x"}}"#)),
    ];
    for lie in lies {
        let refused = Request::read(lie.clone()).err().unwrap();
        assert!(refused.message.starts_with("the server shows another call"), "{lie:?}");
    }
    // What the server says of the arguments' hash is not asked.
    assert!(Request::read(good.with("args_hash", other.as_str())).is_ok());
}

#[test]
fn apr_07_everything_is_shown_and_nothing_moves_the_cursor() {
    let long = format!(
        r#"{{"body":"{}END","line\nbreak":"a\nb\u001b[2J\u202e<b>\u007f","host":"ex\u0430mple.com"}}"#,
        "x".repeat(100 * 1024)
    );
    let text = Request::read(honest(&long)).unwrap().describe(Timestamp::from_seconds(100));
    assert!(text.contains(&format!("{}END", "x".repeat(100 * 1024))), "nothing is cut");
    assert!(text.contains(r"a\nb\u001b[2J\u202e<b>\u007f"), "{}", &text[text.len() - 400..]);
    assert!(text.contains(r#""line\u000abreak": "#), "a name takes one line");
    assert!(text.contains("note: the arguments have characters outside ASCII"));
    assert!(text.contains("U+0430") && text.contains("U+202E"));
    assert!(text.contains("time left  1 min"));
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    let plain = Request::read(honest(DEPLOY)).unwrap().describe(Timestamp::from_seconds(100));
    assert!(
        plain.ends_with("  \"environment\": \"production\"\n  \"version\": \"1.4.2\""),
        "{plain}"
    );
}

#[test]
fn only_a_request_that_waits_is_settled() {
    assert!(Request::read(honest(DEPLOY)).unwrap().must_wait().is_ok());
    for state in ["approved", "denied", "used", "expired", ""] {
        let request = Request::read(honest(DEPLOY).with("state", state)).unwrap();
        assert!(request.must_wait().is_err(), "{state}");
    }
}
