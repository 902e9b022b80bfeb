//! Signed action envelopes: every form in which they arrive, and every way to be wrong.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use procura_core::{
    envelope::{Claims, Encoding, EnvelopeError, Parts, decode, sign},
    hash::Digest,
    json::{self, Value},
    jws::Compact,
    key::{Signature, Signer as _},
    limits,
    proof::{Envelope, EnvelopeRules, Expected, Verified, verify_envelope, verify_statement},
    refusal::{Outcome, Refusal},
    statement,
    time::Timestamp,
};
use procura_testkit::world;
use proptest::prelude::*;

pub(crate) const PAYLOAD: &str = r#"{"action":"deploy","agent_id":"planner","delegated_by":"user:alice","resource":"web/größe","timestamp":1800000000,"unit":{"b":1.0,"c":[1,{"x":"\u00e9, \"}"}]}}"#;

pub(crate) fn parts(payload: &str) -> Parts {
    sign(payload, &world::key("planner")).unwrap()
}

/// Signs what `sign` refuses to sign, as a program of somebody else would.
pub(crate) fn forced(payload: &str) -> Parts {
    Parts::detached(payload.as_bytes(), world::key("planner").sign(payload.as_bytes())).unwrap()
}

fn carried(parts: &Parts) -> String {
    parts.to_carried(&world::public_key("planner"), Encoding::Base64)
}

fn inside(parts: &Parts) -> String {
    parts.to_inside(Encoding::Base64).unwrap()
}

pub(crate) fn verify(parts: &Parts) -> Result<Verified<Envelope>, Refusal> {
    verify_as_of(parts, world::NOW, Expected::default())
}

pub(crate) fn verify_as_of(
    parts: &Parts,
    now: Timestamp,
    expected: Expected<'_>,
) -> Result<Verified<Envelope>, Refusal> {
    let key = world::public_key("planner");
    let rules = EnvelopeRules { key: &key, now, max_age: limits::ENVELOPE_WINDOW, expected };
    verify_envelope(parts, &rules)
}

fn arrived(text: &str) -> Result<Verified<Envelope>, Refusal> {
    verify(&Parts::parse(text.as_bytes()).map_err(|error| error.to_refusal())?)
}

