//! Tokens with scopes and ceilings: announced in the header, kept along the chain,
//! and asked for at every call.

use std::sync::Arc;

use procura_core::{
    approval::{Answer, Approval, Subject},
    decide::{Accounts, ApprovalFact, Decision, Facts, Freshness, decide},
    delegate::{self, Excess, Grant},
    detail::{AgentDelegation, Manifest, Span},
    directory::Directory,
    hash::Digest,
    json::Object,
    proof::{Call, Request, Requirement, Rules, Verified, verify_call, verify_chain},
    refusal::{Outcome, Refusal},
    status_list::{Reference, Status},
    time::Seconds,
    token::Token,
};
use procura_policy::{ApprovalRule, Effect};
use procura_testkit::world;

use crate::forge::{claims_of, header_of, payload_of, rewritten};

const TOOLS: &str = r#"{"pay.send":{},"repo.read":{}}"#;

fn detail(scopes: &str, ceilings: &str) -> AgentDelegation {
    let text =
        format!(r#"{{"type":"agent_delegation","scopes":{scopes},"constraints":{ceilings}}}"#);
    AgentDelegation::parse(&world::object(&text)).unwrap()
}

fn grant(name: &str, detail: Option<AgentDelegation>) -> Grant {
    Grant { detail, ..world::grant(name, TOOLS) }
}

/// A chain `alice > planner > coder`, with these scopes and ceilings at each hop.
fn chain(root: Option<AgentDelegation>, child: Option<AgentDelegation>) -> Vec<String> {
    let root = world::root("alice", &grant("planner", root));
    let child = delegate::derive(&root, &grant("coder", child), &world::key("planner")).unwrap();
    vec![root, child]
}

fn verify(tokens: &[&str]) -> Result<(), Refusal> {
    let anchors = world::anchors(&["alice"]);
    verify_chain(tokens, &world::rules(&anchors)).map(|_| ())
}

/// A call of `tool` by the coder, under a manifest.
fn call(chain: &[String], tool: &str, manifest: &Manifest) -> Result<Verified<Call>, Refusal> {
    let anchors = world::anchors(&["alice"]);
    let rules = Rules { manifest, ..world::rules(&anchors) };
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let chain = Arc::new(verify_chain(&tokens, &rules)?);
    let arguments = Object::new().with("cents", 5_u32);
    let proof = world::proof(tokens.last().unwrap(), "coder", tool, &arguments);
    verify_call(&chain, &proof, Request { tool: tool.into(), arguments }, &rules)
}

fn manifest() -> Manifest {
    let text = r#"{"pay.send":{"scope":"pay.send","quantities":{"cents":{"argument":"/cents"}}}}"#;
    Manifest::parse(&world::object(text)).unwrap()
}

/// The code of the decision about a call, with the hop.
fn decided(call: Verified<Call>, facts: &Facts<'_>) -> String {
    match decide(call, facts) {
        Decision::Allow(permit) => format!("allow, {} debits", permit.debits().len()),
        Decision::Deny(denial) => {
            let refusal = denial.refusal();
            format!("{} {} {:?}", refusal.outcome, refusal.step, refusal.hop)
        }
    }
}

fn facts(directory: &Directory) -> Facts<'_> {
    Facts {
        now: world::NOW,
        directory,
        freshness: Freshness::Fresh,
        verdict: crate::decide::verdict(Effect::Allow),
        approval: ApprovalFact::NotAsked,
        accounts: Accounts::NotKept,
        statuses: &[],
    }
}

