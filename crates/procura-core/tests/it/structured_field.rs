//! Dictionaries of RFC 9651: against published vectors and another reader.

use procura_core::{
    json::{Object, Value},
    structured_field::{Bare, Dictionary, FieldError, Member},
};
use proptest::prelude::*;
use sfv::FieldType as _;

use crate::vectors;

fn written(text: &str) -> Option<String> {
    Dictionary::parse(text).ok().map(|dictionary| dictionary.to_string())
}

#[test]
fn a_dictionary_is_written_in_one_form() {
    for (text, strict) in [
        ("", ""),
        ("  ", ""),
        ("a", "a"),
        ("a=?1", "a"),
        ("a=?0;b=?1;c=?0", "a=?0;b;c=?0"),
        ("a=1 ,\t b=2", "a=1, b=2"),
        ("a=-0, b=007, c=-15", "a=0, b=7, c=-15"),
        ("a=999999999999999", "a=999999999999999"),
        (r#"a="x\"y\\z""#, r#"a="x\"y\\z""#),
        ("a=to/k:en*!", "a=to/k:en*!"),
        ("a=:AAE=:", "a=:AAE=:"),
        ("a=::", "a=::"),
        ("a=()", "a=()"),
        ("a=(  \"b\"   c;d=1 );e", "a=(\"b\" c;d=1);e"),
        ("*a.b-c_d=1;  e=2", "*a.b-c_d=1;e=2"),
    ] {
        assert_eq!(written(text).as_deref(), Some(strict), "{text}");
        assert_eq!(written(strict).as_deref(), Some(strict), "{strict}");
    }
}

#[test]
fn what_is_not_a_dictionary_is_refused() {
    for text in [
        ",",
        "a,",
        "a,,b",
        "a b",
        "A=1",
        "1=1",
        "a=",
        "a= 1",
        "a=(",
        "a=(1",
        "a=(1,2)",
        "a=(1 2",
        "a=(1(2))",
        "a=(1\t2)",
        "a=\"",
        "a=\"\\x\"",
        "a=\"\\",
        "a=\"\u{7f}\"",
        "a=\"ä\"",
        "a=?2",
        "a=?",
        "a=:AA",
        "a=:A:",
        "a=:*:",
        "a=-",
        "a=--1",
        "a=1234567890123456",
        "a=1;",
        "a=1;B",
        "a=1;=2",
        "a;b=(1)",
        "a=1\n",
        "\ta=1",
        "a=1\0",
        "ä=1",
        "a=@1",
        "a=%\"x\"",
        "a=1.5",
    ] {
        assert!(matches!(Dictionary::parse(text), Err(FieldError::Syntax(_))), "{text:?}");
    }
}

#[test]
fn sig_05_a_key_that_is_there_twice_is_refused() {
    for (text, at) in [("a=1, a=2", 5), ("a=1, b, a=1", 8), ("a;b;b=1", 4), ("a=(1;c;c)", 7)] {
        assert_eq!(Dictionary::parse(text), Err(FieldError::Duplicate(at)), "{text}");
    }
    // The other reader takes the last one, as the RFC says.
    let theirs: sfv::Dictionary = sfv::Parser::new("a=1, a=2").parse().unwrap();
    assert_eq!(theirs.serialize().as_deref(), Some("a=2"));
}

#[test]
fn bytes_have_one_spelling() {
    assert_eq!(written("a=:Zg==:").as_deref(), Some("a=:Zg==:"));
    for other in ["a=:Zg:", "a=:Zg=:", "a=:Zh==:", "a=:Zg===:", "a=:Zg==", "a=:Z-==:", "a=:Z g=:"] {
        assert_eq!(written(other), None, "{other}");
    }
}

#[test]
fn a_value_is_of_its_type() {
    let dictionary = Dictionary::parse("i=1, s=\"x\", t=x, l=(1)").unwrap();
    assert_eq!((dictionary.len(), dictionary.is_empty()), (4, false));
    let bare = |key: &str| match dictionary.get(key) {
        Some(Member::Item(item)) => item.value.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((bare("i").as_integer(), bare("i").as_string()), (Some(1), None));
    assert_eq!((bare("s").as_integer(), bare("s").as_string()), (None, Some("x")));
    assert_eq!(bare("t"), Bare::Token("x".into()));
    assert!(matches!(dictionary.get("l"), Some(Member::InnerList(_))));
    assert_eq!(dictionary.get("x"), None);
    let keys: Vec<&str> = dictionary.iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["i", "s", "t", "l"]);
}

/// A case as a dictionary. An item is put under a key, where its grammar is the same but
/// for what stands around it.
fn as_dictionary(case: &Object) -> Option<(String, String)> {
    let strings = |name: &str| {
        let lines = case.get(name)?.as_array()?.iter();
        Some(lines.map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join(", "))
    };
    let raw = strings("raw").unwrap();
    let canonical = strings("canonical").unwrap_or_else(|| raw.clone());
    match case.get("header_type").and_then(Value::as_str).unwrap() {
        "dictionary" => Some((raw, canonical)),
        "item" if raw.trim_ascii() == raw && !raw.is_empty() => {
            let canonical = match canonical.strip_prefix("?1") {
                Some(rest) => format!("a{rest}"),
                None => format!("a={canonical}"),
            };
            Some((format!("a={raw}"), canonical))
        }
        _ => None,
    }
}

#[test]
fn published_vectors_are_read_as_they_say_or_refused() {
    let Some(set) = vectors::set("structured-fields") else { return };
    let (mut same, mut stricter, mut refused) = (0, 0, 0);
    for (name, text) in vectors::files(&set) {
        if !name.ends_with(".json") {
            continue;
        }
        let cases = procura_core::json::parse(&text).unwrap();
        for case in cases.as_array().unwrap().iter().filter_map(Value::as_object) {
            let Some((raw, canonical)) = as_dictionary(case) else {
                continue;
            };
            let must_fail = case.get("must_fail").and_then(Value::as_bool) == Some(true);
            match Dictionary::parse(&raw) {
                Ok(found) => {
                    assert!(!must_fail, "{name}: {raw:?}");
                    assert_eq!(found.to_string(), canonical, "{name}: {raw:?}");
                    same += 1;
                }
                Err(_) if must_fail => refused += 1,
                Err(error) => {
                    // A key that is there twice; or a decimal, a date, a display string
                    // or loose base64.
                    let is_twice = matches!(error, FieldError::Duplicate(_));
                    assert!(is_twice || raw.contains(['.', '@', '%', ':']), "{name}: {raw:?}");
                    stricter += 1;
                }
            }
        }
    }
    assert_eq!((same, stricter, refused), (435, 178, 649));
}

proptest! {
    #[test]
    fn what_is_read_another_reader_reads_the_same(
        text in "[a-c*](=([(]?(\"[a-z\\\\\" ]{0,3}\"|[0-9-]{1,4}|[a-z/:]{1,3}|:[A-Da-d0-9+/]{0,4}={0,2}:|[?][01])?( (1|\"x\"))?[)]?)?)?(;[a-c](=1)?)?(, ?[d-f](=(1|\\(\\)))?(;g)?)?"
    ) {
        if let Some(strict) = written(&text) {
            let theirs: Result<sfv::Dictionary, _> = sfv::Parser::new(&text).parse();
            let theirs = theirs.map(|read| read.serialize().unwrap_or_default());
            prop_assert_eq!(theirs.ok(), Some(strict));
        }
    }

    #[test]
    fn no_text_stops_the_reader(text in any::<String>(), line in "[ -~]{0,40}") {
        let _ = Dictionary::parse(&text);
        let _ = Dictionary::parse(&line);
    }
}
