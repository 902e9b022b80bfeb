//! Chains of ADC-02: shape before signatures, canonical bytes, scopes and ceilings.

use procura_core::{
    adc::{Grant, derive, mint},
    detail::AgentDelegation,
    json::Object,
    time::Seconds,
    token::to_jwk,
};

use super::scene::anchors;
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, deny, deny_at},
        forge::{canonical, claims_of, compact, header_of, payload_of, value},
    },
    world,
};

/// Where these tokens may be used.
pub(super) const AUDIENCE: &str = "https://crm.test";
/// What the planner holds.
pub(super) const HELD: &str = r#"{"constraints":[{"key":"rows","max":100}],"scopes":["crm.*","mail.send"],"type":"agent_delegation"}"#;
/// What it gives to the coder.
pub(super) const GIVEN: &str =
    r#"{"constraints":[{"key":"rows","max":50}],"scopes":["crm.read"],"type":"agent_delegation"}"#;

/// A change of the child's text, signed again: a name, from, to, the code and the step.
const CHANGES: &[(&str, &str, &str, &str, &str)] = &[
    ("aud_empty_list", r#""aud":"https://crm.test""#, r#""aud":[]"#, "malformed", "A0"),
    ("aud_null", r#""aud":"https://crm.test""#, r#""aud":null"#, "malformed", "A0"),
    (
        "aud_other",
        r#""aud":"https://crm.test""#,
        r#""aud":"https://x.test""#,
        "audience_mismatch",
        "A8",
    ),
    ("sub_other", r#""sub":"user:alice""#, r#""sub":"user:bob""#, "principal_altered", "A3"),
    ("sub_empty", r#""sub":"user:alice""#, r#""sub":"""#, "malformed", "A0"),
    ("sub_missing", r#","sub":"user:alice""#, "", "malformed", "A0"),
    ("client_id_missing", r#""client_id":"#, r#""client":"#, "malformed", "A0"),
    ("del_depth_two", r#""del_depth":1"#, r#""del_depth":2"#, "depth_invalid", "A3"),
    ("del_depth_zero", r#""del_depth":1"#, r#""del_depth":0"#, "depth_invalid", "A3"),
    ("del_depth_text", r#""del_depth":1"#, r#""del_depth":"1""#, "depth_invalid", "A0"),
    ("del_max_depth_raised", r#""del_max_depth":3"#, r#""del_max_depth":4"#, "not_narrower", "A4"),
    ("del_max_depth_zero", r#""del_max_depth":3"#, r#""del_max_depth":0"#, "depth_invalid", "A3"),
    ("ceiling_raised", r#""max":50"#, r#""max":101"#, "not_narrower", "A4"),
    ("ceiling_of_another_type", r#""max":50"#, r#""min":50"#, "not_narrower", "A4"),
    ("scope_not_held", r#""crm.read""#, r#""pay.send""#, "not_narrower", "A4"),
    ("scope_star", r#""crm.read""#, r#""*""#, "malformed", "A0"),
    ("other_type", r#""type":"agent_delegation""#, r#""type":"other""#, "malformed", "A0"),
    ("exp_after_parent", r#""exp":1800000600"#, r#""exp":1800000601"#, "expired", "A5"),
    ("exp_over", r#""exp":1800000600"#, r#""exp":1800000000"#, "expired", "A5"),
    ("exp_fraction", r#""exp":1800000600"#, r#""exp":1800000600.5"#, "malformed", "A0"),
    ("exp_nan", r#""exp":1800000600"#, r#""exp":NaN"#, "non_finite", "A0"),
    ("exp_infinity", r#""exp":1800000600"#, r#""exp":Infinity"#, "non_finite", "A0"),
    ("exp_1e400", r#""exp":1800000600"#, r#""exp":1e400"#, "non_finite", "A0"),
    ("exp_2_53", r#""exp":1800000600"#, r#""exp":9007199254740992"#, "malformed", "A0"),
    ("exp_text", r#""exp":1800000600"#, r#""exp":"1800000600""#, "malformed", "A0"),
    ("iat_not_begun", r#""iat":1800000000"#, r#""iat":1800000031"#, "not_yet_valid", "A5"),
    ("space", r#"{"aud""#, r#"{ "aud""#, "non_canonical", "A0"),
    ("order", r#"{"aud""#, r#"{"zzz":1,"aud""#, "non_canonical", "A0"),
    ("number_form", r#""max":50"#, r#""max":50.0"#, "non_canonical", "A0"),
    ("escape", r#""crm.read""#, r#""crm\u002eread""#, "non_canonical", "A0"),
    ("repeated_member", r#"{"aud""#, r#"{"aud":1,"aud""#, "duplicate_member", "A0"),
    ("jkt_other", r#""jkt":""#, r#""jkt":"x"#, "malformed", "A0"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("adc_chain");
    let (root, child) = pair();
    cases.add("adc_root", "A root alone.", (input(&[&root]), ALLOW));
    cases.add("adc_empty", "No token at all.", (input(&[]), deny("malformed", "A0")));
    cases.add("adc_pair", "A root and a child.", (input(&[&root, &child]), ALLOW));
    for (name, from, to, outcome, step) in CHANGES {
        let payload = payload_of(&child);
        let changed = payload.replacen(from, to, 1);
        if changed == payload {
            panic!("`{payload}` has no `{from}`");
        }
        let token = compact(&header_of(&child), &changed, "planner");
        let what = format!("A child with `{to}` in the place of `{from}`.");
        cases.add(
            &format!("adc_{name}"),
            &what,
            (input(&[&root, &token]), deny_at(outcome, step, 1)),
        );
    }
    signers(&mut cases);
    headers(&mut cases);
    roots(&mut cases);
    holders(&mut cases);
    cases.done()
}

fn detail(text: &str) -> AgentDelegation {
    match AgentDelegation::parse(&world::object(text)) {
        Ok(detail) => detail,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn grant(name: &str, authority: &str) -> Grant {
    Grant {
        id: format!("token-for-{name}"),
        client_id: world::agent_id(name),
        key: world::public_key(name),
        audience: AUDIENCE.into(),
        issued: world::NOW,
        expires: world::NOW.plus(Seconds::new(600)),
        further: 2,
        authority: detail(authority),
    }
}

fn made<T, E: std::fmt::Display>(made: Result<T, E>) -> T {
    match made {
        Ok(made) => made,
        Err(error) => panic!("it cannot be made: {error}"),
    }
}

/// The root that Alice gives to the planner, and the coder's token below it.
pub(super) fn pair() -> (String, String) {
    let root = made(mint(
        &grant("planner", HELD),
        ("user:alice", &world::issuer("alice")),
        &world::key("alice"),
    ));
    let child = made(derive(&root, &grant("coder", GIVEN), &world::key("planner")));
    (root, child)
}

fn input(tokens: &[&str]) -> Object {
    let rules = Object::new()
        .with("anchors", anchors(&["alice"]))
        .with("audience", AUDIENCE)
        .with("now", world::NOW.as_seconds());
    Object::new().with("chain", tokens.to_vec()).with("rules", rules)
}

fn signers(cases: &mut Cases) {
    let (root, child) = pair();
    for (signer, what) in [
        ("alice", "A child that the person signed."),
        ("coder", "A child that its own holder signed."),
        ("mallory", "A child that a stranger signed."),
    ] {
        let token = compact(&header_of(&child), &payload_of(&child), signer);
        let case = (input(&[&root, &token]), deny_at("signature_invalid", "A1", 1));
        cases.add(&format!("adc_child_by_{signer}"), what, case);
    }
    let forged = compact(&header_of(&root), &payload_of(&root), "mallory");
    cases.add(
        "adc_root_by_mallory",
        "A root that a stranger signed.",
        (input(&[&forged]), deny_at("untrusted_root", "A1", 0)),
    );
    let other = payload_of(&child).replacen("crm.read", "crm.write", 1);
    let mut parts = child.split('.');
    let (header, signature) =
        (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
    let moved =
        format!("{header}.{}.{signature}", procura_core::base64url::encode(other.as_bytes()));
    cases.add(
        "adc_changed_payload",
        "Another scope under the old signature.",
        (input(&[&root, &moved]), deny_at("signature_invalid", "A1", 1)),
    );
}

fn headers(cases: &mut Cases) {
    let (root, child) = pair();
    for (name, from, to, outcome, step) in [
        ("alg_eddsa", "Ed25519", "EdDSA", "signature_invalid", "A1"),
        ("alg_hs256", "Ed25519", "HS256", "signature_invalid", "A1"),
        ("alg_none", "Ed25519", "none", "signature_invalid", "A1"),
        ("typ_delegation", "at+jwt", "aat+jwt", "malformed", "A1"),
        ("header_space", r#"{"alg""#, r#"{ "alg""#, "non_canonical", "A0"),
        ("header_order", r#"{"alg""#, r#"{"zzz":1,"alg""#, "non_canonical", "A0"),
        ("header_repeated", r#"{"alg""#, r#"{"alg":"none","alg""#, "duplicate_member", "A0"),
    ] {
        let header = header_of(&child).replacen(from, to, 1);
        let token = compact(&header, &payload_of(&child), "planner");
        let what = format!("A header with `{to}` in the place of `{from}`.");
        cases.add(
            &format!("adc_{name}"),
            &what,
            (input(&[&root, &token]), deny_at(outcome, step, 1)),
        );
    }
    let crit = header_of(&child).replacen(r#""kid""#, r#""crit":["x"],"kid""#, 1);
    let token = compact(&crit, &payload_of(&child), "planner");
    cases.add(
        "adc_crit",
        "A critical parameter.",
        (input(&[&root, &token]), deny_at("malformed", "A1", 1)),
    );
}

fn roots(cases: &mut Cases) {
    let by = |principal: &str, issuer: &str| {
        made(mint(&grant("planner", HELD), (principal, issuer), &world::key("alice")))
    };
    let issuer = world::issuer("alice");
    cases.add(
        "adc_root_of_alice",
        "Alice speaks for herself.",
        (input(&[&by("user:alice", &issuer)]), ALLOW),
    );
    for (name, what, root, outcome) in [
        ("other_principal", "Alice speaks for Bob.", by("user:bob", &issuer), "untrusted_root"),
        (
            "other_issuer",
            "Alice's key under another issuer.",
            by("user:alice", "https://other.test"),
            "issuer_mismatch",
        ),
    ] {
        cases.add(&format!("adc_root_{name}"), what, (input(&[&root]), deny_at(outcome, "A1", 0)));
    }
    let mut claims = claims_of(&by("user:alice", &issuer));
    claims.set("par_hash", super::scene::OTHER_DIGEST);
    let root = by("user:alice", &issuer);
    let parented = compact(&header_of(&root), &canonical(&claims), "alice");
    cases.add(
        "adc_root_with_parent",
        "A root that names a parent.",
        (input(&[&parented]), deny_at("malformed", "A2", 0)),
    );
    let (_, child) = pair();
    let mut claims = claims_of(&child);
    claims.set("par_hash", super::scene::OTHER_DIGEST);
    let other = compact(&header_of(&child), &canonical(&claims), "planner");
    cases.near("adc_pair");
    cases.add(
        "adc_par_hash_other",
        "A child that names another parent.",
        (input(&[&root, &other]), deny_at("par_hash_mismatch", "A2", 1)),
    );
    let mut claims = claims_of(&child);
    claims.set("iss", "https://other.test");
    let other = compact(&header_of(&child), &canonical(&claims), "planner");
    cases.add(
        "adc_iss_other",
        "A child that names another issuer.",
        (input(&[&root, &other]), deny_at("delegator_mismatch", "A1", 1)),
    );
}

/// Holders that a token names by thumbprint alone.
fn holders(cases: &mut Cases) {
    let (root, _) = pair();
    let mut claims = claims_of(&root);
    let thumbprint = world::public_key("planner").thumbprint().to_string();
    claims.set("cnf", Object::new().with("jkt", thumbprint.as_str()));
    let root = compact(&header_of(&root), &canonical(&claims), "alice");
    let child = made(derive(&root, &grant("coder", GIVEN), &world::key("planner")));
    let knowing = |names: &[&str]| {
        let keys: Vec<Object> = names.iter().map(|name| to_jwk(&world::public_key(name))).collect();
        super::scene::with_rule(input(&[&root, &child]), "keys", keys)
    };
    cases.add(
        "adc_known_thumbprint",
        "A holder that is named by its thumbprint, and known.",
        (knowing(&["planner"]), ALLOW),
    );
    let unknown = (knowing(&["tester"]), deny_at("signature_invalid", "A1", 1));
    cases.add(
        "adc_unknown_thumbprint",
        "A holder that is named by its thumbprint, and not known.",
        unknown,
    );
    let mut claims = claims_of(&pair().0);
    claims.set(
        "cnf",
        value(&format!(
            r#"{{"jkt":"{thumbprint}","jwk":{}}}"#,
            canonical(&to_jwk(&world::public_key("tester")))
        )),
    );
    let two = compact(&header_of(&pair().0), &canonical(&claims), "alice");
    cases.near("adc_root");
    cases.add(
        "adc_two_keys",
        "A thumbprint and a key that are not one.",
        (input(&[&two]), deny_at("malformed", "A0", 0)),
    );
}
