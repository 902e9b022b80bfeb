//! Wherever something can stand in a rule, what stands there is found.
//!
//! The engine evaluates all of these places. One that the checks overlooked
//! would hide a circle, which ends the process, or a forbidden call.

use crate::{ALLOW, compile, compile_error};

/// Bodies of a rule. `#` is the place.
const BODIES: &[&str] = &[
    "#",
    "not #",
    "(#)",
    "-# == 1",
    "# + 1 == 1",
    "1 + # == 1",
    "# | {1} == {1}",
    "{1} & # == {1}",
    "# == 1",
    "1 < #",
    "y := #",
    "# = 1",
    "1 = #",
    "[1, #] == 1",
    "{1, #} == 1",
    "{#: 1} == 1",
    "{1: #} == 1",
    "[# | 1 == 1] == 1",
    "[1 | #] == 1",
    "{# | 1 == 1} == 1",
    "{1 | #} == 1",
    "{#: 1 | 1 == 1} == 1",
    "{1: # | 1 == 1} == 1",
    "{1: 1 | #} == 1",
    "count(#) == 1",
    "concat(\"\", #) == 1",
    "# in [1]",
    "1 in #",
    "#, 1 in [1]",
    "1, # in [1]",
    "some y in #",
    "some y, z in #",
    "some {\"k\": y} in [#]",
    "every y in # { y }",
    "every y in [1] { # }",
    "every y, z in [1] { y; z; # }",
    "input[#]",
    "input.args[#].b[1]",
    "input[[#]]",
    "[#][0] == 1",
    "[#].k == 1",
    "count([#])[0].k == 1",
    "1 == 1 with input as #",
    "1 == 1 with input.args as [#]",
    "1 == 1; 2 == 2; #",
    "f(1, #)",
];

/// Whole rules called `a`. `#` is the place.
const RULES: &[&str] = &[
    "a := #",
    "a = #",
    "a contains #",
    "a contains y if y := #",
    "a[#] := 1",
    "a[1][#] := 1",
    "a[y] := # if y := 1",
    "a(y) := #",
    "a(y) := y if #",
    "a([y, 1]) := # if y",
    "a([#]) := 1",
    "a({#}) := 1",
    "a({1: #}, y) := y",
    "default a := [#]",
    "default a := {1: #}",
    "a := 1 if 1 == 2 else := #",
    "a := 1 if 1 == 2 else := 2 if #",
    "a := 1 if 1 == 2 else := 2 if 2 == 3 else := #",
    "a if #\na if 1 == 1",
    "a if 1 == 1\na if #",
];

/// Every place, as the text of a rule called `a`, and what fills it.
fn filled(with: &str) -> Vec<String> {
    let bodies = BODIES.iter().map(|body| format!("f(y, z) := y + z\na if {{ {body} }}"));
    let rules = RULES.iter().map(|rule| (*rule).to_owned());
    bodies.chain(rules).map(|text| text.replace('#', with)).collect()
}

#[test]
fn a_circle_is_found_wherever_it_closes() {
    for path in [
        "a",
        "data.procura.a",
        "data[\"procura\"].a.k",
        "b.k",
        "b[input.args.i]",
        "data.procura[b].k",
    ] {
        for text in filled(path) {
            let error = compile_error(&format!("b := a\n{text}\n{ALLOW}"));
            let message = error.to_string();
            assert!(message.contains("depend on themselves"), "{text}: {message}");
        }
    }
}

#[test]
fn a_forbidden_call_is_found_wherever_it_stands() {
    for text in filled("time.now_ns()") {
        let error = compile_error(&format!("{text}\n{ALLOW}"));
        assert!(error.to_string().contains("`time.now_ns`"), "{text}: {error}");
        assert_eq!(error.code(), "policy.builtin_forbidden");
    }
}

#[test]
fn what_may_stand_there_compiles() {
    for text in filled("input.args.k") {
        let outcome = compile(&format!("package procura\n{ALLOW}\n{text}"));
        assert!(outcome.is_ok(), "{text}: {outcome:?}");
    }
}
