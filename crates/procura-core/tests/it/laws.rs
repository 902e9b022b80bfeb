//! Laws: authority never grows, whatever is narrowed, met or derived.
//!
//! `PROCURA_CASES` raises the number of cases.

use std::sync::LazyLock;

use procura_core::{
    constraint::{Constraint, Counter, path::Path},
    json::{self, Object, Value},
    tools::Tools,
};
use proptest::{prelude::*, sample::select};

use crate::vectors;

/// Values near each other's edges, so that random rules disagree about them.
pub(crate) static VALUES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let texts = [
        "0",
        "1",
        "1.5",
        "2",
        "3",
        "-1",
        "9007199254740993",
        "true",
        "null",
        r#""""#,
        r#""a""#,
        r#""b""#,
        r#""/a""#,
        r#""/a/b""#,
        r#""/a/b/c""#,
        r#""/a/../b""#,
        r#""/ab""#,
        r#""/""#,
        r#""https://h""#,
        r#""https://h/a""#,
        r#""https://h/a/b?c""#,
        r#""https://h/ab""#,
        r#""http://h/a""#,
        "[]",
        r#"["a"]"#,
        r#"["a","b"]"#,
        r#"["b","b"]"#,
        "[1,2]",
        r#"[1,"a"]"#,
        "[[]]",
        "{}",
        r#"{"a":1}"#,
    ];
    texts.iter().map(|text| value(text)).collect()
});

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap()
}

fn scalar() -> impl Strategy<Value = Value> {
    let scalars: Vec<Value> =
        VALUES.iter().filter(|value| value.is_scalar() && value.is_admissible()).cloned().collect();
    select(scalars)
}

pub(crate) fn scalars(least: usize) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(scalar(), least..4)
}

fn typed(kind: &str) -> Object {
    Object::new().with("constraint_type", kind)
}

fn bound() -> impl Strategy<Value = Option<(i64, bool)>> {
    prop::option::of((-1_i64..4, any::<bool>()))
}

fn range() -> impl Strategy<Value = Object> {
    (bound(), bound()).prop_map(|(min, max)| {
        let mut object = typed("range");
        for (name, bound) in [("min", min), ("max", max)] {
            if let Some((at, inclusive)) = bound {
                object.set(name, at).set(&format!("{name}_inclusive"), inclusive);
            }
        }
        object
    })
}

fn leaf() -> impl Strategy<Value = Object> {
    let paths = select(vec!["/", "/a", "/a/b", "/b", "/a/../b"]);
    let origins = select(vec!["https://h", "http://h", "https://h:8443"]);
    prop_oneof![
        Just(typed("wildcard")),
        scalar().prop_map(|value| typed("exact").with("value", value)),
        scalars(1).prop_map(|values| typed("one_of").with("values", values)),
        scalars(0).prop_map(|values| typed("not_one_of").with("excluded", values)),
        scalars(0).prop_map(|values| typed("contains").with("required", values)),
        scalars(0).prop_map(|values| typed("subset").with("allowed", values)),
        range(),
        paths.clone().prop_map(|root| typed("path_containment").with("root", root)),
        (origins, paths).prop_map(|(origin, path)| {
            typed("url_containment").with("origin", origin).with("path", path)
        }),
    ]
}

pub(crate) fn rule() -> impl Strategy<Value = Constraint> {
    let tree = leaf().prop_recursive(2, 8, 3, |inner| {
        let kinds = select(vec!["all", "any"]);
        let rules = prop::collection::vec(inner, 1..4);
        (kinds, rules).prop_map(|(kind, rules)| typed(kind).with("constraints", rules))
    });
    tree.prop_filter_map("its bounds are the wrong way round", |object| {
        Constraint::parse(&object.into(), &mut Counter::default()).ok()
    })
}

