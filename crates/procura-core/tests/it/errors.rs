//! What an error repeats of what it refuses: never more than 64 bytes of it.

use std::sync::Arc;

use procura_core::{
    adc, approval,
    detail::{AgentDelegation, Manifest},
    json::{self, Object, Value},
    proof::{Request, verify_call, verify_chain, verify_statement},
    revocation::Notes,
    template::Template,
    token::Token,
    tools::Tools,
};
use procura_testkit::world;

use crate::forge::{claims_of, compact, header_of, resigned};

/// A text that is nowhere else, so that finding a part of it is finding it.
fn hostile() -> String {
    (0..400).map(|at| char::from(b'a' + u8::try_from(at * 7 % 26).unwrap())).collect()
}

/// How many bytes of the hostile text stand together in `said`.
fn repeated(said: &str) -> usize {
    let text = hostile();
    (0..text.len())
        .flat_map(|start| (start + 1..=text.len()).map(move |end| (start, end)))
        .filter(|(start, end)| end - start > 16 && said.contains(&text[*start..*end]))
        .map(|(start, end)| end - start)
        .max()
        .unwrap_or(0)
}

/// The error says something, and little of what it is about.
fn check(said: &str) {
    assert!(!said.is_empty());
    assert!(repeated(said) <= 64, "{said}");
    assert!(said.len() <= 400, "{said}");
}

