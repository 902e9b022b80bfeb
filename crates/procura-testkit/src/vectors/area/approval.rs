//! Approvals: one person's answer about one exact call, for five minutes.

use procura_core::{
    approval::{self, Answer, Subject, Terms},
    directory::{Directory, Revocation, RevokedThing},
    hash::Digest,
    json::Object,
    time::Seconds,
    token::to_jwk,
};

use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, deny, output},
        forge::{apply, canonical, claims_of, compact, malleate, resigned, with_signature},
    },
    world,
};

const OTHER: &str = r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#;

/// A name, the claim, and its JSON; none leaves it out.
const CLAIMS: &[(&str, &str, Option<&str>)] = &[
    ("jti_missing", "jti", None),
    ("jti_empty", "jti", Some(r#""""#)),
    ("iss_missing", "iss", None),
    ("iat_missing", "iat", None),
    ("iat_text", "iat", Some(r#""1800000000""#)),
    ("exp_missing", "exp", None),
    ("exp_with_iat", "exp", Some("1800000000")),
    ("exp_after_six_minutes", "exp", Some("1800000301")),
    ("aat_hash_missing", "aat_hash", None),
    ("aat_hash_other", "aat_hash", Some(OTHER)),
    ("aat_hash_no_digest", "aat_hash", Some(r#""digest""#)),
    ("aat_tool_missing", "aat_tool", None),
    ("aat_tool_other", "aat_tool", Some(r#""read""#)),
    ("args_hash_missing", "args_hash", None),
    ("args_hash_other", "args_hash", Some(OTHER)),
    ("policy_missing", "policy", None),
    ("policy_other", "policy", Some(r#""other""#)),
    ("digest_missing", "digest", None),
    ("digest_other", "digest", Some(OTHER)),
    ("decision_missing", "decision", None),
    ("decision_approved", "decision", Some(r#""approved""#)),
    ("decision_capitals", "decision", Some(r#""APPROVE""#)),
    ("decision_truth", "decision", Some("true")),
    ("condition", "unless", Some(r#""it rains""#)),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("approval");
    let whole = signed(&subject(), Answer::Approve, ("alice", "alice"));
    let seen = Object::new().with("approver", "user:alice").with("digest", digest());
    cases.add(
        "approval_yes",
        "Alice agrees, and what her answer is about.",
        (input(&whole), output(seen)),
    );
    let no = signed(&subject(), Answer::Deny, ("bob", "bob"));
    cases.add("approval_no", "Bob refuses: an answer too.", (input(&no), ALLOW));
    for (name, claim, text) in CLAIMS {
        let what = match text {
            Some(text) => format!("An answer whose `{claim}` is `{text}`."),
            None => format!("An answer without `{claim}`."),
        };
        let changed = resigned(&whole, "alice", |claims| apply(claims, claim, *text));
        cases.add(&format!("approval_{name}"), &what, (input(&changed), deny("malformed", "P7")));
    }
    cases.near("approval_yes");
    people(&mut cases, &whole);
    calls(&mut cases);
    moments(&mut cases, &whole);
    texts(&mut cases, &whole);
    cases.done()
}

fn subject() -> Subject {
    Subject {
        leaf: Digest::of(b"leaf"),
        tool: "deploy".into(),
        arguments: Digest::of(br#"{"to":"prod"}"#),
        policy: "revision".into(),
    }
}

/// The digest of the subject, as `docs/formats/approval.md` makes it.
fn digest() -> String {
    let hash = |text: &[u8]| Digest::of(text).to_base64url();
    let (leaf, tool) = (hash(b"leaf"), hash(b"deploy"));
    let (arguments, policy) = (hash(br#"{"to":"prod"}"#), hash(b"revision"));
    hash(format!("procura-approval/v1\n{leaf}\n{tool}\n{arguments}\n{policy}\n").as_bytes())
}

fn signed(subject: &Subject, answer: Answer, (approver, signer): (&str, &str)) -> String {
    let terms = Terms {
        id: "approval-1",
        approver: &world::principal(approver),
        issued: world::NOW,
        expires: world::NOW.plus(procura_core::limits::APPROVAL_LIFETIME),
    };
    approval::sign(subject, answer, &terms, &world::key(signer))
}

fn directory(change: impl FnOnce(&mut Directory)) -> String {
    let everybody = world::directory(&["alice", "bob"], &["planner"]);
    everybody.succeed(world::NOW, &world::key(world::AUTHORITY), change).1
}

fn input(approval: &str) -> Object {
    let Subject { leaf, tool, arguments, policy } = subject();
    let about = Object::new()
        .with("aat_hash", leaf.to_base64url())
        .with("aat_tool", tool)
        .with("args_hash", arguments.to_base64url())
        .with("policy", policy);
    Object::new()
        .with("approval", approval)
        .with("subject", about)
        .with("directory", directory(|_| {}))
        .with("authority", to_jwk(&world::public_key(world::AUTHORITY)))
        .with("now", world::NOW.as_seconds())
}

fn people(cases: &mut Cases, whole: &str) {
    let by = |approver, signer| input(&signed(&subject(), Answer::Approve, (approver, signer)));
    let stranger = (by("mallory", "mallory"), deny("approval_not_eligible", "P7"));
    cases.add(
        "approval_by_a_stranger",
        "An answer by somebody who is not in the directory.",
        stranger,
    );
    for (name, what, signer) in [
        ("forged_by_a_stranger", "Mallory answers in the name of Alice.", "mallory"),
        ("forged_by_bob", "Bob answers in the name of Alice.", "bob"),
        ("forged_by_an_agent", "The agent answers in the name of Alice.", "planner"),
    ] {
        cases.add(
            &format!("approval_{name}"),
            what,
            (by("alice", signer), deny("signature_invalid", "S3")),
        );
    }
    let agent = resigned(whole, "planner", |claims| {
        claims.set("iss", world::agent_id("planner"));
    });
    cases.add(
        "approval_by_an_agent",
        "An agent of the directory agrees.",
        (input(&agent), deny("approval_not_eligible", "P7")),
    );
    let revoke = |name: &str| {
        let thing = RevokedThing::Key(world::public_key(name).thumbprint().to_string());
        directory(|directory| {
            directory.revoke(Revocation { thing, at: world::NOW, by: "user:bob".into() });
        })
    };
    cases.add(
        "approval_while_bob_is_revoked",
        "Bob's key is revoked, and Alice agrees.",
        (input(whole).with("directory", revoke("bob")), ALLOW),
    );
    let revoked =
        (input(whole).with("directory", revoke("alice")), deny("approval_not_eligible", "P7"));
    cases.add("approval_by_a_revoked_key", "Alice's key is revoked.", revoked);
    cases.near("approval_yes");
}

fn calls(cases: &mut Cases) {
    for (name, what, about) in [
        (
            "other_leaf",
            "An answer about a call under another delegation.",
            Subject { leaf: Digest::of(b"other"), ..subject() },
        ),
        (
            "other_tool",
            "An answer about another tool.",
            Subject { tool: "Deploy".into(), ..subject() },
        ),
        (
            "other_arguments",
            "An answer about other arguments.",
            Subject { arguments: Digest::of(b"{}"), ..subject() },
        ),
        (
            "other_policy",
            "An answer under another policy.",
            Subject { policy: "other".into(), ..subject() },
        ),
    ] {
        let text = signed(&about, Answer::Approve, ("alice", "alice"));
        cases.add(
            &format!("approval_about_{name}"),
            what,
            (input(&text), deny("approval_mismatch", "P7")),
        );
    }
}

fn moments(cases: &mut Cases, whole: &str) {
    let at = |now: i64| input(whole).with("now", now);
    let end = world::NOW.plus(Seconds::new(300)).as_seconds();
    cases.add(
        "approval_in_the_last_second",
        "An answer in its last second.",
        (at(end.saturating_sub(1)), ALLOW),
    );
    cases.add(
        "approval_over",
        "An answer whose time is over.",
        (at(end), deny("approval_expired", "P7")),
    );
    cases.add(
        "approval_30_seconds_early",
        "An answer of somebody whose clock is 30 seconds ahead.",
        (at(end.saturating_sub(330)), ALLOW),
    );
    cases.add(
        "approval_31_seconds_early",
        "An answer that was signed for later.",
        (at(end.saturating_sub(331)), deny("not_yet_valid", "P7")),
    );
}

fn texts(cases: &mut Cases, whole: &str) {
    cases.near("approval_yes");
    let payload = canonical(&claims_of(whole));
    for typ in ["aat+jwt", "aat-pop+jwt", "procura-directory+jwt", "JWT"] {
        let header = format!(r#"{{"alg":"Ed25519","typ":"{typ}"}}"#);
        let name = typ.replace(['+', '-'], "_").to_lowercase();
        let case = (input(&compact(&header, &payload, "alice")), deny("alg_or_type_refused", "S2"));
        cases.add(
            &format!("approval_typ_{name}"),
            &format!("An answer of the type `{typ}`."),
            case,
        );
    }
    for (name, what, text) in
        [("empty", "No answer.", ""), ("no_jws", "An answer that is no JWS.", "a.b.c")]
    {
        cases.add(&format!("approval_{name}"), what, (input(text), deny("malformed", "P7")));
    }
    let malleated = with_signature(whole, malleate);
    cases.add(
        "approval_malleated",
        "An answer whose S is not canonical.",
        (input(&malleated), deny("signature_invalid", "S3")),
    );
    let repeated = payload.replacen('{', r#"{"decision":"deny","#, 1);
    let header = r#"{"alg":"Ed25519","typ":"aat-approval+jwt"}"#;
    let case = (input(&compact(header, &repeated, "alice")), deny("malformed", "P7"));
    cases.add("approval_repeated_member", "An answer that says both yes and no.", case);
}
