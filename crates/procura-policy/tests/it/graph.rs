//! Which rules hang on which: circles and chains that would end the process
//! are refused. Everything here runs on 1 MiB of stack.

use procura_policy::{Effect, PolicyError, PolicySet};

use crate::{ALLOW, compile, file, files, on_a_small_stack, rules};

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
        ("a := data.other", "package other\na := 1\nb := data.procura.a\nc := 1"),
        ("a := data.other.b.deep.down", "package other\nb := data.procura.a"),
        ("a := data.other[input.args.x].k", "package other\nb := data.procura.a"),
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
        "a := f(1)\nf(a) := a + 1",
        "a := f(1, 2)\nf(b, a) := [a, b, a.k]",
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

/// The lengths are pinned: what lets a longer chain through has to show that it
/// still fits the stack.
#[test]
fn the_longest_chain_that_compiles_fits_a_small_stack() {
    // The rule number `@` that uses the rule number `$`, and the last one.
    let links = [
        ("r@ := r$", "r# := 1", 100),
        ("r@ := y if { y := r$ }", "r# := 1", 66),
        ("r@ := [y | y := [z | z := [w | w := r$]]]", "r# := 1", 35),
        ("r@ := y if { some x in [1]; some z in [2]; [1, 2][_] == z; y := r$ }", "r# := 1", 43),
        ("r@ := y if { every x in [1] { every z in [2] { r$ } }; y := 1 }", "r# := 1", 38),
        ("r@ := [q, r$, z]", "q := 1\nr# := 1\nz := 1", 90),
        ("f@(x) := y if { some z in [x]; y := f$(z) }", "f#(x) := x\nr0 := f0(1)", 54),
    ];
    for (link, last, expected) in links {
        let run = |length: usize| {
            let rule = |n: usize| {
                link.replace('@', &n.to_string()).replace('$', &(n + 1).to_string()) + "\n"
            };
            chain(length, rule, &last.replace('#', &length.to_string()))
        };
        let longest = last_that_compiles(|length| run(length).is_ok());
        assert_eq!(run(longest), Ok(Effect::Allow), "{link}");
        assert_eq!(longest, expected, "{link}");
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

/// The circle that `rules` are refused for.
fn circle(rules: &str) -> String {
    match compile(&format!("package procura\n{rules}\n{ALLOW}")).unwrap_err() {
        PolicyError::Recursive { path, .. } => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_circle_is_told_from_where_it_begins_to_where_it_closes() {
    assert_eq!(circle("a if a"), "a -> a");
    assert_eq!(circle("c if a\na if b\nb if a"), "a -> b -> a");
    let ring = |length: usize| -> String {
        (0..length).map(|n| format!("r{n} if r{}\n", (n + 1) % length)).collect()
    };
    assert_eq!(circle(&ring(9)), "r0 -> r1 -> r2 -> r3 -> r4 -> r5 -> r6 -> r7 -> r8 -> r0");
    assert_eq!(circle(&ring(10)), "r0 -> r1 -> r2 -> r3 -> … -> r7 -> r8 -> r9 -> r0");
    assert_eq!(circle(&ring(2000)), "r0 -> r1 -> r2 -> r3 -> … -> r1997 -> r1998 -> r1999 -> r0");
}

#[test]
fn a_rule_weighs_what_its_heaviest_definition_weighs() {
    let heavy = "r@ := y if { some x in [1]; some z in [2]; y := r$ + x }\n";
    let light = "r@ := 1 if { input.args.no }\n";
    let longest = |link: &str| {
        last_that_compiles(|length| {
            let rule =
                |n: usize| link.replace('@', &n.to_string()).replace('$', &(n + 1).to_string());
            chain(length, rule, &format!("r{length} := 1")).is_ok()
        })
    };
    let alone = longest(heavy);
    assert_eq!(longest(&format!("{heavy}{light}")), alone);
    assert_eq!(longest(&format!("{light}{heavy}")), alone);
    assert!(longest("r@ := r$\n") > alone);
}

#[test]
fn a_circle_is_found_whichever_file_imports_the_name() {
    let main = format!("package procura\nimport data.one as n\na := n.x\n{ALLOW}");
    let second = "package procura\nimport data.two as n\nb := n.x";
    let compiles = |one: &str, two: &str| {
        let mut all = files(&main);
        all.extend([file("b.rego", second), file("one.rego", one), file("two.rego", two)]);
        PolicySet::compile(&all).map(drop)
    };
    let (one, two) = ("package one\nx := 1", "package two\nx := 1");
    assert_eq!(compiles(one, two), Ok(()));
    for (one, two) in [
        ("package one\nx := data.procura.a", two),
        (one, "package two\nx := data.procura.b"),
        (one, "package two\nx := data.procura.a"),
    ] {
        let error = compiles(one, two).unwrap_err();
        assert!(matches!(error, PolicyError::Recursive { .. }), "{one} {two}: {error}");
    }
}

#[test]
fn a_name_that_begins_like_another_is_another() {
    let table = [
        ("a := data.procurator.b", "package procurator\nb := data.procura.c"),
        ("a := data.other.bc", "package other\nb := data.procura.a\nbc := 1"),
        ("a := data.other.de", "package other.deep\nb := data.procura.a"),
        ("import input.args as other\na := other.b", "package other\nb := data.procura.a"),
        ("import data.third as other\na := other.b", "package other\nb := data.procura.a"),
        ("import input.args as n\na := n.b", "package args\nb := data.procura.a"),
        ("import data.other as n\na := n.x", "package other\nb := data.procura.a\nx := 1"),
        ("a := input.procura.a", "package other\nb := data.procura.a"),
    ];
    for (rules, other) in table {
        let mut all = files(&format!("package procura\n{rules}\n{ALLOW}"));
        all.push(file("b.rego", other));
        assert!(PolicySet::compile(&all).is_ok(), "{rules}");
    }
}
