//! Constraints: which are well-formed, and which are none.

use procura_core::json::Object;

use super::constraint::tools;
use crate::vectors::{
    Case,
    case::{ALLOW, Cases, deny},
};

/// A name, a text that is one, and named texts that are none.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// A rule that is one, and texts that are none.
const SHAPES: &[Row] = &[
    (
        "wildcard",
        r#"{"constraint_type":"wildcard"}"#,
        &[
            ("number", "1"),
            ("empty", "{}"),
            ("type_number", r#"{"constraint_type":1}"#),
            ("unknown_type", r#"{"constraint_type":"regex","pattern":".*"}"#),
            ("capital", r#"{"constraint_type":"Wildcard"}"#),
            ("member", r#"{"constraint_type":"wildcard","value":1}"#),
            ("optional_text", r#"{"constraint_type":"wildcard","optional":"true"}"#),
        ],
    ),
    (
        "exact",
        r#"{"constraint_type":"exact","value":1}"#,
        &[
            ("missing", r#"{"constraint_type":"exact"}"#),
            ("list", r#"{"constraint_type":"exact","value":[]}"#),
            ("object", r#"{"constraint_type":"exact","value":{}}"#),
            ("2_53_plus_1", r#"{"constraint_type":"exact","value":9007199254740993}"#),
            ("values", r#"{"constraint_type":"exact","values":[1]}"#),
        ],
    ),
    (
        "one_of",
        r#"{"constraint_type":"one_of","values":[1]}"#,
        &[
            ("empty", r#"{"constraint_type":"one_of","values":[]}"#),
            ("text", r#"{"constraint_type":"one_of","values":"a"}"#),
            ("value", r#"{"constraint_type":"one_of","value":[1]}"#),
        ],
    ),
    (
        "not_one_of",
        r#"{"constraint_type":"not_one_of","excluded":[]}"#,
        &[
            ("number", r#"{"constraint_type":"not_one_of","excluded":1}"#),
            ("values", r#"{"constraint_type":"not_one_of","values":[1]}"#),
        ],
    ),
    (
        "contains",
        r#"{"constraint_type":"contains","required":[]}"#,
        &[("missing", r#"{"constraint_type":"contains"}"#)],
    ),
    (
        "subset",
        r#"{"allowed":[],"constraint_type":"subset"}"#,
        &[("infinite", r#"{"allowed":[1e400],"constraint_type":"subset"}"#)],
    ),
    (
        "range",
        r#"{"constraint_type":"range","max":1,"min":1}"#,
        &[
            ("inverted", r#"{"constraint_type":"range","max":1,"min":2}"#),
            ("text", r#"{"constraint_type":"range","min":"1"}"#),
            ("maximum", r#"{"constraint_type":"range","maximum":1}"#),
            ("inexact", r#"{"constraint_type":"range","max":1.00000000000000001}"#),
            ("flag_number", r#"{"constraint_type":"range","min":1,"min_inclusive":1}"#),
            ("flag_alone", r#"{"constraint_type":"range","max_inclusive":true,"min":1}"#),
            ("null", r#"{"constraint_type":"range","min":null}"#),
        ],
    ),
    (
        "all",
        r#"{"constraint_type":"all","constraints":[{"constraint_type":"wildcard"}]}"#,
        &[
            ("empty", r#"{"constraint_type":"all","constraints":[]}"#),
            (
                "optional_inside",
                r#"{"constraint_type":"all","constraints":[{"constraint_type":"wildcard","optional":true}]}"#,
            ),
        ],
    ),
    (
        "any",
        r#"{"constraint_type":"any","constraints":[{"constraint_type":"wildcard"}]}"#,
        &[
            ("object", r#"{"constraint_type":"any","constraints":{}}"#),
            (
                "unknown_inside",
                r#"{"constraint_type":"any","constraints":[{"constraint_type":"cel"}]}"#,
            ),
        ],
    ),
    (
        "path",
        r#"{"constraint_type":"path_containment","root":"/a"}"#,
        &[
            ("relative", r#"{"constraint_type":"path_containment","root":"a"}"#),
            ("climbs", r#"{"constraint_type":"path_containment","root":"/.."}"#),
            ("backslash", r#"{"constraint_type":"path_containment","root":"/a\\b"}"#),
            ("nul", r#"{"constraint_type":"path_containment","root":"/a\u0000"}"#),
        ],
    ),
    (
        "url",
        r#"{"constraint_type":"url_containment","origin":"https://h"}"#,
        &[
            ("slash", r#"{"constraint_type":"url_containment","origin":"https://h/"}"#),
            ("ftp", r#"{"constraint_type":"url_containment","origin":"ftp://h"}"#),
            ("user", r#"{"constraint_type":"url_containment","origin":"https://u@h"}"#),
            (
                "relative_path",
                r#"{"constraint_type":"url_containment","origin":"https://h","path":"a"}"#,
            ),
        ],
    ),
];

/// Maps of arguments: a name, what it is, the map, and whether it is one.
const MAPS: &[(&str, &str, &str, bool)] = &[
    ("empty", "The empty map: any arguments.", "{}", true),
    ("rest", "Other arguments with any value.", r#"{"*":{"constraint_type":"wildcard"}}"#, true),
    (
        "rest_exact",
        "Other arguments with a constraint.",
        r#"{"*":{"constraint_type":"exact","value":1}}"#,
        false,
    ),
    (
        "rest_optional",
        "Other arguments that are optional.",
        r#"{"*":{"constraint_type":"wildcard","optional":true}}"#,
        false,
    ),
    (
        "rest_required",
        "Other arguments that are required.",
        r#"{"*":{"constraint_type":"wildcard","optional":false}}"#,
        false,
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("tools");
    let malformed = || deny("malformed", "3n/4o");
    for (name, rule, others) in SHAPES {
        let input = |rule: &str| Object::new().with("tools", tools(rule));
        cases.add(
            &format!("shape_{name}"),
            &format!("`{rule}` is a constraint."),
            (input(rule), ALLOW),
        );
        for (other, rule) in *others {
            let what = format!("`{rule}` is none.");
            cases.add(&format!("shape_{name}_{other}"), &what, (input(rule), malformed()));
        }
    }
    for (name, what, map, is_one) in MAPS {
        let input = Object::new().with("tools", format!(r#"{{"t":{map}}}"#));
        let expected = if *is_one { ALLOW } else { malformed() };
        cases.add(&format!("shape_map_{name}"), what, (input, expected));
    }
    cases.done()
}
