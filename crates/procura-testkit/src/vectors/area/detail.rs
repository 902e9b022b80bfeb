//! The detail of scopes and ceilings: which are well-formed, and which are none.

use procura_core::json::{Object, Value};

use super::ceiling::detail;
use crate::vectors::{
    Case,
    case::{ALLOW, Cases, deny},
};

/// A name, a text that is one, and named texts that are none.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// A ceiling that is one, and some that are none.
const SHAPES: &[Row] = &[
    (
        "max",
        r#"{"key":"k","max":1.5}"#,
        &[
            ("no_key", r#"{"max":1}"#),
            ("empty_key", r#"{"key":"","max":1}"#),
            ("key_number", r#"{"key":1,"max":1}"#),
            ("text", r#"{"key":"k","max":"1"}"#),
            ("two_values", r#"{"key":"k","max":1,"min":0}"#),
            ("no_value", r#"{"key":"k"}"#),
            ("inexact", r#"{"key":"k","max":9007199254740993}"#),
            ("list", r#"["k",1]"#),
        ],
    ),
    (
        "max_subtree",
        r#"{"key":"k","max_subtree":0}"#,
        &[
            ("negative", r#"{"key":"k","max_subtree":-1}"#),
            ("fraction", r#"{"key":"k","max_subtree":1.5}"#),
            ("exponent", r#"{"key":"k","max_subtree":1e3}"#),
            ("beyond_integers", r#"{"key":"k","max_subtree":9007199254740992}"#),
        ],
    ),
    (
        "one_of",
        r#"{"key":"k","one_of":["a"]}"#,
        &[
            ("empty", r#"{"key":"k","one_of":[]}"#),
            ("list_inside", r#"{"key":"k","one_of":[["a"]]}"#),
            ("text", r#"{"key":"k","one_of":"a"}"#),
        ],
    ),
    ("prefix", r#"{"key":"k","prefix":""}"#, &[("number", r#"{"key":"k","prefix":1}"#)]),
    (
        "rank",
        r#"{"key":"k","order":["x","y"],"rank":"y"}"#,
        &[
            ("without_order", r#"{"key":"k","rank":"x"}"#),
            ("order_alone", r#"{"key":"k","order":["x"]}"#),
            ("not_in_order", r#"{"key":"k","order":["x"],"rank":"z"}"#),
            ("repeated", r#"{"key":"k","order":["x","x"],"rank":"x"}"#),
            ("empty_name", r#"{"key":"k","order":[""],"rank":""}"#),
        ],
    ),
    (
        "rate",
        r#"{"key":"k","rate":{"n":1,"per":1}}"#,
        &[
            ("no_time", r#"{"key":"k","rate":{"n":1,"per":0}}"#),
            ("no_count", r#"{"key":"k","rate":{"per":1}}"#),
            ("more", r#"{"key":"k","rate":{"burst":1,"n":1,"per":1}}"#),
            ("negative", r#"{"key":"k","rate":{"n":-1,"per":1}}"#),
        ],
    ),
    (
        "approval",
        r#"{"approval":{"by":["u"],"max_age":1,"n":1},"key":"k"}"#,
        &[
            ("nobody", r#"{"approval":{"by":[],"max_age":1,"n":1},"key":"k"}"#),
            ("none_needed", r#"{"approval":{"by":["u"],"max_age":1,"n":0},"key":"k"}"#),
            ("too_many", r#"{"approval":{"by":["u"],"max_age":1,"n":2},"key":"k"}"#),
            ("twice_the_same", r#"{"approval":{"by":["u","u"],"max_age":1,"n":2},"key":"k"}"#),
            ("no_age", r#"{"approval":{"by":["u"],"n":1},"key":"k"}"#),
        ],
    ),
];

/// Scopes that are none.
const NO_SCOPES: &[(&str, &str)] = &[
    ("empty", r#""""#),
    ("star", r#""*""#),
    ("star_inside", r#""pr.*.draft""#),
    ("star_suffix", r#""pr.wr*""#),
    ("space", r#""pr write""#),
    ("quote", r#""pr\"write""#),
    ("backslash", r#""pr\\write""#),
    ("not_ascii", r#""pr.é""#),
    ("number", "1"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("detail");
    shapes(&mut cases);
    details(&mut cases);
    cases.done()
}

fn shapes(cases: &mut Cases) {
    let input = |ceiling: &str| Object::new().with("detail", detail(r#""a.b""#, ceiling));
    for (name, ceiling, others) in SHAPES {
        cases.add(
            &format!("ceiling_shape_{name}"),
            &format!("`{ceiling}` is a ceiling."),
            (input(ceiling), ALLOW),
        );
        for (other, ceiling) in *others {
            let what = format!("`{ceiling}` is none.");
            cases.add(
                &format!("ceiling_shape_{name}_{other}"),
                &what,
                (input(ceiling), deny("malformed", "P2")),
            );
        }
    }
    let twice = input(r#"{"key":"k","max":1},{"key":"k","max":2}"#);
    cases.add(
        "ceiling_shape_twice",
        "Two ceilings of one key and one type.",
        (twice, deny("malformed", "P2")),
    );
    let long = |count: usize| {
        let values: Vec<Value> = (0..count).map(|at| format!("v{at}").into()).collect();
        let list = Value::Array(values).to_canonical().unwrap_or_default();
        input(&format!(r#"{{"key":"k","one_of":{list}}}"#))
    };
    cases.add("ceiling_shape_64_values", "64 values.", (long(64), ALLOW));
    cases.add("ceiling_shape_65_values", "65 values.", (long(65), deny("too_large", "P2")));
    let many = |count: usize| {
        let ceilings: Vec<String> =
            (0..count).map(|at| format!(r#"{{"key":"k{at}","max":1}}"#)).collect();
        input(&ceilings.join(","))
    };
    cases.add("ceiling_shape_64", "64 ceilings.", (many(64), ALLOW));
    cases.add("ceiling_shape_65", "65 ceilings.", (many(65), deny("too_large", "P2")));
}

fn details(cases: &mut Cases) {
    let input = |text: &str| Object::new().with("detail", text);
    cases.add(
        "detail_whole",
        "Scopes, and no ceilings.",
        (input(&detail(r#""pr.read","User.Read","pr.write.*""#, "")), ALLOW),
    );
    for (name, scope) in NO_SCOPES {
        let what = format!("`{scope}` is no scope.");
        cases.add(
            &format!("detail_scope_{name}"),
            &what,
            (input(&detail(scope, "")), deny("malformed", "P2")),
        );
    }
    for (name, what, text) in [
        ("no_scopes", "No `scopes`.", r#"{"constraints":[],"type":"agent_delegation"}"#),
        (
            "scopes_text",
            "`scopes` is a text.",
            r#"{"constraints":[],"scopes":"a.b","type":"agent_delegation"}"#,
        ),
        (
            "constraints_object",
            "`constraints` is an object.",
            r#"{"constraints":{},"scopes":["a.b"],"type":"agent_delegation"}"#,
        ),
        (
            "other_type",
            "Another type.",
            r#"{"constraints":[],"scopes":["a.b"],"type":"agent-delegation"}"#,
        ),
        ("untyped", "No type.", r#"{"constraints":[],"scopes":["a.b"]}"#),
        (
            "more_members",
            "A member more.",
            r#"{"constraints":[],"datatypes":[],"scopes":["a.b"],"type":"agent_delegation"}"#,
        ),
    ] {
        cases.add(&format!("detail_{name}"), what, (input(text), deny("malformed", "P2")));
    }
    let many = |count: usize| {
        let scopes: Vec<String> = (0..count).map(|at| format!(r#""a.s{at}""#)).collect();
        input(&detail(&scopes.join(","), ""))
    };
    cases.add("detail_256_scopes", "256 scopes.", (many(256), ALLOW));
    cases.add("detail_257_scopes", "257 scopes.", (many(257), deny("too_large", "P2")));
}