/// Two rules, of which the second is often within the first.
fn pair() -> impl Strategy<Value = (Constraint, Constraint)> {
    prop_oneof![
        (rule(), rule()),
        (rule(), rule()).prop_map(|(a, b)| {
            let below = a.meet(&b);
            (a, below.unwrap_or(b))
        }),
    ]
}

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: vectors::cases(),
        failure_persistence: None,
        max_global_rejects: u32::MAX,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_a_rule_within_another_accepts_the_other_accepts((parent, child) in pair()) {
        if child.is_within(&parent) {
            for value in VALUES.iter().filter(|value| child.accepts(value)) {
                prop_assert!(parent.accepts(value), "{value:?}");
            }
        }
    }

    #[test]
    fn a_rule_is_within_itself_and_within_the_wildcard(rule in rule()) {
        prop_assert!(rule.is_within(&rule));
        prop_assert!(rule.is_within(&Constraint::Wildcard));
        prop_assert_eq!(Constraint::Wildcard.is_within(&rule), rule == Constraint::Wildcard);
    }

    #[test]
    fn what_is_below_two_rules_is_within_both_whichever_comes_first(a in rule(), b in rule()) {
        let (one, other) = (a.meet(&b), b.meet(&a));
        prop_assert_eq!(one.is_some(), other.is_some());
        if let (Some(one), Some(other)) = (one, other) {
            for meet in [&one, &other] {
                prop_assert!(meet.is_within(&a) && meet.is_within(&b), "{meet:?}");
            }
            for value in VALUES.iter() {
                prop_assert_eq!(one.accepts(value), other.accepts(value), "{:?}", value);
            }
        }
    }

    #[test]
    fn a_rule_that_was_written_is_read_as_the_same_rule(rule in rule()) {
        let written = Value::from(rule.to_object());
        let read = Constraint::parse(&written, &mut Counter::default()).unwrap();
        prop_assert!(read.is_within(&rule) && rule.is_within(&read));
        prop_assert_eq!(Value::from(read.to_object()).to_canonical(), written.to_canonical());
    }

    #[test]
    fn a_path_that_was_normalised_is_normal(text in "(/|a|b|\\.|\\\\|%2e|é){0,12}") {
        if let Some(path) = Path::parse(&text) {
            let normal = path.to_text();
            prop_assert_eq!(Path::parse(&normal), Some(path));
            prop_assert!(!normal.contains("//") && !normal.split('/').any(|s| s == ".."));
            prop_assert!(normal == "/" || !normal.ends_with('/'));
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic_and_any_value_is_written_and_read_back(
        text in r#"[\[\]{}",:0-9eE.+\-a-z\\u /]{0,40}"#,
    ) {
        if let Ok(value) = json::parse(text.as_bytes()) {
            match value.to_canonical() {
                Ok(canonical) => {
                    let again = json::parse(canonical.as_bytes()).unwrap();
                    prop_assert_eq!(again.to_canonical().unwrap(), canonical);
                }
                Err(_) => prop_assert!(!value.is_admissible()),
            }
        }
    }
}

/// Arguments as the wire has them: named ones, and often a `*`.
fn arguments() -> impl Strategy<Value = Object> {
    let named = (select(vec!["a", "b", "c"]), rule(), any::<bool>());
    let star = any::<bool>();
    (prop::collection::vec(named, 0..3), star).prop_map(|(named, star)| {
        let mut map = Object::new();
        for (name, rule, optional) in named {
            let mut object = rule.to_object();
            if optional {
                object.set("optional", true);
            }
            map.set(name, object);
        }
        if star {
            map.set("*", typed("wildcard"));
        }
        map
    })
}

pub(crate) fn held() -> impl Strategy<Value = Tools> {
    let tool = (select(vec!["t", "u"]), arguments());
    prop::collection::vec(tool, 1..3).prop_map(|tools| {
        let mut object = Object::new();
        for (tool, arguments) in tools {
            object.set(tool, arguments);
        }
        Tools::parse(&object.into()).unwrap()
    })
}

/// A call of a tool with up to three arguments.
pub(crate) fn call() -> impl Strategy<Value = (&'static str, Object)> {
    let argument = (select(vec!["a", "b", "c", "d"]), select(VALUES.clone()));
    let tools = select(vec!["t", "t", "u", "v"]);
    (tools, prop::collection::vec(argument, 0..4)).prop_map(|(tool, arguments)| {
        let mut object = Object::new();
        for (name, value) in arguments {
            object.set(name, value);
        }
        (tool, object)
    })
}

fn calls() -> impl Strategy<Value = Vec<(&'static str, Object)>> {
    prop::collection::vec(call(), 8)
}

fn is_held(tools: &Tools, (tool, arguments): &(&str, Object)) -> bool {
    tools.check_call(tool, arguments).is_ok()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_tools_within_others_allow_the_others_allow(
        parent in held(), other in held(), calls in calls(),
    ) {
        let below = parent.meet(&other);
        for child in [other, below] {
            if child.check_within(&parent).is_ok() {
                for call in calls.iter().filter(|call| is_held(&child, call)) {
                    prop_assert!(is_held(&parent, call), "{call:?} {child:?}");
                }
            }
        }
    }

    #[test]
    fn tools_below_two_are_within_both(a in held(), b in held(), calls in calls()) {
        let meet = a.meet(&b);
        prop_assert!(meet.check_within(&a).is_ok() && meet.check_within(&b).is_ok(), "{meet:?}");
        for call in calls.iter().filter(|call| is_held(&meet, call)) {
            prop_assert!(is_held(&a, call) && is_held(&b, call), "{call:?} {meet:?}");
        }
    }
}

mod chains {
    //! The same laws for what is signed.

    use std::sync::Arc;

    use procura_core::{
        delegate::{self, Excess, Grant},
        detail::Manifest,
        proof::{Anchor, Request, Rules, verify_call, verify_chain},
        token::Token,
    };
    use procura_testkit::world;

    use super::*;
    use crate::lattice::detail;

    /// A grant to `name`: often with scopes and ceilings, sometimes of more than is held.
    fn grant(name: &'static str) -> impl Strategy<Value = Grant> {
        let excess = select(vec![Excess::LeftOut, Excess::LeftOut, Excess::Refused]);
        (held(), prop::option::of(detail()), excess).prop_map(move |(tools, detail, excess)| {
            Grant { tools, detail, excess, ..world::grant(name, "{}") }
        })
    }

    /// What the tools do, in the terms of the ceilings above.
    static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
        let text = br#"{"t": {"scope": "a.b", "quantities": {"k": {"argument": "/a"}}},
                        "u": {"scope": "a.b.c", "quantities": {"k": {"value": 1}}}}"#;
        Manifest::parse(&json::parse_object(text).unwrap()).unwrap()
    });

    /// Whether `holder` may make the call under these tokens.
    fn is_allowed(tokens: &[&str], holder: &str, (tool, arguments): &(&str, Object)) -> bool {
        static ANCHORS: LazyLock<Vec<Anchor>> = LazyLock::new(|| world::anchors(&["alice"]));
        let rules = Rules { manifest: &MANIFEST, ..world::rules(&ANCHORS) };
        let chain = Arc::new(verify_chain(tokens, &rules).unwrap());
        let proof = delegate::ProofFor {
            id: "call-1",
            leaf: tokens.last().unwrap(),
            tool,
            arguments,
            audience: world::AUDIENCE,
            issued: world::NOW,
        };
        // What is not exact cannot be signed for, and is not allowed.
        let Ok(proof) = delegate::prove(&proof, &world::key(holder)) else {
            return false;
        };
        let request = Request { tool: (*tool).into(), arguments: arguments.clone() };
        verify_call(&chain, &proof, request, &rules).is_ok()
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn what_is_derived_is_accepted_and_allows_no_more_than_before_or_than_was_asked(
            given in grant("planner"), asked in grant("coder"), call in call(),
        ) {
            // A root that nobody could use is not made.
            let Ok(root) = delegate::mint(
                &given, "user:alice", &world::issuer("alice"), &world::key("alice"),
            ) else {
                prop_assert!(given.detail.is_some_and(|detail| detail.is_empty()));
                return Ok(());
            };
            if let Ok(child) = delegate::derive(&root, &asked, &world::key("planner")) {
                let read = Token::read(&child).unwrap();
                let parent = Token::read(&root).unwrap();
                prop_assert!(read.tools.check_within(&parent.tools).is_ok());
                if is_allowed(&[&root, &child], "coder", &call) {
                    // A link more never turns a refusal into a permit.
                    prop_assert!(is_allowed(&[&root], "planner", &call), "{call:?}");
                    prop_assert!(is_held(&asked.tools, &call), "{call:?}");
                }
            }
        }

        #[test]
        fn every_link_of_a_longer_chain_only_takes_away(
            given in (grant("planner"), grant("coder"), grant("editor"), grant("tester")),
            call in call(),
        ) {
            let names = ["planner", "coder", "editor", "tester"];
            let (first, second, third, fourth) = given;
            let Ok(root) = delegate::mint(
                &first, "user:alice", &world::issuer("alice"), &world::key("alice"),
            ) else {
                return Ok(());
            };
            let mut chain = vec![root];
            for (index, grant) in [second, third, fourth].iter().enumerate() {
                let holder = world::key(names[index]);
                let Ok(next) = delegate::derive(chain.last().unwrap(), grant, &holder) else {
                    break;
                };
                chain.push(next);
            }
            let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
            let mut before = true;
            for count in 1..=tokens.len() {
                let now = is_allowed(&tokens[..count], names[count - 1], &call);
                prop_assert!(before || !now, "{call:?} at {count}");
                before = now;
            }
        }
    }
}
