//! Decisions: every branch, as tables of moments and actions.

use std::{fmt::Write as _, sync::Arc};

use expect_test::{Expect, expect};
use procura_core::{
    approval::{self, Answer, Approval, Subject, Terms},
    decide::{Accounts, ApprovalFact, Decision, Facts, Freshness, decide},
    directory::{AgentState, Directory, Revocation, RevokedThing},
    proof::{Call, Request, Verified, verify_call, verify_chain},
    time::{Seconds, Timestamp},
};
use procura_policy::{
    ApprovalRule, DEFAULT_REGO, DenyCode, Effect, PolicySet, Query, SourceFile, Verdict,
    default_roles,
};
use procura_testkit::world;

const HELD: &str = r#"{"read":{},"deploy":{},"drop":{}}"#;

/// A call that coder makes; alice gave to planner, and planner to coder.
fn call(tool: &str) -> Verified<Call> {
    let chain = world::chain("alice > planner > coder", HELD);
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verified = Arc::new(verify_chain(&tokens, &rules).unwrap());
    let request = Request { tool: tool.into(), arguments: world::object("{}") };
    let proof = world::proof(tokens[1], "coder", tool, &request.arguments);
    verify_call(&verified, &proof, request, &rules).unwrap()
}

/// A verdict of a real policy, with this effect instead of its own.
pub(crate) fn verdict(effect: Effect) -> Verdict {
    let file = |name: &str, text: String| SourceFile { name: name.into(), text };
    let files =
        [file("roles.toml", default_roles("user:alice")), file("policy.rego", DEFAULT_REGO.into())];
    let query = Query {
        principal: "user:alice",
        agent: &world::agent_id("coder"),
        tool: "read",
        input: "{}",
    };
    let verdict = PolicySet::compile(&files).unwrap().evaluate(&query);
    Verdict { effect, ..verdict }
}

fn needing(quorum: u8, by: &[&str]) -> Effect {
    Effect::NeedsApproval(ApprovalRule {
        quorum,
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        reason: "it changes production".into(),
    })
}

/// What policy says of each tool.
fn effect_of(tool: &str) -> Effect {
    match tool {
        "read" => Effect::Allow,
        "deploy" => needing(1, &[]),
        _ => Effect::Deny { code: DenyCode::Refused, reason: "never on a Friday".into() },
    }
}

fn everybody() -> Directory {
    world::directory(&["alice", "bob"], &["planner", "coder"])
}

/// The second directory.
fn later() -> Directory {
    let (next, _) = everybody().succeed(world::NOW, &world::key(world::AUTHORITY), |_| {});
    assert_eq!(next.sequence(), 2);
    next
}

fn facts<'a>(directory: &'a Directory, effect: Effect) -> Facts<'a> {
    Facts {
        now: world::NOW,
        directory,
        freshness: Freshness::Fresh,
        verdict: verdict(effect),
        approval: ApprovalFact::NotAsked,
        accounts: Accounts::NotKept,
        statuses: &[],
    }
}

/// The decision in a word, with the hop that it is about.
fn word(decision: &Decision) -> String {
    match decision {
        Decision::Allow(_) => "allow".into(),
        Decision::Deny(denial) => {
            let refusal = denial.refusal();
            let hop = refusal.hop.map_or(String::new(), |hop| format!(" at {hop}"));
            format!("{}{hop}", refusal.outcome)
        }
    }
}

/// A moment: its name, how the directory is then, and how the facts are.
type Moment = (&'static str, fn(&mut Directory), fn(&mut Facts<'_>));

/// Prints what is decided about each tool at each moment.
fn check(moments: &[Moment], expected: Expect) {
    let mut table = format!("{:<24}{:<26}{:<26}{}\n", "", "read", "deploy", "drop");
    for (name, change, adjust) in moments {
        let directory = world::changed(&everybody(), change);
        let [read, deploy, drop] = ["read", "deploy", "drop"].map(|tool| {
            let mut facts = facts(&directory, effect_of(tool));
            adjust(&mut facts);
            word(&decide(call(tool), &facts))
        });
        writeln!(table, "{name:<24}{read:<26}{deploy:<26}{drop}").unwrap();
    }
    expected.assert_eq(&table);
}

