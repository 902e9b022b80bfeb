//! Texts that would end the process, or keep it busy, are refused before the
//! engine reads or evaluates them. Everything here runs on 1 MiB of stack.

use procura_policy::{Effect, PolicyError, PolicySet};

use crate::{ALLOW, ask, compile, file, files};

/// Compiles, and asks once if that worked, on half the stack that a thread which
/// serves requests has.
fn on_a_small_stack(rego: String) -> Result<Effect, PolicyError> {
    std::thread::Builder::new()
        .stack_size(1024 * 1024)
        .spawn(move || compile(&rego).map(|set| ask(&set, "{}").effect))
        .unwrap()
        .join()
        .unwrap()
}

fn rules(text: &str) -> Result<Effect, PolicyError> {
    on_a_small_stack(format!("package procura\n{ALLOW}\n{text}\n"))
}

#[test]
fn recursion_is_refused() {
    let table = [
        "f(x) := f(x + 1)\ny := f(1)",
        "f(x) := g(x)\ng(x) := f(x)",
        "a if b\nb if a",
        "a if not a",
        "a := [x | x := b]\nb := {y | some y in c}\nc := {\"k\": a}",
        "a := data.procura.a",
        "a := data.procura.b\nb := data[\"procura\"].a",
        "a := data",
        "a := data.procura",
        "a := data[input.args.x]",
        "a := data.procura[input.args.x]",
        "a[x] := 1 if { some x in [1]; a[x] }",
        "a.b := 1 if a.c\na.c := 1",
        "a if { every x in [1] { a } }",
        "a if b with input as a\nb if input",
        "default a := false\na if b\nb := 1 if a",
        "a := 1 if { 1 == 2 } else := a",
        "f(a) := f(b) if b := a",
        "f([x, y]) := g({\"k\": x})\ng({\"k\": y}) := f([y, y])",
        "a contains x if some x in a",
    ];
    for text in table {
        let error = rules(text).unwrap_err();
        assert!(matches!(error, PolicyError::Recursive { .. }), "{text}: {error}");
        assert!(
            error.to_string().contains("`a.rego`") && error.to_string().contains(" -> "),
            "{error}"
        );
    }
}

#[test]
fn a_circle_through_packages_and_imports_is_refused() {
    let table = [
        ("import data.other\na := other.b", "package other\nb := data.procura.a"),
        ("import data.other.b as c\na := c", "package other\nimport data.procura\nb := procura.a"),
        ("import data.other.f as g\nf(x) := g(x)", "package other\nf(x) := data.procura.f(x)"),
        ("a := data.other.deep", "package other.deep.down\nb := data.procura.a"),
    ];
    for (rules, other) in table {
        let mut all = files(&format!("package procura\n{rules}\n{ALLOW}"));
        all.push(file("b.rego", other));
        let error = PolicySet::compile(&all).unwrap_err();
        assert!(matches!(error, PolicyError::Recursive { .. }), "{rules}: {error}");
    }
}

#[test]
fn what_only_looks_like_recursion_compiles() {
    let table = [
        "f(x) := x + 1\ny := f(f(f(1)))",
        "a if b\nb if c\nc if input.args",
        "a := 1\nf(a) := a\nb := f(a)",
        "x := [y | some y in input.args]\nz := {k: v | some k, v in input.args}",
    ];
    for text in table {
        assert_eq!(rules(text), Ok(Effect::Allow), "{text}");
    }
}

/// `decision` hangs on a chain of `length` rules made by `link(n)`.
fn chain(length: usize, link: impl Fn(usize) -> String, last: &str) -> Result<Effect, PolicyError> {
    let links: String = (0..length).map(link).collect();
    let decision = r#"decision := {"effect": "allow", "rule": "r"} if r0 != 0"#;
    on_a_small_stack(format!("package procura\n{decision}\n{links}{last}"))
}

