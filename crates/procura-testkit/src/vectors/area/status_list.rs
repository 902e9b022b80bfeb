//! Status lists: what an issuer says of a token by its place.

use miniz_oxide::deflate::compress_to_vec_zlib;
use procura_core::{
    base64url,
    json::Object,
    status_list::{Bits, Status, StatusList, Statuses},
    time::{Seconds, Timestamp},
    token::to_jwk,
};

use super::foreign::{Wrong, add_wrong, compact};
use crate::{
    vectors::{
        Case,
        case::{Cases, Expected, deny, output},
        forge::{canonical, claims_of, header_of, malleate, value, with_signature},
    },
    world,
};

const URI: &str = "https://as.example/status/1";

/// What is wrong in one claim.
const CLAIMS: &[Wrong] = &[
    ("sub_missing", "sub", None, ("malformed", "L2")),
    ("sub_number", "sub", Some("1"), ("malformed", "L2")),
    ("sub_other", "sub", Some(r#""https://as.example/status/2""#), ("status_unknown", "L3")),
    ("sub_with_slash", "sub", Some(r#""https://as.example/status/1/""#), ("status_unknown", "L3")),
    ("iat_missing", "iat", None, ("malformed", "L2")),
    ("iat_text", "iat", Some(r#""now""#), ("malformed", "L2")),
    ("iat_31_seconds_ahead", "iat", Some("1800000031"), ("status_unknown", "L3")),
    ("exp_text", "exp", Some(r#""never""#), ("malformed", "L2")),
    ("exp_fraction", "exp", Some("1800003600.5"), ("malformed", "L2")),
    ("exp_null", "exp", Some("null"), ("malformed", "L2")),
    ("exp_now", "exp", Some("1800000000"), ("status_unknown", "L3")),
    ("ttl_zero", "ttl", Some("0"), ("malformed", "L2")),
    ("ttl_negative", "ttl", Some("-1"), ("malformed", "L2")),
    ("ttl_text", "ttl", Some(r#""60""#), ("malformed", "L2")),
    ("list_missing", "status_list", None, ("malformed", "L2")),
    ("list_text", "status_list", Some(r#""eNoDAAAAAAE""#), ("malformed", "L2")),
    ("bits_missing", "status_list", Some(r#"{"lst":"eNoDAAAAAAE"}"#), ("malformed", "L2")),
    ("bits_3", "status_list", Some(r#"{"bits":3,"lst":"eNoDAAAAAAE"}"#), ("malformed", "L2")),
    ("bits_16", "status_list", Some(r#"{"bits":16,"lst":"eNoDAAAAAAE"}"#), ("malformed", "L2")),
    ("bits_text", "status_list", Some(r#"{"bits":"1","lst":"eNoDAAAAAAE"}"#), ("malformed", "L2")),
    ("lst_missing", "status_list", Some(r#"{"bits":1}"#), ("malformed", "L2")),
    ("lst_padded", "status_list", Some(r#"{"bits":1,"lst":"eNoDAAAAAAE="}"#), ("malformed", "L2")),
    ("lst_empty", "status_list", Some(r#"{"bits":1,"lst":""}"#), ("malformed", "L2")),
    ("lst_no_zlib", "status_list", Some(r#"{"bits":1,"lst":"AAAAAAAA"}"#), ("malformed", "L2")),
    ("lst_cut_off", "status_list", Some(r#"{"bits":1,"lst":"eNoDAAAA"}"#), ("malformed", "L2")),
    (
        "lst_wrong_checksum",
        "status_list",
        Some(r#"{"bits":1,"lst":"eNoDAAAAAAI"}"#),
        ("malformed", "L2"),
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("status_list");
    places(&mut cases);
    let whole = list(Bits::One);
    cases.near("status_list_valid");
    let header = header_of(&whole);
    let signed = |payload: &str| input(&compact(&header, payload, "as"), 3);
    add_wrong(&mut cases, ("status_list", "A list"), (&claims_of(&whole), CLAIMS), signed);
    moments(&mut cases);
    sizes(&mut cases);
    signatures(&mut cases);
    cases.op("status_reference");
    references(&mut cases);
    cases.done()
}

/// Sixteen places, of which some are not valid.
fn list(bits: Bits) -> String {
    let Ok(mut statuses) = Statuses::new(bits, 16) else { panic!("sixteen places") };
    let wanted = [(0, 0), (4, 1), (9, 1), (5, 2), (6, 3), (7, 11), (8, 200)];
    for (index, code) in wanted {
        // What does not fit into so few bits is left valid.
        let _ = statuses.set(index, Status::from_code(code));
    }
    signed(statuses, Some(3600), Some(Seconds::new(600)))
}

fn signed(statuses: Statuses, lasts: Option<u32>, ttl: Option<Seconds>) -> String {
    let expires = lasts.map(|seconds| world::NOW.plus(Seconds::new(seconds)));
    let list = StatusList { uri: URI.into(), statuses, issued: world::NOW, expires, ttl };
    list.sign(&world::key("as"))
}

fn input(list: &str, index: i64) -> Object {
    Object::new()
        .with("list", list)
        .with("uri", URI)
        .with("authority", to_jwk(&world::public_key("as")))
        .with("reference", Object::new().with("idx", index).with("uri", URI))
        .with("now", world::NOW.as_seconds())
}

fn seen(status: u32) -> Expected {
    seen_until(status, 1_800_000_600)
}

fn seen_until(status: u32, until: i64) -> Expected {
    let seen = Object::new().with("status", status).with("valid", status == 0);
    output(seen.with("fresh_until", until))
}

fn places(cases: &mut Cases) {
    for (name, what, bits, index, status) in [
        ("valid", "One bit: place 3 is valid.", Bits::One, 3, 0),
        ("invalid", "One bit: place 4 is invalid, and the list is fine.", Bits::One, 4, 1),
        ("second_byte", "One bit: place 9 is the second bit of the second byte.", Bits::One, 9, 1),
        ("suspended", "Two bits: place 5 is suspended.", Bits::Two, 5, 2),
        ("own_meaning", "Two bits: place 6 has a meaning of its issuer's.", Bits::Two, 6, 3),
        ("four_bits", "Four bits: place 7.", Bits::Four, 7, 11),
        ("eight_bits", "Eight bits: place 8.", Bits::Eight, 8, 200),
        ("last_place", "The last of sixteen places.", Bits::One, 15, 0),
    ] {
        cases.add(&format!("status_list_{name}"), what, (input(&list(bits), index), seen(status)));
    }
    let whole = list(Bits::One);
    let beyond = (input(&whole, 16), deny("status_unknown", "L3"));
    cases.add("status_list_place_beyond", "A place that is not in the list.", beyond);
    let far = (input(&whole, 9_007_199_254_740_991), deny("status_unknown", "L3"));
    cases.add("status_list_place_far_beyond", "A place far beyond the list.", far);
    let other = Object::new().with("idx", 3_u32).with("uri", "https://as.example/status/2");
    let other = (input(&whole, 3).with("reference", other), deny("status_unknown", "L3"));
    cases.add("status_list_other_reference", "The token's place is in another list.", other);
    let elsewhere = input(&whole, 3).with("uri", "https://as.example/status/2");
    let elsewhere = (elsewhere, deny("status_unknown", "L3"));
    cases.add("status_list_fetched_elsewhere", "A list about another address.", elsewhere);
}

fn moments(cases: &mut Cases) {
    let valid = || match Statuses::new(Bits::One, 16) {
        Ok(statuses) => statuses,
        Err(error) => panic!("{error}"),
    };
    let at = |list: &str, now: Timestamp| input(list, 3).with("now", now.as_seconds());
    let after = |seconds| world::NOW.plus(Seconds::new(seconds));
    let short = signed(valid(), Some(60), Some(Seconds::new(600)));
    let last = (at(&short, after(59)), seen_until(0, 1_800_000_060));
    cases.add("status_list_last_second", "A list in its last second.", last);
    let over = (at(&short, after(60)), deny("status_unknown", "L3"));
    cases.add("status_list_over", "A list in the second of its end.", over);
    let open = signed(valid(), None, None);
    let day = (at(&open, after(86_399)), seen_until(0, 1_800_086_400));
    cases.add("status_list_without_end", "A list without an end is believed for a day.", day);
    let old = (at(&open, after(86_400)), deny("status_unknown", "L3"));
    cases.add("status_list_too_old", "A list without an end, a day later.", old);
    let early = world::NOW.minus(Seconds::new(30));
    let early = (at(&open, early), seen_until(0, 1_800_086_400));
    cases.add("status_list_30_seconds_ahead", "An issuer whose clock is ahead.", early);
}

fn sizes(cases: &mut Cases) {
    let zeros = |bits: Bits, count: usize| match Statuses::new(bits, count) {
        Ok(statuses) => statuses,
        Err(error) => panic!("{error}"),
    };
    let most = signed(zeros(Bits::Eight, 1024 * 1024), Some(3600), Some(Seconds::new(600)));
    let place = 1024 * 1024 - 1;
    cases.add(
        "status_list_of_a_mebibyte",
        "As many bytes as a list may have.",
        (input(&most, place), seen(0)),
    );
    let zeros = base64url::encode(&compress_to_vec_zlib(&vec![0; 1024 * 1024 + 1], 9));
    let zeros = Object::new().with("bits", 8_u32).with("lst", zeros);
    let bomb = claims_of(&most).with("status_list", zeros);
    let bomb = compact(&header_of(&most), &canonical(&bomb), "as");
    let bomb = (input(&bomb, 3), deny("too_large", "L2"));
    cases.add("status_list_inflates", "A small text that inflates to more than a mebibyte.", bomb);
}

fn signatures(cases: &mut Cases) {
    cases.near("status_list_valid");
    let whole = list(Bits::One);
    let payload = canonical(&claims_of(&whole));
    let under = |header: &str, signer: &str| input(&compact(header, &payload, signer), 3);
    for (name, header) in [
        ("typ_missing", r#"{"alg":"Ed25519"}"#),
        ("typ_jwt", r#"{"alg":"Ed25519","typ":"JWT"}"#),
        ("typ_access_token", r#"{"alg":"Ed25519","typ":"at+jwt"}"#),
        ("alg_none", r#"{"alg":"none","typ":"statuslist+jwt"}"#),
        ("alg_es256", r#"{"alg":"ES256","typ":"statuslist+jwt"}"#),
        ("crit", r#"{"alg":"Ed25519","crit":["exp"],"typ":"statuslist+jwt"}"#),
    ] {
        let what = format!("A list under the header `{header}`.");
        let case = (under(header, "as"), deny("alg_or_type_refused", "S2"));
        cases.add(&format!("status_list_{name}"), &what, case);
    }
    let header = header_of(&whole);
    let invalid = || deny("signature_invalid", "S3");
    let another = (under(&header, "other-as"), invalid());
    cases.add("status_list_by_another", "Another issuer signs.", another);
    let malleated = (input(&with_signature(&whole, malleate), 3), invalid());
    cases.add("status_list_malleated", "A signature whose S is not canonical.", malleated);
    let list = (input(&compact(&header, "[]", "as"), 3), deny("malformed", "S4"));
    cases.add("status_list_payload_list", "A payload that is a list.", list);
    let repeated = payload.replacen('{', r#"{"exp":9999999999,"#, 1);
    let repeated = (input(&compact(&header, &repeated, "as"), 3), deny("malformed", "S4"));
    cases.add("status_list_payload_repeats", "A payload with two members `exp`.", repeated);
}

/// A name, what it is, the claims of a token, and what is read or the code and the step.
type Place =
    (&'static str, &'static str, &'static str, Result<&'static str, (&'static str, &'static str)>);

const REFERENCES: &[Place] = &[
    ("none", "A token without a status.", r#"{"sub":"x"}"#, Ok("null")),
    (
        "place",
        "A place in a list.",
        r#"{"status":{"status_list":{"idx":7,"uri":"https://as.example/status/1"}}}"#,
        Ok(r#"{"idx":7,"uri":"https://as.example/status/1"}"#),
    ),
    ("text", "A status as text.", r#"{"status":"valid"}"#, Err(("status_unknown", "L3"))),
    ("null", "A status of nothing.", r#"{"status":null}"#, Err(("status_unknown", "L3"))),
    ("empty", "A status that names no list.", r#"{"status":{}}"#, Err(("status_unknown", "L3"))),
    (
        "other",
        "Another way to take a token back.",
        r#"{"status":{"ocsp":{"uri":"https://as.example"}}}"#,
        Err(("status_unknown", "L3")),
    ),
    (
        "idx_missing",
        "No place.",
        r#"{"status":{"status_list":{"uri":"https://as.example/status/1"}}}"#,
        Err(("malformed", "L2")),
    ),
    (
        "idx_negative",
        "A negative place.",
        r#"{"status":{"status_list":{"idx":-1,"uri":"https://as.example/status/1"}}}"#,
        Err(("malformed", "L2")),
    ),
    (
        "idx_fraction",
        "Half a place.",
        r#"{"status":{"status_list":{"idx":0.5,"uri":"https://as.example/status/1"}}}"#,
        Err(("malformed", "L2")),
    ),
    (
        "idx_text",
        "A place as text.",
        r#"{"status":{"status_list":{"idx":"7","uri":"https://as.example/status/1"}}}"#,
        Err(("malformed", "L2")),
    ),
    (
        "uri_missing",
        "No address.",
        r#"{"status":{"status_list":{"idx":7}}}"#,
        Err(("malformed", "L2")),
    ),
    (
        "uri_empty",
        "An empty address.",
        r#"{"status":{"status_list":{"idx":7,"uri":""}}}"#,
        Err(("malformed", "L2")),
    ),
];

fn references(cases: &mut Cases) {
    for (name, what, claims, read) in REFERENCES {
        let expected = match read {
            Ok(seen) => output(value(seen)),
            Err((outcome, step)) => deny(outcome, step),
        };
        let input = Object::new().with("claims", *claims);
        cases.add(&format!("status_reference_{name}"), what, (input, expected));
    }
}
