//! Access tokens: who may issue them, what they must say, and who may use them.

use std::fmt::Write as _;

use expect_test::expect;
use procura_core::{
    access_token::AccessToken,
    limits,
    proof::{Access, Possession, Standing, TokenRules, Verified, verify_access_token},
    refusal::{Outcome, Refusal},
    time::Seconds,
};
use procura_testkit::world::{self, NOW};

use crate::foreign::{
    ISSUER, OTHER_ISSUER, access_token, after, before, bound_claims, claims, compact, flips,
    issuers, raw, text, token_rules, told, verifying_key,
};
use crate::forge::{Change, apply};

pub(crate) fn bearer(token: &str) -> Result<Verified<Access>, Refusal> {
    bearer_under(token, |rules| rules)
}

fn bearer_under(
    token: &str,
    change: impl FnOnce(TokenRules<'_>) -> TokenRules<'_>,
) -> Result<Verified<Access>, Refusal> {
    let issuers = issuers();
    let rules = change(token_rules(&issuers));
    verify_access_token(token, &rules)?.into_bearer()?.standing(|_| Standing::Unknown)
}

/// The token of the good claims, changed.
pub(crate) fn changed(changes: &[Change]) -> String {
    let mut claims = claims();
    changes.iter().for_each(|change| apply(&mut claims, *change));
    access_token(&claims, "as", "k1")
}

/// Prints what becomes of the good token with each change.
fn table(changes: &[Change]) -> String {
    let mut table = String::new();
    for (name, value) in changes {
        let outcome = told(bearer(&changed(&[(name, *value)])));
        writeln!(table, "{outcome:<26} {name}: {}", value.unwrap_or("–")).unwrap();
    }
    table
}

fn under_header(header: &str, signer: &str) -> String {
    told(bearer(&compact(header, &text(&claims()), signer)))
}

pub(crate) fn token_of(token: &str) -> AccessToken {
    bearer(token).unwrap().get().token().clone()
}

#[test]
fn a_token_of_a_trusted_issuer_is_read() {
    for (signer, kid) in [("as", "k1"), ("p256:as", "k2"), ("as-next", "k3")] {
        let access = bearer(&access_token(&claims(), signer, kid)).unwrap();
        assert!(matches!(access.get().possession(), Possession::Bearer));
        let token = access.get().token();
        assert_eq!((token.issuer.as_str(), token.subject.as_str()), (ISSUER, "user:alice"));
        assert_eq!(token.client_id, "spiffe://procura.test/agent/planner");
        assert_eq!(token.audience, [world::AUDIENCE]);
        assert_eq!((token.issued, token.expires), (before(60), after(300)));
        assert_eq!(token.scope, ["issues:read", "issues:write"]);
        assert_eq!((&token.actor, &token.not_before), (&None, &None));
        assert!(token.details.is_empty() && token.status.is_none());
    }
}

#[test]
fn jwt_01_a_token_without_a_signature_is_refused() {
    let header = |alg: &str| format!(r#"{{"alg":{alg},"kid":"k1","typ":"at+jwt"}}"#);
    for alg in [r#""none""#, r#""None""#, r#""nOnE""#, r#""""#, "null", r#"["EdDSA"]"#] {
        assert_eq!(under_header(&header(alg), "as"), "J2 alg_or_type_refused", "{alg}");
    }
    assert_eq!(under_header(r#"{"kid":"k1","typ":"at+jwt"}"#, "as"), "J2 alg_or_type_refused");
    let good = access_token(&claims(), "as", "k1");
    let (input, _) = good.rsplit_once('.').unwrap();
    assert_eq!(told(bearer(&format!("{input}."))), "J3 signature_invalid");
    assert_eq!(told(bearer(input)), "J1 malformed");
}

#[test]
fn jwt_02_a_public_key_is_no_secret_and_chooses_the_algorithm() {
    let header =
        |alg: &str, kid: &str| format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt"}}"#);
    for alg in ["HS256", "HS384", "HS512", "RS256", "PS256", "ES384", "ES256K", "Ed448"] {
        for kid in ["k1", "k2"] {
            assert_eq!(under_header(&header(alg, kid), "as"), "J2 alg_or_type_refused");
        }
    }
    // A good signature under the key, and the name of another algorithm in the header.
    assert_eq!(under_header(&header("ES256", "k1"), "as"), "J3 alg_or_type_refused");
    assert_eq!(under_header(&header("EdDSA", "k2"), "p256:as"), "J3 alg_or_type_refused");
    assert_eq!(under_header(&header("Ed25519", "k1"), "as"), "ok");
    assert_eq!(under_header(&header("ES256", "k2"), "p256:as"), "ok");
}

#[test]
fn jwt_03_and_04_a_header_that_brings_a_key_or_an_address_is_refused() {
    let mallory = text(&verifying_key("mallory").to_jwk());
    for parameter in [
        format!(r#""jwk":{mallory}"#),
        r#""jwk":null"#.into(),
        r#""x5c":["MIIB"]"#.into(),
        r#""x5t":"AAAA""#.into(),
        r##""x5t#S256":"AAAA""##.into(),
        r#""jku":"https://mallory.example/keys""#.into(),
        r#""jku":"file:///etc/passwd""#.into(),
        r#""x5u":"data:,x""#.into(),
        r#""x5u":"http://169.254.169.254/""#.into(),
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"k1",{parameter},"typ":"at+jwt"}}"#);
        for signer in ["mallory", "as"] {
            assert_eq!(under_header(&header, signer), "J2 alg_or_type_refused", "{parameter}");
        }
    }
}

#[test]
fn jwt_05_a_key_id_is_compared_and_nothing_else() {
    for kid in ["../../dev/null", "x' OR 1=1--", "\\u0000", "k1#", "K1", " k1", "", "k4"] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#);
        assert_eq!(under_header(&header, "as"), "J3 untrusted_root", "{kid}");
    }
    for kid in ["1", "null", "[\"k1\"]", "{}"] {
        let header = format!(r#"{{"alg":"EdDSA","kid":{kid},"typ":"at+jwt"}}"#);
        assert_eq!(under_header(&header, "as"), "J2 alg_or_type_refused", "{kid}");
    }
    let long = "k".repeat(64 * 1024);
    let header = format!(r#"{{"alg":"EdDSA","kid":"{long}","typ":"at+jwt"}}"#);
    assert_eq!(under_header(&header, "as"), "J1 too_large");
    // It names another key of the issuer than the one that signed.
    let header = r#"{"alg":"EdDSA","kid":"k3","typ":"at+jwt"}"#;
    assert_eq!(under_header(header, "as"), "J3 signature_invalid");
    // Without one, the keys of the issuer are tried.
    let header = r#"{"alg":"EdDSA","typ":"at+jwt"}"#;
    assert_eq!(under_header(header, "as-next"), "ok");
    assert_eq!(under_header(header, "mallory"), "J3 signature_invalid");
}

#[test]
fn without_a_key_id_only_so_many_keys_are_tried() {
    let mut issuers = issuers();
    let key = |number: usize| procura_core::key::NamedKey {
        id: format!("key-{number}"),
        key: verifying_key(&format!("server-{number}")),
    };
    issuers[0].keys = (0..=limits::KEYS_TRIED).map(key).collect();
    let header = r#"{"alg":"EdDSA","typ":"at+jwt"}"#;
    let verify = |signer: &str| {
        let token = compact(header, &text(&claims()), signer);
        told(verify_access_token(&token, &token_rules(&issuers)))
    };
    assert_eq!(verify("server-7"), "ok");
    assert_eq!(verify("server-8"), "J3 signature_invalid");
}

#[test]
fn jwt_06_what_is_critical_is_refused() {
    for parameter in [
        r#""crit":["exp"],"exp":1"#,
        r#""crit":[]"#,
        r#""crit":"exp""#,
        r#""crit":null"#,
        r#""crit":["b64"],"b64":false"#,
        r#""b64":false"#,
        r#""b64":true"#,
    ] {
        let header = format!(r#"{{"alg":"EdDSA",{parameter},"kid":"k1","typ":"at+jwt"}}"#);
        assert_eq!(under_header(&header, "as"), "J2 alg_or_type_refused", "{parameter}");
    }
}

#[test]
fn jwt_07_a_claim_of_another_type_is_refused() {
    let mut changes: Vec<Change> = Vec::new();
    for name in ["exp", "iat"] {
        for value in [r#""1800000100""#, "1800000100.5", "-1", "1e20", "1.8e9", "null", "[]"] {
            changes.push((name, Some(value)));
        }
        changes.push((name, None));
    }
    for name in ["iss", "sub", "client_id", "jti"] {
        changes.extend([(name, Some("1")), (name, Some(r#""""#)), (name, Some("null"))]);
        changes.extend([(name, Some("[]")), (name, None)]);
    }
    for value in ["1", r#""""#, "null", "[]", "[1]", r#"[""]"#, "{}"] {
        changes.push(("aud", Some(value)));
    }
    changes.push(("aud", None));
    let header = r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#;
    for (name, value) in changes {
        let token = compact(header, &raw(&claims(), name, value), "as");
        assert_eq!(told(bearer(&token)), "J4 malformed", "{name}: {value:?}");
    }
}

#[test]
fn an_optional_claim_of_another_type_is_no_absence() {
    expect![[r#"
        ok                         nbf: 1800000000
        J4 malformed               nbf: "1800000000"
        J4 malformed               nbf: null
        ok                         scope: "a"
        J4 malformed               scope: ""
        J4 malformed               scope: "a  b"
        J4 malformed               scope: " a"
        J4 malformed               scope: "a\u0009b"
        J4 malformed               scope: "a\"b"
        J4 malformed               scope: ["a"]
        ok                         act: {"sub":"agent"}
        J4 malformed               act: {}
        J4 malformed               act: "agent"
        J4 malformed               act: {"sub":1}
        J4 malformed               act: {"sub":"agent","iss":1}
        J4 malformed               act: {"sub":"agent","act":[]}
        J7 malformed               cnf: {}
        J7 malformed               cnf: null
        J7 malformed               cnf: "key"
        J7 malformed               cnf: {"jkt":1}
        J7 malformed               cnf: {"jkt":"short"}
        J7 malformed               cnf: {"jwk":"key"}
        J7 malformed               cnf: {"jwk":{"kty":"oct","k":"AAAA"}}
        J7 holder_binding_failed   cnf: {"x5t#S256":"AAAA"}
        J7 holder_binding_failed   cnf: {"kid":"k"}
        J9 malformed               authorization_details: {}
        J9 malformed               authorization_details: [1]
        J9 malformed               authorization_details: [{}]
        J9 malformed               authorization_details: [{"type":1}]
        ok                         authorization_details: []
        ok                         authorization_details: [{"type":"payment","amount":5}]
        J10 malformed              status: 1
        J10 status_unknown         status: {}
        J10 status_unknown         status: {"status_attestation":{}}
        J10 malformed              status: {"status_list":{"idx":1}}
        J10 malformed              status: {"status_list":{"idx":-1,"uri":"https://as.example/s"}}
        J10 malformed              status: {"status_list":{"idx":"1","uri":"https://as.example/s"}}
        J10 status_unknown         status: {"status_list":{"idx":1,"uri":"https://as.example/s"}}
    "#]]
    .assert_eq(&table(&[
        ("nbf", Some("1800000000")),
        ("nbf", Some(r#""1800000000""#)),
        ("nbf", Some("null")),
        ("scope", Some(r#""a""#)),
        ("scope", Some(r#""""#)),
        ("scope", Some(r#""a  b""#)),
        ("scope", Some(r#"" a""#)),
        ("scope", Some(r#""a\u0009b""#)),
        ("scope", Some(r#""a\"b""#)),
        ("scope", Some(r#"["a"]"#)),
        ("act", Some(r#"{"sub":"agent"}"#)),
        ("act", Some("{}")),
        ("act", Some(r#""agent""#)),
        ("act", Some(r#"{"sub":1}"#)),
        ("act", Some(r#"{"sub":"agent","iss":1}"#)),
        ("act", Some(r#"{"sub":"agent","act":[]}"#)),
        ("cnf", Some("{}")),
        ("cnf", Some("null")),
        ("cnf", Some(r#""key""#)),
        ("cnf", Some(r#"{"jkt":1}"#)),
        ("cnf", Some(r#"{"jkt":"short"}"#)),
        ("cnf", Some(r#"{"jwk":"key"}"#)),
        ("cnf", Some(r#"{"jwk":{"kty":"oct","k":"AAAA"}}"#)),
        ("cnf", Some(r##"{"x5t#S256":"AAAA"}"##)),
        ("cnf", Some(r#"{"kid":"k"}"#)),
        ("authorization_details", Some("{}")),
        ("authorization_details", Some("[1]")),
        ("authorization_details", Some("[{}]")),
        ("authorization_details", Some(r#"[{"type":1}]"#)),
        ("authorization_details", Some("[]")),
        ("authorization_details", Some(r#"[{"type":"payment","amount":5}]"#)),
        ("status", Some("1")),
        ("status", Some("{}")),
        ("status", Some(r#"{"status_attestation":{}}"#)),
        ("status", Some(r#"{"status_list":{"idx":1}}"#)),
        ("status", Some(r#"{"status_list":{"idx":-1,"uri":"https://as.example/s"}}"#)),
        ("status", Some(r#"{"status_list":{"idx":"1","uri":"https://as.example/s"}}"#)),
        ("status", Some(r#"{"status_list":{"idx":1,"uri":"https://as.example/s"}}"#)),
    ]));
}

#[test]
fn jwt_08_a_token_of_another_type_is_no_access_token() {
    for typ in [
        "JWT",
        "jwt",
        "dpop+jwt",
        "aat+jwt",
        "aat-pop+jwt",
        "wit+jwt",
        "wpt+jwt",
        "statuslist+jwt",
        "secevent+jwt",
        "AT+JWT",
        "application/jwt",
        "",
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"k1","typ":"{typ}"}}"#);
        assert_eq!(under_header(&header, "as"), "J2 alg_or_type_refused", "{typ}");
    }
    assert_eq!(under_header(r#"{"alg":"EdDSA","kid":"k1"}"#, "as"), "J2 alg_or_type_refused");
    // RFC 9068, section 4.
    let header = r#"{"alg":"EdDSA","kid":"k1","typ":"application/at+jwt"}"#;
    assert_eq!(under_header(header, "as"), "ok");
}

#[test]
fn no_issuer_signs_in_the_name_of_another() {
    let of = |issuer: &str, signer: &str| {
        let token = access_token(&claims().with("iss", issuer), signer, "k1");
        told(bearer(&token))
    };
    assert_eq!(of(ISSUER, "as"), "ok");
    assert_eq!(of(OTHER_ISSUER, "other-as"), "ok");
    assert_eq!(of(OTHER_ISSUER, "as"), "J3 signature_invalid");
    assert_eq!(of(ISSUER, "other-as"), "J3 signature_invalid");
    for unknown in ["https://as.example/", "https://AS.example", "http://as.example"] {
        assert_eq!(of(unknown, "as"), "J3 untrusted_root", "{unknown}");
    }
}

#[test]
fn an_audience_is_compared_byte_for_byte() {
    let of = |audience: String| told(bearer(&changed(&[("aud", Some(audience.leak()))])));
    let ours = world::AUDIENCE;
    assert_eq!(of(format!(r#""{ours}""#)), "ok");
    assert_eq!(of(format!(r#"["https://x.example","{ours}"]"#)), "ok");
    for other in [format!("{ours}/"), ours.to_uppercase(), format!("{ours}:443"), "*".into()] {
        assert_eq!(of(format!(r#""{other}""#)), "J6 audience_mismatch", "{other}");
    }
}

#[test]
fn a_token_has_its_time() {
    let at = |name: &'static str, seconds: i64| {
        let value = seconds.to_string().leak();
        told(bearer(&changed(&[(name, Some(value))])))
    };
    let now = NOW.as_seconds();
    assert_eq!(at("exp", now + 1), "ok");
    assert_eq!(at("exp", now), "J5 expired");
    assert_eq!(at("iat", now + 30), "ok");
    assert_eq!(at("iat", now + 31), "J5 not_yet_valid");
    assert_eq!(at("nbf", now + 30), "ok");
    assert_eq!(at("nbf", now + 31), "J5 not_yet_valid");
    let span = |issued: i64, expires: i64| {
        let claims = claims().with("iat", issued).with("exp", expires);
        told(bearer(&access_token(&claims, "as", "k1")))
    };
    assert_eq!(span(now + 20, now + 20), "J5 malformed");
    assert_eq!(span(now + 20, now + 10), "J5 malformed");
    let day = i64::from(limits::ACCESS_TOKEN_LIFETIME.as_u32());
    assert_eq!(span(now - 5, now - 5 + day), "ok");
    assert_eq!(span(now - 5, now - 4 + day), "J5 too_large");
}

#[test]
fn a_verifier_may_ask_for_a_shorter_life_and_not_for_a_longer_one() {
    let token = access_token(&claims(), "as", "k1");
    let under = |seconds: u32| {
        told(bearer_under(&token, |rules| TokenRules {
            max_lifetime: Seconds::new(seconds),
            ..rules
        }))
    };
    assert_eq!(under(360), "ok");
    assert_eq!(under(359), "J5 too_large");
    let year = claims().with("exp", after(365 * 24 * 3600).as_seconds());
    let token = access_token(&year, "as", "k1");
    let outcome =
        bearer_under(&token, |rules| TokenRules { max_lifetime: Seconds::new(u32::MAX), ..rules });
    assert_eq!(told(outcome), "J5 too_large");
}

#[test]
fn a_token_is_strict_json_within_its_size() {
    let header = r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#;
    let payload = text(&claims());
    let twice = payload.replacen('{', r#"{"sub":"user:bob","#, 1);
    assert_eq!(told(bearer(&compact(header, &twice, "as"))), "J1 duplicate_member");
    for bad in ["", "[]", "{", "{} {}", "null"] {
        assert_eq!(told(bearer(&compact(header, bad, "as"))), "J1 malformed", "{bad}");
    }
    // Base64url takes four characters for three bytes.
    let fill = |length: usize| {
        let filler = "x".repeat(length);
        access_token(&claims().with("filler", filler), "as", "k1")
    };
    let room = limits::FOREIGN_TOKEN_BYTES - fill(0).len();
    let largest = fill(room / 4 * 3);
    assert!(limits::FOREIGN_TOKEN_BYTES - largest.len() < 4, "{}", largest.len());
    assert_eq!(told(bearer(&largest)), "ok");
    assert_eq!(told(bearer(&fill(room / 4 * 3 + 6))), "J1 too_large");
}

#[test]
fn a_name_has_a_longest_length() {
    for name in ["sub", "client_id", "jti"] {
        let of = |length: usize| {
            let claims = claims().with(name, "x".repeat(length));
            told(bearer(&access_token(&claims, "as", "k1")))
        };
        assert_eq!(of(limits::NAME_BYTES), "ok");
        assert_eq!(of(limits::NAME_BYTES + 1), "J4 malformed");
    }
}

#[test]
fn a_flipped_bit_is_refused() {
    for (signer, kid) in [("as", "k1"), ("p256:as", "k2")] {
        let token = access_token(&claims(), signer, kid);
        let mut tried = 0;
        for flipped in flips(&token) {
            assert!(bearer(&flipped).is_err(), "{flipped}");
            tried += 1;
        }
        assert_eq!(tried, token.len() * 7);
    }
}

#[test]
fn what_a_refusal_says_repeats_nothing_of_the_token() {
    let secret = "https://secret.example/0123456789";
    for claims in [
        claims().with("iss", secret),
        claims().with("aud", secret),
        bound_claims("planner").with("sub", secret),
    ] {
        let refusal = bearer(&access_token(&claims, "as", "k1")).unwrap_err();
        assert!(!refusal.reason.contains("secret"), "{}", refusal.reason);
        assert_ne!(refusal.outcome, Outcome::PolicyDenied);
    }
}
