//! Signed action envelopes: in every form, over the bytes that arrived.

use procura_core::{
    base64url,
    envelope::{Encoding, Parts},
    json::{Object, Value},
    key::Signer as _,
    token::to_jwk,
};

use super::{
    foreign::{Wrong, add_wrong, hash, thumbprint},
    scene::with_rule,
};
use crate::{
    vectors::{
        Case,
        case::{Cases, Expected, deny, output},
        forge::malleate,
    },
    world,
};

/// What is signed in most cases.
const PAYLOAD: &str = r#"{"action":"deploy","agent_id":"planner","delegated_by":"user:alice","resource":"web/größe","timestamp":1800000000}"#;

/// What is wrong in one member of what was signed.
const CLAIMS: &[Wrong] = &[
    ("action_missing", "action", None, ("malformed", "E4")),
    ("action_null", "action", Some("null"), ("malformed", "E4")),
    ("action_empty", "action", Some(r#""""#), ("malformed", "E4")),
    ("action_number", "action", Some("1"), ("malformed", "E4")),
    ("agent_id_missing", "agent_id", None, ("malformed", "E4")),
    ("agent_id_list", "agent_id", Some(r#"["planner"]"#), ("malformed", "E4")),
    ("resource_empty", "resource", Some(r#""""#), ("malformed", "E4")),
    ("resource_object", "resource", Some("{}"), ("malformed", "E4")),
    ("delegated_by_true", "delegated_by", Some("true"), ("malformed", "E4")),
    ("timestamp_missing", "timestamp", None, ("malformed", "E4")),
    ("timestamp_null", "timestamp", Some("null"), ("malformed", "E4")),
    ("timestamp_float", "timestamp", Some("1800000000.0"), ("malformed", "E4")),
    ("timestamp_exponent", "timestamp", Some("18e8"), ("malformed", "E4")),
    ("timestamp_negative", "timestamp", Some("-1"), ("malformed", "E4")),
    ("timestamp_milliseconds", "timestamp", Some("1800000000000"), ("malformed", "E4")),
    ("timestamp_digits_as_text", "timestamp", Some(r#""1800000000""#), ("malformed", "E4")),
    ("timestamp_date", "timestamp", Some(r#""2027-01-15""#), ("malformed", "E4")),
    (
        "timestamp_without_offset",
        "timestamp",
        Some(r#""2027-01-15T08:00:00""#),
        ("malformed", "E4"),
    ),
    ("timestamp_with_space", "timestamp", Some(r#""2027-01-15 08:00:00Z""#), ("malformed", "E4")),
    ("timestamp_leap_second", "timestamp", Some(r#""2027-01-15T07:59:60Z""#), ("malformed", "E4")),
    ("timestamp_february_30", "timestamp", Some(r#""2027-02-30T08:00:00Z""#), ("malformed", "E4")),
    (
        "timestamp_empty_fraction",
        "timestamp",
        Some(r#""2027-01-15T08:00:00.Z""#),
        ("malformed", "E4"),
    ),
    ("timestamp_hour_24", "timestamp", Some(r#""2027-01-14T24:00:00Z""#), ("malformed", "E4")),
    ("number_of_no_double", "amount", Some("9007199254740993"), ("non_admissible_number", "E4")),
    ("old", "timestamp", Some("1799999699"), ("expired", "E5")),
    ("old_text", "timestamp", Some(r#""2027-01-15T07:54:59.9Z""#), ("expired", "E5")),
    ("far_offset", "timestamp", Some(r#""2027-01-15T08:00:00+01:00""#), ("expired", "E5")),
    ("future", "timestamp", Some("1800000301"), ("not_yet_valid", "E5")),
];

/// A name, another spelling of the same time, and the second that is read.
const TIMES: &[(&str, &str, i64)] = &[
    ("time_utc", r#""2027-01-15T08:00:00Z""#, 1_800_000_000),
    ("time_lower_case", r#""2027-01-15t08:00:00z""#, 1_800_000_000),
    ("time_offset", r#""2027-01-15T13:30:00+05:30""#, 1_800_000_000),
    ("time_fraction", r#""2027-01-15T08:00:00.999-00:00""#, 1_800_000_000),
    ("time_300_seconds_ago", "1799999700", 1_799_999_700),
    ("time_300_seconds_ahead", "1800000300", 1_800_000_300),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("envelope");
    forms(&mut cases);
    cases.near("envelope_carried");
    let payload = world::object(PAYLOAD);
    let carried = |text: &str| input(&carried(&signed(text)));
    add_wrong(&mut cases, ("envelope", "An envelope"), (&payload, CLAIMS), carried);
    for (name, time, seconds) in TIMES {
        let text = PAYLOAD.replace("1800000000", time);
        let what = format!("An envelope of the time {time}.");
        cases.add(&format!("envelope_{name}"), &what, (carried(&text), seen_at(&text, *seconds)));
    }
    moments(&mut cases);
    expectations(&mut cases);
    spellings(&mut cases);
    cases.near("envelope_carried");
    keys(&mut cases);
    shapes(&mut cases);
    recovered(&mut cases);
    bytes(&mut cases);
    cases.done()
}

/// `payload`, signed by the planner, whatever it says.
fn signed(payload: &str) -> Parts {
    match Parts::detached(payload.as_bytes(), world::key("planner").sign(payload.as_bytes())) {
        Ok(parts) => parts,
        Err(error) => panic!("`{payload}`: {error}"),
    }
}

fn carried(parts: &Parts) -> String {
    parts.to_carried(&world::public_key("planner"), Encoding::Base64)
}

fn inside(payload: &str) -> String {
    match signed(payload).to_inside(Encoding::Base64) {
        Ok(text) => text,
        Err(error) => panic!("`{payload}`: {error}"),
    }
}

/// The signature of `payload` by the planner, as text.
fn signature(payload: &str, encoding: Encoding) -> String {
    encoding.encode(&signed(payload).signature().to_bytes())
}

/// `payload` as an object beside its signature.
fn beside(payload: &str) -> String {
    format!(r#"{{"payload":{payload},"signature":"{}"}}"#, signature(payload, Encoding::Base64))
}

fn input(envelope: &str) -> Object {
    Object::new().with("envelope", envelope).with("rules", rules())
}

fn rules() -> Object {
    Object::new()
        .with("key", to_jwk(&world::public_key("planner")))
        .with("now", world::NOW.as_seconds())
}

/// What an envelope over this text says; the replay key is that of `docs/formats/envelope.md`.
fn seen_at(payload: &str, timestamp: i64) -> Expected {
    let replay_key = hash(&format!("procura-envelope/v1\n{}\n{payload}", thumbprint("planner")));
    let seen = Object::new()
        .with("signed", payload)
        .with("agent_id", "planner")
        .with("action", "deploy")
        .with("resource", "web/größe")
        .with("delegated_by", "user:alice")
        .with("timestamp", timestamp)
        .with("replay_key", replay_key);
    output(seen)
}

fn seen(payload: &str) -> Expected {
    seen_at(payload, 1_800_000_000)
}

fn forms(cases: &mut Cases) {
    let detached = input(PAYLOAD).with("signature", signature(PAYLOAD, Encoding::Base64));
    let spaced = format!(" \n{}\t", inside(PAYLOAD));
    for (name, what, input) in [
        ("inside", "The signature is a member of what was signed.", input(&inside(PAYLOAD))),
        ("inside_with_space", "Space around the whole.", input(&spaced)),
        ("object", "What was signed is an object beside the signature.", input(&beside(PAYLOAD))),
        ("detached", "The signature comes apart from the bytes.", detached),
        (
            "carried",
            "What was signed is a text in the envelope.",
            input(&carried(&signed(PAYLOAD))),
        ),
    ] {
        cases.add(&format!("envelope_{name}"), what, (input, seen(PAYLOAD)));
    }
}

fn moments(cases: &mut Cases) {
    let whole = || input(&carried(&signed(PAYLOAD)));
    let later = with_rule(with_rule(whole(), "now", 1_800_003_600_i64), "max_age", 3_600_i64);
    cases.add("envelope_of_an_hour_ago", "An hour is allowed.", (later, seen(PAYLOAD)));
    let short = with_rule(with_rule(whole(), "now", 1_800_000_011_i64), "max_age", 10_i64);
    cases.add("envelope_too_old_here", "Ten seconds are allowed.", (short, deny("expired", "E5")));
    let ahead = with_rule(with_rule(whole(), "now", 1_799_999_699_i64), "max_age", 3_600_i64);
    let what = "An hour is allowed, and of the future no more than five minutes.";
    cases.add("envelope_of_tomorrow", what, (ahead, deny("not_yet_valid", "E5")));
}

fn expectations(cases: &mut Cases) {
    let asked = |payload: &str, name: &str, text: &str| {
        with_rule(input(&carried(&signed(payload))), "expected", Object::new().with(name, text))
    };
    let all = Object::new()
        .with("agent_id", "planner")
        .with("action", "deploy")
        .with("resource", "web/größe")
        .with("delegated_by", "user:alice");
    let good = with_rule(input(&carried(&signed(PAYLOAD))), "expected", all);
    cases.add("envelope_expected", "All that was asked for.", (good, seen(PAYLOAD)));
    let failed = || deny("holder_binding_failed", "E6");
    for (name, text) in [
        ("agent_id", "coder"),
        ("action", "Deploy"),
        ("resource", "web/gro\u{308}ße"),
        ("delegated_by", "user:bob"),
    ] {
        let what = format!("The `{name}` `{text}` was asked for.");
        let case = (asked(PAYLOAD, name, text), failed());
        cases.add(&format!("envelope_other_{name}"), &what, case);
    }
    let without = PAYLOAD.replace(r#","resource":"web/größe""#, "");
    let case = (asked(&without, "resource", "web/größe"), failed());
    cases.add("envelope_without_resource", "A `resource` was asked for, and there is none.", case);
}

fn spellings(cases: &mut Cases) {
    let parts = signed(PAYLOAD);
    let key = world::public_key("planner");
    for (name, encoding) in [("base64url", Encoding::Base64Url), ("hexadecimal", Encoding::Hex)] {
        let what = format!("Key and signature in {name}.");
        let text = parts.to_carried(&key, encoding);
        cases.add(&format!("envelope_{name}"), &what, (input(&text), seen(PAYLOAD)));
    }
    let bare = carried(&parts).replace('=', "");
    cases.add("envelope_without_padding", "base64 without padding.", (input(&bare), seen(PAYLOAD)));
    cases.near("envelope_hexadecimal");
    let hex = signature(PAYLOAD, Encoding::Hex);
    let with = |signature: &str| {
        let text = Object::new().with("payload", PAYLOAD).with("signature", signature);
        input(&crate::vectors::forge::canonical(&text))
    };
    let base64 = signature(PAYLOAD, Encoding::Base64);
    for (name, what, text) in [
        ("capital_digits", "Hexadecimal digits in capitals.", hex.to_uppercase()),
        ("63_bytes", "63 bytes.", hex.chars().skip(2).collect()),
        ("65_bytes", "65 bytes.", format!("{hex}00")),
        ("empty_signature", "No byte.", String::new()),
        ("two_alphabets", "Two alphabets in one text.", format!("-/{}", base64.split_at(2).1)),
        ("space_in_signature", "A space at the end.", format!("{base64} ")),
        ("one_padding_of_two", "Half of the padding.", base64.replace("==", "=")),
    ] {
        cases.add(&format!("envelope_{name}"), what, (with(&text), deny("malformed", "E1")));
    }
}

/// The payload as a text, after `members`, under this signature.
fn named(members: &str, signature: &str) -> Object {
    let payload = Value::from(PAYLOAD).to_canonical().unwrap_or_default();
    input(&format!(r#"{{{members}"payload":{payload},"signature":"{signature}"}}"#))
}

fn key_id(name: &str) -> String {
    format!(r#""key_id":"{}","#, thumbprint(name))
}

fn public_key(name: &str) -> String {
    let key = base64url::encode(world::public_key(name).as_bytes());
    format!(r#""public_key":"{key}","#)
}

/// The signature of a text by `name`.
fn by(name: &str, text: &str) -> String {
    Encoding::Base64.encode(&world::key(name).sign(text.as_bytes()).to_bytes())
}

/// A name, what it is, and members beside the payload that are refused, at E1.
const BESIDE: &[(&str, &str, &str)] = &[
    (
        "key_of_low_order",
        "It names a key under which everything verifies.",
        r#""public_key":"0100000000000000000000000000000000000000000000000000000000000000","#,
    ),
    ("key_short", "A key of three bytes.", r#""public_key":"AAAA","#),
    ("key_id_number", "A number as a name.", r#""key_id":1,"#),
    (
        "unsigned_member",
        "A member beside the payload, for which nobody vouches.",
        r#""note":"approved","#,
    ),
];

fn keys(cases: &mut Cases) {
    let good = by("planner", PAYLOAD);
    let key_id_input = named(&key_id("planner"), &good);
    cases.add("envelope_key_id", "It names its key.", (key_id_input, seen(PAYLOAD)));
    cases.add("envelope_no_key", "It names no key.", (named("", &good), seen(PAYLOAD)));
    for (name, what, members) in BESIDE {
        let case = (named(members, &good), deny("malformed", "E1"));
        cases.add(&format!("envelope_{name}"), what, case);
    }
    let both = format!("{}{}", key_id("mallory"), public_key("planner"));
    for (name, what, members, signature) in [
        (
            "key_of_another",
            "Mallory signs, and brings her key.",
            public_key("mallory"),
            by("mallory", PAYLOAD),
        ),
        (
            "key_id_of_another",
            "It names another key, under a good signature.",
            key_id("mallory"),
            good.clone(),
        ),
        ("two_keys", "The right key, and the name of another.", both, good.clone()),
    ] {
        let case = (named(&members, &signature), deny("signature_invalid", "E2"));
        cases.add(&format!("envelope_{name}"), what, case);
    }
    let mut malleated = signed(PAYLOAD).signature().to_bytes();
    malleate(&mut malleated);
    for (name, what, signature) in [
        ("by_another", "Mallory signs.", by("mallory", PAYLOAD)),
        ("malleated", "S is not canonical.", Encoding::Base64.encode(&malleated)),
        ("of_another_text", "The signature of another text.", by("planner", "{}")),
    ] {
        let case = (named("", &signature), deny("signature_invalid", "E3"));
        cases.add(&format!("envelope_{name}"), what, case);
    }
}

/// A name, what it is, and a text that is none of the forms.
const SHAPES: &[(&str, &str, &str)] = &[
    ("empty", "No text.", ""),
    ("no_object", "A list.", "[]"),
    ("no_form", "An object of neither form.", "{}"),
    ("signature_null", "A signature of nothing.", r#"{"payload":"{}","signature":null}"#),
];

/// A name, what it is, and a payload that is no object and no text of one.
const PAYLOADS: &[(&str, &str, &str)] = &[
    ("payload_list", "A payload that is a list.", "[]"),
    ("payload_null", "A payload of nothing.", "null"),
    ("payload_jws", "A payload that begins like a JWS.", r#""eyJ9""#),
    ("payload_begins_with_space", "A byte before the brace.", r#"" {}""#),
];

fn shapes(cases: &mut Cases) {
    cases.near("envelope_carried");
    let malformed = || deny("malformed", "E1");
    for (name, what, text) in SHAPES {
        cases.add(&format!("envelope_{name}"), what, (input(text), malformed()));
    }
    for (name, what, payload) in PAYLOADS {
        let text = format!(r#"{{"payload":{payload},"signature":"{}"}}"#, by("planner", "{}"));
        cases.add(&format!("envelope_{name}"), what, (input(&text), malformed()));
    }
    let repeated = PAYLOAD.replacen('{', r#"{"action":"destroy","#, 1);
    let two = format!("{} {{}}", beside(PAYLOAD));
    let repeats = beside(PAYLOAD).replacen('{', r#"{"payload":"{}","#, 1);
    let long = format!("{}{}", carried(&signed(PAYLOAD)), " ".repeat(64 * 1024));
    let no_json = carried(&signed("{deploy}"));
    let unsigned = r#"{"payload":"{}"}"#;
    for (name, what, envelope, (outcome, step)) in [
        ("two_objects", "Something after the end.", two, ("malformed", "E1")),
        ("unsigned", "No signature.", PAYLOAD.into(), ("credential_missing", "E1")),
        ("carried_unsigned", "No signature.", unsigned.into(), ("credential_missing", "E1")),
        (
            "repeats",
            "Two payloads, of which readers take one or the other.",
            repeats,
            ("duplicate_member", "E1"),
        ),
        (
            "payload_repeats",
            "What was signed has two members `action`.",
            carried(&signed(&repeated)),
            ("duplicate_member", "E4"),
        ),
        ("payload_no_json", "What was signed is no JSON.", no_json, ("malformed", "E4")),
        ("too_long", "More than 64 KiB.", long, ("too_large", "E1")),
    ] {
        cases.add(&format!("envelope_{name}"), what, (input(&envelope), deny(outcome, step)));
    }
}

/// Texts from which nobody can tell how the signer had written what was signed.
fn recovered(cases: &mut Cases) {
    let whole = inside(PAYLOAD);
    let by_utf16 = PAYLOAD.replacen("}", ",\"\u{1f600}\":1,\"\u{ffff}\":2}", 1);
    let what = "Names beyond the BMP, sorted as JavaScript sorts them.";
    let sorted = (input(&inside(&by_utf16)), seen(&by_utf16));
    cases.add("envelope_sorted_by_utf16", what, sorted);
    let escaped = PAYLOAD.replace("größe", r"gr\u00f6\u00dfe");
    let what = "Characters that the signer had written as escapes stay as they are.";
    cases.add("envelope_escapes_of_the_signer", what, (input(&inside(&escaped)), seen(&escaped)));
    cases.near("envelope_inside");
    let refused = || deny("malformed", "E1");
    for (name, what, text) in [
        ("spaced", "A space after a colon.", whole.replacen(":", ": ", 1)),
        ("indented", "A line break.", whole.replacen(",", ",\n", 1)),
        (
            "unsorted",
            "Two members in another order.",
            whole.replacen(
                r#""action":"deploy","agent_id":"planner""#,
                r#""agent_id":"planner","action":"deploy""#,
                1,
            ),
        ),
        (
            "escaped_name",
            "The name of the member that has to be cut out is escaped.",
            whole.replacen(r#""signature""#, r#""\u0073ignature""#, 1),
        ),
        (
            "object_spaced",
            "A space in the object.",
            beside(PAYLOAD).replacen("deploy\",", "deploy\", ", 1),
        ),
    ] {
        cases.add(&format!("envelope_{name}"), what, (input(&text), refused()));
    }
    let respelled = whole.replacen("größe", r"gr\u00f6\u00dfe", 1);
    let respelled = (input(&respelled), deny("signature_invalid", "E3"));
    cases.add("envelope_respelled", "Escapes that the signer had not written.", respelled);
    let changed = (input(&whole.replacen("deploy", "delete", 1)), deny("signature_invalid", "E3"));
    cases.add("envelope_changed", "Another action under the old signature.", changed);
    let added = whole.replacen(r#","timestamp""#, r#","system":1,"timestamp""#, 1);
    let added = (input(&added), deny("signature_invalid", "E3"));
    cases.add("envelope_member_added", "One more member.", added);
}

fn bytes(cases: &mut Cases) {
    cases.near("envelope_detached");
    let detached = |text: &str| input(text).with("signature", signature(PAYLOAD, Encoding::Base64));
    let longer = (detached(&format!("{PAYLOAD}\n")), deny("signature_invalid", "E3"));
    cases.add("envelope_detached_line_feed", "A line feed that was not signed.", longer);
    let list = (detached("[1]"), deny("malformed", "E1"));
    cases.add("envelope_detached_list", "Bytes that begin with no brace.", list);
    for (name, what, signature) in [
        ("bytes_detached", "Bytes that are no text.", Some(signature("{}", Encoding::Base64))),
        ("bytes", "An envelope that is no text.", None),
    ] {
        let bytes = base64url::encode(b"{\"agent_id\":\"\xff\"}");
        let mut input = Object::new().with("base64url", bytes).with("rules", rules());
        if let Some(signature) = signature {
            input.set("signature", signature);
        }
        cases.add(&format!("envelope_{name}"), what, (input, deny("malformed", "E1")));
    }
}
