//! Public keys: which are keys, and their thumbprints.

use procura_core::{base64url, json::Object, token::to_jwk};

use crate::{
    vectors::{
        Case,
        case::{Cases, output, refused},
        forge::canonical,
    },
    world,
};

/// The key of RFC 8037, appendix A.2, and its thumbprint of appendix A.3.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// A name and the members of a JWK, in which `X` stands for a good key.
const MEMBERS: &[(&str, &str)] = &[
    ("kty_missing", r#""crv":"Ed25519","x":"X""#),
    ("kty_ec", r#""crv":"Ed25519","kty":"EC","x":"X""#),
    ("kty_lower_case", r#""crv":"Ed25519","kty":"okp","x":"X""#),
    ("crv_missing", r#""kty":"OKP","x":"X""#),
    ("crv_x25519", r#""crv":"X25519","kty":"OKP","x":"X""#),
    ("crv_ed448", r#""crv":"Ed448","kty":"OKP","x":"X""#),
    ("x_missing", r#""crv":"Ed25519","kty":"OKP""#),
    ("x_number", r#""crv":"Ed25519","kty":"OKP","x":1"#),
    ("x_padded", r#""crv":"Ed25519","kty":"OKP","x":"X=""#),
    (
        "x_standard_alphabet",
        r#""crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo""#,
    ),
    (
        "x_trailing_bits",
        r#""crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp""#,
    ),
    ("x_empty", r#""crv":"Ed25519","kty":"OKP","x":"""#),
    (
        "private",
        r#""crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","kty":"OKP","x":"X""#,
    ),
    ("certificate", r#""crv":"Ed25519","kty":"OKP","x":"X","x5c":["AA=="]"#),
    ("key_ops", r#""crv":"Ed25519","key_ops":["verify"],"kty":"OKP","x":"X""#),
    ("rsa", r#""e":"AQAB","kty":"RSA","n":"sXch""#),
    ("secret", r#""k":"c2VjcmV0","kty":"oct""#),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("jwk");
    let input = |members: &str| {
        Object::new().with("jwk", format!("{{{}}}", members.replace("\"X", &format!("\"{X}"))))
    };
    for (name, what, members) in [
        (
            "rfc8037",
            "The key of RFC 8037, and its thumbprint.",
            r#""crv":"Ed25519","kty":"OKP","x":"X""#,
        ),
        (
            "with_names",
            "A thumbprint covers neither `kid` nor `alg` nor `use`.",
            r#""alg":"Ed25519","crv":"Ed25519","kid":"k","kty":"OKP","use":"sig","x":"X""#,
        ),
    ] {
        cases.add(&format!("key_{name}"), what, (input(members), output(THUMBPRINT)));
    }
    for (name, members) in MEMBERS {
        let what = format!("No key: {}.", name.replace('_', " "));
        cases.add(&format!("key_{name}"), &what, (input(members), refused("malformed")));
    }
    for (name, bytes) in encodings() {
        let members = format!(r#""crv":"Ed25519","kty":"OKP","x":"{}""#, base64url::encode(&bytes));
        let what = format!("No key: {}.", name.replace('_', " "));
        cases.add(&format!("key_{name}"), &what, (input(&members), refused("malformed")));
    }
    for name in ["alice", "planner", "coder"] {
        let jwk = canonical(&to_jwk(&world::public_key(name)));
        let thumbprint = world::public_key(name).thumbprint().to_string();
        let input = Object::new().with("jwk", jwk);
        cases.add(
            &format!("key_of_{name}"),
            "A key of these vectors.",
            (input, output(thumbprint)),
        );
    }
    cases.done()
}

/// Encodings of points that name no holder, or of no point.
fn encodings() -> Vec<(&'static str, Vec<u8>)> {
    let ending = |first: u8, last: u8| [&[first][..], &[0; 30], &[last]].concat();
    let high = |first: u8, last: u8| [&[first][..], &[0xff; 30], &[last]].concat();
    let eighth = |last: u8| [&ORDER_EIGHT[..], &[last]].concat();
    vec![
        ("neutral_element", ending(1, 0)),
        ("neutral_element_with_sign", ending(1, 0x80)),
        ("order_two", high(0xec, 0x7f)),
        ("order_two_with_sign", high(0xec, 0xff)),
        ("order_four", ending(0, 0)),
        ("order_four_with_sign", ending(0, 0x80)),
        ("order_eight", eighth(0x05)),
        ("order_eight_with_sign", eighth(0x85)),
        ("y_is_the_prime", high(0xed, 0x7f)),
        ("y_is_the_prime_plus_one", high(0xee, 0x7f)),
        ("y_is_the_prime_plus_three", high(0xf0, 0x7f)),
        ("not_on_the_curve", ending(2, 0)),
        ("31_bytes", vec![7; 31]),
        ("33_bytes", vec![7; 33]),
    ]
}

/// A point of order eight, without its last byte.
const ORDER_EIGHT: [u8; 31] = [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc,
];
