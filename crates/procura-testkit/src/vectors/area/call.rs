//! Proof of possession: of this call, by this holder.

use procura_core::{json::Object, limits};

use super::scene::{HELD, call_input, chain, pair, proof};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, Expected, deny, deny_at, output},
        forge::{apply, compact, header_of, payload_of, reheaded, resigned, with_signature},
    },
    world,
};

/// What is asked, unless a case says otherwise.
pub(super) const ASKED: &str = r#"{"path":"/src/a.rs"}"#;

/// A name, the claim, its JSON (none: left out), the code and the step; no code accepts.
type Row = (&'static str, &'static str, Option<&'static str>, &'static str, &'static str);

/// The code of a proof that is not of this call.
pub(super) const BOUND: &str = "holder_binding_failed";

const CLAIMS: &[Row] = &[
    ("exp_is_ignored", "exp", Some("1"), "", ""),
    ("jti_missing", "jti", None, BOUND, "7c"),
    ("jti_number", "jti", Some("1"), BOUND, "7c"),
    ("jti_empty", "jti", Some(r#""""#), BOUND, "7c"),
    ("iat_missing", "iat", None, BOUND, "7c"),
    ("iat_text", "iat", Some(r#""1800000000""#), BOUND, "7c"),
    ("iat_fraction", "iat", Some("1800000000.5"), BOUND, "7c"),
    ("iat_30_seconds_ago", "iat", Some("1799999970"), "", ""),
    ("iat_31_seconds_ago", "iat", Some("1799999969"), "expired", "7g"),
    ("iat_in_30_seconds", "iat", Some("1800000030"), "", ""),
    ("iat_in_31_seconds", "iat", Some("1800000031"), "not_yet_valid", "7g"),
    ("aat_id_missing", "aat_id", None, BOUND, "7c"),
    ("aat_id_of_the_parent", "aat_id", Some(r#""delegation-to-planner""#), BOUND, "7c"),
    ("aat_hash_missing", "aat_hash", None, BOUND, "7c"),
    ("aat_hash_number", "aat_hash", Some("1"), BOUND, "7c"),
    (
        "aat_hash_other",
        "aat_hash",
        Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#),
        BOUND,
        "7c",
    ),
    ("aat_tool_missing", "aat_tool", None, BOUND, "7c"),
    ("aat_tool_other", "aat_tool", Some(r#""list""#), BOUND, "7e"),
    ("aat_tool_other_case", "aat_tool", Some(r#""Read""#), BOUND, "7e"),
    ("aat_aud_missing", "aat_aud", None, "audience_mismatch", "7d"),
    ("aat_aud_other", "aat_aud", Some(r#""https://other.test""#), "audience_mismatch", "7d"),
    (
        "aat_aud_slash",
        "aat_aud",
        Some(r#""https://gateway.procura.test/""#),
        "audience_mismatch",
        "7d",
    ),
    (
        "aat_aud_list",
        "aat_aud",
        Some(r#"["https://gateway.procura.test"]"#),
        "audience_mismatch",
        "7d",
    ),
    ("hta_missing", "hta", None, BOUND, "7c"),
    ("hta_list", "hta", Some("[]"), BOUND, "7c"),
    ("hta_empty", "hta", Some("{}"), BOUND, "7f"),
    ("hta_other_value", "hta", Some(r#"{"path":"/src/b.rs"}"#), BOUND, "7f"),
    ("hta_one_more", "hta", Some(r#"{"mode":1,"path":"/src/a.rs"}"#), BOUND, "7f"),
    ("hta_other_path_same_file", "hta", Some(r#"{"path":"/src/./a.rs"}"#), BOUND, "7f"),
];

/// Headers of a proof.
const HEADERS: &[(&str, &str, &str)] = &[
    ("alg_none", "A proof under the algorithm `none`.", r#"{"alg":"none","typ":"aat-pop+jwt"}"#),
    ("alg_eddsa", "A proof under `EdDSA`.", r#"{"alg":"EdDSA","typ":"aat-pop+jwt"}"#),
    (
        "typ_delegation",
        "A proof of the type of a delegation.",
        r#"{"alg":"Ed25519","typ":"aat+jwt"}"#,
    ),
    ("typ_dpop", "A proof of another type.", r#"{"alg":"Ed25519","typ":"dpop+jwt"}"#),
    ("typ_missing", "A proof without a type.", r#"{"alg":"Ed25519"}"#),
    (
        "crit",
        "A proof with a critical parameter.",
        r#"{"alg":"Ed25519","crit":["x"],"typ":"aat-pop+jwt","x":1}"#,
    ),
    (
        "crit_dpv",
        "What is critical in a delegation is not understood in a proof.",
        r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"aat-pop+jwt"}"#,
    ),
];

/// A name, what it is, the tool, the arguments, the code and the hop; no hop accepts.
type Other = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<u32>);

/// Other calls under the usual chain: a tool and arguments, both in the proof.
const CALLS: &[Other] = &[
    (
        "open_tool",
        "A tool that takes any arguments.",
        "list",
        r#"{"all":[1,{"x":null}]}"#,
        "",
        None,
    ),
    ("tool_not_held", "A tool that nobody gave.", "deploy", "{}", "scope_not_granted", Some(0)),
    ("tool_other_case", "A held tool in capitals.", "READ", ASKED, "scope_not_granted", Some(0)),
    ("tool_with_space", "A held tool and a space.", "read ", ASKED, "scope_not_granted", Some(0)),
    (
        "argument_missing",
        "A required argument is left out.",
        "read",
        "{}",
        "argument_refused",
        Some(0),
    ),
    (
        "argument_outside",
        "A path outside the root.",
        "read",
        r#"{"path":"/etc/passwd"}"#,
        "argument_refused",
        Some(0),
    ),
    (
        "argument_unknown",
        "An argument that is not named.",
        "read",
        r#"{"mode":"x","path":"/src/a.rs"}"#,
        "argument_refused",
        Some(0),
    ),
    (
        "argument_other_case",
        "The argument in capitals.",
        "read",
        r#"{"PATH":"/src/a.rs"}"#,
        "argument_refused",
        Some(0),
    ),
    (
        "argument_of_another_kind",
        "A list where a path is asked for.",
        "read",
        r#"{"path":["/src/a.rs"]}"#,
        "argument_refused",
        Some(0),
    ),
    (
        "argument_null",
        "Null where a path is asked for.",
        "read",
        r#"{"path":null}"#,
        "argument_refused",
        Some(0),
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("call");
    claims(&mut cases);
    signers(&mut cases);
    calls(&mut cases);
    arguments(&mut cases);
    cases.done()
}

/// The usual call, with this proof.
pub(super) fn usual(proof: &str) -> Object {
    call_input(&chain(), proof, "read", ASKED)
}

fn step(outcome: &'static str, step: &'static str) -> Expected {
    if outcome.is_empty() { ALLOW } else { deny(outcome, step) }
}

fn claims(cases: &mut Cases) {
    let whole = proof("read", ASKED);
    let seen = Object::new()
        .with("arguments_hash", "zDXAUcEt5lEOMzE3s9nELYGw8oCZJuYtuhE1yMvvkcI")
        .with("forget_at", 1_800_000_060_i64)
        .with("replay_key", "");
    let seen = seen_of(&whole, seen);
    cases.add(
        "call_proved",
        "A call that is held and proved, what is remembered of its proof, and until when.",
        (usual(&whole), output(seen)),
    );
    for (name, claim, text, outcome, at) in CLAIMS {
        let what = match text {
            Some(text) => format!("A proof whose `{claim}` is `{text}`."),
            None => format!("A proof without `{claim}`."),
        };
        let changed = resigned(&whole, "coder", |claims| apply(claims, claim, *text));
        cases.add(&format!("call_proof_{name}"), &what, (usual(&changed), step(outcome, at)));
    }
    cases.near("call_proved");
    let long = resigned(&whole, "coder", |claims| {
        claims.set("jti", "j".repeat(limits::NAME_BYTES.saturating_add(1)));
    });
    cases.add(
        "call_proof_jti_long",
        "A proof whose `jti` has 513 bytes.",
        (usual(&long), deny(BOUND, "7c")),
    );
    let payload = payload_of(&whole).replacen('{', r#"{"jti":"other","#, 1);
    let twice = compact(&header_of(&whole), &payload, "coder");
    cases.add(
        "call_proof_repeated_member",
        "A proof with two members `jti`.",
        (usual(&twice), deny("malformed", "7b")),
    );
}

/// What is remembered, computed here as the formats say and not by the verifier.
fn seen_of(proof: &str, mut seen: Object) -> Object {
    use procura_core::hash::Digest;
    let claims = crate::vectors::forge::claims_of(proof);
    let id = claims.get("jti").and_then(procura_core::json::Value::as_str).unwrap_or_default();
    let key = world::public_key("coder").thumbprint();
    let once = Digest::of(format!("aat-pop+jwt\n{key}\n{id}").as_bytes());
    seen.set("replay_key", once.to_base64url());
    seen.set("arguments_hash", Digest::of(ASKED.as_bytes()).to_base64url());
    seen
}

fn signers(cases: &mut Cases) {
    let whole = proof("read", ASKED);
    for (name, what, header) in HEADERS {
        let changed = reheaded(&whole, "coder", header);
        let case = (usual(&changed), deny("alg_or_type_refused", "7a"));
        cases.add(&format!("call_proof_{name}"), what, case);
    }
    for (name, what, signer) in [
        ("by_the_parent", "A proof that the holder above signed.", "planner"),
        ("by_the_person", "A proof that the person signed.", "alice"),
        ("by_a_stranger", "A proof that a stranger signed.", "mallory"),
    ] {
        let changed = resigned(&whole, signer, |_| {});
        cases.add(&format!("call_proof_{name}"), what, (usual(&changed), deny(BOUND, "7b")));
    }
    let flipped = with_signature(&whole, |bytes| {
        if let Some(byte) = bytes.first_mut() {
            *byte ^= 1;
        }
    });
    cases.add(
        "call_proof_flipped",
        "One bit of the proof's signature is flipped.",
        (usual(&flipped), deny(BOUND, "7b")),
    );
    let malleated = with_signature(&whole, crate::vectors::forge::malleate);
    cases.add(
        "call_proof_malleated",
        "The proof's S is not canonical.",
        (usual(&malleated), deny(BOUND, "7b")),
    );
    for (name, what, text) in [
        ("empty", "No proof.", String::new()),
        ("no_jws", "A proof that is no JWS.", "proof".into()),
        ("is_the_leaf", "The leaf in the place of the proof.", pair().1),
    ] {
        cases.add(
            &format!("call_proof_{name}"),
            what,
            (usual(&text), deny("alg_or_type_refused", "7a")),
        );
    }
    let sibling = resigned(&pair().1, "planner", |claims| {
        claims.set("jti", "a-sibling");
    });
    let other = world::proof(&sibling, "coder", "read", &world::object(ASKED));
    cases.add(
        "call_proof_for_a_sibling",
        "A proof for another delegation to the same holder.",
        (usual(&other), deny(BOUND, "7c")),
    );
}

fn calls(cases: &mut Cases) {
    for (name, what, tool, arguments, outcome, hop) in CALLS {
        let proved = proof(tool, arguments);
        let expected = match hop {
            Some(hop) => deny_at(outcome, "6b", *hop),
            None => ALLOW,
        };
        cases.add(
            &format!("call_{name}"),
            what,
            (call_input(&chain(), &proved, tool, arguments), expected),
        );
    }
    let root = world::root("alice", &world::grant("planner", HELD));
    let leaf = world::child(&root, "planner", &world::grant("coder", r#"{"list":{}}"#));
    let under = |tool: &str, arguments: &str| {
        let proved = world::proof(&leaf, "coder", tool, &world::object(arguments));
        call_input(&[root.clone(), leaf.clone()], &proved, tool, arguments)
    };
    cases.add(
        "call_tool_of_the_leaf",
        "The leaf holds one tool of two.",
        (under("list", "{}"), ALLOW),
    );
    let lost = (under("read", ASKED), deny_at("scope_not_granted", "6b", 1));
    cases.add(
        "call_tool_that_the_leaf_lost",
        "The root holds the tool, and the leaf does not.",
        lost,
    );
}

/// Arguments that two readers could read as two things.
fn arguments(cases: &mut Cases) {
    let chain = chain();
    let input = |proved: &str, sent: &str| call_input(&chain, &proof("list", proved), "list", sent);
    cases.add(
        "call_arguments_respelled",
        "The same arguments, written otherwise.",
        (input(r#"{"a":1,"b":"x"}"#, r#"{ "b":"\u0078", "a":1.0 }"#), ALLOW),
    );
    let refused = || deny(BOUND, "7f");
    for (name, what, proved, sent) in [
        ("other_number", "Another number was proved.", r#"{"a":1}"#, r#"{"a":2}"#),
        ("text_for_number", "A text was proved for a number.", r#"{"a":"1"}"#, r#"{"a":1}"#),
        ("other_case", "A member in another case was proved.", r#"{"A":1}"#, r#"{"a":1}"#),
        (
            "other_normal_form",
            "The same letters in another normal form were proved.",
            r#"{"a":"\u00e9"}"#,
            r#"{"a":"e\u0301"}"#,
        ),
        ("null_for_nothing", "Null was sent where nothing was proved.", "{}", r#"{"a":null}"#),
        ("other_order", "A list in another order was proved.", r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
    ] {
        cases.add(&format!("call_arguments_{name}"), what, (input(proved, sent), refused()));
    }
    for (name, what, sent) in [
        ("2_53_plus_1", "An integer that is no double.", r#"{"a":9007199254740993}"#),
        ("1e400", "A number that is too large for a double.", r#"{"a":1e400}"#),
        (
            "long_fraction",
            "A fraction with more digits than its double has.",
            r#"{"a":0.1000000000000000055511151231257827}"#,
        ),
    ] {
        let case = (input("{}", sent), deny_at("non_admissible_number", "6b", 0));
        cases.add(&format!("call_arguments_{name}"), what, case);
    }
    let long = format!(r#"{{"content":"{}"}}"#, "x".repeat(4097));
    cases.add(
        "call_arguments_long",
        "A text of 4097 bytes is proved by its digest.",
        (input(&long, &long), ALLOW),
    );
    let digest = procura_core::hash::Digest::of("x".repeat(4097).as_bytes());
    let sent = format!(r#"{{"content":{{"sha-256":"{digest}"}}}}"#);
    let case = (input(&long, &sent), deny("argument_refused", "6b"));
    cases.add(
        "call_arguments_imitated_digest",
        "The digest is sent in the place of the text.",
        case,
    );
}