#[test]
fn an_envelope_verifies_in_every_form_and_every_spelling() {
    let parts = parts(PAYLOAD);
    let claims = verify(&parts).unwrap().get().claims().clone();
    assert_eq!(
        claims,
        Claims {
            agent_id: "planner".into(),
            action: "deploy".into(),
            resource: Some("web/größe".into()),
            delegated_by: Some("user:alice".into()),
            timestamp: world::NOW,
        }
    );
    for encoding in [Encoding::Base64, Encoding::Base64Url, Encoding::Hex] {
        let signature = encoding.encode(&parts.signature().to_bytes());
        let forms = [
            parts.to_carried(&world::public_key("planner"), encoding),
            parts.to_inside(encoding).unwrap(),
            format!(r#"{{"payload": {PAYLOAD}, "signature": "{signature}"}}"#),
            format!("\n {{\"signature\" : \"{signature}\" ,{}\n", &PAYLOAD[1..]),
            format!(r#"{},"signature":"{signature}"}}"#, PAYLOAD.strip_suffix('}').unwrap()),
        ];
        for form in forms {
            let envelope = arrived(&form).unwrap();
            let envelope = envelope.get();
            assert_eq!(envelope.text(), PAYLOAD, "{form}");
            assert_eq!(envelope.claims(), &claims);
            assert_eq!(envelope.signer(), world::public_key("planner").thumbprint());
        }
    }
}

#[test]
fn a_carried_text_need_be_neither_compact_nor_sorted() {
    let payload = "{ \"timestamp\" : 1800000000, \"b\":1e0,\n\"agent_id\":\"planner\", \"action\":\"a\\u0062\" }\n";
    let parts = parts(payload);
    assert_eq!(arrived(&carried(&parts)).unwrap().get().text(), payload);
    assert_eq!(parts.to_inside(Encoding::Base64), Err(EnvelopeError::Space(1)));
}

#[test]
fn a_signature_finds_its_place_by_name() {
    let form = inside(&parts(PAYLOAD));
    let object = json::parse_object(form.as_bytes()).unwrap();
    let names: Vec<&str> = object.iter().map(|(name, _)| name).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(object.len(), 7);
}

#[test]
fn another_key_verifies_nothing() {
    let parts = parts(PAYLOAD);
    let key = world::public_key("coder");
    let max_age = limits::ENVELOPE_WINDOW;
    let rules =
        EnvelopeRules { key: &key, now: world::NOW, max_age, expected: Expected::default() };
    let step = |parts: &Parts| verify_envelope(parts, &rules).unwrap_err().step;
    assert_eq!(step(&parts), "E3");
    // The envelope names its key, and that is not the one to verify with.
    assert_eq!(step(&Parts::parse(carried(&parts).as_bytes()).unwrap()), "E2");
    // It names the right key, and another one signed it.
    let text = parts.to_carried(&key, Encoding::Hex);
    assert_eq!(step(&Parts::parse(text.as_bytes()).unwrap()), "E3");
}

#[test]
fn a_key_id_is_the_thumbprint_of_the_key() {
    let parts = parts(PAYLOAD);
    let with = |id: &str| {
        let signature = Encoding::Hex.encode(&parts.signature().to_bytes());
        format!(r#"{{"key_id":"{id}","payload":{PAYLOAD},"signature":"{signature}"}}"#)
    };
    let own = world::public_key("planner").thumbprint().to_string();
    assert!(arrived(&with(&own)).is_ok());
    let other = world::public_key("coder").thumbprint().to_string();
    assert_eq!(arrived(&with(&other)).unwrap_err().step, "E2");
    assert_eq!(arrived(&with("planner")).unwrap_err().step, "E1");
}

/// Flips every bit of `text` and counts how often it was still accepted.
fn accepted_flips(text: &str) -> Vec<usize> {
    let mut accepted = Vec::new();
    for bit in 0..text.len() * 8 {
        let mut bytes = text.to_owned().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let is_accepted = Parts::parse(&bytes).is_ok_and(|parts| verify(&parts).is_ok());
        accepted.extend(is_accepted.then_some(bit));
    }
    accepted
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let parts = parts(PAYLOAD);
    for encoding in [Encoding::Base64, Encoding::Base64Url, Encoding::Hex] {
        let text = parts.to_carried(&world::public_key("planner"), encoding);
        assert!(arrived(&text).is_ok());
        assert_eq!(accepted_flips(&text), [0; 0], "{text}");
        let text = parts.to_inside(encoding).unwrap();
        assert!(arrived(&text).is_ok());
        assert_eq!(accepted_flips(&text), [0; 0], "{text}");
    }
    for bit in 0..PAYLOAD.len() * 8 {
        let mut bytes = PAYLOAD.to_owned().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let flipped = Parts::detached(&bytes, parts.signature());
        assert!(!flipped.is_ok_and(|parts| verify(&parts).is_ok()), "bit {bit}");
    }
}

#[test]
fn a_text_that_was_cut_or_extended_anywhere_is_refused() {
    let parts = parts(PAYLOAD);
    // Without padding, which is the one thing that may be left out.
    let carried = parts.to_carried(&world::public_key("planner"), Encoding::Base64Url);
    for text in [carried, parts.to_inside(Encoding::Base64Url).unwrap()] {
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            let (start, rest) = text.split_at(at);
            let shorter: String = start.chars().chain(rest.chars().skip(1)).collect();
            assert!(arrived(&shorter).is_err(), "{shorter}");
            assert!(arrived(&format!("{start}A{rest}")).is_err(), "byte {at}");
        }
    }
}

/// Prints why each text is no envelope. `…` stands for a good signature of [`PAYLOAD`].
fn check_refused(texts: &[&str], expected: Expect) {
    let signature = Encoding::Hex.encode(&parts(PAYLOAD).signature().to_bytes());
    let mut table = String::new();
    for text in texts {
        let refusal = arrived(&text.replace('…', &signature)).unwrap_err();
        writeln!(table, "{text}\n  {} {refusal}", refusal.step).unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn what_is_no_envelope_is_refused_for_a_reason() {
    check_refused(
        &[
            "",
            "[]",
            "{}",
            r#"{"agent_id":"planner"}"#,
            r#"{"payload":"{}"}"#,
            r#"{"agent_id":"planner","signature":1}"#,
            r#"{"agent_id":"planner","signature":"AAAA"}"#,
            r#"{"agent_id":"planner","agent_id":"coder","signature":"…"}"#,
            r#"{"agent_id":"\ud800","signature":"…"}"#,
            r#"{"agent_id":"planner","sign\u0061ture":"…"}"#,
            r#"{"pa\u0079load":{},"signature":"…"}"#,
            r#"{"agent_id":"planner", "signature":"…","timestamp":1}"#,
            r#"{"agent_id": "planner","signature":"…"}"#,
            r#"{"agent_id":"planner","signature":"…","action":"a"}"#,
            r#"{"agent_id":"planner","signature":"…","unit":[{"a":{"y":1,"x":1}}]}"#,
            r#"{"agent_id":"planner","signature":"…","timestamp":NaN}"#,
            r#"{"payload":{"b":1,"a":1},"signature":"…"}"#,
            r#"{"payload":{"a":1 },"signature":"…"}"#,
            r#"{"payload":[],"signature":"…"}"#,
            r#"{"payload":" {}","signature":"…"}"#,
            r#"{"payload":"eyJhbGciOiJFZDI1NTE5In0.e30","signature":"…"}"#,
            r#"{"payload":"{}","signature":"…","expires":9}"#,
            r#"{"payload":"{}","signature":"…","public_key":"AAAA"}"#,
            r#"{"payload":"{}","signature":"…","public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            r#"{"payload":"{}","signature":"…","key_id":1}"#,
            r#"{"payload":"{}","signature":"…"}"#,
        ],
        expect![[r#"

              E1 malformed: not JSON at byte 0
            []
              E1 malformed: not an object
            {}
              E1 malformed: it has no `agent_id`, and no `payload` that is text or an object
            {"agent_id":"planner"}
              E1 credential_missing: it has no `signature`
            {"payload":"{}"}
              E1 credential_missing: it has no `signature`
            {"agent_id":"planner","signature":1}
              E1 malformed: `signature` is not 64 bytes in base64, base64url or lower-case hexadecimal
            {"agent_id":"planner","signature":"AAAA"}
              E1 malformed: `signature` is not 64 bytes in base64, base64url or lower-case hexadecimal
            {"agent_id":"planner","agent_id":"coder","signature":"…"}
              E1 duplicate_member: duplicate member name at byte 41
            {"agent_id":"\ud800","signature":"…"}
              E1 malformed: lone surrogate at byte 13
            {"agent_id":"planner","sign\u0061ture":"…"}
              E1 malformed: the name `signature` is written with an escape
            {"pa\u0079load":{},"signature":"…"}
              E1 malformed: the name `payload` is written with an escape
            {"agent_id":"planner", "signature":"…","timestamp":1}
              E3 signature_invalid: the signature does not verify
            {"agent_id": "planner","signature":"…"}
              E1 malformed: white space at byte 12: the signed text cannot be recovered unless it arrives compact
            {"agent_id":"planner","signature":"…","action":"a"}
              E1 malformed: member 2 of an object is out of order: the signed text cannot be recovered unless its members are sorted
            {"agent_id":"planner","signature":"…","unit":[{"a":{"y":1,"x":1}}]}
              E1 malformed: member 2 of an object is out of order: the signed text cannot be recovered unless its members are sorted
            {"agent_id":"planner","signature":"…","timestamp":NaN}
              E1 malformed: not JSON at byte 177
            {"payload":{"b":1,"a":1},"signature":"…"}
              E1 malformed: member 2 of an object is out of order: the signed text cannot be recovered unless its members are sorted
            {"payload":{"a":1 },"signature":"…"}
              E1 malformed: white space at byte 6: the signed text cannot be recovered unless it arrives compact
            {"payload":[],"signature":"…"}
              E1 malformed: it has no `agent_id`, and no `payload` that is text or an object
            {"payload":" {}","signature":"…"}
              E1 malformed: the signed bytes do not begin with a brace
            {"payload":"eyJhbGciOiJFZDI1NTE5In0.e30","signature":"…"}
              E1 malformed: the signed bytes do not begin with a brace
            {"payload":"{}","signature":"…","expires":9}
              E1 malformed: a member beside `payload` is not `signature`, `public_key` or `key_id`
            {"payload":"{}","signature":"…","public_key":"AAAA"}
              E1 malformed: `public_key` does not name an Ed25519 key
            {"payload":"{}","signature":"…","public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
              E1 malformed: `public_key` does not name an Ed25519 key
            {"payload":"{}","signature":"…","key_id":1}
              E1 malformed: `key_id` does not name an Ed25519 key
            {"payload":"{}","signature":"…"}
              E3 signature_invalid: the signature does not verify
        "#]],
    );
}

#[test]
fn the_replay_key_is_of_what_was_signed_and_by_whom() {
    let key = |text: &str| arrived(text).unwrap().get().replay_key();
    let good = parts(PAYLOAD);
    // Built a second time, from the words of the format's page.
    let thumbprint = world::public_key("planner").thumbprint();
    let hashed = format!("procura-envelope/v1\n{thumbprint}\n{PAYLOAD}");
    assert_eq!(key(&carried(&good)), Digest::of(hashed.as_bytes()));
    assert_eq!(key(&inside(&good)), key(&carried(&good)));
    let other = parts(&PAYLOAD.replace("deploy", "delete"));
    assert_ne!(key(&carried(&other)), key(&carried(&good)));
}

#[test]
fn the_claimed_agent_is_only_claimed() {
    assert_eq!(parts(PAYLOAD).claimed_agent().as_deref(), Some("planner"));
    assert_eq!(forced("{}").claimed_agent(), None);
    assert_eq!(forced("{").claimed_agent(), None);
    let unsigned = Parts::detached(PAYLOAD.as_bytes(), Signature::from_bytes([0; 64])).unwrap();
    assert_eq!(unsigned.claimed_agent().as_deref(), Some("planner"));
    assert!(verify(&unsigned).is_err());
}

#[test]
fn idn_07_an_envelope_is_no_jws_and_a_jws_is_no_envelope() {
    let (signer, key) = (world::key("planner"), world::public_key("planner"));
    let claims = json::parse_object(PAYLOAD.as_bytes()).unwrap();
    let jws = statement::sign("procura-test+jwt", claims, &signer);
    assert!(verify_statement(&jws, "procura-test+jwt", &key).is_ok());
    let (input, signature) = jws.rsplit_once('.').unwrap();
    let signature = Signature::from_bytes(decode(signature).unwrap());
    // A signing input begins with base64url, in which there is no brace.
    assert_eq!(Parts::detached(input.as_bytes(), signature).unwrap_err(), EnvelopeError::Beginning);
    let carried = format!(
        r#"{{"payload":"{input}","signature":"{}"}}"#,
        Encoding::Hex.encode(&signature.to_bytes())
    );
    assert_eq!(Parts::parse(carried.as_bytes()).unwrap_err(), EnvelopeError::Beginning);
    assert_eq!(sign(input, &signer).unwrap_err().outcome, Outcome::Malformed);
    // And the other way round: a good signature of an envelope, in front of a JWS reader.
    for payload in [PAYLOAD.to_owned(), PAYLOAD.replace("deploy", "a.b")] {
        let parts = parts(&payload);
        let text =
            format!("{payload}.{}", Encoding::Base64Url.encode(&parts.signature().to_bytes()));
        assert!(Compact::parse(&text).is_err(), "{text}");
        assert!(Compact::parse(&format!(".{text}")).is_err());
    }
}

/// The blocks of the format's page in one language.
fn blocks(language: &str) -> Vec<String> {
    let page = include_str!("../../../../docs/formats/envelope.md");
    let opening = format!("```{language}\n");
    let blocks = page.split(&opening).skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_example_of_the_page_is_what_is_signed() {
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let key = world::key_from_seed(decode(seed).unwrap());
    let [payload, carried, inside] = <[String; 3]>::try_from(blocks("json")).unwrap();
    let parts = sign(&payload, &key).unwrap();
    assert_eq!(parts.to_carried(key.public_key(), Encoding::Base64), carried);
    assert_eq!(parts.to_inside(Encoding::Base64).unwrap(), inside);
    for text in [carried, inside] {
        let parts = Parts::parse(text.as_bytes()).unwrap();
        let rules = EnvelopeRules {
            key: key.public_key(),
            now: world::NOW,
            max_age: limits::ENVELOPE_WINDOW,
            expected: Expected { agent_id: Some("coder"), ..Expected::default() },
        };
        let envelope = verify_envelope(&parts, &rules).unwrap();
        assert_eq!(blocks("text"), [envelope.get().replay_key().to_string()]);
    }
}

#[test]
fn an_envelope_is_so_long() {
    let padded = |length: usize| {
        let short = r#"{"action":"a","agent_id":"p","pad":"","timestamp":1800000000}"#;
        short.replace(r#""pad":""#, &format!(r#""pad":"{}"#, "p".repeat(length - short.len())))
    };
    let longest = padded(limits::ENVELOPE_BYTES);
    assert!(verify(&parts(&longest)).is_ok());
    let longer = padded(limits::ENVELOPE_BYTES + 1);
    let refusal = sign(&longer, &world::key("planner")).unwrap_err();
    assert_eq!((refusal.outcome, refusal.step), (Outcome::TooLarge, "E1"));
    assert_eq!(arrived(&longer).unwrap_err().outcome, Outcome::TooLarge);
    // With its signature inside, as it arrives.
    let around = inside(&parts(&padded(100))).len() - 100;
    let arriving = inside(&parts(&padded(limits::ENVELOPE_BYTES - around)));
    assert_eq!(arriving.len(), limits::ENVELOPE_BYTES);
    assert!(arrived(&arriving).is_ok());
    let long = |length: usize| {
        let name = "n".repeat(length);
        sign(&PAYLOAD.replace("planner", &name), &world::key("planner")).map(|_| ())
    };
    assert_eq!(long(limits::VALUE_BYTES), Ok(()));
    assert_eq!(long(limits::VALUE_BYTES + 1).unwrap_err().outcome, Outcome::Malformed);
}

#[test]
fn members_are_sorted_as_python_or_as_javascript_sorts_them() {
    // U+1D306 comes after U+FB33 by code points and before it by UTF-16.
    let payload =
        |rest: &str| format!(r#"{{"action":"a","agent_id":"p","timestamp":1800000000,{rest}}}"#);
    let python = payload("\"\u{fb33}\":1,\"\u{1d306}\":2");
    let javascript = payload("\"\u{1d306}\":2,\"\u{fb33}\":1");
    for payload in [&python, &javascript] {
        assert!(arrived(&inside(&parts(payload))).is_ok(), "{payload}");
    }
    // One signer sorts in one way.
    let neither =
        payload("\"u\":{\"\u{fb33}\":1,\"\u{1d306}\":2},\"v\":{\"\u{1d306}\":2,\"\u{fb33}\":1}");
    assert_eq!(parts(&neither).to_inside(Encoding::Hex), Err(EnvelopeError::Order(2)));
}

#[test]
fn what_cannot_be_recovered_is_an_open_question_and_the_rest_is_settled() {
    let open = [EnvelopeError::NoSignature, EnvelopeError::Space(1), EnvelopeError::Order(2)];
    assert!(open.iter().all(EnvelopeError::is_open));
    let settled = [EnvelopeError::Form, EnvelopeError::Signature, EnvelopeError::Unsigned];
    assert!(!settled.iter().any(EnvelopeError::is_open));
}

#[test]
fn a_payload_that_has_a_signature_gets_no_second_one() {
    let payload = PAYLOAD.replace("\"timestamp\"", "\"signature\":\"x\",\"timestamp\"");
    let parts = parts(&payload);
    assert_eq!(parts.to_inside(Encoding::Hex), Err(EnvelopeError::Signed));
    assert!(arrived(&carried(&parts)).is_ok());
}

/// JSON values as programs make them.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(i64::from(number))),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|members| {
                let mut object = json::Object::new();
                for (name, value) in members {
                    object.set(&name, value);
                }
                Value::Object(object)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_else_it_says_each_form_gives_the_signed_text_back(
        name in any::<String>(), value in value(), action in ".+",
    ) {
        let mut object = json::Object::new()
            .with("agent_id", "p")
            .with("timestamp", world::NOW.as_seconds());
        if !matches!(name.as_str(), "signature" | "resource" | "delegated_by") {
            object.set(&name, value);
        }
        object.set("agent_id", "p").set("timestamp", world::NOW.as_seconds()).set("action", action);
        let payload = object.to_canonical().unwrap();
        let parts = parts(&payload);
        for text in [carried(&parts), inside(&parts)] {
            let envelope = arrived(&text).unwrap();
            prop_assert_eq!(envelope.get().text(), &payload);
        }
    }

    #[test]
    fn no_text_makes_the_reader_stop(text in r#"[{}\[\]",:\\ asignature0-9]{0,40}"#) {
        let _parts = Parts::parse(text.as_bytes());
        let _inside = Parts::parse(format!(r#"{{"agent_id":1,"signature":"",{text}}}"#).as_bytes());
    }

    #[test]
    fn what_is_decoded_was_encoded(bytes in any::<[u8; 32]>()) {
        for encoding in [Encoding::Base64, Encoding::Base64Url, Encoding::Hex] {
            prop_assert_eq!(decode(&encoding.encode(&bytes)), Some(bytes));
        }
        prop_assert_eq!(decode::<31>(&Encoding::Hex.encode(&bytes)), None);
    }
}
