//! Texts that would end the process, or keep it busy, are refused before the
//! engine reads or evaluates them. Everything here runs on 1 MiB of stack.

use procura_policy::{Effect, PolicyError, PolicySet};

use crate::{ALLOW, file, files, rules};

#[test]
fn a_text_that_nests_too_deep_is_refused_unread() {
    let nest =
        |open: &str, close: &str, n: usize| format!("x := {}1{}", open.repeat(n), close.repeat(n));
    for (open, close) in [
        ("[", "]"),
        ("{", "}"),
        ("(", ")"),
        ("{\"a\": ", "}"),
        ("f(", ")"),
        ("[1 | 1 == ", "]"),
        ("a[", "]"),
    ] {
        for levels in [13, 24, 500, 5000] {
            let error = rules(&nest(open, close, levels)).unwrap_err();
            assert!(
                matches!(error, PolicyError::TooComplex { line: 3, .. }),
                "{open} {levels}: {error}"
            );
        }
    }
    assert_eq!(rules(&nest("[", "]", 12)), Ok(Effect::Allow));
    assert_eq!(
        rules(&format!(
            "x := \"{}\" # {}\ny := `{}`",
            "[".repeat(500),
            "{".repeat(500),
            "(\n".repeat(500)
        )),
        Ok(Effect::Allow)
    );
    assert_eq!(rules(r#"x := "\"[[[[[[[[[[[[[[[[" "#), Ok(Effect::Allow));
}

#[test]
fn nested_text_costs_by_how_often_it_is_read() {
    let literal = format!("{}1{}", "[".repeat(11), "]".repeat(11));
    let many = |n: usize| format!("x := [{}]", vec![literal.as_str(); n].join(",\n"));
    assert!(rules(&many(2)).is_ok());
    let error = rules(&many(1000)).unwrap_err();
    assert!(matches!(error, PolicyError::TooComplex { .. }), "{error}");
}

#[test]
fn an_expression_with_too_many_operators_is_refused() {
    for operators in ["1 +\n", "- ", "1 in ", "{1} |\n", "1 *\n", "a.", "a == \n"] {
        for count in [65, 3000] {
            let error = rules(&format!("x if {}1", operators.repeat(count))).unwrap_err();
            assert!(matches!(error, PolicyError::TooComplex { .. }), "{operators:?}: {error}");
        }
    }
    assert_eq!(rules(&format!("x := {}1", "1 +\n".repeat(63))), Ok(Effect::Allow));
    let statements = "input.args.a.b.c == 1 + 2\n".repeat(200);
    assert_eq!(rules(&format!("x if {{\n{statements}}}")), Ok(Effect::Allow));
}

#[test]
fn a_number_that_takes_long_to_write_out_is_refused() {
    for number in ["1e2000000000", "1E+99999", "-1.5e-77777", &"9".repeat(65)] {
        let error = rules(&format!("x := {number}")).unwrap_err();
        assert!(matches!(error, PolicyError::TooComplex { .. }), "{number}: {error}");
    }
    assert_eq!(rules("x := 1.5e+10\ny := -3\nz := 1e9"), Ok(Effect::Allow));
}

#[test]
fn what_a_reader_does_not_see_is_refused() {
    for hidden in ["\0", "\u{1b}", "\u{202e}", "\u{2066}", "\u{7f}"] {
        for text in [
            format!("# {hidden}"),
            format!("x := \"{hidden}\""),
            format!("x := `{hidden}`"),
            hidden.to_owned(),
        ] {
            let error = rules(&text).unwrap_err();
            assert!(matches!(error, PolicyError::TooComplex { line: 3, .. }), "{text:?}: {error}");
        }
    }
    assert_eq!(rules("# grüße ✓\n\tx := \"é\"\r\n"), Ok(Effect::Allow));
}

#[test]
fn a_string_that_is_not_closed_is_refused() {
    for text in ["x := \"a", "x := \"a\n\"", "x := `a", "x := \"a\\\""] {
        let error = rules(text).unwrap_err();
        assert!(matches!(error, PolicyError::TooComplex { .. }), "{text:?}: {error}");
    }
}

#[test]
fn a_set_has_as_many_files_as_its_limit_and_no_more() {
    let set = |extra: usize| {
        let mut all = files(&format!("package procura\n{ALLOW}"));
        all.extend((0..extra).map(|n| file(&format!("x{n}.rego"), &format!("package x{n}"))));
        PolicySet::compile(&all).map(drop)
    };
    let rest = PolicySet::MAX_FILES - 2;
    assert_eq!(set(rest), Ok(()));
    let (count, limit) = (PolicySet::MAX_FILES + 1, PolicySet::MAX_FILES);
    assert_eq!(set(rest + 1), Err(PolicyError::TooManyFiles { count, limit }));
}

#[test]
fn a_file_has_as_many_bytes_as_its_limit_and_no_more() {
    let line = "# 23456789012345678901234567890123456789\n";
    let sized = |name: &str, start: &str, size: usize| {
        let lines = line.repeat((size - start.len()) / line.len());
        let rest = " ".repeat(size - start.len() - lines.len());
        let mut all = files(&format!("package procura\n{ALLOW}"));
        all.retain(|file| file.name != name);
        all.push(file(name, &format!("{start}{lines}{rest}")));
        PolicySet::compile(&all).map(drop)
    };
    for (name, start) in [("b.rego", "package b\n"), ("roles.toml", "[roles]\n")] {
        assert_eq!(sized(name, start, PolicySet::MAX_FILE_BYTES), Ok(()), "{name}");
        let expected =
            PolicyError::TooLarge { file: name.to_owned(), limit: PolicySet::MAX_FILE_BYTES };
        assert_eq!(sized(name, start, PolicySet::MAX_FILE_BYTES + 1), Err(expected));
    }
}

#[test]
fn a_set_has_as_many_rules_as_its_limit_and_no_more() {
    let rules_of =
        |count: usize| -> String { (0..count).map(|n| format!("r{n} := 1\n")).collect() };
    assert_eq!(rules(&rules_of(2047)), Ok(Effect::Allow));
    let error = rules(&rules_of(2048)).unwrap_err();
    assert_eq!(error, PolicyError::TooManyRules { count: 2049, limit: 2048 });
}
