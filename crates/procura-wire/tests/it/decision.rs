//! What callers are told.

use procura_core::json::{Value, parse_object};
use procura_wire::call::Era;
use procura_wire::decision::{Approval, Denied, Details, Receipt, Retry, error_code, with_receipt};
use procura_wire::message::Id;
use procura_wire::raw::RawObject;
use proptest::prelude::*;

fn receipt() -> Receipt {
    Receipt { event: "e-1".into(), sequence: 41, leaf: "bGVhZg==".into() }
}

fn bare() -> Denied {
    Denied {
        code: "scope_not_granted".into(),
        status: 403,
        retry: Retry::Useless,
        details: None,
        approval: None,
        receipt: None,
    }
}

fn full() -> Denied {
    Denied {
        retry: Retry::MayHelp,
        details: Some(Details {
            hop: Some(1),
            holder: Some("agent".into()),
            reason: "not\nheld\u{202e}".into(),
            rule: Some("r".into()),
        }),
        approval: Some(Approval { id: "a-1".into(), digest: "d".into(), expires: 9 }),
        receipt: Some(receipt()),
        ..bare()
    }
}

#[test]
fn who_proved_nothing_learns_the_code_alone() {
    let text = bare().to_error().to_text(Some(&Id::Integer(1)));
    assert_eq!(
        text,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-31403,"data":{"code":"scope_not_granted","retry":false},"message":"refused (scope_not_granted)"}}"#
    );
}

#[test]
fn who_proved_something_learns_why_and_what_next() {
    let data = full().to_object().to_canonical().unwrap();
    assert_eq!(
        data,
        r#"{"approval":{"digest":"d","expires":9,"id":"a-1"},"code":"scope_not_granted","holder":"agent","hop":1,"reason":"not\\u{a}held\\u{202e}","receipt":{"event":"e-1","leaf":"bGVhZg==","sequence":41},"retry":true,"rule":"r"}"#
    );
    let line = full().to_line();
    assert!(line.contains("approval request a-1 waits"), "{line}");
}

#[test]
fn a_line_stays_one_line() {
    let line = full().to_line();
    assert!(!line.contains(['\n', '\u{202e}']), "{line}");
    assert!(line.starts_with(r"refused (scope_not_granted): not\u{a}held\u{202e}"), "{line}");
}

#[test]
fn a_model_reads_a_denial_as_a_result() {
    let text = bare().to_tool_result().to_canonical().unwrap();
    assert_eq!(
        text,
        r#"{"_meta":{"dev.procura/decision":{"code":"scope_not_granted","retry":false}},"content":[{"text":"refused (scope_not_granted)","type":"text"}],"isError":true}"#
    );
}

#[test]
fn codes_are_outside_of_what_others_keep_for_themselves() {
    for status in [400, 401, 403, 413, 429, 503] {
        let code = error_code(status);
        assert!(!(-32_768..=-32_000).contains(&code));
        assert_eq!(code.checked_neg().unwrap().checked_rem(1000), Some(i64::from(status)));
    }
}

