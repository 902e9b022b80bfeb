//! What every library that is Procura has to say alike: here, the one in Rust.

use std::{collections::BTreeMap, path::Path};

use procura_core::{
    http_signature::{Field, HttpRequest, content_digest, sign_request},
    json::{self, Object, Value},
    key::PublicKey,
    proof::verify_signed_request,
    refusal::{Outcome, Refusal},
};
use procura_testkit::world;

use crate::{
    foreign::told,
    http_signed::{BODY, judged, keys, plain, rules, signed, terms, verify},
    vectors::{self, hex, text},
};

/// Flags of points and equations that a strict verifier refuses; what other
/// flags say of a signature is indifferent to it.
const REFUSED: [&str; 5] =
    ["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"];

fn is_accepted(key: &str, message: &[u8], signature: &str) -> bool {
    PublicKey::from_bytes(&hex(key)).is_ok_and(|key| key.verify(message, &hex(signature)).is_ok())
}

/// The strict verifier that this one is measured by, keys of low order refused.
fn is_strictly_right(key: &str, message: &[u8], signature: &str) -> bool {
    let bytes: [u8; 32] = hex(key).try_into().unwrap();
    let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&bytes) else { return false };
    let Ok(signature) = ed25519_dalek::Signature::from_slice(&hex(signature)) else {
        return false;
    };
    key.to_bytes() == bytes && key.verify_strict(message, &signature).is_ok()
}

#[test]
fn sdk_01_of_914_odd_signatures_those_that_are_strictly_right_are_accepted() {
    let Some(file) = vectors::set("cctv-ed25519/ed25519vectors.json") else { return };
    let mut accepted = 0;
    let cases = vectors::read(&file).as_array().unwrap().to_vec();
    for (number, case) in cases.iter().enumerate() {
        let case = case.as_object().unwrap();
        let (key, signature) = (text(case, "key"), text(case, "sig"));
        let message = text(case, "msg").as_bytes();
        let flags = case.get("flags").and_then(Value::as_array).unwrap_or_default();
        let is_odd = flags.iter().any(|flag| REFUSED.contains(&flag.as_str().unwrap()));
        let found = is_accepted(key, message, signature);
        assert_eq!(found, !is_odd, "vector {number}: {case:?}");
        assert_eq!(found, is_strictly_right(key, message, signature), "vector {number}: {case:?}");
        accepted += usize::from(found);
    }
    assert_eq!((cases.len(), accepted), (914, 43));
}

#[test]
fn sdk_01_wycheproof_signatures_are_judged_as_they_are_labelled_and_strictly() {
    let Some(file) = vectors::set("wycheproof/ed25519_test.json") else { return };
    let set = vectors::read(&file);
    let list = |value: &Value, name: &str| {
        value.as_object().unwrap().get(name).unwrap().as_array().unwrap().to_vec()
    };
    let (mut judged, mut accepted) = (0, 0);
    for group in list(&set, "testGroups") {
        let key = group.as_object().unwrap().get("publicKey").unwrap().as_object().unwrap().clone();
        let key = text(&key, "pk");
        for case in list(&group, "tests") {
            let case = case.as_object().unwrap();
            let number = case.get("tcId").and_then(Value::as_integer).unwrap();
            let (message, signature) = (hex(text(case, "msg")), text(case, "sig"));
            let found = is_accepted(key, &message, signature);
            assert_eq!(found, text(case, "result") == "valid", "test {number}: {case:?}");
            assert_eq!(found, is_strictly_right(key, &message, signature), "test {number}");
            judged += 1;
            accepted += usize::from(found);
        }
    }
    assert_eq!(judged, 151);
    assert!(accepted > 0 && accepted < judged, "{accepted}");
}

/// The canonical form of a text, or the code of its refusal.
fn canonical(text: &[u8]) -> Result<String, &'static str> {
    let value = json::parse(text).map_err(|error| error.outcome().as_str())?;
    value.to_canonical().map_err(|_| Outcome::NonAdmissibleNumber.as_str())
}

