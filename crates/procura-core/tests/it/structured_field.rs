//! Dictionaries of RFC 9651: against published vectors and another reader.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use procura_core::{
    json::{Object, Value},
    structured_field::{Bare, Dictionary, FieldError, InnerList, Item, Member, Parameters},
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

/// What we read, as the other reader has it.
fn theirs(ours: &Dictionary) -> sfv::Dictionary {
    let key = |name: &str| sfv::Key::from_string(name.into()).unwrap();
    ours.iter().map(|(name, member)| (key(name), their_entry(member))).collect()
}

fn their_entry(member: &Member) -> sfv::ListEntry {
    match member {
        Member::Item(item) => their_item(item).into(),
        Member::InnerList(list) => {
            let items = list.items.iter().map(their_item).collect();
            sfv::InnerList::with_params(items, their_parameters(&list.parameters)).into()
        }
    }
}

fn their_item(item: &Item) -> sfv::Item {
    sfv::Item::with_params(their_bare(&item.value), their_parameters(&item.parameters))
}

fn their_parameters(parameters: &Parameters) -> sfv::Parameters {
    let key = |name: &str| sfv::Key::from_string(name.into()).unwrap();
    parameters.iter().map(|(name, value)| (key(name), their_bare(value))).collect()
}

fn their_bare(value: &Bare) -> sfv::BareItem {
    match value {
        Bare::Integer(number) => sfv::Integer::try_from(*number).unwrap().into(),
        Bare::String(text) => sfv::String::from_string(text.clone()).unwrap().into(),
        Bare::Token(token) => sfv::Token::from_string(token.clone()).unwrap().into(),
        Bare::Bytes(bytes) => sfv::BareItem::ByteSequence(bytes.clone()),
        Bare::Boolean(truth) => (*truth).into(),
    }
}

/// Whether both read `text`, or neither does. Nothing in it may be of a type that one
/// reader alone has. What is read has to be the same, in order, and written the same.
fn is_read_by_both(text: &str) -> bool {
    let them: Result<sfv::Dictionary, _> = sfv::Parser::new(text).parse();
    match (Dictionary::parse(text), them) {
        (Ok(ours), Ok(them)) => {
            assert!(theirs(&ours).iter().eq(them.iter()), "{text:?}: {ours:?}, {them:?}");
            assert_eq!(ours.to_string(), them.serialize().unwrap_or_default(), "{text:?}");
            true
        }
        (Err(_), Err(_)) => false,
        (Err(error), Ok(them)) => {
            assert!(is_stricter(text, error), "{text:?}: {error}, {them:?}");
            // What they made of it is no matter of dispute.
            assert!(is_read_by_both(&them.serialize().unwrap_or_default()), "{text:?}: {them:?}");
            false
        }
        (Ok(ours), Err(error)) => panic!("{text:?}: {ours:?}, {error}"),
    }
}

/// Whether `error` is what we refuse and others need not: a key that is there twice, or
/// base64 in another spelling than its own.
fn is_stricter(text: &str, error: FieldError) -> bool {
    let (FieldError::Syntax(at) | FieldError::Duplicate(at)) = error;
    let (before, rest) = text.split_at(at);
    if error == FieldError::Duplicate(at) {
        let is_key = |byte: char| byte.is_ascii_alphanumeric() || "_-.*".contains(byte);
        let key = rest.split(|byte| !is_key(byte)).next().unwrap();
        return before.split(|byte| !is_key(byte)).any(|other| other == key);
    }
    let base64 = rest.split(':').next().unwrap();
    before.ends_with(':') && STANDARD.decode(base64).is_err()
}

#[test]
fn the_other_reader_is_more_lenient_where_we_say_so_and_nowhere_else() {
    for (text, is_stricter_here) in [
        ("a=1, b=2, a=3", true),
        ("a;b;b=1", true),
        ("a=:Zg:", true),
        ("a=:Zh==:", true),
        ("a=1, b=2", false),
        ("a=:Zg==:", false),
        ("a=1 b", false),
    ] {
        let ours = Dictionary::parse(text);
        assert_eq!(ours.is_err_and(|error| is_stricter(text, error)), is_stricter_here, "{text}");
        is_read_by_both(text);
    }
}