#[test]
fn a_receipt_is_added_and_the_rest_stays() {
    let with = |result: &str| with_receipt(result, &receipt(), Era::Handshake).unwrap();
    let own = r#""dev.procura/receipt":{"event":"e-1","leaf":"bGVhZg==","sequence":41}"#;
    assert_eq!(with(r#"{"a" : 1.0}"#), format!(r#"{{"a":1.0,"_meta":{{{own}}}}}"#));
    assert_eq!(
        with(r#"{"_meta":{"x": 1.0},"a":2}"#),
        format!(r#"{{"_meta":{{"x":1.0,{own}}},"a":2}}"#)
    );
}

#[test]
fn what_a_server_says_in_our_name_does_not_stay() {
    let forged =
        r#"{"_meta":{"dev.procura/receipt":1,"dev.procura/decision":2,"\u0064ev.procura/x":3}}"#;
    let text = with_receipt(forged, &receipt(), Era::Handshake).unwrap();
    let object = parse_object(text.as_bytes()).unwrap();
    let meta = object.get("_meta").and_then(Value::as_object).unwrap();
    assert_eq!(meta.get("dev.procura/decision"), None);
    let kept = meta.get("dev.procura/receipt").and_then(Value::as_object).unwrap();
    assert_eq!(kept.to_canonical(), receipt().to_object().to_canonical());
}

#[test]
fn a_result_of_2026_has_a_type() {
    let with = |result: &str| with_receipt(result, &receipt(), Era::Stateless).unwrap();
    assert!(with("{}").ends_with(r#","resultType":"complete"}"#));
    assert!(with(r#"{"resultType":"task"}"#).starts_with(r#"{"resultType":"task","#));
    let before = with_receipt("{}", &receipt(), Era::Handshake).unwrap();
    assert!(!before.contains("resultType"));
}

#[test]
fn what_is_no_result_gets_no_receipt() {
    for result in ["", "[]", "1", r#"{"_meta":1}"#, r#"{"_meta":null}"#, r#"{"a":1,"a":1}"#] {
        assert!(with_receipt(result, &receipt(), Era::Handshake).is_err(), "{result}");
    }
}

#[test]
fn every_invisible_character_is_written_out() {
    for character in [
        '\0', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{61c}', '\u{200b}', '\u{200d}',
        '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2060}', '\u{2066}',
        '\u{2069}', '\u{206f}', '\u{feff}',
    ] {
        let reason = format!("a{character}b");
        let denied = Denied { details: Some(Details { reason, ..Details::default() }), ..bare() };
        let line = denied.to_line();
        assert!(!line.contains(character), "{:?}", character);
        let written = format!(": a{}b", character.escape_unicode());
        assert!(line.ends_with(&written), "{line}");
    }
}

#[test]
fn visible_characters_stay() {
    for reason in ["ä", "日本語", "😀", "a b", "`x` \"y\" <z>", "\u{61b}\u{61d}\u{2027}\u{202f}"]
    {
        let details = Details { reason: reason.into(), ..Details::default() };
        let denied = Denied { details: Some(details), ..bare() };
        assert_eq!(denied.to_line(), format!("refused (scope_not_granted): {reason}"));
    }
}

#[test]
fn members_that_are_not_known_are_left_out() {
    let details = Details { reason: "r".into(), ..Details::default() };
    let denied = Denied { details: Some(details), receipt: Some(receipt()), ..bare() };
    let object = denied.to_object();
    let names: Vec<&str> = object.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "retry", "reason", "receipt"]);
}

#[test]
fn the_error_and_the_result_say_the_same() {
    for denied in [bare(), full()] {
        let error = denied.to_error();
        let result = denied.to_tool_result();
        let meta = result.get("_meta").and_then(Value::as_object).unwrap();
        assert_eq!(meta.get("dev.procura/decision"), Some(&Value::from(error.data)));
        let content = result.get("content").and_then(Value::as_array).unwrap();
        let text = content.first().and_then(Value::as_object).unwrap();
        assert_eq!(text.get("text"), Some(&Value::from(error.message)));
        assert_eq!(result.get("isError"), Some(&Value::from(true)));
    }
}

proptest! {
    #[test]
    fn whatever_the_reason_a_denial_is_one_line_of_json(reason in any::<String>()) {
        let details = Details { reason, ..Details::default() };
        let denied = Denied { details: Some(details), ..bare() };
        prop_assert!(!denied.to_line().contains(|c: char| c.is_control()));
        let text = denied.to_error().to_text(Some(&Id::Integer(1)));
        prop_assert!(!text.contains('\n'));
        prop_assert!(parse_object(text.as_bytes()).is_ok());
    }

    #[test]
    fn whatever_the_result_its_members_stay(
        members in proptest::collection::btree_map("[a-z]{1,5}", "[0-9]{1,9}\\.[0-9]{1,9}", 0..6),
    ) {
        let written: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\": 1{value}")).collect();
        let result = format!("{{{}}}", written.join(" ,"));
        let text = with_receipt(&result, &receipt(), Era::Handshake).unwrap();
        let with = RawObject::parse(&text).unwrap();
        for (name, value) in &members {
            let value = format!("1{value}");
            prop_assert_eq!(with.get(name), Some(value.as_str()));
        }
        let meta = RawObject::parse(with.get("_meta").unwrap()).unwrap();
        prop_assert!(meta.get("dev.procura/receipt").is_some());
    }
}
