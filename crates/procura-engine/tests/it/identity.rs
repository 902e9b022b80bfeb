//! Names and keys: who gets them, and that nobody else does.

use std::collections::BTreeMap;
use std::sync::Arc;

use procura_core::approval;
use procura_core::directory::{self, AgentState, PersonRole, RevokedThing};
use procura_core::json::Object;
use procura_core::{proof, statement, token};
use procura_engine::enrol::{self, Enrolment};
use procura_engine::request;
use procura_testkit::world as kit;

use crate::office::{admin_code, grant};
use crate::world::{EVERYTHING, READ, World};

async fn enrol(world: &World, statement: &str) -> &'static str {
    admin_code(&world.engine.enrol_agent(&world.person("alice"), statement).await)
}

#[tokio::test]
async fn idn_03_a_key_is_enrolled_by_its_holder_alone() {
    let world = World::new().await;
    let claims = |nonce: &str, key: &str| {
        Object::new()
            .with("aud", kit::AUDIENCE)
            .with("tenant", "default")
            .with("kind", "agent")
            .with("name", "thief")
            .with("nonce", nonce)
            .with("jwk", token::to_jwk(&kit::public_key(key)))
    };
    let sign =
        |claims: Object, signer: &str| statement::sign(enrol::TYPE, claims, &kit::key(signer));
    let fresh = || world.engine.challenge().unwrap();
    // Somebody else's key, signed with one's own.
    let forged = sign(claims(&fresh(), "victim"), "mallory");
    assert_eq!(enrol(&world, &forged).await, "signature_invalid");
    // Bound to the purpose, the authority, the tenant, the kind and the nonce.
    for (member, value) in [
        ("aud", "https://elsewhere.test"),
        ("tenant", "other"),
        ("kind", "person"),
        ("nonce", "made-up"),
    ] {
        let mut wrong = claims(&fresh(), "victim");
        wrong.set(member, value);
        assert_eq!(
            enrol(&world, &sign(wrong, "victim")).await,
            "identity.pop_required",
            "{member}"
        );
    }
    let nonce = fresh();
    let once = |name: &str| sign(claims(&nonce, name), name);
    assert_eq!(enrol(&world, &once("victim")).await, "done");
    assert_eq!(
        enrol(&world, &once("second")).await,
        "identity.pop_required",
        "a nonce is used once"
    );
    let late = fresh();
    world.hand.forward(120);
    assert_eq!(enrol(&world, &sign(claims(&late, "late"), "late")).await, "identity.pop_required");
}

#[tokio::test]
async fn idn_03_garbage_does_not_burn_a_challenge() {
    let world = World::new().await;
    let nonce = world.engine.challenge().unwrap();
    let own = Enrolment { kind: "agent", name: "newcomer", nonce: &nonce, audience: kit::AUDIENCE };
    let good = enrol::sign(&own, &kit::key("newcomer"));
    let (signed, _) = good.rsplit_once('.').unwrap();
    assert_eq!(enrol(&world, &format!("{signed}.{}", "A".repeat(86))).await, "signature_invalid");
    assert_eq!(enrol(&world, &good).await, "done");
}

#[tokio::test]
async fn idn_04_a_key_has_one_holder_for_ever() {
    let world = World::new().await;
    for (kind, holder) in
        [("agent", "coder"), ("agent", "bob"), ("person", "coder"), ("person", "bob")]
    {
        let statement = world.enrolment_as(kind, "newcomer", holder);
        let alice = world.person("alice");
        let code = if kind == "agent" {
            admin_code(&world.engine.enrol_agent(&alice, &statement).await)
        } else {
            admin_code(&world.engine.enrol_person(&alice, PersonRole::Approver, &statement).await)
        };
        assert_eq!(code, "identity.key_conflict", "{kind} {holder}");
    }
    world.set("coder", AgentState::Revoked).await.unwrap();
    let tombstone = world.enrolment_as("agent", "newcomer", "coder");
    assert_eq!(enrol(&world, &tombstone).await, "identity.key_conflict");
    // A key that was revoked before anybody enrolled it.
    let stolen = kit::public_key("stolen").thumbprint().to_string();
    world.revoke(RevokedThing::Key(stolen)).await.unwrap();
    let stolen = world.enrolment_as("agent", "newcomer", "stolen");
    assert_eq!(enrol(&world, &stolen).await, "identity.key_conflict");
    assert_eq!(enrol(&world, &world.enrolment("agent", "newcomer")).await, "done");
}

