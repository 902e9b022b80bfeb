//! Who is asked first, and what each kind of denial says.

use procura_policy::{DenyCode, Effect, PolicySet, Query, Verdict};

use crate::{ALICE, ALLOW, PLANNER, READ, ask_raw, compile, file, input, verdict};

/// The verdict on one line: rule, code and reason.
fn told(verdict: &Verdict) -> String {
    let rule = &verdict.rule;
    match &verdict.effect {
        Effect::Allow => format!("{rule}: allow"),
        Effect::Deny { code, reason } => format!("{rule}: {}: {reason}", code.as_str()),
        Effect::NeedsApproval(approval) => {
            let names = approval.by.join(" ");
            format!("{rule}: {} of [{names}]: {}", approval.quorum, approval.reason)
        }
    }
}

#[test]
fn every_denial_says_who_refused_and_why() {
    let undefined = "no rule gives `data.procura.decision` a value for this call";
    let table = [
        (ALLOW, "r: allow".to_owned()),
        (
            r#"decision := {"effect": "deny", "rule": "r", "reason": "no"}"#,
            "r: policy_denied: no".to_owned(),
        ),
        ("x := 1", format!("engine: policy.undefined: {undefined}")),
        ("decision := 1 if input.args.x", format!("engine: policy.undefined: {undefined}")),
        (
            "decision := 1 / (input.now - 0)",
            "engine: policy.error: division by zero at `a.rego:2:15`".to_owned(),
        ),
        (
            "decision := true",
            "engine: policy.result_type: the answer of the policy is not usable: the decision is \
             not an object"
                .to_owned(),
        ),
        (
            "decision := count([1 | input.hops; some x in input.args; some y in input.args])",
            "engine: policy.budget: the rules took more time or space than an evaluation may take"
                .to_owned(),
        ),
    ];
    let args = format!("[{}]", vec!["1"; 10_000].join(","));
    for (rules, expected) in table {
        assert_eq!(told(&verdict(rules, &args)), expected);
    }
}

#[test]
fn every_problem_of_an_input_is_told() {
    let set = compile(&format!("package procura\n{ALLOW}")).unwrap();
    let large = input(&format!("\"{}\"", "x".repeat(PolicySet::MAX_INPUT_BYTES)));
    let deep = input(&format!("{}{}", "[".repeat(64), "]".repeat(64)));
    let table = [
        (large.as_str(), "the input is larger than 262144 bytes"),
        (&deep, "the input is nested deeper than 64"),
        ("[]", "the input is not one JSON object"),
        ("{\"x\":", "the input is not one JSON object"),
        (
            "{\"$serde_json::private::Number\":\"1\"}",
            "the input has a key that the JSON reader reserves for itself",
        ),
        ("{}", "the input has no `principal`"),
        (
            "{\"principal\":\"user:bob\"}",
            "`principal` in the input is not the one that was asked about",
        ),
    ];
    for (text, reason) in table {
        let expected = format!("input: policy.input_incomplete: {reason}");
        assert_eq!(told(&ask_raw(&set, text)), expected);
    }
}

#[test]
fn the_roles_are_asked_before_the_input_and_the_input_before_the_rules() {
    let rules = "package procura\ndecision := 1";
    let roles = format!(
        "[roles.r]\npermissions = [\"{READ}\"]\n[[assignments]]\nprincipal = \"{ALICE}\"\n\
         roles = [\"r\"]\n"
    );
    let files = [file("a.rego", rules), file("roles.toml", &roles)];
    let set = PolicySet::compile(&files).unwrap();
    let ask = |principal: &str, tool: &str, input: &str| {
        told(&set.evaluate(&Query { principal, agent: PLANNER, tool, input }))
    };
    let no_role = "roles: policy.no_role: no role of `user:bob` permits `mcp:web/read_file`";
    assert_eq!(ask("user:bob", READ, "not JSON"), no_role);
    let no_tool = "roles: policy.no_role: no role of `user:alice` permits `mcp:web/write`";
    assert_eq!(ask(ALICE, "mcp:web/write", "not JSON"), no_tool);
    assert!(ask(ALICE, READ, "not JSON").starts_with("input: policy.input_incomplete: "));
    assert!(ask(ALICE, READ, &input("{}")).starts_with("engine: policy.result_type: "));
}

#[test]
fn every_code_is_its_own_and_stays() {
    let table = [
        (DenyCode::NoRole, "policy.no_role"),
        (DenyCode::Refused, "policy_denied"),
        (DenyCode::Undefined, "policy.undefined"),
        (DenyCode::Error, "policy.error"),
        (DenyCode::ResultType, "policy.result_type"),
        (DenyCode::Budget, "policy.budget"),
        (DenyCode::InputIncomplete, "policy.input_incomplete"),
    ];
    for (code, text) in table {
        assert_eq!(code.as_str(), text);
    }
}

