//! The rows POL-01 to POL-06 of the attack table, each with a twin that passes.

use procura_policy::{DenyCode, Effect, PolicyError, PolicySet};

use crate::{
    ALLOW, ask, ask_raw, code, compile, compile_error, file, files, input, reason, verdict,
};

#[test]
fn pol_01_an_undefined_decision_denies() {
    let table = [
        "package procurra\ndecision := {\"effect\": \"allow\", \"rule\": \"r\"}",
        "package procura.v1\ndecision := {\"effect\": \"allow\", \"rule\": \"r\"}",
        "package procura\ndecison := {\"effect\": \"allow\", \"rule\": \"r\"}",
        "package procura\nallow := true",
        "package procura",
        "package procura\ndecision := {\"effect\": \"allow\", \"rule\": \"r\"} if input.args.missing",
        "package procura\ndecision := {\"effect\": \"allow\", \"rule\": input.args.missing}",
    ];
    for rego in table {
        let verdict = ask(&compile(rego).unwrap(), "{}");
        assert_eq!(code(&verdict), Some(DenyCode::Undefined), "{rego}: {verdict:?}");
        assert_eq!(verdict.rule, "engine");
    }
    assert_eq!(verdict(ALLOW, "{}").effect, Effect::Allow);
}

#[test]
fn pol_01_an_empty_set_does_not_compile() {
    assert_eq!(PolicySet::compile(&[]).unwrap_err(), PolicyError::NoRego);
    assert!(matches!(compile("").unwrap_err(), PolicyError::Rego { .. }));
    compile("package procura").unwrap();
}

