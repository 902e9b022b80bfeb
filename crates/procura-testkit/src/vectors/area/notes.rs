//! Revocation notes: honoured from above and from the holder, and from nobody else.

use procura_core::{
    hash::Digest,
    json::{Object, Value},
    limits,
    revocation::{Revoked, Terms, sign},
    token::to_jwk,
};

use super::scene::{HELD, anchors, chain_input, with_rule};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, deny, deny_at},
        forge::{canonical, claims_of, compact, hash_of, header_of, rewritten},
    },
    world,
};

/// Who signs, which token is named, how, and the hop at which the chain stops.
const SIGNERS: &[(&str, &str, usize, Option<u32>)] = &[
    ("alice", "hash", 0, Some(0)),
    ("alice", "key", 1, Some(1)),
    ("alice", "hash", 2, Some(2)),
    ("planner", "hash", 0, Some(0)),
    ("planner", "hash", 1, Some(1)),
    ("planner", "key", 2, Some(2)),
    ("coder", "hash", 1, Some(1)),
    ("coder", "key", 2, Some(2)),
    ("editor", "hash", 2, Some(2)),
    ("coder", "hash", 0, None),
    ("editor", "hash", 0, None),
    ("editor", "key", 1, None),
    ("bob", "hash", 0, None),
    ("mallory", "hash", 2, None),
];

