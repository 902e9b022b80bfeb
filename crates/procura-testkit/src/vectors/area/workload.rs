//! Workload identity tokens (WIMSE): a trust domain's word on whose a key is.

use procura_core::{
    json::Object,
    time::Seconds,
    workload::{WitFor, WorkloadId, WptFor, sign_wit, sign_wpt},
};

use super::{
    foreign::{Wrong, add_wrong, compact, hash, keys, raw, thumbprint, verifying_key},
    scene::with_rule,
};
use crate::{
    vectors::{
        Case,
        case::{Cases, Expected, deny, output, refused},
        forge::{canonical, claims_of, malleate, with_signature},
    },
    world,
};

/// Where the workload's request goes.
pub(super) const AUDIENCE: &str = "https://tool.example/run";

/// What is wrong in one claim.
const CLAIMS: &[Wrong] = &[
    ("sub_missing", "sub", None, ("malformed", "W4")),
    ("sub_number", "sub", Some("1"), ("malformed", "W4")),
    ("sub_no_id", "sub", Some(r#""planner""#), ("malformed", "W4")),
    ("sub_https", "sub", Some(r#""https://procura.test/agent/planner""#), ("malformed", "W4")),
    (
        "sub_of_a_stranger",
        "sub",
        Some(r#""spiffe://evil.example/agent/planner""#),
        ("untrusted_root", "W3"),
    ),
    (
        "sub_of_another_domain",
        "sub",
        Some(r#""spiffe://other.test/agent/planner""#),
        ("untrusted_root", "W3"),
    ),
    (
        "sub_of_a_domain_below",
        "sub",
        Some(r#""spiffe://x.procura.test/agent/planner""#),
        ("untrusted_root", "W3"),
    ),
    ("iss_other", "iss", Some(r#""https://other.test""#), ("issuer_mismatch", "W3")),
    ("iss_with_slash", "iss", Some(r#""https://procura.test/""#), ("issuer_mismatch", "W3")),
    ("iss_number", "iss", Some("1"), ("malformed", "W4")),
    ("jti_number", "jti", Some("1"), ("malformed", "W4")),
    ("exp_missing", "exp", None, ("malformed", "W4")),
    ("exp_text", "exp", Some(r#""never""#), ("malformed", "W4")),
    ("exp_now", "exp", Some("1800000000"), ("expired", "W5")),
    ("iat_text", "iat", Some(r#""now""#), ("malformed", "W4")),
    ("iat_31_seconds_ahead", "iat", Some("1800000031"), ("not_yet_valid", "W5")),
    ("nbf_31_seconds_ahead", "nbf", Some("1800000031"), ("not_yet_valid", "W5")),
    ("nbf_null", "nbf", Some("null"), ("malformed", "W4")),
    ("a_day_and_a_second", "exp", Some("1800086341"), ("too_large", "W5")),
    ("cnf_missing", "cnf", None, ("malformed", "W4")),
    ("cnf_empty", "cnf", Some("{}"), ("malformed", "W4")),
    (
        "cnf_jkt",
        "cnf",
        Some(r#"{"jkt":"BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g"}"#),
        ("malformed", "W4"),
    ),
    (
        "cnf_jwk_without_alg",
        "cnf",
        Some(
            r#"{"jwk":{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
        ),
        ("malformed", "W4"),
    ),
    (
        "cnf_jwk_secret",
        "cnf",
        Some(r#"{"jwk":{"alg":"HS256","k":"AAAA","kty":"oct"}}"#),
        ("malformed", "W4"),
    ),
    (
        "cnf_jwk_of_another_algorithm",
        "cnf",
        Some(
            r#"{"jwk":{"alg":"ES256","crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
        ),
        ("malformed", "W4"),
    ),
    (
        "cnf_beside_jwk",
        "cnf",
        Some(
            r#"{"jwk":{"alg":"EdDSA","crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},"kid":"x"}"#,
        ),
        ("malformed", "W4"),
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("workload");
    let whole = wit("planner");
    let what = "The domain names the planner's key, and the planner proves it.";
    cases.add("workload_good", what, (input(&whole, &proof(&whole)), seen("planner")));
    let signed = |payload: &str| {
        let wit = compact(&header("EdDSA", "identity"), payload, "identity");
        input(&wit, &proof(&whole))
    };
    add_wrong(&mut cases, ("workload", "An identity token"), (&claims_of(&whole), CLAIMS), signed);
    claims(&mut cases);
    headers(&mut cases);
    signatures(&mut cases);
    texts(&mut cases);
    cases.op("workload_id");
    ids(&mut cases);
    cases.done()
}

/// What the trust domain says of the holder `name`.
pub(super) fn wit(name: &str) -> String {
    let id = world::agent_id("planner");
    let Some(id) = WorkloadId::parse(&id) else { panic!("`{id}` is no id") };
    let wit = WitFor {
        workload: &id,
        key: &verifying_key(name),
        issuer: "https://procura.test",
        id: "wit-1",
        issued: world::NOW.minus(Seconds::new(60)),
        expires: world::NOW.plus(Seconds::new(3600)),
    };
    match sign_wit(&wit, "identity", &world::key("identity")) {
        Ok(wit) => wit,
        Err(refusal) => panic!("no identity token: {refusal}"),
    }
}

/// What a proof by the planner is for.
pub(super) fn terms(wit: &str) -> WptFor<'_> {
    WptFor {
        id: "proof-1",
        audience: AUDIENCE,
        wit,
        tokens: procura_core::workload::Tokens::default(),
        nonce: None,
        action: None,
        expires: world::NOW.plus(Seconds::new(60)),
    }
}

pub(super) fn proved(terms: &WptFor<'_>) -> String {
    match sign_wpt(terms, &world::key("planner")) {
        Ok(proof) => proof,
        Err(refusal) => panic!("no proof: {refusal}"),
    }
}

/// The planner's proof of the usual request.
pub(super) fn proof(wit: &str) -> String {
    proved(&terms(wit))
}

/// The input of `workload` for the usual request.
pub(super) fn input(wit: &str, proof: &str) -> Object {
    let domain = |name: &str, named: &[(&str, &str)]| {
        let domain = Object::new().with("domain", name).with("issuer", format!("https://{name}"));
        domain.with("keys", keys(named))
    };
    let ours = domain("procura.test", &[("identity", "identity"), ("p256", "p256:identity")]);
    let theirs = domain("other.test", &[("other-identity", "other-identity")]);
    let rules = Object::new()
        .with("domains", vec![ours, theirs])
        .with("audience", AUDIENCE)
        .with("now", world::NOW.as_seconds());
    Object::new()
        .with("wit", wit)
        .with("proof", proof)
        .with("tokens", Object::new().with("others", Vec::<Vec<String>>::new()))
        .with("rules", rules)
}

/// What a good request of the holder says; the replay key is that of `docs/formats/wimse.md`.
pub(super) fn seen(holder: &str) -> Expected {
    output(shown(holder))
}

fn shown(holder: &str) -> Object {
    let jkt = thumbprint(holder);
    let replay_key = hash(&format!("wpt+jwt\n{jkt}\nproof-1"));
    Object::new()
        .with("id", world::agent_id("planner"))
        .with("jkt", jkt)
        .with("expires", 1_800_003_600_i64)
        .with("replay_key", replay_key)
        .with("forget_at", 1_800_000_120_i64)
}

fn header(alg: &str, kid: &str) -> String {
    format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"wit+jwt"}}"#)
}

/// An identity token of this payload, with a proof that names it.
fn proved_with(payload: &str) -> Object {
    let wit = compact(&header("EdDSA", "identity"), payload, "identity");
    input(&wit, &proof(&wit))
}

fn claims(cases: &mut Cases) {
    let claims = claims_of(&wit("planner"));
    let with = |name: &str, value: Option<&str>| proved_with(&raw(&claims, name, value));
    let good = || seen("planner");
    cases.add("workload_without_iss", "`iss` may be left out.", (with("iss", None), good()));
    cases.add("workload_without_jti", "`jti` may be left out.", (with("jti", None), good()));
    cases.add("workload_without_iat", "`iat` may be left out.", (with("iat", None), good()));
    let day = output(shown("planner").with("expires", 1_800_086_340_i64));
    cases.add("workload_of_a_day", "A token of a day.", (with("exp", Some("1800086340")), day));
    let unknown = raw(&claims, "iat", None);
    let unknown = raw(&world::object(&unknown), "exp", Some("1800086401"));
    let what = "Without `iat` its life is counted from now: a day and a second.";
    cases.add(
        "workload_without_iat_too_long",
        what,
        (proved_with(&unknown), deny("too_large", "W5")),
    );
    let short = with_rule(proved_with(&canonical(&claims)), "max_lifetime", 3_659_i64);
    cases.add(
        "workload_too_long_here",
        "A minute and an hour, and less is allowed.",
        (short, deny("too_large", "W5")),
    );
    let long = with_rule(with("exp", Some("1800086341")), "max_lifetime", 864_000_i64);
    let what = "A rule of ten days allows no more than one.";
    cases.add("workload_longer_than_any_rule", what, (long, deny("too_large", "W5")));
}

fn headers(cases: &mut Cases) {
    cases.near("workload_good");
    let whole = wit("planner");
    let payload = canonical(&claims_of(&whole));
    for (name, header) in [
        ("typ_missing", r#"{"alg":"EdDSA","kid":"identity"}"#),
        ("typ_jwt", r#"{"alg":"EdDSA","kid":"identity","typ":"JWT"}"#),
        ("typ_wpt", r#"{"alg":"EdDSA","kid":"identity","typ":"wpt+jwt"}"#),
        ("typ_access_token", r#"{"alg":"EdDSA","kid":"identity","typ":"at+jwt"}"#),
        ("alg_none", r#"{"alg":"none","kid":"identity","typ":"wit+jwt"}"#),
        ("alg_hs256", r#"{"alg":"HS256","kid":"identity","typ":"wit+jwt"}"#),
        ("crit", r#"{"alg":"EdDSA","crit":["cnf"],"kid":"identity","typ":"wit+jwt"}"#),
        ("jku", r#"{"alg":"EdDSA","jku":"https://evil.example","typ":"wit+jwt"}"#),
        ("jwk", r#"{"alg":"EdDSA","jwk":{"kty":"OKP"},"typ":"wit+jwt"}"#),
    ] {
        let what = format!("An identity token under the header `{header}`.");
        let wit = compact(header, &payload, "identity");
        let case = (input(&wit, &proof(&wit)), deny("alg_or_type_refused", "W2"));
        cases.add(&format!("workload_{name}"), &what, case);
    }
}

fn signatures(cases: &mut Cases) {
    let whole = wit("planner");
    let payload = canonical(&claims_of(&whole));
    let by = |alg, kid, signer| {
        let wit = compact(&header(alg, kid), &payload, signer);
        input(&wit, &proof(&wit))
    };
    let what = "The domain signs with P-256.";
    cases.add("workload_es256", what, (by("ES256", "p256", "p256:identity"), seen("planner")));
    cases.near("workload_good");
    for (name, what, input, outcome) in [
        (
            "by_a_stranger",
            "Mallory signs in the domain's name.",
            by("EdDSA", "identity", "mallory"),
            "signature_invalid",
        ),
        (
            "by_another_domain",
            "Another trusted domain names a workload of this one.",
            by("EdDSA", "other-identity", "other-identity"),
            "untrusted_root",
        ),
        (
            "by_itself",
            "The workload names itself.",
            by("EdDSA", "identity", "planner"),
            "signature_invalid",
        ),
        ("kid_unknown", "A `kid` that no key has.", by("EdDSA", "x", "identity"), "untrusted_root"),
        (
            "es256_under_an_ed25519_key",
            "The algorithm is not the key's.",
            by("ES256", "identity", "identity"),
            "alg_or_type_refused",
        ),
    ] {
        cases.add(&format!("workload_{name}"), what, (input, deny(outcome, "W3")));
    }
    let malleated = with_signature(&whole, malleate);
    let malleated = (input(&malleated, &proof(&whole)), deny("signature_invalid", "W3"));
    cases.add("workload_malleated", "A signature whose S is not canonical.", malleated);
}

fn texts(cases: &mut Cases) {
    cases.near("workload_good");
    let whole = wit("planner");
    let claims = claims_of(&whole);
    let signed = |payload: &str| compact(&header("EdDSA", "identity"), payload, "identity");
    let long = format!("\"{}\"", "x".repeat(13_000));
    let repeated =
        canonical(&claims).replacen('{', r#"{"sub":"spiffe://procura.test/agent/root","#, 1);
    for (name, what, text, outcome) in [
        ("empty", "No token.", String::new(), "malformed"),
        ("payload_text", "A payload that is no object.", signed("\"x\""), "malformed"),
        ("payload_repeats", "Two members `sub`.", signed(&repeated), "duplicate_member"),
        ("too_long", "More than 16 KiB.", signed(&raw(&claims, "note", Some(&long))), "too_large"),
    ] {
        let case = (input(&text, &proof(&whole)), deny(outcome, "W1"));
        cases.add(&format!("workload_{name}"), what, case);
    }
}

fn ids(cases: &mut Cases) {
    let input = |text: &str| Object::new().with("text", text);
    for (name, text, domain) in [
        ("spiffe", "spiffe://procura.test/agent/planner", "procura.test"),
        ("wimse", "wimse://example.com/svcA", "example.com"),
        ("marks", "spiffe://a-b_c.1/A.b-c_d", "a-b_c.1"),
    ] {
        let what = format!("The id `{text}`, and its trust domain.");
        cases.add(&format!("workload_id_{name}"), &what, (input(text), output(domain)));
    }
    for (name, text) in [
        ("empty", ""),
        ("https", "https://procura.test/agent"),
        ("scheme_in_capitals", "SPIFFE://procura.test/agent"),
        ("domain_in_capitals", "spiffe://Procura.test/agent"),
        ("without_domain", "spiffe:///agent"),
        ("without_path", "spiffe://procura.test"),
        ("empty_path", "spiffe://procura.test/"),
        ("slash_at_the_end", "spiffe://procura.test/agent/"),
        ("empty_segment", "spiffe://procura.test//agent"),
        ("dot", "spiffe://procura.test/./agent"),
        ("dots", "spiffe://procura.test/a/../agent"),
        ("port", "spiffe://procura.test:443/agent"),
        ("user", "spiffe://alice@procura.test/agent"),
        ("query", "spiffe://procura.test/agent?x=1"),
        ("fragment", "spiffe://procura.test/agent#x"),
        ("escape", "spiffe://procura.test/%61gent"),
        ("beyond_ascii", "spiffe://procura.test/größe"),
        ("space", "spiffe://procura.test/agent "),
    ] {
        let what = format!("No id of a workload: `{text}`.");
        cases.add(&format!("workload_id_{name}"), &what, (input(text), refused("malformed")));
    }
}
