//! Making delegations: what is asked for, at most what is held, and as it will be read.

use procura_core::{
    constraint::Constraint,
    delegate::{Grant, derive, mint},
    limits,
    proof::verify_chain,
    refusal::{Outcome, Refusal},
    time::{Seconds, Timestamp},
    token::Token,
    tools::{Argument, Arguments, Presence, Tools},
};
use procura_testkit::world;

use crate::forge::{claims_of, header_of, payload_of};
use crate::vectors;

const HELD: &str = r#"{"read":{"path":{"constraint_type":"path_containment","root":"/src"}}}"#;

fn derived(held: &str, asked: &Grant) -> Result<Token, Refusal> {
    let root = world::root("alice", &world::grant("planner", held));
    let child = derive(&root, asked, &world::key("planner"))?;
    let anchors = world::anchors(&["alice"]);
    verify_chain(&[&root, &child], &world::rules(&anchors))?;
    Token::read(&child)
}

/// What comes out when `asked` is derived from `held`, as canonical text, or the step of the refusal.
fn check(held: &str, asked: &str, expected: &str) {
    let outcome = match derived(held, &world::grant("coder", asked)) {
        Ok(token) => token.tools.to_object().to_canonical().unwrap(),
        Err(refusal) => refusal.step.into(),
    };
    assert_eq!(outcome, expected, "{asked} from {held}");
}

#[test]
fn a_root_says_what_was_granted() {
    let grant = world::grant("planner", HELD);
    let root = Token::read(&world::root("alice", &grant)).unwrap();
    assert_eq!((root.id, root.issuer), (grant.id, world::issuer("alice")));
    assert_eq!(root.principal, Some("user:alice".into()));
    assert_eq!((root.client_id, root.key), (Some(grant.client_id), grant.key));
    assert_eq!((root.issued, root.expires), (grant.issued, grant.expires));
    assert_eq!((root.depth, root.max_depth, root.parent), (0, 3, None));
    assert_eq!((root.tools, root.has_tools), (grant.tools, true));
    assert!(root.audience.is_empty());
}

#[test]
fn a_root_that_would_end_before_it_begins_is_not_signed() {
    for (lifetime, step) in [(1_i64, None), (0, Some("4i")), (-1, Some("4i"))] {
        let mut grant = world::grant("planner", HELD);
        let end = grant.issued.as_seconds().checked_add(lifetime).unwrap();
        grant.expires = Timestamp::from_seconds(end);
        let made = mint(&grant, "user:alice", &world::issuer("alice"), &world::key("alice"));
        assert_eq!(made.err().map(|refusal| refusal.step), step, "{lifetime}");
    }
}

