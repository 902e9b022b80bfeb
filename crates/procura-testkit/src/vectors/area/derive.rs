//! What a holder signs, byte for byte, and what it refuses to sign.

use procura_core::{base64url, json::Object, token::to_jwk};

use super::{
    adc,
    scene::{HELD, pair, proof},
};
use crate::{
    vectors::{
        Case,
        case::{Cases, Expected, deny, output},
        forge::{canonical, compact, hash_of, value},
    },
    world,
};

/// A name, what it is, the grant's member, its JSON, the code and the step.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const REFUSED: &[Row] = &[
    (
        "tool_not_held",
        "A tool that is not held.",
        "tools",
        r#""{\"write\":{}}""#,
        "not_narrower",
        "4p1",
    ),
    (
        "wider_argument",
        "An argument that is wider than what is held.",
        "tools",
        r#""{\"read\":{\"path\":{\"constraint_type\":\"path_containment\",\"root\":\"/etc\"}}}""#,
        "not_narrower",
        "4p4",
    ),
    ("no_tool", "No tool at all.", "tools", r#""{}""#, "scope_not_granted", "6a"),
    (
        "begins_after_the_end",
        "A window after the parent's end.",
        "iat",
        "1800003600",
        "expired",
        "4i",
    ),
    ("over", "A window that ends when it begins.", "exp", "1799999940", "expired", "4i"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("mint");
    mints(&mut cases);
    derives(&mut cases);
    proofs(&mut cases);
    second(&mut cases);
    cases.done()
}

fn seed(name: &str) -> String {
    base64url::encode(&world::seed(name))
}

/// An hour for `name`, as [`world::grant`] has it.
fn grant(name: &str) -> Object {
    Object::new()
        .with("jti", format!("delegation-to-{name}"))
        .with("client_id", world::agent_id(name))
        .with("jwk", to_jwk(&world::public_key(name)))
        .with("iat", 1_799_999_940_i64)
        .with("exp", 1_800_003_600_i64)
        .with("further", 3_u32)
        .with("tools", HELD)
        .with("excess", "refused")
        .with("aud", Vec::<String>::new())
}

/// What a signer of `docs/formats/delegation.md` writes, built here from its members.
fn expected(header: &str, signer: &str, members: &[(&str, &str)]) -> Expected {
    let mut claims = Object::new();
    for (name, text) in members {
        claims.set(name, value(text));
    }
    output(compact(header, &canonical(&claims), signer))
}

fn details(tools: &str) -> String {
    format!(r#"[{{"tools":{tools},"type":"attenuating_agent_token"}}]"#)
}

fn text(text: &str) -> String {
    format!(r#""{text}""#)
}

fn cnf(name: &str) -> String {
    format!(r#"{{"jwk":{}}}"#, canonical(&to_jwk(&world::public_key(name))))
}

/// Alice gives this.
fn by_alice(grant: Object) -> Object {
    Object::new()
        .with("seed", seed("alice"))
        .with("principal", "user:alice")
        .with("issuer", world::issuer("alice"))
        .with("grant", grant)
}

/// The planner gives this under `parent`.
fn by_the_planner(parent: &str, grant: Object) -> Object {
    Object::new().with("seed", seed("planner")).with("parent", parent).with("grant", grant)
}

fn mints(cases: &mut Cases) {
    let input = by_alice;
    let kid = world::public_key("alice").thumbprint();
    let header = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"aat+jwt"}}"#);
    let (details, cnf, agent) = (details(HELD), cnf("planner"), text(&world::agent_id("planner")));
    let root = |more: &[(&str, &str)]| {
        let mut members = vec![
            ("authorization_details", details.as_str()),
            ("client_id", &agent),
            ("cnf", &cnf),
            ("del_depth", "0"),
            ("del_max_depth", "3"),
            ("exp", "1800003600"),
            ("iat", "1799999940"),
            ("iss", r#""urn:procura:user:alice""#),
            ("jti", r#""delegation-to-planner""#),
            ("sub", r#""user:alice""#),
        ];
        members.extend(more);
        expected(&header, "alice", &members)
    };
    cases.add("mint_root", "A root, byte for byte.", (input(grant("planner")), root(&[])));
    let here = grant("planner").with("aud", vec!["https://a.test"]);
    cases.add(
        "mint_one_audience",
        "One place is a text.",
        (input(here), root(&[("aud", r#""https://a.test""#)])),
    );
    let there = grant("planner").with("aud", vec!["https://b.test", "https://a.test"]);
    cases.add(
        "mint_two_audiences",
        "Two places are a list, in the order given.",
        (input(there), root(&[("aud", r#"["https://b.test","https://a.test"]"#)])),
    );
    let deep = grant("planner").with("further", 9_u32);
    cases.add(
        "mint_deep",
        "No root may be passed on more than eight times.",
        (input(deep), root(&[("del_max_depth", "8")])),
    );
    unminted(cases);
}

/// Roots that are not signed.
fn unminted(cases: &mut Cases) {
    let input = by_alice;
    cases.near("mint_root");
    for (name, what, member, json, outcome, step) in REFUSED {
        if matches!(*name, "no_tool" | "over") {
            let case = (input(grant("planner").with(member, value(json))), deny(outcome, step));
            cases.add(&format!("mint_{name}"), what, case);
        }
    }
    let marked = grant("planner")
        .with("detail", r#"{"constraints":[],"scopes":[],"type":"agent_delegation"}"#);
    cases.add(
        "mint_no_scope",
        "Scopes and ceilings that let nothing through.",
        (input(marked), deny("scope_not_granted", "P5")),
    );
}

fn derives(cases: &mut Cases) {
    cases.op("derive");
    let root = pair().0;
    let input = |grant: Object| by_the_planner(&root, grant);
    let header = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;
    let (cnf, agent) = (cnf("coder"), text(&world::agent_id("coder")));
    let (issuer, parent) =
        (text(&world::public_key("planner").thumbprint().to_uri()), text(&hash_of(&root)));
    let child = |tools: &str, more: &[(&str, &str)]| {
        let details = details(tools);
        let mut members = vec![
            ("authorization_details", details.as_str()),
            ("client_id", &agent),
            ("cnf", &cnf),
            ("del_depth", "1"),
            ("del_max_depth", "3"),
            ("exp", "1800003600"),
            ("iat", "1799999940"),
            ("iss", &issuer),
            ("jti", r#""delegation-to-coder""#),
            ("par_hash", &parent),
            ("sub", r#""user:alice""#),
        ];
        members.extend(more);
        expected(header, "planner", &members)
    };
    cases.add("derive_child", "A child, byte for byte.", (input(grant("coder")), child(HELD, &[])));
    let late = grant("coder").with("exp", 1_900_000_000_i64).with("iat", 1_700_000_000_i64);
    cases.add(
        "derive_cut_to_the_parent",
        "A longer window is cut down to the parent's.",
        (input(late), child(HELD, &[])),
    );
    let last = grant("coder").with("further", 0_u32);
    cases.add(
        "derive_last",
        "A child that may not be passed on.",
        (input(last), child(HELD, &[("del_max_depth", "1")])),
    );
    let open = r#"{"list":{},"write":{}}"#;
    let cut = grant("coder").with("tools", open).with("excess", "left_out");
    cases.add(
        "derive_left_out",
        "What is not held is left out, where that is asked for.",
        (input(cut), child(r#"{"list":{}}"#, &[])),
    );
    underived(cases, &root);
}

/// Children that are not signed.
fn underived(cases: &mut Cases, root: &str) {
    let input = |grant: Object| by_the_planner(root, grant);
    cases.near("derive_child");
    for (name, what, member, json, outcome, step) in REFUSED {
        let case = (input(grant("coder").with(member, value(json))), deny(outcome, step));
        cases.add(&format!("derive_{name}"), what, case);
    }
    let stranger = input(grant("coder")).with("seed", seed("mallory"));
    cases.add(
        "derive_by_a_stranger",
        "The key is not the parent's.",
        (stranger, deny("holder_binding_failed", "7b")),
    );
    let mut bounded = world::grant("planner", HELD);
    bounded.further = 0;
    let end = input(grant("coder")).with("parent", world::root("alice", &bounded));
    cases.add(
        "derive_from_the_last",
        "The parent may not be passed on.",
        (end, deny("depth_invalid", "4e")),
    );
}

fn proofs(cases: &mut Cases) {
    cases.op("prove");
    let leaf = pair().1;
    let input = |arguments: &str| {
        Object::new()
            .with("seed", seed("coder"))
            .with("jti", "call-1")
            .with("leaf", leaf.as_str())
            .with("tool", "list")
            .with("arguments", arguments)
            .with("audience", world::AUDIENCE)
            .with("iat", world::NOW.as_seconds())
    };
    let header = r#"{"alg":"Ed25519","typ":"aat-pop+jwt"}"#;
    let hash = text(&hash_of(&leaf));
    let proved = |hta: &str| {
        expected(
            header,
            "coder",
            &[
                ("aat_aud", r#""https://gateway.procura.test""#),
                ("aat_hash", &hash),
                ("aat_id", r#""delegation-to-coder""#),
                ("aat_tool", r#""list""#),
                ("hta", hta),
                ("iat", "1800000000"),
                ("jti", r#""call-1""#),
            ],
        )
    };
    cases.add(
        "prove_call",
        "A proof, byte for byte.",
        (input(r#"{"b":1.0,"a":"x"}"#), proved(r#"{"a":"x","b":1}"#)),
    );
    let same = proof("list", "{}");
    cases.add(
        "prove_without_arguments",
        "A proof of a call without arguments.",
        (input("{}"), output(same)),
    );
    let digest = procura_core::hash::Digest::of("x".repeat(4097).as_bytes());
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(4097));
    cases.add(
        "prove_long_argument",
        "A long text is proved by its digest.",
        (input(&long), proved(&format!(r#"{{"a":{{"sha-256":"{digest}"}}}}"#))),
    );
    let imitation = (input(r#"{"a":{"sha-256":"x"}}"#), deny("argument_refused", "6b"));
    cases.add("prove_imitated_digest", "Arguments that imitate a digest.", imitation);
    let inexact = (input(r#"{"a":9007199254740993}"#), deny("non_admissible_number", "6b"));
    cases.add("prove_inexact_number", "Arguments with a number that is no double.", inexact);
}

/// The second codec.
fn second(cases: &mut Cases) {
    let grant = |name: &str, detail: &str| {
        Object::new()
            .with("jti", format!("token-for-{name}"))
            .with("client_id", world::agent_id(name))
            .with("jwk", to_jwk(&world::public_key(name)))
            .with("aud", adc::AUDIENCE)
            .with("iat", 1_800_000_000_i64)
            .with("exp", 1_800_000_600_i64)
            .with("further", 2_u32)
            .with("detail", detail)
    };
    let (root, child) = adc::pair();
    let mint = by_alice;
    cases.op("adc_mint");
    cases.add(
        "adc_mint_root",
        "A root of the second codec, byte for byte.",
        (mint(grant("planner", adc::HELD)), output(root.as_str())),
    );
    let empty = r#"{"constraints":[],"scopes":[],"type":"agent_delegation"}"#;
    cases.add(
        "adc_mint_no_scope",
        "A root that lets nothing through.",
        (mint(grant("planner", empty)), deny("scope_not_granted", "A8")),
    );
    let over = grant("planner", adc::HELD).with("exp", 1_800_000_000_i64);
    cases.add(
        "adc_mint_over",
        "A root that ends when it begins.",
        (mint(over), deny("expired", "A5")),
    );
    cases.op("adc_derive");
    let derive = |grant: Object| by_the_planner(&root, grant);
    cases.add(
        "adc_derive_child",
        "A child of the second codec, byte for byte.",
        (derive(grant("coder", adc::GIVEN)), output(child.as_str())),
    );
    let beyond = r#"{"constraints":[],"scopes":["pay.send"],"type":"agent_delegation"}"#;
    cases.add(
        "adc_derive_nothing_common",
        "Scopes of which none is held.",
        (derive(grant("coder", beyond)), deny("scope_not_granted", "A8")),
    );
    let stranger = derive(grant("coder", adc::GIVEN)).with("seed", seed("mallory"));
    cases.add(
        "adc_derive_by_a_stranger",
        "The key is not the parent's.",
        (stranger, deny("holder_binding_failed", "A6")),
    );
}