#[test]
fn what_is_wrong_with_an_answer_is_told() {
    let people = |count: usize| {
        let names: Vec<String> = (0..count).map(|n| format!("\"u{n}\"")).collect();
        format!(
            r#"{{"effect": "approve", "rule": "r", "approval": {{"quorum": 1, "by": [{}]}}}}"#,
            names.join(",")
        )
    };
    let approve =
        |approval: &str| format!(r#"{{"effect": "approve", "rule": "r", "approval": {approval}}}"#);
    let table = [
        (r#"{"effect": "allow"}"#.to_owned(), "`rule` is missing"),
        (r#"{"rule": "r"}"#.to_owned(), "`effect` is missing"),
        (r#"{"rule": "r", "a": 1}"#.to_owned(), "the decision has a field that does not exist"),
        (r#"{"effect": 1, "rule": "r"}"#.to_owned(), "`effect` is not text"),
        (
            r#"{"effect": "maybe", "rule": "r"}"#.to_owned(),
            "`effect` is not `allow`, `deny` or `approve`",
        ),
        (r#"{"effect": "approve", "rule": "r"}"#.to_owned(), "`approve` needs an `approval`"),
        (
            r#"{"effect": "deny", "rule": "r", "approval": {}}"#.to_owned(),
            "only `approve` may have an `approval`",
        ),
        (
            r#"{"effect": "allow", "rule": "r", "approval": {"quorum": 1}}"#.to_owned(),
            "only `approve` may have an `approval`",
        ),
        (approve("1"), "`approval` is not an object"),
        (approve(r#"{"quorum": 1, "for": 1}"#), "`approval` has a field that does not exist"),
        (approve(r#"{"quorum": 0}"#), "`quorum` is not a whole number from 1 to 255"),
        (
            approve(r#"{"quorum": 3, "by": ["a", "b"]}"#),
            "`by` names fewer people than `quorum` asks for",
        ),
        (people(65), "`by` is not a list of different names"),
        (
            approve(&format!(r#"{{"quorum": 1, "by": ["{}"]}}"#, "n".repeat(257))),
            "`by` is not a list of different names",
        ),
    ];
    for (answer, problem) in table {
        let expected = format!(
            "engine: policy.result_type: the answer of the policy is not usable: {problem}"
        );
        assert_eq!(told(&verdict(&format!("decision := {answer}"), "{}")), expected);
    }
    let fits = told(&verdict(&format!("decision := {}", people(64)), "{}"));
    assert!(fits.starts_with("r: 1 of [u0 u1 "), "{fits}");
}

#[test]
fn a_name_and_a_reason_have_limits() {
    let rules =
        r#"decision := {"effect": "deny", "rule": input.args.rule, "reason": input.args.reason}"#;
    let set = compile(&format!("package procura\n{rules}")).unwrap();
    let usable = |rule: usize, reason: usize| {
        let (rule, reason) = ("r".repeat(rule), "x".repeat(reason));
        let text = input(&format!(r#"{{"rule": "{rule}", "reason": "{reason}"}}"#));
        told(&ask_raw(&set, &text)) == format!("{rule}: policy_denied: {reason}")
    };
    for (rule, reason) in [(1, 1), (256, 1), (1, 1024), (256, 1024)] {
        assert!(usable(rule, reason), "{rule} {reason}");
    }
    for (rule, reason) in [(0, 1), (257, 1), (1, 0), (1, 1025)] {
        assert!(!usable(rule, reason), "{rule} {reason}");
    }
}

#[test]
fn an_approval_that_can_be_filled_is_taken_as_it_is_written() {
    let table = [
        (r#"{"quorum": 1}"#, "r: 1 of []: the rule `r` asks for approval"),
        (r#"{"quorum": 255}"#, "r: 255 of []: the rule `r` asks for approval"),
        (r#"{"quorum": 2, "by": ["b", "a"]}"#, "r: 2 of [b a]: the rule `r` asks for approval"),
        (r#"{"quorum": 2, "by": {"b", "a"}}"#, "r: 2 of [a b]: the rule `r` asks for approval"),
        (r#"{"quorum": 1, "by": ["b", "a"]}"#, "r: 1 of [b a]: the rule `r` asks for approval"),
    ];
    for (approval, expected) in table {
        let rules =
            format!(r#"decision := {{"effect": "approve", "rule": "r", "approval": {approval}}}"#);
        assert_eq!(told(&verdict(&rules, "{}")), expected);
    }
}
