//! DPoP proofs: for one request, by one key, lately, and for one token.

use procura_core::{
    dpop::{self, DpopFor, action_digest},
    hash::Digest,
    json::{Object, Value},
    limits,
    proof::{
        Access, Dpop, DpopRules, Possession, Standing, Verified, verify_access_token, verify_dpop,
    },
    refusal::Refusal,
    time::Seconds,
};
use procura_testkit::world::{self, NOW};

use crate::foreign::{
    access_token, after, before, bound_claims, claims, compact, flips, issuers, raw, text,
    token_rules, told, verifying_key,
};
use crate::forge::{apply, claims_of, header_of};

const TARGET: &str = "https://gateway.example/mcp?session=1";

fn rules() -> DpopRules<'static> {
    DpopRules {
        method: "POST",
        target: TARGET,
        nonce: None,
        action: None,
        window: limits::DPOP_WINDOW,
        now: NOW,
    }
}

fn plain() -> DpopFor<'static> {
    DpopFor {
        id: "proof-1",
        method: "POST",
        target: TARGET,
        access_token: None,
        nonce: None,
        action: None,
        issued: NOW,
    }
}

fn proof() -> String {
    dpop::sign(&plain(), &world::key("planner")).unwrap()
}

fn verify(text: &str) -> Result<Verified<Dpop>, Refusal> {
    verify_dpop(text, &rules())
}