#[test]
fn pol_02_an_evaluation_error_denies_and_the_process_survives() {
    let table = [
        // Conflicting complete rules, which must not vanish.
        r#"decision := {"effect": "allow", "rule": "a"}
           decision := {"effect": "allow", "rule": "b"}"#,
        r#"f(x) := 1 if x.n > 0
           f(x) := 2 if x.n > 1
           decision := {"effect": "allow", "rule": "r"} if f(input.args) == 1"#,
        r#"decision := {"effect": "allow", "rule": "r"} if 1 / (input.args.n - 5) < 1"#,
        r#"decision := {"effect": "allow", "rule": "r"} if not 1 / (input.args.n - 5) == 1"#,
        r#"decision := {"effect": "allow", "rule": "r"} if count(input.args.n) > 0"#,
        r#"decision := {"effect": "allow", "rule": "r"} if not count(input.args.n) > 0"#,
        r#"decision := {"effect": "allow", "rule": "r"} if regex.match(input.args.re, "x")"#,
        r#"decision := {"effect": "allow", "rule": "r"} if not regex.match(input.args.re, "x")"#,
    ];
    for rules in table {
        let verdict = verdict(rules, r#"{"n": 5, "re": "secret-canary(["}"#);
        assert_eq!(code(&verdict), Some(DenyCode::Error), "{rules}: {verdict:?}");
        assert!(reason(&verdict).contains("a.rego:"), "{verdict:?}");
        assert!(!reason(&verdict).contains("canary"), "{verdict:?}");
    }
    let twin = r#"decision := {"effect": "allow", "rule": "r"} if 10 / input.args.n == 2"#;
    assert_eq!(verdict(twin, r#"{"n": 5}"#).effect, Effect::Allow);
}

#[test]
fn pol_03_a_truthy_answer_is_not_an_answer() {
    let table = [
        "\"true\"",
        "true",
        "false",
        "null",
        "1",
        "{}",
        "[]",
        "set()",
        "[\"allow\"]",
        r#"{"allow": "yes"}"#,
        r#"{"allow": true}"#,
        r#"{"effect": "allow"}"#,
        r#"{"rule": "r"}"#,
        r#"{"effect": "allow", "rule": ""}"#,
        r#"{"effect": "allow", "rule": 1}"#,
        r#"{"effect": "Allow", "rule": "r"}"#,
        r#"{"effect": "allow ", "rule": "r"}"#,
        r#"{"effect": true, "rule": "r"}"#,
        r#"{"effect": ["allow"], "rule": "r"}"#,
        r#"{"effect": "allow", "rule": "r", "reason": 5}"#,
        r#"{"effect": "allow", "rule": "r", "note": "x"}"#,
        r#"{"effect": "allow", "rule": "r", 5: "x"}"#,
        r#"{"effect": "allow", "rule": "r", "approval": {"quorum": 1}}"#,
        r#"{"effect": "deny", "rule": "r", "approval": {"quorum": 1}}"#,
        r#"{"effect": "approve", "rule": "r"}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": null}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 0}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": -1}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 1.5}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 256}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": "1"}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 1, "by": []}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 1, "by": "user:bob"}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 1, "by": [""]}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 1, "by": [1]}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 2, "by": ["a", "a"]}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 2, "by": ["a"]}}"#,
        r#"{"effect": "approve", "rule": "r", "approval": {"quorum": 1, "to": "x"}}"#,
    ];
    for value in table {
        let verdict = verdict(&format!("decision := {value}"), "{}");
        assert_eq!(code(&verdict), Some(DenyCode::ResultType), "{value}: {verdict:?}");
    }
    let long = format!(r#"decision := {{"effect": "allow", "rule": "{}"}}"#, "r".repeat(257));
    assert_eq!(code(&verdict(&long, "{}")), Some(DenyCode::ResultType));
    assert_eq!(verdict(ALLOW, "{}").effect, Effect::Allow);
    let by_set = r#"decision := {"effect": "approve", "rule": "r", "approval": {"quorum": 1, "by": {"a", "b"}}}"#;
    assert_eq!(code(&verdict(by_set, "{}")), None);
}

#[test]
fn pol_04_an_input_that_is_not_whole_is_never_evaluated() {
    let set = compile(&format!("package procura\n{ALLOW}")).unwrap();
    let whole = input("{}");
    let padded = |size: usize| input(&format!("\"{}\"", "x".repeat(size)));
    let deep = |levels: usize| input(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
    let table = [
        String::new(),
        " ".to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        whole.trim_end_matches('}').to_owned(),
        format!("{whole}{whole}"),
        format!("{whole}x"),
        padded(PolicySet::MAX_INPUT_BYTES),
        deep(64),
        deep(100_000),
        input("1e400"),
        input(r#"{"a": NaN}"#),
        input("\"\u{1}\""),
    ];
    for text in table {
        let verdict = ask_raw(&set, &text);
        let shown: String = text.chars().take(80).collect();
        assert_eq!(code(&verdict), Some(DenyCode::InputIncomplete), "{shown}: {verdict:?}");
        assert_eq!(verdict.rule, "input");
    }
    for text in [whole.clone(), padded(PolicySet::MAX_INPUT_BYTES - whole.len()), deep(63)] {
        assert_eq!(ask_raw(&set, &text).effect, Effect::Allow);
    }
}

#[test]
fn pol_05_what_takes_too_long_is_denied() {
    let list = format!("[{}]", vec!["1"; 10_000].join(","));
    let rules = [
        "count([1 | some x in input.args.xs; some y in input.args.xs]) > 0",
        "every x in input.args.xs { every y in input.args.xs { x == y } }",
        "input.args.xs[i] + input.args.xs[j] + input.args.xs[k] == 4",
    ];
    for rule in rules {
        let rules = format!(r#"decision := {{"effect": "allow", "rule": "r"}} if {rule}"#);
        let verdict = verdict(&rules, &format!(r#"{{"xs": {list}}}"#));
        assert_eq!(code(&verdict), Some(DenyCode::Budget), "{rule}: {verdict:?}");
    }
    let twin =
        r#"decision := {"effect": "allow", "rule": "r"} if every x in input.args.xs { x == 1 }"#;
    assert_eq!(verdict(twin, r#"{"xs": [1, 1]}"#).effect, Effect::Allow);
}

#[test]
fn pol_05_a_value_that_doubles_is_stopped_before_it_fills_the_memory() {
    type Step = fn(usize) -> String;
    let steps: [(&str, Step); 3] = [
        ("\"x\"", |n| format!("concat(\"\", [s{n}, s{n}])")),
        ("[1]", |n| format!("array.concat(s{n}, s{n})")),
        ("999999999999", |n| format!("s{n} * s{n}")),
    ];
    for (first, step) in steps {
        let doubled: String = (0..48).map(|n| format!("s{} := {}\n", n + 1, step(n))).collect();
        let rules = format!(
            r#"s0 := {first}
            {doubled}
            decision := {{"effect": "allow", "rule": "r"}} if s48 != 0"#
        );
        let verdict = verdict(&rules, "{}");
        assert_eq!(code(&verdict), Some(DenyCode::Budget), "{first}: {verdict:?}");
    }
}

#[test]
fn pol_05_an_exponential_expression_is_linear_here() {
    let rules = r#"decision := {"effect": "allow", "rule": "r"} if regex.match(`^(a*)*(a*)*b$`, input.args.s)"#;
    let verdict = verdict(rules, &format!(r#"{{"s": "{}"}}"#, "a".repeat(10_000)));
    assert_eq!(code(&verdict), Some(DenyCode::Undefined));
}

#[test]
fn pol_05_an_expression_that_compiles_to_too_much_is_denied() {
    let rules =
        r#"decision := {"effect": "allow", "rule": "r"} if regex.match(input.args.re, "a")"#;
    let set = compile(&format!("package procura\n{rules}")).unwrap();
    let large = ask(&set, r#"{"re": "((a{100}){100}){100}"}"#);
    assert_eq!(code(&large), Some(DenyCode::Budget), "{large:?}");
    assert_eq!(ask(&set, r#"{"re": "a{1}"}"#).effect, Effect::Allow);
}

#[test]
fn pol_06_a_policy_cannot_reach_out() {
    let table = [
        ("http.send({\"url\": \"http://x\"})", "http.send"),
        ("http[\"send\"]({\"url\": \"http://x\"})", "http.send"),
        ("net.lookup_ip_addr(\"x\")", "net.lookup_ip_addr"),
        ("net.cidr_expand(\"10.0.0.0/8\")", "net.cidr_expand"),
        ("opa.runtime()", "opa.runtime"),
        ("rand.intn(\"x\", 5)", "rand.intn"),
        ("time.now_ns()", "time.now_ns"),
        ("uuid.rfc4122(\"x\")", "uuid.rfc4122"),
        ("trace(\"x\")", "trace"),
        ("print(\"x\")", "print"),
        ("io.jwt.decode(\"x\")", "io.jwt.decode"),
        ("rego.parse_module(\"x\", \"y\")", "rego.parse_module"),
        ("numbers.range(1, 50000000)", "numbers.range"),
        ("bits.lsh(1, 9999999999)", "bits.lsh"),
        ("json.unmarshal(input.args.s)", "json.unmarshal"),
        ("to_number(input.args.s)", "to_number"),
        ("file.read(\"/etc/passwd\")", "file.read"),
        ("data.missing.f(1)", "data.missing.f"),
        ("input.f(1)", "input.f"),
        ("sprintf(\"%999999999d\", [1])", "sprintf"),
        ("sprintf(input.args.s, [1])", "sprintf"),
        ("sprintf(\"%²d\", [1])", "sprintf"),
        ("sprintf(\"%d%1000d\", [1, 1])", "sprintf"),
        ("sprintf(`%d%.999d`, [1, 1])", "sprintf"),
    ];
    for (call, name) in table {
        for rule in [
            format!("decision := {{\"effect\": \"allow\", \"rule\": {call}}}"),
            format!("x if {{ every y in [z | z := {call}] {{ y }} }}\n{ALLOW}"),
            format!("default f(x) := 1\nf(x) := 2 if not {call}\n{ALLOW}"),
            format!("a[b].c contains {call} if {{ b := 1 }}\n{ALLOW}"),
            format!("a := 1 if {{ 1 == 2 }} else := {{\"k\": {{{call}}}}}\n{ALLOW}"),
            format!("a if 1 == 1 with input as {call}\n{ALLOW}"),
        ] {
            let error = compile_error(&rule);
            assert_eq!(error.code(), "policy.builtin_forbidden", "{rule}: {error}");
            assert!(error.to_string().contains(name), "{error} lacks {name}");
            assert!(error.to_string().contains("`a.rego`"), "{error}");
        }
    }
    for call in
        ["sprintf(\"%s %5d %%\", [lower(\"X\"), count([1])])", "sprintf(`%999d%.99f`, [1, 2])"]
    {
        compile(&format!("package procura\n{ALLOW}\nx := {call}")).unwrap();
    }
}

#[test]
fn pol_06_a_function_of_the_policys_own_cannot_stand_in_for_a_forbidden_one() {
    for (name, call) in
        [("trace", "trace(1)"), ("rand.intn", "rand.intn(1)"), ("print", "print(1)")]
    {
        let error = compile_error(&format!("{name}(x) := x\ny := {call}\n{ALLOW}"));
        assert_eq!(error.code(), "policy.builtin_forbidden", "{error}");
    }
    let mut all =
        files(&format!("package procura\nimport data.mine.rand\nx := rand.intn(1)\n{ALLOW}"));
    all.push(file("b.rego", "package mine.rand\nintn(x) := x"));
    let error = PolicySet::compile(&all).unwrap_err();
    assert_eq!(error.code(), "policy.builtin_forbidden", "{error}");
    compile(&format!("package procura\ntrail(x) := x\ny := trail(1)\n{ALLOW}")).unwrap();
}
