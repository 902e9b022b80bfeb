//! What became of other people's tokens: lists that are true, changed, too large, too old.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use miniz_oxide::deflate::compress_to_vec_zlib;
use procura_core::{
    base64url,
    json::{Object, Value},
    limits,
    refusal::{Outcome, Refusal},
    status_list::{Bits, DoesNotFit, Reference, Status, StatusList, Statuses, TYPE},
    time::{Seconds, Timestamp},
};
use procura_testkit::world::{self, NOW};
use proptest::prelude::*;

use crate::forge;
use crate::vectors;

const URI: &str = "https://issuer.test/statuses/1";
const ISSUER: &str = "issuer";
const EVERY_SIZE: [Bits; 4] = [Bits::One, Bits::Two, Bits::Four, Bits::Eight];

/// A list of sixteen tokens: the third is revoked, the fourth is suspended.
fn list() -> StatusList {
    let mut statuses = Statuses::new(Bits::Two, 16).unwrap();
    statuses.set(2, Status::Invalid).unwrap();
    statuses.set(3, Status::Suspended).unwrap();
    statuses.set(4, Status::Other(3)).unwrap();
    StatusList {
        uri: URI.into(),
        statuses,
        issued: NOW,
        expires: Some(NOW.plus(Seconds::new(3600))),
        ttl: Some(Seconds::new(600)),
    }
}

fn signed() -> String {
    list().sign(&world::key(ISSUER))
}

fn open_at(text: &str, now: Timestamp) -> Result<StatusList, Refusal> {
    StatusList::open(text, URI, &world::public_key(ISSUER), now)
}

fn open(text: &str) -> Result<StatusList, Refusal> {
    open_at(text, NOW)
}

fn at(index: u64) -> Reference {
    Reference { index, uri: URI.into() }
}

/// The list with its claims changed by its own issuer.
fn with(change: forge::Change) -> Result<StatusList, Refusal> {
    open(&forge::reproved(&signed(), ISSUER, |claims| forge::apply(claims, change)))
}

/// Prints what becomes of a list after each change.
fn check(changes: &[forge::Change], expected: Expect) {
    let mut table = String::new();
    for change in changes {
        let outcome = match with(*change) {
            Ok(_) => "accepted".into(),
            Err(refusal) => format!("{} {refusal}", refusal.step),
        };
        let (name, value) = (change.0, change.1.unwrap_or("absent"));
        writeln!(table, "{:<50} {outcome}", format!("{name}: {value}")).unwrap();
    }
    expected.assert_eq(&table);
}

/// The object that holds `lst` as it is given.
fn object(bits: u32, compressed: &[u8]) -> Object {
    Object::new().with("bits", bits).with("lst", base64url::encode(compressed))
}

#[test]
fn a_list_says_what_became_of_each_token() {
    let opened = open(&signed()).unwrap();
    assert_eq!(opened, list());
    let statuses: Vec<_> = (0..6).map(|index| opened.status(&at(index)).unwrap()).collect();
    let (valid, revoked, suspended) = (Status::Valid, Status::Invalid, Status::Suspended);
    assert_eq!(statuses, [valid, valid, revoked, suspended, Status::Other(3), valid]);
}

#[test]
fn a_list_of_any_width_is_read_as_it_was_written() {
    for (bits, width) in [(Bits::One, 1_u32), (Bits::Two, 2), (Bits::Four, 4), (Bits::Eight, 8)] {
        let mut statuses = Statuses::new(bits, 20).unwrap();
        statuses.set(7, Status::Invalid).unwrap();
        let object = statuses.to_object();
        assert_eq!(object.get("bits").and_then(Value::as_integer), Some(width.into()));
        let read = Statuses::parse(&object).unwrap();
        assert_eq!((read.bits(), &read), (bits, &statuses));
        assert_eq!((read.get(7), read.get(8)), (Some(Status::Invalid), Some(Status::Valid)));
    }
    for width in [0_u32, 3, 5, 16, 64] {
        let object = Statuses::new(Bits::One, 8).unwrap().to_object().with("bits", width);
        assert_eq!(Statuses::parse(&object).unwrap_err().outcome, Outcome::Malformed, "{width}");
    }
}

#[test]
fn only_valid_is_valid() {
    assert!(Status::from_code(0).is_valid());
    for code in 1..=u8::MAX {
        assert!(!Status::from_code(code).is_valid(), "{code}");
        assert_eq!(Status::from_code(code).code(), code);
    }
}

