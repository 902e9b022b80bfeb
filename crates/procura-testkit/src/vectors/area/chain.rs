//! Shape of a chain: which tokens, how many, in which order, under which anchors.

use super::scene::{HELD, anchors, chain_input, pair, with_rule};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, deny, deny_at},
        forge::{canonical, claims_of, compact, header_of, payload_of, reheaded, resigned},
    },
    world,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("chain");
    shape(&mut cases);
    encoding(&mut cases);
    order(&mut cases);
    trust(&mut cases);
    others(&mut cases);
    key_ids(&mut cases);
    cases.done()
}

fn shape(cases: &mut Cases) {
    let (root, child) = pair();
    let none: [&str; 0] = [];
    cases.add("chain_root", "A root alone.", (chain_input(&[&root]), ALLOW));
    cases.add("chain_empty", "No token at all.", (chain_input(&none), deny("malformed", "1")));
    cases.add("chain_pair", "A root and a child.", (chain_input(&[&root, &child]), ALLOW));
    let twice = (chain_input(&[&root, &child, &child]), deny_at("malformed", "2c", 2));
    cases.add("chain_token_twice", "The same token twice: its `jti` is not unique.", twice);
    let same = resigned(&child, "planner", |claims| {
        claims.set("jti", "delegation-to-planner");
    });
    let same = (chain_input(&[root, same]), deny_at("malformed", "2c", 1));
    cases.add("chain_jti_of_the_root", "A child with the `jti` of its parent.", same);
}

fn encoding(cases: &mut Cases) {
    let (root, child) = pair();
    let (payload, header) = (payload_of(&child), header_of(&child));
    let tail = |text: &str| format!("{child}{text}");
    let cut = child.rsplit_once('.').map_or("", |(start, _)| start).to_owned();
    let array = compact(&header, &format!("[{payload}]"), "planner");
    let text = compact(&header, "not json", "planner");
    let deep = format!(
        "{},\"deep\":{}{}}}",
        payload.trim_end_matches('}'),
        "[".repeat(130),
        "]".repeat(130)
    );
    let deep = compact(&header, &deep, "planner");
    let repeated = compact(&header, &payload.replacen('{', "{\"sub\":\"user:bob\",", 1), "planner");
    for (name, what, token, expected) in [
        (
            "two_parts",
            "A token without a signature part.",
            cut.clone(),
            deny_at("malformed", "4a", 1),
        ),
        ("four_parts", "A token of four parts.", tail(".AA"), deny_at("malformed", "4a", 1)),
        (
            "padding",
            "A signature part with base64 padding.",
            tail("=="),
            deny_at("malformed", "4a", 1),
        ),
        ("space", "White space after a token.", tail(" "), deny_at("malformed", "4a", 1)),
        ("line_break", "A line break after a token.", tail("\n"), deny_at("malformed", "4a", 1)),
        (
            "no_signature",
            "An empty signature part.",
            format!("{cut}."),
            deny_at("signature_invalid", "4b", 1),
        ),
        ("no_payload", "An empty payload part.", "e30..AA".into(), deny_at("malformed", "2c", 1)),
        (
            "empty_text",
            "A token that is an empty text.",
            String::new(),
            deny_at("malformed", "2c", 1),
        ),
        ("payload_array", "A payload that is a list.", array, deny_at("malformed", "2c", 1)),
        ("payload_no_json", "A payload that is not JSON.", text, deny_at("malformed", "2c", 1)),
        ("payload_deep", "A payload that nests 130 lists.", deep, deny_at("malformed", "4b", 1)),
        (
            "payload_repeated_member",
            "A payload with two members `sub`.",
            repeated,
            deny_at("duplicate_member", "4b", 1),
        ),
    ] {
        let input = chain_input(&[root.clone(), token]);
        cases.add(&format!("chain_{name}"), what, (input, expected));
    }
}

fn order(cases: &mut Cases) {
    let tokens = world::chain("alice > planner > coder > editor", HELD);
    let [root, child, leaf] = tokens.as_slice() else {
        panic!("a chain of three tokens");
    };
    let other = world::chain("alice > tester > coder", HELD);
    cases.add("chain_three", "A root and two below it.", (chain_input(&tokens), ALLOW));
    let untrusted = deny_at("untrusted_root", "3b", 0);
    let unsigned = deny_at("signature_invalid", "4b", 1);
    for (name, what, tokens, expected) in [
        ("reversed", "The leaf first.", vec![leaf, child, root], untrusted.clone()),
        ("without_root", "The root is left out.", vec![child, leaf], untrusted),
        (
            "without_middle",
            "The token in the middle is left out.",
            vec![root, leaf],
            unsigned.clone(),
        ),
        ("swapped", "The two below the root change places.", vec![root, leaf, child], unsigned),
    ] {
        cases.add(&format!("chain_{name}"), what, (chain_input(&tokens), expected));
    }
    if let [first, ..] = other.as_slice() {
        let mixed = (chain_input(&[first, child]), deny_at("signature_invalid", "4b", 1));
        cases.add("chain_foreign_root", "A child under a root of another agent.", mixed);
    }
}

