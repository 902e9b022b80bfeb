//! Proof of possession: here, now, and with what was asked for.

use procura_core::json::Object;

use super::{
    call::{ASKED, BOUND, usual},
    scene::{HELD, call_input, chain, chain_input, pair, proof, with_rule},
};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, Expected, deny, deny_at},
        forge::{apply, resigned},
    },
    world,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("call");
    audiences(&mut cases);
    proof_audiences(&mut cases);
    nonces(&mut cases);
    moments(&mut cases);
    listings(&mut cases);
    cases.done()
}

fn audiences(cases: &mut Cases) {
    let to = |name: &str, audience: &[&str]| {
        let mut grant = world::grant(name, HELD);
        grant.audience = audience.iter().map(|aud| (*aud).to_owned()).collect();
        grant
    };
    let input = |root: &[&str], leaf: &[&str], required: &str| {
        let root = world::root("alice", &to("planner", root));
        let leaf = world::child(&root, "planner", &to("coder", leaf));
        let proved = world::proof(&leaf, "coder", "list", &Object::new());
        let input = call_input(&[root, leaf], &proved, "list", "{}");
        with_rule(input, "chain_audience", required)
    };
    for (name, what, root, leaf, required, expected) in places() {
        cases.add(&format!("call_audience_{name}"), what, (input(root, leaf, required), expected));
    }
}

/// A name, what it is, the places of the root and of the leaf, whether one has to be
/// named, and what comes out.
type Places = (&'static str, &'static str, List, List, &'static str, Expected);

/// Names of places.
type List = &'static [&'static str];

const HERE: &str = world::AUDIENCE;
const THERE: &str = "https://there.test";

fn places() -> Vec<Places> {
    let refused = |hop| deny_at("audience_mismatch", "6c", hop);
    vec![
        ("here", "Both tokens name this place.", &[HERE], &[HERE], "required", ALLOW),
        ("one_of_two", "The root names two places.", &[THERE, HERE], &[HERE], "required", ALLOW),
        ("leaf_alone", "The leaf alone names this place.", &[], &[HERE], "required", ALLOW),
        ("nowhere_optional", "No place is named, and none has to be.", &[], &[], "optional", ALLOW),
        (
            "nowhere_required",
            "No place is named, and one has to be.",
            &[],
            &[],
            "required",
            deny("audience_mismatch", "6c"),
        ),
        (
            "root_elsewhere",
            "The root names another place.",
            &[THERE],
            &[HERE],
            "optional",
            refused(0),
        ),
        (
            "leaf_elsewhere",
            "The leaf names another place.",
            &[HERE],
            &[THERE],
            "optional",
            refused(1),
        ),
        (
            "root_slash",
            "The root names this place with a slash.",
            &["https://gateway.procura.test/"],
            &[HERE],
            "optional",
            refused(0),
        ),
        (
            "root_other_case",
            "The root names this place in capitals.",
            &["https://GATEWAY.procura.test"],
            &[HERE],
            "optional",
            refused(0),
        ),
    ]
}

/// Proofs where none has to name its place.
fn proof_audiences(cases: &mut Cases) {
    let without = resigned(&proof("read", ASKED), "coder", |claims| apply(claims, "aat_aud", None));
    let free = with_rule(usual(&without), "proof_audience", "optional");
    cases.add(
        "call_proof_audience_optional",
        "A proof without a place, where none has to be named.",
        (free, ALLOW),
    );
    let elsewhere = resigned(&proof("read", ASKED), "coder", |claims| {
        claims.set("aat_aud", THERE);
    });
    let case = with_rule(usual(&elsewhere), "proof_audience", "optional");
    cases.add(
        "call_proof_audience_elsewhere",
        "A proof for another place, where none has to be named.",
        (case, deny("audience_mismatch", "7d")),
    );
}

fn nonces(cases: &mut Cases) {
    let with = |nonce: Option<&str>| {
        let proved = resigned(&proof("read", ASKED), "coder", |claims| {
            apply(claims, "nonce", nonce);
        });
        with_rule(usual(&proved), "nonce", "n-1")
    };
    cases.add("call_nonce", "The nonce that was asked for.", (with(Some(r#""n-1""#)), ALLOW));
    for (name, what, nonce) in [
        ("missing", "No nonce, and one was asked for.", None),
        ("other", "Another nonce.", Some(r#""n-2""#)),
        ("number", "A nonce that is a number.", Some("1")),
        ("list", "A list with the nonce.", Some(r#"["n-1"]"#)),
    ] {
        cases.add(&format!("call_nonce_{name}"), what, (with(nonce), deny("nonce_required", "7h")));
    }
}

fn moments(cases: &mut Cases) {
    let at = |now: i64| {
        let proved = resigned(&proof("read", ASKED), "coder", |claims| {
            claims.set("iat", now);
        });
        with_rule(usual(&proved), "now", now)
    };
    cases.add(
        "call_in_the_last_second",
        "A call in the last second of its chain.",
        (at(1_800_003_599), ALLOW),
    );
    cases.add(
        "call_after_the_end",
        "A call when its chain is over.",
        (at(1_800_003_600), deny_at("expired", "3e", 0)),
    );
    cases.add(
        "call_before_the_beginning",
        "A call 31 seconds before its chain begins.",
        (at(1_799_999_909), deny_at("not_yet_valid", "3f", 0)),
    );
}

fn listings(cases: &mut Cases) {
    cases.op("listing");
    let purpose = "procura:list-tools";
    let input = |proved: &str| chain_input(&chain()).with("proof", proved).with("purpose", purpose);
    let good = world::proof(&pair().1, "coder", purpose, &Object::new());
    cases.add(
        "listing_proved",
        "The holder asks which tools its chain holds.",
        (input(&good), ALLOW),
    );
    let call = (input(&proof("list", "{}")), deny(BOUND, "7e"));
    cases.add("listing_by_a_call", "The proof of a call in the place of one of a listing.", call);
    let arguments = world::proof(&pair().1, "coder", purpose, &world::object(r#"{"x":1}"#));
    cases.add(
        "listing_with_arguments",
        "The proof of a listing with arguments.",
        (input(&arguments), deny(BOUND, "7f")),
    );
    let stranger = resigned(&good, "mallory", |_| {});
    cases.add("listing_by_a_stranger", "A stranger asks.", (input(&stranger), deny(BOUND, "7b")));
}
