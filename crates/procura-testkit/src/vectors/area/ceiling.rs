//! Scopes and ceilings: what each lets through, and what is within which.

use procura_core::json::Object;

use crate::vectors::{
    Case,
    case::{ALLOW, Cases, deny, output},
    forge::value,
};

/// A ceiling on `k`, quantities that pass, and quantities that do not.
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const ACTIONS: &[Row] = &[
    (
        "max",
        r#""key":"k","max":2"#,
        r#"{"k":2}"#,
        &[
            ("above", r#"{"k":2.5}"#),
            ("text", r#"{"k":"2"}"#),
            ("truth", r#"{"k":true}"#),
            ("infinite", r#"{"k":-1e400}"#),
            ("missing", "{}"),
            ("other_case", r#"{"K":1}"#),
        ],
    ),
    ("min", r#""key":"k","min":2"#, r#"{"k":2}"#, &[("below", r#"{"k":1}"#), ("missing", "{}")]),
    (
        "one_of",
        r#""key":"k","one_of":["a",1]"#,
        r#"{"k":1.0}"#,
        &[("other", r#"{"k":"b"}"#), ("list", r#"{"k":["a"]}"#), ("missing", "{}")],
    ),
    (
        "not_one_of",
        r#""key":"k","not_one_of":["a"]"#,
        r#"{"k":"b"}"#,
        &[("listed", r#"{"k":"a"}"#), ("list", r#"{"k":["a"]}"#), ("missing", "{}")],
    ),
    (
        "prefix",
        r#""key":"k","prefix":"ab""#,
        r#"{"k":"abc"}"#,
        &[
            ("shorter", r#"{"k":"a"}"#),
            ("other_case", r#"{"k":"ABC"}"#),
            ("number", r#"{"k":1}"#),
            ("missing", "{}"),
        ],
    ),
    (
        "rank",
        r#""key":"k","order":["x","y","z"],"rank":"y""#,
        r#"{"k":"x"}"#,
        &[("above", r#"{"k":"z"}"#), ("unknown", r#"{"k":"w"}"#), ("number", r#"{"k":0}"#)],
    ),
    (
        "max_lifetime",
        r#""key":"k","max_lifetime":9"#,
        r#"{"k":9}"#,
        &[
            ("above", r#"{"k":10}"#),
            ("negative", r#"{"k":-1}"#),
            ("fraction", r#"{"k":1.5}"#),
            ("text", r#"{"k":"1"}"#),
        ],
    ),
    (
        "max_subtree",
        r#""key":"k","max_subtree":9"#,
        r#"{"k":0}"#,
        &[
            ("above", r#"{"k":10}"#),
            ("negative", r#"{"k":-1}"#),
            ("beyond_integers", r#"{"k":9007199254740993}"#),
        ],
    ),
    (
        "rate",
        r#""key":"k","rate":{"n":3,"per":60}"#,
        r#"{"k":3}"#,
        &[("above", r#"{"k":4}"#), ("negative", r#"{"k":-1}"#), ("missing", "{}")],
    ),
    ("scope_one_of", r#""key":"scope","one_of":["a.b"]"#, r#"{"scope":"other"}"#, &[]),
];

/// A ceiling on `k`, one that it is within, and some that it is not within.
const WITHIN: &[Row] = &[
    (
        "max",
        r#""max":1"#,
        r#""max":2"#,
        &[("lower", r#""max":0.5"#), ("max_subtree", r#""max_subtree":2"#), ("min", r#""min":0"#)],
    ),
    ("min", r#""min":2"#, r#""min":1"#, &[("higher", r#""min":3"#)]),
    (
        "max_lifetime",
        r#""max_lifetime":1"#,
        r#""max_lifetime":2"#,
        &[
            ("lower", r#""max_lifetime":0"#),
            ("max", r#""max":2"#),
            ("max_subtree", r#""max_subtree":2"#),
        ],
    ),
    ("max_subtree", r#""max_subtree":1"#, r#""max_subtree":2"#, &[("lower", r#""max_subtree":0"#)]),
    ("one_of", r#""one_of":["a"]"#, r#""one_of":["a","b"]"#, &[("other", r#""one_of":["b"]"#)]),
    ("one_of_number", r#""one_of":[1]"#, r#""one_of":[1.0,2]"#, &[("max", r#""max":2"#)]),
    (
        "not_one_of",
        r#""not_one_of":["a","b"]"#,
        r#""not_one_of":["a"]"#,
        &[("more", r#""not_one_of":["a","b","c"]"#)],
    ),
    (
        "prefix",
        r#""prefix":"ab""#,
        r#""prefix":"a""#,
        &[("longer", r#""prefix":"abc""#), ("other", r#""prefix":"b""#)],
    ),
    (
        "rank",
        r#""order":["x","y"],"rank":"x""#,
        r#""order":["x","y"],"rank":"y""#,
        &[
            ("longer_order", r#""order":["x","y","z"],"rank":"y""#),
            ("other_order", r#""order":["y","x"],"rank":"x""#),
        ],
    ),
    (
        "rank_highest",
        r#""order":["x","y"],"rank":"y""#,
        r#""order":["x","y"],"rank":"y""#,
        &[("lower", r#""order":["x","y"],"rank":"x""#)],
    ),
    (
        "rate",
        r#""rate":{"n":1,"per":60}"#,
        r#""rate":{"n":2,"per":60}"#,
        &[
            ("fewer", r#""rate":{"n":0,"per":60}"#),
            ("other_window", r#""rate":{"n":2,"per":30}"#),
            ("longer_window", r#""rate":{"n":2,"per":120}"#),
        ],
    ),
    (
        "approval",
        r#""approval":{"by":["u","v"],"max_age":60,"n":2}"#,
        r#""approval":{"by":["u","v","w"],"max_age":300,"n":1}"#,
        &[
            ("more_people", r#""approval":{"by":["u","v","w"],"max_age":60,"n":3}"#),
            ("other_people", r#""approval":{"by":["u","w"],"max_age":60,"n":2}"#),
            ("younger", r#""approval":{"by":["u","v"],"max_age":59,"n":2}"#),
        ],
    ),
    (
        "unknown",
        r#""new":1"#,
        r#""new":1.0"#,
        &[("other_value", r#""new":2"#), ("other_type", r#""other":1"#)],
    ),
];

/// A scope, and what it does not cover, or is not.
const SCOPES: &[Row] = &[
    (
        "wildcard",
        "pr.*",
        "pr.write.draft",
        &[
            ("name_before_the_dot", "pr"),
            ("prefix", "prx.write"),
            ("other_case", "PR.write"),
            ("opaque", "pr.Write"),
        ],
    ),
    (
        "literal",
        "pr.write",
        "pr.write",
        &[("below", "pr.write.draft"), ("above", "pr"), ("other", "pr.read")],
    ),
    (
        "opaque",
        "User.Read",
        "User.Read",
        &[("other_case", "user.read"), ("below", "User.Read.All")],
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("action");
    actions(&mut cases);
    within(&mut cases);
    cases.done()
}

/// A detail of one scope and one ceiling, as text.
pub(super) fn detail(scopes: &str, ceilings: &str) -> String {
    format!(r#"{{"constraints":[{ceilings}],"scopes":[{scopes}],"type":"agent_delegation"}}"#)
}

fn action(ceiling: &str, scope: Option<&str>, quantities: &str) -> Object {
    let mut input = Object::new()
        .with("detail", detail(r#""a.*""#, ceiling))
        .with("tool", "t")
        .with("quantities", quantities);
    if let Some(scope) = scope {
        input.set("scope", scope);
    }
    input
}

fn actions(cases: &mut Cases) {
    for (name, ceiling, quantities, others) in ACTIONS {
        let braced = format!("{{{ceiling}}}");
        let input = |quantities: &str| action(&braced, Some("a.b"), quantities);
        cases.add(
            &format!("ceiling_{name}"),
            &format!("`{braced}` lets `{quantities}` through."),
            (input(quantities), ALLOW),
        );
        for (other, quantities) in *others {
            let what = format!("`{braced}` does not let `{quantities}` through.");
            cases.add(
                &format!("ceiling_{name}_{other}"),
                &what,
                (input(quantities), deny("ceiling_exceeded", "P5")),
            );
        }
    }
    demands(cases);
    for (name, held, used, others) in SCOPES {
        let input = |scope: &str| {
            action("", Some(scope), "{}").with("detail", detail(&format!(r#""{held}""#), ""))
        };
        cases.add(
            &format!("scope_{name}"),
            &format!("`{held}` covers `{used}`."),
            (input(used), ALLOW),
        );
        for (other, scope) in *others {
            let what = format!("`{held}` does not cover `{scope}`.");
            cases.add(
                &format!("scope_{name}_{other}"),
                &what,
                (input(scope), deny("scope_not_granted", "P5")),
            );
        }
    }
    let pattern = action("", Some("a.b.*"), "{}");
    cases.near("scope_wildcard").add(
        "scope_of_a_pattern",
        "An action whose scope is a pattern, although it is held.",
        (pattern, deny("scope_not_granted", "P5")),
    );
    let without = action("", None, "{}");
    cases.add(
        "scope_of_nothing",
        "An action without a scope.",
        (without, deny("scope_not_granted", "P5")),
    );
}

/// What an action leaves to be asked of the world.
fn demands(cases: &mut Cases) {
    let asks = |text: &str| output(value(text));
    for (name, what, ceiling, expected) in [
        (
            "calls",
            "A call counts as one, whatever is claimed.",
            r#"{"key":"calls","max_subtree":9}"#,
            r#"{"debits":[{"amount":1,"key":"calls","limit":9,"over":"subtree"}],"quorums":[]}"#,
        ),
        (
            "calls_rate",
            "A rate of calls.",
            r#"{"key":"calls","rate":{"n":3,"per":60}}"#,
            r#"{"debits":[{"amount":1,"key":"calls","limit":3,"over":"rate","seconds":60}],"quorums":[]}"#,
        ),
        (
            "approval_of_tool",
            "People have to agree to calls of this tool.",
            r#"{"approval":{"by":["v","u"],"max_age":60,"n":1},"key":"t"}"#,
            r#"{"debits":[],"quorums":[{"by":["u","v"],"max_age":60,"n":1}]}"#,
        ),
        (
            "approval_of_all",
            "People have to agree to every call.",
            r#"{"approval":{"by":["u"],"max_age":60,"n":1},"key":"*"}"#,
            r#"{"debits":[],"quorums":[{"by":["u"],"max_age":60,"n":1}]}"#,
        ),
        (
            "approval_of_other",
            "People have to agree to calls of another tool.",
            r#"{"approval":{"by":["u"],"max_age":60,"n":1},"key":"other"}"#,
            r#"{"debits":[],"quorums":[]}"#,
        ),
    ] {
        let input = action(ceiling, Some("a.b"), r#"{"calls":0}"#);
        cases.add(&format!("ceiling_{name}"), what, (input, asks(expected)));
    }
    let none = action(r#"{"key":"calls","max_subtree":0}"#, Some("a.b"), r#"{"calls":0}"#);
    cases.near("ceiling_calls");
    cases.add(
        "ceiling_calls_none_left",
        "A call counts as one, and none is allowed.",
        (none, deny("ceiling_exceeded", "P5")),
    );
    let scope =
        action(r#"{"key":"scope","not_one_of":["a.b"]}"#, Some("a.b"), r#"{"scope":"a.c"}"#);
    cases.near("ceiling_scope_one_of");
    cases.add(
        "ceiling_scope_excluded",
        "The action's scope is what it is, whatever is claimed.",
        (scope, deny("ceiling_exceeded", "P5")),
    );
    let unknown = action(r#"{"key":"k","new":1}"#, Some("a.b"), r#"{"k":1}"#);
    cases.near("ceiling_max");
    cases.add(
        "ceiling_of_unknown_type",
        "No action passes a ceiling that is not understood.",
        (unknown, deny("unknown_constraint", "P5")),
    );
}

fn within(cases: &mut Cases) {
    cases.op("detail_within");
    let with = |ceiling: &str| detail(r#""a.*""#, &format!(r#"{{"key":"k",{ceiling}}}"#));
    let input =
        |child: String, parent: String| Object::new().with("child", child).with("parent", parent);
    let wider = || deny("not_narrower", "P4");
    for (name, child, parent, others) in WITHIN {
        let what = format!("`{child}` is within `{parent}`.");
        cases.add(
            &format!("ceiling_within_{name}"),
            &what,
            (input(with(child), with(parent)), ALLOW),
        );
        for (other, parent) in *others {
            let what = format!("`{child}` is not within `{parent}`.");
            let case = (input(with(child), with(parent)), wider());
            cases.add(&format!("ceiling_within_{name}_not_{other}"), &what, case);
        }
    }
    let open = || detail(r#""a.*""#, "");
    cases.add(
        "ceiling_added",
        "A ceiling that only the child has.",
        (input(with(r#""max":1"#), open()), ALLOW),
    );
    cases.add(
        "ceiling_missing",
        "A ceiling that the child does not have.",
        (input(open(), with(r#""max":1"#)), wider()),
    );
    let scoped = |scope: &str| detail(&format!(r#""{scope}""#), "");
    cases.add(
        "scope_within",
        "A literal within a wildcard.",
        (input(scoped("a.b"), scoped("a.*")), ALLOW),
    );
    cases.add(
        "scope_within_deeper",
        "A wildcard within a wildcard.",
        (input(scoped("a.b.*"), scoped("a.*")), ALLOW),
    );
    for (name, child, parent) in [
        ("wider_wildcard", "a.*", "a.b.*"),
        ("wildcard_in_literal", "a.b.*", "a.b"),
        ("opaque_in_wildcard", "a.B", "a.*"),
        ("name_before_the_dot", "a", "a.*"),
        ("sibling", "b.a", "a.*"),
    ] {
        let what = format!("Scope `{child}` is not within `{parent}`.");
        cases.add(
            &format!("scope_not_within_{name}"),
            &what,
            (input(scoped(child), scoped(parent)), wider()),
        );
    }
}
