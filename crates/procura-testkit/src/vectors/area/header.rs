//! The header: what a root's and a child's may say.

use super::scene::{chain_input, pair};
use crate::vectors::{
    Case,
    case::{ALLOW, Cases, deny_at},
    forge::{compact_bytes, payload_of},
};

/// A name, what it is, the header, and the code; an empty code accepts.
const HEADERS: &[(&str, &str, &str, &str)] = &[
    ("plain", "The header as it is made.", r#"{"alg":"Ed25519","typ":"aat+jwt"}"#, ""),
    (
        "spaces",
        "White space and another order of the members.",
        r#"{ "typ": "aat+jwt", "alg": "Ed25519" }"#,
        "",
    ),
    (
        "unknown_member",
        "A member that nobody knows is ignored.",
        r#"{"alg":"Ed25519","cty":"x","typ":"aat+jwt"}"#,
        "",
    ),
    ("alg_missing", "No `alg`.", r#"{"typ":"aat+jwt"}"#, "alg_or_type_refused"),
    (
        "alg_none",
        "The algorithm `none`.",
        r#"{"alg":"none","typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "alg_eddsa",
        "`EdDSA`, which does not say which curve.",
        r#"{"alg":"EdDSA","typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "alg_hs256",
        "A shared secret's algorithm.",
        r#"{"alg":"HS256","typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "alg_es256",
        "Another curve's algorithm.",
        r#"{"alg":"ES256","typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "alg_lower_case",
        "The algorithm in lower case.",
        r#"{"alg":"ed25519","typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "alg_list",
        "A list of algorithms.",
        r#"{"alg":["Ed25519"],"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "alg_null",
        "An `alg` that is null.",
        r#"{"alg":null,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    ("typ_missing", "No `typ`.", r#"{"alg":"Ed25519"}"#, "alg_or_type_refused"),
    (
        "typ_jwt",
        "The type of any token.",
        r#"{"alg":"Ed25519","typ":"JWT"}"#,
        "alg_or_type_refused",
    ),
    (
        "typ_proof",
        "The type of a proof.",
        r#"{"alg":"Ed25519","typ":"aat-pop+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "typ_access_token",
        "The type of an access token.",
        r#"{"alg":"Ed25519","typ":"at+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "typ_upper_case",
        "The type in capitals.",
        r#"{"alg":"Ed25519","typ":"AAT+JWT"}"#,
        "alg_or_type_refused",
    ),
    (
        "typ_prefixed",
        "The type as a media type.",
        r#"{"alg":"Ed25519","typ":"application/aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "typ_number",
        "A type that is a number.",
        r#"{"alg":"Ed25519","typ":1}"#,
        "alg_or_type_refused",
    ),
    (
        "crit_unknown",
        "A critical parameter that nobody knows.",
        r#"{"alg":"Ed25519","crit":["x"],"typ":"aat+jwt","x":1}"#,
        "alg_or_type_refused",
    ),
    (
        "crit_exp",
        "`exp` as a critical parameter.",
        r#"{"alg":"Ed25519","crit":["exp"],"exp":1,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "crit_empty",
        "An empty `crit`.",
        r#"{"alg":"Ed25519","crit":[],"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "crit_text",
        "A `crit` that is no list.",
        r#"{"alg":"Ed25519","crit":"dpv","dpv":1,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "crit_null",
        "A `crit` that is null.",
        r#"{"alg":"Ed25519","crit":null,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "crit_dpv_twice",
        "`dpv` twice in `crit`.",
        r#"{"alg":"Ed25519","crit":["dpv","dpv"],"dpv":1,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "crit_dpv_and_more",
        "`dpv` and another one in `crit`.",
        r#"{"alg":"Ed25519","crit":["dpv","x"],"dpv":1,"typ":"aat+jwt","x":1}"#,
        "alg_or_type_refused",
    ),
    (
        "dpv_missing",
        "`dpv` is critical and not there.",
        r#"{"alg":"Ed25519","crit":["dpv"],"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "dpv_2",
        "A second version of the profile.",
        r#"{"alg":"Ed25519","crit":["dpv"],"dpv":2,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "dpv_text",
        "A version that is text.",
        r#"{"alg":"Ed25519","crit":["dpv"],"dpv":"1","typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "dpv_fraction",
        "A version with a fraction.",
        r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1.0,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "b64_false",
        "An unencoded payload, marked as critical.",
        r#"{"alg":"Ed25519","b64":false,"crit":["b64"],"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    (
        "b64_alone",
        "`b64` without `crit`.",
        r#"{"alg":"Ed25519","b64":true,"typ":"aat+jwt"}"#,
        "alg_or_type_refused",
    ),
    ("no_json", "A header that is not JSON.", "alg=Ed25519", "malformed"),
    ("array", "A header that is a list.", r#"[{"alg":"Ed25519","typ":"aat+jwt"}]"#, "malformed"),
    (
        "repeated_member",
        "Two members `alg`.",
        r#"{"alg":"none","alg":"Ed25519","typ":"aat+jwt"}"#,
        "malformed",
    ),
    (
        "escaped_repetition",
        "Two members `alg`, one of them escaped.",
        r#"{"\u0061lg":"none","alg":"Ed25519","typ":"aat+jwt"}"#,
        "malformed",
    ),
    (
        "trailing",
        "Something after the header's object.",
        r#"{"alg":"Ed25519","typ":"aat+jwt"}{}"#,
        "malformed",
    ),
    (
        "byte_order_mark",
        "A byte order mark before the header.",
        "\u{feff}{\"alg\":\"Ed25519\",\"typ\":\"aat+jwt\"}",
        "malformed",
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("chain");
    let (root, child) = pair();
    let (root_payload, child_payload) = (payload_of(&root), payload_of(&child));
    for (name, what, header, outcome) in HEADERS {
        let token = compact_bytes(header.as_bytes(), root_payload.as_bytes(), "alice");
        let expected = if outcome.is_empty() { ALLOW } else { deny_at(outcome, "3a", 0) };
        cases.add(&format!("header_root_{name}"), what, (chain_input(&[token]), expected));
    }
    for (name, what, header, outcome) in HEADERS {
        let token = compact_bytes(header.as_bytes(), child_payload.as_bytes(), "planner");
        let expected = if outcome.is_empty() { ALLOW } else { deny_at(outcome, "4a", 1) };
        let input = chain_input(&[root.clone(), token]);
        cases.add(&format!("header_child_{name}"), what, (input, expected));
    }
    let token =
        compact_bytes(b"{\"alg\":\"Ed25519\",\"typ\":\"\xff\"}", root_payload.as_bytes(), "alice");
    let case = (chain_input(&[token]), deny_at("malformed", "3a", 0));
    cases.near("header_root_plain").add(
        "header_root_not_utf8",
        "A header that is not UTF-8.",
        case,
    );
    cases.done()
}
