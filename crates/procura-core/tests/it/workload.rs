//! Workload tokens: a trust domain's word, and a proof for one request.

use procura_core::{
    hash::Digest,
    json::Object,
    key::{NamedKey, VerifyingKey},
    limits,
    proof::{Domain, Verified, Workload, WorkloadRules, WptRules, verify_wit},
    refusal::Refusal,
    time::Seconds,
    workload::{Tokens, WitFor, WorkloadId, WptFor, sign_wit, sign_wpt},
};
use procura_testkit::world::{self, NOW};

use crate::foreign::{after, before, compact, flips, text, told, verifying_key};
use crate::forge::{Change, apply, claims_of, header_of};

const AUDIENCE: &str = "https://tool.example/run";

fn domains() -> Vec<Domain> {
    let domain = |name: &str, keys: &[&str]| Domain {
        name: name.into(),
        issuer: Some(format!("https://{name}")),
        keys: keys
            .iter()
            .map(|key| NamedKey { id: (*key).into(), key: verifying_key(key) })
            .collect(),
    };
    vec![
        domain("procura.test", &["identity", "p256:identity"]),
        domain("other.test", &["other-identity"]),
    ]
}

fn wit_rules(domains: &[Domain]) -> WorkloadRules<'_> {
    WorkloadRules { domains, max_lifetime: limits::WORKLOAD_TOKEN_LIFETIME, now: NOW }
}

fn wpt_rules() -> WptRules<'static> {
    WptRules { audience: AUDIENCE, tokens: Tokens::default(), nonce: None, action: None, now: NOW }
}

fn id() -> WorkloadId {
    WorkloadId::parse("spiffe://procura.test/agent/planner").unwrap()
}

/// What the trust domain says of the holder `name`.
fn wit(name: &str) -> String {
    let wit = WitFor {
        workload: &id(),
        key: &verifying_key(name),
        issuer: "https://procura.test",
        id: "wit-1",
        issued: before(60),
        expires: after(3600),
    };
    sign_wit(&wit, "identity", &world::key("identity")).unwrap()
}

fn plain(wit: &str) -> WptFor<'_> {
    WptFor {
        id: "proof-1",
        audience: AUDIENCE,
        wit,
        tokens: Tokens::default(),
        nonce: None,
        action: None,
        expires: after(60),
    }
}

fn wpt(wit: &str) -> String {
    sign_wpt(&plain(wit), &world::key("planner")).unwrap()
}

fn verify(wit: &str, wpt: &str) -> Result<Verified<Workload>, Refusal> {
    verify_under(wit, wpt, &wpt_rules())
}

fn verify_under(wit: &str, wpt: &str, rules: &WptRules<'_>) -> Result<Verified<Workload>, Refusal> {
    let domains = domains();
    verify_wit(wit, &wit_rules(&domains))?.with_wpt(wpt, rules)
}

fn wit_told(wit: &str) -> String {
    let domains = domains();
    told(verify_wit(wit, &wit_rules(&domains)))
}

fn changed_wit(changes: &[Change]) -> String {
    let original = wit("planner");
    let mut claims = claims_of(&original);
    changes.iter().for_each(|change| apply(&mut claims, *change));
    compact(&header_of(&original), &text(&claims), "identity")
}

fn changed_wpt(changes: &[Change]) -> String {
    let original = wpt(&wit("planner"));
    let mut claims = claims_of(&original);
    changes.iter().for_each(|change| apply(&mut claims, *change));
    compact(&header_of(&original), &text(&claims), "planner")
}