#[test]
fn a_long_chain_of_rules_is_refused_and_a_short_one_works() {
    let rule = |n: usize| format!("r{n} := r{} + 1\n", n + 1);
    let last = |length: usize| format!("r{length} := 1\n");
    for length in [500, 600] {
        let error = chain(length, rule, &last(length)).unwrap_err();
        assert!(matches!(error, PolicyError::TooDeep { .. }), "{length}: {error}");
    }
    let error = chain(3000, rule, &last(3000)).unwrap_err();
    assert!(matches!(error, PolicyError::TooManyRules { .. }), "{error}");
    assert_eq!(chain(64, rule, &last(64)), Ok(Effect::Allow));
}

#[test]
fn the_longest_chain_that_compiles_fits_a_small_stack() {
    type Link = fn(usize) -> String;
    let links: [(Link, &str); 6] = [
        (|n| format!("r{n} := r{}\n", n + 1), "r# := 1"),
        (|n| format!("r{n} := y if {{ y := r{} }}\n", n + 1), "r# := 1"),
        (|n| format!("r{n} := [y | y := [z | z := [w | w := r{}]]]\n", n + 1), "r# := 1"),
        (
            |n| {
                format!(
                    "r{n} := y if {{ some x in [1]; some z in [2]; [1, 2][_] == z; y := r{} }}\n",
                    n + 1
                )
            },
            "r# := 1",
        ),
        (
            |n| {
                format!(
                    "r{n} := y if {{ every x in [1] {{ every z in [2] {{ r{} }} }}; y := 1 }}\n",
                    n + 1
                )
            },
            "r# := 1",
        ),
        (
            |n| format!("f{n}(x) := y if {{ some z in [x]; y := f{}(z) }}\n", n + 1),
            "f#(x) := x\nr0 := f0(1)",
        ),
    ];
    for (index, (link, last)) in links.into_iter().enumerate() {
        let run = |length: usize| chain(length, link, &last.replace('#', &length.to_string()));
        let longest = last_that_compiles(|length| run(length).is_ok());
        assert!(longest >= 15, "shape {index}: {longest}");
        assert_eq!(run(longest), Ok(Effect::Allow), "shape {index}: {longest}");
    }
}

/// The largest number that still compiles, of those where more is never easier.
fn last_that_compiles(compiles: impl Fn(usize) -> bool) -> usize {
    let (mut good, mut bad) = (1, 128);
    while good + 1 < bad {
        let middle = usize::midpoint(good, bad);
        if compiles(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

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
fn a_body_with_too_many_loops_is_refused() {
    let body = |loops: usize| {
        let statements: String =
            (0..loops).map(|n| format!("some y{n} in xs; xs[_] == y{n}\n")).collect();
        format!("xs := [1]\nx if {{\n{statements}}}")
    };
    assert_eq!(rules(&body(20)), Ok(Effect::Allow));
    let error = rules(&body(1500)).unwrap_err();
    assert!(matches!(error, PolicyError::TooDeep { .. }), "{error}");
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
fn the_sizes_are_limited() {
    let line = "# 23456789012345678901234567890123456789\n";
    let padding = |size: usize| line.repeat(size / line.len());
    let error = rules(&padding(PolicySet::MAX_FILE_BYTES + 100)).unwrap_err();
    assert!(matches!(error, PolicyError::TooLarge { .. }), "{error}");
    assert_eq!(rules(&padding(PolicySet::MAX_FILE_BYTES - 200)), Ok(Effect::Allow));
    let set = |extra: usize| {
        let mut all = files(&format!("package procura\n{ALLOW}"));
        all.extend((0..extra).map(|n| file(&format!("x{n}.rego"), &format!("package x{n}"))));
        PolicySet::compile(&all)
    };
    assert!(set(62).is_ok());
    assert!(matches!(set(63).unwrap_err(), PolicyError::TooManyFiles { count: 65, limit: 64 }));
}
