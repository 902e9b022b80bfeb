//! The second detail: announced in the header, kept along the chain, never dropped.

use procura_core::json::{Object, Value};

use super::scene::chain_input;
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, Expected, deny_at},
        forge::{canonical, claims_of, compact, value},
    },
    world,
};

const TOOLS: &str = r#"{"pay.send":{},"repo.read":{}}"#;
const PLAIN: &str = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;
const MARKED: &str = r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"aat+jwt"}"#;
const DETAIL: &str = r#"{"constraints":[{"key":"calls","max_subtree":9}],"scopes":["pay.*"],"type":"agent_delegation"}"#;

/// A name, what it is, the child's header and second detail, the code and the step.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const CHILD: &[Row] = &[
    ("same", "The child has the same scopes and ceilings.", MARKED, DETAIL, "", ""),
    (
        "narrower",
        "The child has one scope and a lower ceiling.",
        MARKED,
        r#"{"constraints":[{"key":"calls","max_subtree":3}],"scopes":["pay.send"],"type":"agent_delegation"}"#,
        "",
        "",
    ),
    (
        "one_more_ceiling",
        "The child has one ceiling more.",
        MARKED,
        r#"{"constraints":[{"key":"calls","max_subtree":9},{"key":"rows","max":1}],"scopes":["pay.*"],"type":"agent_delegation"}"#,
        "",
        "",
    ),
    (
        "unmarked",
        "The child's header does not announce its detail.",
        PLAIN,
        DETAIL,
        "malformed",
        "4n",
    ),
    ("dropped", "The child drops the detail.", PLAIN, "", "not_narrower", "P4"),
    (
        "announced_and_missing",
        "The child announces a detail that is not there.",
        MARKED,
        "",
        "malformed",
        "P2",
    ),
    (
        "ceiling_dropped",
        "The child drops a ceiling.",
        MARKED,
        r#"{"constraints":[],"scopes":["pay.*"],"type":"agent_delegation"}"#,
        "not_narrower",
        "P4",
    ),
    (
        "ceiling_raised",
        "The child raises a ceiling.",
        MARKED,
        r#"{"constraints":[{"key":"calls","max_subtree":10}],"scopes":["pay.*"],"type":"agent_delegation"}"#,
        "not_narrower",
        "P4",
    ),
    (
        "ceiling_of_another_type",
        "The child has a ceiling of another type on the same key.",
        MARKED,
        r#"{"constraints":[{"key":"calls","max_lifetime":9}],"scopes":["pay.*"],"type":"agent_delegation"}"#,
        "not_narrower",
        "P4",
    ),
    (
        "scope_added",
        "The child adds a scope.",
        MARKED,
        r#"{"constraints":[{"key":"calls","max_subtree":9}],"scopes":["pay.*","repo.read"],"type":"agent_delegation"}"#,
        "not_narrower",
        "P4",
    ),
    (
        "scope_above",
        "The child has the name before the wildcard's dot.",
        MARKED,
        r#"{"constraints":[{"key":"calls","max_subtree":9}],"scopes":["pay"],"type":"agent_delegation"}"#,
        "not_narrower",
        "P4",
    ),
    (
        "ceiling_without_value",
        "A ceiling without a typed value.",
        MARKED,
        r#"{"constraints":[{"key":"calls"}],"scopes":["pay.*"],"type":"agent_delegation"}"#,
        "malformed",
        "P2",
    ),
    (
        "more_members",
        "A member that the detail does not have.",
        MARKED,
        r#"{"constraints":[],"locations":[],"scopes":["pay.*"],"type":"agent_delegation"}"#,
        "malformed",
        "P2",
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("chain");
    let plain = marked_root(PLAIN, "");
    cases.add(
        "tier_plain",
        "Neither token has scopes or ceilings.",
        (under(&plain, PLAIN, ""), ALLOW),
    );
    cases.add(
        "tier_child_is_first",
        "The child is the first to have them.",
        (under(&plain, MARKED, DETAIL), ALLOW),
    );
    let root = marked_root(MARKED, DETAIL);
    for (name, what, header, detail, outcome, step) in CHILD {
        let expected = if outcome.is_empty() { ALLOW } else { deny_at(outcome, step, 1) };
        cases.add(&format!("tier_{name}"), what, (under(&root, header, detail), expected));
    }
    cases.near("tier_same");
    for (name, what, header, detail, expected) in roots() {
        cases.add(
            &format!("tier_root_{name}"),
            what,
            (chain_input(&[marked_root(header, detail)]), expected),
        );
    }
    cases.done()
}

fn roots() -> [(&'static str, &'static str, &'static str, &'static str, Expected); 4] {
    [
        (
            "unmarked",
            "A root's header does not announce its detail.",
            PLAIN,
            DETAIL,
            deny_at("malformed", "3m", 0),
        ),
        (
            "missing",
            "A root announces a detail that is not there.",
            MARKED,
            "",
            deny_at("malformed", "P2", 0),
        ),
        ("twice", "A root has two of them.", MARKED, TWICE, deny_at("malformed", "3m", 0)),
        (
            "wildcard_alone",
            "A scope that is a wildcard and nothing else.",
            MARKED,
            r#"{"constraints":[],"scopes":["*"],"type":"agent_delegation"}"#,
            deny_at("malformed", "P2", 0),
        ),
    ]
}

/// Two details; they are told apart by the line break.
const TWICE: &str = concat!(
    r#"{"constraints":[],"scopes":["pay.*"],"type":"agent_delegation"}"#,
    "\n",
    r#"{"constraints":[],"scopes":["pay.*"],"type":"agent_delegation"}"#
);

fn with_detail(claims: &mut Object, detail: &str) {
    let tools = claims.get("authorization_details").and_then(Value::as_array);
    let mut details: Vec<Value> = tools.unwrap_or_default().iter().take(1).cloned().collect();
    details.extend(detail.lines().map(value));
    claims.set("authorization_details", details);
}

/// Alice's root under this header, with this second detail.
fn marked_root(header: &str, detail: &str) -> String {
    let mut claims = claims_of(&world::root("alice", &world::grant("planner", TOOLS)));
    with_detail(&mut claims, detail);
    compact(header, &canonical(&claims), "alice")
}

fn under(root: &str, header: &str, detail: &str) -> Object {
    let usual = world::child(root, "planner", &world::grant("coder", TOOLS));
    let mut claims = claims_of(&usual);
    with_detail(&mut claims, detail);
    chain_input(&[root.to_owned(), compact(header, &canonical(&claims), "planner")])
}
