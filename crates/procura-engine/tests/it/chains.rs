//! Chains against the anchors of a real directory.

use procura_core::delegate::{Grant, dangerous_sign_unchecked, mint};
use procura_core::directory::AgentState;
use procura_core::json::Object;
use procura_core::token;
use procura_engine::authorize::Caller;
use procura_engine::engine::issuer_of;
use procura_testkit::world as kit;

use crate::office::{ProofOf, chain, grant, refused};
use crate::world::{EVERYTHING, READ, World};

const PICTURE: &str = "alice > planner > coder";

#[tokio::test]
async fn chn_08_a_stolen_chain_is_no_bearer_token() {
    let world = World::new().await;
    let chain = chain(PICTURE);
    for thief in ["worker", "planner", "alice", "mallory"] {
        let id = world.fresh();
        let proof = ProofOf { id: &id, holder: thief, issued: world.now() };
        let sent = world.call_with(&chain, (READ, "{}"), &proof);
        let answer = refused(sent.to(&world.engine).await);
        assert_eq!(answer.refusal.outcome.as_str(), "holder_binding_failed", "{thief}");
        assert_eq!((answer.refusal.step, answer.caller), ("7b", Caller::Unproven));
    }
    assert_eq!(
        world.call_under(&chain, PICTURE, (READ, "{}")).code(&world.engine).await,
        "allowed"
    );
}

