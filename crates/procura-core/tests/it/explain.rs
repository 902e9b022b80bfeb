//! Explanations: what they say, and that what they propose would have been enough.

use expect_test::{Expect, expect};
use procura_core::{
    constraint::{Constraint, Counter},
    delegate::Grant,
    detail::{AgentDelegation, Manifest},
    explain::{gaps, join, link_gaps, widen},
    json::{self, Object},
    limits,
    proof::{Request, verify_chain},
    token::Token,
};
use procura_testkit::world;
use proptest::prelude::*;

use crate::lattice::detail;
use crate::laws::{VALUES, call, config, held, rule};

fn manifest() -> Manifest {
    let text = r#"{"t": {"scope": "a.b", "quantities": {"k": {"argument": "/a"}}},
                   "u": {"scope": "a.b.c", "quantities": {"k": {"value": 1}}}}"#;
    Manifest::parse(&world::object(text)).unwrap()
}

/// What is said of a call by the coder, whose planner held `root`.
fn check(root: &str, child: &str, tool: &str, arguments: &str, expected: Expect) {
    let tokens = [world::root("alice", &world::grant("planner", root)), String::new()];
    let child = world::child(&tokens[0], "planner", &world::grant("coder", child));
    let anchors = world::anchors(&["alice"]);
    let chain = verify_chain(&[&tokens[0], &child], &world::rules(&anchors)).unwrap();
    let request = Request { tool: tool.into(), arguments: world::object(arguments) };
    let said: Vec<String> = gaps(chain.get(), &request, Manifest::empty())
        .iter()
        .map(|gap| format!("{}\n{}\n", gap.to_sentence(), gap.to_object().to_canonical().unwrap()))
        .collect();
    expected.assert_eq(&said.concat());
}

const ROOT: &str = r#"{"write":{"path":{"constraint_type":"path_containment","root":"/"}},
    "read":{"path":{"constraint_type":"path_containment","root":"/src"},
            "lines":{"constraint_type":"range","max":20}}}"#;

