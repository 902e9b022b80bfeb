//! What most cases share: Alice gives to the planner, and the planner to the coder.

use procura_core::{
    json::{Object, Value},
    token::to_jwk,
};

use crate::{vectors::forge, world};

/// What is held along the usual chain.
pub(super) const HELD: &str =
    r#"{"list":{},"read":{"path":{"constraint_type":"path_containment","root":"/src"}}}"#;

/// A digest of nothing that occurs in a case.
pub(super) const OTHER_DIGEST: &str = "BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g";

/// The usual chain of two tokens.
pub(super) fn chain() -> Vec<String> {
    world::chain("alice > planner > coder", HELD)
}

/// The anchors of these people, each for themselves, as a case shows them.
pub(super) fn anchors(people: &[&str]) -> Vec<Object> {
    let anchor = |name: &&str| {
        Object::new()
            .with("issuer", world::issuer(name))
            .with("jwk", to_jwk(&world::public_key(name)))
            .with("principal", world::principal(name))
    };
    people.iter().map(anchor).collect()
}

/// What the usual enforcement point asks.
pub(super) fn rules() -> Object {
    Object::new()
        .with("anchors", anchors(&["alice"]))
        .with("audience", world::AUDIENCE)
        .with("now", world::NOW.as_seconds())
}

/// The input of `chain`.
pub(super) fn chain_input(tokens: &[impl AsRef<str>]) -> Object {
    let tokens: Vec<&str> = tokens.iter().map(AsRef::as_ref).collect();
    Object::new().with("chain", tokens).with("rules", rules())
}

/// An input with one of its rules changed.
pub(super) fn with_rule(mut input: Object, name: &str, value: impl Into<Value>) -> Object {
    let mut rules = input.get("rules").and_then(Value::as_object).cloned().unwrap_or_default();
    rules.set(name, value);
    input.set("rules", rules);
    input
}

/// The input of `chain` for the usual root, changed and signed again.
pub(super) fn root_input(change: impl FnOnce(&mut Object)) -> Object {
    let root = world::root("alice", &world::grant("planner", HELD));
    chain_input(&[forge::resigned(&root, "alice", change)])
}

/// The input of `chain` for the usual child, changed and signed again, under its parent.
pub(super) fn child_input(change: impl FnOnce(&mut Object)) -> Object {
    let tokens = chain();
    let [root, child] = tokens.as_slice() else {
        panic!("the usual chain has two tokens");
    };
    chain_input(&[root.clone(), forge::resigned(child, "planner", change)])
}

/// The tokens of the usual chain.
pub(super) fn pair() -> (String, String) {
    let tokens = chain();
    match <[String; 2]>::try_from(tokens) {
        Ok([root, child]) => (root, child),
        Err(_) => panic!("the usual chain has two tokens"),
    }
}

/// The input of `call`: the coder's, under the usual chain.
pub(super) fn call_input(tokens: &[String], proof: &str, tool: &str, arguments: &str) -> Object {
    chain_input(tokens).with("proof", proof).with("tool", tool).with("arguments", arguments)
}

/// The coder's proof of a call under the usual chain.
pub(super) fn proof(tool: &str, arguments: &str) -> String {
    world::proof(&pair().1, "coder", tool, &world::object(arguments))
}
