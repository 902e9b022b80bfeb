//! Decisions: what only the world knows, as of one moment.

use procura_core::{
    approval::{self, Answer, Subject, Terms},
    directory::{AgentState, Directory, Revocation, RevokedThing},
    hash::Digest,
    json::Object,
    token::to_jwk,
};

use super::scene::{call_input, chain, pair, proof, with_rule};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, Expected, deny, deny_at},
        forge::{compact, hash_of, value},
        judge::POLICY,
    },
    world,
};

/// The revision of the policy: SHA-256 over its file's name and text, each behind its
/// length in eight bytes (`docs/formats/policy.md`).
fn revision() -> String {
    let (name, text) = POLICY;
    let mut bytes = Vec::new();
    for part in [name, text] {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    Digest::of(&bytes).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a directory is changed.
type Change = fn(&mut Directory);

/// A name, what it is, the change, the code and the hop.
const DIRECTORIES: &[(&str, &str, Change, &str, u32)] = &[
    (
        "planner_suspended",
        "The agent above is suspended.",
        |d| put(d, "planner", AgentState::Suspended),
        "holder_not_active",
        0,
    ),
    (
        "planner_revoked",
        "The agent above is revoked.",
        |d| put(d, "planner", AgentState::Revoked),
        "revoked",
        0,
    ),
    (
        "coder_suspended",
        "The agent that calls is suspended.",
        |d| put(d, "coder", AgentState::Suspended),
        "holder_not_active",
        1,
    ),
    (
        "coder_revoked",
        "The agent that calls is revoked.",
        |d| put(d, "coder", AgentState::Revoked),
        "revoked",
        1,
    ),
    (
        "coder_has_another_key",
        "The directory has another key for the agent that calls.",
        |d| {
            let mut agent = world::agent("coder");
            agent.key = world::public_key("coder-2");
            d.put_agent(&world::agent_id("coder"), agent);
        },
        "holder_unknown",
        1,
    ),
    (
        "key_of_the_person_revoked",
        "The key that signed the root is revoked.",
        |d| revoke(d, key("alice")),
        "revoked",
        0,
    ),
    (
        "key_of_the_planner_revoked",
        "A holder's key is revoked.",
        |d| revoke(d, key("planner")),
        "revoked",
        0,
    ),
    (
        "delegation_revoked",
        "The leaf is revoked by its `jti`.",
        |d| revoke(d, RevokedThing::Delegation("delegation-to-coder".into())),
        "revoked",
        1,
    ),
    (
        "principal_revoked",
        "Everything that Alice gave is revoked.",
        |d| revoke(d, RevokedThing::Principal("user:alice".into())),
        "revoked",
        0,
    ),
    (
        "everything_revoked",
        "Everything until now is revoked.",
        |d| revoke(d, RevokedThing::Everything),
        "revoked",
        0,
    ),
];

/// Revocations that stop something else.
const BESIDE: &[(&str, &str, Change)] = &[
    ("another_principal_revoked", "Everything that Bob gave is revoked.", |d| {
        revoke(d, RevokedThing::Principal("user:bob".into()))
    }),
    ("another_delegation_revoked", "Another delegation is revoked.", |d| {
        revoke(d, RevokedThing::Delegation("delegation-to-tester".into()))
    }),
    ("everything_older_revoked", "Everything that began before this chain is revoked.", |d| {
        d.revoke(Revocation {
            thing: RevokedThing::Everything,
            at: world::NOW.minus(procura_core::time::Seconds::new(91)),
            by: "user:alice".into(),
        });
    }),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("decide");
    cases.add("decide_allowed", "Everybody is active, and the policy allows it.", (usual(), ALLOW));
    for (name, what, change, outcome, hop) in DIRECTORIES {
        let input = usual().with("directory", directory(change));
        cases.add(&format!("decide_{name}"), what, (input, deny_at(outcome, "P6", *hop)));
    }
    for (name, what, change) in BESIDE {
        cases.add(
            &format!("decide_{name}"),
            what,
            (usual().with("directory", directory(change)), ALLOW),
        );
    }
    worlds(&mut cases);
    instances(&mut cases);
    statuses(&mut cases);
    approvals(&mut cases);
    people(&mut cases);
    sums(&mut cases);
    ceilings(&mut cases);
    cases.done()
}

fn put(directory: &mut Directory, name: &str, state: AgentState) {
    let mut agent = world::agent(name);
    agent.state = state;
    directory.put_agent(&world::agent_id(name), agent);
}

fn revoke(directory: &mut Directory, thing: RevokedThing) {
    directory.revoke(Revocation { thing, at: world::NOW, by: "user:alice".into() });
}

fn key(name: &str) -> RevokedThing {
    RevokedThing::Key(world::public_key(name).thumbprint().to_string())
}

/// The signed directory of Alice, Bob, the planner and the coder, changed.
fn directory(change: impl FnOnce(&mut Directory)) -> String {
    let everybody = world::directory(&["alice", "bob"], &["planner", "coder"]);
    everybody.succeed(world::NOW, &world::key(world::AUTHORITY), change).1
}

fn policy(text: &str) -> Object {
    world::object(text).with("revision", revision())
}

fn facts(input: Object) -> Object {
    input
        .with("directory", directory(|_| {}))
        .with("authority", to_jwk(&world::public_key(world::AUTHORITY)))
        .with("freshness", "fresh")
        .with("policy", policy(r#"{"effect":"allow"}"#))
        .with("request", "not_asked")
        .with("accounts", "not_kept")
}

/// The coder's call of `list`, and a world in which it is allowed.
fn usual() -> Object {
    facts(call_input(&chain(), &proof("list", "{}"), "list", "{}"))
}

fn worlds(cases: &mut Cases) {
    cases.near("decide_allowed");
    let without = |names: &[&str]| {
        let some = world::directory(&["alice"], names);
        some.succeed(world::NOW, &world::key(world::AUTHORITY), |_| {}).1
    };
    for (name, what, agents, hop) in [
        ("planner_unknown", "The agent above is not in the directory.", &["coder"][..], 0),
        ("coder_unknown", "The agent that calls is not in the directory.", &["planner"], 1),
    ] {
        let input = usual().with("directory", without(agents));
        cases.add(&format!("decide_{name}"), what, (input, deny_at("holder_unknown", "P6", hop)));
    }
    let stale = usual().with("freshness", "stale");
    cases.add(
        "decide_stale",
        "The directory is too old to rely on.",
        (stale, deny("status_unknown", "P6")),
    );
    let denied = usual().with("policy", policy(r#"{"effect":"deny"}"#));
    cases.add("decide_policy_denies", "The policy says no.", (denied, deny("policy_denied", "P8")));
    let unproved = usual().with("proof", proof("read", r#"{"path":"/src"}"#));
    let case = (unproved, deny("holder_binding_failed", "7e"));
    cases.add("decide_not_proved", "The call is not proved.", case);
}

/// An instance of an agent acts under the agent's own delegation, and nowhere else.
fn instances(cases: &mut Cases) {
    let input = |picture: &str, holder: &str| {
        let tokens = world::chain(picture, r#"{"list":{}}"#);
        let leaf = tokens.last().cloned().unwrap_or_default();
        let proof = world::proof(&leaf, holder, "list", &Object::new());
        facts(call_input(&tokens, &proof, "list", "{}"))
    };
    let own = input("alice > planner > coder > coder/i-1", "coder/i-1");
    cases.add("decide_instance", "An instance that its own agent vouches for.", (own, ALLOW));
    let unknown = |hop| deny_at("holder_unknown", "P6", hop);
    let foreign = input("alice > planner > coder/i-1", "coder/i-1");
    cases.add(
        "decide_instance_of_another",
        "An instance that another agent vouches for.",
        (foreign, unknown(1)),
    );
    let root = input("alice > coder/i-1", "coder/i-1");
    cases.add(
        "decide_instance_at_the_root",
        "An instance that no agent vouches for.",
        (root, unknown(0)),
    );
    let revoked = input("alice > planner > coder > coder/i-1", "coder/i-1");
    let stopped = revoked.clone().with(
        "directory",
        directory(|d| {
            revoke(d, RevokedThing::Instance(world::agent_id("coder/i-1")));
        }),
    );
    cases.add(
        "decide_instance_revoked",
        "One instance is revoked.",
        (stopped, deny_at("revoked", "P6", 2)),
    );
    let suspended =
        revoked.with("directory", directory(|d| put(d, "coder", AgentState::Suspended)));
    cases.add(
        "decide_instance_of_suspended",
        "The instance's agent is suspended.",
        (suspended, deny_at("holder_not_active", "P6", 1)),
    );
}

fn statuses(cases: &mut Cases) {
    let listed = value(r#"{"status_list":{"idx":7,"uri":"https://s.test/1"}}"#);
    let root = crate::vectors::forge::resigned(
        &world::root("alice", &world::grant("planner", r#"{"list":{}}"#)),
        "alice",
        |claims| {
            claims.set("status", listed);
        },
    );
    let proof = world::proof(&root, "planner", "list", &Object::new());
    let input = |known: &str| {
        facts(call_input(std::slice::from_ref(&root), &proof, "list", "{}"))
            .with("statuses", value(known))
    };
    let valid = r#"[{"idx":7,"status":"valid","uri":"https://s.test/1"}]"#;
    cases.add(
        "decide_status_valid",
        "A status list says that the token is good.",
        (input(valid), ALLOW),
    );
    for (name, what, known, outcome) in [
        (
            "invalid",
            "The list says that it is not.",
            r#"[{"idx":7,"status":"invalid","uri":"https://s.test/1"}]"#,
            "revoked",
        ),
        ("unknown", "The list is not known.", "[]", "status_unknown"),
        (
            "other_index",
            "Another place of the list is known.",
            r#"[{"idx":8,"status":"valid","uri":"https://s.test/1"}]"#,
            "status_unknown",
        ),
        (
            "other_list",
            "Another list is known.",
            r#"[{"idx":7,"status":"valid","uri":"https://s.test/2"}]"#,
            "status_unknown",
        ),
    ] {
        cases.add(
            &format!("decide_status_{name}"),
            what,
            (input(known), deny_at(outcome, "P6", 0)),
        );
    }
}

/// The subject of the usual call.
fn subject() -> Subject {
    let hash = |text: &str| Digest::from_base64url(text).unwrap_or(Digest::of(b""));
    Subject {
        leaf: hash(&hash_of(&pair().1)),
        tool: "list".into(),
        arguments: Digest::of(b"{}"),
        policy: revision(),
    }
}

fn signed(name: &str, answer: Answer, age: u32) -> String {
    let issued = world::NOW.minus(procura_core::time::Seconds::new(age));
    let approver = world::principal(name);
    let terms = Terms {
        id: &format!("approval-by-{name}"),
        approver: &approver,
        issued,
        expires: issued.plus(procura_core::limits::APPROVAL_LIFETIME),
    };
    approval::sign(&subject(), answer, &terms, &world::key(name))
}

fn decided(quorum: u32, by: &str, approvals: Vec<String>) -> Object {
    let text = format!(r#"{{"by":{by},"effect":"needs_approval","quorum":{quorum}}}"#);
    usual()
        .with("policy", policy(&text))
        .with("request", "decided")
        .with("approvals", approvals)
        .with("approvals_read_at", world::NOW.as_seconds())
}

fn approvals(cases: &mut Cases) {
    let yes = |name: &str| signed(name, Answer::Approve, 0);
    let p7 = |outcome: &'static str| deny(outcome, "P7");
    cases.add(
        "decide_approved",
        "One person has to agree, and one did.",
        (decided(1, "[]", vec![yes("alice")]), ALLOW),
    );
    for (name, what, state, outcome) in [
        ("not_asked", "Nobody was asked.", "not_asked", "approval_required"),
        ("pending", "Nobody has answered.", "pending", "approval_required"),
        ("used", "The approval was used.", "used", "approval_consumed"),
        ("other_call", "Another call was approved.", "other_call", "approval_mismatch"),
    ] {
        let input = decided(1, "[]", Vec::new()).with("request", state);
        cases.add(&format!("decide_approval_{name}"), what, (input, p7(outcome)));
    }
    let late = decided(1, "[]", vec![signed("alice", Answer::Approve, 300)]).with(
        "approvals_read_at",
        world::NOW.minus(procura_core::time::Seconds::new(1)).as_seconds(),
    );
    cases.add("decide_approval_over", "The approval ended now.", (late, p7("approval_expired")));
}

/// Who has to agree, and who did.
fn people(cases: &mut Cases) {
    let yes = |name: &str| signed(name, Answer::Approve, 0);
    let p7 = |outcome: &'static str| deny(outcome, "P7");
    let expected: [(&str, &str, Object, Expected); 7] = [
        (
            "two",
            "Two people have to agree, and two did.",
            decided(2, "[]", vec![yes("alice"), yes("bob")]),
            ALLOW,
        ),
        (
            "one_of_two",
            "Two people have to agree, and one did.",
            decided(2, "[]", vec![yes("alice")]),
            p7("approval_required"),
        ),
        (
            "same_twice",
            "One person agreed twice.",
            decided(2, "[]", vec![yes("alice"), yes("alice")]),
            p7("approval_required"),
        ),
        (
            "refused",
            "One person refused.",
            decided(1, "[]", vec![yes("alice"), signed("bob", Answer::Deny, 0)]),
            p7("approval_denied"),
        ),
        (
            "of_the_one_asked",
            "Bob is asked, and Bob agreed.",
            decided(1, r#"["user:bob"]"#, vec![yes("bob")]),
            ALLOW,
        ),
        (
            "of_another",
            "Bob is asked, and Alice agreed.",
            decided(1, r#"["user:bob"]"#, vec![yes("alice")]),
            p7("approval_required"),
        ),
        (
            "nobody_left",
            "Two of one person have to agree.",
            decided(2, r#"["user:bob"]"#, vec![yes("bob")]),
            p7("approval_not_eligible"),
        ),
    ];
    for (name, what, input, expected) in expected {
        cases.add(&format!("decide_approval_{name}"), what, (input, expected));
    }
}

/// The planner's call under a root with one ceiling.
fn under(ceiling: &str) -> Object {
    let text =
        format!(r#"{{"constraints":[{ceiling}],"scopes":["a.*"],"type":"agent_delegation"}}"#);
    let mut claims = crate::vectors::forge::claims_of(&world::root(
        "alice",
        &world::grant("planner", r#"{"a.b":{}}"#),
    ));
    let tools = value(r#"{"tools":{"a.b":{}},"type":"attenuating_agent_token"}"#);
    claims.set("authorization_details", vec![tools, value(&text)]);
    let payload = crate::vectors::forge::canonical(&claims);
    let root =
        compact(r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"aat+jwt"}"#, &payload, "alice");
    let proof = world::proof(&root, "planner", "a.b", &Object::new());
    facts(call_input(&[root], &proof, "a.b", "{}"))
}

/// A chain with a limit of calls, and one that asks for people.
fn sums(cases: &mut Cases) {
    let limited = || under(r#"{"key":"calls","max_subtree":9}"#);
    cases.add(
        "decide_sum_kept",
        "A sum is limited, and it is kept here.",
        (limited().with("accounts", "kept"), ALLOW),
    );
    cases.add(
        "decide_sum_not_kept",
        "A sum is limited, and nobody here keeps it.",
        (limited(), deny("budget_unknown", "P9")),
    );
    let people = || under(r#"{"approval":{"by":["user:alice"],"max_age":60,"n":1},"key":"*"}"#);
    let other = people()
        .with("policy", policy(r#"{"by":["user:bob"],"effect":"needs_approval","quorum":1}"#));
    cases.add(
        "decide_chain_and_policy_disagree",
        "The chain wants Alice to agree, and the policy Bob.",
        (other, deny("approval_not_eligible", "P7")),
    );
    cases.add(
        "decide_chain_asks",
        "The chain wants Alice to agree, and nobody was asked.",
        (people(), deny("approval_required", "P7")),
    );
}

/// What a manifest says that a tool uses.
fn ceilings(cases: &mut Cases) {
    let manifest = world::object(r#"{"a.b":{"quantities":{"rows":{"value":5}},"scope":"a.b"}}"#);
    let rows = |max: u32| {
        with_rule(under(&format!(r#"{{"key":"rows","max":{max}}}"#)), "manifest", manifest.clone())
    };
    cases.add(
        "decide_ceiling_kept",
        "A call of five rows, and five are allowed.",
        (rows(5), ALLOW),
    );
    cases.add(
        "decide_ceiling_exceeded",
        "A call of five rows, and four are allowed.",
        (rows(4), deny_at("ceiling_exceeded", "P5", 0)),
    );
    let other = world::object(r#"{"a.b":{"scope":"b.a"}}"#);
    let unscoped = with_rule(under(""), "manifest", other);
    cases.add(
        "decide_scope_not_held",
        "The tool uses a scope that the chain does not hold.",
        (unscoped, deny_at("scope_not_granted", "P5", 0)),
    );
}
