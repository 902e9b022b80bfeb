//! Strict JSON and its canonical form, base64url, and digests for long texts.

use procura_core::{base64url, hash::Digest, json::Object};

use crate::vectors::{
    Case,
    case::{ALLOW, Cases, output, refused},
};

/// A name, a text, its canonical form, and texts near it that are none, with their codes.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

const TEXTS: &[Row] = &[
    (
        "object",
        r#"{ "b" : 1e0 , "a" : [ true , null ] }"#,
        r#"{"a":[true,null],"b":1}"#,
        &[
            ("repeated", r#"{"a":1,"a":1}"#, "duplicate_member"),
            ("repeated_escaped", r#"{"a":1,"\u0061":2}"#, "duplicate_member"),
            ("repeated_inside", r#"{"x":[{"a":1,"b":2,"a":3}]}"#, "duplicate_member"),
            ("comma_at_end", r#"{"a":1,}"#, "malformed"),
            ("no_colon", r#"{"a" 1}"#, "malformed"),
            ("bare_name", "{a:1}", "malformed"),
            ("single_quotes", "{'a':1}", "malformed"),
            ("comment", "{/* a */\"a\":1}", "malformed"),
            ("open", r#"{"a":1"#, "malformed"),
            ("followed", r#"{"a":1} {"a":2}"#, "malformed"),
            ("followed_by_nul", "{\"a\":1}\u{0}", "malformed"),
            ("byte_order_mark", "\u{feff}{\"a\":1}", "malformed"),
            ("empty", "", "malformed"),
            ("form_feed", "{\"a\":\u{c}1}", "malformed"),
            ("no_break_space", "{\"a\":\u{a0}1}", "malformed"),
        ],
    ),
    (
        "order",
        "{\"\u{20ac}\":1,\"\\r\":2,\"1\":3,\"\u{10000}\":4,\"\u{ffff}\":5}",
        "{\"\\r\":2,\"1\":3,\"\u{20ac}\":1,\"\u{10000}\":4,\"\u{ffff}\":5}",
        &[],
    ),
    (
        "array",
        "[1,[2,[]]]",
        "[1,[2,[]]]",
        &[
            ("comma_at_end", "[1,]", "malformed"),
            ("only_comma", "[,]", "malformed"),
            ("two_commas", "[1,,2]", "malformed"),
            ("open", "[1", "malformed"),
        ],
    ),
    (
        "string",
        r#""\u0041\/\u00e9\ud83d\ude00\"""#,
        "\"A/\u{e9}\u{1f600}\\\"\"",
        &[
            ("lone_high_surrogate", r#""\ud800""#, "malformed"),
            ("lone_low_surrogate", r#""\udc00""#, "malformed"),
            ("swapped_surrogates", r#""\ude00\ud83d""#, "malformed"),
            ("surrogate_and_letter", r#""\ud83dx""#, "malformed"),
            ("two_high_surrogates", r#""\ud83d\ud83d""#, "malformed"),
            ("unknown_escape", r#""\x41""#, "malformed"),
            ("short_escape", r#""\u41""#, "malformed"),
            ("signed_escape", r#""\u+041""#, "malformed"),
            ("control", "\"a\u{1}b\"", "malformed"),
            ("line_break", "\"a\nb\"", "malformed"),
            ("open", r#""a"#, "malformed"),
        ],
    ),
    (
        "controls",
        r#""\u0000\u0008\u0009\u000a\u000c\u000d\u001f\u007f""#,
        "\"\\u0000\\b\\t\\n\\f\\r\\u001f\u{7f}\"",
        &[],
    ),
    (
        "number",
        "1.0e0",
        "1",
        &[
            ("leading_zero", "01", "malformed"),
            ("plus", "+1", "malformed"),
            ("no_digit_before_point", ".5", "malformed"),
            ("no_digit_after_point", "5.", "malformed"),
            ("no_exponent", "1e", "malformed"),
            ("hexadecimal", "0x10", "malformed"),
            ("underscore", "1_000", "malformed"),
            ("two_points", "1.2.3", "malformed"),
            ("minus_alone", "-", "malformed"),
            ("nan", "NaN", "malformed"),
            ("infinity", "Infinity", "malformed"),
            ("full_width_digit", "\u{ff11}", "malformed"),
        ],
    ),
    ("minus_zero", "-0", "0", &[]),
    ("largest_safe_integer", "9007199254740991", "9007199254740991", &[]),
    (
        "2_53",
        "9007199254740992",
        "9007199254740992",
        &[
            ("plus_1", "9007199254740993", "non_admissible_number"),
            ("plus_1_with_fraction", "9007199254740993.0", "non_admissible_number"),
            ("plus_1_as_exponent", "9.007199254740993e15", "non_admissible_number"),
            ("plus_1_negative", "-9007199254740993", "non_admissible_number"),
        ],
    ),
    (
        "10_23",
        "1e23",
        "1e+23",
        &[
            ("written_out", "99999999999999991611392", "non_admissible_number"),
            ("1e400", "1e400", "non_admissible_number"),
            ("minus_1e400", "-1e400", "non_admissible_number"),
        ],
    ),
    (
        "tenth",
        "0.1",
        "0.1",
        &[
            ("exact_double", "0.1000000000000000055511151231257827", "non_admissible_number"),
            ("more_digits", "0.10000000000000000001", "non_admissible_number"),
        ],
    ),
    ("smallest", "5e-324", "5e-324", &[("smaller", "1e-400", "non_admissible_number")]),
    (
        "forms",
        "[1e21,1e20,0.000001,1e-7,123456789012345680000]",
        "[1e+21,100000000000000000000,0.000001,1e-7,123456789012345680000]",
        &[],
    ),
    (
        "words",
        "[true,false,null]",
        "[true,false,null]",
        &[
            ("capital", "True", "malformed"),
            ("cut", "tru", "malformed"),
            ("undefined", "undefined", "malformed"),
        ],
    ),
];

/// A name, a text of base64url, and its bytes in hexadecimal digits.
const ENCODED: &[(&str, &str, Option<&str>)] = &[
    ("one_byte", "Zg", Some("66")),
    ("one_byte_trailing_bits", "Zh", None),
    ("one_byte_padded", "Zg==", None),
    ("two_bytes", "Zm8", Some("666f")),
    ("two_bytes_trailing_bits", "Zm9", None),
    ("two_bytes_padded", "Zm8=", None),
    ("high", "-_8", Some("fbff")),
    ("standard_alphabet", "+/8", None),
    ("nothing", "", Some("")),
    ("one_character", "Z", None),
    ("space", "Z g", None),
    ("line_break", "Zg\n", None),
    ("not_ascii", "Z\u{e9}", None),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("json");
    for (name, text, canonical, others) in TEXTS {
        let input = |text: &str| Object::new().with("text", text);
        let what = "A text and its canonical form.";
        cases.add(&format!("json_{name}"), what, (input(text), output(*canonical)));
        for (other, text, outcome) in *others {
            let what = format!("A text that is refused: {}.", other.replace('_', " "));
            cases.add(&format!("json_{name}_{other}"), &what, (input(text), refused(outcome)));
        }
    }
    bytes(&mut cases);
    depth(&mut cases);
    encoded(&mut cases);
    digests(&mut cases);
    cases.done()
}

/// Texts that are not UTF-8.
fn bytes(cases: &mut Cases) {
    cases.near("json_string");
    for (name, bytes) in [
        ("bad_byte", &b"\"\xff\""[..]),
        ("overlong", b"\"\xc0\x80\""),
        ("surrogate_bytes", b"\"\xed\xa0\x80\""),
        ("cut_character", b"\"\xc3\""),
        ("utf16", b"{\x00}\x00"),
    ] {
        let input = Object::new().with("base64url", base64url::encode(bytes));
        let what = format!("Bytes that are no text: {}.", name.replace('_', " "));
        cases.add(&format!("json_{name}"), &what, (input, refused("malformed")));
    }
}

fn depth(cases: &mut Cases) {
    let nested = |depth: usize| {
        Object::new().with("text", format!("{}{}", "[".repeat(depth), "]".repeat(depth)))
    };
    cases.add(
        "json_129_levels",
        "The deepest nesting that is read: a value at depth 128.",
        (nested(129), ALLOW),
    );
    cases.add("json_130_levels", "One level more.", (nested(130), refused("malformed")));
}

fn encoded(cases: &mut Cases) {
    cases.op("base64url");
    for (name, text, bytes) in ENCODED {
        let input = Object::new().with("text", *text);
        let (what, expected) = match bytes {
            Some(bytes) => ("Bytes, and the one text that stands for them.", output(*bytes)),
            None => ("A text that stands for no bytes.", refused("malformed")),
        };
        cases.add(&format!("base64url_{name}"), what, (input, expected));
    }
}

/// Long texts in arguments, as both sides see them.
fn digests(cases: &mut Cases) {
    cases.op("digests");
    let input = |text: &str| Object::new().with("arguments", text);
    let short = format!(r#"{{"a":["{}"]}}"#, "x".repeat(4096));
    let value = crate::vectors::forge::value(&short);
    cases.add("digest_not_needed", "A text of 4096 bytes stays.", (input(&short), output(value)));
    let long = format!(r#"{{"a":["{}"]}}"#, "x".repeat(4097));
    let digest = Digest::of("x".repeat(4097).as_bytes());
    let seen = crate::vectors::forge::value(&format!(r#"{{"a":[{{"sha-256":"{digest}"}}]}}"#));
    cases.add(
        "digest_of_long_text",
        "A text of 4097 bytes becomes its digest.",
        (input(&long), output(seen)),
    );
    let sent = format!(r#"{{"a":[{{"sha-256":"{digest}"}}]}}"#);
    cases.add(
        "digest_imitated",
        "Arguments that hold such an object themselves.",
        (input(&sent), refused("argument_refused")),
    );
    cases.add(
        "digest_imitated_with_anything",
        "The same with something that is no digest.",
        (input(r#"{"sha-256":1,"a":{"sha-256":null}}"#), refused("argument_refused")),
    );
    let beside = r#"{"a":{"b":1,"sha-256":"x"}}"#;
    cases.add(
        "digest_beside_others",
        "Such a member beside others is no imitation.",
        (input(beside), output(crate::vectors::forge::value(beside))),
    );
}
