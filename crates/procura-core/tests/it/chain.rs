//! CHN: links that were dropped, spliced, reordered, deepened, or stolen.

use std::sync::Arc;

use procura_core::{
    delegate, limits,
    proof::{Anchor, Request, Vouches, verify_call, verify_chain},
    refusal::{Outcome, Refusal},
    time::Seconds,
    token::Token,
};
use procura_testkit::world;

use crate::forge::resigned;

const HELD: &str = r#"{"read":{}}"#;
const PICTURE: &str = "alice > planner > coder > editor";

fn verify_under(tokens: &[&str], anchors: &[Anchor]) -> Result<(), Refusal> {
    verify_chain(tokens, &world::rules(anchors)).map(|_| ())
}

fn verify(tokens: &[&str]) -> Result<(), Refusal> {
    verify_under(tokens, &world::anchors(&["alice", "bob"]))
}

/// The code, the step and the hop of a refusal.
fn check(tokens: &[&str], outcome: Outcome, step: &str, hop: Option<usize>) {
    let refusal = verify(tokens).unwrap_err();
    assert_eq!((refusal.outcome, refusal.step, refusal.hop), (outcome, step, hop));
}

#[test]
fn a_whole_chain_is_accepted_and_says_who_holds_it() {
    let chain = world::chain(PICTURE, HELD);
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let anchors = world::anchors(&["alice"]);
    let verified = verify_chain(&tokens, &world::rules(&anchors)).unwrap();
    let verified = verified.get();
    let holders: Vec<_> = verified.tokens().map(|token| token.client_id.clone().unwrap()).collect();
    assert_eq!(holders, ["planner", "coder", "editor"].map(world::agent_id));
    assert_eq!((verified.depth(), verified.ancestors().len()), (2, 2));
    assert_eq!(verified.root().principal, Some("user:alice".into()));
    assert_eq!(verified.leaf().key, world::public_key("editor"));
}

#[test]
fn an_empty_chain_is_refused() {
    check(&[], Outcome::Malformed, "1", None);
}

#[test]
fn chn_01_a_link_that_was_dropped_is_missed() {
    let chain = world::chain(PICTURE, HELD);
    let [first, middle, last] = [&chain[0], &chain[1], &chain[2]].map(String::as_str);
    assert_eq!(verify(&[first, middle, last]), Ok(()));
    check(&[first, last], Outcome::SignatureInvalid, "4b", Some(1));
    check(&[middle, last], Outcome::UntrustedRoot, "3b", Some(0));
    check(&[last], Outcome::UntrustedRoot, "3b", Some(0));
    // What is left after the end was dropped is a chain of its own.
    assert_eq!(verify(&[first, middle]), Ok(()));
}

