//! The canonical form (RFC 8785).

use expect_test::{Expect, expect};
use procura_core::json::{self, Object, Value};

use crate::vectors;

fn check(text: &str, expected: Expect) {
    let value = json::parse(text.as_bytes()).unwrap();
    expected.assert_eq(&value.to_canonical().unwrap());
}

#[test]
fn members_are_in_utf_16_order_at_every_level() {
    // U+FB33 comes after the surrogates of U+1F600 in code points, and before them here.
    check(
        r#"{"\ufb33":1,"\ud83d\ude00":2,"b":{"d":[],"c":{}},"a":3,"":4,"A":5}"#,
        expect![[r#"{"":4,"A":5,"a":3,"b":{"c":{},"d":[]},"😀":2,"דּ":1}"#]],
    );
}

#[test]
fn text_is_escaped_where_it_must_be_and_nowhere_else() {
    let written = r#""\u0000\u0001\b\t\n\u000b\f\r\u001f\"\\\/\u007f\u0080\u2028\u00e9""#;
    let value = json::parse(written.as_bytes()).unwrap();
    let canonical =
        concat!(r#""\u0000\u0001\b\t\n\u000b\f\r\u001f\"\\/"#, "\u{7f}\u{80}\u{2028}\u{e9}\"");
    assert_eq!(value.to_canonical().unwrap(), canonical);
}

#[test]
fn white_space_goes_and_order_of_lists_stays() {
    check(" [ 3 , 1 ,\t2 , [ ] , { } ]\r\n", expect!["[3,1,2,[],{}]"]);
}

#[test]
fn the_published_forms_are_reached() {
    let Some(set) = vectors::set("rfc8785-jcs") else {
        return;
    };
    let (inputs, outputs) = (set.join("input"), set.join("output"));
    let inputs = vectors::files(&inputs);
    assert_eq!(inputs.len(), 6);
    for ((name, input), (_, output)) in inputs.into_iter().zip(vectors::files(&outputs)) {
        let mut value = json::parse(&input).unwrap();
        if name == "values.json" {
            // It writes 333333333.33333329, which is not what its form denotes.
            assert!(value.to_canonical().is_err());
            let text = String::from_utf8(input).unwrap();
            let exact = text.replace("333333333.33333329", "333333333.3333333");
            value = json::parse(exact.as_bytes()).unwrap();
        }
        let canonical = value.to_canonical().unwrap();
        assert_eq!(canonical.as_bytes(), output, "{name}");
    }
}

#[test]
fn the_canonical_form_is_its_own_canonical_form() {
    let Some(set) = vectors::set("rfc8785-jcs") else {
        return;
    };
    for (name, output) in vectors::files(&set.join("output")) {
        let again = json::parse(&output).unwrap().to_canonical().unwrap();
        assert_eq!(again.as_bytes(), output, "{name}");
    }
}

#[test]
fn setting_a_member_again_replaces_it() {
    let object = Object::new().with("a", 1u32).with("b", true).with("a", "x");
    assert_eq!(object.to_canonical().unwrap(), r#"{"a":"x","b":true}"#);
    assert_eq!(object.len(), 2);
}

#[test]
fn a_member_that_was_removed_is_gone() {
    let mut object = Object::new().with("a", 1u32).with("b", None::<&str>);
    assert_eq!(object.remove("a"), Some(Value::from(1u32)));
    assert_eq!(object.remove("a"), None);
    assert_eq!(object.to_canonical().unwrap(), r#"{"b":null}"#);
    assert!(!object.is_empty());
}
