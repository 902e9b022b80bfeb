//! Evidence: a passkey's assertion over what a root gives, and over nothing else.

use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use procura_core::{
    delegate::{Grant, evidence_challenge, mint_with_evidence},
    evidence::{Expected, verify, write},
    hash::Digest,
    json::Object,
    key::{P256Key, Signer, VerifyingKey},
    limits,
    refusal::{Outcome, Refusal},
    time::Seconds,
};
use procura_testkit::world;

const PARTY: &str = "procura.example";
const ORIGIN: &str = "https://procura.example";
const TOOLS: &str = r#"{"pay.send":{}}"#;

fn grant() -> Grant {
    world::grant("planner", TOOLS)
}

fn passkey() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn public(key: &SigningKey) -> VerifyingKey {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    VerifyingKey::P256(P256Key::from_coordinates(x, y).unwrap())
}

/// What the browser would say.
fn client(challenge: &Digest) -> Object {
    Object::new()
        .with("type", "webauthn.get")
        .with("challenge", challenge.to_base64url())
        .with("origin", ORIGIN)
        .with("crossOrigin", false)
}

/// Party, flags, and a counter.
fn authenticator(party: &str, flags: u8) -> Vec<u8> {
    let mut data = Digest::of(party.as_bytes()).as_bytes().to_vec();
    data.extend([flags, 0, 0, 0, 1]);
    data
}

fn signed(client: &Object, authenticator: &[u8], key: &SigningKey) -> String {
    let client = client.to_canonical().unwrap();
    let mut message = authenticator.to_vec();
    message.extend(Digest::of(client.as_bytes()).as_bytes());
    let signature: Signature = key.sign(&message);
    write(client.as_bytes(), authenticator, signature.to_der().as_bytes())
}

fn root(grant: &Grant, evidence: &str) -> String {
    let digest = Digest::of(evidence.as_bytes());
    let issuer = world::issuer("alice");
    mint_with_evidence(grant, ("user:alice", &issuer), &digest, &world::key("alice")).unwrap()
}

/// The outcome for this evidence and the root that commits to it.
fn check(evidence: &str) -> Result<(), Outcome> {
    let key = public(&passkey());
    let expected = Expected { key: &key, relying_party: PARTY, origin: ORIGIN };
    verify(evidence.as_bytes(), &root(&grant(), evidence), &expected)
        .map_err(|refusal: Refusal| refusal.outcome)
}

fn good() -> String {
    let challenge = evidence_challenge(&grant()).unwrap();
    signed(&client(&challenge), &authenticator(PARTY, 0b101), &passkey())
}

#[test]
fn an_assertion_over_what_the_root_gives_shows_that_a_person_agreed() {
    assert_eq!(check(&good()), Ok(()));
    // Backed up and eligible for it are other flags, which say nothing here.
    let challenge = evidence_challenge(&grant()).unwrap();
    let synced = signed(&client(&challenge), &authenticator(PARTY, 0b1_1101), &passkey());
    assert_eq!(check(&synced), Ok(()));
}

#[test]
fn an_assertion_over_something_else_shows_nothing() {
    let mut longer = grant();
    longer.expires = longer.expires.plus(Seconds::new(1));
    let more = world::grant("planner", r#"{"pay.send":{},"pay.refund":{}}"#);
    let other = world::grant("coder", TOOLS);
    for asked in [longer, more, other] {
        let challenge = evidence_challenge(&asked).unwrap();
        let evidence = signed(&client(&challenge), &authenticator(PARTY, 0b101), &passkey());
        assert_eq!(check(&evidence), Err(Outcome::UntrustedRoot));
    }
}

#[test]
fn the_person_was_there_on_the_right_page_with_the_right_passkey() {
    let challenge = evidence_challenge(&grant()).unwrap();
    let client = || client(&challenge);
    let good = || authenticator(PARTY, 0b101);
    let short = good()[..36].to_vec();
    let refused = Err(Outcome::UntrustedRoot);
    for (evidence, expected) in [
        (signed(&client().with("type", "webauthn.create"), &good(), &passkey()), refused),
        (signed(&client().with("origin", "https://evil.example"), &good(), &passkey()), refused),
        (signed(&client().with("crossOrigin", true), &good(), &passkey()), refused),
        (signed(&client().with("crossOrigin", "no"), &good(), &passkey()), refused),
        (signed(&client(), &authenticator("evil.example", 0b101), &passkey()), refused),
        (signed(&client(), &authenticator(PARTY, 0b001), &passkey()), refused),
        (signed(&client(), &authenticator(PARTY, 0b100), &passkey()), refused),
        (signed(&client(), &short, &passkey()), refused),
        (signed(&client(), &[0; 31], &passkey()), Err(Outcome::Malformed)),
        (
            signed(&client(), &good(), &SigningKey::from_slice(&[8; 32]).unwrap()),
            Err(Outcome::SignatureInvalid),
        ),
    ] {
        assert_eq!(check(&evidence), expected, "{evidence}");
    }
}

#[test]
fn a_root_that_commits_to_other_evidence_is_not_shown_by_this() {
    let key = public(&passkey());
    let expected = Expected { key: &key, relying_party: PARTY, origin: ORIGIN };
    let evidence = good();
    let plain = world::root("alice", &grant());
    for root in [plain, root(&grant(), "something else")] {
        let refused = verify(evidence.as_bytes(), &root, &expected).unwrap_err();
        assert_eq!((refused.outcome, refused.step), (Outcome::UntrustedRoot, "P1"));
    }
}

#[test]
fn a_flipped_bit_of_the_evidence_is_refused_even_if_the_root_commits_to_it() {
    let evidence = good();
    for at in 0..evidence.len() {
        for bit in 0..7 {
            let mut bytes = evidence.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let flipped = String::from_utf8(bytes).unwrap();
            assert!(check(&flipped).is_err(), "byte {at}, bit {bit}: {flipped}");
        }
    }
}

#[test]
fn an_ed25519_passkey_signs_the_same() {
    let challenge = evidence_challenge(&grant()).unwrap();
    let client = client(&challenge).to_canonical().unwrap();
    let data = authenticator(PARTY, 0b101);
    let mut message = data.clone();
    message.extend(Digest::of(client.as_bytes()).as_bytes());
    let device = world::key("device");
    let signature = Signer::sign(&device, &message).to_bytes();
    let evidence = write(client.as_bytes(), &data, &signature);
    let key = VerifyingKey::Ed25519(world::public_key("device"));
    let expected = Expected { key: &key, relying_party: PARTY, origin: ORIGIN };
    assert_eq!(verify(evidence.as_bytes(), &root(&grant(), &evidence), &expected), Ok(()));
    let other = VerifyingKey::Ed25519(world::public_key("mallory"));
    let expected = Expected { key: &other, ..expected };
    assert!(verify(evidence.as_bytes(), &root(&grant(), &evidence), &expected).is_err());
}

#[test]
fn what_is_no_assertion_is_refused_and_so_is_what_is_too_long() {
    let good = good();
    for evidence in [
        "",
        "{}",
        "[]",
        &good.replacen("webauthn", "other", 1),
        &good.replacen('{', r#"{"more":1,"#, 1),
        &good.replacen("client_data", "clientData", 1),
    ] {
        assert_eq!(check(evidence), Err(Outcome::Malformed), "{evidence}");
    }
    let padding = |bytes: usize| format!("{good}{}", " ".repeat(bytes - good.len()));
    assert_eq!(check(&padding(limits::EVIDENCE_BYTES)), Ok(()));
    assert_eq!(check(&padding(limits::EVIDENCE_BYTES + 1)), Err(Outcome::TooLarge));
}