#[test]
fn chn_01_a_link_is_missed_even_if_one_holder_has_two() {
    // The planner delegates to itself, and leaves the narrow link out.
    let root = world::root("alice", &world::grant("planner", r#"{"read":{},"write":{}}"#));
    let mut narrow = world::grant("planner", HELD);
    narrow.id = "narrow".into();
    let narrow = world::child(&root, "planner", &narrow);
    let leaf = world::child(&narrow, "planner", &world::grant("coder", HELD));
    assert_eq!(verify(&[&root, &narrow, &leaf]), Ok(()));
    check(&[&root, &leaf], Outcome::DepthInvalid, "4d", Some(1));
    let shallow = resigned(&leaf, "planner", |claims| {
        claims.set("del_depth", 1u32);
    });
    check(&[&root, &shallow], Outcome::ParHashMismatch, "4q", Some(1));
}

#[test]
fn chn_02_a_tail_does_not_fit_another_head() {
    let alices = world::root("alice", &world::grant("planner", r#"{"read":{},"write":{}}"#));
    let bobs = world::root("bob", &world::grant("planner", HELD));
    let tail = world::child(&bobs, "planner", &world::grant("coder", HELD));
    assert_eq!(verify(&[&bobs, &tail]), Ok(()));
    check(&[&alices, &tail], Outcome::ParHashMismatch, "4q", Some(1));
    // The planner may not help by naming the other head.
    let hash = Token::read(&alices).unwrap().hash.to_base64url();
    let spliced = resigned(&tail, "planner", |claims| {
        claims.set("par_hash", hash.as_str());
    });
    check(&[&alices, &spliced], Outcome::PrincipalAltered, "P3", Some(1));
}

#[test]
fn chn_02_two_grants_of_one_person_to_one_agent_are_two_heads() {
    let wide = world::root("alice", &world::grant("planner", r#"{"read":{},"write":{}}"#));
    let narrow = world::root("alice", &world::grant("planner", HELD));
    let tail = world::child(&narrow, "planner", &world::grant("coder", HELD));
    assert_eq!(verify(&[&narrow, &tail]), Ok(()));
    check(&[&wide, &tail], Outcome::ParHashMismatch, "4q", Some(1));
}

#[test]
fn chn_03_links_have_one_order_and_come_once() {
    let chain = world::chain(PICTURE, HELD);
    let [first, middle, last] = [&chain[0], &chain[1], &chain[2]].map(String::as_str);
    check(&[middle, first, last], Outcome::UntrustedRoot, "3b", Some(0));
    check(&[first, last, middle], Outcome::SignatureInvalid, "4b", Some(1));
    check(&[last, middle, first], Outcome::UntrustedRoot, "3b", Some(0));
    check(&[first, first], Outcome::Malformed, "2c", Some(1));
    check(&[first, middle, first], Outcome::Malformed, "2c", Some(2));
    check(&[first, middle, middle], Outcome::Malformed, "2c", Some(2));
}

#[test]
fn chn_03_a_chain_that_returns_to_its_holder_holds_no_more_than_before() {
    let root = world::root("alice", &world::grant("planner", r#"{"read":{},"write":{}}"#));
    let there = world::child(&root, "planner", &world::grant("coder", HELD));
    let mut back = world::grant("planner", r#"{"read":{}}"#);
    back.id = "back".into();
    let back = world::child(&there, "coder", &back);
    assert_eq!(verify(&[&root, &there, &back]), Ok(()));
    // Through the one that gave it away, the planner cannot take back more.
    let wider = resigned(&back, "coder", |claims| {
        crate::forge::set_tools(claims, r#"{"read":{},"write":{}}"#);
    });
    check(&[&root, &there, &wider], Outcome::NotNarrower, "4p1", Some(2));
}

#[test]
fn chn_04_only_an_anchor_signs_roots() {
    let grant = world::grant("planner", HELD);
    assert_eq!(verify(&[&world::root("alice", &grant)]), Ok(()));
    // A stranger, and an agent of ours.
    for signer in ["mallory", "planner"] {
        let mint =
            delegate::mint(&grant, "user:alice", &world::issuer("alice"), &world::key(signer));
        check(&[&mint.unwrap()], Outcome::UntrustedRoot, "3b", Some(0));
    }
    let refusal = verify_under(&[&world::root("alice", &grant)], &[]).unwrap_err();
    assert_eq!(refusal.step, "3b");
}

#[test]
fn chn_04_a_person_speaks_for_nobody_else() {
    let grant = world::grant("planner", HELD);
    let mint = |principal: &str, issuer: &str| {
        delegate::mint(&grant, principal, issuer, &world::key("alice")).unwrap()
    };
    let (alice, bob) = (world::issuer("alice"), world::issuer("bob"));
    assert_eq!(verify(&[&mint("user:alice", &alice)]), Ok(()));
    check(&[&mint("user:bob", &alice)], Outcome::UntrustedRoot, "P1", Some(0));
    check(&[&mint("user:alice", &bob)], Outcome::IssuerMismatch, "3k", Some(0));
    check(&[&mint("user:bob", &bob)], Outcome::IssuerMismatch, "3k", Some(0));
    let nobody = resigned(&mint("user:alice", &alice), "alice", |claims| {
        claims.remove("sub");
    });
    check(&[&nobody], Outcome::UntrustedRoot, "P1", Some(0));
}

#[test]
fn chn_04_an_authorization_server_speaks_for_whom_it_authenticated() {
    let grant = world::grant("planner", HELD);
    let mint = delegate::mint(&grant, "user:bob", &world::issuer("alice"), &world::key("alice"));
    let mint = mint.unwrap();
    let mut anchors = world::anchors(&["alice"]);
    assert_eq!(verify_under(&[&mint], &anchors).unwrap_err().step, "P1");
    anchors[0].vouches = Vouches::ForAnybody;
    assert_eq!(verify_under(&[&mint], &anchors), Ok(()));
}

#[test]
fn chn_05_a_chain_is_no_deeper_than_its_root_allows() {
    let mut shallow = world::grant("planner", HELD);
    shallow.further = 1;
    let root = world::root("alice", &shallow);
    let child = world::child(&root, "planner", &world::grant("coder", HELD));
    assert_eq!(verify(&[&root, &child]), Ok(()));
    let leaf = world::grant("editor", HELD);
    let refused = delegate::derive(&child, &leaf, &world::key("coder")).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::DepthInvalid, "4e"));
    // The coder signs on, and the planner raises the ceiling.
    let deep = world::chain(PICTURE, HELD);
    let hash = |text: &str| Token::read(text).unwrap().hash.to_base64url();
    let forged = resigned(&deep[2], "coder", |claims| {
        claims.set("par_hash", hash(&child));
    });
    check(&[&root, &child, &forged], Outcome::DepthInvalid, "4e", Some(2));
    let raised = resigned(&child, "planner", |claims| {
        claims.set("del_max_depth", 2u32);
    });
    check(&[&root, &raised], Outcome::DepthInvalid, "4g", Some(1));
}

/// A chain of `count` tokens, each of the holder below.
fn deep(count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|at| format!("agent-{at}")).collect();
    let mut first = world::grant(&names[0], HELD);
    first.further = u32::MAX;
    let mut chain = vec![world::root("alice", &first)];
    for pair in names.windows(2) {
        let mut next = world::grant(&pair[1], HELD);
        next.further = u32::MAX;
        let parent = chain.last().unwrap();
        chain.push(world::child(parent, &pair[0], &next));
    }
    chain
}

#[test]
fn chn_05_nine_tokens_are_a_chain_and_ten_are_refused_by_their_number() {
    let chain = deep(limits::CHAIN_TOKENS);
    let mut tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    assert_eq!(verify(&tokens), Ok(()));
    // By number alone: the last one is not even read.
    tokens.push("not a token");
    check(&tokens, Outcome::TooLarge, "2b", None);
}

#[test]
fn sizes_are_refused_before_anything_is_read() {
    let long = "x".repeat(limits::TOKEN_BYTES + 1);
    check(&[&long], Outcome::TooLarge, "2a", None);
    let longest = "x".repeat(limits::TOKEN_BYTES);
    check(&[&longest], Outcome::Malformed, "2c", Some(0));
    let many = vec![longest.as_str(); limits::CHAIN_BYTES / limits::TOKEN_BYTES + 1];
    check(&many, Outcome::TooLarge, "2b", None);
}

#[test]
fn a_root_of_the_largest_size_is_accepted_and_a_larger_one_is_not_made() {
    let mut grant = world::grant("planner", HELD);
    let values = |count: usize| {
        let values: Vec<String> = (0..count).map(|at| format!(r#""{at:0>100}""#)).collect();
        let values = values.join(",");
        world::tools(&format!(
            r#"{{"read":{{"path":{{"constraint_type":"one_of","values":[{values}]}}}}}}"#
        ))
    };
    grant.tools = values(110);
    let root = world::root("alice", &grant);
    assert!(root.len() > 14_000 && root.len() <= limits::TOKEN_BYTES);
    assert_eq!(verify(&[&root]), Ok(()));
    grant.tools = values(125);
    let refused = delegate::mint(&grant, "user:alice", "urn:a", &world::key("alice"));
    assert_eq!(refused.unwrap_err().outcome, Outcome::TooLarge);
}

#[test]
fn chn_06_a_child_lives_within_its_parents_time() {
    let mut brief = world::grant("planner", HELD);
    brief.expires = world::NOW.plus(Seconds::new(600));
    let root = world::root("alice", &brief);
    let child = world::child(&root, "planner", &world::grant("coder", HELD));
    // What was asked for was an hour.
    assert_eq!(Token::read(&child).unwrap().expires, brief.expires);
    assert_eq!(verify(&[&root, &child]), Ok(()));
    let changed = |name: &str, seconds: i64| {
        resigned(&child, "planner", |claims| {
            claims.set(name, seconds);
        })
    };
    let later = changed("exp", brief.expires.as_seconds() + 1);
    check(&[&root, &later], Outcome::NotNarrower, "4h", Some(1));
    let earlier = changed("iat", brief.issued.as_seconds() - 1);
    check(&[&root, &earlier], Outcome::NotNarrower, "4j", Some(1));
}

#[test]
fn chn_06_a_child_is_dead_when_its_parent_is() {
    let chain = world::chain("alice > planner > coder", HELD);
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    let verified = verify_chain(&tokens, &rules).unwrap();
    let end = verified.get().root().expires;
    assert_eq!(verified.get().check_time(end.minus(Seconds::new(1))), Ok(()));
    let late = verified.get().check_time(end).unwrap_err();
    assert_eq!((late.outcome, late.step, late.hop), (Outcome::Expired, "3e", Some(0)));
    let earliest = verified.get().root().issued.minus(limits::CLOCK_SKEW);
    assert_eq!(verified.get().check_time(earliest), Ok(()));
    let early = verified.get().root().issued.minus(Seconds::new(31));
    let early = verified.get().check_time(early).unwrap_err();
    assert_eq!((early.outcome, early.step, early.hop), (Outcome::NotYetValid, "3f", Some(0)));
    rules.now = end;
    assert_eq!(verify_chain(&tokens, &rules).unwrap_err().step, "3e");
}

#[test]
fn chn_06_a_leaf_that_is_over_stops_a_chain_that_is_not() {
    let root = world::root("alice", &world::grant("planner", HELD));
    let mut brief = world::grant("coder", HELD);
    brief.expires = world::NOW.plus(Seconds::new(10));
    let leaf = world::child(&root, "planner", &brief);
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    let verified = verify_chain(&[&root, &leaf], &rules).unwrap();
    rules.now = brief.expires;
    let refusal = verified.get().check_time(rules.now).unwrap_err();
    assert_eq!((refusal.step, refusal.hop), ("4i", Some(1)));
    assert_eq!(verify_chain(&[&root, &leaf], &rules).unwrap_err().step, "4i");
}

#[test]
fn chn_07_what_may_not_be_passed_on_is_not() {
    let mut last = world::grant("planner", HELD);
    last.further = 0;
    let root = world::root("alice", &last);
    assert_eq!(verify(&[&root]), Ok(()));
    let refused = delegate::derive(&root, &world::grant("coder", HELD), &world::key("planner"));
    assert_eq!(refused.unwrap_err().step, "4e");
    let donor = world::chain("alice > planner > coder", HELD);
    let hash = Token::read(&root).unwrap().hash.to_base64url();
    let forged = resigned(&donor[1], "planner", |claims| {
        claims.set("par_hash", hash.as_str());
    });
    check(&[&root, &forged], Outcome::DepthInvalid, "4e", Some(1));
}

#[test]
fn chn_08_a_stolen_chain_is_of_no_use() {
    let chain = world::chain("alice > planner > coder", HELD);
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verified = Arc::new(verify_chain(&tokens, &rules).unwrap());
    let call = |holder: &str| {
        let request = Request { tool: "read".into(), arguments: world::object("{}") };
        let proof = world::proof(tokens[1], holder, "read", &request.arguments);
        verify_call(&verified, &proof, request, &rules).map(|_| ())
    };
    assert_eq!(call("coder"), Ok(()));
    for thief in ["mallory", "planner", "alice"] {
        let refusal = call(thief).unwrap_err();
        assert_eq!((refusal.outcome, refusal.step), (Outcome::HolderBindingFailed, "7b"));
    }
}

#[test]
fn a_principal_is_the_same_at_every_hop() {
    let chain = world::chain(PICTURE, HELD);
    for (name, hop) in [("user:bob", 2), ("user:Alice", 2), ("user:alice ", 2)] {
        let altered = resigned(&chain[2], "coder", |claims| {
            claims.set("sub", name);
        });
        check(&[&chain[0], &chain[1], &altered], Outcome::PrincipalAltered, "P3", Some(hop));
    }
    // Somebody who is not named at the root is not named below it either.
    let mut anchors = world::anchors(&["alice"]);
    anchors[0].vouches = Vouches::ForAnybody;
    let mut rules = world::rules(&anchors);
    rules.names = procura_core::proof::Requirement::Optional;
    let unnamed = |text: &str, signer: &str, parent: Option<&str>| {
        resigned(text, signer, |claims| {
            claims.remove("sub");
            if let Some(parent) = parent {
                claims.set("par_hash", Token::read(parent).unwrap().hash.to_base64url());
            }
        })
    };
    let root = unnamed(&chain[0], "alice", None);
    let child = unnamed(&chain[1], "planner", Some(&root));
    assert!(verify_chain(&[&root, &child], &rules).is_ok());
    let named = resigned(&child, "planner", |claims| {
        claims.set("sub", "user:alice");
    });
    assert_eq!(verify_chain(&[&root, &named], &rules).unwrap_err().step, "P3");
}

#[test]
fn a_lifetime_beyond_the_limit_of_the_place_is_refused() {
    let root = world::root("alice", &world::grant("planner", HELD));
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    // It lives 60 seconds before now and an hour after.
    rules.max_lifetime = Seconds::new(3660);
    assert!(verify_chain(&[&root], &rules).is_ok());
    rules.max_lifetime = Seconds::new(3659);
    assert_eq!(verify_chain(&[&root], &rules).unwrap_err().step, "3h");
}
