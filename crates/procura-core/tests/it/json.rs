//! What is JSON here and what is not.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{json, limits};

use crate::vectors;

/// Prints what becomes of each text.
fn check(texts: &[&str], expected: Expect) {
    let mut table = String::new();
    for text in texts {
        let outcome = match json::parse(text.as_bytes()) {
            Ok(value) => value.to_canonical().unwrap_or_else(|error| error.to_string()),
            Err(error) => format!("refused: {error}"),
        };
        writeln!(table, "{text:<26} {outcome}").unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn a_name_appears_once_in_an_object() {
    check(
        &[
            r#"{"a":1,"b":2}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"[{"a":1},{"a":2}]"#,
            r#"{"":1,"":2}"#,
            r#"{"A":1,"a":2}"#,
        ],
        expect![[r#"
            {"a":1,"b":2}              {"a":1,"b":2}
            {"a":1,"a":1}              refused: duplicate member name at byte 7
            {"a":1,"\u0061":2}         refused: duplicate member name at byte 7
            {"x":{"a":1,"a":2}}        refused: duplicate member name at byte 12
            [{"a":1},{"a":2}]          [{"a":1},{"a":2}]
            {"":1,"":2}                refused: duplicate member name at byte 6
            {"A":1,"a":2}              {"A":1,"a":2}
        "#]],
    );
}

#[test]
fn half_of_a_surrogate_pair_is_no_character() {
    check(
        &[
            r#""\ud83d\ude00""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83dx""#,
            r#""\ud83d\n""#,
            r#""\ud83d\ud83d""#,
            r#""\ude00\ud83d""#,
            r#"{"\ud800":1}"#,
            r#""\u+123""#,
        ],
        expect![[r#"
            "\ud83d\ude00"             "😀"
            "\ud83d"                   refused: lone surrogate at byte 1
            "\ude00"                   refused: lone surrogate at byte 1
            "\ud83dx"                  refused: lone surrogate at byte 1
            "\ud83d\n"                 refused: lone surrogate at byte 1
            "\ud83d\ud83d"             refused: lone surrogate at byte 1
            "\ude00\ud83d"             refused: lone surrogate at byte 1
            {"\ud800":1}               refused: lone surrogate at byte 2
            "\u+123"                   refused: not JSON at byte 1
        "#]],
    );
}

#[test]
fn nothing_but_json_is_taken_for_json() {
    check(
        &[
            "",
            " ",
            " true ",
            "true false",
            "nul",
            "NaN",
            "Infinity",
            "'a'",
            "{a:1}",
            "[1,]",
            r#"{"a":1,}"#,
            "[1 2]",
            "// x",
            r#""\x41""#,
            "+1",
            "01",
            ".5",
            "5.",
            "1e",
            "0x1",
            "-",
        ],
        expect![[r#"
                                       refused: not JSON at byte 0
                                       refused: not JSON at byte 1
             true                      true
            true false                 refused: something follows the value at byte 5
            nul                        refused: not JSON at byte 0
            NaN                        refused: not JSON at byte 0
            Infinity                   refused: not JSON at byte 0
            'a'                        refused: not JSON at byte 0
            {a:1}                      refused: not JSON at byte 1
            [1,]                       refused: not JSON at byte 3
            {"a":1,}                   refused: not JSON at byte 7
            [1 2]                      refused: not JSON at byte 3
            // x                       refused: not JSON at byte 0
            "\x41"                     refused: not JSON at byte 1
            +1                         refused: not JSON at byte 0
            01                         refused: something follows the value at byte 1
            .5                         refused: not JSON at byte 0
            5.                         refused: not JSON at byte 2
            1e                         refused: not JSON at byte 2
            0x1                        refused: something follows the value at byte 1
            -                          refused: not JSON at byte 1
        "#]],
    );
}

#[test]
fn invisible_characters_are_neither_white_space_nor_part_of_a_text_as_they_are() {
    for (text, at) in [("\u{feff}1", 0), ("\u{a0}1", 0), ("\u{b}1", 0), ("\"\t\"", 1)] {
        let refused = json::parse(text.as_bytes());
        assert_eq!(refused, Err(json::JsonError::Syntax(at)), "{text:?}");
    }
    assert!(json::parse("\"\u{a0}\u{feff}\"".as_bytes()).is_ok());
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_where_they_are() {
    for (bytes, at) in [
        (&b"\"\xff\""[..], 1),
        (b"\"a\xc0\x80\"", 2),
        (b"\"\xed\xa0\x80\"", 1),
        (b"\xff\xfe1\x00", 0),
    ] {
        assert_eq!(json::parse(bytes), Err(json::JsonError::Encoding(at)));
    }
}

#[test]
fn nesting_has_a_limit_and_what_is_at_the_limit_is_read() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    // The innermost list is the deepest value: its own level counts from zero.
    let most = limits::JSON_DEPTH + 1;
    assert!(json::parse(nested(most).as_bytes()).is_ok());
    let deeper = json::parse(nested(most + 1).as_bytes());
    assert_eq!(deeper, Err(json::JsonError::TooDeep(most)));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(most), "}".repeat(most));
    let deeper = json::parse(objects.as_bytes());
    assert!(matches!(deeper, Err(json::JsonError::TooDeep(_))));
    // A flood of brackets costs no more than the limit.
    let flood = json::parse("[".repeat(1_000_000).as_bytes());
    assert_eq!(flood, Err(json::JsonError::TooDeep(most)));
}

#[test]
fn an_object_of_many_names_is_still_searched_for_repetition() {
    let members = |names: &[String]| format!("{{{}}}", names.join(","));
    let mut names: Vec<String> = (0..20_000).map(|at| format!(r#""n{at}":{at}"#)).collect();
    assert!(json::parse(members(&names).as_bytes()).is_ok());
    names.push(r#""n7":0"#.into());
    let repeated = json::parse(members(&names).as_bytes());
    assert!(matches!(repeated, Err(json::JsonError::DuplicateMember(_))));
}

#[test]
fn what_is_a_value_but_no_object_is_said_to_be_one() {
    for text in ["1", "[]", "\"a\"", "null", "true"] {
        let refused = json::parse_object(text.as_bytes());
        assert_eq!(refused, Err(json::JsonError::NotAnObject), "{text}");
    }
    assert!(json::parse_object(b"{}").is_ok());
}

/// What everybody accepts, and we do not: a name that appears twice.
const REFUSED_ON_PURPOSE: [&str; 2] =
    ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

#[test]
fn the_published_texts_are_judged_as_they_are_named() {
    let Some(set) = vectors::set("json-parsing") else {
        return;
    };
    let files = vectors::files(&set.join("test_parsing"));
    assert_eq!(files.len(), 318);
    for (name, text) in files {
        let parsed = json::parse(&text);
        match name.split_once('_').unwrap().0 {
            "y" if REFUSED_ON_PURPOSE.contains(&name.as_str()) => {
                assert!(matches!(parsed, Err(json::JsonError::DuplicateMember(_))));
            }
            "y" => assert!(parsed.is_ok(), "{name}: {parsed:?}"),
            "n" => assert!(parsed.is_err(), "{name}: {parsed:?}"),
            _ => {}
        }
    }
}

#[test]
fn what_parsers_disagree_about_is_decided_here() {
    let Some(set) = vectors::set("json-parsing") else {
        return;
    };
    let mut accepted = String::new();
    for (name, text) in vectors::files(&set.join("test_parsing")) {
        let Ok(value) = json::parse(&text) else {
            continue;
        };
        if name.starts_with("i_") {
            let exact = if value.is_admissible() { "exact" } else { "read, but not exact" };
            writeln!(accepted, "{name}: {exact}").unwrap();
        }
    }
    // Everything else is refused: lone surrogates, other encodings, deep nesting.
    expect![[r#"
        i_number_double_huge_neg_exp.json: read, but not exact
        i_number_huge_exp.json: read, but not exact
        i_number_neg_int_huge_exp.json: read, but not exact
        i_number_pos_double_huge_exp.json: read, but not exact
        i_number_real_neg_overflow.json: read, but not exact
        i_number_real_pos_overflow.json: read, but not exact
        i_number_real_underflow.json: read, but not exact
        i_number_too_big_neg_int.json: read, but not exact
        i_number_too_big_pos_int.json: exact
        i_number_very_big_negative_int.json: read, but not exact
    "#]]
    .assert_eq(&accepted);
}