/// A proof by a holder of either kind, under the header that belongs there.
fn made(claims: &Object, signer: &str) -> String {
    let key = verifying_key(signer);
    let (alg, jwk) = (key.jws_algorithm(), text(&key.to_jwk()));
    compact(&format!(r#"{{"alg":"{alg}","jwk":{jwk},"typ":"dpop+jwt"}}"#), &text(claims), signer)
}

/// The good proof with one claim changed.
fn changed(name: &'static str, value: Option<&'static str>) -> String {
    let mut claims = claims_of(&proof());
    apply(&mut claims, (name, value));
    made(&claims, "planner")
}

fn presented(token: &str, proof: &str) -> Result<Verified<Access>, Refusal> {
    let issuers = issuers();
    let proof = verify(proof)?;
    verify_access_token(token, &token_rules(&issuers))?
        .with_dpop(proof)?
        .standing(|_| Standing::Unknown)
}

#[test]
fn a_proof_of_this_request_is_good_under_either_kind_of_key() {
    let dpop = verify(&proof()).unwrap();
    assert_eq!(dpop.get().key(), &verifying_key("planner"));
    assert_eq!((dpop.get().id(), dpop.get().access_token()), ("proof-1", None));
    assert!(header_of(&proof()).starts_with(r#"{"alg":"EdDSA","jwk":{"crv":"Ed25519""#));
    let theirs = made(&claims_of(&proof()), "p256:planner");
    assert_eq!(verify(&theirs).unwrap().get().key(), &verifying_key("p256:planner"));
}

#[test]
fn the_request_of_rfc_9449_is_read_and_too_old() {
    // RFC 9449, section 4.1, figure 2.
    let text = concat!(
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMz",
        "R0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFq",
        "SG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwia",
        "HRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY",
        "yNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37",
        "xRZT3Lg",
    );
    let then = procura_core::time::Timestamp::from_seconds(1_562_262_616);
    let rules = DpopRules { target: "https://server.example.com/token", now: then, ..rules() };
    let dpop = verify_dpop(text, &rules).unwrap();
    assert_eq!(dpop.get().id(), "-BwC3ESc6acc2lTc");
    assert_eq!(
        dpop.get().key().thumbprint().to_string(),
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    );
    let now = DpopRules { now: NOW, ..rules };
    assert_eq!(told(verify_dpop(text, &now)), "X6 expired");
}

#[test]
fn a_proof_is_for_one_method() {
    for method in ["GET", "post", "POST ", ""] {
        let outcome = told(verify_dpop(&proof(), &DpopRules { method, ..rules() }));
        assert_eq!(outcome, "X5 holder_binding_failed", "{method}");
    }
}

#[test]
fn sig_03_a_proof_is_for_one_address_in_any_of_its_spellings() {
    let at = |target| told(verify_dpop(&proof(), &DpopRules { target, ..rules() }));
    for same in [
        "https://gateway.example/mcp",
        "https://GATEWAY.example:443/mcp?session=2",
        "https://gateway.example/x/../mcp#f",
        "https://gateway.example/%6Dcp",
    ] {
        assert_eq!(at(same), "ok", "{same}");
    }
    for other in [
        "http://gateway.example/mcp",
        "https://gateway.example/mcp/",
        "https://gateway.example/MCP",
        "https://gateway.example:8443/mcp",
        "https://evil.example/mcp",
        "not an address",
        "",
    ] {
        assert_eq!(at(other), "X5 holder_binding_failed", "{other}");
    }
    // Two texts that are both no address are not one address.
    let none = changed("htu", Some(r#""not an address""#));
    let rules = DpopRules { target: "not an address", ..rules() };
    assert_eq!(told(verify_dpop(&none, &rules)), "X5 holder_binding_failed");
    let unsignable = DpopFor { target: "gateway.example", ..plain() };
    assert_eq!(told(dpop::sign(&unsignable, &world::key("planner"))), "X5 malformed");
}

#[test]
fn rpl_05_and_06_a_proof_is_of_the_last_minutes_and_not_from_the_future() {
    let made_at = |issued| {
        let text = dpop::sign(&DpopFor { issued, ..plain() }, &world::key("planner")).unwrap();
        told(verify(&text))
    };
    assert_eq!(made_at(before(300)), "ok");
    assert_eq!(made_at(before(301)), "X6 expired");
    assert_eq!(made_at(after(30)), "ok");
    assert_eq!(made_at(after(31)), "X6 not_yet_valid");
    assert_eq!(made_at(after(600)), "X6 not_yet_valid");
    let shorter = DpopRules { window: Seconds::new(10), ..rules() };
    let longer = DpopRules { window: Seconds::new(9_000), ..rules() };
    let aged = |seconds| {
        let issued = before(seconds);
        dpop::sign(&DpopFor { issued, ..plain() }, &world::key("planner")).unwrap()
    };
    assert_eq!(told(verify_dpop(&aged(10), &shorter)), "ok");
    assert_eq!(told(verify_dpop(&aged(11), &shorter)), "X6 expired");
    assert_eq!(told(verify_dpop(&aged(301), &longer)), "X6 expired");
    // What RFC 7519 says of every token holds too.
    assert_eq!(told(verify(&changed("exp", Some("1800000001")))), "ok");
    assert_eq!(told(verify(&changed("exp", Some("1800000000")))), "X6 expired");
    assert_eq!(told(verify(&changed("nbf", Some("1800000031")))), "X6 not_yet_valid");
}

#[test]
fn rpl_05_a_proof_is_remembered_for_as_long_as_it_could_be_accepted() {
    let dpop = verify(&proof()).unwrap();
    let forgettable = dpop.get().forgettable();
    // A replica whose clock is behind by the whole skew.
    let last = forgettable.minus(limits::CLOCK_SKEW);
    let late = DpopRules { now: last, ..rules() };
    assert_eq!(told(verify_dpop(&proof(), &late)), "X6 expired");
    assert!(forgettable > NOW.plus(limits::DPOP_WINDOW));
}

#[test]
fn rpl_01_a_replay_is_known_by_key_and_id_whatever_else_is_sent() {
    let first = verify(&proof()).unwrap().get().replay_key();
    let again = dpop::sign(&DpopFor { issued: after(1), ..plain() }, &world::key("planner"));
    assert_eq!(verify(&again.unwrap()).unwrap().get().replay_key(), first);
    let other_id = dpop::sign(&DpopFor { id: "proof-2", ..plain() }, &world::key("planner"));
    assert_ne!(verify(&other_id.unwrap()).unwrap().get().replay_key(), first);
    let other_key = dpop::sign(&plain(), &world::key("coder"));
    assert_ne!(verify(&other_key.unwrap()).unwrap().get().replay_key(), first);
}

#[test]
fn sig_07_a_second_signature_is_the_same_proof() {
    let claims = claims_of(&proof());
    let good = made(&claims, "p256:planner");
    let (input, signature) = good.rsplit_once('.').unwrap();
    let bytes = procura_core::base64url::decode(signature).unwrap();
    let (r, s) = p256::ecdsa::Signature::from_slice(&bytes).unwrap().split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -s).unwrap().to_bytes();
    let other = format!("{input}.{}", procura_core::base64url::encode(&other));
    assert_ne!(good, other);
    let key = |text: &str| verify(text).unwrap().get().replay_key();
    assert_eq!(key(&good), key(&other));
}

#[test]
fn rpl_03_a_proof_that_somebody_else_signed_has_no_replay_key_to_burn() {
    let (header, payload) = (header_of(&proof()), text(&claims_of(&proof())));
    let forged = compact(&header, &payload, "mallory");
    assert_eq!(told(verify(&forged)), "X3 signature_invalid");
}

#[test]
fn a_nonce_that_was_asked_for_must_be_there() {
    let with = |nonce| dpop::sign(&DpopFor { nonce, ..plain() }, &world::key("planner")).unwrap();
    let asked = DpopRules { nonce: Some("n-1"), ..rules() };
    assert_eq!(told(verify_dpop(&with(Some("n-1")), &asked)), "ok");
    assert_eq!(told(verify_dpop(&with(Some("n-2")), &asked)), "X7 nonce_required");
    assert_eq!(told(verify_dpop(&with(None), &asked)), "X7 nonce_required");
    assert_eq!(told(verify(&with(Some("n-2")))), "ok");
    assert_eq!(told(verify(&changed_nonce("1"))), "X4 malformed");
}

fn changed_nonce(value: &'static str) -> String {
    let mut claims = claims_of(&proof()).with("nonce", "n");
    apply(&mut claims, ("nonce", Some(value)));
    made(&claims, "planner")
}

#[test]
fn an_action_that_was_asked_for_must_be_committed_to() {
    let arguments: Value = world::object(r#"{"path":"/src/a"}"#).into();
    let action = action_digest("tools/call", "write", &arguments).unwrap();
    let other: Value = world::object(r#"{"path":"/src/b"}"#).into();
    let other = action_digest("tools/call", "write", &other).unwrap();
    let with = |action: Option<&Digest>| {
        dpop::sign(&DpopFor { action, ..plain() }, &world::key("planner")).unwrap()
    };
    let asked = DpopRules { action: Some(&action), ..rules() };
    let good = verify_dpop(&with(Some(&action)), &asked).unwrap();
    assert_eq!(good.get().action(), Some(&action));
    for wrong in [with(Some(&other)), with(None)] {
        assert_eq!(told(verify_dpop(&wrong, &asked)), "X8 holder_binding_failed");
    }
    assert_eq!(told(verify(&with(Some(&other)))), "ok");
}

#[test]
fn two_actions_have_two_digests_and_an_inexact_number_has_none() {
    let digest = |method, target, arguments: &str| {
        action_digest(method, target, &world::object(arguments).into()).ok()
    };
    let one = digest("tools/call", "a", r#"{"b":1,"a":2}"#);
    assert!(one.is_some());
    assert_eq!(one, digest("tools/call", "a", r#"{"a":2.0,"b":1}"#));
    assert_ne!(one, digest("tools/call", "a", r#"{"a":2,"b":2}"#));
    assert_ne!(one, digest("tools/call", "b", r#"{"a":2,"b":1}"#));
    assert_ne!(one, digest("tools/list", "a", r#"{"a":2,"b":1}"#));
    assert_eq!(digest("tools/call", "a", r#"{"b":9007199254740993}"#), None);
}

#[test]
fn jwt_07_a_claim_of_another_type_is_refused() {
    for (name, value) in [
        ("jti", None),
        ("jti", Some("1")),
        ("jti", Some(r#""""#)),
        ("htm", None),
        ("htm", Some("null")),
        ("htu", None),
        ("htu", Some("[]")),
        ("iat", None),
        ("iat", Some(r#""1800000000""#)),
        ("iat", Some("1800000000.0")),
        ("iat", Some("-1")),
        ("iat", Some("1e20")),
        ("iat", Some("null")),
        ("ath", Some("1")),
        ("ath", Some(r#""short""#)),
        ("acd", Some(r#""short""#)),
    ] {
        let payload = raw(&claims_of(&proof()), name, value);
        let text = compact(&header_of(&proof()), &payload, "planner");
        assert_eq!(told(verify(&text)), "X4 malformed", "{name} {value:?}");
    }
    let long = "x".repeat(limits::NAME_BYTES + 1);
    let claims = claims_of(&proof()).with("jti", long);
    assert_eq!(told(verify(&made(&claims, "planner"))), "X4 malformed");
    let longest = claims.with("jti", "x".repeat(limits::NAME_BYTES));
    assert_eq!(told(verify(&made(&longest, "planner"))), "ok");
}

#[test]
fn jwt_01_and_02_the_header_is_that_of_its_own_key() {
    let key = text(&verifying_key("planner").to_jwk());
    let theirs = text(&verifying_key("p256:planner").to_jwk());
    let private = key.replacen('{', r#"{"d":"AAAA","#, 1);
    let low = r#"{"crv":"Ed25519","kty":"OKP","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
    let payload = text(&claims_of(&proof()));
    for (header, outcome) in [
        (format!(r#"{{"alg":"EdDSA","jwk":{key},"typ":"dpop+jwt"}}"#), "ok"),
        (format!(r#"{{"alg":"Ed25519","jwk":{key},"typ":"dpop+jwt"}}"#), "ok"),
        (format!(r#"{{"alg":"ES256","jwk":{key},"typ":"dpop+jwt"}}"#), "X3 alg_or_type_refused"),
        (format!(r#"{{"alg":"EdDSA","jwk":{theirs},"typ":"dpop+jwt"}}"#), "X3 alg_or_type_refused"),
        (format!(r#"{{"alg":"none","jwk":{key},"typ":"dpop+jwt"}}"#), "X2 alg_or_type_refused"),
        (format!(r#"{{"alg":"HS256","jwk":{key},"typ":"dpop+jwt"}}"#), "X2 alg_or_type_refused"),
        (format!(r#"{{"jwk":{key},"typ":"dpop+jwt"}}"#), "X2 alg_or_type_refused"),
        (
            format!(r#"{{"alg":"EdDSA","jwk":{private},"typ":"dpop+jwt"}}"#),
            "X2 alg_or_type_refused",
        ),
        (format!(r#"{{"alg":"EdDSA","jwk":{low},"typ":"dpop+jwt"}}"#), "X2 alg_or_type_refused"),
        (r#"{"alg":"EdDSA","typ":"dpop+jwt"}"#.into(), "X2 alg_or_type_refused"),
        (r#"{"alg":"EdDSA","jwk":1,"typ":"dpop+jwt"}"#.into(), "X2 alg_or_type_refused"),
        (r#"{"alg":"EdDSA","kid":"k1","typ":"dpop+jwt"}"#.into(), "X2 alg_or_type_refused"),
    ] {
        assert_eq!(told(verify(&compact(&header, &payload, "planner"))), outcome, "{header}");
    }
}

#[test]
fn jwt_03_and_04_and_06_a_proof_brings_its_key_and_nothing_else() {
    let key = text(&verifying_key("planner").to_jwk());
    let payload = text(&claims_of(&proof()));
    for parameter in [
        r#""jku":"https://mallory.example""#,
        r#""x5c":["MIIB"]"#,
        r#""x5u":"https://mallory.example""#,
        r#""x5t":"AAAA""#,
        r#""crit":["exp"]"#,
        r#""crit":[]"#,
        r#""b64":false"#,
        r#""kid":1"#,
    ] {
        let header = format!(r#"{{"alg":"EdDSA","jwk":{key},{parameter},"typ":"dpop+jwt"}}"#);
        let outcome = told(verify(&compact(&header, &payload, "planner")));
        assert_eq!(outcome, "X2 alg_or_type_refused", "{parameter}");
    }
}

#[test]
fn jwt_08_a_token_of_another_type_is_no_proof() {
    let key = text(&verifying_key("planner").to_jwk());
    let payload = text(&claims_of(&proof()));
    for typ in
        ["at+jwt", "aat+jwt", "aat-pop+jwt", "wpt+jwt", "JWT", "DPOP+JWT", "application/dpop+jwt"]
    {
        let header = format!(r#"{{"alg":"EdDSA","jwk":{key},"typ":"{typ}"}}"#);
        let outcome = told(verify(&compact(&header, &payload, "planner")));
        assert_eq!(outcome, "X2 alg_or_type_refused", "{typ}");
    }
    let two = format!("{},{}", proof(), proof());
    assert_eq!(told(verify(&two)), "X1 malformed");
    let large = format!("{}.{}", "A".repeat(limits::FOREIGN_TOKEN_BYTES), proof());
    assert_eq!(told(verify(&large)), "X1 too_large");
}

#[test]
fn a_bound_token_is_used_with_a_proof_by_its_key_for_it() {
    for holder in ["planner", "p256:planner"] {
        let token = access_token(&bound_claims(holder), "as", "k1");
        let ath = Digest::of(token.as_bytes()).to_base64url();
        let claims = claims_of(&proof()).with("ath", ath);
        let access = presented(&token, &made(&claims, holder)).unwrap();
        let Possession::Dpop(dpop) = access.get().possession() else {
            panic!("{:?}", access.get().possession());
        };
        assert_eq!(dpop.key(), &verifying_key(holder));
        assert_eq!(access.get().token().subject, "user:alice");
    }
}

#[test]
fn a_proof_is_of_no_use_with_another_token_or_by_another_key() {
    let token = access_token(&bound_claims("planner"), "as", "k1");
    let other = access_token(&bound_claims("planner").with("jti", "token-2"), "as", "k1");
    let unbound = access_token(&claims(), "as", "k1");
    let proof = |access_token, signer: &str| {
        dpop::sign(&DpopFor { access_token, ..plain() }, &world::key(signer)).unwrap()
    };
    assert_eq!(told(presented(&token, &proof(Some(&token), "planner"))), "ok");
    for (shown, proof) in [
        (&token, proof(Some(&other), "planner")),
        (&token, proof(None, "planner")),
        (&token, proof(Some(&token), "mallory")),
        (&unbound, proof(Some(&unbound), "planner")),
    ] {
        assert_eq!(told(presented(shown, &proof)), "J8 holder_binding_failed");
    }
}

#[test]
fn a_flipped_bit_is_refused() {
    let theirs = made(&claims_of(&proof()), "p256:planner");
    for text in [proof(), theirs] {
        let mut tried = 0;
        let first = verify(&text).unwrap().get().key().clone();
        for flipped in flips(&text) {
            // Another key in the header would be another maker; it did not sign.
            assert!(verify(&flipped).is_err(), "{flipped}");
            tried += 1;
        }
        assert_eq!(tried, text.len() * 7);
        assert_eq!(verify(&text).unwrap().get().key(), &first);
    }
}
