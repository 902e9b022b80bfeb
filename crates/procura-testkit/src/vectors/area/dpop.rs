//! DPoP proofs (RFC 9449): of a key, for one request.

use procura_core::{
    dpop::{DpopFor, action_digest, sign},
    hash::Digest,
    json::Object,
    time::Timestamp,
};

use super::{
    foreign::{Wrong, add_wrong, compact, hash, other_half, raw, thumbprint, verifying_key},
    scene::with_rule,
};
use crate::{
    vectors::{
        Case,
        case::{Cases, Expected, deny, output},
        forge::{canonical, claims_of, malleate, with_signature},
    },
    world,
};

/// Where the request goes.
pub(super) const TARGET: &str = "https://gateway.procura.test/mcp";

/// What is wrong in one claim.
const CLAIMS: &[Wrong] = &[
    ("jti_missing", "jti", None, ("malformed", "X4")),
    ("jti_empty", "jti", Some(r#""""#), ("malformed", "X4")),
    ("jti_number", "jti", Some("1"), ("malformed", "X4")),
    ("htm_missing", "htm", None, ("malformed", "X4")),
    ("htm_list", "htm", Some(r#"["POST"]"#), ("malformed", "X4")),
    ("htm_get", "htm", Some(r#""GET""#), ("holder_binding_failed", "X5")),
    ("htm_lower_case", "htm", Some(r#""post""#), ("holder_binding_failed", "X5")),
    ("htu_missing", "htu", None, ("malformed", "X4")),
    ("htu_number", "htu", Some("1"), ("malformed", "X4")),
    ("htu_empty", "htu", Some(r#""""#), ("holder_binding_failed", "X5")),
    ("htu_other_host", "htu", Some(r#""https://other.test/mcp""#), ("holder_binding_failed", "X5")),
    (
        "htu_other_scheme",
        "htu",
        Some(r#""http://gateway.procura.test/mcp""#),
        ("holder_binding_failed", "X5"),
    ),
    (
        "htu_other_port",
        "htu",
        Some(r#""https://gateway.procura.test:8443/mcp""#),
        ("holder_binding_failed", "X5"),
    ),
    (
        "htu_with_slash",
        "htu",
        Some(r#""https://gateway.procura.test/mcp/""#),
        ("holder_binding_failed", "X5"),
    ),
    (
        "htu_other_case_of_path",
        "htu",
        Some(r#""https://gateway.procura.test/MCP""#),
        ("holder_binding_failed", "X5"),
    ),
    (
        "htu_escaped_slash",
        "htu",
        Some(r#""https://gateway.procura.test%2Fmcp""#),
        ("holder_binding_failed", "X5"),
    ),
    (
        "htu_with_user",
        "htu",
        Some(r#""https://alice@gateway.procura.test/mcp""#),
        ("holder_binding_failed", "X5"),
    ),
    ("htu_path_alone", "htu", Some(r#""/mcp""#), ("holder_binding_failed", "X5")),
    ("iat_missing", "iat", None, ("malformed", "X4")),
    ("iat_text", "iat", Some(r#""1800000000""#), ("malformed", "X4")),
    ("iat_fraction", "iat", Some("1800000000.5"), ("malformed", "X4")),
    ("iat_negative", "iat", Some("-1"), ("malformed", "X4")),
    ("iat_301_seconds_ago", "iat", Some("1799999699"), ("expired", "X6")),
    ("iat_31_seconds_ahead", "iat", Some("1800000031"), ("not_yet_valid", "X6")),
    ("exp_now", "exp", Some("1800000000"), ("expired", "X6")),
    ("exp_text", "exp", Some(r#""never""#), ("malformed", "X4")),
    ("nbf_31_seconds_ahead", "nbf", Some("1800000031"), ("not_yet_valid", "X6")),
    ("nbf_null", "nbf", Some("null"), ("malformed", "X4")),
    ("ath_number", "ath", Some("1"), ("malformed", "X4")),
    ("ath_short", "ath", Some(r#""AAAA""#), ("malformed", "X4")),
    (
        "ath_padded",
        "ath",
        Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g=""#),
        ("malformed", "X4"),
    ),
    ("acd_list", "acd", Some("[]"), ("malformed", "X4")),
    ("nonce_number", "nonce", Some("1"), ("malformed", "X4")),
    ("nonce_empty", "nonce", Some(r#""""#), ("malformed", "X4")),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("dpop");
    let whole = proof(None);
    let what = "A proof of the planner for this request.";
    cases.add("dpop_good", what, (input(&whole), seen("planner")));
    let signed = |payload: &str| input(&compact(&header("planner", "EdDSA"), payload, "planner"));
    add_wrong(&mut cases, ("dpop", "A proof"), (&claims_of(&whole), CLAIMS), signed);
    spellings(&mut cases);
    moments(&mut cases);
    nonces(&mut cases);
    actions(&mut cases);
    headers(&mut cases);
    signatures(&mut cases);
    texts(&mut cases);
    cases.done()
}

/// The planner's proof for the usual request, with a nonce if one is asked for.
fn proof(nonce: Option<&str>) -> String {
    made(&DpopFor { nonce, ..terms() })
}

fn terms() -> DpopFor<'static> {
    DpopFor {
        id: "proof-1",
        method: "POST",
        target: TARGET,
        access_token: None,
        nonce: None,
        action: None,
        issued: world::NOW,
    }
}

fn made(terms: &DpopFor<'_>) -> String {
    match sign(terms, &world::key("planner")) {
        Ok(proof) => proof,
        Err(refusal) => panic!("no proof: {refusal}"),
    }
}

/// The proof of `signer` for the usual request with an access token.
pub(super) fn proof_for(token: &str, signer: &str) -> String {
    let claims = claims_of(&proof(None)).with("ath", hash(token));
    compact(&header(signer, verifying_key(signer).jws_algorithm()), &canonical(&claims), signer)
}

/// The planner's proof for the usual request without an access token.
pub(super) fn proof_without_token() -> String {
    proof(None)
}

fn header(holder: &str, alg: &str) -> String {
    let key = canonical(&verifying_key(holder).to_jwk());
    format!(r#"{{"alg":"{alg}","jwk":{key},"typ":"dpop+jwt"}}"#)
}

/// The input of `dpop` for the usual request.
pub(super) fn input(proof: &str) -> Object {
    let rules = Object::new()
        .with("method", "POST")
        .with("target", TARGET)
        .with("now", world::NOW.as_seconds());
    Object::new().with("proof", proof).with("rules", rules)
}

/// What a good proof by `holder` says.
fn seen(holder: &str) -> Expected {
    output(shown(holder, world::NOW))
}

/// The replay key is that of `docs/formats/dpop.md`; it may be forgotten after the
/// window and what clocks may disagree on both sides of it.
fn shown(holder: &str, issued: Timestamp) -> Object {
    let jkt = thumbprint(holder);
    let replay_key = hash(&format!("dpop+jwt\n{jkt}\nproof-1"));
    Object::new()
        .with("jkt", jkt)
        .with("jti", "proof-1")
        .with("replay_key", replay_key)
        .with("forget_at", issued.as_seconds().saturating_add(360))
}

fn spellings(cases: &mut Cases) {
    let at = |input: Object, target: &str| with_rule(input, "target", target);
    for (name, target) in [
        ("query", "https://gateway.procura.test/mcp?session=1"),
        ("fragment", "https://gateway.procura.test/mcp#x"),
        ("capitals_in_host", "HTTPS://Gateway.Procura.Test/mcp"),
        ("usual_port", "https://gateway.procura.test:443/mcp"),
        ("escaped_letter", "https://gateway.procura.test/%6Dcp"),
        ("dot_segments", "https://gateway.procura.test/a/../mcp"),
    ] {
        let what = format!("The request went to `{target}`, which is the same address.");
        let case = (at(input(&proof(None)), target), seen("planner"));
        cases.add(&format!("dpop_{name}"), &what, case);
    }
    for (name, target) in [
        ("other_path", "https://gateway.procura.test/admin"),
        ("deeper_path", "https://gateway.procura.test/mcp/x"),
        ("dots_elsewhere", "https://gateway.procura.test/mcp/../admin"),
        ("broken_escape", "https://gateway.procura.test/mcp%2"),
    ] {
        let what = format!("The request went to `{target}`.");
        let case = (at(input(&proof(None)), target), deny("holder_binding_failed", "X5"));
        cases.add(&format!("dpop_{name}"), &what, case);
    }
    let method = with_rule(input(&proof(None)), "method", "DELETE");
    let method = (method, deny("holder_binding_failed", "X5"));
    cases.add("dpop_other_method", "The request has another method.", method);
}

fn moments(cases: &mut Cases) {
    let at = |now: i64| with_rule(input(&proof(None)), "now", now);
    for (name, what, now) in [
        ("last_second", "A proof of 300 seconds ago.", 1_800_000_300),
        ("30_seconds_ahead", "A proof of a clock that is 30 seconds ahead.", 1_799_999_970),
    ] {
        cases.add(&format!("dpop_{name}"), what, (at(now), seen("planner")));
    }
    let old = (at(1_800_000_301), deny("expired", "X6"));
    cases.add("dpop_too_old", "A proof of 301 seconds ago.", old);
    let early = (at(1_799_999_969), deny("not_yet_valid", "X6"));
    cases.add("dpop_stored_for_later", "A proof that was signed for later.", early);
    let short = with_rule(at(1_800_000_061), "window", 60_i64);
    cases.add("dpop_short_window", "A window of a minute.", (short, deny("expired", "X6")));
    let wide = with_rule(at(1_800_000_301), "window", 3_600_i64);
    let what = "A rule of an hour allows no more than five minutes.";
    cases.add("dpop_wide_window", what, (wide, deny("expired", "X6")));
}

fn nonces(cases: &mut Cases) {
    let asked = |proof: &str| with_rule(input(proof), "nonce", "nonce-1");
    let with = proof(Some("nonce-1"));
    cases.add("dpop_nonce", "The nonce that was asked for.", (asked(&with), seen("planner")));
    for (name, what, proof) in [
        ("nonce_missing", "No nonce, where one was asked for.", proof(None)),
        ("nonce_other", "An earlier nonce.", proof(Some("nonce-0"))),
        ("nonce_begins_alike", "A nonce that begins alike.", proof(Some("nonce-12"))),
    ] {
        cases.add(&format!("dpop_{name}"), what, (asked(&proof), deny("nonce_required", "X7")));
    }
    let what = "A nonce that nobody asked for.";
    cases.add("dpop_nonce_unasked", what, (input(&with), seen("planner")));
}

fn actions(cases: &mut Cases) {
    let digest = |amount: i64| -> Digest {
        let arguments = Object::new().with("amount", amount).into();
        match action_digest("tools/call", "pay", &arguments) {
            Ok(digest) => digest,
            Err(error) => panic!("no digest: {error}"),
        }
    };
    let (ten, hundred) = (digest(10), digest(100));
    let by = |action| made(&DpopFor { action, ..terms() });
    let asked = |proof: &str| with_rule(input(proof), "action", ten.to_base64url());
    let written = hash(r#"{"a":{"amount":10},"m":"tools/call","t":"pay"}"#);
    let seen = output(shown("planner", world::NOW).with("acd", written));
    cases.add("dpop_action", "It names what is to be done.", (asked(&by(Some(&ten))), seen));
    for (name, what, action) in [
        ("action_other", "It names something else.", Some(&hundred)),
        ("action_missing", "It names nothing, where it has to.", None),
    ] {
        let case = (asked(&by(action)), deny("holder_binding_failed", "X8"));
        cases.add(&format!("dpop_{name}"), what, case);
    }
}

/// A name, and a header in which `KEY` is the planner's key; refused at X2.
const HEADERS: &[(&str, &str)] = &[
    ("typ_missing", r#"{"alg":"EdDSA","jwk":KEY}"#),
    ("typ_jwt", r#"{"alg":"EdDSA","jwk":KEY,"typ":"JWT"}"#),
    ("typ_capitals", r#"{"alg":"EdDSA","jwk":KEY,"typ":"DPOP+JWT"}"#),
    ("typ_access_token", r#"{"alg":"EdDSA","jwk":KEY,"typ":"at+jwt"}"#),
    ("typ_pop", r#"{"alg":"EdDSA","jwk":KEY,"typ":"aat-pop+jwt"}"#),
    ("alg_none", r#"{"alg":"none","jwk":KEY,"typ":"dpop+jwt"}"#),
    ("alg_hs256", r#"{"alg":"HS256","jwk":KEY,"typ":"dpop+jwt"}"#),
    ("alg_missing", r#"{"jwk":KEY,"typ":"dpop+jwt"}"#),
    ("crit", r#"{"alg":"EdDSA","crit":["htu"],"jwk":KEY,"typ":"dpop+jwt"}"#),
    ("b64", r#"{"alg":"EdDSA","b64":false,"jwk":KEY,"typ":"dpop+jwt"}"#),
    ("jku", r#"{"alg":"EdDSA","jku":"https://evil.example","jwk":KEY,"typ":"dpop+jwt"}"#),
    ("x5c", r#"{"alg":"EdDSA","jwk":KEY,"typ":"dpop+jwt","x5c":["AAAA"]}"#),
    ("jwk_missing", r#"{"alg":"EdDSA","typ":"dpop+jwt"}"#),
    ("jwk_text", r#"{"alg":"EdDSA","jwk":"key","typ":"dpop+jwt"}"#),
    ("jwk_by_name", r#"{"alg":"EdDSA","kid":"planner","typ":"dpop+jwt"}"#),
    ("jwk_secret", r#"{"alg":"EdDSA","jwk":{"k":"AAAA","kty":"oct"},"typ":"dpop+jwt"}"#),
    ("jwk_rsa", r#"{"alg":"EdDSA","jwk":{"e":"AQAB","kty":"RSA","n":"sXch"},"typ":"dpop+jwt"}"#),
    (
        "jwk_neutral_element",
        r#"{"alg":"EdDSA","jwk":{"crv":"Ed25519","kty":"OKP","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"typ":"dpop+jwt"}"#,
    ),
    (
        "jwk_not_on_the_curve",
        r#"{"alg":"ES256","jwk":{"crv":"P-256","kty":"EC","x":"BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g","y":"BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g"},"typ":"dpop+jwt"}"#,
    ),
];

fn headers(cases: &mut Cases) {
    cases.near("dpop_good");
    let payload = canonical(&claims_of(&proof(None)));
    let jwk = verifying_key("planner").to_jwk();
    let under = |header: &str| input(&compact(header, &payload, "planner"));
    for (name, header) in HEADERS {
        let what = format!("A proof under the header `{header}`, where KEY is the signer's.");
        let header = header.replace("KEY", &canonical(&jwk));
        let case = (under(&header), deny("alg_or_type_refused", "X2"));
        cases.add(&format!("dpop_{name}"), &what, case);
    }
    for (name, what, jwk) in [
        ("jwk_private", "A key with a private member.", jwk.clone().with("d", "AAAA")),
        ("jwk_for_encryption", "A key for encryption.", jwk.clone().with("use", "enc")),
        ("jwk_other_alg", "A key of another algorithm.", jwk.clone().with("alg", "ES256")),
        ("jwk_other_curve", "A key of another curve.", jwk.clone().with("crv", "X25519")),
    ] {
        let header = format!(r#"{{"alg":"EdDSA","jwk":{},"typ":"dpop+jwt"}}"#, canonical(&jwk));
        let case = (under(&header), deny("alg_or_type_refused", "X2"));
        cases.add(&format!("dpop_{name}"), what, case);
    }
}

fn signatures(cases: &mut Cases) {
    cases.near("dpop_good");
    let payload = canonical(&claims_of(&proof(None)));
    let under = |holder, alg, signer| input(&compact(&header(holder, alg), &payload, signer));
    let other = (under("planner", "EdDSA", "mallory"), deny("signature_invalid", "X3"));
    cases.add("dpop_by_another_key", "It brings a key and is signed with another.", other);
    let malleated = with_signature(&proof(None), malleate);
    let malleated = (input(&malleated), deny("signature_invalid", "X3"));
    cases.add("dpop_malleated", "A signature whose S is not canonical.", malleated);
    let es256 = (under("planner", "ES256", "planner"), deny("alg_or_type_refused", "X3"));
    cases.add("dpop_es256_under_an_ed25519_key", "The algorithm is not the key's.", es256);
    let ec = compact(&header("p256:planner", "ES256"), &payload, "p256:planner");
    cases.add("dpop_es256", "A proof under ES256.", (input(&ec), seen("p256:planner")));
    let half = input(&other_half(&ec));
    let what = "The other signature that ES256 has: it is the same proof, with one replay key.";
    cases.add("dpop_es256_other_half", what, (half, seen("p256:planner")));
    let eddsa = under("p256:planner", "EdDSA", "p256:planner");
    let eddsa = (eddsa, deny("alg_or_type_refused", "X3"));
    cases.add("dpop_eddsa_under_a_p256_key", "The algorithm is not the key's.", eddsa);
}

fn texts(cases: &mut Cases) {
    cases.near("dpop_good");
    let whole = proof(None);
    let claims = claims_of(&whole);
    let signed = |payload: &str| compact(&header("planner", "EdDSA"), payload, "planner");
    let long = format!("\"{}\"", "x".repeat(13_000));
    let repeated = canonical(&claims).replacen('{', r#"{"htm":"GET","#, 1);
    for (name, what, text, expected) in [
        ("empty", "No text.", String::new(), deny("malformed", "X1")),
        (
            "two_proofs",
            "Two proofs in one field.",
            format!("{whole}, {whole}"),
            deny("malformed", "X1"),
        ),
        ("space", "A proof with a space before it.", format!(" {whole}"), deny("malformed", "X1")),
        (
            "too_long",
            "A proof of more than 16 KiB.",
            signed(&raw(&claims, "note", Some(&long))),
            deny("too_large", "X1"),
        ),
        ("payload_text", "A payload that is no object.", signed("\"x\""), deny("malformed", "X4")),
        (
            "payload_repeats",
            "A payload with two members `htm`.",
            signed(&repeated),
            deny("duplicate_member", "X4"),
        ),
    ] {
        cases.add(&format!("dpop_{name}"), what, (input(&text), expected));
    }
}
