//! Explanations as tables: the smallest rule above two others, and what a parent
//! would need for its child.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{
    constraint::Constraint,
    delegate::Grant,
    detail::AgentDelegation,
    explain::{join, link_gaps, widen},
    json,
    token::Token,
};
use procura_testkit::world;

use crate::constraint::rule;

fn text(rule: &Constraint) -> String {
    rule.to_object().to_canonical().unwrap().replace(r#""constraint_type":"#, "")
}

/// Prints the join of each two rules, which is the same in both orders.
fn check_join(pairs: &[(&str, &str)], expected: Expect) {
    let mut table = String::new();
    for (a, b) in pairs {
        let (one, other) = (text(&join(&rule(a), &rule(b))), text(&join(&rule(b), &rule(a))));
        writeln!(table, "{a} | {b}\n  {one}").unwrap();
        if one != other {
            writeln!(table, "  {other}").unwrap();
        }
    }
    expected.assert_eq(&table);
}

#[test]
fn the_join_of_two_rules_is_the_smallest_that_can_be_written() {
    let all = |rules: &str| format!(r#"{{"constraint_type":"all","constraints":[{rules}]}}"#);
    let any = |rules: &str| format!(r#"{{"constraint_type":"any","constraints":[{rules}]}}"#);
    let low = r#"{"constraint_type":"range","max":1}"#;
    let high = r#"{"constraint_type":"range","max":9}"#;
    let path = r#"{"constraint_type":"path_containment","root":"/a"}"#;
    let odd = r#"{"constraint_type":"not_one_of","excluded":[2]}"#;
    check_join(
        &[
            ("exact value=1", "exact value=2"),
            ("exact value=1", "one_of values=[2,3]"),
            ("exact value=1", "range min=3 max=4"),
            ("exact value=1", "not_one_of excluded=[1,2]"),
            ("one_of values=[1,7]", "range min=3 max=4"),
            ("one_of values=[1]", "one_of values=[2]"),
            ("range min=1 max=2", "range min=5 max=6"),
            ("range min=1 max=5", "range min=2 max=6 max_inclusive=false"),
            ("range min=1", "range max=6"),
            ("range min=1 min_inclusive=false max=3", "range min=1 max=2"),
            ("not_one_of excluded=[1,2]", "not_one_of excluded=[2,3]"),
            ("contains required=[1,2]", "contains required=[2,3]"),
            ("subset allowed=[1]", "subset allowed=[2]"),
            (r#"path_containment root="/a/b""#, r#"path_containment root="/a/c""#),
            (
                r#"url_containment origin="https://h" path="/a/b""#,
                r#"url_containment origin="https://h" path="/a/c""#,
            ),
            (
                r#"url_containment origin="https://h" path="/a""#,
                r#"url_containment origin="https://i" path="/a""#,
            ),
            ("range min=1", r#"path_containment root="/a""#),
            (&all(&format!("{low},{odd}")), &all(&format!("{high},{path}"))),
            (&any(&format!("{low},{path}")), &any(odd)),
        ],
        expect![[r#"
            exact value=1 | exact value=2
              {"one_of","values":[1,2]}
            exact value=1 | one_of values=[2,3]
              {"one_of","values":[1,2,3]}
            exact value=1 | range min=3 max=4
              {"range","max":4,"min":1}
            exact value=1 | not_one_of excluded=[1,2]
              {"wildcard"}
            one_of values=[1,7] | range min=3 max=4
              {"wildcard"}
            one_of values=[1] | one_of values=[2]
              {"one_of","values":[1,2]}
            range min=1 max=2 | range min=5 max=6
              {"range","max":6,"min":1}
            range min=1 max=5 | range min=2 max=6 max_inclusive=false
              {"range","max":6,"max_inclusive":false,"min":1}
            range min=1 | range max=6
              {"range"}
            range min=1 min_inclusive=false max=3 | range min=1 max=2
              {"range","max":3,"min":1}
            not_one_of excluded=[1,2] | not_one_of excluded=[2,3]
              {"not_one_of","excluded":[2]}
            contains required=[1,2] | contains required=[2,3]
              {"contains","required":[2]}
            subset allowed=[1] | subset allowed=[2]
              {"allowed":[1,2],"subset"}
            path_containment root="/a/b" | path_containment root="/a/c"
              {"path_containment","root":"/a"}
            url_containment origin="https://h" path="/a/b" | url_containment origin="https://h" path="/a/c"
              {"url_containment","origin":"https://h","path":"/a"}
            url_containment origin="https://h" path="/a" | url_containment origin="https://i" path="/a"
              {"wildcard"}
            range min=1 | path_containment root="/a"
              {"wildcard"}
            {"constraint_type":"all","constraints":[{"constraint_type":"range","max":1},{"constraint_type":"not_one_of","excluded":[2]}]} | {"constraint_type":"all","constraints":[{"constraint_type":"range","max":9},{"constraint_type":"path_containment","root":"/a"}]}
              {"all","constraints":[{"range","max":9}]}
            {"constraint_type":"any","constraints":[{"constraint_type":"range","max":1},{"constraint_type":"path_containment","root":"/a"}]} | {"constraint_type":"any","constraints":[{"constraint_type":"not_one_of","excluded":[2]}]}
              {"any","constraints":[{"range","max":1},{"path_containment","root":"/a"},{"not_one_of","excluded":[2]}]}
              {"any","constraints":[{"not_one_of","excluded":[2]},{"range","max":1},{"path_containment","root":"/a"}]}
        "#]],
    );
}

#[test]
fn a_rule_is_widened_no_more_than_the_value_needs() {
    let mut table = String::new();
    for (held, asked) in [
        ("range min=1 max=5", "1"),
        ("range min=1 max=5", "7"),
        ("range min=1 max=5", "0"),
        ("range min=1 min_inclusive=false max=5", "1"),
        ("range min=1 max=5", r#""x""#),
        ("not_one_of excluded=[1,2]", "1"),
        ("contains required=[1,2]", "[2,3]"),
        ("subset allowed=[1,2]", "[2,3]"),
        ("subset allowed=[1,2]", "3"),
        (r#"path_containment root="/a/b""#, r#""/a/c/d""#),
        (r#"url_containment origin="https://h" path="/a/b""#, r#""https://h/a/c""#),
        (r#"url_containment origin="https://h" path="/a/b""#, r#""https://i/a/c""#),
    ] {
        let value = json::parse(asked.as_bytes()).unwrap();
        writeln!(table, "{held} + {asked}\n  {}", text(&widen(&rule(held), &value))).unwrap();
    }
    expect![[r#"
        range min=1 max=5 + 1
          {"range","max":5,"min":1}
        range min=1 max=5 + 7
          {"range","max":7,"min":1}
        range min=1 max=5 + 0
          {"range","max":5,"min":0}
        range min=1 min_inclusive=false max=5 + 1
          {"range","max":5,"min":1}
        range min=1 max=5 + "x"
          {"wildcard"}
        not_one_of excluded=[1,2] + 1
          {"not_one_of","excluded":[2]}
        contains required=[1,2] + [2,3]
          {"contains","required":[2]}
        subset allowed=[1,2] + [2,3]
          {"allowed":[1,2,3],"subset"}
        subset allowed=[1,2] + 3
          {"wildcard"}
        path_containment root="/a/b" + "/a/c/d"
          {"path_containment","root":"/a"}
        url_containment origin="https://h" path="/a/b" + "https://h/a/c"
          {"url_containment","origin":"https://h","path":"/a"}
        url_containment origin="https://h" path="/a/b" + "https://i/a/c"
          {"wildcard"}
    "#]]
    .assert_eq(&table);
}

/// A token with these tools, scopes and ceilings; nothing else in it matters here.
fn token(tools: &str, detail: Option<&str>) -> Token {
    let grant = Grant { detail: None, ..world::grant("planner", tools) };
    let detail = detail.map(|detail| AgentDelegation::parse(&world::object(detail)).unwrap());
    Token { detail, ..Token::read(&world::root("alice", &grant)).unwrap() }
}

fn check_link(parent: &Token, child: &Token, expected: Expect) {
    let gaps = link_gaps(parent, child, 3);
    let said = gaps.iter().map(|gap| gap.to_object().to_canonical().unwrap() + "\n");
    expected.assert_eq(&said.collect::<String>());
}

#[test]
fn what_a_parent_would_need_for_its_child_is_said_of_each_tool_and_argument() {
    let at_most = |max: u32| format!(r#"{{"constraint_type":"range","max":{max}}}"#);
    let parent = |lines: u32| format!(r#"{{"read":{{"lines":{}}}}}"#, at_most(lines));
    check_link(&token(&parent(5), None), &token(&parent(5), None), expect![[r#""#]]);
    check_link(
        &token(&parent(5), None),
        &token(
            r#"{"read":{"lines":{"constraint_type":"range","max":9,"optional":true}},"write":{}}"#,
            None,
        ),
        expect![[r#"
            {"argument":"lines","asked":{"constraint_type":"range","max":9},"dimension":"argument","held":{"constraint_type":"range","max":5},"hop":3,"widening":{"argument":"lines","constraint":{"constraint_type":"range","max":9,"optional":true},"tool":"read"}}
            {"asked":"write","dimension":"tool","held":["read"],"hop":3,"widening":{"arguments":{},"tool":"write"}}
        "#]],
    );
    check_link(
        &token(&parent(5), None),
        &token(r#"{"read":{}}"#, None),
        expect![[r#"
        {"asked":{},"dimension":"tool","held":{"lines":{"constraint_type":"range","max":5}},"hop":3,"widening":{"arguments":{},"tool":"read"}}
    "#]],
    );
    let open = r#"{"read":{"lines":{"constraint_type":"range","max":5},"*":{"constraint_type":"wildcard"}}}"#;
    check_link(
        &token(open, None),
        &token(r#"{"read":{}}"#, None),
        expect![[r#"
        {"asked":{},"dimension":"tool","held":{"*":{"constraint_type":"wildcard"},"lines":{"constraint_type":"range","max":5}},"hop":3,"widening":{"arguments":{},"tool":"read"}}
    "#]],
    );
    let more = r#"{"read":{"lines":{"constraint_type":"range","max":4},"path":{"constraint_type":"exact","value":"/a"},"*":{"constraint_type":"wildcard"}}}"#;
    check_link(
        &token(&parent(5), None),
        &token(more, None),
        expect![[r#"
        {"asked":{"*":{"constraint_type":"wildcard"},"lines":{"constraint_type":"range","max":4},"path":{"constraint_type":"exact","value":"/a"}},"dimension":"tool","held":{"lines":{"constraint_type":"range","max":5}},"hop":3,"widening":{"arguments":{"*":{"constraint_type":"wildcard"},"lines":{"constraint_type":"range","max":5,"optional":true},"path":{"constraint_type":"exact","optional":true,"value":"/a"}},"tool":"read"}}
    "#]],
    );
    check_link(&token(open, None), &token(more, None), expect![[r#""#]]);
}

#[test]
fn what_a_parent_would_need_for_its_child_is_said_of_scopes_and_ceilings() {
    let detail = |scopes: &str, ceilings: &str| {
        format!(r#"{{"type":"agent_delegation","scopes":{scopes},"constraints":{ceilings}}}"#)
    };
    let parent = detail(r#"["pr.*"]"#, r#"[{"key":"calls","max":5},{"key":"env","one_of":["a"]}]"#);
    let child = detail(
        r#"["pr.read","repo.read"]"#,
        r#"[{"key":"calls","max":6},{"key":"env","one_of":["b"]}]"#,
    );
    let with = |detail: &str| token(r#"{"t":{}}"#, Some(detail));
    check_link(&with(&parent), &with(&parent), expect![[r#""#]]);
    check_link(
        &with(&parent),
        &with(&child),
        expect![[r#"
        {"asked":"repo.read","dimension":"scope","held":["pr.*"],"hop":3,"widening":{"scope":"repo.read"}}
        {"asked":{"key":"calls","max":6},"dimension":"ceiling","held":{"key":"calls","max":5},"hop":3,"key":"calls","type":"max","widening":{"ceiling":{"key":"calls","max":6}}}
        {"asked":{"key":"env","one_of":["b"]},"dimension":"ceiling","held":{"key":"env","one_of":["a"]},"hop":3,"key":"env","type":"one_of","widening":null}
    "#]],
    );
    check_link(
        &with(&parent),
        &token(r#"{"t":{}}"#, None),
        expect![[r#"
        {"asked":null,"dimension":"ceiling","held":{"key":"calls","max":5},"hop":3,"key":"calls","type":"max","widening":null}
        {"asked":null,"dimension":"ceiling","held":{"key":"env","one_of":["a"]},"hop":3,"key":"env","type":"one_of","widening":null}
    "#]],
    );
    check_link(&token(r#"{"t":{}}"#, None), &with(&child), expect![[r#""#]]);
}
