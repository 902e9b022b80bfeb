//! Workload proofs (WIMSE): for one request, and exactly its tokens.

use procura_core::{
    hash::Digest,
    json::Object,
    workload::{Tokens, WptFor},
};

use super::{
    foreign::{Wrong, add_wrong, compact, hash, other_half, raw},
    scene::with_rule,
    workload::{AUDIENCE, input, proof, proved, seen, terms, wit},
};
use crate::vectors::{
    Case,
    case::{Cases, deny},
    forge::{canonical, claims_of, malleate, with_signature},
};

/// What is wrong in one claim.
const CLAIMS: &[Wrong] = &[
    ("jti_missing", "jti", None, ("malformed", "W9")),
    ("jti_empty", "jti", Some(r#""""#), ("malformed", "W9")),
    ("aud_missing", "aud", None, ("malformed", "W9")),
    ("aud_list", "aud", Some(r#"["https://tool.example/run"]"#), ("malformed", "W9")),
    ("aud_other", "aud", Some(r#""https://evil.example/run""#), ("audience_mismatch", "W10")),
    ("aud_other_path", "aud", Some(r#""https://tool.example/""#), ("audience_mismatch", "W10")),
    ("aud_with_slash", "aud", Some(r#""https://tool.example/run/""#), ("audience_mismatch", "W10")),
    ("aud_empty", "aud", Some(r#""""#), ("audience_mismatch", "W10")),
    ("exp_missing", "exp", None, ("malformed", "W9")),
    ("exp_text", "exp", Some(r#""never""#), ("malformed", "W9")),
    ("exp_now", "exp", Some("1800000000"), ("expired", "W11")),
    ("exp_after_301_seconds", "exp", Some("1800000301"), ("too_large", "W11")),
    ("iat_31_seconds_ahead", "iat", Some("1800000031"), ("not_yet_valid", "W11")),
    ("iat_text", "iat", Some(r#""now""#), ("malformed", "W9")),
    ("nbf_31_seconds_ahead", "nbf", Some("1800000031"), ("not_yet_valid", "W11")),
    ("wth_missing", "wth", None, ("malformed", "W9")),
    ("wth_short", "wth", Some(r#""AAAA""#), ("malformed", "W9")),
    (
        "wth_other",
        "wth",
        Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#),
        ("holder_binding_failed", "W12"),
    ),
    (
        "ath_of_nothing",
        "ath",
        Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#),
        ("holder_binding_failed", "W12"),
    ),
    ("ath_number", "ath", Some("1"), ("malformed", "W9")),
    (
        "tth_of_nothing",
        "tth",
        Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#),
        ("holder_binding_failed", "W12"),
    ),
    ("oth_text", "oth", Some(r#""aat-chain""#), ("malformed", "W9")),
    (
        "oth_of_nothing",
        "oth",
        Some(r#"{"aat-chain":"BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g"}"#),
        ("holder_binding_failed", "W12"),
    ),
    ("nonce_number", "nonce", Some("1"), ("malformed", "W9")),
    ("acd_short", "acd", Some(r#""AAAA""#), ("malformed", "W9")),
];

/// The tokens of a request, as a case shows them.
const ACCESS: &str = "access.token.text";
const TRANSACTION: &str = "transaction.token.text";
const CHAIN: &str = "chain.token.text";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("workload");
    let wit = wit("planner");
    let whole = proof(&wit);
    let what = "A proof of the planner for this request.";
    cases.add("workload_proof_good", what, (input(&wit, &whole), seen("planner")));
    let signed = |payload: &str| input(&wit, &compact(&header("EdDSA"), payload, "planner"));
    add_wrong(&mut cases, ("workload_proof", "A proof"), (&claims_of(&whole), CLAIMS), signed);
    recipients(&mut cases, &wit);
    tokens(&mut cases, &wit);
    commitments(&mut cases, &wit);
    headers(&mut cases, &wit);
    signatures(&mut cases, &wit);
    texts(&mut cases, &wit);
    cases.done()
}

fn header(alg: &str) -> String {
    format!(r#"{{"alg":"{alg}","typ":"wpt+jwt"}}"#)
}

fn recipients(cases: &mut Cases, wit: &str) {
    let asked = |audience: &str, claimed: &str| {
        let proof = proved(&WptFor { audience: claimed, ..terms(wit) });
        with_rule(input(wit, &proof), "audience", audience)
    };
    for (name, what, ours, claimed) in [
        (
            "query",
            "The address, with the query that the request had.",
            "https://tool.example/run?job=1",
            AUDIENCE,
        ),
        ("spelling", "Another spelling of it.", "HTTPS://Tool.Example:443/a/../run", AUDIENCE),
        ("name", "A name that was agreed on.", "urn:tool", "urn:tool"),
    ] {
        let case = (asked(ours, claimed), seen("planner"));
        cases.add(&format!("workload_proof_aud_{name}"), what, case);
    }
    for (name, what, ours, claimed) in [
        ("other_name", "Another name.", "urn:tool", "urn:other"),
        ("name_in_capitals", "A name in capitals.", "urn:tool", "URN:tool"),
        ("address_for_a_name", "An address, where a name was agreed on.", "urn:tool", AUDIENCE),
    ] {
        let case = (asked(ours, claimed), deny("audience_mismatch", "W10"));
        cases.add(&format!("workload_proof_aud_{name}"), what, case);
    }
}

/// The usual request with these tokens, as a case shows them.
fn carrying(input: Object, tokens: &Tokens<'_>) -> Object {
    let others: Vec<Vec<&str>> =
        tokens.others.iter().map(|(name, text)| vec![*name, *text]).collect();
    let mut shown = Object::new().with("others", others);
    for (name, token) in [("access", tokens.access), ("transaction", tokens.transaction)] {
        token.map(|token| shown.set(name, token));
    }
    input.with("tokens", shown)
}

const ALL: Tokens<'static> = Tokens {
    access: Some(ACCESS),
    transaction: Some(TRANSACTION),
    others: &[("aat-chain", CHAIN), ("x-token", "x")],
};

/// A name, what it is, and what the request has in the place of [`ALL`].
const CARRIED: &[(&str, &str, Tokens<'static>)] = &[
    ("access_left_out", "The access token was taken away.", Tokens { access: None, ..ALL }),
    ("access_other", "Another access token.", Tokens { access: Some("other"), ..ALL }),
    ("transaction_left_out", "No transaction token.", Tokens { transaction: None, ..ALL }),
    ("transaction_other", "Another one.", Tokens { transaction: Some(ACCESS), ..ALL }),
    (
        "chain_other",
        "Another chain.",
        Tokens { others: &[("aat-chain", "other"), ("x-token", "x")], ..ALL },
    ),
    ("one_left_out", "One was taken away.", Tokens { others: &[("aat-chain", CHAIN)], ..ALL }),
    (
        "one_added",
        "One was added.",
        Tokens { others: &[("aat-chain", CHAIN), ("x-token", "x"), ("y-token", "y")], ..ALL },
    ),
    (
        "one_renamed",
        "One has another name.",
        Tokens { others: &[("aat-chain", CHAIN), ("y-token", "x")], ..ALL },
    ),
    (
        "one_in_the_place_of_another",
        "One is there twice, and the other is not.",
        Tokens { others: &[("aat-chain", CHAIN), ("aat-chain", CHAIN)], ..ALL },
    ),
    ("all_left_out", "All were taken away.", Tokens { others: &[], ..ALL }),
];

fn tokens(cases: &mut Cases, wit: &str) {
    let whole = proved(&WptFor { tokens: ALL, ..terms(wit) });
    let request = |tokens: &Tokens<'_>| carrying(input(wit, &whole), tokens);
    let what = "It names the access token, the transaction token and two others.";
    cases.add("workload_proof_tokens", what, (request(&ALL), seen("planner")));
    for (name, what, tokens) in CARRIED {
        let case = (request(tokens), deny("holder_binding_failed", "W12"));
        cases.add(&format!("workload_proof_{name}"), what, case);
    }
    let none = carrying(input(wit, &proof(wit)), &ALL);
    let what = "It names none of the tokens that the request has.";
    cases.add("workload_proof_names_none", what, (none, deny("holder_binding_failed", "W12")));
    let claims = canonical(&claims_of(&whole)).replace(&hash(CHAIN), "AAAA");
    let short = compact(&header("EdDSA"), &claims, "planner");
    let short = (carrying(input(wit, &short), &ALL), deny("malformed", "W9"));
    cases.add("workload_proof_oth_short", "What it names is no digest.", short);
}

fn commitments(cases: &mut Cases, wit: &str) {
    let (pay, refund) = (Digest::of(b"pay"), Digest::of(b"refund"));
    let by = |nonce, action| input(wit, &proved(&WptFor { nonce, action, ..terms(wit) }));
    let asked = |input| with_rule(input, "nonce", "nonce-1");
    let good = asked(by(Some("nonce-1"), None));
    cases.add("workload_proof_nonce", "The nonce that was asked for.", (good, seen("planner")));
    for (name, what, nonce) in [
        ("nonce_missing", "No nonce, where one was asked for.", None),
        ("nonce_other", "An earlier nonce.", Some("nonce-0")),
    ] {
        let case = (asked(by(nonce, None)), deny("nonce_required", "W13"));
        cases.add(&format!("workload_proof_{name}"), what, case);
    }
    let asked = |input| with_rule(input, "action", pay.to_base64url());
    let good = asked(by(None, Some(&pay)));
    cases.add("workload_proof_action", "It names what is to be done.", (good, seen("planner")));
    for (name, what, action) in [
        ("action_missing", "It names nothing, where it has to.", None),
        ("action_other", "It names something else.", Some(&refund)),
    ] {
        let case = (asked(by(None, action)), deny("holder_binding_failed", "W14"));
        cases.add(&format!("workload_proof_{name}"), what, case);
    }
}

fn headers(cases: &mut Cases, wit: &str) {
    cases.near("workload_proof_good");
    let payload = canonical(&claims_of(&proof(wit)));
    for (name, header) in [
        ("typ_missing", r#"{"alg":"EdDSA"}"#),
        ("typ_wit", r#"{"alg":"EdDSA","typ":"wit+jwt"}"#),
        ("typ_dpop", r#"{"alg":"EdDSA","typ":"dpop+jwt"}"#),
        ("alg_none", r#"{"alg":"none","typ":"wpt+jwt"}"#),
        ("alg_es256", r#"{"alg":"ES256","typ":"wpt+jwt"}"#),
        ("alg_ed25519", r#"{"alg":"Ed25519","typ":"wpt+jwt"}"#),
        ("crit", r#"{"alg":"EdDSA","crit":["wth"],"typ":"wpt+jwt"}"#),
        ("jwk", r#"{"alg":"EdDSA","jwk":{"kty":"OKP"},"typ":"wpt+jwt"}"#),
    ] {
        let what = format!("A proof under the header `{header}`; its key is for `EdDSA`.");
        let text = compact(header, &payload, "planner");
        let case = (input(wit, &text), deny("alg_or_type_refused", "W7"));
        cases.add(&format!("workload_proof_{name}"), &what, case);
    }
}

fn signatures(cases: &mut Cases, ours: &str) {
    let payload = canonical(&claims_of(&proof(ours)));
    let bound = wit("p256:planner");
    let theirs = canonical(&claims_of(&proof(ours)).with("wth", hash(&bound)));
    let ec = compact(&header("ES256"), &theirs, "p256:planner");
    cases.add("workload_proof_es256", "A P-256 key.", (input(&bound, &ec), seen("p256:planner")));
    let half = input(&bound, &other_half(&ec));
    let what = "The other signature that ES256 has: it is the same proof, with one replay key.";
    cases.add("workload_proof_es256_other_half", what, (half, seen("p256:planner")));
    cases.near("workload_proof_good");
    for (name, what, text) in [
        (
            "by_another",
            "Mallory has the identity token, and signs with her own key.",
            compact(&header("EdDSA"), &payload, "mallory"),
        ),
        (
            "by_the_domain",
            "The trust domain signs in the workload's place.",
            compact(&header("EdDSA"), &payload, "identity"),
        ),
        (
            "malleated",
            "A signature whose S is not canonical.",
            with_signature(&proof(ours), malleate),
        ),
    ] {
        let case = (input(ours, &text), deny("signature_invalid", "W8"));
        cases.add(&format!("workload_proof_{name}"), what, case);
    }
}

fn texts(cases: &mut Cases, wit: &str) {
    let claims = claims_of(&proof(wit));
    let signed = |payload: &str| compact(&header("EdDSA"), payload, "planner");
    let long = format!("\"{}\"", "x".repeat(13_000));
    let repeated = canonical(&claims).replacen('{', r#"{"aud":"x","#, 1);
    for (name, what, text, (outcome, step)) in [
        ("empty", "No proof: an identity token alone.", String::new(), ("malformed", "W6")),
        ("two", "Two proofs.", format!("{0}, {0}", proof(wit)), ("malformed", "W6")),
        (
            "too_long",
            "More than 16 KiB.",
            signed(&raw(&claims, "note", Some(&long))),
            ("too_large", "W6"),
        ),
        ("payload_text", "A payload that is no object.", signed("\"x\""), ("malformed", "W9")),
        ("payload_repeats", "Two members `aud`.", signed(&repeated), ("duplicate_member", "W9")),
    ] {
        cases.add(
            &format!("workload_proof_{name}"),
            what,
            (input(wit, &text), deny(outcome, step)),
        );
    }
}
