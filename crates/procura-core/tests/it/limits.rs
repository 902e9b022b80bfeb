//! What grows has a limit: at the limit it is taken, one more and it is refused.

use std::sync::Arc;

use procura_core::{
    delegate::{self, ProofFor},
    json::{Object, Value},
    limits,
    proof::{Request, verify_call, verify_chain, verify_statement},
    refusal::{Outcome, Refusal},
    time::Seconds,
};
use procura_testkit::world;

use crate::forge::{compact, resigned, set_tools};

fn verify(root: &str) -> Result<(), Refusal> {
    let anchors = world::anchors(&["alice"]);
    verify_chain(&[root], &world::rules(&anchors)).map(|_| ())
}

/// A root whose claims were changed.
fn root(change: impl FnOnce(&mut Object)) -> String {
    let root = world::root("alice", &world::grant("planner", r#"{"read":{}}"#));
    resigned(&root, "alice", change)
}

/// A root that holds tools with these ids.
fn holding(tools: impl Iterator<Item = String>) -> Result<(), Refusal> {
    let mut object = Object::new();
    for tool in tools {
        object.set(&tool, Object::new());
    }
    let detail = Object::new().with("type", "attenuating_agent_token").with("tools", object);
    verify(&root(|claims| {
        claims.set("authorization_details", Value::Array(vec![detail.into()]));
    }))
}

#[test]
fn a_token_names_so_many_tools_with_ids_so_long() {
    let many = |count: usize| holding((0..count).map(|at| format!("tool-{at}")));
    assert_eq!(many(limits::TOOLS), Ok(()));
    let refused = many(limits::TOOLS + 1).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::TooLarge, "3m"));
    let long = |length: usize| holding(std::iter::once("t".repeat(length)));
    assert_eq!(long(limits::TOOL_ID_BYTES), Ok(()));
    let refused = long(limits::TOOL_ID_BYTES + 1).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::TooLarge, "3m"));
    assert!(long(0).is_err());
}

#[test]
fn a_name_is_so_long() {
    let named = |name: &str, length: usize| {
        verify(&root(|claims| {
            claims.set(name, "n".repeat(length));
        }))
    };
    for (name, step) in [("jti", "3j"), ("client_id", "3b")] {
        assert_eq!(named(name, limits::NAME_BYTES), Ok(()), "{name}");
        assert_eq!(named(name, limits::NAME_BYTES + 1).unwrap_err().step, step, "{name}");
        assert!(named(name, 0).is_err(), "{name}");
    }
}

#[test]
fn a_statement_is_so_long() {
    let header = r#"{"alg":"Ed25519","typ":"test+jwt"}"#;
    let key = world::public_key("alice");
    let padded = |spaces: usize| {
        let text = compact(header, &format!("{{}}{}", " ".repeat(spaces)), "alice");
        (text.len(), verify_statement(&text, "test+jwt", &key).map(|_| ()))
    };
    // Three bytes are four characters.
    let (length, verified) = padded(limits::STATEMENT_BYTES / 4 * 3 - 200);
    assert!(length <= limits::STATEMENT_BYTES && verified.is_ok(), "{length}");
    let (length, verified) = padded(limits::STATEMENT_BYTES / 4 * 3);
    assert!(length > limits::STATEMENT_BYTES);
    assert_eq!(verified.unwrap_err().outcome, Outcome::TooLarge);
}

#[test]
fn a_tree_of_the_limit_fits_into_a_token_and_a_deeper_one_is_refused_for_its_depth() {
    let nested = |depth: usize| {
        let tree = format!(
            r#"{{"read":{{"a":{}{{"constraint_type":"wildcard"}}{}}}}}"#,
            r#"{"constraint_type":"any","constraints":["#.repeat(depth - 1),
            "]}".repeat(depth - 1)
        );
        verify(&root(|claims| set_tools(claims, &tree)))
    };
    assert_eq!(nested(limits::CONSTRAINT_DEPTH), Ok(()));
    for depth in [limits::CONSTRAINT_DEPTH + 1, 50] {
        assert_eq!(nested(depth).unwrap_err().step, "3n/4o", "{depth}");
    }
}

/// What becomes of a call of `read` with these arguments, and of its proof.
fn called(arguments: &Object) -> Result<(), Refusal> {
    let leaf = world::root("alice", &world::grant("planner", r#"{"read":{}}"#));
    let proof = ProofFor {
        id: "proof",
        leaf: &leaf,
        tool: "read",
        arguments,
        audience: world::AUDIENCE,
        issued: world::NOW,
    };
    let proof = delegate::prove(&proof, &world::key("planner"))?;
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let chain = Arc::new(verify_chain(&[&leaf], &rules)?);
    let request = Request { tool: "read".into(), arguments: arguments.clone() };
    verify_call(&chain, &proof, request, &rules).map(|_| ())
}

#[test]
fn a_call_has_so_many_values_in_a_proof_so_long() {
    // The arguments and the list are two of them.
    let list = |count| Object::new().with("list", vec![1_u32; count]);
    assert_eq!(called(&list(limits::ARGUMENT_VALUES - 2)), Ok(()));
    let refused = called(&list(limits::ARGUMENT_VALUES - 1)).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::TooLarge, "6b"));
    let texts = |count| Object::new().with("texts", vec!["x".repeat(4_000); count]);
    assert_eq!(called(&texts(48)), Ok(()));
    let refused = called(&texts(50)).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::TooLarge, "7a"));
    // What is longer than a value may be travels as a digest.
    assert_eq!(called(&Object::new().with("text", "x".repeat(900_000))), Ok(()));
}

