//! Claims of a root and of a child, each missing, of another type, or wrong.

use super::scene::{HELD, chain_input, child_input, pair, root_input, with_rule};
use crate::{
    vectors::{
        Case,
        case::{ALLOW, Cases, deny, deny_at},
        forge::{apply, rewritten},
    },
    world,
};

/// A name, the claim, the JSON that it is changed to (none: left out), the code and
/// the step; without a code it is accepted.
type Row = (&'static str, &'static str, Option<&'static str>, &'static str, &'static str);

const PRIVATE: &str = r#"{"jwk":{"crv":"Ed25519","d":"AA","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#;
const LOW_ORDER: &str =
    r#"{"jwk":{"crv":"Ed25519","kty":"OKP","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#;
const TWO: &str = r#"[{"tools":{},"type":"attenuating_agent_token"},{"tools":{},"type":"attenuating_agent_token"}]"#;
const PAYMENT: &str =
    r#"[{"tools":{},"type":"attenuating_agent_token"},{"type":"payment_initiation"}]"#;
const ACTIONS: &str = r#"[{"actions":["read"],"tools":{},"type":"attenuating_agent_token"}]"#;
const LONG: &str = concat!(
    "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "x\""
);

const ROOT: &[Row] = &[
    ("unknown", "act", Some(r#"{"sub":"anybody"}"#), "", ""),
    ("nbf", "nbf", Some("9000000000"), "", ""),
    ("jti_missing", "jti", None, "malformed", "2c"),
    ("jti_number", "jti", Some("1"), "malformed", "2c"),
    ("jti_empty", "jti", Some(r#""""#), "malformed", "3j"),
    ("jti_long", "jti", Some(LONG), "malformed", "3j"),
    ("iat_missing", "iat", None, "malformed", "3b"),
    ("iat_text", "iat", Some(r#""1799999940""#), "malformed", "3b"),
    ("iat_negative", "iat", Some("-1"), "malformed", "3b"),
    ("exp_missing", "exp", None, "malformed", "3b"),
    ("exp_null", "exp", Some("null"), "malformed", "3b"),
    ("exp_beyond_integers", "exp", Some("9007199254740994"), "malformed", "3b"),
    ("del_depth_missing", "del_depth", None, "depth_invalid", "3c"),
    ("del_depth_truth", "del_depth", Some("false"), "depth_invalid", "3c"),
    ("del_depth_one", "del_depth", Some("1"), "depth_invalid", "3c"),
    ("del_depth_negative", "del_depth", Some("-1"), "depth_invalid", "3c"),
    (
        "par_hash_there",
        "par_hash",
        Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#),
        "par_hash_mismatch",
        "3d",
    ),
    ("par_hash_null", "par_hash", Some("null"), "par_hash_mismatch", "3d"),
    ("par_hash_empty", "par_hash", Some(r#""""#), "par_hash_mismatch", "3d"),
    ("del_max_depth_8", "del_max_depth", Some("8"), "", ""),
    ("del_max_depth_9", "del_max_depth", Some("9"), "depth_invalid", "3i"),
    ("del_max_depth_missing", "del_max_depth", None, "depth_invalid", "3i"),
    ("del_max_depth_negative", "del_max_depth", Some("-1"), "depth_invalid", "3i"),
    ("del_max_depth_fraction", "del_max_depth", Some("1.5"), "depth_invalid", "3i"),
    ("iss_missing", "iss", None, "malformed", "3k"),
    ("iss_number", "iss", Some("1"), "malformed", "3k"),
    ("iss_empty", "iss", Some(r#""""#), "malformed", "3k"),
    ("iss_other", "iss", Some(r#""urn:procura:user:bob""#), "issuer_mismatch", "3k"),
    ("iss_other_case", "iss", Some(r#""URN:procura:user:alice""#), "issuer_mismatch", "3k"),
    ("sub_missing", "sub", None, "untrusted_root", "P1"),
    ("sub_number", "sub", Some("1"), "malformed", "3b"),
    ("sub_empty", "sub", Some(r#""""#), "malformed", "3b"),
    ("sub_other", "sub", Some(r#""user:bob""#), "untrusted_root", "P1"),
    ("client_id_missing", "client_id", None, "malformed", "P1"),
    ("client_id_list", "client_id", Some("[]"), "malformed", "3b"),
    ("aud_list", "aud", Some(r#"["https://gateway.procura.test","https://b.test"]"#), "", ""),
    ("aud_number", "aud", Some("1"), "malformed", "6c"),
    ("aud_empty_list", "aud", Some("[]"), "malformed", "6c"),
    ("aud_list_of_number", "aud", Some("[1]"), "malformed", "6c"),
    ("aud_empty", "aud", Some(r#""""#), "malformed", "6c"),
    (
        "cnf_other_key",
        "cnf",
        Some(
            r#"{"jwk":{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
        ),
        "",
        "",
    ),
    ("cnf_missing", "cnf", None, "malformed", "3l"),
    ("cnf_empty", "cnf", Some("{}"), "malformed", "3l"),
    (
        "cnf_thumbprint",
        "cnf",
        Some(r#"{"jkt":"UDDReOZl1ipXAfp9wYsm13sDBMK5og--QWdBjzuf6o4"}"#),
        "malformed",
        "3l",
    ),
    ("cnf_secret", "cnf", Some(r#"{"jwk":{"k":"c2VjcmV0","kty":"oct"}}"#), "malformed", "3l"),
    ("cnf_private", "cnf", Some(PRIVATE), "malformed", "3l"),
    ("cnf_low_order", "cnf", Some(LOW_ORDER), "malformed", "3l"),
    (
        "details_empty_tools",
        "authorization_details",
        Some(r#"[{"tools":{},"type":"attenuating_agent_token"}]"#),
        "",
        "",
    ),
    ("details_missing", "authorization_details", None, "malformed", "3m"),
    ("details_object", "authorization_details", Some("{}"), "malformed", "3m"),
    ("details_empty", "authorization_details", Some("[]"), "malformed", "3m"),
    ("details_number", "authorization_details", Some("[1]"), "malformed", "3m"),
    ("details_untyped", "authorization_details", Some(r#"[{"tools":{}}]"#), "malformed", "3m"),
    ("details_two", "authorization_details", Some(TWO), "malformed", "3m"),
    ("details_other_type", "authorization_details", Some(PAYMENT), "malformed", "3m"),
    ("details_more_members", "authorization_details", Some(ACTIONS), "malformed", "3m"),
    (
        "tools_missing",
        "authorization_details",
        Some(r#"[{"type":"attenuating_agent_token"}]"#),
        "malformed",
        "3m",
    ),
    (
        "tools_list",
        "authorization_details",
        Some(r#"[{"tools":[],"type":"attenuating_agent_token"}]"#),
        "malformed",
        "3m",
    ),
    (
        "tool_list",
        "authorization_details",
        Some(r#"[{"tools":{"a":[]},"type":"attenuating_agent_token"}]"#),
        "malformed",
        "3m",
    ),
    (
        "tool_without_name",
        "authorization_details",
        Some(r#"[{"tools":{"":{}},"type":"attenuating_agent_token"}]"#),
        "too_large",
        "3m",
    ),
    (
        "tool_unknown_constraint",
        "authorization_details",
        Some(
            r#"[{"tools":{"a":{"x":{"constraint_type":"regex"}}},"type":"attenuating_agent_token"}]"#,
        ),
        "malformed",
        "3n/4o",
    ),
    (
        "evd_hash_digest",
        "evd_hash",
        Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#),
        "",
        "",
    ),
    ("evd_hash_short", "evd_hash", Some(r#""AA""#), "malformed", "P1"),
    (
        "status_list",
        "status",
        Some(r#"{"status_list":{"idx":1,"uri":"https://s.test/1"}}"#),
        "",
        "",
    ),
    ("status_number", "status", Some("1"), "malformed", "P6"),
    ("status_empty", "status", Some("{}"), "malformed", "P6"),
    (
        "status_negative",
        "status",
        Some(r#"{"status_list":{"idx":-1,"uri":"https://s.test/1"}}"#),
        "malformed",
        "P6",
    ),
    ("status_nowhere", "status", Some(r#"{"status_list":{"idx":1,"uri":""}}"#), "malformed", "P6"),
];

const CHILD: &[Row] = &[
    ("unknown", "act", Some(r#"{"sub":"anybody"}"#), "", ""),
    ("jti_missing", "jti", None, "malformed", "2c"),
    ("jti_empty", "jti", Some(r#""""#), "malformed", "4b"),
    ("cnf_missing", "cnf", None, "malformed", "4b"),
    ("cnf_secret", "cnf", Some(r#"{"jwk":{"k":"c2VjcmV0","kty":"oct"}}"#), "malformed", "4b"),
    ("cnf_private", "cnf", Some(PRIVATE), "malformed", "4b"),
    ("cnf_low_order", "cnf", Some(LOW_ORDER), "malformed", "4b"),
    ("details_missing", "authorization_details", None, "malformed", "4b"),
    ("details_object", "authorization_details", Some("{}"), "malformed", "4b"),
    ("details_empty", "authorization_details", Some("[]"), "scope_not_granted", "6a"),
    ("details_two", "authorization_details", Some(TWO), "malformed", "4n"),
    ("details_other_type", "authorization_details", Some(PAYMENT), "malformed", "4n"),
    (
        "tools_missing",
        "authorization_details",
        Some(r#"[{"type":"attenuating_agent_token"}]"#),
        "malformed",
        "4n",
    ),
    (
        "tools_list",
        "authorization_details",
        Some(r#"[{"tools":[],"type":"attenuating_agent_token"}]"#),
        "malformed",
        "4n",
    ),
    (
        "tool_unknown_constraint",
        "authorization_details",
        Some(
            r#"[{"tools":{"read":{"path":{"constraint_type":"regex"}}},"type":"attenuating_agent_token"}]"#,
        ),
        "malformed",
        "3n/4o",
    ),
    ("del_depth_missing", "del_depth", None, "depth_invalid", "4b"),
    ("del_depth_truth", "del_depth", Some("true"), "depth_invalid", "4b"),
    ("del_max_depth_missing", "del_max_depth", None, "depth_invalid", "4b"),
    ("del_max_depth_text", "del_max_depth", Some(r#""3""#), "depth_invalid", "4b"),
    ("iss_missing", "iss", None, "malformed", "4b"),
    ("iss_number", "iss", Some("1"), "malformed", "4b"),
    ("par_hash_missing", "par_hash", None, "malformed", "4b"),
    ("par_hash_number", "par_hash", Some("1"), "malformed", "4b"),
    ("iat_missing", "iat", None, "malformed", "4b"),
    ("iat_fraction", "iat", Some("1800000000.5"), "malformed", "4b"),
    ("exp_missing", "exp", None, "malformed", "4b"),
    ("exp_text", "exp", Some(r#""1800003600""#), "malformed", "4b"),
    ("sub_missing", "sub", None, "principal_altered", "P3"),
    ("sub_number", "sub", Some("1"), "malformed", "4b"),
    ("sub_other", "sub", Some(r#""user:bob""#), "principal_altered", "P3"),
    ("sub_other_case", "sub", Some(r#""user:Alice""#), "principal_altered", "P3"),
    ("client_id_missing", "client_id", None, "malformed", "P1"),
    ("client_id_number", "client_id", Some("1"), "malformed", "4b"),
    ("aud_empty_list", "aud", Some("[]"), "malformed", "6c"),
    ("status_number", "status", Some("1"), "malformed", "P6"),
];

/// Texts of numbers that no integer claim may have.
const SPELLINGS: &[(&str, &str, &str, &str, &str)] = &[
    ("iat_point_zero", r#""iat":1799999940"#, r#""iat":1799999940.0"#, "malformed", "3b"),
    ("iat_exponent", r#""iat":1799999940"#, r#""iat":1.79999994e9"#, "malformed", "3b"),
    ("exp_exponent", r#""exp":1800003600"#, r#""exp":18000036e2"#, "malformed", "3b"),
    ("del_depth_point_zero", r#""del_depth":0"#, r#""del_depth":0.0"#, "depth_invalid", "3c"),
    (
        "del_max_depth_point_zero",
        r#""del_max_depth":3"#,
        r#""del_max_depth":3.0"#,
        "depth_invalid",
        "3i",
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("chain");
    cases.add("claims_root_whole", "A root with all its claims.", (root_input(|_| {}), ALLOW));
    rows(&mut cases, "root", ROOT);
    cases.add("claims_child_whole", "A child with all its claims.", (child_input(|_| {}), ALLOW));
    rows(&mut cases, "child", CHILD);
    cases.near("claims_root_whole");
    let root = pair().0;
    for (name, from, to, outcome, step) in SPELLINGS {
        let input = chain_input(&[rewritten(&root, "alice", (from, to))]);
        let what = format!("A root with `{to}`.");
        cases.add(&format!("claims_root_{name}"), &what, (input, deny_at(outcome, step, 0)));
    }
    wishes(&mut cases);
    cases.done()
}

fn rows(cases: &mut Cases, whose: &str, rows: &[Row]) {
    for (name, claim, text, outcome, step) in rows {
        let (input, hop) = match whose {
            "root" => (root_input(|claims| apply(claims, claim, *text)), 0),
            _ => (child_input(|claims| apply(claims, claim, *text)), 1),
        };
        let what = match text {
            Some(text) if text.len() < 120 => format!("A {whose} whose `{claim}` is `{text}`."),
            Some(text) => {
                format!("A {whose} whose `{claim}` is a text or object of {} bytes.", text.len())
            }
            None => format!("A {whose} without `{claim}`."),
        };
        let expected = match *step {
            "" => ALLOW,
            // Of the chain as a whole: it names no token.
            "6a" => deny(outcome, step),
            _ => deny_at(outcome, step, hop),
        };
        cases.add(&format!("claims_{whose}_{name}"), &what, (input, expected));
    }
}

/// What an enforcement point may ask beyond the format.
fn wishes(cases: &mut Cases) {
    let plain = || chain_input(&[world::root("alice", &world::grant("planner", HELD))]);
    let digest = Some(r#""BR0nHWoCPtlrdOSpY8vPj7ejvLGj1SSJfK97P-ZWV0g""#);
    let proved =
        with_rule(root_input(|claims| apply(claims, "evd_hash", digest)), "evidence", "required");
    cases.add("claims_evidence", "Evidence is required and there.", (proved, ALLOW));
    let bare = (with_rule(plain(), "evidence", "required"), deny_at("untrusted_root", "P1", 0));
    cases.add("claims_evidence_missing", "Evidence is required and not there.", bare);
    let anonymous = |names: &str| {
        with_rule(root_input(|claims| apply(claims, "client_id", None)), "names", names)
    };
    cases.add(
        "claims_names_optional",
        "Names are optional, and the agent's is left out.",
        (anonymous("optional"), ALLOW),
    );
    let required = (anonymous("required"), deny_at("malformed", "P1", 0));
    cases.add(
        "claims_names_required",
        "Names are required, and the agent's is left out.",
        required,
    );
    let other = |names: &str| {
        with_rule(
            root_input(|claims| apply(claims, "authorization_details", Some(PAYMENT))),
            "names",
            names,
        )
    };
    cases.add(
        "claims_other_entry_ignored",
        "Where names are optional, an entry of another type gives nothing.",
        (other("optional"), ALLOW),
    );
    let refused = (other("required"), deny_at("malformed", "3m", 0));
    cases.add(
        "claims_other_entry_refused",
        "Where names are required, it makes the token malformed.",
        refused,
    );
}
