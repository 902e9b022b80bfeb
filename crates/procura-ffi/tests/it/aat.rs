//! The published cases of AAT-02, as requests.

use std::path::PathBuf;
use std::{env, fs, path::Path};

use procura_wire::raw::RawObject;
use serde_json::{Value, json};

use crate::ask::ask;
use crate::host;

/// A case as a request, and what has to come out.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) request: Value,
    verdict: String,
    step: Option<String>,
}

/// A published file, or nothing outside of continuous integration.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let path = env::var_os("PROCURA_VECTORS").map_or_else(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(env::var("CI").as_deref() != Ok("true"), "the vectors `{name}` are missing");
    println!("skipped: the vectors `{name}` are not here");
    None
}

/// All cases, in order.
pub(crate) fn cases() -> Option<Vec<Case>> {
    let suite = fs::read(shared("aat-jws-02/suite.json")?).unwrap();
    let suite: Value = serde_json::from_slice(&suite).unwrap();
    let lines = fs::read_to_string(shared("aat-jws-02/aat-jws-vectors.jsonl")?).unwrap();
    let cases: Vec<Case> = lines.lines().map(|line| case(line, &suite)).collect();
    assert_eq!(cases.len(), 80);
    Some(cases)
}

fn case(line: &str, suite: &Value) -> Case {
    // The arguments are taken as they were written; the rest has no such numbers.
    let raw = RawObject::parse(line).unwrap();
    let case: Value = serde_json::from_str(line).unwrap();
    let anchor =
        |anchor: &Value| json!({"iss": anchor["iss"], "jwk": anchor["jwk"], "vouches": "anybody"});
    let anchors = suite["trust_anchors"].as_array().unwrap().iter().map(anchor);
    let required = |name: &str| {
        if case["policy"][name] == true { "required" } else { "optional" }
    };
    let mut rules = json!({
        "anchors": anchors.collect::<Vec<_>>(),
        "audience": suite["params"]["audience"],
        "max_lifetime": suite["params"]["max_token_lifetime"],
        "chain_audience": required("require_chain_aud"),
        "proof_audience": required("require_pop_aud"),
        "names": "optional",
        "evidence": "optional",
        "now": case["now"],
    });
    if let Some(nonce) = case["policy"].get("nonce") {
        rules["nonce"] = nonce.clone();
    }
    let request = json!({
        "op": "verify",
        "presentation": {"aat_chain": case["aat_chain"], "aat_pop": case["aat_pop"]},
        "tool": case["tool"],
        "arguments": raw.get("args").unwrap(),
        "rules": rules,
    });
    let text = |value: &Value| value.as_str().map(String::from);
    Case {
        id: text(&case["id"]).unwrap(),
        request,
        verdict: text(&case["expected"]["verdict"]).unwrap(),
        step: text(&case["expected"]["step"]),
    }
}

impl Case {
    /// Checks that `answer` is the verdict and the step of the case.
    pub(crate) fn check(&self, answer: &Value) {
        let verdict = if answer.get("ok").is_some() { "PERMIT" } else { "DENY" };
        let step = answer["error"]["step"].as_str().map(String::from);
        assert_eq!((verdict, &step), (self.verdict.as_str(), &self.step), "{}: {answer}", self.id);
    }
}

#[test]
fn every_published_case_gets_its_verdict_and_its_step() {
    for case in cases().unwrap_or_default() {
        case.check(&ask(&case.request));
    }
}

#[test]
fn every_published_case_gets_the_same_answer_with_the_hosts_arithmetic() {
    for case in cases().unwrap_or_default() {
        let (answer, _) = host::loops(&case.request, host::right);
        assert_eq!(answer, ask(&case.request), "{}", case.id);
    }
}
