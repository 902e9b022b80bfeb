//! Attacks on names and keys (IDN), each with its legitimate twin.

use procura_core::base64url;
use procura_core::json::{Object, Value};
use procura_core::key::Signer as _;
use procura_core::statement;
use procura_engine::enrol::TYPE;
use procura_testkit::world::key;
use tokio::task::JoinSet;

use crate::wire::Reply;
use crate::world::{AUDIENCE, World, members, sign_enrolment, tally};

/// An enrolment that claims `x` as its key; nobody can have signed with it.
fn claiming(x: &[u8; 32], nonce: &str) -> String {
    let jwk = members(&[("kty", "OKP"), ("crv", "Ed25519"), ("x", &base64url::encode(x))]);
    let claims = members(&[
        ("aud", AUDIENCE),
        ("tenant", "default"),
        ("kind", "agent"),
        ("name", "planner"),
        ("nonce", nonce),
    ]);
    statement::sign(TYPE, claims.with("jwk", jwk), &key("mallory"))
}

fn bytes(hex: &str) -> [u8; 32] {
    let digit = |index: usize| u8::from_str_radix(&hex[index..index + 2], 16).unwrap();
    std::array::from_fn(|index| digit(2 * index))
}

async fn claim(x: &str) -> String {
    let world = World::new().await;
    let before = world.events();
    let nonce = world.challenge().await;
    let problem = world.enrol(&claiming(&bytes(x), &nonce)).await.problem();
    assert_eq!(world.events(), before, "nothing was written");
    problem
}

#[tokio::test]
async fn idn_01_a_key_of_low_order_is_refused() {
    // All encodings of the eight points of low order, the non-canonical ones included.
    let low = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ];
    for x in low {
        assert_eq!(claim(x).await, "422 identity.key_invalid", "{x}");
    }
}

#[tokio::test]
async fn idn_02_a_key_that_is_not_encoded_canonically_is_refused() {
    // y = p + 3 and y = p + 4 for points whose y are 3 and 4, and a negative zero.
    let others = [
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000080",
    ];
    for x in others {
        assert_eq!(claim(x).await, "422 identity.key_invalid", "{x}");
    }
}

#[tokio::test]
async fn idn_01_to_03_a_good_key_that_signed_is_enrolled() {
    let world = World::new().await;
    let reply = world.enrol_named("planner").await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.text("id"), "spiffe://procura.test/agent/planner");
    assert_eq!(reply.text("state"), "active");
    assert_eq!(reply.text("owner"), "user:alice");
    assert_eq!(reply.text("key"), key("planner").public_key().thumbprint().to_string());
    let shown = world.get("bob", "/v1/agents/planner").await;
    assert_eq!(shown.json(), reply.json());
}

#[tokio::test]
async fn idn_03_somebody_elses_key_is_not_enrolled() {
    let world = World::new().await;
    let nonce = world.challenge().await;
    // Signed by Mallory, with the planner's public key inside.
    let stolen = claiming(key("planner").public_key().as_bytes(), &nonce);
    assert_eq!(world.enrol(&stolen).await.problem(), "401 signature_invalid");
    assert_eq!(world.enrol(&world.agent(("planner", "planner"), &nonce)).await.status, 201);
}

#[tokio::test]
async fn idn_03_possession_is_proved_to_this_authority_for_this_purpose_only() {
    let world = World::new().await;
    let nonce = world.challenge().await;
    let good = members(&[
        ("aud", AUDIENCE),
        ("tenant", "default"),
        ("kind", "agent"),
        ("name", "planner"),
        ("nonce", &nonce),
    ]);
    let altered =
        [("aud", "https://other.test"), ("tenant", "other"), ("kind", "person"), ("nonce", "AAAA")];
    for (name, value) in altered {
        let claims = good.clone().with(name, value);
        assert_eq!(
            world.enrol(&own(claims, TYPE)).await.problem(),
            "401 identity.pop_required",
            "{name}"
        );
    }
    let other_type = own(good.clone(), "procura-request+jwt");
    assert_eq!(world.enrol(&other_type).await.problem(), "401 alg_or_type_refused");
    assert_eq!(world.enrol("not a statement").await.problem(), "401 identity.pop_required");
    assert_eq!(world.enrol(&own(good, TYPE)).await.status, 201);
}

/// Claims that the planner signed over its own key.
fn own(claims: Object, typ: &str) -> String {
    let jwk = procura_core::token::to_jwk(key("planner").public_key());
    statement::sign(typ, claims.with("jwk", jwk), &key("planner"))
}

#[tokio::test]
async fn idn_03_a_challenge_is_answered_once() {
    let world = World::new().await;
    let nonce = world.challenge().await;
    assert_eq!(world.enrol(&world.agent(("planner", "planner"), &nonce)).await.status, 201);
    let again = world.agent(("coder", "coder"), &nonce);
    assert_eq!(world.enrol(&again).await.problem(), "401 identity.pop_required");
    assert_eq!(world.enrol_named("coder").await.status, 201);
}