#[test]
fn what_would_not_be_read_back_is_not_written() {
    let item = |value| Member::Item(Item { value, parameters: Parameters::default() });
    let token = |text: &str| item(Bare::Token(text.into()));
    let string = |text: &str| item(Bare::String(text.into()));
    let with = |name: &str, value| {
        let parameters = Parameters::default().with(name, value);
        Member::InnerList(InnerList { items: [Item::string("x")].into(), parameters })
    };
    for (key, member, field) in [
        ("a", item(Bare::Integer(-999_999_999_999_999)), Some("a=-999999999999999")),
        ("a", item(Bare::Integer(1_000_000_000_000_000)), None),
        ("a", item(Bare::Integer(i64::MIN)), None),
        ("a", item(Bare::Boolean(true)), Some("a")),
        ("a", item(Bare::Bytes([255].into())), Some("a=:/w==:")),
        ("a", token("b/c"), Some("a=b/c")),
        ("a", token(""), None),
        ("a", token("?1"), None),
        ("a", token("b c"), None),
        ("a", token("b;c"), None),
        ("a", token("b, c=d"), None),
        ("a", token("b "), None),
        ("a", string("b\"\\"), Some("a=\"b\\\"\\\\\"")),
        ("a", string("b\r\nc"), None),
        ("a", string("\u{e9}"), None),
        ("a", with("b", Bare::Integer(1)), Some("a=(\"x\");b=1")),
        ("a", with("B", Bare::Integer(1)), None),
        ("a", with("b;c", Bare::Integer(1)), None),
        ("a", with("", Bare::Integer(1)), None),
        ("a", with("b", Bare::String("\n".into())), None),
        ("*a.b", token("c"), Some("*a.b=c")),
        ("", token("c"), None),
        ("A", token("c"), None),
        ("a, b", token("c"), None),
        ("a;b", token("c"), None),
        ("a=b, c", token("d"), None),
        (" a", token("c"), None),
    ] {
        assert_eq!(member.to_field(key).as_deref(), field, "{key:?}: {member:?}");
    }
}

/// A value in one of its spellings. No text here has a point, an `@` or a `%`, so that
/// none has a type that we do not read.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,15}",
        r#""([ !#$&-\-/-?A-\[\]-~]|\\["\\]){0,4}""#,
        "[A-Za-z*][A-Za-z0-9!#$&'*+^_`|~:/-]{0,4}",
        r"\?[01]",
        proptest::collection::vec(any::<u8>(), 0..5)
            .prop_map(|it| format!(":{}:", STANDARD.encode(it))),
    ]
}

/// Values, each under a key of its own.
fn parameters() -> impl Strategy<Value = String> {
    let parameter = ("[ ]{0,2}", "[a-z*][a-z0-9_*-]{0,2}", proptest::option::of(value()));
    proptest::collection::vec(parameter, 0..3).prop_map(|all| {
        let write = |(at, (space, key, value)): (usize, (String, String, Option<String>))| {
            let value = value.map(|value| format!("={value}")).unwrap_or_default();
            format!(";{space}{key}{at}{value}")
        };
        all.into_iter().enumerate().map(write).collect()
    })
}

fn inner_list() -> impl Strategy<Value = String> {
    let item = (value(), parameters(), " {1,2}").prop_map(|(value, all, end)| value + &all + &end);
    let items = proptest::collection::vec(item, 0..3);
    (" {0,2}", items, any::<bool>(), parameters()).prop_map(|(start, items, is_tight, all)| {
        let items = items.concat();
        let items = if is_tight { items.trim_end_matches(' ') } else { &items };
        format!("({start}{items}){all}")
    })
}

fn dictionary() -> impl Strategy<Value = String> {
    let member = prop_oneof![
        parameters(),
        (value(), parameters()).prop_map(|(value, all)| format!("={value}{all}")),
        inner_list().prop_map(|list| format!("={list}")),
    ];
    let member = ("[a-z*][a-z0-9_*-]{0,2}", member, "[ \t]{0,2},[ \t]{0,2}");
    (" {0,2}", proptest::collection::vec(member, 0..4), " {0,2}").prop_map(|(start, all, end)| {
        let mut text = start;
        let last = all.len().saturating_sub(1);
        for (at, (key, member, comma)) in all.into_iter().enumerate() {
            // The number keeps the keys apart.
            text += &format!("{key}{at}{member}{}", if at < last { &comma } else { "" });
        }
        text + &end
    })
}

proptest! {
    #[test]
    fn a_dictionary_of_our_types_is_read_the_same_by_another_reader(text in dictionary()) {
        prop_assert!(is_read_by_both(&text), "{text:?}");
    }

    #[test]
    fn a_dictionary_with_an_error_is_refused_by_both_readers_or_read_the_same(
        text in dictionary(),
        at in any::<prop::sample::Index>(),
        removed in 0usize..2,
        other in "[ \t,;=()?:\"\\\\aA1*/+\r\n\u{0}\u{7f}\u{e9}-]{0,2}",
    ) {
        let at = at.index(text.len() + 1);
        let end = text.len().min(at + removed);
        is_read_by_both(&[&text[..at], &other, &text[end..]].concat());
    }

    #[test]
    fn what_was_read_is_written_member_by_member(text in dictionary()) {
        let read = Dictionary::parse(&text).unwrap();
        let fields: Option<Vec<_>> = read.iter().map(|(key, member)| member.to_field(key)).collect();
        prop_assert_eq!(fields.map(|fields| fields.join(", ")), Some(read.to_string()));
    }

    #[test]
    fn no_text_stops_the_reader(text in any::<String>(), line in "[ -~]{0,40}") {
        let _ = Dictionary::parse(&text);
        let _ = Dictionary::parse(&line);
    }
}
