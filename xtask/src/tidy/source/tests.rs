use super::Source;
use crate::tidy::files::File;

/// Compares the lines of code, tests and documentation in `text`.
fn check(path: &str, text: &str, expected: (usize, usize, usize)) {
    let file = File { path: path.into(), text: text.to_owned() };
    let source = Source::read(&file).unwrap();
    assert_eq!((source.code_lines, source.test_lines, source.doc_lines), expected, "{text}");
}

#[test]
fn blank_lines_and_comments_are_neither_code_nor_documentation() {
    check("a.rs", "//! A.\n\n// why\n/// B.\nfn f() {\n\n} // end\n", (2, 0, 2));
}

#[test]
fn a_string_of_many_lines_is_code() {
    check("a.rs", "const A: &str = \"\n// no comment\n\";\n", (3, 0, 0));
}

#[test]
fn a_module_under_cfg_test_is_test() {
    check(
        "a.rs",
        "fn f() {}\n#[cfg(test)]\nmod tests {\n    /// A.\n    fn g() {}\n}\nfn h() {}\n",
        (2, 4, 0),
    );
}

#[test]
fn a_function_under_cfg_test_is_test() {
    check(
        "a.rs",
        "#[cfg(test)]\n#[must_use]\nfn f(a: [u8; 3]) -> u8 {\n    0\n}\nfn g() {}\n",
        (1, 5, 0),
    );
}

#[test]
fn cfg_not_test_is_code() {
    check("a.rs", "#[cfg(not(test))]\nfn f() {}\n", (2, 0, 0));
}

#[test]
fn files_of_tests_are_tests() {
    for path in ["tests/it/main.rs", "src/a/tests.rs", "src/tests/a.rs"] {
        check(path, "/// A.\nfn f() {}\n", (0, 1, 0));
    }
    check("src/contests.rs", "fn f() {}\n", (1, 0, 0));
}

#[test]
fn an_inner_cfg_test_covers_the_file() {
    check("src/a.rs", "#![cfg(test)]\nfn f() {}\n", (0, 2, 0));
}

#[test]
fn other_files_are_not_rust() {
    let file = File { path: "a.md".into(), text: String::new() };
    assert!(Source::read(&file).is_none());
}