/// A root for `principal` by `signer`, under the issuer of `issuer`.
fn root_by(signer: &str, issuer: &str, principal: &str) -> String {
    let root = world::root(signer, &world::grant("planner", HELD));
    resigned(&root, signer, |claims| {
        claims.set("iss", world::issuer(issuer)).set("sub", world::principal(principal));
    })
}

fn trust(cases: &mut Cases) {
    let input = |signer, issuer, principal| {
        with_rule(
            chain_input(&[root_by(signer, issuer, principal)]),
            "anchors",
            anchors(&["alice", "bob"]),
        )
    };
    cases.add(
        "chain_anchor_bob",
        "A root by Bob, who is trusted too.",
        (input("bob", "bob", "bob"), ALLOW),
    );
    for (name, what, signers, outcome, step) in [
        (
            "unknown_signer",
            "A root by Mallory, whom nobody trusts.",
            ("mallory", "mallory", "mallory"),
            "untrusted_root",
            "3b",
        ),
        (
            "forged_issuer",
            "A root by Mallory that says it is Alice's.",
            ("mallory", "alice", "alice"),
            "untrusted_root",
            "3b",
        ),
        (
            "other_issuer",
            "A root by Bob under the issuer of Alice.",
            ("bob", "alice", "bob"),
            "issuer_mismatch",
            "3k",
        ),
        (
            "other_principal",
            "A root by Bob in the name of Alice.",
            ("bob", "bob", "alice"),
            "untrusted_root",
            "P1",
        ),
    ] {
        let (signer, issuer, principal) = signers;
        let case = (input(signer, issuer, principal), deny_at(outcome, step, 0));
        cases.add(&format!("chain_{name}"), what, case);
    }
}

/// Anchors that speak for anybody, and none at all.
fn others(cases: &mut Cases) {
    let anybody = |principal: &str| {
        let open: Vec<_> = anchors(&["alice"])
            .into_iter()
            .map(|mut anchor| {
                anchor.remove("principal");
                anchor
            })
            .collect();
        with_rule(chain_input(&[root_by("alice", "alice", principal)]), "anchors", open)
    };
    cases.add(
        "chain_anchor_for_anybody",
        "An anchor without a principal speaks for anybody.",
        (anybody("carol"), ALLOW),
    );
    let nobody =
        with_rule(chain_input(&[root_by("alice", "alice", "alice")]), "anchors", Vec::<u32>::new());
    cases.add(
        "chain_no_anchor",
        "A verifier that trusts nobody.",
        (nobody, deny_at("untrusted_root", "3b", 0)),
    );
}

fn key_ids(cases: &mut Cases) {
    let root = world::root("alice", &world::grant("planner", HELD));
    let under = |kid: &str| {
        let header = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"aat+jwt"}}"#);
        let input = chain_input(&[reheaded(&root, "alice", &header)]);
        with_rule(input, "anchors", anchors(&["alice", "bob"]))
    };
    let thumbprint = |name: &str| world::public_key(name).thumbprint().to_string();
    cases.add(
        "chain_kid_selects",
        "The `kid` of the root names the key that signed it.",
        (under(&thumbprint("alice")), ALLOW),
    );
    let other = (under(&thumbprint("bob")), deny_at("untrusted_root", "3b", 0));
    cases.add("chain_kid_of_another_anchor", "The `kid` names an anchor that did not sign.", other);
    cases.add(
        "chain_kid_of_nobody",
        "A `kid` that no anchor has selects none: all are tried.",
        (under("key-1"), ALLOW),
    );
    let mallory = world::public_key("mallory");
    let jwk = canonical(&procura_core::token::to_jwk(&mallory));
    let header = format!(r#"{{"alg":"Ed25519","jwk":{jwk},"typ":"aat+jwt"}}"#);
    let own = compact(&header, &canonical(&claims_of(&root)), "mallory");
    let embedded = (chain_input(&[own]), deny_at("untrusted_root", "3b", 0));
    cases.add("chain_key_in_header", "A header that brings the key that signed it.", embedded);
    for (name, member) in [
        ("jku", r#""jku":"https://mallory.test/keys""#),
        ("x5u", r#""x5u":"https://mallory.test/chain""#),
        ("x5c", r#""x5c":["AA=="]"#),
    ] {
        let header = format!(r#"{{"alg":"Ed25519",{member},"typ":"aat+jwt"}}"#);
        let own = compact(&header, &canonical(&claims_of(&root)), "mallory");
        let case = (chain_input(&[own]), deny_at("untrusted_root", "3b", 0));
        cases.add(
            &format!("chain_{name}_in_header"),
            &format!("A header that says with `{name}` where to find its key."),
            case,
        );
    }
    let sibling = world::chain("alice > planner > coder", HELD);
    if let [root, child] = sibling.as_slice() {
        let header = format!(r#"{{"alg":"Ed25519","jwk":{jwk},"typ":"aat+jwt"}}"#);
        let own = compact(&header, &payload_of(child), "mallory");
        let case = (chain_input(&[root.clone(), own]), deny_at("signature_invalid", "4b", 1));
        cases.add(
            "chain_key_in_header_of_child",
            "A child whose header brings the key that signed it.",
            case,
        );
    }
}
