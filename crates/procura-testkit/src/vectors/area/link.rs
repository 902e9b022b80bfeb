//! A child under its parent: time, depth, hash, principal and authority only narrow.

use procura_core::json::Object;

use super::scene::{HELD, OTHER_DIGEST, chain_input, child_input, pair, root_input, with_rule};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, deny_at},
        forge::{apply, canonical, hash_of, resigned, value},
    },
    world,
};

/// A name, what it is, the claim, its JSON, the code and the step; no code accepts.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// Times of a root; it is 1800000000, clocks may disagree by 30 seconds, and a token
/// lives for at most 7776000.
const ROOT: &[Row] = &[
    ("root_last_second", "The root ends in a second.", "exp", "1800000001", "", ""),
    ("root_over", "The root ends now.", "exp", "1800000000", "expired", "3e"),
    ("root_long_over", "The root ended in 1970.", "exp", "1", "expired", "3e"),
    ("root_in_skew", "The root begins in 30 seconds.", "iat", "1800000030", "", ""),
    (
        "root_not_begun",
        "The root begins in 31 seconds.",
        "iat",
        "1800000031",
        "not_yet_valid",
        "3f",
    ),
    ("root_90_days", "The root lives for 90 days.", "exp", "1807775940", "", ""),
    ("root_91_days", "The root lives for a second more.", "exp", "1807775941", "too_large", "3h"),
];

const CHILD: &[Row] = &[
    ("child_end_of_parent", "The child ends with its parent.", "exp", "1800003600", "", ""),
    (
        "broadened_window",
        "The child ends a second after its parent.",
        "exp",
        "1800003601",
        "not_narrower",
        "4h",
    ),
    ("child_over", "The child ends now.", "exp", "1800000000", "expired", "4i"),
    ("child_begins_with_parent", "The child begins with its parent.", "iat", "1799999940", "", ""),
    (
        "child_begins_before_parent",
        "The child begins a second before its parent.",
        "iat",
        "1799999939",
        "not_narrower",
        "4j",
    ),
    ("child_in_skew", "The child begins in 30 seconds.", "iat", "1800000030", "", ""),
    (
        "child_not_begun",
        "The child begins in 31 seconds.",
        "iat",
        "1800000031",
        "not_yet_valid",
        "4k",
    ),
    ("depth_one", "The child's depth is one.", "del_depth", "1", "", ""),
    ("depth_zero", "The child's depth is the root's.", "del_depth", "0", "depth_invalid", "4d"),
    ("depth_two", "The child skips a depth.", "del_depth", "2", "depth_invalid", "4d"),
    ("max_depth_lowered", "The child may not be passed on.", "del_max_depth", "1", "", ""),
    (
        "max_depth_raised",
        "The child may be passed on more often than its parent.",
        "del_max_depth",
        "4",
        "depth_invalid",
        "4g",
    ),
    (
        "max_depth_below_depth",
        "The child's depth is more than it allows itself.",
        "del_max_depth",
        "0",
        "depth_invalid",
        "4m",
    ),
];

