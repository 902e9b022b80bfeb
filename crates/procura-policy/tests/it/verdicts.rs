//! What the rules may answer, and how it is read.

use procura_policy::{
    ApprovalRule, DEFAULT_REGO, DenyCode, Effect, PolicySet, Query, default_roles,
};

use crate::{ALICE, ALLOW, PLANNER, READ, ask, code, compile, file, files, input, reason, verdict};

#[test]
fn the_default_policy_asks_for_approval_on_production_only() {
    let set = compile(DEFAULT_REGO).unwrap();
    let production = ask(&set, r#"{"environment":"production"}"#);
    assert_eq!(production.rule, "production");
    assert_eq!(
        production.effect,
        Effect::NeedsApproval(ApprovalRule {
            quorum: 1,
            by: Vec::new(),
            reason: "this call changes production".to_owned(),
        })
    );
    for args in [r#"{"environment":"staging"}"#, "{}", r#"{"environment":["production"]}"#, "[]"] {
        let other = ask(&set, args);
        assert_eq!((other.effect, other.rule.as_str()), (Effect::Allow, "default"), "{args}");
    }
}

#[test]
fn an_approval_names_its_quorum_its_people_and_its_reason() {
    let rules = r#"decision := {"effect": "approve", "rule": "two", "reason": "because",
        "approval": {"quorum": 2, "by": ["user:bob", "user:carol"]}}"#;
    let verdict = verdict(rules, "{}");
    assert_eq!(verdict.rule, "two");
    assert_eq!(
        verdict.effect,
        Effect::NeedsApproval(ApprovalRule {
            quorum: 2,
            by: vec!["user:bob".to_owned(), "user:carol".to_owned()],
            reason: "because".to_owned(),
        })
    );
}

#[test]
fn a_denial_carries_the_policys_own_rule_and_reason() {
    let given = verdict(
        r#"decision := {"effect": "deny", "rule": "night", "reason": "come back at nine"}"#,
        "{}",
    );
    assert_eq!((given.rule.as_str(), code(&given)), ("night", Some(DenyCode::Refused)));
    assert_eq!(reason(&given), "come back at nine");
    let bare = verdict(r#"decision := {"effect": "deny", "rule": "night"}"#, "{}");
    assert_eq!(reason(&bare), "the rule `night` refuses the call");
}

#[test]
fn rules_see_the_whole_input() {
    let rules = r#"decision := {"effect": "deny", "rule": "hop", "reason": input.hops[1].client_id} if {
        input.transport == "mcp"
        input.now > 5
        some hop in input.hops
        hop.jti == "j1"
    }"#;
    let set = compile(&format!("package procura\n{rules}")).unwrap();
    let text = format!(
        r#"{{"principal":"{ALICE}","agent":"{PLANNER}","tool":"{READ}","args":{{}},"now":6,"transport":"mcp",
        "jkt":"k","hops":[{{"client_id":"a","jti":"j1"}},{{"client_id":"b","jti":"j2"}}]}}"#
    );
    let verdict = crate::ask_raw(&set, &text);
    assert_eq!(reason(&verdict), "b");
}

#[test]
fn rules_may_be_spread_over_packages_and_functions() {
    let helpers =
        "package helpers.args\nis_large(args) if count(object.keys(args)) > limit\nlimit := 1\n";
    let rego = r#"package procura
import data.helpers.args
import data.helpers.args.limit as most
default decision := {"effect": "allow", "rule": "small"}
decision := {"effect": "deny", "rule": "large", "reason": sprintf("%d keys, %v allowed", [n, most])} if {
    args.is_large(input.args)
    n := count(input.args)
}"#;
    let mut all = files(rego);
    all.push(file("helpers/args.rego", helpers));
    let set = PolicySet::compile(&all).unwrap();
    assert_eq!(ask(&set, r#"{"a":1}"#).rule, "small");
    let large = ask(&set, r#"{"a":1,"b":2}"#);
    assert_eq!((large.rule.as_str(), reason(&large).as_str()), ("large", "2 keys, 1 allowed"));
}

#[test]
fn input_may_be_replaced_and_nothing_else() {
    let rules = r#"is_big if input.args.n > 5
        decision := {"effect": "allow", "rule": "r"} if is_big with input.args.n as 9"#;
    assert_eq!(verdict(rules, r#"{"n":1}"#).effect, Effect::Allow);
    for target in ["data.procura.limit", "count", "time.now_ns", "limit"] {
        let error = crate::compile_error(&format!(
            "limit := 1\ndecision := {{\"effect\": \"allow\", \"rule\": \"r\"}} if limit == 1 with {target} as 9"
        ));
        assert_eq!(error.code(), "policy.builtin_forbidden", "{error}");
        assert!(error.to_string().contains(target), "{error}");
    }
}

#[test]
fn evaluation_is_deterministic_and_leaves_nothing_behind() {
    let set = compile(DEFAULT_REGO).unwrap();
    let first = ask(&set, r#"{"environment":"production"}"#);
    for _ in 0..20 {
        assert_eq!(ask(&set, "{}").effect, Effect::Allow);
        assert_eq!(ask(&set.clone(), r#"{"environment":"production"}"#), first);
    }
}

#[test]
fn a_set_answers_many_threads_at_once() {
    fn is_shared<T: Send + Sync + Clone>(_: &T) {}
    let set = compile(DEFAULT_REGO).unwrap();
    is_shared(&set);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(ask(&set, "{}").effect, Effect::Allow);
                }
            });
        }
    });
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let one = file("a.rego", &format!("package procura\n{ALLOW}"));
    let two = file("b.rego", "package other\nx := 1");
    let roles = file("roles.toml", &default_roles(ALICE));
    let forward = PolicySet::compile(&[one.clone(), two.clone(), roles.clone()]).unwrap();
    let backward = PolicySet::compile(&[roles, two, one]).unwrap();
    assert_eq!(forward.revision(), backward.revision());
    assert_eq!(ask(&forward, "{}"), ask(&backward, "{}"));
}

#[test]
fn a_verdict_carries_the_revision_it_was_made_with() {
    let set = compile(DEFAULT_REGO).unwrap();
    let input = input("{}");
    for principal in [ALICE, "user:eve"] {
        let verdict = set.evaluate(&Query { principal, agent: PLANNER, tool: READ, input: &input });
        assert_eq!(&verdict.revision, set.revision());
    }
}
