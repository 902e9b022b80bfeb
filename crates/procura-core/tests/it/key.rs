//! Keys and signatures, against encodings that other verifiers take.

use procura_core::{
    json::Value,
    key::{KeyError, PublicKey, SignatureInvalid, Signer, Thumbprint},
    token,
};
use procura_testkit::world;

use crate::vectors::{self, hex, text};

/// All encodings of the eight points of small order: canonical, and second spellings.
const LOW_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

/// RFC 8032, section 7.1, test 1; RFC 8037, appendix A, uses the same key.
const GOOD: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

#[test]
fn idn_01_a_key_of_low_order_names_nobody() {
    for encoding in &LOW_ORDER[..8] {
        let refused = PublicKey::from_bytes(&hex(encoding));
        assert_eq!(refused, Err(KeyError::LowOrder), "{encoding}");
    }
    for encoding in &LOW_ORDER[8..] {
        let refused = PublicKey::from_bytes(&hex(encoding)).unwrap_err();
        // How far decompression comes is the library's business; nothing comes out.
        assert!(
            matches!(refused, KeyError::NotCanonical | KeyError::NotOnCurve),
            "{encoding}: {refused}"
        );
    }
    assert!(PublicKey::from_bytes(&hex(GOOD)).is_ok());
}

#[test]
fn idn_02_a_second_spelling_of_a_point_is_no_second_key() {
    // The 19 values of y from p up to 2^255, each with both signs.
    for (above, sign) in (0..19).flat_map(|above| [(above, 0), (above, 0x80)]) {
        let mut bytes = [0xff_u8; 32];
        bytes[0] = 0xed + above;
        bytes[31] = 0x7f | sign;
        let refused = PublicKey::from_bytes(&bytes).unwrap_err();
        assert!(
            matches!(refused, KeyError::NotCanonical | KeyError::NotOnCurve),
            "p + {above}: {refused}"
        );
    }
    // x = 0 has one sign.
    for y in ["01", "ec"] {
        let rest = if y == "01" { "00".repeat(30) + "80" } else { "ff".repeat(31) };
        assert!(PublicKey::from_bytes(&hex(&format!("{y}{rest}"))).is_err());
    }
}

#[test]
fn a_key_whose_ends_look_like_the_prime_is_a_key() {
    // Found by trying names: the first and the last byte are as large as those of p.
    let key = world::public_key("near the top 1859");
    assert!(key.as_bytes()[0] >= 0xed && key.as_bytes()[31] & 0x7f == 0x7f);
    assert_eq!(PublicKey::from_bytes(key.as_bytes()), Ok(key));
}

#[test]
fn a_key_has_32_bytes_on_the_curve() {
    let good = hex(GOOD);
    for length in [0, 31, 33, 64] {
        let mut bytes = good.clone();
        bytes.resize(length, 0);
        let refused = PublicKey::from_bytes(&bytes);
        assert_eq!(refused, Err(KeyError::Length(length)));
    }
    // y = 2 is on no point.
    let refused = PublicKey::from_bytes(&hex(&format!("02{}", "00".repeat(31))));
    assert_eq!(refused, Err(KeyError::NotOnCurve));
    assert_eq!(PublicKey::from_bytes(&good).unwrap().as_bytes(), &good[..]);
}

#[test]
fn the_thumbprint_is_the_published_one() {
    // RFC 8037, appendix A.3.
    let published = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let key = PublicKey::from_bytes(&hex(GOOD)).unwrap();
    assert_eq!(key.thumbprint().to_string(), published);
    assert_eq!(Thumbprint::from_base64url(published), Some(key.thumbprint()));
    let uri = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:";
    assert_eq!(key.thumbprint().to_uri(), format!("{uri}{published}"));
    assert_eq!(key.fingerprint(), "ed25519:90facafea9b15566");
}