fn as_it_is(_: &mut Facts<'_>) {}

fn put(directory: &mut Directory, name: &str, state: AgentState) {
    let mut agent = world::agent(name);
    agent.state = state;
    directory.put_agent(&world::agent_id(name), agent);
}

fn revoke(directory: &mut Directory, thing: RevokedThing) {
    directory.revoke(Revocation { thing, at: world::NOW, by: "user:alice".into() });
}

fn thumbprint(name: &str) -> String {
    world::public_key(name).thumbprint().to_string()
}

#[test]
fn revoking_or_suspending_anybody_stops_everyone_downstream() {
    check(
        &[
            ("as it is", |_| {}, as_it_is),
            ("planner suspended", |d| put(d, "planner", AgentState::Suspended), as_it_is),
            ("planner revoked", |d| put(d, "planner", AgentState::Revoked), as_it_is),
            ("coder suspended", |d| put(d, "coder", AgentState::Suspended), as_it_is),
            ("coder revoked", |d| put(d, "coder", AgentState::Revoked), as_it_is),
            (
                "coder has another key",
                |d| {
                    let mut agent = world::agent("coder");
                    agent.key = world::public_key("coder-2");
                    d.put_agent(&world::agent_id("coder"), agent);
                },
                as_it_is,
            ),
            ("planner's key", |d| revoke(d, RevokedThing::Key(thumbprint("planner"))), as_it_is),
            (
                "coder's delegation",
                |d| revoke(d, RevokedThing::Delegation("delegation-to-coder".into())),
                as_it_is,
            ),
            ("alice", |d| revoke(d, RevokedThing::Principal("user:alice".into())), as_it_is),
            ("bob", |d| revoke(d, RevokedThing::Principal("user:bob".into())), as_it_is),
            ("everything", |d| revoke(d, RevokedThing::Everything), as_it_is),
        ],
        expect![[r#"
                                    read                      deploy                    drop
            as it is                allow                     approval_required         policy_denied
            planner suspended       holder_not_active at 0    holder_not_active at 0    holder_not_active at 0
            planner revoked         revoked at 0              revoked at 0              revoked at 0
            coder suspended         holder_not_active at 1    holder_not_active at 1    holder_not_active at 1
            coder revoked           revoked at 1              revoked at 1              revoked at 1
            coder has another key   holder_unknown at 1       holder_unknown at 1       holder_unknown at 1
            planner's key           revoked at 0              revoked at 0              revoked at 0
            coder's delegation      revoked at 1              revoked at 1              revoked at 1
            alice                   revoked at 0              revoked at 0              revoked at 0
            bob                     allow                     approval_required         policy_denied
            everything              revoked at 0              revoked at 0              revoked at 0
        "#]],
    );
}

#[test]
fn what_is_too_old_or_too_late_is_not_relied_on() {
    check(
        &[
            ("stale", |_| {}, |facts| facts.freshness = Freshness::Stale),
            ("a second before the end", |_| {}, |facts| facts.now = end().minus(Seconds::new(1))),
            ("at the end", |_| {}, |facts| facts.now = end()),
            (
                "before the beginning",
                |_| {},
                |facts| facts.now = world::NOW.minus(Seconds::new(91)),
            ),
        ],
        expect![[r#"
                                    read                      deploy                    drop
            stale                   status_unknown            status_unknown            status_unknown
            a second before the end allow                     approval_required         policy_denied
            at the end              expired at 0              expired at 0              expired at 0
            before the beginning    not_yet_valid at 0        not_yet_valid at 0        not_yet_valid at 0
        "#]],
    );
}

/// When the delegations of this world are over.
fn end() -> Timestamp {
    world::NOW.plus(Seconds::new(3600))
}

#[test]
fn the_first_reason_is_the_one_an_operator_looks_for() {
    check(
        &[
            (
                "revoked, stale and late",
                |d| revoke(d, RevokedThing::Everything),
                |facts| {
                    facts.freshness = Freshness::Stale;
                    facts.now = end();
                },
            ),
            (
                "suspended and stale",
                |d| put(d, "coder", AgentState::Suspended),
                |facts| facts.freshness = Freshness::Stale,
            ),
            (
                "stale and late",
                |_| {},
                |facts| {
                    facts.freshness = Freshness::Stale;
                    facts.now = end();
                },
            ),
        ],
        expect![[r#"
                                    read                      deploy                    drop
            revoked, stale and late revoked at 0              revoked at 0              revoked at 0
            suspended and stale     holder_not_active at 1    holder_not_active at 1    holder_not_active at 1
            stale and late          status_unknown            status_unknown            status_unknown
        "#]],
    );
}

/// The verified answer of the person `name` about the deployment.
fn answer(name: &str, answer: Answer) -> Approval {
    answer_about("deploy", name, answer)
}

fn answer_about(tool: &str, name: &str, answer: Answer) -> Approval {
    let revision = verdict(Effect::Allow).revision;
    let subject = Subject::of(call(tool).get(), revision.as_str());
    let principal = world::principal(name);
    let terms = Terms {
        id: "approval-1",
        approver: &principal,
        issued: world::NOW,
        expires: world::NOW.plus(Seconds::new(60)),
    };
    let text = approval::sign(&subject, answer, &terms, &world::key(name));
    let people = world::directory(&["alice", "bob", "carol"], &[]);
    approval::verify(&text, &subject.digest(), &people, world::NOW).unwrap()
}

fn decided(approvals: Vec<Approval>) -> ApprovalFact {
    ApprovalFact::Decided { id: "request-1".into(), approvals }
}

/// Prints what is decided about the deployment under each rule, for each state of its approval.
fn check_approvals(rows: &[(&str, ApprovalFact)], seconds: u32, expected: Expect) {
    let rules = [
        ("one of anybody", needing(1, &[])),
        ("two of anybody", needing(2, &[])),
        ("one of bob", needing(1, &["user:bob"])),
        ("none of anybody", needing(0, &[])),
    ];
    let mut table = format!("{:<22}", "");
    for (name, _) in &rules {
        write!(table, "{name:<20}").unwrap();
    }
    for (name, approval) in rows {
        write!(table, "\n{name:<22}").unwrap();
        for (_, rule) in &rules {
            let directory = everybody();
            let mut facts = facts(&directory, rule.clone());
            facts.approval = approval.clone();
            facts.now = world::NOW.plus(Seconds::new(seconds));
            let decision = word(&decide(call("deploy"), &facts));
            write!(table, "{decision:<20}").unwrap();
        }
    }
    let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn an_approval_is_by_enough_of_the_right_people() {
    use Answer::{Approve, Deny};
    check_approvals(
        &[
            ("not asked", ApprovalFact::NotAsked),
            ("pending", ApprovalFact::Pending),
            ("used", ApprovalFact::Used),
            ("another call", ApprovalFact::OtherCall),
            ("nobody", decided(vec![])),
            ("alice", decided(vec![answer("alice", Approve)])),
            ("bob", decided(vec![answer("bob", Approve)])),
            ("alice and bob", decided(vec![answer("alice", Approve), answer("bob", Approve)])),
            ("alice twice", decided(vec![answer("alice", Approve), answer("alice", Approve)])),
            ("alice, but not bob", decided(vec![answer("alice", Approve), answer("bob", Deny)])),
            ("not carol", decided(vec![answer("carol", Deny)])),
        ],
        0,
        expect![[r#"
                                  one of anybody      two of anybody      one of bob          none of anybody
            not asked             approval_required   approval_required   approval_required   approval_required
            pending               approval_required   approval_required   approval_required   approval_required
            used                  approval_consumed   approval_consumed   approval_consumed   approval_consumed
            another call          approval_mismatch   approval_mismatch   approval_mismatch   approval_mismatch
            nobody                approval_required   approval_required   approval_required   approval_required
            alice                 allow               approval_required   approval_required   allow
            bob                   allow               approval_required   allow               allow
            alice and bob         allow               allow               allow               allow
            alice twice           allow               approval_required   approval_required   allow
            alice, but not bob    approval_denied     approval_denied     approval_denied     approval_denied
            not carol             approval_denied     approval_denied     approval_denied     approval_denied
        "#]],
    );
}

#[test]
fn an_approval_is_over_when_it_is_over() {
    let alice = || decided(vec![answer("alice", Answer::Approve)]);
    let row = |expected| check_approvals(&[("alice", alice())], 59, expected);
    row(expect![[r#"
                              one of anybody      two of anybody      one of bob          none of anybody
        alice                 allow               approval_required   approval_required   allow
    "#]]);
    check_approvals(
        &[("alice", alice())],
        60,
        expect![[r#"
                              one of anybody      two of anybody      one of bob          none of anybody
        alice                 approval_expired    approval_expired    approval_expired    approval_expired
    "#]],
    );
}

#[test]
fn an_approval_of_another_call_is_of_no_use_whoever_says_that_it_is() {
    let other = || answer_about("read", "alice", Answer::Approve);
    check_approvals(
        &[
            ("another call's", decided(vec![other()])),
            ("and this one's", decided(vec![answer("alice", Answer::Approve), other()])),
        ],
        0,
        expect![[r#"
                                  one of anybody      two of anybody      one of bob          none of anybody
            another call's        approval_mismatch   approval_mismatch   approval_mismatch   approval_mismatch
            and this one's        approval_mismatch   approval_mismatch   approval_mismatch   approval_mismatch
        "#]],
    );
}

#[test]
fn an_approval_of_another_policy_is_of_no_use() {
    let mut older = answer("alice", Answer::Approve);
    older.digest = Subject::of(call("deploy").get(), "older").digest();
    check_approvals(
        &[("older", decided(vec![older]))],
        0,
        expect![[r#"
                              one of anybody      two of anybody      one of bob          none of anybody
        older                 approval_mismatch   approval_mismatch   approval_mismatch   approval_mismatch
    "#]],
    );
}

#[test]
fn a_permit_owns_its_call_and_says_what_it_was_decided_on() {
    let directory = later();
    let mut facts = facts(&directory, needing(1, &[]));
    facts.approval = decided(vec![answer("alice", Answer::Approve)]);
    let Decision::Allow(permit) = decide(call("deploy"), &facts) else {
        panic!("it is approved");
    };
    assert_eq!(permit.call().request().tool, "deploy");
    assert_eq!(permit.approval(), Some("request-1"));
    assert_eq!(permit.verdict(), &facts.verdict);
    assert_eq!(permit.directory(), 2);
    assert_eq!(permit.spend().get().request().tool, "deploy");
}

#[test]
fn a_permit_that_needed_no_approval_uses_none() {
    let directory = everybody();
    let mut facts = facts(&directory, Effect::Allow);
    facts.approval = decided(vec![answer("alice", Answer::Approve)]);
    let Decision::Allow(permit) = decide(call("deploy"), &facts) else {
        panic!("it is allowed");
    };
    assert_eq!(permit.approval(), None);
}

#[test]
fn a_denial_says_why_to_the_operator() {
    let directory = later();
    let Decision::Deny(denial) = decide(call("drop"), &facts(&directory, effect_of("drop"))) else {
        panic!("it is denied");
    };
    assert_eq!(denial.refusal().to_string(), "policy_denied: policy_denied: never on a Friday");
    assert_eq!(denial.refusal().step, "P8");
    assert_eq!(denial.call().request().tool, "drop");
    assert_eq!(denial.directory(), 2);
    assert!(denial.need().is_none(), "no approval would help");
    assert_eq!(denial.verdict().effect, effect_of("drop"));
    let Decision::Deny(denial) = decide(call("deploy"), &facts(&directory, needing(1, &[]))) else {
        panic!("nobody was asked");
    };
    assert_eq!(denial.refusal().reason, "it changes production");
    assert!(denial.need().is_some(), "an approval would help");
}

#[test]
fn the_same_facts_give_the_same_decision() {
    let directory = everybody();
    for tool in ["read", "deploy", "drop"] {
        let decide = || word(&decide(call(tool), &facts(&directory, effect_of(tool))));
        assert_eq!(decide(), decide());
    }
}
