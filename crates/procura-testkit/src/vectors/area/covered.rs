//! Which parts of a request its signature covers (RFC 9421, section 2).

use procura_core::http_signature::Field;

use super::signed_request::{COVERED, input, request, seen, signed, terms};
use crate::vectors::{
    Case,
    case::{Cases, deny},
};

/// Fields of the request, beside the digest of its body.
const FIELDS: &[(&str, &str)] = &[
    ("X-Plain", "a"),
    ("x-plain", " b "),
    ("X-Umlaut", "größe"),
    ("X-List", "a=1, b=2"),
    ("Signature-Agent", r#"sig1="https://agent.example", x=1"#),
];

/// A name, and what is covered beside what has to be.
const GOOD: &[(&str, &str)] = &[
    ("field", r#" "x-plain""#),
    ("field_as_bytes", r#" "x-umlaut";bs"#),
    ("member", r#" "x-list";key="b""#),
    ("strict_form", r#" "signature-agent";sf"#),
    ("strict_member", r#" "signature-agent";sf;key="sig1""#),
    ("derived", r#" "@authority" "@scheme" "@request-target" "@path" "@query""#),
    ("query_parameter", r#" "@query-param";name="session""#),
    ("two_forms_of_a_field", r#" "x-plain" "x-plain";bs"#),
];

/// A name, and what is covered beside it that has no value.
const WRONG: &[(&str, &str)] = &[
    ("twice", r#" "x-plain" "x-plain""#),
    ("twice_in_another_order", r#" "signature-agent";sf;key="x" "signature-agent";key="x";sf"#),
    ("method_twice", r#" "@method""#),
    ("not_there", r#" "x-absent""#),
    ("name_in_capitals", r#" "X-Plain""#),
    ("name_empty", r#" """#),
    ("name_with_space", r#" "x plain""#),
    ("name_as_word", r#" x-plain"#),
    ("name_as_number", r#" 7"#),
    ("unknown_derived", r#" "@everything""#),
    ("params_component", r#" "@signature-params""#),
    ("status_of_a_request", r#" "@status""#),
    ("request_of_a_request", r#" "x-plain";req"#),
    ("trailer", r#" "x-plain";tr"#),
    ("unknown_parameter", r#" "x-plain";x"#),
    ("parameter_of_another_type", r#" "x-plain";bs=1"#),
    ("parameter_false", r#" "x-plain";bs=?0"#),
    ("strict_form_unknown", r#" "x-list";sf"#),
    ("bytes_of_a_member", r#" "x-list";bs;key="a""#),
    ("member_not_there", r#" "x-list";key="c""#),
    ("member_of_no_dictionary", r#" "x-umlaut";key="a""#),
    ("key_as_word", r#" "x-list";key=a"#),
    ("beyond_ascii", r#" "x-umlaut""#),
    ("name_of_a_field", r#" "x-plain";name="a""#),
    ("derived_with_parameter", r#" "@path";bs"#),
    ("query_parameter_without_name", r#" "@query-param""#),
    ("query_parameter_not_there", r#" "@query-param";name="x""#),
];

/// A name, a field that the request has besides, and the list that leaves something out.
const LEFT_OUT: &[(&str, Option<Field<'static>>, &str)] = &[
    ("nothing", None, ""),
    ("no_method", None, r#""@target-uri" "content-digest""#),
    ("no_target", None, r#""@method" "content-digest""#),
    ("parts_of_the_target", None, r#""@method" "@authority" "@path" "content-digest""#),
    ("no_digest", None, r#""@method" "@target-uri""#),
    ("digest_as_bytes", None, r#""@method" "@target-uri" "content-digest";bs"#),
    ("digest_in_strict_form", None, r#""@method" "@target-uri" "content-digest";sf"#),
    ("digest_member", None, r#""@method" "@target-uri" "content-digest";key="sha-256""#),
    ("method_with_parameter", None, r#""@method";req "@target-uri" "content-digest""#),
    ("method_as_word", None, r#"method "@target-uri" "content-digest""#),
    ("no_authorization", Some(("Authorization", "DPoP x")), COVERED),
    ("no_chain", Some(("AAT-Chain", "x")), COVERED),
    ("no_workload_token", Some(("Workload-Identity-Token", "x")), COVERED),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("signed_request");
    let covering = |more: &str| {
        let list = format!("({COVERED}{more}){}", terms("planner"));
        input(&request(&signed(FIELDS, &list, "planner")))
    };
    for (name, more) in GOOD {
        let what = format!("Covered besides:{more}.");
        cases.add(&format!("covered_{name}"), &what, (covering(more), seen("planner")));
    }
    cases.near("covered_field");
    for (name, more) in WRONG {
        let what = format!("Covered besides:{more}.");
        cases.add(&format!("covered_{name}"), &what, (covering(more), deny("malformed", "H8")));
    }
    counts(&mut cases);
    authority(&mut cases);
    queries(&mut cases);
    cases.done()
}

fn counts(cases: &mut Cases) {
    let many = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("x-{number}")).collect();
        let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        let more: String = names.iter().map(|name| format!(" \"{name}\"")).collect();
        let list = format!("({COVERED}{more}){}", terms("planner"));
        input(&request(&signed(&fields, &list, "planner")))
    };
    cases.add("covered_thirty_two", "Thirty-two components.", (many(29), seen("planner")));
    let more = (many(30), deny("malformed", "H8"));
    cases.add("covered_thirty_three", "Thirty-three components.", more);
}

fn authority(cases: &mut Cases) {
    let covering = |field: Option<(&str, &str)>, covered: &str| {
        let fields: Vec<(&str, &str)> = field.into_iter().collect();
        let list = format!("({covered}){}", terms("planner"));
        input(&request(&signed(&fields, &list, "planner")))
    };
    let all = format!(r#"{COVERED} "authorization""#);
    let good = (covering(Some(("Authorization", "DPoP x")), &all), seen("planner"));
    cases.add("covered_authorization", "The credentials are covered.", good);
    for (name, field, covered) in LEFT_OUT {
        let what = format!("The signature covers no more than `{covered}`.");
        let case = (covering(*field, covered), deny("holder_binding_failed", "H6"));
        cases.add(&format!("covered_{name}"), &what, case);
    }
    let mut fields = signed(&[], &format!("({COVERED}){}", terms("planner")), "planner");
    fields.push(["authorization".into(), "DPoP stolen".into()]);
    let added = (input(&request(&fields)), deny("holder_binding_failed", "H6"));
    cases.add("covered_authorization_added", "Credentials were added on the way.", added);
    let mut fields =
        signed(&[("authorization", "DPoP x")], &format!("({all}){}", terms("planner")), "planner");
    fields.push(["Authorization".into(), "DPoP stolen".into()]);
    let second = (input(&request(&fields)), deny("signature_invalid", "H9"));
    cases.add("covered_second_authorization", "Second credentials were added.", second);
}

fn queries(cases: &mut Cases) {
    let list = format!(r#"({COVERED} "@query-param";name="session"){}"#, terms("planner"));
    let at = |target: &str| input(&request(&signed(&[], &list, "planner")).with("target", target));
    cases.near("covered_query_parameter");
    for (name, target) in [
        ("query_parameter_twice", "/mcp?session=1&session=2"),
        ("query_parameter_twice_escaped", "/mcp?session=1&%73ession=2"),
        ("query_no_utf8", "/mcp?session=%FF"),
        ("query_broken_escape", "/mcp?session=%2"),
    ] {
        let what = format!("A parameter is covered, and the target is `{target}`.");
        cases.add(&format!("covered_{name}"), &what, (at(target), deny("malformed", "H8")));
    }
}