#[test]
fn only_the_public_members_of_an_ed25519_key_are_read() {
    let jwk = token::to_jwk(&world::public_key("alice"));
    assert_eq!(token::parse_jwk(&jwk), Ok(world::public_key("alice")));
    for (name, value) in [("kid", "a"), ("use", "sig"), ("alg", "Ed25519")] {
        assert!(token::parse_jwk(&jwk.clone().with(name, value)).is_ok(), "{name}");
    }
    for (name, value) in [
        ("d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"),
        ("k", "c2VjcmV0"),
        ("p", "AQ"),
        ("x5u", "https://attacker.test/key"),
        ("kty", "EC"),
        ("kty", "okp"),
        ("crv", "X25519"),
        ("crv", "P-256"),
        ("x", "AQ"),
        ("x", ""),
        ("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        ("x", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
    ] {
        let changed = jwk.clone().with(name, value);
        assert!(token::parse_jwk(&changed).is_err(), "{name}: {value}");
    }
    for name in ["kty", "crv", "x"] {
        let mut missing = jwk.clone();
        missing.remove(name);
        assert!(token::parse_jwk(&missing).is_err(), "{name}");
    }
}

#[test]
fn a_signature_is_of_one_message_by_one_key() {
    let key = world::key("alice");
    let signature = key.sign(b"message").to_bytes();
    let public = key.public_key();
    assert_eq!(public.verify(b"message", &signature), Ok(()));
    assert_eq!(public.verify(b"massage", &signature), Err(SignatureInvalid));
    let other = world::public_key("bob");
    assert_eq!(other.verify(b"message", &signature), Err(SignatureInvalid));
    for length in [0, 63, 65] {
        let mut cut = signature.to_vec();
        cut.resize(length, 0);
        assert_eq!(public.verify(b"message", &cut), Err(SignatureInvalid));
    }
}

#[test]
fn sig_07_a_signature_with_the_group_order_added_is_another_signature() {
    // L, little end first (RFC 8032, section 5.1.7: S is below L).
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let key = world::key("alice");
    let mut signature = key.sign(b"message").to_bytes();
    let mut carry = 0;
    for (byte, part) in signature[32..].iter_mut().zip(&order) {
        let sum = u16::from(*byte) + u16::from(*part) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    let verified = key.public_key().verify(b"message", &signature);
    assert_eq!((carry, verified), (0, Err(SignatureInvalid)));
}

/// Whether somebody who has `key` can be shown to have signed `message`.
fn is_accepted(key: &str, message: &str, signature: &str) -> bool {
    PublicKey::from_bytes(&hex(key))
        .is_ok_and(|key| key.verify(&hex(message), &hex(signature)).is_ok())
}

#[test]
fn of_the_cases_that_verifiers_disagree_about_one_is_accepted() {
    let Some(set) = vectors::set("ed25519-speccheck/cases.json") else {
        return;
    };
    let accepted: Vec<bool> = vectors::read(&set)
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            let case = case.as_object().unwrap();
            let [key, message, signature] =
                ["pub_key", "message", "signature"].map(|name| text(case, name));
            is_accepted(key, message, signature)
        })
        .collect();
    let mut only_the_fourth = [false; 12];
    only_the_fourth[3] = true;
    assert_eq!(accepted, only_the_fourth);
}

#[test]
fn wycheproof_signatures_are_judged_as_they_are_labelled() {
    let Some(set) = vectors::set("wycheproof/ed25519_test.json") else {
        return;
    };
    let set = vectors::read(&set);
    let list = |value: &Value, name: &str| {
        let list = value.as_object().unwrap().get(name).unwrap();
        list.as_array().unwrap().to_vec()
    };
    let mut judged = 0;
    for group in list(&set, "testGroups") {
        let key = group.as_object().unwrap().get("publicKey").unwrap();
        let key = text(key.as_object().unwrap(), "pk");
        for case in list(&group, "tests") {
            let case = case.as_object().unwrap();
            let found = is_accepted(key, text(case, "msg"), text(case, "sig"));
            assert_eq!(found, text(case, "result") == "valid", "{case:?}");
            judged += 1;
        }
    }
    assert_eq!(judged, 151);
}

#[test]
fn a_signature_verifies_exactly_where_the_librarys_strict_check_says_so() {
    let Some(file) = vectors::set("cctv-ed25519/ed25519vectors.json") else {
        return;
    };
    let cases = vectors::read(&file);
    let mut only_lax = 0;
    for case in cases.as_array().unwrap() {
        let case = case.as_object().unwrap();
        let [key, signature] = ["key", "sig"].map(|name| hex(text(case, name)));
        let message = text(case, "msg").as_bytes();
        let theirs = ed25519_dalek::VerifyingKey::from_bytes(&key.clone().try_into().unwrap());
        let (Ok(ours), Ok(theirs)) = (PublicKey::from_bytes(&key), theirs) else {
            continue;
        };
        let dalek = ed25519_dalek::Signature::from_bytes(&signature.clone().try_into().unwrap());
        let strict = theirs.verify_strict(message, &dalek).is_ok();
        assert_eq!(ours.verify(message, &signature).is_ok(), strict, "{case:?}");
        let lax = ed25519_dalek::Verifier::verify(&theirs, message, &dalek).is_ok();
        only_lax += usize::from(lax && !strict);
    }
    // Without these the comparison would say nothing of commitments of low order.
    assert!(only_lax >= 8, "{only_lax}");
}
