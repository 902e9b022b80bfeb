//! Tests of the policy crate at its boundary.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops at the first surprise"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a thread is the only way to give a test a small stack, or company"
)]

mod attacks;
mod compile;
mod decide;
mod errors;
mod graph;
mod inputs;
mod limits;
mod places;
mod roles;
mod verdicts;

use procura_policy::{
    DenyCode, Effect, PolicyError, PolicySet, Query, SourceFile, Verdict, default_roles,
};

/// The principal, agent and tool of most tests.
const ALICE: &str = "user:alice";
const PLANNER: &str = "spiffe://example.org/agent/planner";
const READ: &str = "mcp:web/read_file";

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.to_owned() }
}

/// Alice may use everything; the rules are in `a.rego`.
fn files(rego: &str) -> Vec<SourceFile> {
    vec![file("roles.toml", &default_roles(ALICE)), file("a.rego", rego)]
}

fn compile(rego: &str) -> Result<PolicySet, PolicyError> {
    PolicySet::compile(&files(rego))
}

/// The error that a policy whose package is `procura` and whose rules are `rules` gives.
fn compile_error(rules: &str) -> PolicyError {
    compile(&format!("package procura\n{rules}\n")).unwrap_err()
}

fn input(args: &str) -> String {
    input_of(ALICE, PLANNER, READ, args)
}

fn input_of(principal: &str, agent: &str, tool: &str, args: &str) -> String {
    format!(
        r#"{{"principal":"{principal}","agent":"{agent}","tool":"{tool}","args":{args},"jkt":"k","hops":[],"now":0,"transport":"mcp"}}"#
    )
}

fn ask_raw(set: &PolicySet, input: &str) -> Verdict {
    set.evaluate(&Query { principal: ALICE, agent: PLANNER, tool: READ, input })
}

fn ask(set: &PolicySet, args: &str) -> Verdict {
    ask_raw(set, &input(args))
}

/// The verdict of `rules` on the arguments `args`.
fn verdict(rules: &str, args: &str) -> Verdict {
    ask(&compile(&format!("package procura\n{rules}\n")).unwrap(), args)
}

fn code(verdict: &Verdict) -> Option<DenyCode> {
    match &verdict.effect {
        Effect::Deny { code, .. } => Some(*code),
        Effect::Allow | Effect::NeedsApproval(_) => None,
    }
}

fn reason(verdict: &Verdict) -> String {
    match &verdict.effect {
        Effect::Deny { reason, .. } => reason.clone(),
        Effect::Allow | Effect::NeedsApproval(_) => String::new(),
    }
}

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

/// What a policy that allows does when `text` is added to it, on a small stack.
fn rules(text: &str) -> Result<Effect, PolicyError> {
    on_a_small_stack(format!("package procura\n{ALLOW}\n{text}\n"))
}

/// An answer that allows, for the twin of a refusal.
const ALLOW: &str = r#"decision := {"effect": "allow", "rule": "r"}"#;
