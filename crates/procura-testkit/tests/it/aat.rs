//! `conform aat-02` on the real set, and on cases that were changed.

use std::{fs, path::Path};

use serde_json::Value;

use crate::conform::{Run, run, shared};

const CASES: &str = "aat-jws-02/aat-jws-vectors.jsonl";
const SUITE: &str = "aat-jws-02/suite.json";

/// The cases of the real set, a line each, and its suite.
fn set() -> Option<(Vec<String>, String)> {
    let cases = fs::read_to_string(shared(CASES)?).unwrap();
    let suite = fs::read_to_string(shared(SUITE)?).unwrap();
    Some((cases.lines().map(String::from).collect(), suite))
}

fn run_on(cases: &str, suite: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.jsonl");
    fs::write(&file, cases).unwrap();
    fs::write(folder.path().join("suite.json"), suite).unwrap();
    run(&["aat-02".as_ref(), file.as_os_str()])
}

/// What one case expects, as our line about it would say it.
fn expected(case: &str) -> String {
    let case: Value = serde_json::from_str(case).unwrap();
    let (id, expected) = (&case["id"], &case["expected"]);
    let (verdict, step) = (&expected["verdict"], &expected["step"]);
    format!(r#"{{"id":{id},"verdict":{verdict},"step":{step}}}"#)
}

/// The line of the case `id`.
fn case(cases: &[String], id: &str) -> String {
    let start = format!(r#"{{"id":"{id}","#);
    let case = cases.iter().find(|case| case.starts_with(&start));
    case.unwrap().clone()
}

#[test]
fn every_case_of_the_real_set_gets_its_verdict_and_its_step() {
    let Some((cases, suite)) = set() else { return };
    assert_eq!(cases.len(), 80);
    let ran = run_on(&cases.join("\n"), &suite);
    assert_eq!((ran.code, ran.error.as_str()), (Some(0), ""));
    let answers: Vec<&str> = ran.out.lines().collect();
    let all: Vec<String> = cases.iter().map(|case| expected(case)).collect();
    assert_eq!(answers, all);
}

#[test]
fn a_case_that_was_changed_gets_another_answer() {
    let Some((cases, suite)) = set() else { return };
    // A verdict that was permitted, and what must become of it.
    for (id, from, to, step) in [
        ("J.1", r#""/data/q3-report.pdf""#, r#""/data/q4-report.pdf""#, "7f"),
        ("J.1", r#""tool":"read_file""#, r#""tool":"write_file""#, "6b"),
        ("J.1", r#""now":1704067500"#, r#""now":1704067531"#, "7g"),
        ("J.1", r#""now":1704067500"#, r#""now":1704070800"#, "3e"),
        ("J.1", r#""aat_chain":["#, r#""aat_chain":["e30.e30.","#, "2c"),
        ("J.8.8", "9007199254740994", "9007199254740993", "6b"),
        ("J.6.3", r#""policy":{}"#, r#""policy":{"require_pop_aud":true}"#, "7d"),
        ("J.1", r#""policy":{}"#, r#""policy":{"require_chain_aud":true}"#, "6c"),
        ("J.1", r#""policy":{}"#, r#""policy":{"nonce":"other"}"#, "7h"),
    ] {
        let original = case(&cases, id);
        let changed = original.replacen(from, to, 1);
        assert_ne!(original, changed, "{id}");
        let ran = run_on(&changed, &suite);
        let denied = format!(r#"{{"id":"{id}","verdict":"DENY","step":"{step}"}}"#);
        assert_eq!((ran.code, ran.out.trim_end()), (Some(0), denied.as_str()));
    }
}

#[test]
fn what_a_case_expects_is_not_echoed() {
    let Some((cases, suite)) = set() else { return };
    let original = case(&cases, "J.1");
    let planted = original.replace(
        r#""expected":{"verdict":"PERMIT","step":null}"#,
        r#""expected":{"verdict":"DENY","step":"3a"}"#,
    );
    assert_ne!(original, planted);
    let ran = run_on(&planted, &suite);
    assert_ne!(ran.out.trim_end(), expected(&planted));
    assert_eq!(ran.out.trim_end(), expected(&original));
}

#[test]
fn a_line_that_is_no_case_ends_the_run_after_the_verdicts_before_it() {
    let Some((cases, suite)) = set() else { return };
    let good = case(&cases, "J.1");
    for (from, to, why) in [
        (r#""policy":{}"#, r#""policy":{"require_luck":true}"#, "unknown policy `require_luck`"),
        (r#""policy":{}"#, r#""policy":{"nonce":1}"#, "no proper `nonce`"),
        (r#""policy":{}"#, r#""policy":{"require_pop_aud":1}"#, "no proper `require_pop_aud`"),
        (r#""policy":{}"#, r#""police":{}"#, "no proper `policy`"),
        (r#""tool":"read_file""#, r#""tool":1"#, "no proper `tool`"),
        (r#""now":1704067500"#, r#""now":1704067500.5"#, "no proper `now`"),
        (r#""aat_chain":["#, r#""aat_chain":[1,"#, "a token in `aat_chain` is not a text"),
        (r#""tool":"read_file""#, r#""tool":"read_file","tool":"x""#, "duplicate member"),
        (r#"{"id""#, r#"{id"#, "not JSON at byte 1"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{why}");
        let ran = run_on(&format!("{good}\n{bad}\n{good}\n"), &suite);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert_eq!(ran.out.trim_end(), expected(&good));
        assert!(ran.error.contains(&format!("line 2: {why}")), "{}", ran.error);
    }
}

#[test]
fn a_suite_with_other_limits_is_refused() {
    let Some((cases, suite)) = set() else { return };
    for (from, to, why) in [
        (r#""max_iat_skew": 30"#, r#""max_iat_skew": 60"#, "`max_iat_skew` is 60, but ours is 30"),
        (r#""pop_window": 30"#, r#""pop_window": 31"#, "`pop_window` is 31"),
        (r#""max_delegation_depth": 8"#, r#""max_delegation_depth": 9"#, "is 9, but ours is 8"),
        (r#""max_constraint_depth": 32"#, r#""max_constraint_depth": 16"#, "is 16, but ours is 32"),
        (r#""audience""#, r#""audiences""#, "no proper `audience`"),
        (r#""trust_anchors""#, r#""anchors""#, "no proper `trust_anchors`"),
    ] {
        let changed = suite.replacen(from, to, 1);
        assert_ne!(suite, changed, "{why}");
        let ran = run_on(&cases[0], &changed);
        assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""));
        assert!(ran.error.contains(why), "{}", ran.error);
    }
}

#[test]
fn the_lifetime_and_the_audience_come_from_the_suite() {
    let Some((cases, suite)) = set() else { return };
    for (from, to, step) in [
        (r#""max_token_lifetime": 7776000"#, r#""max_token_lifetime": 60"#, "3h"),
        (r#""audience": "https://tools"#, r#""audience": "https://other"#, "7d"),
    ] {
        let changed = suite.replacen(from, to, 1);
        assert_ne!(suite, changed, "{step}");
        let ran = run_on(&case(&cases, "J.1"), &changed);
        assert!(ran.out.contains(&format!(r#""step":"{step}""#)), "{}", ran.out);
    }
}

#[test]
fn a_suite_elsewhere_can_be_named() {
    let Some((cases, suite)) = set() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (file, elsewhere) = (folder.path().join("cases"), folder.path().join("elsewhere"));
    fs::write(&file, &cases[0]).unwrap();
    fs::write(&elsewhere, suite).unwrap();
    let named = |suite: &Path| {
        let arguments = ["aat-02".as_ref(), file.as_os_str(), "--suite".as_ref()];
        run(&[&arguments[..], &[suite.as_os_str()]].concat())
    };
    assert_eq!(named(&elsewhere).out.trim_end(), expected(&cases[0]));
    assert_eq!(named(&folder.path().join("missing")).code, Some(3));
}

#[test]
fn a_file_without_cases_exits_with_3_and_wrong_usage_with_2() {
    let Some((_, suite)) = set() else { return };
    let ran = run_on("\n", &suite);
    assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""));
    assert!(ran.error.contains("no case in"), "{}", ran.error);
    for arguments in [&["aat-02"][..], &["aat-02", "a", "b"], &["aat-02", "a", "--suit", "b"]] {
        let arguments: Vec<_> = arguments.iter().map(std::ffi::OsStr::new).collect();
        let ran = run(&arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.error.contains("usage: conform aat-02 FILE [--suite FILE]\n"));
    }
}