#[tokio::test]
async fn idn_05_and_06_a_name_is_what_it_looks_like() {
    let world = World::new().await;
    for (name, expected) in [
        ("pl\u{430}nner", "identity.name_confusable"),
        ("Planner", "identity.name_confusable"),
        ("\u{ff50}lanner", "identity.name_confusable"),
        ("c0der", "identity.name_confusable"),
        ("planner", "identity.name_conflict"),
        ("plan\u{200b}ner", "identity.name_invalid"),
        ("planner\u{202e}", "identity.name_invalid"),
        ("planner\u{e0041}", "identity.name_invalid"),
        ("planner\u{fe0f}", "identity.name_invalid"),
        ("plan\u{0}ner", "identity.name_invalid"),
        (" planner", "identity.name_invalid"),
        ("planner ", "identity.name_invalid"),
        ("planner.", "identity.name_invalid"),
        ("caf\u{e9}", "identity.name_invalid"),
        ("cafe\u{301}", "identity.name_invalid"),
        ("planner/instance/1", "identity.name_invalid"),
        ("", "identity.name_invalid"),
    ] {
        let statement = world.enrolment_as("agent", name, "newcomer");
        assert_eq!(enrol(&world, &statement).await, expected, "{name:?}");
    }
    assert_eq!(enrol(&world, &world.enrolment("agent", "newcomer")).await, "done");
}

/// A signature for one purpose is a signature for no other.
#[tokio::test]
async fn idn_07_a_signature_for_one_purpose_serves_no_other() {
    let world = World::new().await;
    let types = [
        enrol::TYPE,
        request::TYPE,
        approval::TYPE,
        directory::TYPE,
        token::TYPE,
        proof::PROOF_TYPE,
    ];
    // One object with every claim of every purpose. A decision has no others beside its own.
    let nonce = world.engine.challenge().unwrap();
    let covered = crate::office::COVERED;
    let sent = world.call("alice > planner", crate::world::SEND, "{}");
    let prompt = world.ask(&sent).await;
    let decision = payload(&world.decision("alice", &prompt.id, approval::Answer::Approve));
    let mut claims = payload(&world.signed("alice", "all-purposes"));
    for (name, value) in decision.iter().chain(payload(&world.enrolment("person", "eve")).iter()) {
        claims.set(name, value.clone());
    }
    claims.set("nonce", nonce.as_str()).set("kind", "agent").set("iss", "user:alice");
    claims.set("jwk", token::to_jwk(&kit::public_key("alice")));
    let mut accepted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for typ in types {
        let text = statement::sign(typ, claims.clone(), &kit::key("alice"));
        if world.engine.authenticate(&text, &covered).is_ok() {
            accepted.entry(typ).or_default().push("request");
        }
        let alone = statement::sign(typ, decision.clone(), &kit::key("alice"));
        let settled = world.engine.settle(&world.person("alice"), &prompt.id, &text).await;
        assert_ne!(admin_code(&settled), "done");
        let settled = world.engine.settle(&world.person("alice"), &prompt.id, &alone).await;
        if admin_code(&settled) == "done" {
            accepted.entry(typ).or_default().push("approval");
        }
        let alice = world.person("alice");
        let enrolled = world.engine.enrol_agent(&alice, &text).await;
        if admin_code(&enrolled) != "alg_or_type_refused" {
            accepted.entry(typ).or_default().push("enrolment");
        }
        let mut call = world.call("alice > planner", READ, "{}");
        call.proof.clone_from(&text);
        if call.code(&world.engine).await == "allowed" {
            accepted.entry(typ).or_default().push("call");
        }
    }
    let expected = BTreeMap::from([
        (approval::TYPE, vec!["approval"]),
        (enrol::TYPE, vec!["enrolment"]),
        (request::TYPE, vec!["request"]),
    ]);
    assert_eq!(accepted, expected);
}