#[test]
fn a_workload_that_proves_its_key_is_who_its_domain_says() {
    let wit = wit("planner");
    let workload = verify(&wit, &wpt(&wit)).unwrap();
    let workload = workload.get();
    assert_eq!(workload.id(), &id());
    assert_eq!(workload.key(), &verifying_key("planner"));
    assert_eq!((workload.token_id(), workload.expires()), (Some("wit-1"), after(3600)));
    assert_eq!(header_of(&wit), r#"{"alg":"EdDSA","kid":"identity","typ":"wit+jwt"}"#);
}

#[test]
fn a_domain_and_a_workload_may_have_keys_of_either_kind() {
    let original = wit("p256:planner");
    let header = r#"{"alg":"ES256","kid":"p256:identity","typ":"wit+jwt"}"#;
    let theirs = compact(header, &text(&claims_of(&original)), "p256:identity");
    let mut claims = claims_of(&wpt(&wit("planner")));
    claims.set("wth", Digest::of(theirs.as_bytes()).to_base64url());
    let proof = compact(r#"{"alg":"ES256","typ":"wpt+jwt"}"#, &text(&claims), "p256:planner");
    assert_eq!(told(verify(&theirs, &proof)), "ok");
    let proof = compact(r#"{"alg":"EdDSA","typ":"wpt+jwt"}"#, &text(&claims), "p256:planner");
    assert_eq!(told(verify(&theirs, &proof)), "W7 alg_or_type_refused");
}

#[test]
fn an_id_has_one_spelling() {
    for good in ["spiffe://td/a", "wimse://example.com/svcA", "spiffe://a-b_c.d1/x/Y.z_-9"] {
        assert_eq!(WorkloadId::parse(good).unwrap().to_string(), good);
    }
    for bad in [
        "",
        "spiffe://td",
        "spiffe://td/",
        "spiffe:///a",
        "spiffe://TD/a",
        "SPIFFE://td/a",
        "https://td/a",
        "spiffe://td:1/a",
        "spiffe://u@td/a",
        "spiffe://td/a/",
        "spiffe://td//a",
        "spiffe://td/./a",
        "spiffe://td/../a",
        "spiffe://td/a%2fb",
        "spiffe://td/a?b",
        "spiffe://td/a#b",
        "spiffe://td/ä",
        "wimse://td/a b",
    ] {
        assert_eq!(WorkloadId::parse(bad), None, "{bad}");
    }
    let long = |length: usize| format!("spiffe://td/{}", "a".repeat(length - 12));
    assert!(WorkloadId::parse(&long(limits::WORKLOAD_ID_BYTES)).is_some());
    assert!(WorkloadId::parse(&long(limits::WORKLOAD_ID_BYTES + 1)).is_none());
}

#[test]
fn no_domain_names_workloads_of_another() {
    let of = |sub: &str, issuer: &str, signer: &str| {
        let claims = claims_of(&wit("planner")).with("sub", sub).with("iss", issuer);
        let header = format!(r#"{{"alg":"EdDSA","kid":"{signer}","typ":"wit+jwt"}}"#);
        wit_told(&compact(&header, &text(&claims), signer))
    };
    let (ours, theirs) = ("spiffe://procura.test/a", "spiffe://other.test/a");
    assert_eq!(of(ours, "https://procura.test", "identity"), "ok");
    assert_eq!(of(theirs, "https://other.test", "other-identity"), "ok");
    assert_eq!(of(theirs, "https://other.test", "identity"), "W3 untrusted_root");
    assert_eq!(of(ours, "https://procura.test", "other-identity"), "W3 untrusted_root");
    assert_eq!(of(ours, "https://other.test", "identity"), "W3 issuer_mismatch");
    assert_eq!(of("spiffe://evil.test/a", "https://evil.test", "identity"), "W3 untrusted_root");
}

#[test]
fn jwt_07_a_claim_of_an_identity_token_has_its_type() {
    let jwk = |members: &str| {
        let x = verifying_key("planner").to_jwk().get("x").unwrap().as_str().unwrap().to_owned();
        let members = members.replace("X", &format!(r#""crv":"Ed25519","kty":"OKP","x":"{x}""#));
        &*members.leak()
    };
    for (name, value, outcome) in [
        ("sub", None, "W4 malformed"),
        ("sub", Some("1"), "W4 malformed"),
        ("sub", Some(r#""planner""#), "W4 malformed"),
        ("exp", None, "W4 malformed"),
        ("exp", Some(r#""1800003600""#), "W4 malformed"),
        ("exp", Some("1e20"), "W4 malformed"),
        ("iat", Some("null"), "W4 malformed"),
        ("iat", None, "ok"),
        ("iss", None, "ok"),
        ("iss", Some("1"), "W4 malformed"),
        ("jti", None, "ok"),
        ("jti", Some("1"), "W4 malformed"),
        ("cnf", None, "W4 malformed"),
        ("cnf", Some("{}"), "W4 malformed"),
        ("cnf", Some(r#"{"jkt":"AAAA"}"#), "W4 malformed"),
        ("cnf", Some(jwk(r#"{"jwk":{"alg":"EdDSA",X}}"#)), "ok"),
        ("cnf", Some(jwk(r#"{"jwk":{"alg":"Ed25519",X}}"#)), "ok"),
        ("cnf", Some(jwk(r#"{"jwk":{X}}"#)), "W4 malformed"),
        ("cnf", Some(jwk(r#"{"jwk":{"alg":"ES256",X}}"#)), "W4 malformed"),
        ("cnf", Some(jwk(r#"{"jwk":{"alg":"none",X}}"#)), "W4 malformed"),
        ("cnf", Some(jwk(r#"{"jwk":{"alg":"EdDSA","d":"AAAA",X}}"#)), "W4 malformed"),
        ("cnf", Some(jwk(r#"{"jwk":{"alg":"EdDSA",X},"kid":"k"}"#)), "W4 malformed"),
    ] {
        assert_eq!(wit_told(&changed_wit(&[(name, value)])), outcome, "{name} {value:?}");
    }
}

#[test]
fn an_identity_token_has_its_time() {
    let at = |name: &'static str, seconds: i64| {
        wit_told(&changed_wit(&[(name, Some(seconds.to_string().leak()))]))
    };
    let now = NOW.as_seconds();
    let day = i64::from(limits::WORKLOAD_TOKEN_LIFETIME.as_u32());
    assert_eq!(at("exp", now + 1), "ok");
    assert_eq!(at("exp", now), "W5 expired");
    assert_eq!(at("iat", now + 30), "ok");
    assert_eq!(at("iat", now + 31), "W5 not_yet_valid");
    assert_eq!(at("nbf", now + 31), "W5 not_yet_valid");
    assert_eq!(at("exp", now - 60 + day), "ok");
    assert_eq!(at("exp", now - 59 + day), "W5 too_large");
    let endless = changed_wit(&[("iat", None), ("exp", Some((now + day + 1).to_string().leak()))]);
    assert_eq!(wit_told(&endless), "W5 too_large");
    let domains = domains();
    let short = WorkloadRules { max_lifetime: Seconds::new(3659), ..wit_rules(&domains) };
    assert_eq!(told(verify_wit(&wit("planner"), &short)), "W5 too_large");
}

#[test]
fn jwt_01_and_02_and_03_and_04_and_06_the_headers_of_both_tokens_are_strict() {
    let (wit, proof) = (wit("planner"), wpt(&wit("planner")));
    let (wit_claims, wpt_claims) = (text(&claims_of(&wit)), text(&claims_of(&proof)));
    let jwk = text(&verifying_key("mallory").to_jwk());
    for member in [
        r#""alg":"none""#.to_owned(),
        r#""alg":"HS256""#.into(),
        r#""alg":"EdDSA","crit":["x"]"#.into(),
        r#""alg":"EdDSA","b64":false"#.into(),
        r#""alg":"EdDSA","jku":"https://mallory.example""#.into(),
        r#""alg":"EdDSA","x5c":["MIIB"]"#.into(),
        format!(r#""alg":"EdDSA","jwk":{jwk}"#),
    ] {
        let header = format!(r#"{{{member},"kid":"identity","typ":"wit+jwt"}}"#);
        let bad = compact(&header, &wit_claims, "identity");
        assert_eq!(wit_told(&bad), "W2 alg_or_type_refused", "{member}");
        let bad = compact(&format!(r#"{{{member},"typ":"wpt+jwt"}}"#), &wpt_claims, "planner");
        assert_eq!(told(verify(&wit, &bad)), "W7 alg_or_type_refused", "{member}");
    }
    // Right for the key, and not the one that the identity token names.
    let other = compact(r#"{"alg":"Ed25519","typ":"wpt+jwt"}"#, &wpt_claims, "planner");
    assert_eq!(told(verify(&wit, &other)), "W7 alg_or_type_refused");
}

#[test]
fn jwt_08_neither_token_stands_in_for_another() {
    let (wit, proof) = (wit("planner"), wpt(&wit("planner")));
    assert_eq!(wit_told(&proof), "W2 alg_or_type_refused");
    assert_eq!(told(verify(&wit, &wit)), "W7 alg_or_type_refused");
    for typ in ["JWT", "at+jwt", "dpop+jwt", "aat+jwt", "WIT+JWT", "application/wit+jwt"] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"identity","typ":"{typ}"}}"#);
        let bad = compact(&header, &text(&claims_of(&wit)), "identity");
        assert_eq!(wit_told(&bad), "W2 alg_or_type_refused", "{typ}");
    }
    for bad in ["", "a.b", "a.b.c", "..", &format!("{wit},{wit}")] {
        assert_eq!(wit_told(bad), "W1 malformed", "{bad}");
        assert_eq!(told(verify(&wit, bad)), "W6 malformed", "{bad}");
    }
    let large = format!("{wit}{}", "A".repeat(limits::FOREIGN_TOKEN_BYTES));
    assert_eq!(wit_told(&large), "W1 too_large");
    assert_eq!(told(verify(&wit, &large)), "W6 too_large");
}

#[test]
fn a_proof_is_by_the_workloads_key_for_its_identity_token() {
    let (wit, other) = (wit("planner"), changed_wit(&[("jti", Some(r#""wit-2""#))]));
    let claims = text(&claims_of(&wpt(&wit)));
    let forged = compact(r#"{"alg":"EdDSA","typ":"wpt+jwt"}"#, &claims, "mallory");
    assert_eq!(told(verify(&wit, &forged)), "W8 signature_invalid");
    assert_eq!(told(verify(&wit, &wpt(&other))), "W12 holder_binding_failed");
    let wrong = sign_wpt(&plain(&wit), &world::key("mallory"));
    assert_eq!(told(wrong), "W8 holder_binding_failed");
}

#[test]
fn jwt_07_a_claim_of_a_proof_has_its_type() {
    let wit = wit("planner");
    for (name, value) in [
        ("aud", None),
        ("aud", Some(r#"["https://tool.example/run"]"#)),
        ("jti", None),
        ("jti", Some("1")),
        ("exp", None),
        ("exp", Some(r#""1800000060""#)),
        ("exp", Some("1800000060.5")),
        ("wth", None),
        ("wth", Some(r#""short""#)),
        ("ath", Some("1")),
        ("tth", Some("1")),
        ("oth", Some("[]")),
        ("oth", Some("null")),
        ("nonce", Some("1")),
        ("acd", Some("1")),
        ("iat", Some(r#""now""#)),
    ] {
        let bad = changed_wpt(&[(name, value)]);
        assert_eq!(told(verify(&wit, &bad)), "W9 malformed", "{name} {value:?}");
    }
}

#[test]
fn a_proof_is_for_one_recipient() {
    let wit = wit("planner");
    let to = |audience: &str, ours: &'static str| {
        let proof = sign_wpt(&WptFor { audience, ..plain(&wit) }, &world::key("planner")).unwrap();
        told(verify_under(&wit, &proof, &WptRules { audience: ours, ..wpt_rules() }))
    };
    assert_eq!(to("https://TOOL.example:443/run", AUDIENCE), "ok");
    assert_eq!(to(AUDIENCE, "https://tool.example/run?x=1"), "ok");
    assert_eq!(to("urn:procura:stdio:files", "urn:procura:stdio:files"), "ok");
    for (claimed, ours) in [
        ("https://tool.example/run/", AUDIENCE),
        ("http://tool.example/run", AUDIENCE),
        ("https://evil.example/run", AUDIENCE),
        ("urn:procura:stdio:Files", "urn:procura:stdio:files"),
        ("", AUDIENCE),
    ] {
        assert_eq!(to(claimed, ours), "W10 audience_mismatch", "{claimed}");
    }
}

#[test]
fn rpl_05_and_06_a_proof_is_good_for_minutes() {
    let wit = wit("planner");
    let at = |name: &'static str, seconds: i64| {
        told(verify(&wit, &changed_wpt(&[(name, Some(seconds.to_string().leak()))])))
    };
    let now = NOW.as_seconds();
    assert_eq!(at("exp", now + 1), "ok");
    assert_eq!(at("exp", now), "W11 expired");
    assert_eq!(at("exp", now + 300), "ok");
    assert_eq!(at("exp", now + 301), "W11 too_large");
    assert_eq!(at("iat", now + 30), "ok");
    assert_eq!(at("iat", now + 31), "W11 not_yet_valid");
    assert_eq!(at("nbf", now + 31), "W11 not_yet_valid");
}

#[test]
fn rpl_01_a_replay_is_known_by_key_and_id() {
    let wit = wit("planner");
    let key = |proof: &WptFor<'_>| {
        let proof = sign_wpt(proof, &world::key("planner")).unwrap();
        verify(&wit, &proof).unwrap().get().replay_key()
    };
    let first = key(&plain(&wit));
    assert_eq!(key(&WptFor { expires: after(61), ..plain(&wit) }), first);
    assert_ne!(key(&WptFor { id: "proof-2", ..plain(&wit) }), first);
    let workload = verify(&wit, &wpt(&wit)).unwrap();
    assert_eq!(workload.get().forgettable(), after(120));
}

#[test]
fn a_proof_names_exactly_the_tokens_of_the_request() {
    let wit = wit("planner");
    let (others, more): ([_; 1], [_; 2]) =
        ([("aat-chain", "a, b")], [("aat-chain", "a, b"), ("x-user", "u")]);
    let all = Tokens { access: Some("at"), transaction: Some("tt"), others: &others };
    let signed =
        |tokens| sign_wpt(&WptFor { tokens, ..plain(&wit) }, &world::key("planner")).unwrap();
    let judged = |signed_for, sent: Tokens<'_>| {
        let (proof, rules) = (signed(signed_for), WptRules { tokens: sent, ..wpt_rules() });
        told(verify_under(&wit, &proof, &rules))
    };
    let none = Tokens::default();
    assert_eq!(judged(all, all), "ok");
    assert_eq!(judged(none, none), "ok");
    let spaced = [("aat-chain", "  a, b ")];
    assert_eq!(judged(all, Tokens { others: &spaced, ..all }), "ok");
    let changed = [("aat-chain", "a, c")];
    let twice = [("aat-chain", "a, b"), ("aat-chain", "a, b")];
    for sent in [
        none,
        Tokens { access: None, ..all },
        Tokens { access: Some("other"), ..all },
        Tokens { transaction: None, ..all },
        Tokens { transaction: Some("other"), ..all },
        Tokens { others: &[], ..all },
        Tokens { others: &changed, ..all },
        Tokens { others: &more, ..all },
    ] {
        assert_eq!(judged(all, sent), "W12 holder_binding_failed", "{sent:?}");
        assert_eq!(judged(sent, all), "W12 holder_binding_failed", "{sent:?}");
    }
    let tokens = Tokens { others: &twice, ..all };
    assert_eq!(judged(all, tokens), "W12 holder_binding_failed");
    for others in [&twice[..], &[("Aat-Chain", "a")]] {
        let tokens = Tokens { others, ..all };
        let refused = sign_wpt(&WptFor { tokens, ..plain(&wit) }, &world::key("planner"));
        assert_eq!(told(refused), "W12 malformed");
    }
}

#[test]
fn an_unknown_entry_of_other_tokens_is_refused() {
    let wit = wit("planner");
    let unknown = r#"{"x-secret":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}"#;
    let proof = changed_wpt(&[("oth", Some(unknown))]);
    assert_eq!(told(verify(&wit, &proof)), "W12 holder_binding_failed");
    let proof = changed_wpt(&[("oth", Some(r#"{"x":1}"#))]);
    assert_eq!(told(verify(&wit, &proof)), "W12 holder_binding_failed");
    let others = [("x", "v")];
    let tokens = Tokens { others: &others, ..Tokens::default() };
    let rules = WptRules { tokens, ..wpt_rules() };
    assert_eq!(told(verify_under(&wit, &proof, &rules)), "W9 malformed");
}

#[test]
fn a_nonce_and_an_action_that_were_asked_for_must_be_there() {
    let wit = wit("planner");
    let (action, other) = (Digest::of(b"this"), Digest::of(b"that"));
    let signed = |nonce, action: Option<&Digest>| {
        sign_wpt(&WptFor { nonce, action, ..plain(&wit) }, &world::key("planner")).unwrap()
    };
    let asked = WptRules { nonce: Some("n-1"), action: Some(&action), ..wpt_rules() };
    let judged = |proof: &str| told(verify_under(&wit, proof, &asked));
    assert_eq!(judged(&signed(Some("n-1"), Some(&action))), "ok");
    assert_eq!(judged(&signed(Some("n-2"), Some(&action))), "W13 nonce_required");
    assert_eq!(judged(&signed(None, Some(&action))), "W13 nonce_required");
    assert_eq!(judged(&signed(Some("n-1"), Some(&other))), "W14 holder_binding_failed");
    assert_eq!(judged(&signed(Some("n-1"), None)), "W14 holder_binding_failed");
    assert_eq!(told(verify(&wit, &signed(Some("n-2"), Some(&other)))), "ok");
}

#[test]
fn a_flipped_bit_of_either_token_is_refused() {
    let wit = wit("planner");
    let proof = wpt(&wit);
    for flipped in flips(&wit) {
        assert!(verify(&flipped, &proof).is_err(), "{flipped}");
    }
    for flipped in flips(&proof) {
        assert!(verify(&wit, &flipped).is_err(), "{flipped}");
    }
}

#[test]
fn what_is_signed_here_has_the_shape_of_its_draft() {
    let wit = wit("planner");
    let jwk = verifying_key("planner").to_jwk().with("alg", "EdDSA");
    let cnf = Object::new().with("jwk", jwk);
    let claims = claims_of(&wit);
    assert_eq!(text(claims.get("cnf").unwrap().as_object().unwrap()), text(&cnf));
    let proof = wpt(&wit);
    assert_eq!(header_of(&proof), r#"{"alg":"EdDSA","typ":"wpt+jwt"}"#);
    let expected = Digest::of(wit.as_bytes()).to_base64url();
    assert_eq!(claims_of(&proof).get("wth").unwrap().as_str(), Some(expected.as_str()));
    assert!(matches!(verifying_key("p256:planner"), VerifyingKey::P256(_)));
}
