//! Revocation notes: honoured from above and from the holder, and from nobody else.

use std::fmt::Write as _;

use expect_test::expect;
use procura_core::{
    key::PublicKey,
    limits,
    proof::{Chain, Verified, verify_chain},
    refusal::{Outcome, Refusal},
    revocation::{Notes, Revoked, Terms, sign},
    token::Token,
};
use procura_testkit::world;

use crate::forge::{claims_of, compact, header_of};

const PICTURE: &str = "alice > planner > coder > editor";

fn tokens() -> Vec<String> {
    world::chain(PICTURE, r#"{"read":{}}"#)
}

fn verified(tokens: &[String]) -> Verified<Chain> {
    let anchors = world::anchors(&["alice", "bob"]);
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    verify_chain(&tokens, &world::rules(&anchors)).unwrap()
}

const TERMS: Terms<'_> = Terms { id: "note-1", issued: world::NOW, sequence: 1 };

fn note(signer: &str, revoked: &[Revoked]) -> String {
    sign(revoked, &TERMS, &world::key(signer))
}

/// What a verifier with these notes says of the chain.
fn check(tokens: &[String], notes: &[&str], control: &[PublicKey]) -> Result<(), Refusal> {
    let mut all = Notes::default();
    for note in notes {
        all.add(note)?;
    }
    all.check(verified(tokens).get(), &world::anchors(&["alice", "bob"]), control)
}

#[test]
fn a_note_counts_if_its_signer_stands_above_the_token_or_holds_it() {
    let tokens = tokens();
    let mut table = String::new();
    for signer in ["alice", "planner", "coder", "editor", "mallory", "bob"] {
        write!(table, "{signer:8}").unwrap();
        for token in &tokens {
            let read = Token::read(token).unwrap();
            for thing in [Revoked::Token(read.hash), Revoked::Key(read.key.thumbprint())] {
                let found = check(&tokens, &[&note(signer, &[thing])], &[]);
                let word = match found {
                    Ok(()) => "-".into(),
                    Err(refusal) => format!("{}@{}", refusal.outcome, refusal.hop.unwrap()),
                };
                write!(table, " {word:>9}").unwrap();
            }
        }
        writeln!(table).unwrap();
    }
    // Columns: each token by its hash and by its key, from the root.
    expect![[r#"
        alice    revoked@0 revoked@0 revoked@1 revoked@1 revoked@2 revoked@2
        planner  revoked@0 revoked@0 revoked@1 revoked@1 revoked@2 revoked@2
        coder            -         - revoked@1 revoked@1 revoked@2 revoked@2
        editor           -         -         -         - revoked@2 revoked@2
        mallory          -         -         -         -         -         -
        bob              -         -         -         -         -         -
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_control_key_may_revoke_everything_and_only_if_it_is_configured() {
    let tokens = tokens();
    let leaf = Token::read(&tokens[2]).unwrap();
    let note = note("bob", &[Revoked::Token(leaf.hash)]);
    assert_eq!(check(&tokens, &[&note], &[]), Ok(()));
    let refused = check(&tokens, &[&note], &[world::public_key("bob")]).unwrap_err();
    assert_eq!((refused.outcome, refused.step, refused.hop), (Outcome::Revoked, "P6", Some(2)));
}

#[test]
fn the_root_of_a_revoked_anchor_is_refused() {
    let tokens = tokens();
    let note = note("alice", &[Revoked::Key(world::public_key("alice").thumbprint())]);
    assert_eq!(check(&tokens, &[&note], &[]).unwrap_err().hop, Some(0));
}

#[test]
fn what_is_revoked_above_stops_everything_below_and_nothing_beside() {
    let tokens = tokens();
    let planner = Token::read(&tokens[0]).unwrap();
    let note = note("alice", &[Revoked::Token(planner.hash)]);
    for length in 1..=tokens.len() {
        assert_eq!(check(&tokens[..length], &[&note], &[]).unwrap_err().hop, Some(0));
    }
    let other = vec![world::root("bob", &world::grant("planner", r#"{"read":{}}"#))];
    assert_eq!(check(&other, &[&note], &[]), Ok(()));
}

#[test]
fn a_note_whose_signature_does_not_verify_counts_for_nothing() {
    let tokens = tokens();
    let planner = Token::read(&tokens[0]).unwrap();
    let true_note = note("alice", &[Revoked::Token(planner.hash)]);
    // Mallory signs what says it is Alice's.
    let payload = claims_of(&true_note).to_canonical().unwrap();
    let forged = compact(&header_of(&true_note), &payload, "mallory");
    assert_eq!(check(&tokens, &[&forged], &[]), Ok(()));
    // One that is false does not hide one that is true.
    for notes in [[&forged, &true_note], [&true_note, &forged]] {
        let notes = notes.map(String::as_str);
        assert_eq!(check(&tokens, &notes, &[]).unwrap_err().outcome, Outcome::Revoked);
    }
}

#[test]
fn what_has_not_the_shape_of_a_note_is_none() {
    let hash = Token::read(&tokens()[0]).unwrap().hash;
    let good = note("alice", &[Revoked::Token(hash)]);
    let mut notes = Notes::default();
    assert!(notes.is_empty());
    assert_eq!(notes.add(&good), Ok(()));
    assert!(!notes.is_empty());
    let payload = claims_of(&good).to_canonical().unwrap();
    for (from, to) in [
        (r#""seq":1"#, r#""seq":-1"#),
        (r#""seq":1"#, r#""seq":"1""#),
        (r#""jti":"note-1""#, r#""jti":"""#),
        (r#""jti":"note-1","#, ""),
        (r#""h":"#, r#""hash":"#),
        (r#""h":"#, r#""jkt":"x","h":"#),
        (r#""seq":1"#, r#""seq":1,"unless":true"#),
        (&hash.to_base64url(), "AA"),
        (&format!(r#"[{{"h":"{}"}}]"#, hash.to_base64url()), "[]"),
    ] {
        assert!(payload.contains(from), "{from}");
        let changed = compact(&header_of(&good), &payload.replacen(from, to, 1), "alice");
        assert_eq!(notes.add(&changed).unwrap_err().outcome, Outcome::Malformed, "{to}");
    }
    let other = compact(r#"{"alg":"Ed25519","typ":"aat+jwt"}"#, &payload, "alice");
    assert_eq!(notes.add(&other).unwrap_err().outcome, Outcome::Malformed);
    for text in ["", "a.b.c", &tokens()[0]] {
        assert!(notes.add(text).is_err(), "{text}");
    }
}

#[test]
fn a_note_may_be_long_and_not_longer() {
    let hash = Token::read(&tokens()[0]).unwrap().hash;
    // The space makes the length of the whole one that base64url can have.
    let header = r#"{"alg":"Ed25519", "typ":"aat-revocation+jwt"}"#;
    let note = |padding: usize| {
        let jti = "j".repeat(padding);
        let entry = format!(r#"[{{"h":"{}"}}]"#, hash.to_base64url());
        compact(
            header,
            &format!(r#"{{"iat":1,"iss":"i","jti":"{jti}","rev":{entry},"seq":1}}"#),
            "alice",
        )
    };
    let mut padding = limits::NOTE_BYTES / 4 * 3 - 250;
    while note(padding + 1).len() <= limits::NOTE_BYTES {
        padding += 1;
    }
    let longest = note(padding);
    assert_eq!(longest.len(), limits::NOTE_BYTES, "the last one that fits fills it");
    let mut notes = Notes::default();
    assert_eq!(notes.add(&longest), Ok(()));
    assert_eq!(notes.add(&note(padding + 1)).unwrap_err().outcome, Outcome::TooLarge);
}