#[test]
fn a_proof_that_another_made_is_refused_for_its_size_too() {
    let leaf = world::root("alice", &world::grant("planner", r#"{"read":{}}"#));
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let chain = Arc::new(verify_chain(&[&leaf], &rules).unwrap());
    let judged = |proof: &str| {
        let request = Request { tool: "read".into(), arguments: Object::new() };
        verify_call(&chain, proof, request, &rules).map(|_| ()).unwrap_err()
    };
    let header = r#"{"alg":"Ed25519","typ":"aat-pop+jwt"}"#;
    let values = |count: usize| {
        compact(header, &format!("{{\"hta\":[{}]}}", vec!["1"; count].join(",")), "planner")
    };
    let many = judged(&values(limits::ARGUMENT_VALUES + 64));
    assert_eq!((many.outcome, many.step), (Outcome::TooLarge, "7b"));
    assert_ne!(judged(&values(limits::ARGUMENT_VALUES)).outcome, Outcome::TooLarge);
    let long = judged(&"x".repeat(limits::PROOF_BYTES + 1));
    assert_eq!((long.outcome, long.step), (Outcome::TooLarge, "7a"));
    assert_ne!(judged(&"x".repeat(limits::PROOF_BYTES)).outcome, Outcome::TooLarge);
}

/// Others rely on these figures: a limit that moves is another protocol.
#[test]
fn the_limits_are_those_of_the_formats() {
    let kilo = 1024;
    let bytes = [
        (limits::TOKEN_BYTES, 16_384),
        (limits::CHAIN_BYTES, 131_072),
        (limits::TOOL_ID_BYTES, 256),
        (limits::VALUE_BYTES, 4_096),
        (limits::REQUEST_BYTES, 1_048_576),
        (limits::PROOF_BYTES, 262_144),
        (limits::NAME_BYTES, 512),
        (limits::STATEMENT_BYTES, 16_777_216),
        (limits::ENVELOPE_BYTES, 65_536),
        (limits::STATUS_LIST_TOKEN_BYTES, 2_097_152),
        (limits::STATUS_LIST_BYTES, 1_048_576),
        (limits::NOTE_BYTES, 64 * kilo),
        (limits::TEMPLATE_BYTES, 64 * kilo),
        (limits::APPROVAL_BYTES, 16 * kilo),
        (limits::FOREIGN_TOKEN_BYTES, 16 * kilo),
        (limits::WORKLOAD_ID_BYTES, 2_048),
        (limits::HTTP_FIELD_BYTES, 8 * kilo),
        (limits::EVIDENCE_BYTES, 16 * kilo),
    ];
    let counts = [
        (limits::CHAIN_TOKENS, 9),
        (limits::TOOLS, 256),
        (limits::ARGUMENT_VALUES, 8_192),
        (limits::CONSTRAINTS_PER_TOOL, 64),
        (limits::CONSTRAINT_DEPTH, 32),
        (limits::JSON_DEPTH, 128),
        (limits::SCOPES, 256),
        (limits::CEILINGS, 64),
        (limits::CEILING_VALUES, 64),
        (limits::APPROVALS, 64),
        (limits::ACTORS, 8),
        (limits::DETAILS, 16),
        (limits::KEYS_TRIED, 8),
        (limits::HTTP_SIGNATURES, 8),
        (limits::HTTP_COMPONENTS, 32),
    ];
    for (index, (limit, figure)) in bytes.into_iter().chain(counts).enumerate() {
        assert_eq!(limit, figure, "limit {index}");
    }
    let seconds = [
        (limits::ENVELOPE_WINDOW, 300),
        (limits::STATUS_LIST_AGE, 86_400),
        (limits::CLOCK_SKEW, 30),
        (limits::PROOF_WINDOW, 30),
        (limits::TOKEN_LIFETIME, 7_776_000),
        (limits::APPROVAL_LIFETIME, 300),
        (limits::ACCESS_TOKEN_LIFETIME, 86_400),
        (limits::DPOP_WINDOW, 300),
        (limits::WORKLOAD_TOKEN_LIFETIME, 86_400),
        (limits::WORKLOAD_PROOF_LIFETIME, 300),
        (limits::HTTP_SIGNATURE_WINDOW, 300),
        (limits::BOT_SIGNATURE_LIFETIME, 86_400),
    ];
    for (index, (limit, figure)) in seconds.into_iter().enumerate() {
        assert_eq!(limit, Seconds::new(figure), "time {index}");
    }
    assert_eq!(limits::DELEGATION_DEPTH, 8);
}
