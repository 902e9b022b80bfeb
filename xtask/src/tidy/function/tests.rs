use super::{Function, functions};
use crate::lexer::lex;

fn found(source: &str) -> Vec<Function> {
    let code: Vec<_> = lex(source).into_iter().filter(crate::lexer::Token::is_code).collect();
    functions(&code)
}

/// Compares `name length parameters nesting` of each function in `source`.
fn check(source: &str, expected: &[&str]) {
    let lines: Vec<String> = found(source).iter().map(show).collect();
    assert_eq!(lines, expected, "{source}");
}

fn show(function: &Function) -> String {
    let Function { name, line: _, length, parameters, nesting } = function;
    format!("{name} {length} {parameters} {nesting}")
}

fn check_nesting(body: &str, expected: usize) {
    let nesting: Vec<_> =
        found(&format!("fn f() {{ {body} }}")).iter().map(|f| f.nesting).collect();
    assert_eq!(nesting, [expected], "{body}");
}

#[test]
fn a_function_reaches_from_its_keyword_to_its_brace() {
    check("/// Doc.\npub fn f(a: u8) -> u8 {\n    // why\n\n    a\n}\n", &["f 5 1 0"]);
}

#[test]
fn a_declaration_has_no_length() {
    check("trait T { fn f(&self, a: [u8; 4]) -> [u8; 2]; fn g() {} }", &["f 0 1 0", "g 1 0 0"]);
}

#[test]
fn a_function_pointer_is_not_a_function() {
    check("type F = fn(u8) -> u8;", &[]);
}

#[test]
fn the_receiver_is_not_a_parameter() {
    check(
        "fn f(&'a mut self) {} fn g(mut self: Box<Self>, b: u8) {} fn h(me: u8,) {}",
        &["f 1 0 0", "g 1 1 0", "h 1 1 0"],
    );
}

#[test]
fn commas_inside_a_type_or_a_pattern_separate_nothing() {
    check(
        "fn f<A: Fn(u8, u8) -> u8, B>((a, b): (A, B), c: Map<A, B>, d: fn(A, B) -> C, e: impl Fn(A) -> X<A, B>) {}",
        &["f 1 4 0"],
    );
}

#[test]
fn a_where_clause_is_not_a_body() {
    check("fn f<T>(t: T) -> [u8; 3]\nwhere\n    T: Into<u8>,\n{\n    if t {}\n}", &["f 6 1 1"]);
}

#[test]
fn functions_inside_functions_are_found() {
    check("fn f() {\n fn g() {\n }\n}", &["f 4 0 0", "g 2 0 0"]);
}

#[test]
fn branches_and_loops_nest() {
    check_nesting("if a { for b in c { while d { loop {} } } }", 4);
    check_nesting("match a { B => { if c {} } }", 2);
}

#[test]
fn what_stands_in_an_else_nests() {
    check_nesting("if a {} else { if b {} }", 2);
    check_nesting("let S { a } = b else { match c {} };", 2);
}

#[test]
fn branches_beside_each_other_do_not_nest() {
    check_nesting("if a {} else if b {} else {} match c {} for d in e {}", 1);
}

#[test]
fn structures_and_closures_do_not_nest() {
    check_nesting("let a = S { b: T { c } }; d(|| { E { f } }); { { g } }", 0);
}

#[test]
fn the_braces_of_a_pattern_do_not_nest() {
    check_nesting("if let S { a } = b { c() }", 1);
    check_nesting("for S { a } in b { c() }", 1);
    check_nesting("if let S { a } = b && let T { c } = d { if e {} }", 2);
}

#[test]
fn the_guard_of_an_arm_does_not_nest() {
    check_nesting("match a { S { b } if b == c => S { d }, _ => { e } }", 1);
}

#[test]
fn what_follows_let_else_does_not_nest() {
    check_nesting("let S { a } = b else { return }; if c {}", 1);
}

#[test]
fn a_comparison_does_not_confuse_the_next_branch() {
    check_nesting("if a == b { if c >= d { x } } if f(|y| { y }) { z }", 2);
}
