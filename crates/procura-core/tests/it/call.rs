//! Calls: who asks, for what, with which arguments, here and now.

use std::{fmt::Write as _, sync::Arc};

use expect_test::{Expect, expect};
use procura_core::{
    delegate,
    json::Object,
    limits,
    proof::{Call, Chain, Request, Requirement, Rules, Verified, verify_call, verify_chain},
    refusal::{Outcome, Refusal},
    time::Seconds,
};
use procura_testkit::world;

use crate::forge::{Change, apply, compact, header_of, payload_of, reproved};

const HELD: &str =
    r#"{"read":{"path":{"constraint_type":"path_containment","root":"/src"}},"write":{}}"#;

/// A chain of two, what is asked by default, and its proof.
pub(crate) struct Scene {
    pub(crate) chain: Vec<String>,
    pub(crate) request: Request,
    pub(crate) proof: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::asking("read", r#"{"path":"/src/a.rs"}"#)
    }

    pub(crate) fn asking(tool: &str, arguments: &str) -> Self {
        let chain = world::chain("alice > planner > coder", HELD);
        let arguments = world::object(arguments);
        let proof = world::proof(&chain[1], "coder", tool, &arguments);
        Self { chain, request: request(tool, arguments), proof }
    }

    fn verify(&self, rules: &Rules<'_>) -> Result<Verified<Call>, Refusal> {
        verify_call(&self.chain(rules), &self.proof, self.request.clone(), rules)
    }

    pub(crate) fn chain(&self, rules: &Rules<'_>) -> Arc<Verified<Chain>> {
        let tokens: Vec<&str> = self.chain.iter().map(String::as_str).collect();
        Arc::new(verify_chain(&tokens, rules).unwrap())
    }

    /// The code and the step at which it is refused; `ok` if it is not.
    pub(crate) fn outcome(&self) -> (&'static str, &'static str) {
        let anchors = world::anchors(&["alice"]);
        outcome(self.verify(&world::rules(&anchors)))
    }
}

pub(crate) fn outcome<T>(result: Result<T, Refusal>) -> (&'static str, &'static str) {
    match result {
        Ok(_) => ("ok", ""),
        Err(refusal) => (refusal.outcome.as_str(), refusal.step),
    }
}

fn request(tool: &str, arguments: Object) -> Request {
    Request { tool: tool.into(), arguments }
}