/// Texts of a note that is changed, and signed again.
const SHAPES: &[(&str, &str, &str)] = &[
    ("seq_negative", r#""seq":1"#, r#""seq":-1"#),
    ("seq_text", r#""seq":1"#, r#""seq":"1""#),
    ("seq_missing", r#","seq":1"#, ""),
    ("iat_missing", r#""iat":1800000000,"#, ""),
    ("jti_empty", r#""jti":"note-1""#, r#""jti":"""#),
    ("jti_missing", r#""jti":"note-1","#, ""),
    ("other_name", r#""h":"#, r#""hash":"#),
    ("two_names", r#""h":"#, r#""jkt":"x","h":"#),
    ("more_claims", r#""seq":1"#, r#""seq":1,"unless":true"#),
    ("repeated_member", r#""seq":1"#, r#""seq":2,"seq":1"#),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("notes");
    let none: [String; 0] = [];
    cases.add("note_none", "A chain, and no note.", (input(&none), ALLOW));
    for (signer, how, hop, stops) in SIGNERS {
        let what = match stops {
            Some(_) => format!("A note of {signer} that names token {hop} by its {how} counts."),
            None => format!(
                "A note of {signer} that names token {hop} by its {how} counts for nothing."
            ),
        };
        let expected = stops.map_or(ALLOW, |hop| deny_at("revoked", "P6", hop));
        let note = note(signer, &[thing(how, *hop)]);
        let name = format!("note_of_{signer}_{how}_{hop}");
        cases.add(&name, &what, (input(&[note]), expected));
    }
    cases.near("note_none");
    forged(&mut cases);
    shapes(&mut cases);
    long(&mut cases);
    cases.done()
}

fn tokens() -> Vec<String> {
    world::chain("alice > planner > coder > editor", HELD)
}

fn input(notes: &[String]) -> Object {
    let chain = with_rule(chain_input(&tokens()), "anchors", anchors(&["alice", "bob"]));
    chain.with("notes", notes.to_vec()).with("control", Vec::<u32>::new())
}

fn thing(how: &str, hop: usize) -> Revoked {
    match (how, ["planner", "coder", "editor"].get(hop), tokens().get(hop)) {
        ("key", Some(name), _) => Revoked::Key(world::public_key(name).thumbprint()),
        (_, _, Some(token)) => match Digest::from_base64url(&hash_of(token)) {
            Some(hash) => Revoked::Token(hash),
            None => panic!("a hash is a digest"),
        },
        _ => panic!("the chain has no token {hop}"),
    }
}

fn note(signer: &str, revoked: &[Revoked]) -> String {
    let terms = Terms { id: "note-1", issued: world::NOW, sequence: 1 };
    sign(revoked, &terms, &world::key(signer))
}

fn forged(cases: &mut Cases) {
    let good = note("alice", &[thing("hash", 0)]);
    let forged = compact(&header_of(&good), &canonical(&claims_of(&good)), "mallory");
    cases.add(
        "note_forged",
        "Mallory signs what says it is Alice's: it counts for nothing.",
        (input(std::slice::from_ref(&forged)), ALLOW),
    );
    let revoked = |hop| deny_at("revoked", "P6", hop);
    cases.add(
        "note_forged_and_true",
        "A false note does not hide a true one.",
        (input(&[forged, good]), revoked(0)),
    );
    let both = note("planner", &[thing("hash", 2), thing("hash", 1)]);
    cases.add(
        "note_of_two",
        "A note that names two tokens stops the chain at the first.",
        (input(&[both]), revoked(1)),
    );
    let anchor = note("alice", &[Revoked::Key(world::public_key("alice").thumbprint())]);
    cases.add(
        "note_of_the_anchor_itself",
        "The person gives up the key that signed the root.",
        (input(&[anchor]), revoked(0)),
    );
    let by_bob = note("bob", &[thing("hash", 2)]);
    let controlled = |jwks: Vec<Object>| input(std::slice::from_ref(&by_bob)).with("control", jwks);
    cases.add(
        "note_of_no_control_key",
        "Bob's note, where Bob has no control.",
        (controlled(Vec::new()), ALLOW),
    );
    let control = controlled(vec![to_jwk(&world::public_key("bob"))]);
    cases.add(
        "note_of_a_control_key",
        "Bob's note, where Bob's key is a control key.",
        (control, revoked(2)),
    );
}

fn shapes(cases: &mut Cases) {
    let good = note("mallory", &[thing("hash", 0)]);
    cases.add(
        "note_shape",
        "A note in shape, of somebody who may not.",
        (input(std::slice::from_ref(&good)), ALLOW),
    );
    let malformed = || deny("malformed", "P6");
    for (name, from, to) in SHAPES {
        let changed = rewritten(&good, "mallory", (from, to));
        let what = format!("A note with `{to}` in the place of `{from}`.");
        cases.add(&format!("note_shape_{name}"), &what, (input(&[changed]), malformed()));
    }
    let nothing = {
        let mut claims = claims_of(&good);
        claims.set("rev", Vec::<Value>::new());
        compact(&header_of(&good), &canonical(&claims), "mallory")
    };
    cases.add("note_shape_nothing", "A note that names nothing.", (input(&[nothing]), malformed()));
    let short = rewritten(
        &good,
        "mallory",
        (&tokens().first().map_or(String::new(), |root| hash_of(root)), "AA"),
    );
    cases.add(
        "note_shape_short_hash",
        "A note that names no digest.",
        (input(&[short]), malformed()),
    );
    let header = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;
    let typed = compact(header, &canonical(&claims_of(&good)), "mallory");
    cases.add(
        "note_shape_other_type",
        "A note of the type of a delegation.",
        (input(&[typed]), malformed()),
    );
    cases.add("note_shape_no_jws", "No JWS at all.", (input(&["note".into()]), malformed()));
}

fn long(cases: &mut Cases) {
    let with = |padding: usize| {
        let mut claims = claims_of(&note("mallory", &[thing("hash", 0)]));
        claims.set("jti", "j".repeat(padding));
        compact(r#"{"alg":"Ed25519","typ":"aat-revocation+jwt"}"#, &canonical(&claims), "mallory")
    };
    let mut padding = 48_600;
    while with(padding).len() > limits::NOTE_BYTES {
        padding = padding.saturating_sub(1);
    }
    while with(padding.saturating_add(1)).len() <= limits::NOTE_BYTES {
        padding = padding.saturating_add(1);
    }
    cases.add("note_bytes", "The longest note that is read.", (input(&[with(padding)]), ALLOW));
    let more = input(&[with(padding.saturating_add(1))]);
    cases.add("note_bytes_exceeded", "More than 65536 bytes.", (more, deny("too_large", "P6")));
}