#[test]
fn sdk_02_what_readers_disagree_about_has_one_form_or_none() {
    for (text, expected) in [
        ("-0", Ok("0")),
        ("-0.0", Ok("0")),
        ("1.0", Ok("1")),
        ("1e400", Err("non_admissible_number")),
        ("9007199254740993", Err("non_admissible_number")),
        ("9007199254740992", Ok("9007199254740992")),
        (r#""\ud800""#, Err("malformed")),
        (r#""\udc00\ud800""#, Err("malformed")),
        (r#""\ud83d\ude00""#, Ok("\"\u{1f600}\"")),
        (r#"{"a":1,"a":1}"#, Err("duplicate_member")),
        (r#"{"a":1,"\u0061":2}"#, Err("duplicate_member")),
        (r#"{"\ud83d\ude00":1,"😀":2}"#, Err("duplicate_member")),
        (r#"{"A":1,"a":2}"#, Ok(r#"{"A":1,"a":2}"#)),
        (r#""\u2028\u2029""#, Ok("\"\u{2028}\u{2029}\"")),
        // UTF-16 order: a surrogate comes before U+FB33.
        ("{\"\u{fb33}\":1,\"\u{1f600}\":2}", Ok("{\"\u{1f600}\":2,\"\u{fb33}\":1}")),
        ("NaN", Err("malformed")),
        ("Infinity", Err("malformed")),
    ] {
        assert_eq!(
            canonical(text.as_bytes()).as_deref(),
            expected.as_ref().map(|text| *text),
            "{text}"
        );
    }
}

#[test]
fn sdk_02_the_vectors_for_other_libraries_hold_here() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/json.jsonl");
    let mut judged = BTreeMap::from([("allow", 0), ("deny", 0)]);
    for case in vectors::lines(&file) {
        let member = |name: &str| case.get(name).and_then(Value::as_object).unwrap();
        let Some(written) = member("input").get("text").and_then(Value::as_str) else { continue };
        if text(&case, "op") != "json" {
            continue;
        }
        let (expect, found) = (member("expect"), canonical(written.as_bytes()));
        let name = text(&case, "name");
        let verdict = text(expect, "verdict");
        if verdict == "allow" {
            let output = expect.get("output").and_then(Value::as_str);
            assert!(
                found.is_ok() && output.is_none_or(|text| found.as_deref() == Ok(text)),
                "{name}"
            );
        } else {
            assert_eq!(found, Err(text(expect, "outcome")), "{name}");
        }
        *judged.get_mut(verdict).unwrap() += 1;
    }
    assert!(judged["allow"] >= 15 && judged["deny"] >= 40, "{judged:?}");
}

/// Bodies that a reader of JSON takes for [`BODY`].
const VARIANTS: [&[u8]; 6] = [
    br#"{"method": "tools/call"}"#,
    b"{\"method\":\"tools/call\"}\n",
    br#"{"method":"tools\/call"}"#,
    br#"{"\u006dethod":"tools/call"}"#,
    br#"{"method":"tools\u002fcall"}"#,
    b"\xef\xbb\xbf{\"method\":\"tools/call\"}",
];

#[test]
fn sdk_07_the_bytes_that_arrived_are_what_was_signed() {
    let fields = signed(&[]);
    assert_eq!(judged(&fields, plain(&[])), "ok");
    let canonical = |body| json::parse(body).unwrap().to_canonical().unwrap();
    for body in VARIANTS {
        // The mark of an encoding is no JSON here, and other readers skip it.
        if body[0] == b'{' {
            assert_eq!(canonical(body), canonical(BODY));
        }
        let outcome = judged(&fields, HttpRequest { body, ..plain(&[]) });
        assert_eq!(outcome, "H10 holder_binding_failed", "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn sdk_07_a_variant_that_was_signed_itself_is_good() {
    for body in VARIANTS {
        assert_ne!(content_digest(body), content_digest(BODY));
        let request = HttpRequest { body, ..plain(&[]) };
        let signature = sign_request(&request, &terms(), &world::key("planner")).unwrap();
        let fields = [
            ("signature-input", signature.signature_input.as_str()),
            ("signature", signature.signature.as_str()),
            ("content-digest", signature.content_digest.as_deref().unwrap()),
        ];
        assert_eq!(told(verify(&HttpRequest { fields: &fields, ..request })), "ok");
    }
}

#[test]
fn sdk_07_the_order_of_members_is_part_of_a_body() {
    let (sent, sorted) = (br#"{"b":1,"a":2}"#, br#"{"a":2,"b":1}"#);
    for (signed, arrived) in [(sent, sorted), (sorted, sent)] {
        let request = HttpRequest { body: signed, ..plain(&[]) };
        let signature = sign_request(&request, &terms(), &world::key("planner")).unwrap();
        let digest = signature.content_digest.unwrap();
        let fields = |digest: &str| {
            [
                ("Signature-Input".to_owned(), signature.signature_input.clone()),
                ("Signature".to_owned(), signature.signature.clone()),
                ("Content-Digest".to_owned(), digest.to_owned()),
            ]
            .to_vec()
        };
        assert_eq!(judged(&fields(&digest), request), "ok");
        let other = HttpRequest { body: arrived, ..request };
        assert_eq!(judged(&fields(&digest), other), "H10 holder_binding_failed");
        // With the digest that belongs to it, it is what nobody signed.
        let own = fields(&content_digest(arrived));
        assert_eq!(judged(&own, other), "H9 signature_invalid");
    }
}

#[test]
fn sdk_08_a_request_that_leaves_something_out_is_refused() {
    let good = signed(&[("authorization", "DPoP token")]);
    assert_eq!(judged(&good, plain(&[])), "ok");
    for at in 0..good.len() {
        let mut fields = good.clone();
        let (name, _) = fields.remove(at);
        assert_ne!(judged(&fields, plain(&[])), "ok", "{name} is missing");
        for value in ["", "null", "false", "undefined"] {
            let mut fields = good.clone();
            fields[at].1 = value.into();
            assert_ne!(judged(&fields, plain(&[])), "ok", "{name}: {value}");
        }
    }
    assert_eq!(told(verify(&plain(&[]))), "H1 credential_missing");
}

#[test]
fn sdk_08_a_verifier_that_knows_nothing_refuses_everything() {
    let fields = signed(&[]);
    let fields: Vec<Field<'_>> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let request = HttpRequest { fields: &fields, ..plain(&[]) };
    let known = keys();
    assert_eq!(told(verify_signed_request(&request, &rules(&known))), "ok");
    assert_ne!(told(verify_signed_request(&request, &rules(&[]))), "ok");
    let no_tag = procura_core::proof::HttpRules { tag: "", ..rules(&known) };
    assert_ne!(told(verify_signed_request(&request, &no_tag)), "ok");
}

/// A call of the world, with these anchors, chain and proof.
fn outcome(people: &[&str], chain: &[&str], proof: &str) -> Result<(), Refusal> {
    let anchors = world::anchors(people);
    let rules = world::rules(&anchors);
    let chain = procura_core::proof::verify_chain(chain, &rules)?;
    let request = procura_core::proof::Request { tool: "read".into(), arguments: Object::new() };
    procura_core::proof::verify_call(&std::sync::Arc::new(chain), proof, request, &rules).map(drop)
}

#[test]
fn sdk_08_without_a_chain_a_link_a_proof_or_an_anchor_nothing_is_allowed() {
    let chain = world::chain("alice > planner > coder", r#"{"read":{}}"#);
    let tokens: Vec<&str> = chain.iter().map(String::as_str).collect();
    let proof = world::proof(tokens[1], "coder", "read", &Object::new());
    assert_eq!(outcome(&["alice"], &tokens, &proof), Ok(()));
    assert!(outcome(&[], &tokens, &proof).is_err());
    assert!(outcome(&["bob"], &tokens, &proof).is_err());
    for missing in [&tokens[..0], &tokens[..1], &tokens[1..]] {
        assert!(outcome(&["alice"], missing, &proof).is_err(), "{missing:?}");
    }
    assert!(outcome(&["alice"], &tokens, tokens[1]).is_err());
    for nothing in ["", "null", "false", "{}", "e30.e30."] {
        assert!(outcome(&["alice"], &tokens, nothing).is_err(), "{nothing}");
        assert!(outcome(&["alice"], &[tokens[0], nothing], &proof).is_err(), "{nothing}");
        assert!(outcome(&["alice"], &[nothing, tokens[1]], &proof).is_err(), "{nothing}");
    }
}