#[test]
fn a_refusal_says_which_hop_which_argument_and_what_would_have_been_enough() {
    let child = r#"{"write":{"path":{"constraint_type":"path_containment","root":"/src/a"}}}"#;
    check(
        ROOT,
        child,
        "write",
        r#"{"path":"/src/b/x"}"#,
        expect![[r#"
            at hop 1, argument `path`: "/src/b/x" is not within {"constraint_type":"path_containment","root":"/src/a"}; it would pass with {"argument":"path","constraint":{"constraint_type":"path_containment","root":"/src"},"tool":"write"}
            {"argument":"path","asked":"/src/b/x","dimension":"argument","held":{"constraint_type":"path_containment","root":"/src/a"},"hop":1,"widening":{"argument":"path","constraint":{"constraint_type":"path_containment","root":"/src"},"tool":"write"}}
        "#]],
    );
    check(ROOT, child, "write", r#"{"path":"/src/a/x"}"#, expect![[r#""#]]);
}

#[test]
fn a_tool_that_a_hop_took_away_is_named_with_what_it_would_need() {
    let child = r#"{"write":{"path":{"constraint_type":"path_containment","root":"/"}}}"#;
    check(
        ROOT,
        child,
        "read",
        r#"{"path":"/src/x","lines":30}"#,
        expect![[r#"
            at hop 0, argument `lines`: 30 is not within {"constraint_type":"range","max":20}; it would pass with {"argument":"lines","constraint":{"constraint_type":"range","max":30},"tool":"read"}
            {"argument":"lines","asked":30,"dimension":"argument","held":{"constraint_type":"range","max":20},"hop":0,"widening":{"argument":"lines","constraint":{"constraint_type":"range","max":30},"tool":"read"}}
            at hop 1, the tool: "read" is not within ["write"]; it would pass with {"arguments":{"lines":{"constraint_type":"exact","value":30},"path":{"constraint_type":"exact","value":"/src/x"}},"tool":"read"}
            {"asked":"read","dimension":"tool","held":["write"],"hop":1,"widening":{"arguments":{"lines":{"constraint_type":"exact","value":30},"path":{"constraint_type":"exact","value":"/src/x"}},"tool":"read"}}
        "#]],
    );
    check(
        ROOT,
        child,
        "list",
        "{}",
        expect![[r#"
            at hop 0, the tool: "list" is not within ["read","write"]; it would pass with {"arguments":{"()":{"constraint_type":"one_of","optional":true,"values":[""]}},"tool":"list"}
            {"asked":"list","dimension":"tool","held":["read","write"],"hop":0,"widening":{"arguments":{"()":{"constraint_type":"one_of","optional":true,"values":[""]}},"tool":"list"}}
            at hop 1, the tool: "list" is not within ["write"]; it would pass with {"arguments":{"()":{"constraint_type":"one_of","optional":true,"values":[""]}},"tool":"list"}
            {"asked":"list","dimension":"tool","held":["write"],"hop":1,"widening":{"arguments":{"()":{"constraint_type":"one_of","optional":true,"values":[""]}},"tool":"list"}}
        "#]],
    );
}

#[test]
fn an_argument_that_is_missing_or_that_nobody_holds_is_named() {
    check(
        ROOT,
        ROOT,
        "read",
        r#"{"path":"/src/x","mode":"r"}"#,
        expect![[r#"
            at hop 0, argument `lines`: nothing is given, and {"constraint_type":"range","max":20} is held; it would pass with {"argument":"lines","constraint":{"constraint_type":"range","max":20,"optional":true},"tool":"read"}
            {"argument":"lines","asked":null,"dimension":"argument","held":{"constraint_type":"range","max":20},"hop":0,"widening":{"argument":"lines","constraint":{"constraint_type":"range","max":20,"optional":true},"tool":"read"}}
            at hop 0, argument `mode`: "r" is not held; it would pass with {"argument":"mode","constraint":{"constraint_type":"exact","optional":true,"value":"r"},"tool":"read"}
            {"argument":"mode","asked":"r","dimension":"argument","held":null,"hop":0,"widening":{"argument":"mode","constraint":{"constraint_type":"exact","optional":true,"value":"r"},"tool":"read"}}
            at hop 1, argument `lines`: nothing is given, and {"constraint_type":"range","max":20} is held; it would pass with {"argument":"lines","constraint":{"constraint_type":"range","max":20,"optional":true},"tool":"read"}
            {"argument":"lines","asked":null,"dimension":"argument","held":{"constraint_type":"range","max":20},"hop":1,"widening":{"argument":"lines","constraint":{"constraint_type":"range","max":20,"optional":true},"tool":"read"}}
            at hop 1, argument `mode`: "r" is not held; it would pass with {"argument":"mode","constraint":{"constraint_type":"exact","optional":true,"value":"r"},"tool":"read"}
            {"argument":"mode","asked":"r","dimension":"argument","held":null,"hop":1,"widening":{"argument":"mode","constraint":{"constraint_type":"exact","optional":true,"value":"r"},"tool":"read"}}
        "#]],
    );
}

#[test]
fn ceilings_say_what_was_asked_and_what_would_have_been_enough() {
    let text = r#"{"type":"agent_delegation","scopes":["a.x"],"constraints":[
        {"key":"k","max":5},{"key":"k","max_subtree":6},{"key":"l","min":1},{"key":"k","new":1},
        {"key":"scope","not_one_of":["a.b"]},{"key":"scope","prefix":"a.x"}]}"#;
    let held = AgentDelegation::parse(&world::object(text)).unwrap();
    let grant = Grant { detail: Some(held), ..world::grant("planner", r#"{"t":{}}"#) };
    let root = world::root("alice", &grant);
    let anchors = world::anchors(&["alice"]);
    let chain = verify_chain(&[&root], &world::rules(&anchors)).unwrap();
    let request = Request { tool: "t".into(), arguments: Object::new().with("a", 7_u32) };
    let said: Vec<String> = gaps(chain.get(), &request, &manifest())
        .iter()
        .map(|gap| gap.to_sentence() + "\n")
        .collect();
    expect![[r#"
        at hop 0, the scope: "a.b" is not within ["a.x"]; it would pass with {"scope":"a.b"}
        at hop 0, ceiling `max` of `k`: 7 is not within {"key":"k","max":5}; it would pass with {"ceiling":{"key":"k","max":7}}
        at hop 0, ceiling `max_subtree` of `k`: 7 is not within {"key":"k","max_subtree":6}; it would pass with {"ceiling":{"key":"k","max_subtree":7}}
        at hop 0, ceiling `new` of `k`: 7 is not within {"key":"k","new":1}; it would pass with no wider one
        at hop 0, ceiling `min` of `l`: nothing is given, and {"key":"l","min":1} is held; it would pass with no wider one
        at hop 0, ceiling `not_one_of` of `scope`: "a.b" is not within {"key":"scope","not_one_of":["a.b"]}; it would pass with {"ceiling":{"key":"scope","not_one_of":[]}}
        at hop 0, ceiling `prefix` of `scope`: "a.b" is not within {"key":"scope","prefix":"a.x"}; it would pass with {"ceiling":{"key":"scope","prefix":"a."}}
    "#]].assert_eq(&said.concat());
}

#[test]
fn what_no_token_can_hold_is_not_explained_away() {
    let root = world::root("alice", &world::grant("planner", r#"{"t":{}}"#));
    let anchors = world::anchors(&["alice"]);
    let chain = verify_chain(&[&root], &world::rules(&anchors)).unwrap();
    let many = format!(r#"{{"a":[{}]}}"#, vec!["1"; limits::ARGUMENT_VALUES].join(","));
    for arguments in [r#"{"a":9007199254740993}"#, r#"{"a":{"sha-256":"x"}}"#, &many] {
        let arguments = json::parse_object(arguments.as_bytes()).unwrap();
        let request = Request { tool: "t".into(), arguments };
        assert!(chain.get().demands(&request, Manifest::empty()).is_err());
        assert_eq!(gaps(chain.get(), &request, Manifest::empty()), []);
    }
}

/// A token with these tools, scopes and ceilings; nothing else in it matters here.
fn token(grant: &Grant) -> Token {
    Token::read(&world::root("alice", &Grant { detail: None, ..grant.clone() }))
        .map(|token| Token { detail: grant.detail.clone(), ..token })
        .unwrap()
}

fn grant() -> impl Strategy<Value = Grant> {
    (held(), prop::option::of(detail())).prop_map(|(tools, detail)| Grant {
        tools,
        detail,
        ..world::grant("planner", "{}")
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_widened_rule_is_above_the_old_one_and_accepts_the_value(
        rule in rule(), value in prop::sample::select(VALUES.clone()),
    ) {
        if value.is_admissible() {
            let wider = widen(&rule, &value);
            prop_assert!(rule.is_within(&wider), "{wider:?}");
            prop_assert!(wider.accepts(&value), "{wider:?}");
            prop_assert!(wider == Constraint::Wildcard || readable(&wider), "{wider:?}");
        }
    }

    #[test]
    fn the_join_of_two_rules_is_above_both(a in rule(), b in rule()) {
        for join in [join(&a, &b), join(&b, &a)] {
            prop_assert!(a.is_within(&join) && b.is_within(&join), "{join:?}");
            prop_assert!(readable(&join), "{join:?}");
        }
    }
}

fn readable(rule: &Constraint) -> bool {
    Constraint::parse(&rule.to_object().into(), &mut Counter::default()).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: config().cases.div_ceil(10), ..config() })]

    #[test]
    fn with_all_that_is_proposed_the_call_is_held(grant in grant(), call in call()) {
        let (tool, arguments) = call;
        let root = world::root("alice", &Grant { detail: None, ..grant.clone() });
        let anchors = world::anchors(&["alice"]);
        let chain = verify_chain(&[&root], &world::rules(&anchors)).unwrap();
        let request = Request { tool: tool.into(), arguments: arguments.clone() };
        let found = gaps(chain.get(), &request, Manifest::empty());
        let held = chain.get().demands(&request, Manifest::empty());
        if arguments.is_admissible() {
            prop_assert_eq!(found.is_empty(), held.is_ok());
            let mut widened = chain.get().root().clone();
            let before = widened.clone();
            for gap in &found {
                gap.widening.as_ref().unwrap().apply(&mut widened);
            }
            prop_assert!(widened.tools.check_call(tool, &arguments).is_ok(), "{widened:?}");
            prop_assert!(before.tools.check_within(&widened.tools).is_ok());
        }
    }

    #[test]
    fn a_parent_with_all_that_is_proposed_holds_its_child(parent in grant(), child in grant()) {
        let (mut parent, child) = (token(&parent), token(&child));
        let is_within = |parent: &Token| {
            let detail = match (&child.detail, &parent.detail) {
                (Some(own), Some(above)) => own.check_within(above).is_ok(),
                (None, Some(_)) => false,
                (_, None) => true,
            };
            detail && child.tools.check_within(&parent.tools).is_ok()
        };
        let found = link_gaps(&parent, &child, 1);
        if is_within(&parent) {
            prop_assert_eq!(found, []);
        } else if found.iter().all(|gap| gap.widening.is_some()) && child.detail.is_some() {
            prop_assert!(!found.is_empty());
            let before = parent.clone();
            for gap in &found {
                gap.widening.as_ref().unwrap().apply(&mut parent);
            }
            prop_assert!(is_within(&parent), "{found:?}");
            prop_assert!(before.tools.check_within(&parent.tools).is_ok());
        }
    }
}
