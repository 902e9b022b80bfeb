use crate::tree::Tree;

const LIBRARY: &str = "//! A library.\n\n#![no_std]\n\n/// One.\npub fn one() -> u8 {\n    1\n}\n";
const TEST: &str = "#[test]\nfn one_is_one() {\n    let one = 1;\n    assert_eq!(one, 1);\n}\n";

/// Adds `files` to a tree that is clean without them, and compares what `tidy`
/// prints.
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let tree = Tree::new(&[
        ("crates/procura-core/src/lib.rs", LIBRARY),
        ("crates/procura-core/tests/it/main.rs", TEST),
        ("crates/procura-store/src/lib.rs", "//! A store.\n"),
        ("README.md", "# A workspace\n"),
    ]);
    for (path, text) in files {
        tree.write(path, text);
    }
    let (passed, output) = tree.run("tidy");
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);
    assert_eq!(passed, expected.is_empty());
}

/// Tests and documentation enough for whatever stands before them.
fn padded(code: &str) -> String {
    let docs = "//! A line.\n".repeat(code.lines().count());
    let tests = "    const A: u8 = 1;\n".repeat(code.lines().count());
    format!("{docs}{code}#[cfg(test)]\nmod tests {{\n{tests}}}\n")
}

#[test]
fn a_clean_tree_passes() {
    check(&[], &[]);
}

#[test]
fn a_tree_without_code_passes() {
    check(&[("crates/procura-core/src/lib.rs", "//! Empty.\n#![no_std]\n")], &[]);
    assert_eq!(Tree::new(&[]).run("tidy"), (true, String::new()));
}

#[test]
fn a_long_function_fails_in_every_crate() {
    let long = |lines| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines));
    check(&[("crates/procura-store/src/a.rs", &long(58))], &[]);
    check(
        &[("crates/procura-store/src/a.rs", &long(59))],
        &["crates/procura-store/src/a.rs:1: `f` has 61 lines (limit: 60)"],
    );
    check(
        &[("xtask/src/main.rs", &long(59))],
        &["xtask/src/main.rs:1: `f` has 61 lines (limit: 60)"],
    );
}

#[test]
fn a_long_file_fails_and_so_does_a_long_test() {
    let lines = |count| "//! A line.\n".repeat(count);
    check(&[("crates/procura-store/src/a.rs", &lines(500))], &[]);
    check(
        &[("crates/procura-store/tests/it/a.rs", &lines(501))],
        &["crates/procura-store/tests/it/a.rs:1: the file has 501 lines (limit: 500)"],
    );
}

#[test]
fn deep_nesting_fails_in_a_pure_crate_alone() {
    let deep = padded("fn f() {\n    if a { if b { if c { if d {} } } }\n}\n");
    check(&[("crates/procura-store/src/a.rs", &deep)], &[]);
    check(
        &[("crates/procura-core/src/a.rs", &deep)],
        &["crates/procura-core/src/a.rs:4: `f` has 4 levels of nesting (limit: 3)"],
    );
}

#[test]
fn many_parameters_fail_in_a_pure_crate() {
    let four = padded("fn f(&self, a: A, b: B, c: C, d: D) {}\n");
    let five = padded("fn f(&self, a: A, b: B, c: C, d: D, e: E) {}\n");
    check(&[("crates/procura-core/src/a.rs", &four)], &[]);
    check(
        &[("crates/procura-core/src/a.rs", &five)],
        &["crates/procura-core/src/a.rs:2: `f` has 5 parameters (limit: 4)"],
    );
}

#[test]
fn missing_documentation_fails() {
    let bare =
        format!("#![no_std]\n{}", LIBRARY.replace("/// One.", "").replace("//! A library.", ""));
    check(
        &[("crates/procura-core/src/lib.rs", &bare.replace("\n\n#![no_std]", ""))],
        &[
            "crates/procura-core/Cargo.toml:1: procura-core has 0 doc lines for 4 code lines (limit: at least 0.25 per code line)",
        ],
    );
}

#[test]
fn missing_tests_fail() {
    check(
        &[("crates/procura-core/tests/it/main.rs", "// Nothing.\n")],
        &[
            "crates/procura-core/Cargo.toml:1: procura-core has 0 test lines for 4 code lines (limit: at least 1.00 per code line)",
        ],
    );
}

#[test]
fn functions_that_are_long_on_average_fail() {
    let function = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(24));
    check(
        &[("crates/procura-core/src/a.rs", &padded(&function.repeat(2)))],
        &[
            "crates/procura-core/Cargo.toml:1: the 90th percentile of functions of procura-core has 26 lines (limit: 25)",
            "crates/procura-core/Cargo.toml:1: the median function of procura-core has 26 lines (limit: 6)",
        ],
    );
}

#[test]
fn files_that_are_long_on_average_fail() {
    let long = format!("{LIBRARY}{}", "// A line.\n".repeat(150));
    check(
        &[("crates/procura-core/src/lib.rs", &long)],
        &[
            "crates/procura-core/Cargo.toml:1: the median file of procura-core has 158 lines (limit: 150)",
        ],
    );
}

#[test]
fn a_clock_in_a_pure_crate_fails() {
    let clock = padded("fn f() { std::time::Instant::now(); }\n");
    check(&[("crates/procura-store/src/a.rs", &clock)], &[]);
    check(
        &[("crates/procura-core/src/a.rs", &clock)],
        &["crates/procura-core/src/a.rs:2: `Instant` is a clock (limit: none in a pure crate)"],
    );
}

#[test]
fn a_pure_crate_with_the_standard_library_fails() {
    let text = LIBRARY.replace("#![no_std]", "");
    check(
        &[("crates/procura-core/src/lib.rs", &text)],
        &[
            "crates/procura-core/src/lib.rs:1: the crate uses the standard library (limit: `#![no_std]`)",
        ],
    );
    check(&[("crates/procura-policy/src/lib.rs", "//! Policy.\n")], &[]);
}

#[test]
fn unfinished_work_fails() {
    check(
        &[("crates/procura-store/tests/it/main.rs", "#[test]\n#[ignore]\nfn a() { todo!() }\n")],
        &[
            "crates/procura-store/tests/it/main.rs:2: `#[ignore]` (limit: never)",
            "crates/procura-store/tests/it/main.rs:3: `todo!` (limit: never)",
        ],
    );
}

#[test]
fn a_module_named_after_nothing_fails() {
    check(
        &[("crates/procura-store/src/utils.rs", "//! Things.\n")],
        &["crates/procura-store/src/utils.rs:1: a module is named `utils` (limit: never)"],
    );
}

#[test]
fn a_forbidden_word_fails_in_a_document_too() {
    let path = concat!("/ho", "me/");
    check(
        &[("docs/a.md", &format!("# A\n\nSee {path}me.\n"))],
        &[&format!("docs/a.md:3: the file says `{path}` (limit: never)")],
    );
    check(&[("target/a.md", path), ("vectors/b.md", path), ("docs/c.bin", "\u{0}")], &[]);
    check(&[("fuzz/corpus/json/a", path), ("fuzz/artifacts/json/b", path)], &[]);
}
