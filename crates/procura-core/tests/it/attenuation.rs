//! ATT: ways to hold more than was given.

use std::sync::Arc;

use procura_core::{
    delegate,
    proof::{Request, verify_call, verify_chain},
    refusal::{Outcome, Refusal},
};
use procura_testkit::world;

use crate::forge::{claims_of, compact, payload_of, resigned, set_tools};

/// Whether alice may give `held` to the planner, and the planner `passed` on.
fn pass_on(held: &str, passed: &str) -> Result<(), Refusal> {
    let root = world::root("alice", &world::grant("planner", held));
    let child = world::child(&root, "planner", &world::grant("coder", held));
    let child = resigned(&child, "planner", |claims| set_tools(claims, passed));
    let anchors = world::anchors(&["alice"]);
    verify_chain(&[&root, &child], &world::rules(&anchors)).map(|_| ())
}

/// The step at which passing `passed` on is refused.
fn check(held: &str, passed: &str, step: &str) {
    assert_eq!(pass_on(held, passed).unwrap_err().step, step, "{passed} under {held}");
}

/// Whether the planner, who holds `held`, may call `read` with `arguments`.
fn call(held: &str, arguments: &str) -> Result<(), Refusal> {
    let root = world::root("alice", &world::grant("planner", held));
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let chain = Arc::new(verify_chain(&[&root], &rules)?);
    let request = Request { tool: "read".into(), arguments: world::object(arguments) };
    let proof = world::proof(&root, "planner", "read", &request.arguments);
    verify_call(&chain, &proof, request, &rules).map(|_| ())
}