#[tokio::test]
async fn idn_03_a_challenge_is_answered_within_two_minutes() {
    let world = World::new().await;
    let nonce = world.challenge().await;
    world.pass(120);
    let late = world.agent(("planner", "planner"), &nonce);
    assert_eq!(world.enrol(&late).await.problem(), "401 identity.pop_required");
    let nonce = world.challenge().await;
    world.pass(119);
    assert_eq!(world.enrol(&world.agent(("planner", "planner"), &nonce)).await.status, 201);
}

#[tokio::test]
async fn idn_04_a_key_belongs_to_one_holder_for_ever() {
    let world = World::new().await;
    world.enrol_named("planner").await;
    let second = world.agent(("coder", "planner"), &world.challenge().await);
    assert_eq!(world.enrol(&second).await.problem(), "409 identity.key_conflict");
    let revoked =
        world.post("alice", "/v1/agents/planner/state", &members(&[("state", "revoked")])).await;
    assert_eq!(revoked.status, 200);
    let second = world.agent(("coder", "planner"), &world.challenge().await);
    assert_eq!(world.enrol(&second).await.problem(), "409 identity.key_conflict");
    // A person's key makes no agent, and an agent's no person.
    let person = world.agent(("coder", "bob"), &world.challenge().await);
    assert_eq!(world.enrol(&person).await.problem(), "409 identity.key_conflict");
    let agent = sign_enrolment("person", ("carol", "planner"), &world.challenge().await);
    assert_eq!(world.add("approver", &agent).await.problem(), "409 identity.key_conflict");
    assert_eq!(world.enrol_named("coder").await.status, 201);
}

#[tokio::test]
async fn idn_05_a_name_that_looks_like_another_is_refused() {
    let world = World::new().await;
    assert_eq!(world.enrol_named("payments-bot").await.status, 201);
    // The second letter is Cyrillic.
    let twin = world.agent(("p\u{430}yments-bot", "twin"), &world.challenge().await);
    assert_eq!(world.enrol(&twin).await.problem(), "422 identity.name_confusable");
    let person = sign_enrolment("person", ("b\u{43e}b", "twin"), &world.challenge().await);
    assert_eq!(world.add("approver", &person).await.problem(), "422 identity.name_confusable");
    assert_eq!(world.enrol_named("payments-robot").await.status, 201);
}

#[tokio::test]
async fn idn_06_a_name_is_what_it_looks_like() {
    let world = World::new().await;
    let names = [
        "",
        " ",
        "plan\u{200b}ner",
        "plan\u{202e}ner",
        "plan\u{e0061}ner",
        "plan\u{7}ner",
        " planner",
        "planner ",
        "planner.",
        "Planner",
        "caf\u{e9}",
        "cafe\u{301}",
        "-planner",
        "planner-",
        "a/b",
        &"a".repeat(64),
    ];
    for name in names {
        let statement = world.agent((name, "planner"), &world.challenge().await);
        assert_eq!(
            world.enrol(&statement).await.problem(),
            "422 identity.name_invalid",
            "{name:?}"
        );
    }
    for name in ["planner", "a", "7", "a-b", &"a".repeat(63)] {
        assert_eq!(world.enrol_named(name).await.status, 201, "{name}");
    }
}

#[tokio::test]
async fn idn_06_a_name_is_not_given_out_twice() {
    let world = World::new().await;
    world.enrol_named("planner").await;
    let second = world.agent(("planner", "other"), &world.challenge().await);
    assert_eq!(world.enrol(&second).await.problem(), "409 identity.name_conflict");
    world.post("alice", "/v1/agents/planner/state", &members(&[("state", "revoked")])).await;
    let third = world.agent(("planner", "other"), &world.challenge().await);
    assert_eq!(world.enrol(&third).await.problem(), "409 identity.name_conflict");
    assert_eq!(
        world.enrol(&world.agent(("planner-2", "other"), &world.challenge().await)).await.status,
        201
    );
}

/// Sends 200 enrolments at once; `nth` says what the holder of each is called.
async fn race(nth: impl Fn(usize) -> (String, String)) -> Vec<Reply> {
    let world = World::new().await;
    let before = world.events();
    let mut running = JoinSet::new();
    for index in 0..200 {
        let (name, holder) = nth(index);
        let statement = world.agent((&name, &holder), &world.challenge().await);
        let body = members(&[("statement", &statement)]).to_canonical().unwrap();
        let request = world.signed("alice", ("POST", "/v1/agents"), &body);
        let address = world.address;
        running.spawn(async move { request.send(address).await });
    }
    let replies = running.join_all().await;
    assert_eq!(world.events(), before + 1, "one row");
    let agents = world.get("alice", "/v1/agents").await.json();
    assert_eq!(agents.get("agents").and_then(Value::as_array).unwrap().len(), 1);
    replies
}

#[tokio::test]
async fn idn_08_of_200_who_want_one_name_one_gets_it() {
    let replies = race(|index| ("planner".into(), format!("holder-{index}"))).await;
    let expected = [("201".to_owned(), 1), ("409 identity.name_conflict".to_owned(), 199)];
    assert_eq!(tally(&replies), expected.into());
}

#[tokio::test]
async fn idn_08_of_200_who_bring_one_key_one_gets_it() {
    let replies = race(|index| (format!("agent-{index}"), "holder".into())).await;
    let expected = [("201".to_owned(), 1), ("409 identity.key_conflict".to_owned(), 199)];
    assert_eq!(tally(&replies), expected.into());
}
