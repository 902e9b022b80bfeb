//! Approvals: one person's answer about one exact call, for a short time.

use std::sync::Arc;

use procura_core::{
    approval::{self, Answer, Approval, Subject, Terms},
    directory::{Directory, Revocation, RevokedThing},
    hash::Digest,
    limits,
    proof::{Call, Request, Verified, verify_call, verify_chain},
    refusal::{Outcome, Refusal},
    time::{Seconds, Timestamp},
};
use procura_testkit::world;

use crate::forge::{compact, reproved};

fn subject() -> Subject {
    Subject {
        leaf: Digest::of(b"leaf"),
        tool: "deploy".into(),
        arguments: Digest::of(b"arguments"),
        policy: "revision".into(),
    }
}

fn terms(approver: &str) -> Terms<'_> {
    Terms {
        id: "approval-1",
        approver,
        issued: world::NOW,
        expires: world::NOW.plus(limits::APPROVAL_LIFETIME),
    }
}

fn signed(answer: Answer) -> String {
    approval::sign(&subject(), answer, &terms("user:alice"), &world::key("alice"))
}

fn verify_at(text: &str, now: Timestamp) -> Result<Approval, Refusal> {
    let directory = world::directory(&["alice", "bob"], &["planner"]);
    approval::verify(text, &subject().digest(), &directory, now)
}

/// The code with which an approval is refused.
fn check(text: &str, outcome: Outcome) {
    let refusal = verify_at(text, world::NOW).unwrap_err();
    assert_eq!(refusal.outcome, outcome, "{refusal}");
}

#[test]
fn an_answer_is_read_as_it_was_given() {
    for answer in [Answer::Approve, Answer::Deny] {
        let approval = verify_at(&signed(answer), world::NOW).unwrap();
        assert_eq!((approval.answer, approval.approver.as_str()), (answer, "user:alice"));
        assert_eq!((approval.id.as_str(), approval.digest), ("approval-1", subject().digest()));
        assert_eq!(approval.expires, world::NOW.plus(limits::APPROVAL_LIFETIME));
    }
}

#[test]
fn an_answer_about_another_call_is_refused() {
    let other = [
        Subject { leaf: Digest::of(b"other"), ..subject() },
        Subject { tool: "Deploy".into(), ..subject() },
        Subject { arguments: Digest::of(b"other"), ..subject() },
        Subject { policy: "other".into(), ..subject() },
    ];
    for subject in other {
        let text =
            approval::sign(&subject, Answer::Approve, &terms("user:alice"), &world::key("alice"));
        check(&text, Outcome::ApprovalMismatch);
    }
}

#[test]
fn no_two_subjects_share_a_digest_by_how_they_are_joined() {
    let joined = |tool: &str, policy: &str| {
        let (tool, policy) = (tool.into(), policy.into());
        Subject { tool, policy, ..subject() }.digest()
    };
    assert_ne!(joined("a\nb", "c"), joined("a", "b\nc"));
    assert_ne!(joined("ab", "c"), joined("a", "bc"));
    assert_ne!(joined("", "a"), joined("a", ""));
}

#[test]
fn an_approver_is_in_the_directory_under_the_key_that_signed() {
    let by = |approver: &str, signer: &str| {
        approval::sign(&subject(), Answer::Approve, &terms(approver), &world::key(signer))
    };
    assert!(verify_at(&by("user:alice", "alice"), world::NOW).is_ok());
    assert!(verify_at(&by("user:bob", "bob"), world::NOW).is_ok());
    check(&by("user:mallory", "mallory"), Outcome::ApprovalNotEligible);
    check(&by(&world::agent_id("planner"), "planner"), Outcome::ApprovalNotEligible);
    check(&by("", "alice"), Outcome::ApprovalNotEligible);
    check(&by("user:alice", "mallory"), Outcome::SignatureInvalid);
    check(&by("user:alice", "bob"), Outcome::SignatureInvalid);
}

#[test]
fn a_person_whose_key_is_revoked_decides_nothing() {
    let directory = world::directory(&["alice", "bob"], &[]);
    let without = |name: &str| {
        world::changed(&directory, |directory| {
            directory.revoke(Revocation {
                thing: RevokedThing::Key(world::public_key(name).thumbprint().to_string()),
                at: world::NOW,
                by: "user:bob".into(),
            });
        })
    };
    let text = signed(Answer::Approve);
    let verify =
        |directory: &Directory| approval::verify(&text, &subject().digest(), directory, world::NOW);
    assert!(verify(&without("bob")).is_ok());
    let refusal = verify(&without("alice")).unwrap_err();
    assert_eq!(refusal.outcome, Outcome::ApprovalNotEligible);
}

#[test]
fn an_answer_is_good_until_it_is_over() {
    let text = signed(Answer::Approve);
    let end = world::NOW.plus(limits::APPROVAL_LIFETIME);
    assert!(verify_at(&text, end.minus(Seconds::new(1))).is_ok());
    let refusal = verify_at(&text, end).unwrap_err();
    assert_eq!((refusal.outcome, refusal.step), (Outcome::ApprovalExpired, "P7"));
}

#[test]
fn an_answer_of_tomorrow_is_no_answer_yet() {
    let text = signed(Answer::Approve);
    let earliest = world::NOW.minus(limits::CLOCK_SKEW);
    assert!(verify_at(&text, earliest).is_ok());
    // However soon it ends.
    let soon = Terms { expires: world::NOW.plus(Seconds::new(4)), ..terms("user:alice") };
    let soon = approval::sign(&subject(), Answer::Approve, &soon, &world::key("alice"));
    assert!(verify_at(&soon, earliest).is_ok());
    for (early, text) in
        [1, 2, 86_400].into_iter().flat_map(|early| [(early, &text), (early, &soon)])
    {
        let refusal = verify_at(text, earliest.minus(Seconds::new(early))).unwrap_err();
        assert_eq!((refusal.outcome, refusal.step), (Outcome::NotYetValid, "P7"), "{early}");
    }
}

