//! The input must be about the call that the roles were asked about.

use procura_policy::{DenyCode, Effect, PolicySet};

use crate::{ALICE, ALLOW, PLANNER, READ, ask_raw, code, compile, input, input_of, reason};

#[test]
fn roles_and_rules_are_asked_about_the_same_call() {
    let set = compile(&format!("package procura\n{ALLOW}")).unwrap();
    let table = [
        (input_of("user:bob", PLANNER, READ, "{}"), "`principal`"),
        (input_of(ALICE, "agent:other", READ, "{}"), "`agent`"),
        (input_of(ALICE, PLANNER, "mcp:web/other", "{}"), "`tool`"),
        (format!(r#"{{"agent":"{PLANNER}","tool":"{READ}","args":{{}}}}"#), "`principal`"),
        (format!(r#"{{"principal":"{ALICE}","tool":"{READ}","args":{{}}}}"#), "`agent`"),
        (format!(r#"{{"principal":"{ALICE}","agent":"{PLANNER}","args":{{}}}}"#), "`tool`"),
        (format!(r#"{{"principal":"{ALICE}","agent":"{PLANNER}","tool":"{READ}"}}"#), "`args`"),
        (
            format!(
                r#"{{"principal":["{ALICE}"],"agent":"{PLANNER}","tool":"{READ}","args":{{}}}}"#
            ),
            "`principal`",
        ),
        (
            format!(
                r#"{{"principal":"{ALICE}","agent":"{PLANNER}","tool":"{READ}","args":{{}},"tool":"x"}}"#
            ),
            "`tool`",
        ),
    ];
    for (text, field) in table {
        let verdict = ask_raw(&set, &text);
        assert_eq!(code(&verdict), Some(DenyCode::InputIncomplete), "{text}");
        assert!(reason(&verdict).contains(field), "{verdict:?}");
    }
    let bare =
        format!(r#"{{"principal":"{ALICE}","agent":"{PLANNER}","tool":"{READ}","args":{{}}}}"#);
    assert_eq!(ask_raw(&set, &bare).effect, Effect::Allow);
}

#[test]
fn an_object_cannot_pass_for_a_number() {
    let set = compile(&format!("package procura\n{ALLOW}")).unwrap();
    for key in [
        "$serde_json::private::Number",
        "\\u0024serde_json::private::Number",
        "$serde_json\\u003a:private::Number",
        "$\\u0073erde_json::private::Number",
        "$serde_json::priv\\u0061te::Number",
    ] {
        let verdict = ask_raw(&set, &input(&format!(r#"{{"n":{{"{key}":"1e2000000000"}}}}"#)));
        assert_eq!(code(&verdict), Some(DenyCode::InputIncomplete), "{key}: {verdict:?}");
    }
    // What only looks like an escape must not hide what comes after it.
    let hidden = r#"{"a":"\\u00zz","n":{"$serde_json\u003a:private::Number":"1e2000000000"}}"#;
    assert_eq!(code(&ask_raw(&set, &input(hidden))), Some(DenyCode::InputIncomplete));
    for key in ["serde", "\\u0061bc", "\\\\u00", "\\u00e9", "x\\u0000"] {
        let verdict = ask_raw(&set, &input(&format!(r#"{{"n":{{"{key}":"1"}}}}"#)));
        assert_eq!(verdict.effect, Effect::Allow, "{key}: {verdict:?}");
    }
}

#[test]
fn brackets_in_strings_are_not_depth() {
    let set = compile(&format!("package procura\n{ALLOW}")).unwrap();
    let text = input(&format!(r#""\"{}\\""#, "[{".repeat(500)));
    assert_eq!(ask_raw(&set, &text).effect, Effect::Allow);
}

#[test]
fn a_refusal_repeats_no_value_of_the_input() {
    let set = compile(&format!("package procura\n{ALLOW}")).unwrap();
    for text in [input("canary"), input_of("canary", PLANNER, READ, "{}"), "canary".to_owned()] {
        let verdict = ask_raw(&set, &text);
        assert!(!reason(&verdict).contains("canary"), "{verdict:?}");
    }
}

#[test]
fn what_closes_is_no_longer_depth() {
    let set = compile(&format!("package procura\n{ALLOW}")).unwrap();
    let beside = format!("[{}]", vec!["[{}]"; 200].join(","));
    assert_eq!(ask_raw(&set, &input(&beside)).effect, Effect::Allow);
    let nested = |open: &str, close: &str, levels: usize| {
        input(&format!("{}1{}", open.repeat(levels), close.repeat(levels)))
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[\"]\",", "]"), ("[\"\\\"]\",", "]")] {
        // The input itself is one level.
        let verdict = ask_raw(&set, &nested(open, close, PolicySet::MAX_INPUT_DEPTH - 1));
        assert_eq!(verdict.effect, Effect::Allow, "{open}");
        let verdict = ask_raw(&set, &nested(open, close, PolicySet::MAX_INPUT_DEPTH));
        assert_eq!(reason(&verdict), "the input is nested deeper than 64", "{open}");
    }
}

#[test]
fn the_largest_input_is_read_to_its_end() {
    let rules = r#"decision := {"effect": "deny", "rule": "r", "reason": input.args.end}"#;
    let set = compile(&format!("package procura\n{rules}")).unwrap();
    let sized = |size: usize| {
        let text = |padding: usize| {
            input(&format!(r#"{{"start":"{}","end":"x"}}"#, "é".repeat(padding / 2)))
        };
        text(size - text(0).len())
    };
    let whole = sized(PolicySet::MAX_INPUT_BYTES);
    assert!(whole.len() > PolicySet::MAX_INPUT_BYTES - 2);
    assert_eq!(reason(&ask_raw(&set, &whole)), "x");
    // Bytes are counted, not characters.
    let verdict = ask_raw(&set, &sized(PolicySet::MAX_INPUT_BYTES + 2));
    assert_eq!(reason(&verdict), "the input is larger than 262144 bytes");
}