/// Other tools for the child of [`HELD`].
const TOOLS: &[(&str, &str, &str, &str, &str)] = &[
    ("tools_same", "The same tools.", HELD, "", ""),
    ("tools_fewer", "One tool of two.", r#"{"list":{}}"#, "", ""),
    ("tools_none", "No tool.", "{}", "", ""),
    (
        "tool_added",
        "A tool that the parent does not hold.",
        r#"{"write":{}}"#,
        "not_narrower",
        "4p1",
    ),
    ("tool_other_case", "The parent's tool in capitals.", r#"{"LIST":{}}"#, "not_narrower", "4p1"),
    (
        "argument_narrowed",
        "A deeper root of paths.",
        r#"{"read":{"path":{"constraint_type":"path_containment","root":"/src/a"}}}"#,
        "",
        "",
    ),
    (
        "argument_named_in_open_map",
        "A tool with any arguments gets a named one and keeps the rest.",
        r#"{"list":{"*":{"constraint_type":"wildcard"},"x":{"constraint_type":"exact","value":1}}}"#,
        "",
        "",
    ),
    (
        "argument_widened",
        "A higher root of paths.",
        r#"{"read":{"path":{"constraint_type":"path_containment","root":"/"}}}"#,
        "not_narrower",
        "4p4",
    ),
    (
        "argument_wildcard",
        "A wildcard for a constrained argument.",
        r#"{"read":{"path":{"constraint_type":"wildcard"}}}"#,
        "not_narrower",
        "4p4",
    ),
    (
        "argument_dropped",
        "The empty map, which allows any argument.",
        r#"{"read":{}}"#,
        "not_narrower",
        "4p2",
    ),
    (
        "argument_renamed",
        "Another name for the constrained argument.",
        r#"{"read":{"file":{"constraint_type":"path_containment","root":"/src"}}}"#,
        "not_narrower",
        "4p2",
    ),
    (
        "argument_added",
        "One argument more.",
        r#"{"read":{"mode":{"constraint_type":"wildcard","optional":true},"path":{"constraint_type":"path_containment","root":"/src"}}}"#,
        "not_narrower",
        "4p2",
    ),
    (
        "argument_optional",
        "A required argument becomes optional.",
        r#"{"read":{"path":{"constraint_type":"path_containment","optional":true,"root":"/src"}}}"#,
        "not_narrower",
        "4p3",
    ),
    (
        "rest_added",
        "Other arguments are let in.",
        r#"{"read":{"*":{"constraint_type":"wildcard"},"path":{"constraint_type":"path_containment","root":"/src"}}}"#,
        "not_narrower",
        "4p2",
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("chain");
    for (name, what, claim, text, outcome, step) in ROOT {
        let expected = if outcome.is_empty() { ALLOW } else { deny_at(outcome, step, 0) };
        let input = root_input(|claims| apply(claims, claim, Some(text)));
        cases.add(&format!("link_{name}"), what, (input, expected));
    }
    for (name, what, claim, text, outcome, step) in CHILD {
        let expected = if outcome.is_empty() { ALLOW } else { deny_at(outcome, step, 1) };
        let input = child_input(|claims| apply(claims, claim, Some(text)));
        cases.add(&format!("link_{name}"), what, (input, expected));
    }
    for (name, what, tools, outcome, step) in TOOLS {
        let expected = if outcome.is_empty() { ALLOW } else { deny_at(outcome, step, 1) };
        cases.add(
            &format!("link_{name}"),
            what,
            (child_input(|claims| set_tools(claims, tools)), expected),
        );
    }
    hashes(&mut cases);
    empty_window(&mut cases);
    below(&mut cases);
    cases.done()
}

fn set_tools(claims: &mut Object, tools: &str) {
    let detail = Object::new().with("type", "attenuating_agent_token").with("tools", value(tools));
    claims.set("authorization_details", vec![detail]);
}

/// What stands in `par_hash` and in `iss`.
fn hashes(cases: &mut Cases) {
    let (root, child) = pair();
    let whole = procura_core::hash::Digest::of(root.as_bytes()).to_base64url();
    let payload = procura_core::hash::Digest::of(
        canonical(&crate::vectors::forge::claims_of(&root)).as_bytes(),
    );
    let hex: String = procura_core::hash::Digest::of(root.as_bytes())
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    cases.add(
        "link_par_hash",
        "The child names its parent's signing input.",
        (child_input(|_| {}), ALLOW),
    );
    for (name, what, hash) in [
        ("par_hash_with_signature", "The hash of the parent with its signature.", whole),
        ("par_hash_of_payload", "The hash of the parent's payload.", payload.to_base64url()),
        ("par_hash_of_itself", "The hash of another token: the child itself.", hash_of(&child)),
        ("par_hash_other", "A hash of something else.", OTHER_DIGEST.into()),
        ("par_hash_padded", "The parent's hash, with padding.", format!("{}=", hash_of(&root))),
        ("par_hash_hex", "A hash in hexadecimal digits.", hex),
        ("par_hash_no_digest", "No digest.", "not a digest".into()),
        ("par_hash_empty", "An empty text.", String::new()),
    ] {
        let input = child_input(|claims| {
            claims.set("par_hash", hash);
        });
        cases.add(&format!("link_{name}"), what, (input, deny_at("par_hash_mismatch", "4q", 1)));
    }
    let thumbprint = world::public_key("planner").thumbprint().to_string();
    for (name, what, issuer) in [
        ("iss_of_the_root", "The child names the root's issuer.", world::issuer("alice")),
        (
            "iss_bare_thumbprint",
            "The child names the key above without the URI.",
            thumbprint.clone(),
        ),
        (
            "iss_other_hash",
            "The URI names another hash function.",
            format!("urn:ietf:params:oauth:jwk-thumbprint:sha-512:{thumbprint}"),
        ),
        (
            "iss_of_itself",
            "The child names its own key.",
            world::public_key("coder").thumbprint().to_uri(),
        ),
    ] {
        let input = child_input(|claims| {
            claims.set("iss", issuer);
        });
        cases.add(&format!("link_{name}"), what, (input, deny_at("delegator_mismatch", "4c", 1)));
    }
}

/// Tokens that end before they begin.
fn empty_window(cases: &mut Cases) {
    cases.near("link_root_in_skew");
    let window = root_input(|claims| {
        claims.set("iat", 1_800_000_020_i64).set("exp", 1_800_000_010_i64);
    });
    cases.add(
        "link_root_ends_before_it_begins",
        "The root ends before it begins.",
        (window, deny_at("malformed", "3g", 0)),
    );
    let window = root_input(|claims| {
        claims.set("iat", 1_800_000_020_i64).set("exp", 1_800_000_020_i64);
    });
    cases.add(
        "link_root_no_time",
        "The root ends when it begins.",
        (window, deny_at("malformed", "3g", 0)),
    );
    let window = child_input(|claims| {
        claims.set("iat", 1_800_000_020_i64).set("exp", 1_800_000_010_i64);
    });
    cases.near("link_child_in_skew");
    cases.add(
        "link_child_ends_before_it_begins",
        "The child ends before it begins.",
        (window, deny_at("malformed", "4l", 1)),
    );
    let short = |seconds: i64| with_rule(root_input(|_| {}), "max_lifetime", seconds);
    cases.add(
        "link_lifetime_allowed",
        "A verifier that allows tokens 3660 seconds.",
        (short(3660), ALLOW),
    );
    cases.add(
        "link_lifetime_shorter",
        "A verifier that allows tokens 3659 seconds.",
        (short(3659), deny_at("too_large", "3h", 0)),
    );
}

/// A root that may not be passed on, and a middle token that holds nothing.
fn below(cases: &mut Cases) {
    let (_, child) = pair();
    let under = |depth: u32| {
        let mut grant = world::grant("planner", HELD);
        grant.further = depth;
        let root = world::root("alice", &grant);
        let child = resigned(&child, "planner", |claims| {
            claims.set("par_hash", hash_of(&root)).set("del_max_depth", depth.max(1));
        });
        chain_input(&[root, child])
    };
    cases.add("link_may_be_passed_on", "A root that may be passed on once.", (under(1), ALLOW));
    cases.add(
        "link_may_not_be_passed_on",
        "A root that may not be passed on.",
        (under(0), deny_at("depth_invalid", "4e", 1)),
    );
    let through = |tools: &str| {
        let tokens = world::chain("alice > planner > coder > editor", HELD);
        let [root, middle, leaf] = tokens.as_slice() else {
            panic!("a chain of three tokens");
        };
        let middle = resigned(middle, "planner", |claims| {
            apply(claims, "authorization_details", Some("[]"))
        });
        let leaf = resigned(leaf, "coder", |claims| {
            claims.set("par_hash", hash_of(&middle));
            set_tools(claims, tools);
        });
        chain_input(&[root.clone(), middle, leaf])
    };
    cases.add(
        "link_through_nothing",
        "A token in the middle without tools, and no tool below it.",
        (through("{}"), ALLOW),
    );
    cases.add(
        "link_over_nothing",
        "Below a token without tools a tool comes back.",
        (through(HELD), deny_at("not_narrower", "4p1", 2)),
    );
}