#[test]
fn a_place_beyond_the_end_is_no_status() {
    let opened = open(&signed()).unwrap();
    assert_eq!(opened.statuses.len(), 16);
    assert!(opened.status(&at(15)).is_ok());
    for index in [16, 17, u64::from(u32::MAX), u64::MAX] {
        let refused = opened.status(&at(index)).unwrap_err();
        assert_eq!(refused.outcome, Outcome::StatusUnknown, "{index}");
    }
    let empty = Statuses::new(Bits::One, 0).unwrap();
    assert!(empty.is_empty());
    assert_eq!(empty.get(0), None);
}

#[test]
fn a_list_about_another_address_says_nothing() {
    let elsewhere = "https://issuer.test/statuses/2";
    let text = signed();
    let refused = StatusList::open(&text, elsewhere, &world::public_key(ISSUER), NOW).unwrap_err();
    assert_eq!(refused.outcome, Outcome::StatusUnknown);
    let moved = Reference { index: 0, uri: elsewhere.into() };
    let refused = open(&text).unwrap().status(&moved).unwrap_err();
    assert_eq!(refused.outcome, Outcome::StatusUnknown);
}

#[test]
fn a_list_by_another_key_or_of_another_type_is_refused() {
    let other = list().sign(&world::key("mallory"));
    assert_eq!(open(&other).unwrap_err().outcome, Outcome::SignatureInvalid);
    let claims = forge::claims_of(&signed()).to_canonical().unwrap();
    for header in [
        r#"{"alg":"Ed25519","typ":"JWT"}"#,
        r#"{"alg":"Ed25519"}"#,
        r#"{"alg":"Ed25519","typ":"application/statuslist+jwt"}"#,
        r#"{"alg":"none","typ":"statuslist+jwt"}"#,
        r#"{"alg":"ES256","typ":"statuslist+jwt"}"#,
        r#"{"alg":"Ed25519","crit":["exp"],"typ":"statuslist+jwt"}"#,
    ] {
        let refused = open(&forge::compact(header, &claims, ISSUER)).unwrap_err();
        assert_eq!(refused.outcome, Outcome::AlgOrTypeRefused, "{header}");
    }
    let header = format!(r#"{{"alg":"Ed25519","typ":"{TYPE}"}}"#);
    assert!(open(&forge::compact(&header, &claims, ISSUER)).is_ok());
}

#[test]
fn claims_that_are_missing_or_odd_refuse_the_list() {
    check(
        &[
            ("sub", None),
            ("sub", Some(r#""""#)),
            ("sub", Some(r#""https://other.test""#)),
            ("iat", None),
            ("iat", Some("1.5")),
            ("iat", Some("-1")),
            ("iat", Some("1800000030")),
            ("iat", Some("1800000031")),
            ("exp", None),
            ("exp", Some("null")),
            ("exp", Some("1800000000")),
            ("exp", Some("1800000001")),
            ("ttl", None),
            ("ttl", Some("0")),
            ("ttl", Some("-5")),
            ("ttl", Some("4294967296")),
            ("status_list", None),
            ("status_list", Some("[]")),
            ("status_list", Some(r#"{"lst":"eNrbuRgAAhcBXQ"}"#)),
            ("status_list", Some(r#"{"bits":1}"#)),
            ("status_list", Some(r#"{"bits":0,"lst":"eNrbuRgAAhcBXQ"}"#)),
            ("status_list", Some(r#"{"bits":3,"lst":"eNrbuRgAAhcBXQ"}"#)),
            ("status_list", Some(r#"{"bits":16,"lst":"eNrbuRgAAhcBXQ"}"#)),
            ("status_list", Some(r#"{"bits":"1","lst":"eNrbuRgAAhcBXQ"}"#)),
            ("status_list", Some(r#"{"bits":1,"lst":"eNrbuRgAAhcBXQ"}"#)),
            ("status_list", Some(r#"{"bits":1,"lst":"eNrbuRgAAhcBXQ=="}"#)),
            ("status_list", Some(r#"{"bits":1,"lst":"eNrbuRgAAhcBXA"}"#)),
            ("status_list", Some(r#"{"bits":1,"lst":"eNrbuRgAAhcB"}"#)),
            ("status_list", Some(r#"{"bits":1,"lst":"27kYAA"}"#)),
            ("status_list", Some(r#"{"bits":1,"lst":""}"#)),
            ("status_list", Some(r#"{"bits":1,"lst":["eNrbuRgAAhcBXQ"]}"#)),
        ],
        expect![[r#"
            sub: absent                                        L2 malformed: `sub` is not a name
            sub: ""                                            L2 malformed: `sub` is not a name
            sub: "https://other.test"                          L3 status_unknown: `sub` is not the address of this status list
            iat: absent                                        L2 malformed: `iat` is missing
            iat: 1.5                                           L2 malformed: `iat` is not a time
            iat: -1                                            L2 malformed: `iat` is not a time
            iat: 1800000030                                    accepted
            iat: 1800000031                                    L3 status_unknown: the status list is from the future
            exp: absent                                        accepted
            exp: null                                          L2 malformed: `exp` is not a time
            exp: 1800000000                                    L3 status_unknown: the status list is too old
            exp: 1800000001                                    accepted
            ttl: absent                                        accepted
            ttl: 0                                             L2 malformed: `ttl` is not a time
            ttl: -5                                            L2 malformed: `ttl` is not a time
            ttl: 4294967296                                    L2 malformed: `ttl` is not a time
            status_list: absent                                L2 malformed: `status_list` is not an object
            status_list: []                                    L2 malformed: `status_list` is not an object
            status_list: {"lst":"eNrbuRgAAhcBXQ"}              L2 malformed: `bits` is not 1, 2, 4 or 8
            status_list: {"bits":1}                            L2 malformed: `lst` is not base64url
            status_list: {"bits":0,"lst":"eNrbuRgAAhcBXQ"}     L2 malformed: `bits` is not 1, 2, 4 or 8
            status_list: {"bits":3,"lst":"eNrbuRgAAhcBXQ"}     L2 malformed: `bits` is not 1, 2, 4 or 8
            status_list: {"bits":16,"lst":"eNrbuRgAAhcBXQ"}    L2 malformed: `bits` is not 1, 2, 4 or 8
            status_list: {"bits":"1","lst":"eNrbuRgAAhcBXQ"}   L2 malformed: `bits` is not 1, 2, 4 or 8
            status_list: {"bits":1,"lst":"eNrbuRgAAhcBXQ"}     accepted
            status_list: {"bits":1,"lst":"eNrbuRgAAhcBXQ=="}   L2 malformed: `lst` is not base64url
            status_list: {"bits":1,"lst":"eNrbuRgAAhcBXA"}     L2 malformed: `lst` is not a ZLIB stream
            status_list: {"bits":1,"lst":"eNrbuRgAAhcB"}       L2 malformed: `lst` is not a ZLIB stream
            status_list: {"bits":1,"lst":"27kYAA"}             L2 malformed: `lst` is not a ZLIB stream
            status_list: {"bits":1,"lst":""}                   L2 malformed: `lst` is not a ZLIB stream
            status_list: {"bits":1,"lst":["eNrbuRgAAhcBXQ"]}   L2 malformed: `lst` is not base64url
        "#]],
    );
}

#[test]
fn a_list_without_an_end_is_not_believed_for_ever() {
    let text = forge::reproved(&signed(), ISSUER, |claims| forge::apply(claims, ("exp", None)));
    let end = NOW.plus(limits::STATUS_LIST_AGE);
    assert!(open_at(&text, end.minus(Seconds::new(1))).is_ok());
    assert_eq!(open_at(&text, end).unwrap_err().outcome, Outcome::StatusUnknown);
}

#[test]
fn a_list_is_over_at_its_end() {
    let end = NOW.plus(Seconds::new(3600));
    assert!(open_at(&signed(), end.minus(Seconds::new(1))).is_ok());
    assert_eq!(open_at(&signed(), end).unwrap_err().outcome, Outcome::StatusUnknown);
}

#[test]
fn a_copy_is_fresh_until_its_ttl_or_its_end() {
    let fetched = NOW.plus(Seconds::new(60));
    let ends = NOW.plus(Seconds::new(3600));
    assert_eq!(list().fresh_until(fetched), NOW.plus(Seconds::new(660)));
    let late = NOW.plus(Seconds::new(3500));
    assert_eq!(list().fresh_until(late), ends);
    assert_eq!(StatusList { ttl: None, ..list() }.fresh_until(fetched), ends);
    let endless = StatusList { ttl: None, expires: None, ..list() };
    assert_eq!(endless.fresh_until(fetched), NOW.plus(limits::STATUS_LIST_AGE));
}

#[test]
fn a_reference_is_read_from_a_token() {
    let claims = r#"{"status":{"status_list":{"idx":7,"uri":"https://issuer.test/statuses/1"}}}"#;
    assert_eq!(Reference::parse(&world::object(claims)), Ok(Some(at(7))));
    assert_eq!(Reference::parse(&world::object("{}")), Ok(None));
}

#[test]
fn a_reference_that_is_not_understood_refuses_the_token() {
    for (claims, outcome) in [
        (r#"{"status":null}"#, Outcome::StatusUnknown),
        (r#"{"status":{}}"#, Outcome::StatusUnknown),
        (r#"{"status":{"other":{}}}"#, Outcome::StatusUnknown),
        (r#"{"status":{"status_list":{"uri":"a"}}}"#, Outcome::Malformed),
        (r#"{"status":{"status_list":{"idx":-1,"uri":"a"}}}"#, Outcome::Malformed),
        (r#"{"status":{"status_list":{"idx":"1","uri":"a"}}}"#, Outcome::Malformed),
        (r#"{"status":{"status_list":{"idx":1.0,"uri":"a"}}}"#, Outcome::Malformed),
        (r#"{"status":{"status_list":{"idx":1}}}"#, Outcome::Malformed),
        (r#"{"status":{"status_list":{"idx":1,"uri":""}}}"#, Outcome::Malformed),
    ] {
        let refused = Reference::parse(&world::object(claims)).unwrap_err();
        assert_eq!(refused.outcome, outcome, "{claims}");
    }
}

#[test]
fn an_address_has_a_greatest_length() {
    let longest = "u".repeat(limits::NAME_BYTES);
    for (uri, is_accepted) in [(longest.clone(), true), (longest + "u", false)] {
        let claims = format!(r#"{{"status":{{"status_list":{{"idx":0,"uri":"{uri}"}}}}}}"#);
        assert_eq!(Reference::parse(&world::object(&claims)).is_ok(), is_accepted);
        let text = StatusList { uri: uri.clone(), ..list() }.sign(&world::key(ISSUER));
        let opened = StatusList::open(&text, &uri, &world::public_key(ISSUER), NOW);
        assert_eq!(opened.is_ok(), is_accepted);
    }
}

#[test]
fn a_small_text_that_inflates_to_much_is_refused() {
    for (length, is_accepted) in [
        (limits::STATUS_LIST_BYTES, true),
        (limits::STATUS_LIST_BYTES + 1, false),
        (64 * limits::STATUS_LIST_BYTES, false),
    ] {
        let bomb = compress_to_vec_zlib(&vec![0; length], 9);
        assert!(bomb.len() < length / 500, "{} bytes", bomb.len());
        let read = Statuses::parse(&object(1, &bomb));
        match read {
            Ok(statuses) => assert!(is_accepted && statuses.len() == 8 * length),
            Err(refusal) => assert!(!is_accepted && refusal.outcome == Outcome::TooLarge),
        }
    }
}

#[test]
fn a_list_that_claims_to_go_on_is_refused() {
    let whole = compress_to_vec_zlib(&[0xb9, 0xa3], 9);
    for length in 0..whole.len() {
        let read = Statuses::parse(&object(1, &whole[..length]));
        assert_eq!(read.unwrap_err().outcome, Outcome::Malformed, "{length}");
    }
}

#[test]
fn a_text_that_is_too_long_is_refused_unread() {
    let text = "a".repeat(limits::STATUS_LIST_TOKEN_BYTES + 1);
    let refused = open(&text).unwrap_err();
    assert_eq!((refused.outcome, refused.step), (Outcome::TooLarge, "L1"));
    let refused = open(&text[1..]).unwrap_err();
    assert_eq!(refused.outcome, Outcome::AlgOrTypeRefused);
}

#[test]
fn the_longest_list_fits_into_the_longest_text() {
    // The bytes of a xorshift generator, which do not compress.
    let mut state = 0x9e37_79b9_u32;
    let mut statuses = Statuses::new(Bits::Eight, limits::STATUS_LIST_BYTES).unwrap();
    for index in 0..limits::STATUS_LIST_BYTES {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        statuses.set(index as u64, Status::from_code(state as u8)).unwrap();
    }
    let text = StatusList { statuses, ..list() }.sign(&world::key(ISSUER));
    assert!(text.len() > limits::STATUS_LIST_BYTES * 16 / 9, "{}", text.len());
    assert!(open(&text).is_ok());
}

#[test]
fn a_list_cannot_be_longer_than_what_is_read() {
    for bits in EVERY_SIZE {
        let most = limits::STATUS_LIST_BYTES * 8 / usize::from(bits.count());
        assert_eq!(Statuses::new(bits, most).unwrap().len(), most);
        assert_eq!(Statuses::new(bits, most + 1), Err(DoesNotFit));
        assert_eq!(Statuses::new(bits, usize::MAX), Err(DoesNotFit));
    }
}

#[test]
fn a_value_that_does_not_fit_is_not_cut() {
    for bits in EVERY_SIZE {
        let mut statuses = Statuses::new(bits, 8).unwrap();
        let greatest = Status::from_code(bits.greatest());
        assert_eq!(statuses.set(1, greatest), Ok(()));
        if let Some(more) = bits.greatest().checked_add(1) {
            assert_eq!(statuses.set(1, Status::from_code(more)), Err(DoesNotFit));
        }
        assert_eq!(statuses.set(8, Status::Valid), Err(DoesNotFit));
        assert_eq!(statuses.get(1), Some(greatest));
        assert_eq!([0, 2].map(|index| statuses.get(index)), [Some(Status::Valid); 2]);
    }
}

#[test]
fn a_known_value_has_one_name() {
    let mut statuses = Statuses::new(Bits::Eight, 1).unwrap();
    for code in 0..3 {
        assert_eq!(statuses.set(0, Status::Other(code)), Err(DoesNotFit));
        assert!(!Status::Other(code).is_valid());
    }
    assert_eq!(statuses.set(0, Status::Other(3)), Ok(()));
}

#[test]
fn a_flipped_bit_of_a_list_is_refused() {
    let text = signed();
    assert!(open(&text).is_ok());
    for bit in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(flipped) = String::from_utf8(bytes) {
            assert!(open(&flipped).is_err(), "bit {bit}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(vectors::cases() / 20))]

    #[test]
    fn what_was_written_is_what_is_read(
        size in 0..4_usize,
        codes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let bits = EVERY_SIZE[size];
        let statuses = filled(bits, &codes);
        let read = Statuses::parse(&statuses.to_object()).unwrap();
        prop_assert_eq!(&read, &statuses);
        for (index, code) in codes.iter().enumerate() {
            let expected = Status::from_code(code & bits.greatest());
            prop_assert_eq!(read.get(index as u64), Some(expected));
        }
        prop_assert!(read.len() >= codes.len() && read.len() < codes.len() + 8);
        prop_assert_eq!(read.get(read.len() as u64), None);
    }

    #[test]
    fn any_bytes_are_read_or_refused_within_the_limit(
        bits in 0..10_u32,
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        // Most streams begin like one.
        header in any::<bool>(),
    ) {
        let stream = if header { [&[0x78, 0xda], bytes.as_slice()].concat() } else { bytes };
        if let Ok(statuses) = Statuses::parse(&object(bits, &stream)) {
            let held = statuses.len() / 8 * usize::from(statuses.bits().count());
            prop_assert!(held <= limits::STATUS_LIST_BYTES);
        }
    }

    #[test]
    fn setting_one_place_changes_no_other(
        size in 0..4_usize,
        codes in prop::collection::vec(any::<u8>(), 1..60),
        place in any::<prop::sample::Index>(),
        code in any::<u8>(),
    ) {
        let bits = EVERY_SIZE[size];
        let before = filled(bits, &codes);
        let place = place.index(codes.len()) as u64;
        let mut after = before.clone();
        after.set(place, Status::from_code(code & bits.greatest())).unwrap();
        for index in 0..before.len() as u64 {
            if index != place {
                prop_assert_eq!(before.get(index), after.get(index));
            }
        }
        prop_assert_eq!(after.get(place).unwrap().code(), code & bits.greatest());
    }
}

fn filled(bits: Bits, codes: &[u8]) -> Statuses {
    let mut statuses = Statuses::new(bits, codes.len()).unwrap();
    for (index, code) in codes.iter().enumerate() {
        let status = Status::from_code(code & bits.greatest());
        statuses.set(index as u64, status).unwrap();
    }
    statuses
}