fn payload(compact: &str) -> Object {
    let compact = procura_core::jws::Compact::parse(compact).unwrap();
    procura_core::json::parse_object(compact.payload()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn idn_08_of_200_who_want_one_name_one_gets_it() {
    let world = World::new().await;
    let statements: Vec<_> = (0..200)
        .map(|number| world.enrolment_as("agent", "prize", &format!("racer-{number}")))
        .collect();
    let codes = race(&world, statements).await;
    assert_eq!(codes, BTreeMap::from([("done", 1), ("identity.name_conflict", 199)]));
    assert_eq!(world.events("directory.agent_enrolled").len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn idn_08_of_200_names_for_one_key_one_gets_it() {
    let world = World::new().await;
    let statements: Vec<_> = (0..200)
        .map(|number| world.enrolment_as("agent", &format!("name-{number:03}x"), "racer"))
        .collect();
    let codes = race(&world, statements).await;
    assert_eq!(codes.get("done"), Some(&1), "{codes:?}");
    assert_eq!(world.events("directory.agent_enrolled").len(), 4);
}

async fn race(world: &World, statements: Vec<String>) -> BTreeMap<&'static str, usize> {
    let mut running = tokio::task::JoinSet::new();
    for statement in statements {
        let (engine, alice) = (Arc::clone(&world.engine), world.person("alice"));
        running.spawn(async move { admin_code(&engine.enrol_agent(&alice, &statement).await) });
    }
    let mut codes = BTreeMap::new();
    for code in running.join_all().await {
        *codes.entry(code).or_insert(0) += 1;
    }
    codes
}

#[tokio::test]
async fn a_request_of_a_person_counts_once() {
    let world = World::new().await;
    let alice = world.person("alice");
    let suspend = (AgentState::Suspended, "a test");
    let id = kit::agent_id("coder");
    let first = world.engine.set_agent_state(&alice, &id, suspend).await;
    assert_eq!(admin_code(&first), "done");
    let again = world.engine.set_agent_state(&alice, &id, (AgentState::Active, "")).await;
    assert_eq!(admin_code(&again), "replayed");
    let code = world.call("alice > planner > coder", READ, "{}").code(&world.engine).await;
    assert_eq!(code, "holder_not_active", "nothing of the second was done");
    world.set("coder", AgentState::Active).await.unwrap();
    assert_eq!(world.answer("alice > planner > coder", READ).await, "allowed");
}

#[tokio::test]
async fn an_approver_manages_nothing_but_their_own_delegations() {
    let world = World::new().await;
    let bob = || world.person("bob");
    let engine = &world.engine;
    let coder = kit::agent_id("coder");
    let revoked = engine.set_agent_state(&bob(), &coder, (AgentState::Revoked, "")).await;
    assert_eq!(admin_code(&revoked), "not_eligible");
    let statement = world.enrolment("agent", "newcomer");
    assert_eq!(admin_code(&engine.enrol_agent(&bob(), &statement).await), "not_eligible");
    for thing in [
        RevokedThing::Principal("user:alice".into()),
        RevokedThing::Delegation("delegation-to-coder".into()),
        RevokedThing::Key(kit::public_key("alice").thumbprint().to_string()),
        RevokedThing::Everything,
    ] {
        let answer = engine.revoke(&bob(), thing, "").await;
        assert_eq!(admin_code(&answer), "not_found", "rev_08");
    }
    assert_eq!(world.answer("alice > planner > coder", READ).await, "allowed");
    assert_eq!(world.answer("bob > coder", READ).await, "allowed");
    let own = engine.revoke(&bob(), RevokedThing::Principal("user:bob".into()), "").await;
    assert_eq!(admin_code(&own), "done");
    assert_eq!(world.answer("bob > coder", READ).await, "revoked");
}

#[tokio::test]
async fn the_first_administrator_is_the_first() {
    let world = World::new().await;
    let second = world.engine.bootstrap("eve", kit::public_key("eve")).await;
    assert_eq!(admin_code(&second), "not_found");
    let empty = World::empty();
    assert_eq!(empty.answer("alice > planner", READ).await, "untrusted_root");
    assert!(empty.engine.bootstrap("alice", kit::public_key("alice")).await.is_ok());
    let unknown = empty.call_under(
        &[kit::root("alice", &grant("planner", EVERYTHING))],
        "planner",
        (READ, "{}"),
    );
    assert_eq!(unknown.code(&empty.engine).await, "holder_unknown");
}