/// Prints what becomes of the proof with each change.
fn check(changes: &[Change], expected: Expect) {
    let scene = Scene::new();
    let mut table = String::new();
    for (name, text) in changes {
        let proof = reproved(&scene.proof, "coder", |claims| apply(claims, (*name, *text)));
        let (code, step) = Scene { proof, ..Scene::new() }.outcome();
        let text = text.map_or("is missing".into(), |text| format!("= {text}"));
        writeln!(table, "{step:<2} {code:<22} {name} {text}").unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn a_call_that_is_held_and_proved_is_accepted_and_keeps_what_it_is() {
    let scene = Scene::new();
    let anchors = world::anchors(&["alice"]);
    let verified = scene.verify(&world::rules(&anchors)).unwrap();
    let call = verified.get();
    assert_eq!(call.request(), &scene.request);
    assert_eq!(call.chain().leaf().client_id, Some(world::agent_id("coder")));
    assert_eq!((call.proof().id.as_str(), call.proof().issued), ("call-1", world::NOW));
    let canonical = scene.request.arguments.to_canonical().unwrap();
    let hash = procura_core::hash::Digest::of(canonical.as_bytes());
    assert_eq!(call.arguments_hash(), &hash);
}

#[test]
fn the_claims_of_a_proof_are_there_and_have_their_types() {
    check(
        &[
            ("jti", None),
            ("jti", Some("1")),
            ("jti", Some(r#""""#)),
            ("iat", None),
            ("aat_id", None),
            ("aat_hash", None),
            ("aat_hash", Some("1")),
            ("aat_tool", None),
            ("hta", None),
            ("hta", Some("[]")),
        ],
        expect![[r#"
            7c holder_binding_failed  jti is missing
            7c holder_binding_failed  jti = 1
            7c holder_binding_failed  jti = ""
            7c holder_binding_failed  iat is missing
            7c holder_binding_failed  aat_id is missing
            7c holder_binding_failed  aat_hash is missing
            7c holder_binding_failed  aat_hash = 1
            7c holder_binding_failed  aat_tool is missing
            7c holder_binding_failed  hta is missing
            7c holder_binding_failed  hta = []
        "#]],
    );
}

#[test]
fn sig_03_a_proof_is_for_one_call_under_one_leaf_at_one_place_and_time() {
    check(
        &[
            ("aat_id", Some(r#""delegation-to-planner""#)),
            ("aat_hash", Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#)),
            ("aat_aud", None),
            ("aat_aud", Some(r#""https://other.test""#)),
            ("aat_aud", Some(r#""https://gateway.procura.test/""#)),
            ("aat_aud", Some(r#"["https://gateway.procura.test"]"#)),
            ("aat_tool", Some(r#""write""#)),
            ("aat_tool", Some(r#""Read""#)),
            ("hta", Some("{}")),
            ("hta", Some(r#"{"path":"/src/b.rs"}"#)),
            ("hta", Some(r#"{"path":"/src/a.rs","mode":1}"#)),
            ("iat", Some("1799999969")),
            ("iat", Some("1799999970")),
            ("iat", Some("1800000030")),
            ("iat", Some("1800000031")),
            ("exp", Some("1")),
        ],
        expect![[r#"
            7c holder_binding_failed  aat_id = "delegation-to-planner"
            7c holder_binding_failed  aat_hash = "BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g"
            7d audience_mismatch      aat_aud is missing
            7d audience_mismatch      aat_aud = "https://other.test"
            7d audience_mismatch      aat_aud = "https://gateway.procura.test/"
            7d audience_mismatch      aat_aud = ["https://gateway.procura.test"]
            7e holder_binding_failed  aat_tool = "write"
            7e holder_binding_failed  aat_tool = "Read"
            7f holder_binding_failed  hta = {}
            7f holder_binding_failed  hta = {"path":"/src/b.rs"}
            7f holder_binding_failed  hta = {"path":"/src/a.rs","mode":1}
            7g expired                iat = 1799999969
               ok                     iat = 1799999970
               ok                     iat = 1800000030
            7g not_yet_valid          iat = 1800000031
               ok                     exp = 1
        "#]],
    );
}

#[test]
fn a_name_that_is_there_twice_spoils_a_proof() {
    let scene = Scene::new();
    let payload = payload_of(&scene.proof).replacen('{', r#"{"jti":"call-1","#, 1);
    let proof = compact(&header_of(&scene.proof), &payload, "coder");
    assert_eq!(Scene { proof, ..scene }.outcome(), ("malformed", "7b"));
}

#[test]
fn a_proof_by_another_key_or_of_another_kind_is_refused() {
    for signer in ["planner", "alice", "mallory"] {
        let mut scene = Scene::new();
        scene.proof = reproved(&scene.proof, signer, |_| {});
        assert_eq!(scene.outcome(), ("holder_binding_failed", "7b"), "{signer}");
    }
    for text in ["", "x", "a.b.c", &world::chain("alice > planner", HELD)[0]] {
        let scene = Scene { proof: text.into(), ..Scene::new() };
        assert_eq!(scene.outcome(), ("alg_or_type_refused", "7a"), "{text}");
    }
    let scene = Scene { proof: "x".repeat(limits::REQUEST_BYTES + 1), ..Scene::new() };
    assert_eq!(scene.outcome(), ("too_large", "7a"));
}

#[test]
fn a_proof_for_a_sibling_of_the_leaf_is_refused() {
    let mut scene = Scene::new();
    let mut sibling = world::grant("coder", HELD);
    sibling.id = "sibling".into();
    let sibling = world::child(&scene.chain[0], "planner", &sibling);
    let arguments = &scene.request.arguments;
    scene.proof = world::proof(&sibling, "coder", "read", arguments);
    assert_eq!(scene.outcome(), ("holder_binding_failed", "7c"));
    scene.chain[1] = sibling;
    assert_eq!(scene.outcome(), ("ok", ""));
}

#[test]
fn a_tool_that_is_not_held_is_refused_at_the_hop_that_lost_it() {
    let root = world::root("alice", &world::grant("planner", HELD));
    let leaf = world::child(&root, "planner", &world::grant("coder", r#"{"write":{}}"#));
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let scene = |tool: &str| {
        let arguments = world::object(r#"{"path":"/src/a"}"#);
        let proof = world::proof(&leaf, "coder", tool, &arguments);
        Scene { chain: vec![root.clone(), leaf.clone()], request: request(tool, arguments), proof }
    };
    assert!(scene("write").verify(&rules).is_ok());
    for (tool, hop) in [("read", 1), ("deploy", 0), ("READ", 0), ("read ", 0), ("", 0)] {
        let refusal = scene(tool).verify(&rules).unwrap_err();
        let found = (refusal.outcome, refusal.step, refusal.hop);
        assert_eq!(found, (Outcome::ScopeNotGranted, "6b", Some(hop)), "{tool}");
    }
}

/// The outcome under a root for `root` and a leaf for `leaf`, where a chain must name an audience.
fn audience(root: &[&str], leaf: &[&str], required: Requirement) -> (&'static str, &'static str) {
    let to = |name: &str, audience: &[&str]| {
        let mut grant = world::grant(name, HELD);
        grant.audience = audience.iter().map(|aud| (*aud).to_owned()).collect();
        grant
    };
    let root = world::root("alice", &to("planner", root));
    let leaf = world::child(&root, "planner", &to("coder", leaf));
    let arguments = world::object("{}");
    let proof = world::proof(&leaf, "coder", "write", &arguments);
    let scene = Scene { chain: vec![root, leaf], request: request("write", arguments), proof };
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    rules.chain_audience = required;
    outcome(scene.verify(&rules))
}

#[test]
fn every_audience_on_the_chain_is_this_one() {
    let (here, there) = (world::AUDIENCE, "https://there.test");
    let refused = ("audience_mismatch", "6c");
    for (root, leaf, expected) in [
        (&[here][..], &[here][..], ("ok", "")),
        (&[there, here], &[here], ("ok", "")),
        (&[], &[here], ("ok", "")),
        // A child that names none inherits its parent's.
        (&[here], &[], ("ok", "")),
        (&[there], &[], refused),
        (&[there], &[here], refused),
        (&[here], &[there], refused),
        (&[], &[there], refused),
    ] {
        assert_eq!(audience(root, leaf, Requirement::Optional), expected, "{root:?} {leaf:?}");
        assert_eq!(audience(root, leaf, Requirement::Required), expected, "{root:?} {leaf:?}");
    }
    assert_eq!(audience(&[], &[], Requirement::Optional), ("ok", ""));
    assert_eq!(audience(&[], &[], Requirement::Required), refused);
}

#[test]
fn a_nonce_that_was_asked_for_is_carried() {
    let scene = Scene::new();
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    rules.nonce = Some("n-1");
    let with = |nonce: &str| {
        let proof = reproved(&scene.proof, "coder", |claims| {
            claims.set("nonce", nonce);
        });
        Scene { proof, ..Scene::new() }
    };
    assert_eq!(outcome(scene.verify(&rules)), ("nonce_required", "7h"));
    assert_eq!(outcome(with("n-2").verify(&rules)), ("nonce_required", "7h"));
    assert_eq!(outcome(with("n-1").verify(&rules)), ("ok", ""));
    rules.nonce = None;
    assert_eq!(outcome(with("n-2").verify(&rules)), ("ok", ""));
}

#[test]
fn a_proof_without_an_audience_is_accepted_only_where_it_may_be() {
    let scene = Scene::new();
    let proof = reproved(&scene.proof, "coder", |claims| {
        claims.remove("aat_aud");
    });
    let scene = Scene { proof, ..scene };
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    assert_eq!(outcome(scene.verify(&rules)), ("audience_mismatch", "7d"));
    rules.proof_audience = Requirement::Optional;
    assert_eq!(outcome(scene.verify(&rules)), ("ok", ""));
}

#[test]
fn a_chain_that_was_verified_earlier_is_over_when_it_is_over() {
    let scene = Scene::new();
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    let chain = scene.chain(&rules);
    rules.now = world::NOW.plus(Seconds::new(3600));
    let arguments = &scene.request.arguments;
    let proof = delegate::ProofFor {
        id: "late",
        leaf: &scene.chain[1],
        tool: "read",
        arguments,
        audience: world::AUDIENCE,
        issued: rules.now,
    };
    let proof = delegate::prove(&proof, &world::key("coder")).unwrap();
    let refused = verify_call(&chain, &proof, scene.request.clone(), &rules);
    assert_eq!(outcome(refused), ("expired", "3e"));
}

#[test]
fn one_proof_by_one_key_has_one_replay_key() {
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let key = |id: &str, tool: &str, arguments: &str| {
        let mut scene = Scene::asking(tool, arguments);
        scene.proof = reproved(&scene.proof, "coder", |claims| {
            claims.set("jti", id);
        });
        scene.verify(&rules).unwrap().get().replay_key()
    };
    let first = key("a", "write", "{}");
    // The same proof id for another call is a second use of it.
    assert_eq!(first, key("a", "write", "{}"));
    assert_eq!(first, key("a", "write", r#"{"x":1}"#));
    assert_eq!(first, key("a", "read", r#"{"path":"/src"}"#));
    assert_ne!(first, key("b", "write", "{}"));
    // Another holder has ids of its own.
    let chain = world::chain("alice > planner", HELD);
    let proof = world::proof(&chain[0], "planner", "write", &world::object("{}"));
    let scene = Scene {
        chain,
        request: request("write", world::object("{}")),
        proof: reproved(&proof, "planner", |claims| {
            claims.set("jti", "a");
        }),
    };
    assert_ne!(first, scene.verify(&rules).unwrap().get().replay_key());
}

#[test]
fn a_proof_is_remembered_for_as_long_as_it_could_be_accepted() {
    let scene = Scene::new();
    let anchors = world::anchors(&["alice"]);
    let mut rules = world::rules(&anchors);
    let call = scene.verify(&rules).unwrap();
    let forgettable = call.get().proof().forgettable;
    rules.now = forgettable;
    assert_eq!(outcome(scene.verify(&rules)), ("expired", "7g"));
}
