//! One decision, policy included, against the policy engine alone.

use std::sync::Arc;

use procura_core::decide::{self, Accounts, ApprovalFact, Decision, Facts, Freshness};
use procura_core::json::Object;
use procura_core::proof::{Call, Request, Verified, verify_call, verify_chain};
use procura_policy::{PolicySet, Query, SourceFile};
use procura_testkit::world;

use crate::measure::{Row, compare};

const TOOL: &str = "mcp:web/deploy";
const HELD: &str = r#"{"mcp:web/deploy":{}}"#;
const ROUNDS: usize = 400;

/// `decide`: verdict and decision. Floor: the same rules in the bare engine.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let call = call()?;
    let directory = world::directory(&["alice"], &["planner"]);
    let policy = PolicySet::compile(&[
        SourceFile { name: "roles.toml".into(), text: procura_policy::default_roles("user:alice") },
        SourceFile { name: "rules.rego".into(), text: rules() },
    ])?;
    let agent = world::agent_id("planner");
    let input = input(&agent)?;
    let floor = bare(&input)?;
    let row = compare(
        "decide",
        ROUNDS,
        || {
            let verdict = policy.evaluate(&Query {
                principal: "user:alice",
                agent: &agent,
                tool: TOOL,
                input: &input,
            });
            let facts = Facts {
                now: world::NOW,
                directory: &directory,
                freshness: Freshness::Fresh,
                verdict,
                approval: ApprovalFact::NotAsked,
                accounts: Accounts::NotKept,
                statuses: &[],
            };
            match decide::decide(call.clone(), &facts) {
                Decision::Allow(_) => Ok(()),
                Decision::Deny(denial) => anyhow::bail!("denied: {}", denial.refusal()),
            }
        },
        floor,
    )?;
    Ok(vec![row])
}

fn call() -> anyhow::Result<Verified<Call>> {
    let chain = world::chain("alice > planner", HELD);
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let arguments = Object::new().with("environment", "staging");
    let leaf = chain.last().map_or("", String::as_str);
    let proof = world::proof(leaf, "planner", TOOL, &arguments);
    let chain = Arc::new(verify_chain(&tokens, &rules)?);
    Ok(verify_call(&chain, &proof, Request { tool: TOOL.into(), arguments }, &rules)?)
}

/// Thirteen rules: one for each environment that needs a person, and the default.
fn rules() -> String {
    let mut text = String::from(
        "package procura\n\ndefault decision := {\"effect\": \"allow\", \"rule\": \"default\"}\n",
    );
    for number in 1..13 {
        text.push_str(&format!(
            "\ndecision := {{\"effect\": \"deny\", \"rule\": \"environment {number}\", \"reason\": \"closed\"}} if {{\n    input.tool == \"{TOOL}\"\n    input.args.environment == \"closed-{number}\"\n    count(input.hops) > 0\n}}\n"
        ));
    }
    text
}

/// An input of about two kilobytes.
fn input(agent: &str) -> anyhow::Result<String> {
    let hop = |number: u32| {
        Object::new()
            .with("client_id", agent)
            .with("jkt", "aVBtapLd11SUVKIMGJfPzOEDuN0sXcmzJQNVT-_sKEU")
            .with("jti", format!("019471f8-0000-7000-8000-0000000000{number:02}"))
            .with("iss", "urn:ietf:params:oauth:jwk-thumbprint:sha-256:aVBtapLd11SUVKIMGJfPzOEDuN0sXcmzJQNVT-_sKEU")
            .with("iat", 1_704_067_260i64)
            .with("exp", 1_704_069_000i64)
    };
    let hops: Vec<Object> = (0..5).map(hop).collect();
    let input = Object::new()
        .with("principal", "user:alice")
        .with("agent", agent)
        .with("jkt", "aVBtapLd11SUVKIMGJfPzOEDuN0sXcmzJQNVT-_sKEU")
        .with("hops", hops)
        .with("tool", TOOL)
        .with("args", Object::new().with("environment", "staging"))
        .with("now", 1_704_067_500i64)
        .with("transport", "http");
    Ok(input.to_canonical()?)
}

/// The rules compiled by the engine itself, with nothing of ours around it.
fn bare(input: &str) -> anyhow::Result<impl FnMut() -> anyhow::Result<()>> {
    let mut engine = regorus::Engine::new();
    engine.add_policy("rules.rego".into(), rules())?;
    let compiled = engine.compile_with_entrypoint(&"data.procura.decision".into())?;
    let input = input.to_string();
    Ok(move || {
        let input = regorus::Value::from_json_str(&input)?;
        std::hint::black_box(compiled.eval_with_input(input)?);
        Ok(())
    })
}