fn chain() -> Vec<String> {
    world::chain("alice > planner > coder", r#"{"read":{"path":{"constraint_type":"wildcard"}}}"#)
}

/// Verifies the two tokens, then a call, and checks whatever is said.
fn refuse(tokens: &[&str]) {
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    match verify_chain(tokens, &rules) {
        Err(refusal) => check(&refusal.to_string()),
        Ok(chain) => {
            let chain = Arc::new(chain);
            let arguments = Object::new().with(&hostile(), "x");
            let proof = world::proof(tokens[1], "coder", &hostile(), &arguments);
            let request = Request { tool: hostile(), arguments };
            check(&verify_call(&chain, &proof, request, &rules).unwrap_err().to_string());
        }
    }
}

#[test]
fn a_claim_that_is_refused_is_not_repeated() {
    let tokens = chain();
    let names: Vec<String> = claims_of(&tokens[1]).iter().map(|(name, _)| name.into()).collect();
    for name in names {
        for value in [
            Value::from(hostile()),
            vec![hostile()].into(),
            Object::new().with(&hostile(), 1_u32).into(),
        ] {
            let child = resigned(&tokens[1], "planner", |claims| {
                claims.set(&name, value.clone());
            });
            refuse(&[&tokens[0], &child]);
            let root = resigned(&tokens[0], "alice", |claims| {
                claims.set(&name, value.clone());
            });
            refuse(&[&root, &tokens[1]]);
        }
    }
    for member in ["alg", "typ", "kid", "crit", "dpv"] {
        let mut header = json::parse_object(header_of(&tokens[1]).as_bytes()).unwrap();
        header.set(member, hostile());
        let payload = claims_of(&tokens[1]).to_canonical().unwrap();
        refuse(&[&tokens[0], &compact(&header.to_canonical().unwrap(), &payload, "planner")]);
    }
}

#[test]
fn a_tool_an_argument_and_a_rule_that_are_refused_are_cut_short() {
    let long = hostile();
    let tool = &long[..200];
    for tools in [
        format!(r#"{{"{tool}":{{"{long}":{{"constraint_type":"{long}"}}}}}}"#),
        format!(r#"{{"{tool}":{{"{long}":{{"constraint_type":"exact","value":1,"{long}":1}}}}}}"#),
        format!(r#"{{"{tool}":{{"{long}":{{"constraint_type":"range","min":"{long}"}}}}}}"#),
        format!(r#"{{"{tool}":{{"{long}":1}}}}"#),
        format!(r#"{{"{long}":{{}}}}"#),
        format!(r#"{{"{tool}":[]}}"#),
    ] {
        let value = Value::from(world::object(&tools));
        check(&Tools::parse(&value).unwrap_err().to_string());
    }
    let held = |text: String| Tools::parse(&Value::from(world::object(&text))).unwrap();
    let wide = format!(r#"{{"{tool}":{{"{long}":{{"constraint_type":"wildcard"}}}}}}"#);
    let narrow = format!(r#"{{"{tool}":{{"{long}":{{"constraint_type":"exact","value":"x"}}}}}}"#);
    let other = format!(r#"{{"{tool}":{{"b":{{"constraint_type":"wildcard"}}}}}}"#);
    let (wide, narrow, other) = (held(wide), held(narrow), held(other));
    check(&wide.check_within(&narrow).unwrap_err().to_string());
    check(&wide.check_within(&other).unwrap_err().to_string());
    check(&other.check_within(&wide).unwrap_err().to_string());
    check(&wide.check_within(&Tools::default()).unwrap_err().to_string());
    check(&narrow.check_call(tool, &Object::new()).unwrap_err().to_string());
    check(&narrow.check_call(tool, &Object::new().with(&long, "y")).unwrap_err().to_string());
    check(&narrow.check_call(&long, &Object::new()).unwrap_err().to_string());
    check(&wide.check_complete(&narrow, &Tools::default()).unwrap_err().to_string());
}

#[test]
fn scopes_ceilings_and_manifests_that_are_refused_are_cut_short() {
    let long = hostile();
    let key = &long[..200];
    let detail = |scope: &str, ceiling: &str| {
        let text = format!(
            r#"{{"type":"agent_delegation","scopes":["{scope}"],"constraints":[{ceiling}]}}"#
        );
        AgentDelegation::parse(&world::object(&text))
    };
    let max = |value: u32| format!(r#"{{"key":"{key}","max":{value}}}"#);
    check(&detail(&long, "").unwrap_err().to_string());
    check(&detail("a.b", &format!(r#"{{"key":"{long}","max":1}}"#)).unwrap_err().to_string());
    check(&detail("a.b", &format!(r#"{{"key":"k","{long}":1}}"#)).unwrap_err().to_string());
    let (wide, narrow) = (detail(key, &max(2)).unwrap(), detail("a.b", &max(1)).unwrap());
    check(&wide.check_within(&narrow).unwrap_err().to_string());
    check(&detail("a.b", &max(2)).unwrap().check_within(&narrow).unwrap_err().to_string());
    check(&detail("a.b", "").unwrap().check_within(&narrow).unwrap_err().to_string());
    let manifest = Object::new().with(&long, 1_u32);
    check(&Manifest::parse(&manifest).unwrap_err().to_string());
    let text = r#"{"name":"t","about":"a","tools":{}}"#;
    let given = [(long.clone(), long.clone())];
    check(&Template::parse(text).unwrap().expand(&given).unwrap_err().to_string());
    let text = format!(
        r#"{{"name":"t","about":"a","tools":{{}},"parameters":{{"{long}":{{"about":"a"}}}}}}"#
    );
    check(&Template::parse(&text).unwrap().expand(&[]).unwrap_err().to_string());
    let given = [(long.clone(), "a b".to_owned())];
    let text = text.replacen(r#""tools":{}"#, &format!(r#""tools":{{"{{{long}}}":{{}}}}"#), 1);
    check(&Template::parse(&text).unwrap().expand(&given).unwrap_err().to_string());
}

#[test]
fn texts_of_every_other_kind_that_are_refused_are_not_repeated() {
    let long = hostile();
    let payload = format!(r#"{{"{long}":"{long}","iss":"{long}","sub":"{long}","jti":"{long}"}}"#);
    let directory = world::directory(&["alice"], &["planner"]);
    for typ in ["aat+jwt", "at+jwt", "aat-approval+jwt", "aat-revocation+jwt", &long] {
        let header = format!(r#"{{"alg":"Ed25519","typ":"{typ}"}}"#);
        let text = compact(&header, &payload, "alice");
        let key = world::public_key("alice");
        check(&Token::read(&text).unwrap_err().to_string());
        check(&adc::read(&[&text]).unwrap_err().to_string());
        check(&Notes::default().add(&text).unwrap_err().to_string());
        check(&verify_statement(&text, "other", &key).unwrap_err().to_string());
        let digest = procura_core::hash::Digest::of(b"");
        check(&approval::verify(&text, &digest, &directory, world::NOW).unwrap_err().to_string());
    }
    check(&Template::parse(&payload).unwrap_err().to_string());
    check(&Template::parse(&long).unwrap_err().to_string());
    check(&json::parse(long.as_bytes()).unwrap_err().to_string());
}
