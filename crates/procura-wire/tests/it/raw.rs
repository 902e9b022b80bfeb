//! Taking objects apart and leaving their values as they are.

use procura_core::json;
use procura_wire::raw::{RawError, RawObject, elements, text_of};
use proptest::prelude::*;

#[test]
fn values_stay_as_they_were_written() {
    let text = r#" { "a" : 1.0 , "\u0062":[ 1,  2],"c":"\ud83d" } "#;
    let object = RawObject::parse(text).unwrap();
    assert_eq!(object.get("a"), Some("1.0"));
    assert_eq!(object.get("b"), Some("[ 1,  2]"));
    assert_eq!(object.get("d"), None);
    assert_eq!(object.to_text(), r#"{"a":1.0,"b":[ 1,  2],"c":"\ud83d"}"#);
}

#[test]
fn a_member_is_replaced_in_its_place_or_added_at_the_end() {
    let object = RawObject::parse(r#"{"a":1,"b":2}"#).unwrap();
    assert_eq!(object.clone().with("a", "[3]").to_text(), r#"{"a":[3],"b":2}"#);
    assert_eq!(object.clone().with("c\"", "4").to_text(), r#"{"a":1,"b":2,"c\"":4}"#);
    assert_eq!(object.clone().without("a").to_text(), r#"{"b":2}"#);
    assert_eq!(object.without("x").to_text(), r#"{"a":1,"b":2}"#);
    assert_eq!(RawObject::parse("{}").unwrap().to_text(), "{}");
}

#[test]
fn texts_are_read_and_other_values_are_not() {
    let object = RawObject::parse(r#"{"a":"x\n","b":1,"c":"\ud800"}"#).unwrap();
    assert_eq!(object.text("a").as_deref(), Some("x\n"));
    assert_eq!(object.text("b"), None);
    assert_eq!(object.text("c"), None);
    assert_eq!(text_of("\"y\"").as_deref(), Some("y"));
    assert_eq!(text_of("y"), None);
}

#[test]
fn elements_of_a_list_stay_as_they_were_written() {
    assert_eq!(elements(" [ {\"a\" : 1},2.0 ,\"x\" ] ").unwrap(), ["{\"a\" : 1}", "2.0", "\"x\""]);
    assert_eq!(elements("[]").unwrap(), [""; 0]);
    assert_eq!(elements("{}"), Err(RawError::Kind));
    assert!(matches!(elements("[1,]"), Err(RawError::Syntax(_))));
    assert!(matches!(elements("[1] 2"), Err(RawError::Syntax(_))));
}

#[test]
fn two_members_with_one_name_are_refused() {
    assert_eq!(RawObject::parse(r#"{"a":1,"a":1}"#), Err(RawError::Name));
    assert_eq!(RawObject::parse(r#"{"a":1,"\u0061":1}"#), Err(RawError::Name));
    assert_eq!(RawObject::parse(r#"{"\ud800":1}"#), Err(RawError::Name));
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":tru}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"}",
        "{\"a\":[1}",
        "{} {}",
        "{}\u{a0}",
        "x",
    ] {
        assert!(matches!(RawObject::parse(text), Err(RawError::Syntax(_))), "{text}");
    }
    for text in ["[]", "1", "\"a\"", "null", "true", "false", "-1"] {
        assert_eq!(RawObject::parse(text), Err(RawError::Kind), "{text}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(RawObject::parse(&nested(100)).is_ok());
    assert!(RawObject::parse(&nested(100_000)).is_err());
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i32>().prop_map(|number| number.to_string()),
        ".{0,8}".prop_map(|text| json::Value::from(text).to_canonical().unwrap()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|values| format!("[{}]", values.join(" , "))),
            proptest::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(name, value)| format!("\"{name}\" :{value}")).collect();
                format!("{{ {} }}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_the_strict_reader_takes_this_one_takes(value in any_json()) {
        let text = format!("{{\"v\":{value}}}");
        prop_assert!(json::parse(text.as_bytes()).is_ok());
        let object = RawObject::parse(&text).unwrap();
        prop_assert_eq!(object.get("v"), Some(value.as_str()));
        prop_assert_eq!(object.to_text(), text);
    }

    #[test]
    fn what_this_reader_takes_is_grammatical(text in "[\\[\\]{}:,\"a0-1.eE+ \\\\]{0,24}") {
        if RawObject::parse(&text).is_ok() {
            prop_assert!(json::parse(text.as_bytes()).is_ok(), "{}", text);
        }
    }

    #[test]
    fn no_text_stops_the_reader(text in ".{0,64}") {
        let _read = RawObject::parse(&text);
        let _read = elements(&text);
    }
}

/// A text with every kind of value in it.
const EVERYTHING: &str = r#"{"s":"a\"\\\/\b\f\n\r\té😀é","n":[0,-1,2.5,1e9,-1.5E-3,10e+2],"t":true,"f":false,"z":null,"o":{"l":[[],{}]}}"#;

#[test]
fn every_kind_of_value_is_taken() {
    let object = RawObject::parse(EVERYTHING).unwrap();
    assert_eq!(object.get("n"), Some("[0,-1,2.5,1e9,-1.5E-3,10e+2]"));
    assert_eq!(object.get("t"), Some("true"));
    assert_eq!(object.get("f"), Some("false"));
    assert_eq!(object.get("z"), Some("null"));
    assert_eq!(object.get("o"), Some(r#"{"l":[[],{}]}"#));
    assert_eq!(object.to_text(), EVERYTHING);
    assert_eq!(elements(object.get("n").unwrap()).unwrap().len(), 6);
}

#[test]
fn a_text_that_is_cut_anywhere_is_refused() {
    for (end, _) in EVERYTHING.char_indices() {
        let cut = EVERYTHING.get(..end).unwrap();
        assert!(RawObject::parse(cut).is_err(), "{cut}");
    }
}

#[test]
fn white_space_is_that_of_json_and_no_other() {
    for space in [" ", "\t", "\n", "\r", " \r\n\t"] {
        let text =
            format!("{space}{{{space}\"a\"{space}:{space}1{space},{space}\"b\":2{space}}}{space}");
        assert_eq!(RawObject::parse(&text).unwrap().get("a"), Some("1"));
        let list = format!("{space}[{space}1{space},{space}2{space}]{space}");
        assert_eq!(elements(&list).unwrap(), ["1", "2"]);
        let empty = format!("{{{space}}}");
        assert_eq!(RawObject::parse(&empty).unwrap().to_text(), "{}");
    }
    for space in ["\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{feff}", "\0"] {
        let text = format!("{{{space}\"a\":1}}");
        assert!(matches!(RawObject::parse(&text), Err(RawError::Syntax(_))), "{space:?}");
    }
}

#[test]
fn an_error_says_where_it_is() {
    for (text, at) in
        [("", 0), ("{\"a\":}", 5), ("{\"a\":1 2}", 7), ("{} x", 3), ("{\"a\":\"é\n\"}", 8)]
    {
        assert_eq!(RawObject::parse(text), Err(RawError::Syntax(at)), "{text}");
    }
    assert_eq!(RawError::Syntax(8).to_string(), "not JSON at byte 8");
}

proptest! {
    #[test]
    fn replacing_one_member_leaves_the_others(
        names in proptest::collection::btree_set("[a-z]{1,4}", 1..6),
        value in any_json(),
    ) {
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":[ 1.0 ]")).collect();
        let text = format!("{{{}}}", members.join(","));
        for name in &names {
            let changed = RawObject::parse(&text).unwrap().with(name, &value).to_text();
            let changed = RawObject::parse(&changed).unwrap();
            prop_assert_eq!(changed.get(name), Some(value.as_str()));
            for other in names.iter().filter(|other| *other != name) {
                prop_assert_eq!(changed.get(other), Some("[ 1.0 ]"));
            }
        }
    }
}
