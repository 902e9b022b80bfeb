//! Access tokens of authorization servers (RFC 9068), shown by whoever has them.

use procura_core::json::Object;

use super::foreign::{
    Wrong, add_wrong, compact, keys, other_half, raw, sign_der, thumbprint, verifying_key,
};
use crate::{
    vectors::{
        Case,
        case::{Cases, Expected, deny, output},
        forge::{canonical, malleate, with_signature},
    },
    world,
};

/// The authorization server, and another that is trusted as well.
const ISSUER: &str = "https://as.example";
const OTHER_ISSUER: &str = "https://other.example";

/// What is wrong in one claim.
const CLAIMS: &[Wrong] = &[
    ("iss_missing", "iss", None, ("malformed", "J4")),
    ("iss_number", "iss", Some("1"), ("malformed", "J4")),
    ("iss_list", "iss", Some(r#"["https://as.example"]"#), ("malformed", "J4")),
    ("iss_empty", "iss", Some(r#""""#), ("malformed", "J4")),
    ("iss_stranger", "iss", Some(r#""https://stranger.example""#), ("untrusted_root", "J3")),
    ("iss_with_slash", "iss", Some(r#""https://as.example/""#), ("untrusted_root", "J3")),
    ("iss_capitals", "iss", Some(r#""https://AS.example""#), ("untrusted_root", "J3")),
    ("iss_of_another", "iss", Some(r#""https://other.example""#), ("signature_invalid", "J3")),
    ("sub_missing", "sub", None, ("malformed", "J4")),
    ("sub_empty", "sub", Some(r#""""#), ("malformed", "J4")),
    ("sub_number", "sub", Some("7"), ("malformed", "J4")),
    ("client_id_missing", "client_id", None, ("malformed", "J4")),
    ("client_id_list", "client_id", Some("[]"), ("malformed", "J4")),
    ("jti_missing", "jti", None, ("malformed", "J4")),
    ("jti_number", "jti", Some("1"), ("malformed", "J4")),
    ("aud_missing", "aud", None, ("malformed", "J4")),
    ("aud_empty", "aud", Some(r#""""#), ("malformed", "J4")),
    ("aud_empty_list", "aud", Some("[]"), ("malformed", "J4")),
    (
        "aud_list_with_a_number",
        "aud",
        Some(r#"["https://gateway.procura.test",1]"#),
        ("malformed", "J4"),
    ),
    ("aud_other", "aud", Some(r#""https://other.test""#), ("audience_mismatch", "J6")),
    (
        "aud_with_slash",
        "aud",
        Some(r#""https://gateway.procura.test/""#),
        ("audience_mismatch", "J6"),
    ),
    ("aud_capitals", "aud", Some(r#""https://Gateway.procura.test""#), ("audience_mismatch", "J6")),
    (
        "aud_begins_alike",
        "aud",
        Some(r#""https://gateway.procura.test.evil.example""#),
        ("audience_mismatch", "J6"),
    ),
    (
        "aud_list_of_others",
        "aud",
        Some(r#"["https://a.test","https://b.test"]"#),
        ("audience_mismatch", "J6"),
    ),
    ("iat_missing", "iat", None, ("malformed", "J4")),
    ("iat_text", "iat", Some(r#""1799999940""#), ("malformed", "J4")),
    ("iat_fraction", "iat", Some("1799999940.5"), ("malformed", "J4")),
    ("iat_negative", "iat", Some("-1"), ("malformed", "J4")),
    ("exp_missing", "exp", None, ("malformed", "J4")),
    ("exp_text", "exp", Some(r#""tomorrow""#), ("malformed", "J4")),
    ("exp_null", "exp", Some("null"), ("malformed", "J4")),
    ("exp_exponent", "exp", Some("1.8000003e9"), ("malformed", "J4")),
    ("nbf_text", "nbf", Some(r#""now""#), ("malformed", "J4")),
    ("nbf_true", "nbf", Some("true"), ("malformed", "J4")),
    ("exp_now", "exp", Some("1800000000"), ("expired", "J5")),
    ("exp_before_iat", "exp", Some("1799999000"), ("expired", "J5")),
    ("nbf_31_seconds_ahead", "nbf", Some("1800000031"), ("not_yet_valid", "J5")),
    ("iat_31_seconds_ahead", "iat", Some("1800000031"), ("not_yet_valid", "J5")),
    ("a_day_and_a_second", "exp", Some("1800086341"), ("too_large", "J5")),
    ("scope_number", "scope", Some("1"), ("malformed", "J4")),
    ("scope_list", "scope", Some(r#"["issues:read"]"#), ("malformed", "J4")),
    ("scope_empty", "scope", Some(r#""""#), ("malformed", "J4")),
    ("scope_two_spaces", "scope", Some(r#""issues:read  issues:write""#), ("malformed", "J4")),
    ("scope_space_at_the_end", "scope", Some(r#""issues:read ""#), ("malformed", "J4")),
    ("scope_tab", "scope", Some(r#""issues:read\tissues:write""#), ("malformed", "J4")),
    ("scope_quote", "scope", Some(r#""issues:\"read\"""#), ("malformed", "J4")),
    ("scope_beyond_ascii", "scope", Some(r#""größe""#), ("malformed", "J4")),
    ("act_text", "act", Some(r#""coder""#), ("malformed", "J4")),
    ("act_empty", "act", Some("{}"), ("malformed", "J4")),
    ("act_sub_empty", "act", Some(r#"{"sub":""}"#), ("malformed", "J4")),
    ("act_iss_number", "act", Some(r#"{"iss":1,"sub":"coder"}"#), ("malformed", "J4")),
    ("former_actor_without_sub", "act", Some(r#"{"act":{},"sub":"coder"}"#), ("malformed", "J4")),
    ("former_actor_text", "act", Some(r#"{"act":"x","sub":"coder"}"#), ("malformed", "J4")),
    ("cnf_text", "cnf", Some(r#""key""#), ("malformed", "J7")),
    ("cnf_empty", "cnf", Some("{}"), ("malformed", "J7")),
    ("cnf_null", "cnf", Some("null"), ("malformed", "J7")),
    ("cnf_jkt_number", "cnf", Some(r#"{"jkt":1}"#), ("malformed", "J7")),
    ("cnf_jkt_short", "cnf", Some(r#"{"jkt":"AAAA"}"#), ("malformed", "J7")),
    ("cnf_jwk_text", "cnf", Some(r#"{"jwk":"key"}"#), ("malformed", "J7")),
    ("cnf_jwk_secret", "cnf", Some(r#"{"jwk":{"k":"AAAA","kty":"oct"}}"#), ("malformed", "J7")),
    (
        "cnf_certificate",
        "cnf",
        Some(r#"{"x5t#S256":"BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g"}"#),
        ("holder_binding_failed", "J7"),
    ),
    ("cnf_kid", "cnf", Some(r#"{"kid":"planner"}"#), ("holder_binding_failed", "J7")),
    ("details_object", "authorization_details", Some("{}"), ("malformed", "J9")),
    ("details_null", "authorization_details", Some("null"), ("malformed", "J9")),
    ("details_of_texts", "authorization_details", Some(r#"["payment"]"#), ("malformed", "J9")),
    ("detail_without_type", "authorization_details", Some("[{}]"), ("malformed", "J9")),
    ("detail_type_number", "authorization_details", Some(r#"[{"type":1}]"#), ("malformed", "J9")),
    (
        "detail_without_tools",
        "authorization_details",
        Some(r#"[{"type":"attenuating_agent_token"}]"#),
        ("malformed", "J9"),
    ),
    (
        "detail_beside_tools",
        "authorization_details",
        Some(r#"[{"tools":{},"type":"attenuating_agent_token","until":"noon"}]"#),
        ("malformed", "J9"),
    ),
    (
        "two_details_with_tools",
        "authorization_details",
        Some(
            r#"[{"tools":{},"type":"attenuating_agent_token"},{"tools":{"read":{}},"type":"attenuating_agent_token"}]"#,
        ),
        ("malformed", "J9"),
    ),
    (
        "detail_with_an_unknown_constraint",
        "authorization_details",
        Some(
            r#"[{"tools":{"read":{"path":{"constraint_type":"mood"}}},"type":"attenuating_agent_token"}]"#,
        ),
        ("malformed", "J9"),
    ),
    (
        "detail_with_two_numbers_in_one",
        "authorization_details",
        Some(r#"[{"amount":9007199254740993,"type":"payment"}]"#),
        ("non_admissible_number", "J9"),
    ),
    ("status_text", "status", Some(r#""valid""#), ("malformed", "J10")),
    ("status_empty", "status", Some("{}"), ("status_unknown", "J10")),
    (
        "status_of_another_kind",
        "status",
        Some(r#"{"ocsp":"https://as.example"}"#),
        ("status_unknown", "J10"),
    ),
    ("status_list_text", "status", Some(r#"{"status_list":"1"}"#), ("malformed", "J10")),
    (
        "status_without_idx",
        "status",
        Some(r#"{"status_list":{"uri":"https://as.example/1"}}"#),
        ("malformed", "J10"),
    ),
    (
        "status_idx_negative",
        "status",
        Some(r#"{"status_list":{"idx":-1,"uri":"https://as.example/1"}}"#),
        ("malformed", "J10"),
    ),
    ("status_without_uri", "status", Some(r#"{"status_list":{"idx":1}}"#), ("malformed", "J10")),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("access_token");
    cases.add(
        "access_token_good",
        "A token that is bound to no key, from whoever has it.",
        (input(&token(&claims())), output(seen())),
    );
    let signed = |payload: &str| input(&compact(&header("EdDSA", "k1"), payload, "as"));
    add_wrong(&mut cases, ("access_token", "A token"), (&claims(), CLAIMS), signed);
    moments(&mut cases);
    entries(&mut cases);
    headers(&mut cases);
    signatures(&mut cases);
    texts(&mut cases);
    cases.done()
}

/// The claims of a good token, bound to nobody's key.
pub(super) fn claims() -> Object {
    Object::new()
        .with("iss", ISSUER)
        .with("sub", "user:alice")
        .with("aud", world::AUDIENCE)
        .with("client_id", world::agent_id("planner"))
        .with("jti", "token-1")
        .with("iat", 1_799_999_940_i64)
        .with("exp", 1_800_000_300_i64)
        .with("scope", "issues:read issues:write")
}

/// What a good token says, as its case shows it.
pub(super) fn seen() -> Object {
    Object::new()
        .with("issuer", ISSUER)
        .with("subject", "user:alice")
        .with("client_id", world::agent_id("planner"))
        .with("scope", vec!["issues:read", "issues:write"])
        .with("details", Vec::<String>::new())
        .with("possession", "bearer")
}

/// A token of these claims, by the authorization server.
pub(super) fn token(claims: &Object) -> String {
    compact(&header("EdDSA", "k1"), &canonical(claims), "as")
}

fn header(alg: &str, kid: &str) -> String {
    format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt"}}"#)
}

/// The token in the hands of somebody at the usual resource server.
pub(super) fn input(token: &str) -> Object {
    let issuer = Object::new()
        .with("issuer", ISSUER)
        .with("keys", keys(&[("k1", "as"), ("k2", "p256:as"), ("k3", "as-next")]));
    let other =
        Object::new().with("issuer", OTHER_ISSUER).with("keys", keys(&[("k1", "other-as")]));
    let rules = Object::new()
        .with("issuers", vec![issuer, other])
        .with("audience", world::AUDIENCE)
        .with("now", world::NOW.as_seconds());
    Object::new().with("token", token).with("rules", rules)
}

/// A good token with one claim as it is written here.
fn with(claim: &str, value: &str) -> Object {
    input(&compact(&header("EdDSA", "k1"), &raw(&claims(), claim, Some(value)), "as"))
}

fn rule(input: Object, name: &str, value: i64) -> Object {
    super::scene::with_rule(input, name, value)
}

fn moments(cases: &mut Cases) {
    let whole = || input(&token(&claims()));
    let good = || output(seen());
    let last = rule(whole(), "now", 1_800_000_299);
    cases.add("access_token_last_second", "A token in its last second.", (last, good()));
    let over = (rule(whole(), "now", 1_800_000_300), deny("expired", "J5"));
    cases.add("access_token_over", "A token in the second of its end.", over);
    let ahead = with("nbf", "1800000030");
    cases.add(
        "access_token_30_seconds_ahead",
        "A token of a clock that is ahead.",
        (ahead, good()),
    );
    let backwards = raw(&claims().with("exp", 1_800_000_010_i64), "nbf", Some("1800000010"));
    let backwards = input(&compact(&header("EdDSA", "k1"), &backwards, "as"));
    let backwards = (backwards, deny("malformed", "J5"));
    cases.add("access_token_backwards", "A token that ends when it begins.", backwards);
    let day = with("exp", "1800086340");
    cases.add("access_token_of_a_day", "A token of a whole day.", (day, good()));
    let short = (rule(whole(), "max_lifetime", 359), deny("too_large", "J5"));
    cases.add("access_token_too_long_here", "A token of 360 seconds where 359 are allowed.", short);
    let long = rule(with("exp", "1800086341"), "max_lifetime", 864_000);
    cases.add(
        "access_token_longer_than_any_rule",
        "A rule of ten days allows no more than one.",
        (long, deny("too_large", "J5")),
    );
}

fn entries(cases: &mut Cases) {
    let list = with("aud", r#"["https://other.test","https://gateway.procura.test"]"#);
    cases.add("access_token_aud_list", "A token for several places.", (list, output(seen())));
    let plain = {
        let mut seen = seen();
        seen.set("scope", Vec::<String>::new());
        seen
    };
    let without = input(&compact(&header("EdDSA", "k1"), &raw(&claims(), "scope", None), "as"));
    cases.add("access_token_without_scope", "A token without a scope.", (without, output(plain)));
    let actors = |count: usize| {
        let before = "{\"sub\":\"coder\",\"act\":".repeat(count.saturating_sub(1));
        let end = "}".repeat(count);
        with("act", &format!("{before}{{\"sub\":\"coder\"{end}"))
    };
    let seen_actor = || output(seen().with("actor", "coder"));
    cases.add(
        "access_token_actors",
        "Eight actors, of whom the first acts.",
        (actors(8), seen_actor()),
    );
    cases.add("access_token_nine_actors", "Nine actors.", (actors(9), deny("too_large", "J4")));
    let details = |count: usize| {
        let tools = r#"{"tools":{"read":{}},"type":"attenuating_agent_token"}"#;
        let other = r#",{"amount":12.5,"type":"payment"}"#.repeat(count);
        with("authorization_details", &format!("[{tools}{other}]"))
    };
    let kinds = |count: usize| {
        let mut kinds = vec!["attenuating_agent_token"];
        kinds.extend(vec!["payment"; count]);
        output(seen().with("details", kinds))
    };
    cases.add("access_token_details", "Sixteen details.", (details(15), kinds(15)));
    let many = (details(16), deny("too_large", "J9"));
    cases.add("access_token_seventeen_details", "Seventeen details.", many);
}

/// Headers that are refused for what they are, at J2.
const HEADERS: &[(&str, &str)] = &[
    ("typ_missing", r#"{"alg":"EdDSA","kid":"k1"}"#),
    ("typ_jwt", r#"{"alg":"EdDSA","kid":"k1","typ":"JWT"}"#),
    ("typ_capitals", r#"{"alg":"EdDSA","kid":"k1","typ":"AT+JWT"}"#),
    ("typ_dpop", r#"{"alg":"EdDSA","kid":"k1","typ":"dpop+jwt"}"#),
    ("typ_logout", r#"{"alg":"EdDSA","kid":"k1","typ":"logout+jwt"}"#),
    ("typ_list", r#"{"alg":"EdDSA","kid":"k1","typ":["at+jwt"]}"#),
    ("alg_missing", r#"{"kid":"k1","typ":"at+jwt"}"#),
    ("alg_none", r#"{"alg":"none","kid":"k1","typ":"at+jwt"}"#),
    ("alg_hs256", r#"{"alg":"HS256","kid":"k1","typ":"at+jwt"}"#),
    ("alg_rs256", r#"{"alg":"RS256","kid":"k1","typ":"at+jwt"}"#),
    ("alg_lower_case", r#"{"alg":"eddsa","kid":"k1","typ":"at+jwt"}"#),
    ("crit", r#"{"alg":"EdDSA","crit":["exp"],"kid":"k1","typ":"at+jwt"}"#),
    ("b64", r#"{"alg":"EdDSA","b64":true,"kid":"k1","typ":"at+jwt"}"#),
    ("jku", r#"{"alg":"EdDSA","jku":"https://evil.example","kid":"k1","typ":"at+jwt"}"#),
    ("x5u", r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt","x5u":"https://evil.example"}"#),
    ("x5c", r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt","x5c":["AAAA"]}"#),
    ("x5t", r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt","x5t":"AAAA"}"#),
    ("kid_number", r#"{"alg":"EdDSA","kid":1,"typ":"at+jwt"}"#),
];

fn headers(cases: &mut Cases) {
    let under = |header: &str, signer| input(&compact(header, &canonical(&claims()), signer));
    for (name, header) in [
        ("application_typ", r#"{"alg":"EdDSA","kid":"k1","typ":"application/at+jwt"}"#),
        ("alg_ed25519", r#"{"alg":"Ed25519","kid":"k1","typ":"at+jwt"}"#),
    ] {
        let what = format!("A token under the header `{header}`.");
        cases.add(&format!("access_token_{name}"), &what, (under(header, "as"), output(seen())));
    }
    for (name, header) in HEADERS {
        let what = format!("A token under the header `{header}`.");
        let case = (under(header, "as"), deny("alg_or_type_refused", "J2"));
        cases.add(&format!("access_token_{name}"), &what, case);
    }
    let own = canonical(&verifying_key("mallory").to_jwk());
    let own = format!(r#"{{"alg":"EdDSA","jwk":{own},"typ":"at+jwt"}}"#);
    cases.add(
        "access_token_brings_its_key",
        "A token whose header brings the key that signed it.",
        (under(&own, "mallory"), deny("alg_or_type_refused", "J2")),
    );
}

/// A name, what it is, the header's `alg` and `kid`, the signer, and the code of J3.
const SIGNERS: &[(&str, &str, [&str; 3], &str)] = &[
    ("by_a_stranger", "Mallory signs.", ["EdDSA", "k1", "mallory"], "signature_invalid"),
    (
        "by_another_issuer",
        "The other server signs in this one's name.",
        ["EdDSA", "k1", "other-as"],
        "signature_invalid",
    ),
    (
        "by_another_key_of_its_issuer",
        "The `kid` is of another key of the issuer.",
        ["EdDSA", "k3", "as"],
        "signature_invalid",
    ),
    ("kid_unknown", "A `kid` that no key has.", ["EdDSA", "k9", "as"], "untrusted_root"),
    ("kid_path", "A `kid` that is a path.", ["EdDSA", "../k1", "as"], "untrusted_root"),
    (
        "es256_under_an_ed25519_key",
        "The algorithm is not that of the key.",
        ["ES256", "k1", "as"],
        "alg_or_type_refused",
    ),
    (
        "eddsa_under_a_p256_key",
        "The algorithm is not that of the key.",
        ["EdDSA", "k2", "p256:as"],
        "alg_or_type_refused",
    ),
];

fn signatures(cases: &mut Cases) {
    let payload = canonical(&claims());
    let whole = token(&claims());
    cases.near("access_token_good");
    for (name, what, [alg, kid, signer], outcome) in SIGNERS {
        let text = compact(&header(alg, kid), &payload, signer);
        cases.add(&format!("access_token_{name}"), what, (input(&text), deny(outcome, "J3")));
    }
    let changed = with_signature(&whole, malleate);
    let malleated = (input(&changed), deny("signature_invalid", "J3"));
    cases.add("access_token_malleated", "A signature whose S is not canonical.", malleated);
    let ec = compact(&header("ES256", "k2"), &payload, "p256:as");
    cases.add("access_token_es256", "A token under ES256.", (input(&ec), output(seen())));
    let zero = with_signature(&ec, |signature| signature.fill(0));
    let zero = (input(&zero), deny("signature_invalid", "J3"));
    cases.add("access_token_es256_zero", "An ES256 signature of 64 bytes of zero.", zero);
    let (signed, _) = ec.rsplit_once('.').unwrap_or_default();
    let der = procura_core::base64url::encode(&sign_der("p256:as", signed.as_bytes()));
    let der = (input(&format!("{signed}.{der}")), deny("signature_invalid", "J3"));
    cases.add("access_token_es256_der", "An ES256 signature in DER.", der);
    let half = input(&other_half(&ec));
    let what = "The other of the two signatures that ES256 has: nothing may be remembered by it.";
    cases.add("access_token_es256_other_half", what, (half, output(seen())));
    without_kid(cases, &payload);
}

fn without_kid(cases: &mut Cases, payload: &str) {
    let header = r#"{"alg":"EdDSA","typ":"at+jwt"}"#;
    let by = |signer| compact(header, payload, signer);
    let what = "Without a `kid` the issuer's keys are tried.";
    cases.add("access_token_without_kid", what, (input(&by("as-next")), output(seen())));
    let stranger = (input(&by("other-as")), deny("signature_invalid", "J3"));
    cases.add("access_token_without_kid_by_another", "No key of the issuer signed it.", stranger);
    let nine = |token: &str| -> Object {
        let names: Vec<String> = (1..=9).map(|number| format!("as-{number}")).collect();
        let named: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &**name)).collect();
        let issuer = Object::new().with("issuer", ISSUER).with("keys", keys(&named));
        super::scene::with_rule(input(token), "issuers", vec![issuer])
    };
    cases.add(
        "access_token_eighth_key",
        "The eighth key signed it.",
        (nine(&by("as-8")), output(seen())),
    );
    let ninth = (nine(&by("as-9")), deny("signature_invalid", "J3"));
    cases.add("access_token_ninth_key", "The ninth, without a `kid`.", ninth);
}

fn texts(cases: &mut Cases) {
    cases.near("access_token_good");
    let whole = token(&claims());
    let payload = canonical(&claims());
    let long = format!("\"{}\"", "x".repeat(13_000));
    let signed = |header: &str, payload: &str| compact(header, payload, "as");
    let usual = header("EdDSA", "k1");
    let (two_parts, _) = whole.rsplit_once('.').unwrap_or_default();
    let unsigned = format!("{two_parts}.");
    let repeated_header = r#"{"alg":"EdDSA","alg":"none","kid":"k1","typ":"at+jwt"}"#;
    let malformed = || deny("malformed", "J1");
    let refused: [(&str, &str, String, Expected); 9] = [
        ("empty", "No text.", String::new(), malformed()),
        ("two_parts", "A token without a signature's part.", two_parts.into(), malformed()),
        ("four_parts", "A token of four parts.", format!("{whole}.x"), malformed()),
        ("padded", "A signature with padding.", format!("{whole}=="), malformed()),
        ("header_no_json", "A header that is no JSON.", signed("alg", &payload), malformed()),
        (
            "header_repeats",
            "A header with two members `alg`.",
            signed(repeated_header, &payload),
            malformed(),
        ),
        ("payload_list", "A payload that is a list.", signed(&usual, "[]"), malformed()),
        (
            "payload_repeats",
            "A payload with two members `aud`.",
            signed(&usual, &payload.replacen('{', r#"{"aud":"x","#, 1)),
            deny("duplicate_member", "J1"),
        ),
        (
            "too_long",
            "A token of more than 16 KiB.",
            signed(&usual, &raw(&claims(), "note", Some(&long))),
            deny("too_large", "J1"),
        ),
    ];
    for (name, what, text, expected) in refused {
        cases.add(&format!("access_token_{name}"), what, (input(&text), expected));
    }
    let unsigned = (input(&unsigned), deny("signature_invalid", "J3"));
    cases.add("access_token_unsigned", "An empty signature.", unsigned);
    let to_nobody =
        raw(&claims(), "cnf", Some(&format!(r#"{{"jkt":"{}"}}"#, thumbprint("planner"))));
    let bound = (input(&signed(&usual, &to_nobody)), deny("holder_binding_failed", "J8"));
    cases.add(
        "access_token_bound_as_bearer",
        "A token that is bound to a key, without a proof.",
        bound,
    );
}
