//! The model's second detail is compared with the published chains.

use std::fs;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::{ask, start};
use crate::conform::shared;

/// Files whose verdict is about the detail, and what the model has to say to
/// one pair of their tokens. In all others every pair is narrower.
const VERDICTS: &[(&str, &str)] = &[
    ("reject_constraint_extra_member", "malformed"),
    ("reject_cross_type_lifetime_for_max", "no"),
    ("reject_detail_extra_member", "malformed"),
    ("reject_duplicate_key_type", "malformed"),
    ("reject_max_lifetime_widened", "no"),
    ("reject_max_subtree_widened", "no"),
    ("reject_mixed_case_wildcard", "malformed"),
    ("reject_newline_scope", "malformed"),
    ("reject_opaque_case_folded", "no"),
    ("reject_opaque_over_wildcard", "no"),
    ("reject_rank_order_mismatch", "no"),
    ("reject_rank_outside_order", "malformed"),
    ("reject_rank_without_order", "malformed"),
    ("reject_unknown_detail_type", "malformed"),
    ("reject_wildcard_over_opaque", "no"),
];

/// The first detail of each token of a chain.
fn details(chain: &Value) -> Vec<Value> {
    let tokens = chain["tokens"].as_array().unwrap().iter();
    let claims = tokens.map(|token| {
        let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
        let payload = Base64UrlUnpadded::decode_vec(payload).unwrap();
        serde_json::from_slice::<Value>(&payload).unwrap()
    });
    claims.map(|claims| claims["authorization_details"][0].clone()).collect()
}

/// Each token within the one above, and the root within itself.
fn questions(details: &[Value]) -> Vec<String> {
    let parents = details.first().into_iter().chain(details);
    let pairs = details.iter().zip(parents);
    pairs
        .map(|(child, parent)| {
            json!({"op": "detail_within", "child": child, "parent": parent}).to_string()
        })
        .collect()
}

#[test]
fn the_model_judges_the_details_of_the_published_chains_as_they_say() {
    let Some(set) = shared("agent-delegation-chain/draft02") else { return };
    let mut chains = Vec::new();
    for entry in fs::read_dir(set).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let chain: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        chains.push((name, questions(&details(&chain))));
    }
    assert_eq!(chains.len(), 35);
    let all: Vec<String> = chains.iter().flat_map(|(_, questions)| questions.clone()).collect();
    let Some(answers) = ask(&all) else { return };
    let mut answers = answers.into_iter();
    for (name, questions) in chains {
        let expected = VERDICTS.iter().find(|(file, _)| *file == name);
        let expected = expected.map_or("yes", |(_, verdict)| verdict);
        let mut own: Vec<_> = answers.by_ref().take(questions.len()).collect();
        own.retain(|answer| answer != "yes");
        assert_eq!(own.first().and_then(Value::as_str).unwrap_or("yes"), expected, "{name}");
    }
}

#[test]
fn the_self_test_of_the_model_passes_and_fails_with_a_mistake() {
    let Some(mut sound) = start(&["--self-test"], &[]) else { return };
    assert!(sound.text().ends_with(" 0 wrong\n"));
    let Some(mut broken) = start(&["--self-test", "--broken", "text-prefix"], &[]) else { return };
    assert_eq!(broken.python.wait().unwrap().code(), Some(1));
}