/// One argument of `read`, with this rule.
fn read(rule: &str) -> String {
    format!(r#"{{"read":{{"path":{rule}}}}}"#)
}

fn below(root: &str) -> String {
    read(&format!(r#"{{"constraint_type":"path_containment","root":"{root}"}}"#))
}

#[test]
fn att_01_a_child_holds_no_tool_that_its_parent_lacks() {
    let held = r#"{"read":{},"list":{}}"#;
    assert_eq!(pass_on(held, r#"{"read":{}}"#), Ok(()));
    assert_eq!(pass_on(held, held), Ok(()));
    check(held, r#"{"read":{},"write":{}}"#, "4p1");
    check(held, r#"{"Read":{}}"#, "4p1");
    check(held, r#"{"read ":{}}"#, "4p1");
    check(held, r#"{"r\u0435ad":{}}"#, "4p1");
    check(held, r#"{"*":{}}"#, "4p1");
    // At issue it is refused as well, before anything is signed.
    let root = world::root("alice", &world::grant("planner", held));
    let asked = world::grant("coder", r#"{"read":{},"write":{}}"#);
    let refused = delegate::derive(&root, &asked, &world::key("planner")).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::NotNarrower, "4p1"));
}

#[test]
fn att_02_a_path_is_where_it_is_whatever_its_spelling() {
    let held = below("/data/public");
    for path in [
        "/data/public",
        "/data/public/",
        "/data/public/a",
        "/data//public/./a",
        "/data/private/../public/a",
        "/data/public/a/../b",
        "/data/public/...",
        "/data/public/..a",
        // No percent decoding: the name has these characters in it.
        "/data/public/%2e%2e",
        "/data/public/;x=y",
    ] {
        assert_eq!(call(&held, &format!(r#"{{"path":"{path}"}}"#)), Ok(()), "{path}");
    }
    for path in [
        "/data/public/../private",
        "/data/public/..",
        "/data/public/a/../../private",
        "/data/public/./../private",
        "/data/public//../private",
        "/../data/public",
        "/data/public/../../../data/public",
        "data/public",
        "./data/public",
        "",
        "/",
        "/DATA/public",
        "/data/public\\\\..\\\\private",
        "/data/public/a\\\\..\\\\..\\\\private",
        "/data/public/\\u0000",
        "\\u002fdata/private",
        "/data%2fpublic/a",
        "file:///data/public",
        " /data/public",
    ] {
        let refused = call(&held, &format!(r#"{{"path":"{path}"}}"#)).unwrap_err();
        assert_eq!(refused.outcome, Outcome::ArgumentRefused, "{path}");
    }
}

#[test]
fn att_02_a_child_may_not_climb_either() {
    let held = below("/data/public");
    assert_eq!(pass_on(&held, &below("/data/public/a")), Ok(()));
    check(&held, &below("/data/public/../private"), "4p4");
    check(&held, &below("/data"), "4p4");
    check(&held, &read(r#"{"constraint_type":"exact","value":"/data/public/../x"}"#), "4p4");
    check(&held, &below("/data/public/../../.."), "3n/4o");
    check(&held, &read(r#"{"constraint_type":"wildcard"}"#), "4p4");
}

#[test]
fn att_02_a_url_has_one_reading_or_none() {
    let held =
        read(r#"{"constraint_type":"url_containment","origin":"https://api.test","path":"/v1"}"#);
    for url in [
        "https://api.test/v1",
        "https://api.test/v1/items?q=../..#f",
        "https://API.test:443/v1/a",
        "https://api.test/v1/a/../b",
    ] {
        assert_eq!(call(&held, &format!(r#"{{"path":"{url}"}}"#)), Ok(()), "{url}");
    }
    for url in [
        "https://api.test/v2",
        "https://api.test/v1x",
        "https://api.test/v1/../v2",
        "https://api.test/v1/%2e%2e/v2",
        "https://api.test/v1/%2E%2E/v2",
        "https://api.test/v1%2f..%2fv2",
        "https://api.test/v1/%5c..",
        "https://api.test/v1/%252e%252e/v2",
        "https://api.test/v1/a;x=y",
        "https://api.test/v1\\\\..\\\\v2",
        "https://api.test",
        "https://api.test?/v1",
        "https://api.test#/v1",
        "http://api.test/v1",
        "HTTPS://api.test/v1",
        "https://api.test:8443/v1",
        "https://api.test:/v1",
        "https://user@api.test/v1",
        "https://api.test@attacker.test/v1",
        "https://api.test:443@attacker.test/v1",
        "https://api.test.attacker.test/v1",
        "https://api.test./v1",
        "https://attacker.test/https://api.test/v1",
        "https://api.test\\u0000.attacker.test/v1",
        "https://api.test\\t/v1",
        " https://api.test/v1",
        "//api.test/v1",
        "https:api.test/v1",
        "https:///v1",
        "https://\\u0430pi.test/v1",
        "javascript:https://api.test/v1",
    ] {
        let refused = call(&held, &format!(r#"{{"path":"{url}"}}"#)).unwrap_err();
        assert_eq!(refused.outcome, Outcome::ArgumentRefused, "{url}");
    }
}

#[test]
fn att_03_a_name_that_begins_alike_is_another_name() {
    let held = below("/api/team");
    assert_eq!(call(&held, r#"{"path":"/api/team/x"}"#), Ok(()));
    for path in ["/api/team-secrets", "/api/teamx", "/api/tea", "/api/team.", "/api/team "] {
        assert!(call(&held, &format!(r#"{{"path":"{path}"}}"#)).is_err(), "{path}");
        check(&held, &below(path), "4p4");
    }
}

#[test]
fn att_04_there_are_no_patterns_to_widen() {
    let held = read(r#"{"constraint_type":"one_of","values":["repo/*"]}"#);
    // A star is a star.
    assert_eq!(call(&held, r#"{"path":"repo/*"}"#), Ok(()));
    assert!(call(&held, r#"{"path":"repo/a"}"#).is_err());
    for wider in ["repo/**", "*", "repo/a", "repo/?"] {
        let one_of = format!(r#"{{"constraint_type":"one_of","values":["{wider}"]}}"#);
        check(&held, &read(&one_of), "4p4");
    }
    for pattern in ["regex", "glob", "cel", "rego", "cidr", "prefix"] {
        let rule = format!(r#"{{"constraint_type":"{pattern}","pattern":"repo/a"}}"#);
        check(&held, &read(&rule), "3n/4o");
    }
    check(r#"{"read_file":{}}"#, r#"{"read_*":{}}"#, "4p1");
}

#[test]
fn att_05_a_limit_that_is_not_understood_is_not_skipped() {
    let held = read(r#"{"constraint_type":"wildcard"}"#);
    assert_eq!(pass_on(&held, &held), Ok(()));
    // In a constraint: on a tool that nobody calls, and deep inside another.
    let unknown = r#"{"constraint_type":"budget","max":5}"#;
    let elsewhere = format!(
        r#"{{"read":{{"path":{{"constraint_type":"wildcard"}}}},"pay":{{"sum":{unknown}}}}}"#
    );
    check(&elsewhere_held(), &elsewhere, "3n/4o");
    check(
        &held,
        &read(&format!(r#"{{"constraint_type":"any","constraints":[{unknown}]}}"#)),
        "3n/4o",
    );
    check(&held, &read(r#"{"constraint_type":"wildcard","max":5}"#), "3n/4o");
}

/// What [`att_05_a_limit_that_is_not_understood_is_not_skipped`] narrows.
fn elsewhere_held() -> String {
    r#"{"read":{"path":{"constraint_type":"wildcard"}},"pay":{"sum":{"constraint_type":"wildcard"}}}"#
        .into()
}

#[test]
fn att_05_a_limit_in_the_header_or_beside_the_tools_is_not_skipped() {
    let held = read(r#"{"constraint_type":"wildcard"}"#);
    let chain = world::chain("alice > planner > coder", &held);
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let verify = |child: &str| verify_chain(&[&chain[0], child], &rules).map(|_| ());
    for (critical, step) in [
        (r#""crit":["dpv"],"dpv":1"#, "P2"),
        (r#""crit":["dpv"],"dpv":2"#, "4a"),
        (r#""crit":["dpv"]"#, "4a"),
        (r#""crit":["dpv","dpv"],"dpv":1"#, "4a"),
        (r#""crit":["dpv","exp"],"dpv":1,"exp":1"#, "4a"),
        (r#""crit":["exp"],"exp":1"#, "4a"),
        (r#""crit":[]"#, "4a"),
        (r#""crit":"dpv","dpv":1"#, "4a"),
        (r#""crit":null,"dpv":1"#, "4a"),
    ] {
        let header = format!(r#"{{"alg":"Ed25519",{critical},"typ":"aat+jwt"}}"#);
        let limited = compact(&header, &payload_of(&chain[1]), "planner");
        assert_eq!(verify(&limited).unwrap_err().step, step, "{critical}");
    }
    for kind in [r#""agent_delegation""#, r#""payment""#, "null"] {
        let budget = format!(r#"{{"type":{kind},"max":5}}"#);
        let limited = resigned(&chain[1], "planner", |claims| {
            let details = claims.get("authorization_details").unwrap();
            let mut details = details.as_array().unwrap().to_vec();
            details.push(world::object(&budget).into());
            claims.set("authorization_details", details);
        });
        assert_eq!(verify(&limited).unwrap_err().step, "4n", "{kind}");
    }
    for beside in [r#""max_calls":1"#, r#""locations":["https://other"]"#, r#""actions":["read"]"#]
    {
        let detail = claims_of(&chain[1]).get("authorization_details").unwrap().clone();
        let detail = detail.as_array().unwrap()[0].to_canonical().unwrap();
        let limited = resigned(&chain[1], "planner", |claims| {
            let detail = world::object(&detail.replacen('{', &format!("{{{beside},"), 1));
            claims.set("authorization_details", vec![detail]);
        });
        assert_eq!(verify(&limited).unwrap_err().step, "4n", "{beside}");
    }
    assert_eq!(verify(&chain[1]), Ok(()));
}

#[test]
fn att_06_what_a_child_leaves_out_does_not_come_back() {
    let limit = r#"{"constraint_type":"range","max":5}"#;
    let wildcard = r#"{"constraint_type":"wildcard"}"#;
    let held = format!(r#"{{"pay":{{"sum":{limit},"to":{wildcard}}}}}"#);
    assert_eq!(pass_on(&held, &held), Ok(()));
    check(&held, &format!(r#"{{"pay":{{"to":{wildcard}}}}}"#), "4p2");
    check(&held, r#"{"pay":{}}"#, "4p2");
    check(&held, &format!(r#"{{"pay":{{"sum":{wildcard},"to":{wildcard}}}}}"#), "4p4");
    check(&held, &format!(r#"{{"pay":{{"sum":{limit},"to":{wildcard},"*":{wildcard}}}}}"#), "4p2");
    check(
        &held,
        &format!(r#"{{"pay":{{"sum":{limit},"to":{wildcard},"fee":{wildcard}}}}}"#),
        "4p2",
    );
    let optional = r#"{"constraint_type":"range","max":5,"optional":true}"#;
    check(&held, &format!(r#"{{"pay":{{"sum":{optional},"to":{wildcard}}}}}"#), "4p3");
}

#[test]
fn att_06_an_optional_argument_may_be_required_or_forbidden_but_not_freed() {
    let limit = r#"{"constraint_type":"range","max":5}"#;
    let optional = r#"{"constraint_type":"range","max":5,"optional":true}"#;
    let wildcard = r#"{"constraint_type":"wildcard"}"#;
    let open = format!(r#"{{"pay":{{"sum":{optional},"*":{wildcard}}}}}"#);
    for narrower in [
        format!(r#"{{"pay":{{"sum":{limit},"*":{wildcard}}}}}"#),
        format!(r#"{{"pay":{{"sum":{optional}}}}}"#),
        format!(r#"{{"pay":{{"to":{wildcard}}}}}"#),
        format!(r#"{{"pay":{{"sum":{optional},"to":{wildcard},"*":{wildcard}}}}}"#),
    ] {
        assert_eq!(pass_on(&open, &narrower), Ok(()), "{narrower}");
    }
    check(&open, &format!(r#"{{"pay":{{"*":{wildcard}}}}}"#), "4p2");
    check(&open, &format!(r#"{{"pay":{{"to":{wildcard},"*":{wildcard}}}}}"#), "4p2");
    check(&open, r#"{"pay":{}}"#, "4p2");
    // `*` is what it is.
    for star in [r#"{"constraint_type":"wildcard","optional":true}"#, limit] {
        let held = format!(r#"{{"pay":{{"sum":{limit},"*":{star}}}}}"#);
        check(&open, &held, "3n/4o");
    }
    check(&open, r#"{"pay":{"sum":{"constraint_type":"range","max":5,"optional":1}}}"#, "3n/4o");
    let inner =
        format!(r#"{{"pay":{{"sum":{{"constraint_type":"all","constraints":[{optional}]}}}}}}"#);
    check(&open, &inner, "3n/4o");
}

#[test]
fn att_07_a_number_is_a_number_within_its_limit() {
    let held = read(r#"{"constraint_type":"range","min":0,"max":100}"#);
    for number in ["0", "100", "100.0", "1e2", "-0", "0.5"] {
        assert_eq!(call(&held, &format!(r#"{{"path":{number}}}"#)), Ok(()), "{number}");
    }
    for number in ["101", "-1", "100.00000000000001", r#""100""#, "true", "null", "[1]", "{}"] {
        let refused = call(&held, &format!(r#"{{"path":{number}}}"#)).unwrap_err();
        assert_eq!(refused.outcome, Outcome::ArgumentRefused, "{number}");
    }
}

#[test]
fn att_07_a_number_that_has_two_readings_has_none() {
    let held = read(r#"{"constraint_type":"range"}"#);
    let root = world::root("alice", &world::grant("planner", &held));
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let chain = Arc::new(verify_chain(&[&root], &rules).unwrap());
    let proof = world::proof(&root, "planner", "read", &world::object(r#"{"path":1}"#));
    for number in ["1e309", "-1e309", "9007199254740993", "1.00000000000000001", "1e-400"] {
        let request = Request {
            tool: "read".into(),
            arguments: world::object(&format!(r#"{{"path":{number}}}"#)),
        };
        let refused = verify_call(&chain, &proof, request, &rules).unwrap_err();
        assert_eq!(refused.outcome, Outcome::NonAdmissibleNumber, "{number}");
        // Nor can a limit be written with it.
        let limit = format!(r#"{{"constraint_type":"range","max":{number}}}"#);
        let child = world::child(&root, "planner", &world::grant("coder", &held));
        let payload = payload_of(&child);
        let payload = payload.replacen(r#"{"constraint_type":"range"}"#, &limit, 1);
        let header = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;
        let child = compact(header, &payload, "planner");
        assert_eq!(verify_chain(&[&root, &child], &rules).unwrap_err().step, "3n/4o");
    }
}

#[test]
fn att_08_an_exclusion_does_not_allow_what_is_not_there() {
    let held = r#"{"read":{"env":{"constraint_type":"not_one_of","excluded":["prod"]}}}"#;
    assert_eq!(call(held, r#"{"env":"dev"}"#), Ok(()));
    for arguments in ["{}", r#"{"env":"prod"}"#, r#"{"Env":"dev"}"#, r#"{"environment":"dev"}"#] {
        let refused = call(held, arguments).unwrap_err();
        assert_eq!(refused.outcome, Outcome::ArgumentRefused, "{arguments}");
    }
    // Only the one who gives it may say that it can be left out.
    let optional = held.replace(r#""excluded""#, r#""optional":true,"excluded""#);
    assert_eq!(call(&optional, "{}"), Ok(()));
    assert!(call(&optional, r#"{"env":"prod"}"#).is_err());
    check(held, &optional, "4p3");
}