#[test]
fn an_answer_lives_at_most_five_minutes() {
    let lasting = |seconds: u32| {
        let expires = world::NOW.plus(Seconds::new(seconds));
        let terms = Terms { expires, ..terms("user:alice") };
        approval::sign(&subject(), Answer::Approve, &terms, &world::key("alice"))
    };
    assert!(verify_at(&lasting(300), world::NOW).is_ok());
    check(&lasting(301), Outcome::Malformed);
    check(&lasting(0), Outcome::Malformed);
}

#[test]
fn every_claim_of_an_answer_is_there_and_they_agree() {
    let whole = signed(Answer::Approve);
    assert!(verify_at(&reproved(&whole, "alice", |_| {}), world::NOW).is_ok());
    for name in ["aat_hash", "aat_tool", "args_hash", "policy", "digest", "iat", "exp", "decision"]
    {
        let text = reproved(&whole, "alice", |claims| {
            claims.remove(name);
        });
        check(&text, Outcome::Malformed);
    }
    for (name, value) in [
        // The parts say one thing and the digest another.
        ("aat_tool", "read"),
        ("policy", "other"),
        ("digest", "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"),
        ("aat_hash", "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"),
        ("aat_hash", "not a digest"),
        ("decision", "approved"),
        ("decision", "APPROVE"),
        ("iat", "1800000000"),
    ] {
        let text = reproved(&whole, "alice", |claims| {
            claims.set(name, value);
        });
        check(&text, Outcome::Malformed);
    }
    let nobody = reproved(&whole, "alice", |claims| {
        claims.remove("iss");
    });
    check(&nobody, Outcome::Malformed);
}

#[test]
fn what_is_not_signed_as_an_approval_is_none() {
    let payload = crate::forge::payload_of(&signed(Answer::Approve));
    for typ in ["aat+jwt", "aat-pop+jwt", "procura-directory+jwt", "JWT"] {
        let header = format!(r#"{{"alg":"Ed25519","typ":"{typ}"}}"#);
        check(&compact(&header, &payload, "alice"), Outcome::AlgOrTypeRefused);
    }
    for text in ["", "x", "a.b.c"] {
        check(text, Outcome::Malformed);
    }
}

/// A verified call of `tool` with `arguments`.
fn call(tool: &str, arguments: &str) -> Verified<Call> {
    let chain = world::chain("alice > planner", r#"{"deploy":{},"read":{}}"#);
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verified = Arc::new(verify_chain(&[&chain[0]], &rules).unwrap());
    let arguments = world::object(arguments);
    let proof = world::proof(&chain[0], "planner", tool, &arguments);
    let tool = tool.into();
    verify_call(&verified, &proof, Request { tool, arguments }, &rules).unwrap()
}

#[test]
fn the_subject_of_a_call_is_all_of_what_will_run() {
    let of = |tool: &str, arguments: &str, revision: &str| {
        Subject::of(call(tool, arguments).get(), revision).digest()
    };
    let first = of("deploy", r#"{"to":"prod","dry":true}"#, "r1");
    // The same call, made again and written otherwise.
    assert_eq!(first, of("deploy", r#"{ "dry":true, "to":"\u0070rod" }"#, "r1"));
    assert_ne!(first, of("deploy", r#"{"to":"prod"}"#, "r1"));
    assert_ne!(first, of("deploy", r#"{"to":"Prod","dry":true}"#, "r1"));
    assert_ne!(first, of("read", r#"{"to":"prod","dry":true}"#, "r1"));
    assert_ne!(first, of("deploy", r#"{"to":"prod","dry":true}"#, "r2"));
}

#[test]
fn a_decision_that_travels_with_a_call_is_about_that_call_or_about_nothing() {
    let tokens = world::chain("alice > planner", r#"{"t":{}}"#);
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let chain =
        std::sync::Arc::new(procura_core::proof::verify_chain(&[&tokens[0]], &rules).unwrap());
    let call = |arguments: &str| {
        let arguments = world::object(arguments);
        let proof = world::proof(&tokens[0], "planner", "t", &arguments);
        let request = procura_core::proof::Request { tool: "t".into(), arguments };
        procura_core::proof::verify_call(&chain, &proof, request, &rules).unwrap()
    };
    let asked = call(r#"{"n":1}"#);
    let subject = Subject::of(asked.get(), "any-policy");
    let text =
        approval::sign(&subject, Answer::Approve, &terms("user:alice"), &world::key("alice"));
    let directory = world::directory(&["alice", "bob"], &["planner"]);
    let about = |text: &str, arguments: &str| {
        let call = call(arguments);
        approval::verify_about(text, call.get(), &directory, world::NOW)
            .map_err(|refusal| refusal.outcome)
    };
    assert!(about(&text, r#"{"n":1}"#).is_ok());
    assert_eq!(about(&text, r#"{"n":2}"#).unwrap_err(), Outcome::ApprovalMismatch);
    let stranger =
        approval::sign(&subject, Answer::Approve, &terms("user:alice"), &world::key("bob"));
    assert_eq!(about(&stranger, r#"{"n":1}"#).unwrap_err(), Outcome::SignatureInvalid);
    for text in ["", "a.b.c", &"x".repeat(limits::APPROVAL_BYTES + 1)] {
        assert_eq!(about(text, r#"{"n":1}"#).unwrap_err(), Outcome::Malformed, "{}", text.len());
    }
}
