//! Where the signature of a request is: in two fields, under one label and one tag.

use procura_core::json::Object;

use super::signed_request::{COVERED, input, request, seen, terms, usual};
use crate::vectors::{
    Case,
    case::{Cases, deny},
};

/// A name, what it is, `Signature-Input` and `Signature` or none, in which `LIST` is a good
/// list, `OTHER` the same with another tag and `BYTES` its signature, and who refuses it.
type Texts = (&'static str, &'static str, [Option<&'static str>; 2], (&'static str, &'static str));

const TEXTS: &[Texts] = &[
    ("unsigned", "No signature.", [None, None], ("credential_missing", "H1")),
    (
        "without_input",
        "A signature of nobody knows what.",
        [None, Some("sig1=:BYTES:")],
        ("credential_missing", "H1"),
    ),
    (
        "without_signature",
        "What is signed, without the signature.",
        [Some("sig1=LIST"), None],
        ("credential_missing", "H1"),
    ),
    (
        "input_unreadable",
        "No dictionary.",
        [Some("sig1=LIST,"), Some("sig1=:BYTES:")],
        ("malformed", "H2"),
    ),
    (
        "signature_unreadable",
        "No base64.",
        [Some("sig1=LIST"), Some("sig1=:BYTES=:")],
        ("malformed", "H2"),
    ),
    (
        "label_twice",
        "Two signatures of one label, of which readers take one or the other.",
        [Some("sig1=OTHER, sig1=LIST"), Some("sig1=:BYTES:")],
        ("malformed", "H2"),
    ),
    (
        "signature_twice",
        "Two values of one label.",
        [Some("sig1=LIST"), Some("sig1=:AAAA:, sig1=:BYTES:")],
        ("malformed", "H2"),
    ),
    (
        "other_tag",
        "A signature for something else.",
        [Some("sig1=OTHER"), Some("sig1=:BYTES:")],
        ("credential_missing", "H3"),
    ),
    (
        "empty_dictionaries",
        "No signature in the fields.",
        [Some(""), Some("")],
        ("credential_missing", "H3"),
    ),
    (
        "input_no_list",
        "A label with the tag, and without components.",
        [Some(r#"sig1=1;tag="procura""#), Some("sig1=:BYTES:")],
        ("credential_missing", "H3"),
    ),
    (
        "two_with_the_tag",
        "Two signatures with the tag: which counts would be the attacker's choice.",
        [Some("sig0=LIST, sig1=LIST"), Some("sig0=:AAAA:, sig1=:BYTES:")],
        ("malformed", "H3"),
    ),
    (
        "signature_under_another_label",
        "The signature is under another label.",
        [Some("sig1=LIST"), Some("sig2=:BYTES:")],
        ("malformed", "H3"),
    ),
    (
        "signature_as_string",
        "The signature is a string.",
        [Some("sig1=LIST"), Some(r#"sig1="BYTES""#)],
        ("malformed", "H3"),
    ),
    (
        "signature_short",
        "A signature of three bytes.",
        [Some("sig1=LIST"), Some("sig1=:AAAA:")],
        ("signature_invalid", "H9"),
    ),
    (
        "signature_empty",
        "A signature of no byte.",
        [Some("sig1=LIST"), Some("sig1=::")],
        ("signature_invalid", "H9"),
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("signed_request");
    let list = format!("({COVERED}){}", terms("planner"));
    good(&mut cases, &list);
    for (name, what, texts, (outcome, step)) in TEXTS {
        let case = (written(texts, &list), deny(outcome, step));
        cases.add(&format!("signature_fields_{name}"), what, case);
    }
    counts(&mut cases, &list);
    cases.done()
}

/// The usual request with these two fields.
fn written<T: AsRef<str>>(texts: &[Option<T>; 2], list: &str) -> Object {
    let text = |text: &Option<T>| text.as_ref().map(|text| filled(text.as_ref(), list));
    let [name, signature] = texts.each_ref().map(text);
    let mut fields = usual();
    fields.truncate(1);
    fields.extend(name.map(|text| ["Signature-Input".into(), text]));
    fields.extend(signature.map(|text| ["Signature".into(), text]));
    input(&request(&fields))
}

fn good(cases: &mut Cases, list: &str) {
    for (name, what, texts) in [
        ("other_label", "The label is a name and no more.", ["x=LIST", "x=:BYTES:"]),
        (
            "beside_another",
            "A signature with another tag is somebody else's, good or not.",
            ["proxy=OTHER, sig1=LIST", "proxy=:AAAA:, sig1=:BYTES:"],
        ),
    ] {
        let case = (written(&texts.map(Some), list), seen("planner"));
        cases.add(&format!("signature_fields_{name}"), what, case);
    }
}

fn counts(cases: &mut Cases, list: &str) {
    let after = |others: &str| {
        let texts = [format!("{others}sig1=LIST"), "sig1=:BYTES:".into()];
        written(&texts.map(Some), list)
    };
    let labels =
        |count: usize| (0..count).map(|number| format!("a{number}=(), ")).collect::<String>();
    let eight = (after(&labels(7)), seen("planner"));
    cases.add("signature_fields_eight", "Eight signatures.", eight);
    let nine = (after(&labels(8)), deny("too_large", "H1"));
    cases.add("signature_fields_nine", "Nine signatures.", nine);
    let long = format!("x=\"{}\", ", "x".repeat(8 * 1024));
    let long = (after(&long), deny("too_large", "H1"));
    cases.add("signature_fields_too_long", "A field of more than 8 KiB.", long);
}

/// The text with the good list and its signature in it.
fn filled(text: &str, list: &str) -> String {
    let fields = usual();
    let bytes = fields.last().and_then(|[_, value]| value.split(':').nth(1)).unwrap_or_default();
    let other = list.replace("tag=\"procura\"", "tag=\"other\"");
    text.replace("LIST", list).replace("OTHER", &other).replace("BYTES", bytes)
}