#[tokio::test]
async fn chn_04_only_a_persons_own_key_speaks_for_the_person() {
    let world = World::new().await;
    let root = |principal: &str, issuer: &str, signer: &str| {
        let grant = grant("planner", EVERYTHING);
        vec![mint(&grant, &kit::principal(principal), issuer, &kit::key(signer)).unwrap()]
    };
    let alice = kit::issuer("alice");
    let agent = issuer_of(&kit::agent_id("planner"));
    let cases = [
        ("a self-made key", root("alice", &alice, "mallory"), "untrusted_root"),
        ("an agent's key", root("alice", &alice, "planner"), "untrusted_root"),
        ("an agent that is its own issuer", root("alice", &agent, "planner"), "untrusted_root"),
        ("the authority's key", root("alice", &alice, kit::AUTHORITY), "untrusted_root"),
        ("bob for alice", root("alice", &kit::issuer("bob"), "bob"), "untrusted_root"),
        ("bob as alice's issuer", root("alice", &alice, "bob"), "issuer_mismatch"),
        ("alice for bob", root("bob", &alice, "alice"), "untrusted_root"),
    ];
    for (name, chain, expected) in cases {
        let sent = world.call_under(&chain, "planner", (READ, "{}"));
        let answer = refused(sent.to(&world.engine).await);
        assert_eq!(answer.refusal.outcome.as_str(), expected, "{name}");
        assert_eq!(answer.caller, Caller::Unproven, "{name}");
    }
    let own = world.call_under(&root("alice", &alice, "alice"), "planner", (READ, "{}"));
    assert_eq!(own.code(&world.engine).await, "allowed");
    let bobs = world.call_under(&root("bob", &kit::issuer("bob"), "bob"), "planner", (READ, "{}"));
    assert_eq!(bobs.code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn chn_04_a_holder_is_who_the_directory_says() {
    let world = World::new().await;
    let unknown = world.call("alice > stranger", READ, "{}");
    assert_eq!(unknown.code(&world.engine).await, "holder_unknown");
    // The name of an enrolled agent with a key of somebody else.
    let mut other = grant("planner", EVERYTHING);
    other.key = kit::public_key("mallory");
    let chain = vec![kit::root("alice", &other)];
    let sent = world.call_under(&chain, "mallory", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "holder_unknown");
    // An instance that its own agent did not make.
    let instance = vec![kit::root("alice", &grant("coder/1", EVERYTHING))];
    let sent = world.call_under(&instance, "coder/1", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "holder_unknown");
    let mut instance = chain_of_planner();
    instance.push(kit::child(&instance[0], "planner", &grant("coder/1", EVERYTHING)));
    let sent = world.call_under(&instance, "coder/1", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "holder_unknown");
    let mut instance = chain_of_planner();
    instance.push(kit::child(&instance[0], "planner", &grant("planner/1", EVERYTHING)));
    let sent = world.call_under(&instance, "planner/1", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

fn chain_of_planner() -> Vec<String> {
    chain("alice > planner")
}

#[tokio::test]
async fn chn_01_and_02_links_that_do_not_belong_together_are_refused() {
    let world = World::new().await;
    let long = chain("alice > planner > coder > worker");
    let dropped = vec![long[0].clone(), long[2].clone()];
    let sent = world.call_under(&dropped, "worker", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "signature_invalid");
    let bobs = chain("bob > planner");
    let spliced = vec![bobs[0].clone(), long[1].clone()];
    let sent = world.call_under(&spliced, "coder", (READ, "{}"));
    let code = sent.code(&world.engine).await;
    assert!(["principal_altered", "par_hash_mismatch"].contains(&code), "{code}");
    assert_eq!(
        world.call_under(&long, "worker", (READ, "{}")).code(&world.engine).await,
        "allowed"
    );
}

#[tokio::test]
async fn sig_08_a_chain_that_was_refused_is_refused_again_and_one_that_was_verified_is_not_others()
{
    let world = World::new().await;
    let good = chain(PICTURE);
    assert_eq!(world.call_under(&good, PICTURE, (READ, "{}")).code(&world.engine).await, "allowed");
    let (signed, signature) = good[1].rsplit_once('.').unwrap();
    let mut letters: Vec<char> = signature.chars().collect();
    letters[0] = if letters[0] == 'A' { 'B' } else { 'A' };
    let signature: String = letters.into_iter().collect();
    let tampered = vec![good[0].clone(), format!("{signed}.{signature}")];
    for _ in 0..2 {
        let sent = world.call_under(&tampered, PICTURE, (READ, "{}"));
        assert_eq!(sent.code(&world.engine).await, "signature_invalid");
    }
    assert_eq!(world.call_under(&good, PICTURE, (READ, "{}")).code(&world.engine).await, "allowed");
}

#[tokio::test]
async fn a_verified_chain_ages_in_the_cache() {
    let world = World::new().await;
    let chain = chain(PICTURE);
    assert_eq!(
        world.call_under(&chain, PICTURE, (READ, "{}")).code(&world.engine).await,
        "allowed"
    );
    world.hand.forward(3600);
    assert_eq!(
        world.call_under(&chain, PICTURE, (READ, "{}")).code(&world.engine).await,
        "expired"
    );
    world.hand.forward(-1);
    assert_eq!(
        world.call_under(&chain, PICTURE, (READ, "{}")).code(&world.engine).await,
        "allowed"
    );
}

#[tokio::test]
async fn a_chain_for_another_place_or_for_none_is_refused() {
    let world = World::new().await;
    let to = |audience: &[&str]| {
        let audience = audience.iter().map(|one| (*one).to_owned()).collect();
        vec![kit::root("alice", &Grant { audience, ..grant("planner", EVERYTHING) })]
    };
    for (audience, expected) in [
        (&["https://elsewhere.test"][..], "audience_mismatch"),
        (&[], "audience_mismatch"),
        (&["https://elsewhere.test", kit::AUDIENCE], "allowed"),
    ] {
        let sent = world.call_under(&to(audience), "planner", (READ, "{}"));
        assert_eq!(sent.code(&world.engine).await, expected, "{audience:?}");
    }
}

#[tokio::test]
async fn a_root_without_names_is_refused() {
    let world = World::new().await;
    let full = kit::object(&String::from_utf8(payload(&chain("alice > planner")[0])).unwrap());
    let without = |name: &str| {
        let mut claims: Object = full.clone();
        claims.remove(name);
        vec![dangerous_sign_unchecked(&claims, &kit::key("alice")).unwrap()]
    };
    for (name, expected) in [("sub", "untrusted_root"), ("client_id", "malformed")] {
        let sent = world.call_under(&without(name), "planner", (READ, "{}"));
        assert_eq!(sent.code(&world.engine).await, expected, "{name}");
    }
    let whole = vec![dangerous_sign_unchecked(&full, &kit::key("alice")).unwrap()];
    let sent = world.call_under(&whole, "planner", (READ, "{}"));
    assert_eq!(sent.code(&world.engine).await, "allowed");
}

fn payload(compact: &str) -> Vec<u8> {
    assert_eq!(token::TYPE, "aat+jwt");
    procura_core::jws::Compact::parse(compact).unwrap().payload().to_vec()
}

#[tokio::test]
async fn a_chain_that_was_shown_once_may_be_named_by_its_leaf_until_the_directory_changes() {
    let world = World::new().await;
    let chain = chain(PICTURE);
    let named = |holder: &str| {
        let id = world.fresh();
        let proof = ProofOf { id: &id, holder, issued: world.now() };
        let sent = world.call_with(&chain, (READ, "{}"), &proof);
        crate::office::Sent { chain: Vec::new(), ..sent }
    };
    let answer = refused(named("coder").to(&world.engine).await);
    assert_eq!(answer.refusal.outcome.as_str(), "chain_required");
    assert_eq!(answer.refusal.outcome.http_status(), 428);
    assert!(answer.refusal.outcome.may_retry());
    let whole = world.call_under(&chain, PICTURE, (READ, "{}"));
    assert_eq!(whole.code(&world.engine).await, "allowed");
    assert_eq!(named("coder").code(&world.engine).await, "allowed");
    // The name of a leaf is no secret: it is worth nothing without the key.
    for thief in ["planner", "mallory"] {
        assert_eq!(named(thief).code(&world.engine).await, "holder_binding_failed");
    }
    let again = named("coder");
    assert_eq!(again.code(&world.engine).await, "allowed");
    assert_eq!(again.code(&world.engine).await, "replayed");
    // Trust is another one: the chain has to be verified anew.
    world.set("worker", AgentState::Suspended).await.unwrap();
    assert_eq!(named("coder").code(&world.engine).await, "chain_required");
}
