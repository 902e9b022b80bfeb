//! Constraints: what each accepts, and what is within which.

use procura_core::json::Object;

use crate::vectors::{
    Case,
    case::{ALLOW, Cases, deny},
};

/// A rule, a value that passes, and values that do not, each with a name.
type Accepts = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const ACCEPTS: &[Accepts] = &[
    (
        "exact_text",
        r#""constraint_type":"exact","value":"a""#,
        r#""a""#,
        &[
            ("other", r#""b""#),
            ("case", r#""A""#),
            ("space", r#""a ""#),
            ("list", r#"["a"]"#),
            ("null", "null"),
        ],
    ),
    (
        "exact_number",
        r#""constraint_type":"exact","value":1"#,
        "1.0",
        &[("text", r#""1""#), ("truth", "true"), ("neighbour", "1.0000000000000002")],
    ),
    (
        "exact_truth",
        r#""constraint_type":"exact","value":true"#,
        "true",
        &[("number", "1"), ("text", r#""true""#)],
    ),
    (
        "exact_null",
        r#""constraint_type":"exact","value":null"#,
        "null",
        &[("text", r#""null""#), ("empty", r#""""#), ("zero", "0")],
    ),
    ("exact_zero", r#""constraint_type":"exact","value":0"#, "-0", &[("small", "5e-324")]),
    (
        "one_of",
        r#""constraint_type":"one_of","values":["main","release",2]"#,
        "2e0",
        &[("other", r#""dev""#), ("prefix", r#""mai""#), ("list", r#"["main"]"#)],
    ),
    (
        "not_one_of",
        r#""constraint_type":"not_one_of","excluded":["prod",1]"#,
        r#""test""#,
        &[("listed", r#""prod""#), ("respelled", "1.0"), ("escaped", r#""\u0070rod""#)],
    ),
    (
        "range",
        r#""constraint_type":"range","max":20,"min":1"#,
        "20",
        &[
            ("above", "20.000000000000004"),
            ("below", "0"),
            ("text", r#""5""#),
            ("truth", "true"),
            ("list", "[5]"),
        ],
    ),
    (
        "range_open_end",
        r#""constraint_type":"range","max":20,"max_inclusive":false"#,
        "-1e300",
        &[("end", "20"), ("above", "21")],
    ),
    (
        "range_open_start",
        r#""constraint_type":"range","min":1,"min_inclusive":false"#,
        "1.5",
        &[("start", "1")],
    ),
    (
        "range_of_one",
        r#""constraint_type":"range","max":3,"min":3"#,
        "3",
        &[("next", "3.0000000000000004")],
    ),
    (
        "contains",
        r#""constraint_type":"contains","required":["a","b"]"#,
        r#"["b","c","a"]"#,
        &[("one_missing", r#"["a","c"]"#), ("no_list", r#""a""#), ("nested", r#"[["a","b"]]"#)],
    ),
    (
        "subset",
        r#""constraint_type":"subset","allowed":["a","b"]"#,
        r#"["b","b"]"#,
        &[("one_more", r#"["a","c"]"#), ("no_list", r#""a""#), ("object", r#"{"a":"a"}"#)],
    ),
    (
        "subset_of_nothing",
        r#""allowed":[],"constraint_type":"subset""#,
        "[]",
        &[("one", r#"["a"]"#)],
    ),
    (
        "all",
        r#""constraint_type":"all","constraints":[{"constraint_type":"range","min":1},{"constraint_type":"not_one_of","excluded":[3]}]"#,
        "2",
        &[("first", "0"), ("second", "3")],
    ),
    (
        "any",
        r#""constraint_type":"any","constraints":[{"constraint_type":"exact","value":"x"},{"constraint_type":"range","min":5}]"#,
        "6",
        &[("neither", "4"), ("other_text", r#""y""#)],
    ),
];

/// A child, a parent that it is within, and parents that it is not within.
const WITHIN: &[Accepts] = &[
    (
        "wildcard",
        r#""constraint_type":"wildcard""#,
        r#""constraint_type":"wildcard""#,
        &[
            ("exact", r#""constraint_type":"exact","value":1"#),
            ("open_range", r#""constraint_type":"range""#),
            ("not_one_of_nothing", r#""constraint_type":"not_one_of","excluded":[]"#),
        ],
    ),
    (
        "exact",
        r#""constraint_type":"exact","value":"a""#,
        r#""constraint_type":"one_of","values":["a","b"]"#,
        &[
            ("other_exact", r#""constraint_type":"exact","value":"b""#),
            ("not_listed", r#""constraint_type":"one_of","values":["b"]"#),
            ("not_one_of", r#""constraint_type":"not_one_of","excluded":["b"]"#),
        ],
    ),
    (
        "exact_number",
        r#""constraint_type":"exact","value":20"#,
        r#""constraint_type":"range","max":20"#,
        &[
            ("open_end", r#""constraint_type":"range","max":20,"max_inclusive":false"#),
            ("below", r#""constraint_type":"range","max":19"#),
            ("text", r#""constraint_type":"exact","value":"20""#),
        ],
    ),
    (
        "exact_path",
        r#""constraint_type":"exact","value":"/src/a""#,
        r#""constraint_type":"path_containment","root":"/src""#,
        &[
            ("sibling", r#""constraint_type":"path_containment","root":"/srcx""#),
            ("below", r#""constraint_type":"path_containment","root":"/src/a/b""#),
        ],
    ),
    (
        "exact_climbing_path",
        r#""constraint_type":"exact","value":"/tmp/../src/a""#,
        r#""constraint_type":"path_containment","root":"/src""#,
        &[("other", r#""constraint_type":"path_containment","root":"/tmp""#)],
    ),
    (
        "one_of",
        r#""constraint_type":"one_of","values":["a","b"]"#,
        r#""constraint_type":"one_of","values":["b","c","a"]"#,
        &[
            ("fewer", r#""constraint_type":"one_of","values":["a"]"#),
            ("exact", r#""constraint_type":"exact","value":"a""#),
        ],
    ),
    (
        "one_of_numbers",
        r#""constraint_type":"one_of","values":[1,2]"#,
        r#""constraint_type":"one_of","values":[1,2,3]"#,
        &[("range", r#""constraint_type":"range","max":9,"min":0"#)],
    ),
    (
        "not_one_of",
        r#""constraint_type":"not_one_of","excluded":["a","b"]"#,
        r#""constraint_type":"not_one_of","excluded":["a"]"#,
        &[
            ("more", r#""constraint_type":"not_one_of","excluded":["a","c"]"#),
            ("one_of", r#""constraint_type":"one_of","values":["c"]"#),
        ],
    ),
    (
        "range",
        r#""constraint_type":"range","max":10,"min":2"#,
        r#""constraint_type":"range","max":10,"min":1"#,
        &[
            ("lower_max", r#""constraint_type":"range","max":9,"min":1"#),
            ("higher_min", r#""constraint_type":"range","max":10,"min":3"#),
            ("open_end", r#""constraint_type":"range","max":10,"max_inclusive":false,"min":1"#),
        ],
    ),
    (
        "range_without_end",
        r#""constraint_type":"range","min":2"#,
        r#""constraint_type":"range","min":2"#,
        &[
            ("with_end", r#""constraint_type":"range","max":10,"min":2"#),
            ("open_start", r#""constraint_type":"range","min":2,"min_inclusive":false"#),
        ],
    ),
    (
        "contains",
        r#""constraint_type":"contains","required":["a","b"]"#,
        r#""constraint_type":"contains","required":["a"]"#,
        &[
            ("more", r#""constraint_type":"contains","required":["a","b","c"]"#),
            ("subset", r#""allowed":["a","b"],"constraint_type":"subset""#),
        ],
    ),
    (
        "subset",
        r#""allowed":["a"],"constraint_type":"subset""#,
        r#""allowed":["a","b"],"constraint_type":"subset""#,
        &[("fewer", r#""allowed":[],"constraint_type":"subset""#)],
    ),
    (
        "all",
        r#""constraint_type":"all","constraints":[{"constraint_type":"range","min":2},{"constraint_type":"range","max":5}]"#,
        r#""constraint_type":"all","constraints":[{"constraint_type":"range","max":9}]"#,
        &[
            ("bare_range", r#""constraint_type":"range","min":2"#),
            (
                "one_clause_more",
                r#""constraint_type":"all","constraints":[{"constraint_type":"range","max":9},{"constraint_type":"not_one_of","excluded":[3]}]"#,
            ),
        ],
    ),
    (
        "any",
        r#""constraint_type":"any","constraints":[{"constraint_type":"exact","value":1}]"#,
        r#""constraint_type":"any","constraints":[{"constraint_type":"range","min":0},{"constraint_type":"exact","value":"x"}]"#,
        &[
            ("bare_exact", r#""constraint_type":"exact","value":1"#),
            (
                "outside",
                r#""constraint_type":"any","constraints":[{"constraint_type":"range","min":2}]"#,
            ),
        ],
    ),
    (
        "any_of_two",
        r#""constraint_type":"any","constraints":[{"constraint_type":"exact","value":1},{"constraint_type":"exact","value":"x"}]"#,
        r#""constraint_type":"any","constraints":[{"constraint_type":"range","min":0},{"constraint_type":"exact","value":"x"}]"#,
        &[(
            "one_branch_outside",
            r#""constraint_type":"any","constraints":[{"constraint_type":"range","min":0}]"#,
        )],
    ),
    (
        "path",
        r#""constraint_type":"path_containment","root":"/src/a""#,
        r#""constraint_type":"path_containment","root":"/src""#,
        &[
            ("sibling", r#""constraint_type":"path_containment","root":"/src/b""#),
            ("prefix", r#""constraint_type":"path_containment","root":"/src/a/..a""#),
            ("url", r#""constraint_type":"url_containment","origin":"https://a.test""#),
        ],
    ),
    (
        "url",
        r#""constraint_type":"url_containment","origin":"https://a.test","path":"/v1/x""#,
        r#""constraint_type":"url_containment","origin":"https://A.test:443","path":"/v1""#,
        &[
            (
                "scheme",
                r#""constraint_type":"url_containment","origin":"http://a.test","path":"/v1""#,
            ),
            (
                "port",
                r#""constraint_type":"url_containment","origin":"https://a.test:8443","path":"/v1""#,
            ),
            (
                "host",
                r#""constraint_type":"url_containment","origin":"https://b.a.test","path":"/v1""#,
            ),
            (
                "path",
                r#""constraint_type":"url_containment","origin":"https://a.test","path":"/v1/x/y""#,
            ),
        ],
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("held");
    for (name, rule, value, others) in ACCEPTS {
        let input = |value: &str| {
            Object::new()
                .with("tools", tools(&format!("{{{rule}}}")))
                .with("tool", "t")
                .with("arguments", format!(r#"{{"x":{value}}}"#))
        };
        cases.add(
            &format!("constraint_{name}"),
            &format!("`{{{rule}}}` accepts `{value}`."),
            (input(value), ALLOW),
        );
        for (other, value) in *others {
            let what = format!("`{{{rule}}}` refuses `{value}`.");
            cases.add(
                &format!("constraint_{name}_refuses_{other}"),
                &what,
                (input(value), deny("argument_refused", "6b")),
            );
        }
    }
    within(&mut cases);
    cases.done()
}

/// Tools of which one has an argument with this rule.
pub(super) fn tools(rule: &str) -> String {
    format!(r#"{{"t":{{"x":{rule}}}}}"#)
}

fn within(cases: &mut Cases) {
    cases.op("within");
    for (name, child, parent, others) in WITHIN {
        let input = |parent: &str| {
            let braced = |rule: &str| tools(&format!("{{{rule}}}"));
            Object::new().with("child", braced(child)).with("parent", braced(parent))
        };
        let what = format!("`{{{child}}}` is within `{{{parent}}}`.");
        cases.add(&format!("within_{name}"), &what, (input(parent), ALLOW));
        for (other, parent) in *others {
            let what = format!("`{{{child}}}` is not within `{{{parent}}}`.");
            cases.add(
                &format!("within_{name}_not_{other}"),
                &what,
                (input(parent), deny("not_narrower", "4p4")),
            );
        }
    }
}
