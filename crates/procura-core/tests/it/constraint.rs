//! Which rule is within which, what each accepts, and what is below two.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{
    constraint::{Constraint, ConstraintError, Counter},
    json::{self, Value},
};

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap()
}

pub(crate) fn parse(text: &str) -> Result<Constraint, ConstraintError> {
    Constraint::parse(&value(text), &mut Counter::default())
}

/// A rule in few words: `type member=value member=value`, and the object itself where it nests.
pub(crate) fn rule(short: &str) -> Constraint {
    if short.starts_with('{') {
        return parse(short).unwrap();
    }
    let mut parts = short.split(' ');
    let kind = parts.next().unwrap();
    let members: String = parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap();
            format!(r#","{name}":{value}"#)
        })
        .collect();
    parse(&format!(r#"{{"constraint_type":"{kind}"{members}}}"#)).unwrap()
}

/// Prints, for each parent and child, whether the child is within.
fn check(pairs: &[(&str, &str)], expected: Expect) {
    let mut table = String::new();
    for (parent, child) in pairs {
        let within = if rule(child).is_within(&rule(parent)) { "within" } else { "-" };
        writeln!(table, "{within:<7}{child:<44} {parent}").unwrap();
    }
    expected.assert_eq(&table);
}

const RANGE_ALL: &str = r#"{"constraint_type":"all","constraints":[{"constraint_type":"range","min":1,"max":10},{"constraint_type":"not_one_of","excluded":[3]}]}"#;
const RANGE_ANY: &str = r#"{"constraint_type":"any","constraints":[{"constraint_type":"range","min":1,"max":10},{"constraint_type":"exact","value":"/a/b"}]}"#;

/// One parent of each type.
const PARENTS: [(&str, &str); 11] = [
    ("wildcard", "wildcard"),
    ("exact", r#"exact value="/a/b""#),
    ("one_of", r#"one_of values=["/a/b",5,"https://h/a/b"]"#),
    ("not_one_of", r#"not_one_of excluded=["x"]"#),
    ("range", "range min=1 max=10"),
    ("contains", r#"contains required=["a"]"#),
    ("subset", r#"subset allowed=["a","b"]"#),
    ("all", RANGE_ALL),
    ("any", RANGE_ANY),
    ("path", r#"path_containment root="/a""#),
    ("url", r#"url_containment origin="https://h" path="/a""#),
];

/// Children of each type, which accept nothing that a parent of their type refuses.
const CHILDREN: [(&str, &str); 15] = [
    ("wildcard", "wildcard"),
    ("exact path", r#"exact value="/a/b""#),
    ("exact number", "exact value=5"),
    ("exact url", r#"exact value="https://h/a/b""#),
    ("one_of path", r#"one_of values=["/a/b"]"#),
    ("one_of number", "one_of values=[5]"),
    ("one_of url", r#"one_of values=["https://h/a/b"]"#),
    ("not_one_of", r#"not_one_of excluded=["x","y"]"#),
    ("range", "range min=2 max=9"),
    ("contains", r#"contains required=["a","b"]"#),
    ("subset", r#"subset allowed=["a"]"#),
    ("all", RANGE_ALL),
    ("any", RANGE_ANY),
    ("path", r#"path_containment root="/a/b""#),
    ("url", r#"url_containment origin="https://h" path="/a/b""#),
];

#[test]
fn every_pair_of_types_that_is_not_listed_is_not_within() {
    let mut table = String::new();
    for (name, parent) in PARENTS {
        let within: Vec<&str> = CHILDREN
            .iter()
            .filter(|(_, child)| rule(child).is_within(&rule(parent)))
            .map(|(name, _)| *name)
            .collect();
        writeln!(table, "{name:<10} {}", within.join(", ")).unwrap();
    }
    expect![[r#"
        wildcard   wildcard, exact path, exact number, exact url, one_of path, one_of number, one_of url, not_one_of, range, contains, subset, all, any, path, url
        exact      exact path
        one_of     exact path, exact number, exact url, one_of path, one_of number, one_of url
        not_one_of not_one_of
        range      exact number, range
        contains   contains
        subset     subset
        all        all
        any        any
        path       exact path, one_of path, path
        url        exact url, one_of url, url
    "#]].assert_eq(&table);
}

#[test]
fn a_list_of_values_shrinks_and_a_list_of_exclusions_grows() {
    check(
        &[
            ("one_of values=[1,2]", "one_of values=[2]"),
            ("one_of values=[1,2]", "one_of values=[2,1,1]"),
            ("one_of values=[1,2]", "one_of values=[1,3]"),
            ("one_of values=[1]", "one_of values=[1.0]"),
            ("one_of values=[1]", r#"one_of values=["1"]"#),
            ("one_of values=[[1],{}]", "one_of values=[{}]"),
            ("one_of values=[1,2]", "exact value=1"),
            ("one_of values=[1,2]", "exact value=3"),
            ("exact value=1", "one_of values=[1]"),
            ("one_of values=[1]", "not_one_of excluded=[2]"),
            ("not_one_of excluded=[1]", "not_one_of excluded=[1,2]"),
            ("not_one_of excluded=[1,2]", "not_one_of excluded=[1]"),
            ("not_one_of excluded=[]", "not_one_of excluded=[]"),
            ("not_one_of excluded=[1]", "exact value=2"),
            ("contains required=[1]", "contains required=[1,2]"),
            ("contains required=[1,2]", "contains required=[1]"),
            ("contains required=[]", "contains required=[1]"),
            ("subset allowed=[1,2]", "subset allowed=[1]"),
            ("subset allowed=[1]", "subset allowed=[1,2]"),
            ("subset allowed=[1]", "subset allowed=[]"),
            ("subset allowed=[1]", "contains required=[1]"),
            ("contains required=[1]", "subset allowed=[1]"),
        ],
        expect![[r#"
            within one_of values=[2]                            one_of values=[1,2]
            within one_of values=[2,1,1]                        one_of values=[1,2]
            -      one_of values=[1,3]                          one_of values=[1,2]
            within one_of values=[1.0]                          one_of values=[1]
            -      one_of values=["1"]                          one_of values=[1]
            within one_of values=[{}]                           one_of values=[[1],{}]
            within exact value=1                                one_of values=[1,2]
            -      exact value=3                                one_of values=[1,2]
            -      one_of values=[1]                            exact value=1
            -      not_one_of excluded=[2]                      one_of values=[1]
            within not_one_of excluded=[1,2]                    not_one_of excluded=[1]
            -      not_one_of excluded=[1]                      not_one_of excluded=[1,2]
            within not_one_of excluded=[]                       not_one_of excluded=[]
            -      exact value=2                                not_one_of excluded=[1]
            within contains required=[1,2]                      contains required=[1]
            -      contains required=[1]                        contains required=[1,2]
            within contains required=[1]                        contains required=[]
            within subset allowed=[1]                           subset allowed=[1,2]
            -      subset allowed=[1,2]                         subset allowed=[1]
            within subset allowed=[]                            subset allowed=[1]
            -      contains required=[1]                        subset allowed=[1]
            -      subset allowed=[1]                           contains required=[1]
        "#]],
    );
}

#[test]
fn a_range_is_at_least_as_tight_at_both_ends() {
    check(
        &[
            ("range min=1 max=10", "range min=1 max=10"),
            ("range min=1 max=10", "range min=2 max=9"),
            ("range min=1 max=10", "range min=0 max=10"),
            ("range min=1 max=10", "range min=1 max=11"),
            ("range min=1 max=10", "range min=1"),
            ("range min=1 max=10", "range max=10"),
            ("range min=1", "range min=1 max=10"),
            ("range", "range"),
            ("range", "range min=1"),
            ("range min=1", "range"),
            ("range min=1 min_inclusive=true", "range min=1 min_inclusive=false"),
            ("range min=1 min_inclusive=false", "range min=1"),
            ("range min=1 min_inclusive=false", "range min=1 min_inclusive=false"),
            ("range min=1 min_inclusive=false", "range min=1.5"),
            ("range max=10 max_inclusive=false", "range max=10"),
            ("range max=10", "range max=10 max_inclusive=false"),
            ("range max=10 max_inclusive=false", "range max=9"),
            ("range max=0", "range max=-0"),
            ("range min=1 max=10", "exact value=10"),
            ("range min=1 max=10 max_inclusive=false", "exact value=10"),
            ("range min=1 max=10", "exact value=11"),
            ("range", "exact value=true"),
            ("range", r#"exact value="1""#),
            ("range min=1 max=10", "one_of values=[5]"),
            ("exact value=5", "range min=5 max=5"),
        ],
        expect![[r#"
            within range min=1 max=10                           range min=1 max=10
            within range min=2 max=9                            range min=1 max=10
            -      range min=0 max=10                           range min=1 max=10
            -      range min=1 max=11                           range min=1 max=10
            -      range min=1                                  range min=1 max=10
            -      range max=10                                 range min=1 max=10
            within range min=1 max=10                           range min=1
            within range                                        range
            within range min=1                                  range
            -      range                                        range min=1
            within range min=1 min_inclusive=false              range min=1 min_inclusive=true
            -      range min=1                                  range min=1 min_inclusive=false
            within range min=1 min_inclusive=false              range min=1 min_inclusive=false
            within range min=1.5                                range min=1 min_inclusive=false
            -      range max=10                                 range max=10 max_inclusive=false
            within range max=10 max_inclusive=false             range max=10
            within range max=9                                  range max=10 max_inclusive=false
            within range max=-0                                 range max=0
            within exact value=10                               range min=1 max=10
            -      exact value=10                               range min=1 max=10 max_inclusive=false
            -      exact value=11                               range min=1 max=10
            -      exact value=true                             range
            -      exact value="1"                              range
            -      one_of values=[5]                            range min=1 max=10
            -      range min=5 max=5                            exact value=5
        "#]],
    );
}

#[test]
fn a_host_is_of_letters_digits_hyphens_and_dots_or_an_address() {
    let read = |origin: &str| {
        parse(&format!(r#"{{"constraint_type":"url_containment","origin":"{origin}","path":"/"}}"#))
    };
    for origin in ["https://a-b.example", "https://h", "http://127.0.0.1:8080", "https://[::1]"] {
        assert!(read(origin).is_ok(), "{origin}");
    }
    for origin in [
        "https://a_b.example",
        "https://a..b",
        "https://a.b.",
        "https://",
        "https://a%62",
        "https://u@h",
        "https://[::1",
        "https://[a]",
        "https://é.example",
    ] {
        assert!(read(origin).is_err(), "{origin}");
    }
}

#[test]
fn a_path_is_below_and_a_url_is_at_the_same_origin() {
    check(
        &[
            (r#"path_containment root="/src""#, r#"path_containment root="/src""#),
            (r#"path_containment root="/src""#, r#"path_containment root="/src/a""#),
            (r#"path_containment root="/src""#, r#"path_containment root="/src//a/.""#),
            (r#"path_containment root="/src""#, r#"path_containment root="/src/../etc""#),
            (r#"path_containment root="/src""#, r#"path_containment root="/srcx""#),
            (r#"path_containment root="/src""#, r#"path_containment root="/""#),
            (r#"path_containment root="/src""#, r#"exact value="/src/a""#),
            (r#"path_containment root="/src""#, r#"exact value="/src/../a""#),
            (r#"path_containment root="/src""#, r#"exact value="src/a""#),
            (r#"path_containment root="/src""#, r#"one_of values=["/src/a","/src"]"#),
            (r#"path_containment root="/src""#, r#"one_of values=["/src/a","/etc"]"#),
            (
                r#"url_containment origin="https://h""#,
                r#"url_containment origin="https://H:443" path="/a""#,
            ),
            (r#"url_containment origin="https://h""#, r#"url_containment origin="http://h""#),
            (r#"url_containment origin="https://h""#, r#"url_containment origin="https://h:8443""#),
            (r#"url_containment origin="https://h""#, r#"url_containment origin="https://g.h""#),
            (
                r#"url_containment origin="https://h" path="/a""#,
                r#"url_containment origin="https://h""#,
            ),
            (r#"url_containment origin="https://h""#, r#"exact value="https://h/x""#),
            (r#"url_containment origin="https://h""#, r#"exact value="https://h@g/x""#),
            (r#"url_containment origin="https://h""#, r#"one_of values=["https://h/x"]"#),
        ],
        expect![[r#"
            within path_containment root="/src"                 path_containment root="/src"
            within path_containment root="/src/a"               path_containment root="/src"
            within path_containment root="/src//a/."            path_containment root="/src"
            -      path_containment root="/src/../etc"          path_containment root="/src"
            -      path_containment root="/srcx"                path_containment root="/src"
            -      path_containment root="/"                    path_containment root="/src"
            within exact value="/src/a"                         path_containment root="/src"
            -      exact value="/src/../a"                      path_containment root="/src"
            -      exact value="src/a"                          path_containment root="/src"
            within one_of values=["/src/a","/src"]              path_containment root="/src"
            -      one_of values=["/src/a","/etc"]              path_containment root="/src"
            within url_containment origin="https://H:443" path="/a" url_containment origin="https://h"
            -      url_containment origin="http://h"            url_containment origin="https://h"
            -      url_containment origin="https://h:8443"      url_containment origin="https://h"
            -      url_containment origin="https://g.h"         url_containment origin="https://h"
            -      url_containment origin="https://h"           url_containment origin="https://h" path="/a"
            within exact value="https://h/x"                    url_containment origin="https://h"
            -      exact value="https://h@g/x"                  url_containment origin="https://h"
            within one_of values=["https://h/x"]                url_containment origin="https://h"
        "#]],
    );
}

fn both(kind: &str, rules: &[&str]) -> String {
    let rules: Vec<String> =
        rules.iter().map(|short| rule(short).to_object().to_canonical().unwrap()).collect();
    format!(r#"{{"constraint_type":"{kind}","constraints":[{}]}}"#, rules.join(","))
}

fn within(parent: &str, child: &str) -> bool {
    rule(child).is_within(&rule(parent))
}

#[test]
fn all_and_any_compare_clause_by_clause() {
    let range = "range min=1 max=10";
    let all = |rules: &[&str]| both("all", rules);
    let any = |rules: &[&str]| both("any", rules);
    // A clause more narrows `all`; a clause less widens it.
    assert!(within(&all(&[range]), &all(&[range, "exact value=1"])));
    assert!(!within(&all(&[range, "exact value=1"]), &all(&[range])));
    // One clause may stand for two of the parent's.
    assert!(within(&all(&["wildcard", "wildcard"]), &all(&["exact value=5"])));
    // Flattening is refused, although it would narrow.
    assert!(!within(&all(&[range]), range));
    assert!(!within(range, &all(&[range])));
    // A clause less narrows `any`; a clause more widens it.
    let texts = ["exact value=\"pdf\"", "exact value=\"csv\""];
    assert!(within(&any(&texts), &any(&texts[..1])));
    assert!(!within(&any(&texts[..1]), &any(&texts)));
    assert!(within(&any(&[r#"one_of values=["pdf","csv"]"#]), &any(&texts)));
    assert!(!within(&any(&texts), texts[0]));
    assert!(!within(&any(&texts), &all(&texts)));
    // Nested, the same rules hold.
    let nested = |inner: &str| all(&[&any(&[inner])]);
    assert!(within(&nested(range), &nested("range min=2 max=9")));
    assert!(!within(&nested("range min=2 max=9"), &nested(range)));
}

#[test]
fn each_rule_accepts_what_it_says() {
    for (short, accepted, refused) in [
        ("wildcard", &["null", "[]", "{}", "1", r#""""#][..], &[][..]),
        ("exact value=null", &["null"], &["false", "0", r#""""#, r#""null""#]),
        ("exact value=1", &["1", "1.0", "1e0"], &["2", r#""1""#, "true", "[1]"]),
        (r#"exact value="é""#, &[r#""é""#, r#""\u00e9""#], &[r#""e\u0301""#, r#""É""#]),
        ("one_of values=[1,[2],{}]", &["1", "[2]", "{}"], &["2", "[]", "[2,2]"]),
        (r#"not_one_of excluded=["x"]"#, &[r#""y""#, "null", "[]"], &[r#""x""#, r#""\u0078""#]),
        ("not_one_of excluded=[]", &["1"], &["9007199254740993"]),
        ("range min=1 max=2", &["1", "2", "1.5", "2.0"], &["0.9", "2.1", r#""1""#, "true", "[1]"]),
        ("range min=1 min_inclusive=false", &["1.1", "1e300"], &["1", "1e400", "-2"]),
        ("range max=5 max_inclusive=false", &["4.9", "-1e9"], &["5", "5.0", "null"]),
        ("range min=1 max=1 max_inclusive=false", &[], &["1", "0", "2"]),
        ("range", &["0", "-1.5"], &["9007199254740993", r#""0""#, "false"]),
        (r#"contains required=["a"]"#, &[r#"["a"]"#, r#"["b","a"]"#], &["[]", r#""a""#, "{}"]),
        (r#"subset allowed=["a"]"#, &["[]", r#"["a","a"]"#], &[r#"["a","b"]"#, r#""a""#, "{}"]),
        (RANGE_ALL, &["1", "2", "10"], &["3", "11", r#""a""#]),
        (RANGE_ANY, &["1", r#""/a/b""#], &["11", r#""/a""#]),
    ] {
        for text in accepted {
            assert!(rule(short).accepts(&value(text)), "{short} accepts {text}");
        }
        for text in refused {
            assert!(!rule(short).accepts(&value(text)), "{short} refuses {text}");
        }
    }
}

/// Prints what is below both rules.
fn check_meet(pairs: &[(&str, &str)], expected: Expect) {
    let mut table = String::new();
    for (a, b) in pairs {
        let meet = rule(a).meet(&rule(b));
        let meet = meet.map_or("nothing".into(), |meet| {
            meet.to_object().to_canonical().unwrap().replace(r#""constraint_type":"#, "")
        });
        writeln!(table, "{a} & {b}\n  {meet}").unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn the_meet_of_two_rules_is_the_largest_that_can_be_written() {
    check_meet(
        &[
            ("wildcard", "exact value=1"),
            ("exact value=1", "exact value=2"),
            ("exact value=5", "range min=1 max=10"),
            ("one_of values=[1,2,3]", "one_of values=[2,3,4]"),
            ("one_of values=[1]", "one_of values=[2]"),
            ("one_of values=[1,20]", "range min=1 max=10"),
            (r#"one_of values=["/a/x","/b"]"#, r#"path_containment root="/a""#),
            ("not_one_of excluded=[1]", "not_one_of excluded=[2]"),
            ("contains required=[1]", "contains required=[2]"),
            ("subset allowed=[1,2]", "subset allowed=[2,3]"),
            ("subset allowed=[1]", "subset allowed=[2]"),
            ("range min=1 max=5", "range min=3 max=9"),
            ("range min=3 max=9", "range min=1 max=5"),
            ("range min=0 max=1", "range min=1 max=2"),
            ("range max=5", "range min=3"),
            ("range max=2", "range min=3"),
            ("range max=3 max_inclusive=false", "range min=3"),
            ("range min=1 max=5 max_inclusive=false", "range min=0 max=5"),
            ("range min=0 max=5 max_inclusive=false", "range min=1 max=5"),
            (r#"path_containment root="/a""#, r#"path_containment root="/a/b""#),
            (r#"path_containment root="/a""#, r#"path_containment root="/b""#),
            ("range min=1", "not_one_of excluded=[2]"),
        ],
        expect![[r#"
            wildcard & exact value=1
              {"exact","value":1}
            exact value=1 & exact value=2
              nothing
            exact value=5 & range min=1 max=10
              {"exact","value":5}
            one_of values=[1,2,3] & one_of values=[2,3,4]
              {"one_of","values":[2,3]}
            one_of values=[1] & one_of values=[2]
              nothing
            one_of values=[1,20] & range min=1 max=10
              {"exact","value":1}
            one_of values=["/a/x","/b"] & path_containment root="/a"
              {"one_of","values":["/a/x"]}
            not_one_of excluded=[1] & not_one_of excluded=[2]
              {"not_one_of","excluded":[1,2]}
            contains required=[1] & contains required=[2]
              {"contains","required":[1,2]}
            subset allowed=[1,2] & subset allowed=[2,3]
              {"allowed":[2],"subset"}
            subset allowed=[1] & subset allowed=[2]
              {"allowed":[],"subset"}
            range min=1 max=5 & range min=3 max=9
              {"range","max":5,"min":3}
            range min=3 max=9 & range min=1 max=5
              {"range","max":5,"min":3}
            range min=0 max=1 & range min=1 max=2
              {"range","max":1,"min":1}
            range max=5 & range min=3
              {"range","max":5,"min":3}
            range max=2 & range min=3
              nothing
            range max=3 max_inclusive=false & range min=3
              nothing
            range min=1 max=5 max_inclusive=false & range min=0 max=5
              {"range","max":5,"max_inclusive":false,"min":1}
            range min=0 max=5 max_inclusive=false & range min=1 max=5
              {"range","max":5,"max_inclusive":false,"min":1}
            path_containment root="/a" & path_containment root="/a/b"
              {"path_containment","root":"/a/b"}
            path_containment root="/a" & path_containment root="/b"
              nothing
            range min=1 & not_one_of excluded=[2]
              nothing
        "#]],
    );
}