#[test]
fn a_chain_with_ceilings_says_so_in_every_header_and_verifies() {
    let held = detail(r#"["pay.*"]"#, r#"[{"key":"calls","max_subtree":9}]"#);
    let chain = chain(Some(held.clone()), None);
    let marked = r#""crit":["dpv"],"dpv":1"#;
    assert!(chain.iter().all(|token| header_of(token).contains(marked)));
    assert_eq!(header_of(&chain[1]), r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"aat+jwt"}"#);
    assert_eq!(verify(&[&chain[0], &chain[1]]), Ok(()));
    // Who is given no ceilings of its own has those above.
    assert_eq!(Token::read(&chain[1]).unwrap().detail, Some(held));
    let plain = world::chain("alice > planner > coder", TOOLS);
    assert!(plain.iter().all(|token| !header_of(token).contains("crit")));
}

#[test]
fn scopes_and_ceilings_stand_in_one_entry() {
    let held = detail(r#"["pay.*"]"#, "[]");
    let root = world::root("alice", &grant("planner", Some(held)));
    let again = |entry: &str| {
        let entries = r#""authorization_details":["#;
        rewritten(&root, "alice", entries, &format!("{entries}{entry},"))
    };
    assert_eq!(verify(&[&root]), Ok(()));
    for entry in [
        r#"{"constraints":[],"scopes":["pay.*"],"type":"agent_delegation"}"#,
        r#"{"constraints":[],"scopes":["repo.*"],"type":"agent_delegation"}"#,
        r#"{"tools":{"t":{}},"type":"attenuating_agent_token"}"#,
        r#"{"type":"other"}"#,
    ] {
        let refused = verify(&[&again(entry)]).unwrap_err();
        assert_eq!((refused.outcome, refused.step), (Outcome::Malformed, "3m"), "{entry}");
    }
}

#[test]
fn a_child_may_be_the_first_to_have_ceilings() {
    let own = detail(r#"["pay.send"]"#, "[]");
    let chain = chain(None, Some(own.clone()));
    assert!(!header_of(&chain[0]).contains("crit"));
    assert_eq!(verify(&[&chain[0], &chain[1]]), Ok(()));
    assert_eq!(Token::read(&chain[1]).unwrap().detail, Some(own));
}

#[test]
fn what_is_derived_has_the_scopes_and_ceilings_of_both() {
    let held = detail(
        r#"["pay.*","repo.read"]"#,
        r#"[{"key":"k","max":5},{"key":"env","one_of":["a","b"]}]"#,
    );
    let asked = detail(
        r#"["pay.send"]"#,
        r#"[{"key":"k","max":9},{"key":"k","min":1},{"key":"env","one_of":["b","c"]}]"#,
    );
    let chain = chain(Some(held), Some(asked));
    let expected = detail(
        r#"["pay.send"]"#,
        r#"[{"key":"k","max":5},{"key":"k","min":1},{"key":"env","one_of":["b"]}]"#,
    );
    assert_eq!(Token::read(&chain[1]).unwrap().detail, Some(expected));
}

#[test]
fn a_scope_that_is_not_held_is_refused_or_left_out_as_is_asked() {
    let root = world::root("alice", &grant("planner", Some(detail(r#"["pay.*"]"#, "[]"))));
    let asked =
        |scopes: &str, excess| Grant { excess, ..grant("coder", Some(detail(scopes, "[]"))) };
    let derive = |asked: &Grant| delegate::derive(&root, asked, &world::key("planner"));
    let both = r#"["pay.send","repo.read"]"#;
    assert_eq!(derive(&asked(both, Excess::Refused)).unwrap_err().step, "P4");
    let left = Token::read(&derive(&asked(both, Excess::LeftOut)).unwrap()).unwrap();
    assert_eq!(left.detail, Some(detail(r#"["pay.send"]"#, "[]")));
    // What is left has to let something through.
    assert_eq!(derive(&asked(r#"["repo.read"]"#, Excess::LeftOut)).unwrap_err().step, "P5");
}

#[test]
fn what_lets_nothing_through_is_not_signed() {
    for (scopes, ceilings) in
        [("[]", "[]"), (r#"["pay.*"]"#, r#"[{"key":"k","max":1},{"key":"k","min":2}]"#)]
    {
        let grant = grant("planner", Some(detail(scopes, ceilings)));
        let key = world::key("alice");
        let made = delegate::mint(&grant, "user:alice", &world::issuer("alice"), &key);
        assert_eq!(made.unwrap_err().step, "P5", "{scopes}");
    }
    let one = |ceiling: &str| Some(detail(r#"["pay.*"]"#, &format!("[{ceiling}]")));
    let root = world::root("alice", &grant("planner", one(r#"{"key":"k","one_of":["a"]}"#)));
    let asked = grant("coder", one(r#"{"key":"k","one_of":["b"]}"#));
    assert_eq!(delegate::derive(&root, &asked, &world::key("planner")).unwrap_err().step, "P4");
}

/// The second token, signed again with another detail and header.
fn forged(chain: &[String], header: &str, second: Option<&str>) -> String {
    let mut claims = claims_of(&chain[1]);
    let details = claims.get("authorization_details").unwrap().as_array().unwrap();
    let mut details = vec![details[0].clone()];
    details.extend(second.map(|text| world::object(text).into()));
    claims.set("authorization_details", details);
    delegate::dangerous_sign_with_header_unchecked(header, &claims, &world::key("planner"))
}

#[test]
fn a_child_neither_drops_nor_widens_nor_hides_what_the_token_above_limits() {
    const PLAIN: &str = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;
    const MARKED: &str = r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"aat+jwt"}"#;
    let held = detail(r#"["pay.*"]"#, r#"[{"key":"calls","max_subtree":9}]"#);
    let chain = chain(Some(held), None);
    let open = |scopes: &str, ceilings: &str| {
        format!(r#"{{"type":"agent_delegation","scopes":{scopes},"constraints":{ceilings}}}"#)
    };
    let same = open(r#"["pay.*"]"#, r#"[{"key":"calls","max_subtree":9}]"#);
    for (header, second, expected) in [
        (MARKED, Some(same.as_str()), None),
        (PLAIN, Some(same.as_str()), Some("4n")),
        (PLAIN, None, Some("P4")),
        (MARKED, None, Some("P2")),
        (MARKED, Some(&open(r#"["pay.*"]"#, "[]")), Some("P4")),
        (
            MARKED,
            Some(&open(r#"["pay.*","x.y"]"#, r#"[{"key":"calls","max_subtree":9}]"#)),
            Some("P4"),
        ),
        (MARKED, Some(&open(r#"["pay.*"]"#, r#"[{"key":"calls","max_subtree":10}]"#)), Some("P4")),
        (MARKED, Some(&open(r#"["pay.*"]"#, r#"[{"key":"calls","max_lifetime":9}]"#)), Some("P4")),
        (MARKED, Some(&open(r#"["pay.*"]"#, r#"[{"key":"calls"}]"#)), Some("P2")),
    ] {
        let child = forged(&chain, header, second);
        let step = verify(&[&chain[0], &child]).err().map(|refusal| refusal.step);
        assert_eq!(step, expected, "{header} {second:?}");
    }
}

#[test]
fn a_verifier_that_only_knows_the_draft_refuses_what_is_marked() {
    // Such a verifier knows no critical parameter, and no other test of a header.
    let chain = chain(Some(detail(r#"["pay.*"]"#, "[]")), None);
    for token in &chain {
        let compact = procura_core::jws::Compact::parse(token).unwrap();
        let refused = compact.expect_type(procura_core::token::TYPE);
        assert_eq!(refused, Err(procura_core::jws::JwsError::Critical));
    }
}

#[test]
fn a_call_needs_its_scope_at_every_hop_and_its_quantities_within_every_ceiling() {
    let held = |scope: &str, max: u32| {
        detail(&format!(r#"["{scope}"]"#), &format!(r#"[{{"key":"cents","max":{max}}}]"#))
    };
    for (root, child, expected) in [
        (held("pay.*", 9), held("pay.send", 5), Ok(())),
        (held("pay.*", 9), held("pay.send", 4), Err(("ceiling_exceeded", Some(1)))),
        (held("pay.*", 4), held("pay.send", 4), Err(("ceiling_exceeded", Some(0)))),
        (held("pay.*", 9), held("pay.refund", 9), Err(("scope_not_granted", Some(1)))),
    ] {
        let chain = chain(Some(root), Some(child));
        let found = call(&chain, "pay.send", &manifest()).map(|_| ());
        assert_eq!(found.map_err(|refusal| (refusal.outcome.as_str(), refusal.hop)), expected);
    }
    // Without a manifest nothing says how much a call costs.
    let chain = chain(Some(held("pay.*", 9)), Some(held("pay.send", 9)));
    let unknown = call(&chain, "pay.send", Manifest::empty()).unwrap_err();
    assert_eq!((unknown.outcome.as_str(), unknown.step), ("ceiling_exceeded", "P5"));
}

#[test]
fn sums_are_debited_at_every_hop_that_limits_them_or_the_call_is_refused() {
    let root = detail(r#"["pay.*"]"#, r#"[{"key":"cents","max_subtree":500}]"#);
    let own = detail(
        r#"["pay.*"]"#,
        r#"[{"key":"cents","max_subtree":100},{"key":"calls","rate":{"n":3,"per":60}}]"#,
    );
    let chain = chain(Some(root), Some(own));
    let made = call(&chain, "pay.send", &manifest()).unwrap();
    let accounts: Vec<Digest> =
        chain.iter().map(|token| Token::read(token).unwrap().hash).collect();
    let debits = &made.get().demands().debits;
    let shown: Vec<_> = debits
        .iter()
        .map(|debit| {
            let hop = accounts.iter().position(|account| *account == debit.account).unwrap();
            (hop, debit.key.as_str(), debit.span, debit.limit.get(), debit.amount.get())
        })
        .collect();
    assert_eq!(
        shown,
        [
            (0, "cents", Span::Subtree, 500, 5),
            (1, "calls", Span::Rate(60), 3, 1),
            (1, "cents", Span::Subtree, 100, 5),
        ]
    );
    let directory = world::directory(&["alice"], &["planner", "coder"]);
    let unkept = facts(&directory);
    assert_eq!(decided(made.clone(), &unkept), "budget_unknown P9 None");
    let kept = Facts { accounts: Accounts::Kept, ..facts(&directory) };
    assert_eq!(decided(made, &kept), "allow, 3 debits");
}

/// A decision of this person about the call, this many seconds ago.
fn approval(call: &Call, facts: &Facts<'_>, approver: &str, age: u32) -> Approval {
    let issued = facts.now.minus(Seconds::new(age));
    Approval {
        id: format!("{approver}-{age}"),
        approver: approver.into(),
        digest: Subject::of(call, facts.verdict.revision.as_str()).digest(),
        answer: Answer::Approve,
        issued,
        expires: facts.now.plus(Seconds::new(60)),
    }
}

#[test]
fn the_people_whom_a_chain_asks_for_have_to_agree_recently() {
    let quorum = |n: u32, by: &str, age: u32| {
        let ceiling =
            format!(r#"[{{"key":"*","approval":{{"n":{n},"by":{by},"max_age":{age}}}}}]"#);
        Some(detail(r#"["pay.*"]"#, &ceiling))
    };
    let chain = chain(
        quorum(1, r#"["user:alice","user:bob","user:carol"]"#, 200),
        quorum(2, r#"["user:alice","user:bob"]"#, 100),
    );
    let call = call(&chain, "pay.send", &manifest()).unwrap();
    let directory = world::directory(&["alice"], &["planner", "coder"]);
    let base = facts(&directory);
    assert_eq!(decided(call.clone(), &base), "approval_required P7 None");
    for (given, expected) in [
        (&[("user:alice", 99_u32), ("user:bob", 0)] as &[(&str, u32)], "allow, 0 debits"),
        (&[("user:alice", 100), ("user:bob", 0)], "approval_required P7 None"),
        (&[("user:alice", 0), ("user:alice", 1)], "approval_required P7 None"),
        (&[("user:alice", 0), ("user:carol", 0)], "approval_required P7 None"),
        (&[("user:alice", 0)], "approval_required P7 None"),
    ] {
        let approvals =
            given.iter().map(|(name, age)| approval(call.get(), &base, name, *age)).collect();
        let approval = ApprovalFact::Decided { id: "request".into(), approvals };
        let facts = Facts { approval, ..facts(&directory) };
        assert_eq!(decided(call.clone(), &facts), expected, "{given:?}");
    }
    // Policy asks somebody else: nobody is left whom both accept.
    let rule = ApprovalRule { quorum: 1, by: vec!["user:dave".into()], reason: "policy".into() };
    let effect = Effect::NeedsApproval(rule);
    let facts = Facts { verdict: crate::decide::verdict(effect), ..facts(&directory) };
    assert_eq!(decided(call, &facts), "approval_not_eligible P7 None");
}

#[test]
fn a_token_that_names_a_status_list_is_good_only_while_that_list_says_so() {
    let root = world::root("alice", &world::grant("planner", TOOLS));
    assert_eq!(Token::read(&root).unwrap().status, None);
    let root = with_status(r#"{"status_list":{"uri":"https://as.example/status/1","idx":7}}"#);
    let child = delegate::derive(&root, &grant("coder", None), &world::key("planner")).unwrap();
    let call = call(&[root, child], "pay.send", &manifest()).unwrap();
    let directory = world::directory(&["alice"], &["planner", "coder"]);
    assert_eq!(decided(call.clone(), &facts(&directory)), "status_unknown P6 Some(0)");
    let reference = |index| Reference { uri: "https://as.example/status/1".into(), index };
    for (known, expected) in [
        ((reference(7), Status::Valid), "allow, 0 debits"),
        ((reference(7), Status::Invalid), "revoked P6 Some(0)"),
        ((reference(7), Status::Suspended), "revoked P6 Some(0)"),
        ((reference(7), Status::Other(3)), "status_unknown P6 Some(0)"),
        ((reference(8), Status::Valid), "status_unknown P6 Some(0)"),
    ] {
        let statuses = [known];
        let facts = Facts { statuses: &statuses, ..facts(&directory) };
        assert_eq!(decided(call.clone(), &facts), expected);
    }
    for wrong in [
        "1",
        "{}",
        r#"{"status_list":{"uri":"","idx":1}}"#,
        r#"{"status_list":{"uri":"u","idx":-1}}"#,
    ] {
        assert_eq!(verify(&[&with_status(wrong)]).unwrap_err().step, "P6", "{wrong}");
    }
}

/// A root with this `status`.
fn with_status(status: &str) -> String {
    let root = world::root("alice", &world::grant("planner", TOOLS));
    let payload = payload_of(&root).replacen('{', &format!(r#"{{"status":{status},"#), 1);
    crate::forge::compact(&header_of(&root), &payload, "alice")
}

#[test]
fn evidence_is_committed_to_by_the_root_and_can_be_demanded() {
    let anchors = world::anchors(&["alice"]);
    let demanding = Rules { evidence: Requirement::Required, ..world::rules(&anchors) };
    let plain = world::root("alice", &world::grant("planner", TOOLS));
    assert_eq!(verify(&[&plain]), Ok(()));
    assert_eq!(verify_chain(&[&plain], &demanding).unwrap_err().step, "P1");
    let digest = Digest::of(b"what the passkey signed");
    let issuer = world::issuer("alice");
    let root = delegate::mint_with_evidence(
        &world::grant("planner", TOOLS),
        ("user:alice", &issuer),
        &digest,
        &world::key("alice"),
    );
    let root = root.unwrap();
    assert!(verify_chain(&[&root], &demanding).is_ok());
    assert_eq!(Token::read(&root).unwrap().evidence, Some(digest));
    let wrong = crate::forge::rewritten(&root, "alice", &digest.to_base64url(), "AA");
    assert_eq!(verify(&[&wrong]).unwrap_err().step, "P1");
}
