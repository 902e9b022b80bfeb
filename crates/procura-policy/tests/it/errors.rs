//! What an operator reads when a policy does not compile, word for word.

use procura_policy::{DEFAULT_REGO, PolicyError, PolicySet, SourceFile, default_roles};

use crate::{ALICE, ALLOW, file};

/// Compiles `a.rego` and the other files given, and compares the code and the
/// message.
fn check(rules: &str, others: &[(&str, &str)], expected: &str) {
    let mut files = vec![file("a.rego", &format!("package procura\n{ALLOW}\n{rules}"))];
    files.extend(others.iter().map(|(name, text)| file(name, text)));
    assert_eq!(told(&files), expected, "{rules} {others:?}");
}

fn told(files: &[SourceFile]) -> String {
    let error = PolicySet::compile(files).unwrap_err();
    format!("{}: {error}", error.code())
}

#[test]
fn every_fault_between_files_is_told() {
    let none = told(&[]);
    let advice = "add one that defines `decision` in package `procura`";
    assert_eq!(none, format!("policy.invalid: the policy has no `.rego` file; {advice}"));
    check("", &[("a.rego", "")], "policy.invalid: `a.rego` is given twice; keep one");
    check(
        "",
        &[("b.json", "{}")],
        "policy.invalid: `b.json` does not belong in a policy; only `roles.toml` and `*.rego` do",
    );
    let many: Vec<SourceFile> = (0..65).map(|n| file(&format!("f{n}.rego"), "")).collect();
    let expected =
        "policy.invalid: the policy has 65 files, more than the 64 allowed; merge some of them";
    assert_eq!(told(&many), expected);
    let rules: String = (0..2048).map(|n| format!("r{n} := 1\n")).collect();
    let expected =
        "policy.invalid: the policy has 2049 rules, more than the 2048 allowed; merge some of them";
    check(&rules, &[], expected);
}

#[test]
fn every_fault_of_a_text_is_told() {
    let table = [
        (
            "x := )",
            "policy.invalid: `a.rego` is not valid Rego: expecting expression at a.rego:3:6",
        ),
        ("\n\nx := `", "policy.invalid: `a.rego` line 5: a raw string that is not closed"),
        ("x := \"\n", "policy.invalid: `a.rego` line 4: a string that is not closed"),
        (
            "# \u{202e}",
            "policy.invalid: `a.rego` line 3: a control or direction character; remove it",
        ),
        (
            "x := 1e10000",
            "policy.invalid: `a.rego` line 3: a number longer than 64 characters, or with an \
             exponent longer than 4",
        ),
        ("x := [[[[[[[[[[[[[", "policy.invalid: `a.rego` line 3: brackets nested deeper than 12"),
        (
            "x := now()",
            "policy.builtin_forbidden: `a.rego` calls `now`, which is not a function that \
             policies may call",
        ),
        (
            "x := sprintf(input.args.f, [])",
            "policy.builtin_forbidden: `a.rego` calls `sprintf with a computed format or a wide \
             field`, which is not a function that policies may call",
        ),
        (
            "x if 1 == 1 with data.a as 1",
            "policy.builtin_forbidden: `a.rego` replaces `data.a` with `with`; only `input` may \
             be replaced",
        ),
        (
            "x if y\ny if z\nz if y",
            "policy.invalid: `a.rego` has rules that depend on themselves: y -> z -> y; break \
             the circle",
        ),
    ];
    for (rules, expected) in table {
        check(rules, &[], expected);
    }
    let import = "package b\nimport input";
    let expected = "policy.invalid: `b.rego` is not valid Rego: `import input` has no effect; \
                    remove it";
    check("", &[("b.rego", import)], expected);
    let long = format!("x if {}1", "1 +\n".repeat(66));
    check(
        &long,
        &[],
        "policy.invalid: `a.rego` line 67: an expression with more than 64 operators",
    );
    let large = "#".repeat(PolicySet::MAX_FILE_BYTES);
    check(&large, &[], "policy.invalid: `a.rego` is larger than 65536 bytes; split it");
}

#[test]
fn a_chain_that_is_too_deep_is_told_by_where_it_starts() {
    // A rule that is another one weighs ten steps: eight to enter, and two for
    // the expression.
    let links: String = (0..103).map(|n| format!("r{n} := r{}\n", n + 1)).collect();
    let expected = "policy.invalid: `b.rego` has a chain of dependent rules that starts at `r1` \
                    and is too deep (1029 steps, 1024 allowed); flatten it";
    check("", &[("b.rego", &format!("package b\n{links}r103 := 1"))], expected);
}

#[test]
fn a_fault_is_told_of_the_file_it_stands_in() {
    let nested = "policy.invalid: `b.rego` line 1: brackets nested deeper than 12";
    check("", &[("b.rego", &"[".repeat(13))], nested);
    let clean = "package procura\nx if input.args.a";
    let calls = "policy.builtin_forbidden: `b.rego` calls `now`, which is not a function that \
                 policies may call";
    check("x if input.args.b", &[("b.rego", &format!("{clean}\nx if now()"))], calls);
    let replaces = "policy.builtin_forbidden: `b.rego` replaces `count` with `with`; only \
                    `input` may be replaced";
    let text = format!("{clean}\nx if 1 == 1 with count as 1");
    check("x if input.args.b", &[("b.rego", &text)], replaces);
    let circle = "policy.invalid: `b.rego` has rules that depend on themselves: y -> z -> y; \
                  break the circle";
    check("x if y", &[("b.rego", &format!("{clean}\ny if z\nz if y"))], circle);
}

#[test]
fn the_first_fault_is_that_of_the_first_name() {
    let roles = file("roles.toml", &default_roles(ALICE));
    for text in
        ["package procura\nx := )", "package procura\nx := `", "package procura\nx := now()"]
    {
        let (one, two) = (file("a.rego", text), file("b.rego", text));
        let forward = told(&[roles.clone(), one.clone(), two.clone()]);
        assert!(forward.contains("`a.rego`"), "{forward}");
        assert_eq!(told(&[two, one, roles.clone()]), forward);
    }
}

#[test]
fn the_roles_are_read_before_the_rules() {
    let files = [file("a.rego", "package"), file("roles.toml", "[roles.r]\npermissions = []")];
    let expected = "policy.invalid: `roles.toml`: role `r` permits nothing; list a permission or remove the role";
    assert_eq!(told(&files), expected);
    let large = file("roles.toml", &"#".repeat(PolicySet::MAX_FILE_BYTES + 1));
    let error = PolicySet::compile(&[file("a.rego", DEFAULT_REGO), large]).unwrap_err();
    assert!(
        matches!(&error, PolicyError::TooLarge { file, .. } if file == "roles.toml"),
        "{error}"
    );
}
