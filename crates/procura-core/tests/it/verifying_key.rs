//! Keys of both kinds: which JWKs are one, and whose algorithm is whose.

use p256::ecdsa::Signature;
use procura_core::{
    json::Object,
    key::{JwkError, KeyError, NamedKey, P256Key, VerifyingKey},
};
use procura_testkit::world;

use crate::foreign::{p256_key, sign, verifying_key};
use crate::vectors::hex;

fn jwk(text: &str) -> Result<VerifyingKey, JwkError> {
    VerifyingKey::from_jwk(&world::object(text))
}

/// RFC 7517, appendix A.1, the first key.
const P256: [(&str, &str); 4] = [
    ("kty", "EC"),
    ("crv", "P-256"),
    ("x", "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"),
    ("y", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"),
];
/// RFC 8037, appendix A.2.
const ED25519: [(&str, &str); 3] =
    [("kty", "OKP"), ("crv", "Ed25519"), ("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")];

fn object(members: &[(&str, &str)]) -> Object {
    members.iter().fold(Object::new(), |object, (name, value)| object.with(name, *value))
}

#[test]
fn a_public_key_of_either_kind_is_read_and_written() {
    for members in [P256.as_slice(), &ED25519] {
        let jwk = object(members);
        let key = VerifyingKey::from_jwk(&jwk).unwrap();
        assert_eq!(key.to_jwk().to_canonical().unwrap(), jwk.to_canonical().unwrap());
        let described = jwk.with("kid", "1").with("use", "sig").with("alg", key.jws_algorithm());
        assert_eq!(VerifyingKey::from_jwk(&described), Ok(key));
    }
}

#[test]
fn a_thumbprint_is_of_the_required_members() {
    let key = VerifyingKey::from_jwk(&object(&ED25519)).unwrap();
    // RFC 8037, appendix A.3.
    assert_eq!(key.thumbprint().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let key = VerifyingKey::from_jwk(&object(&P256)).unwrap();
    let members =
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, P256[2].1, P256[3].1);
    let expected = procura_core::hash::Digest::of(members.as_bytes());
    assert_eq!(key.thumbprint().to_string(), expected.to_string());
    assert_eq!(NamedKey::by_thumbprint(key).id, expected.to_string());
}

#[test]
fn a_key_that_is_not_public_or_not_for_signatures_is_refused() {
    let changed = |members: &[(&str, &str)], name: &str, value: &str| {
        VerifyingKey::from_jwk(&object(members).with(name, value))
    };
    for members in [P256.as_slice(), &ED25519] {
        for (name, value, error) in [
            ("d", "AAAA", JwkError::Members),
            ("k", "AAAA", JwkError::Members),
            ("key_ops", "verify", JwkError::Members),
            ("x5c", "AAAA", JwkError::Members),
            ("use", "enc", JwkError::Use),
            ("alg", "HS256", JwkError::Algorithm),
            ("alg", "none", JwkError::Algorithm),
            ("alg", "RS256", JwkError::Algorithm),
            ("kty", "oct", JwkError::Unsupported),
            ("kty", "RSA", JwkError::Unsupported),
            ("crv", "P-384", JwkError::Unsupported),
            ("crv", "X25519", JwkError::Unsupported),
            ("crv", "secp256k1", JwkError::Unsupported),
            ("x", "A=", JwkError::Encoding),
        ] {
            assert_eq!(changed(members, name, value), Err(error), "{name} {value}");
        }
    }
    assert_eq!(changed(&P256, "alg", "EdDSA"), Err(JwkError::Algorithm));
    assert_eq!(changed(&ED25519, "alg", "ES256"), Err(JwkError::Algorithm));
    assert_eq!(changed(&ED25519, "y", P256[3].1), Err(JwkError::Members));
    assert_eq!(jwk(r#"{"kty":"oct","k":"AAAA"}"#), Err(JwkError::Unsupported));
    assert_eq!(jwk("{}"), Err(JwkError::Unsupported));
    let number = object(&P256).with("kid", 1_i64);
    assert_eq!(VerifyingKey::from_jwk(&number), Err(JwkError::Members));
}

#[test]
fn jwt_02_the_algorithm_is_the_keys() {
    let (ours, theirs) = (verifying_key("alice"), verifying_key("p256:alice"));
    for (alg, by_ours, by_theirs) in [
        ("EdDSA", true, false),
        ("Ed25519", true, false),
        ("ES256", false, true),
        ("es256", false, false),
        ("ES384", false, false),
        ("Ed448", false, false),
        ("HS256", false, false),
        ("none", false, false),
        ("", false, false),
    ] {
        assert_eq!((ours.allows(alg), theirs.allows(alg)), (by_ours, by_theirs), "{alg}");
    }
    assert_eq!((ours.http_algorithm(), theirs.http_algorithm()), ("ed25519", "ecdsa-p256-sha256"));
}

#[test]
fn a_point_that_is_not_on_the_curve_is_no_key() {
    let key = p256_key("alice");
    let bytes = |text: String| procura_core::base64url::decode(&text).unwrap();
    let (x, y) = (bytes(key.x()), bytes(key.y()));
    assert_eq!(P256Key::from_coordinates(&x, &y).unwrap(), key);
    assert_eq!(P256Key::from_coordinates(&y, &x), Err(KeyError::NotOnCurve));
    assert_eq!(P256Key::from_coordinates(&[0; 32], &[0; 32]), Err(KeyError::NotOnCurve));
    assert_eq!(P256Key::from_coordinates(&[0xff; 32], &y), Err(KeyError::NotOnCurve));
    for bit in 0..256 {
        let mut other = y.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(P256Key::from_coordinates(&x, &other), Err(KeyError::NotOnCurve), "{bit}");
    }
    for length in [0, 31, 33, 64] {
        let mut short = x.clone();
        short.resize(length, 0);
        assert_eq!(P256Key::from_coordinates(&short, &y), Err(KeyError::Coordinate(length)));
        assert_eq!(P256Key::from_coordinates(&x, &short), Err(KeyError::Coordinate(length)));
    }
}

#[test]
fn a_coordinate_beyond_the_prime_is_no_second_spelling() {
    // x = 0 and x = p are one number; the curve has a point there.
    let p = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let y = hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
    assert!(P256Key::from_coordinates(&[0; 32], &y).is_ok());
    assert_eq!(P256Key::from_coordinates(&p, &y), Err(KeyError::NotOnCurve));
}

#[test]
fn a_signature_is_of_its_key_and_message() {
    for name in ["alice", "p256:alice"] {
        let key = verifying_key(name);
        let signature = sign(name, b"message");
        assert!(key.verify(b"message", &signature).is_ok());
        assert!(key.verify(b"massage", &signature).is_err());
        assert!(verifying_key("bob").verify(b"message", &signature).is_err());
        assert!(verifying_key("p256:bob").verify(b"message", &signature).is_err());
        for bit in 0..signature.len() * 8 {
            let mut flipped = signature.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(key.verify(b"message", &flipped).is_err(), "{name} {bit}");
        }
        for length in [0, 32, 63, 65, 128] {
            let mut other = signature.clone();
            other.resize(length, 0);
            assert!(key.verify(b"message", &other).is_err(), "{name} {length}");
        }
    }
}

#[test]
fn an_es256_signature_is_r_and_s_and_not_der() {
    let key = verifying_key("p256:alice");
    let raw = Signature::from_slice(&sign("p256:alice", b"message")).unwrap();
    assert!(key.verify(b"message", &raw.to_bytes()).is_ok());
    assert!(key.verify(b"message", raw.to_der().as_bytes()).is_err());
}

#[test]
fn an_r_or_s_of_zero_or_beyond_the_order_is_refused() {
    let key = verifying_key("p256:alice");
    let good = sign("p256:alice", b"message");
    let n = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    for bad in [vec![0; 32], n, vec![0xff; 32]] {
        for half in [0, 32] {
            let mut signature = good.clone();
            signature[half..half + 32].copy_from_slice(&bad);
            assert!(key.verify(b"message", &signature).is_err());
        }
    }
}

#[test]
fn sig_07_a_second_signature_that_anybody_can_write_is_one_that_verifies() {
    // It is why nothing is remembered by a signature's bytes; see the replay keys.
    let key = verifying_key("p256:alice");
    let good = Signature::from_slice(&sign("p256:alice", b"message")).unwrap();
    let (r, s) = good.split_scalars();
    let other = Signature::from_scalars(r, -s).unwrap();
    assert_ne!(good, other);
    assert!(key.verify(b"message", &other.to_bytes()).is_ok());
}