#[test]
fn a_child_says_who_gave_it_and_what_it_follows() {
    let chain = world::chain("alice > planner > coder", HELD);
    let [root, child] = [&chain[0], &chain[1]].map(|text| Token::read(text).unwrap());
    assert_eq!(child.issuer, world::public_key("planner").thumbprint().to_uri());
    assert_eq!((child.parent, child.principal), (Some(root.hash), root.principal));
    assert_eq!((child.depth, child.max_depth), (1, 3));
    assert!(header_of(&chain[0]).contains(r#""kid""#));
    assert_eq!(header_of(&chain[1]), r#"{"alg":"Ed25519","typ":"aat+jwt"}"#);
}

#[test]
fn what_is_signed_is_canonical() {
    for text in world::chain("alice > planner > coder", HELD) {
        let payload = payload_of(&text);
        assert_eq!(claims_of(&text).to_canonical().unwrap(), payload);
    }
}

#[test]
fn what_is_derived_is_below_both_what_is_held_and_what_is_asked() {
    let path = |root: &str| {
        format!(r#"{{"read":{{"path":{{"constraint_type":"path_containment","root":"{root}"}}}}}}"#)
    };
    check(&path("/src"), &path("/src/a"), &path("/src/a"));
    check(&path("/src"), &path("/"), &path("/src"));
    check(&path("/src"), r#"{"read":{}}"#, &path("/src"));
    check(r#"{"read":{},"write":{}}"#, &path("/src"), &path("/src"));
    check(&path("/src"), &path("/etc"), "4p4");
    check(&path("/src"), r#"{"write":{}}"#, "4p1");
    check(&path("/src"), "{}", "6a");
    check(&path("/src"), r#"{"read":{"mode":{"constraint_type":"wildcard"}}}"#, "4p4");
}

#[test]
fn who_must_say_something_still_must() {
    let wildcard = r#"{"constraint_type":"wildcard"}"#;
    let optional = r#"{"constraint_type":"wildcard","optional":true}"#;
    let a = |rule: &str| format!(r#"{{"read":{{"a":{rule}}}}}"#);
    check(&a(wildcard), &a(optional), &a(wildcard));
    check(&a(optional), &a(wildcard), &a(wildcard));
    check(&a(optional), &a(optional), &a(optional));
    let both = format!(r#"{{"read":{{"a":{optional},"b":{wildcard}}}}}"#);
    let b = format!(r#"{{"read":{{"b":{wildcard}}}}}"#);
    check(&both, &b, &b);
    check(&both, &a(optional), "4p4");
}

#[test]
fn a_tool_without_arguments_is_not_signed_as_a_tool_with_any() {
    let mut grant = world::grant("planner", HELD);
    let mut none = Tools::default();
    none.insert("list", Arguments::closed());
    grant.tools = none.clone();
    let refused = mint(&grant, "user:alice", "urn:a", &world::key("alice")).unwrap_err();
    assert_eq!(refused.outcome, Outcome::NotNarrower);
    assert!(refused.reason.contains("more than is meant"), "{}", refused.reason);
    let mut asked = world::grant("coder", HELD);
    asked.tools = none;
    assert_eq!(derived(r#"{"list":{}}"#, &asked).unwrap_err().outcome, Outcome::NotNarrower);
    // Nor what is left when all optional arguments are dropped.
    let optional = |name: &str| {
        format!(r#"{{"list":{{"{name}":{{"constraint_type":"wildcard","optional":true}}}}}}"#)
    };
    check(&optional("a"), &optional("b"), "4p4");
    grant.tools = Tools::default();
    grant.tools.insert("list", Arguments::any());
    assert!(mint(&grant, "user:alice", "urn:a", &world::key("alice")).is_ok());
}

#[test]
fn a_star_that_is_no_wildcard_is_not_signed() {
    let mut arguments = Arguments::closed();
    let argument = Argument { presence: Presence::Required, constraint: Constraint::Wildcard };
    arguments.insert("*", argument);
    let mut grant = world::grant("planner", HELD);
    grant.tools = Tools::default();
    grant.tools.insert("list", arguments);
    assert!(mint(&grant, "user:alice", "urn:a", &world::key("alice")).is_err());
}

#[test]
fn more_rules_than_are_read_are_not_signed() {
    let rules = |first: usize| {
        let rules: Vec<String> = (first..first + 40)
            .map(|at| format!(r#"{{"constraint_type":"not_one_of","excluded":[{at}]}}"#))
            .collect();
        let rules = rules.join(",");
        format!(r#"{{"read":{{"a":{{"constraint_type":"all","constraints":[{rules}]}}}}}}"#)
    };
    check(&rules(0), &rules(0), &rules(0));
    // Below both there are 80.
    check(&rules(0), &rules(40), "3n/4o");
}

#[test]
fn time_and_depth_are_the_smaller_of_what_is_held_and_what_is_asked() {
    let mut asked = world::grant("coder", HELD);
    asked.expires = world::NOW.plus(Seconds::new(60));
    asked.issued = world::NOW;
    asked.further = 0;
    let child = derived(HELD, &asked).unwrap();
    assert_eq!((child.expires, child.issued), (asked.expires, asked.issued));
    assert_eq!((child.depth, child.max_depth), (1, 1));
    asked.expires = world::NOW.plus(Seconds::new(1_000_000));
    asked.issued = world::NOW.minus(Seconds::new(1_000_000));
    asked.further = u32::MAX;
    let child = derived(HELD, &asked).unwrap();
    let held = world::grant("planner", HELD);
    assert_eq!((child.expires, child.issued), (held.expires, held.issued));
    assert_eq!(child.max_depth, 3);
    asked.issued = held.expires;
    assert_eq!(derived(HELD, &asked).unwrap_err().outcome, Outcome::Expired);
}

#[test]
fn a_root_allows_no_more_depth_than_verifiers_do() {
    let mut grant = world::grant("planner", HELD);
    grant.further = u32::MAX;
    let root = Token::read(&world::root("alice", &grant)).unwrap();
    assert_eq!(root.max_depth, limits::DELEGATION_DEPTH);
}

#[test]
fn only_the_holder_derives() {
    let root = world::root("alice", &world::grant("planner", HELD));
    let asked = world::grant("coder", HELD);
    assert!(derive(&root, &asked, &world::key("planner")).is_ok());
    for stranger in ["alice", "coder", "mallory"] {
        let refused = derive(&root, &asked, &world::key(stranger)).unwrap_err();
        assert_eq!(refused.outcome, Outcome::HolderBindingFailed, "{stranger}");
    }
    for text in ["", "a.b.c", &root[1..]] {
        assert!(derive(text, &asked, &world::key("planner")).is_err(), "{text}");
    }
    let long = "x".repeat(limits::TOKEN_BYTES + 1);
    let refused = derive(&long, &asked, &world::key("planner")).unwrap_err();
    assert_eq!(refused.outcome, Outcome::TooLarge);
}

#[test]
fn a_root_that_gives_nothing_is_not_made() {
    let refused = mint(&world::grant("planner", "{}"), "user:alice", "urn:a", &world::key("alice"));
    assert_eq!(refused.unwrap_err().step, "6a");
}

#[test]
fn the_published_chain_is_derived_byte_for_byte() {
    let Some(file) = vectors::set("aat-jws-02/aat-jws-vectors.jsonl") else {
        return;
    };
    let lines = vectors::lines(&file);
    let case = lines.iter().find(|line| vectors::text(line, "id") == "J.3").unwrap();
    let tokens = case.get("aat_chain").and_then(procura_core::json::Value::as_array).unwrap();
    let tokens: Vec<&str> = tokens.iter().map(|token| token.as_str().unwrap()).collect();
    // The root is the control plane's, and each holder's seed is one byte, repeated.
    for (signer, text) in (1_u8..).zip(&tokens) {
        let claims = claims_of(text);
        let key = world::key_from_seed([signer; 32]);
        let made = procura_core::delegate::dangerous_sign_unchecked(&claims, &key).unwrap();
        assert_eq!(made, *text);
    }
}
