//! What is no constraint, and the one way to write what is.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{constraint::ConstraintError, limits};

use crate::constraint::{parse, rule};

/// Prints why each text is no constraint.
fn check_refused(texts: &[&str], expected: Expect) {
    let mut table = String::new();
    for text in texts {
        writeln!(table, "{text}\n  {}", parse(text).unwrap_err()).unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn what_is_not_well_formed_is_no_constraint() {
    check_refused(
        &[
            "1",
            "{}",
            r#"{"constraint_type":1}"#,
            r#"{"constraint_type":"regex","pattern":".*"}"#,
            r#"{"constraint_type":"Wildcard"}"#,
            r#"{"constraint_type":"wildcard","value":1}"#,
            r#"{"constraint_type":"exact"}"#,
            r#"{"constraint_type":"exact","value":[]}"#,
            r#"{"constraint_type":"exact","value":{}}"#,
            r#"{"constraint_type":"exact","value":1,"optional":true}"#,
            r#"{"constraint_type":"exact","value":9007199254740993}"#,
            r#"{"constraint_type":"one_of","values":[]}"#,
            r#"{"constraint_type":"one_of","values":"a"}"#,
            r#"{"constraint_type":"one_of","value":[1]}"#,
            r#"{"constraint_type":"not_one_of","excluded":1}"#,
            r#"{"constraint_type":"contains"}"#,
            r#"{"constraint_type":"subset","allowed":[1e400]}"#,
            r#"{"constraint_type":"range","min":2,"max":1}"#,
            r#"{"constraint_type":"range","min":"1"}"#,
            r#"{"constraint_type":"range","max":1.00000000000000001}"#,
            r#"{"constraint_type":"range","min":1,"min_inclusive":1}"#,
            r#"{"constraint_type":"range","min":1,"max_inclusive":true}"#,
            r#"{"constraint_type":"range","min":null}"#,
            r#"{"constraint_type":"all","constraints":[]}"#,
            r#"{"constraint_type":"any","constraints":{}}"#,
            r#"{"constraint_type":"any","constraints":[{"constraint_type":"cel"}]}"#,
            r#"{"constraint_type":"path_containment","root":"src"}"#,
            r#"{"constraint_type":"path_containment","root":"/.."}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h/"}"#,
            r#"{"constraint_type":"url_containment","origin":"ftp://h"}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h","path":"a"}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h","path":"/v1/%2E%2e"}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h","path":"/v1%2fa"}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h","path":"/v1/a;b"}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h","path":"/v1/a b"}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h","path":"/é"}"#,
            r#"{"constraint_type":"url_containment","origin":"https://h","path":"/v1?a"}"#,
            r##"{"constraint_type":"url_containment","origin":"https://h","path":"/v1#a"}"##,
        ],
        expect![[r#"
            1
              a constraint is an object with a constraint_type
            {}
              a constraint is an object with a constraint_type
            {"constraint_type":1}
              a constraint is an object with a constraint_type
            {"constraint_type":"regex","pattern":".*"}
              unknown constraint type `regex`
            {"constraint_type":"Wildcard"}
              unknown constraint type `Wildcard`
            {"constraint_type":"wildcard","value":1}
              constraint `wildcard` has no member `value`
            {"constraint_type":"exact"}
              constraint `exact` has no proper member `value`
            {"constraint_type":"exact","value":[]}
              constraint `exact` has no proper member `value`
            {"constraint_type":"exact","value":{}}
              constraint `exact` has no proper member `value`
            {"constraint_type":"exact","value":1,"optional":true}
              constraint `exact` has no member `optional`
            {"constraint_type":"exact","value":9007199254740993}
              a number in constraint `exact` is not exactly a double
            {"constraint_type":"one_of","values":[]}
              constraint `one_of` has no proper member `values`
            {"constraint_type":"one_of","values":"a"}
              constraint `one_of` has no proper member `values`
            {"constraint_type":"one_of","value":[1]}
              constraint `one_of` has no member `value`
            {"constraint_type":"not_one_of","excluded":1}
              constraint `not_one_of` has no proper member `excluded`
            {"constraint_type":"contains"}
              constraint `contains` has no proper member `required`
            {"constraint_type":"subset","allowed":[1e400]}
              a number in constraint `subset` is not exactly a double
            {"constraint_type":"range","min":2,"max":1}
              the range's min is greater than its max
            {"constraint_type":"range","min":"1"}
              constraint `range` has no proper member `min`
            {"constraint_type":"range","max":1.00000000000000001}
              a number in constraint `range` is not exactly a double
            {"constraint_type":"range","min":1,"min_inclusive":1}
              constraint `range` has no proper member `min_inclusive`
            {"constraint_type":"range","min":1,"max_inclusive":true}
              constraint `range` has no proper member `max`
            {"constraint_type":"range","min":null}
              constraint `range` has no proper member `min`
            {"constraint_type":"all","constraints":[]}
              constraint `all` has no proper member `constraints`
            {"constraint_type":"any","constraints":{}}
              constraint `any` has no proper member `constraints`
            {"constraint_type":"any","constraints":[{"constraint_type":"cel"}]}
              unknown constraint type `cel`
            {"constraint_type":"path_containment","root":"src"}
              constraint `path_containment` has no proper member `root`
            {"constraint_type":"path_containment","root":"/.."}
              constraint `path_containment` has no proper member `root`
            {"constraint_type":"url_containment","origin":"https://h/"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"ftp://h"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"a"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"/v1/%2E%2e"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"/v1%2fa"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"/v1/a;b"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"/v1/a b"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"/é"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"/v1?a"}
              constraint `url_containment` has no proper member `origin`
            {"constraint_type":"url_containment","origin":"https://h","path":"/v1#a"}
              constraint `url_containment` has no proper member `origin`
        "#]],
    );
}

/// `depth` levels, of which the innermost is no `all`.
fn nested(depth: usize) -> String {
    let open = r#"{"constraint_type":"all","constraints":["#;
    let levels = depth - 1;
    let (start, end) = (open.repeat(levels), "]}".repeat(levels));
    format!(r#"{start}{{"constraint_type":"wildcard"}}{end}"#)
}

#[test]
fn a_tree_of_the_limit_is_read_and_a_deeper_or_wider_one_is_not() {
    assert!(parse(&nested(limits::CONSTRAINT_DEPTH)).is_ok());
    let deeper = parse(&nested(limits::CONSTRAINT_DEPTH + 1));
    assert_eq!(deeper, Err(ConstraintError::TooLarge));
    let wide = |count: usize| {
        let rules = vec![r#"{"constraint_type":"wildcard"}"#; count].join(",");
        parse(&format!(r#"{{"constraint_type":"any","constraints":[{rules}]}}"#))
    };
    // The `any` itself counts.
    assert!(wide(limits::CONSTRAINTS_PER_TOOL - 1).is_ok());
    assert_eq!(wide(limits::CONSTRAINTS_PER_TOOL), Err(ConstraintError::TooLarge));
    let long = |length: usize| {
        let text = "x".repeat(length);
        parse(&format!(r#"{{"constraint_type":"exact","value":"{text}"}}"#))
    };
    assert!(long(limits::VALUE_BYTES - 2).is_ok());
    assert_eq!(long(limits::VALUE_BYTES - 1), Err(ConstraintError::TooLarge));
}

#[test]
fn a_constraint_is_written_in_one_way() {
    for (written, canonical) in [
        ("one_of values=[2,1,2,1.0]", r#"{"constraint_type":"one_of","values":[1,2]}"#),
        (
            "range min=1.0 max=2 min_inclusive=true max_inclusive=false",
            r#"{"constraint_type":"range","max":2,"max_inclusive":false,"min":1}"#,
        ),
        (
            r#"path_containment root="//a/./b/../c/""#,
            r#"{"constraint_type":"path_containment","root":"/a/c"}"#,
        ),
        (
            r#"url_containment origin="https://Example.test:443""#,
            r#"{"constraint_type":"url_containment","origin":"https://example.test","path":"/"}"#,
        ),
        (
            r#"url_containment origin="http://[::1]:8080" path="/a/""#,
            r#"{"constraint_type":"url_containment","origin":"http://[::1]:8080","path":"/a"}"#,
        ),
    ] {
        assert_eq!(rule(written).to_object().to_canonical().unwrap(), canonical);
    }
}
