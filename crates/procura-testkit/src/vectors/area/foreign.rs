//! What others can make: keys of both kinds, and a token of any header and payload.

use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use procura_core::{
    base64url,
    hash::Digest,
    json::Object,
    key::{P256Key, Signer as _, VerifyingKey},
};

use crate::{
    vectors::{
        case::{Cases, deny},
        forge::canonical,
    },
    world,
};

/// A holder's key: of `alice` an Ed25519 key, of `p256:alice` one of P-256.
pub(super) fn verifying_key(name: &str) -> VerifyingKey {
    match name.strip_prefix("p256:") {
        Some(name) => VerifyingKey::P256(p256_key(name)),
        None => VerifyingKey::Ed25519(world::public_key(name)),
    }
}

fn p256_key(name: &str) -> P256Key {
    let point = p256_secret(name).verifying_key().to_sec1_point(false);
    let key = point.x().zip(point.y()).map(|(x, y)| P256Key::from_coordinates(x, y));
    match key {
        Some(Ok(key)) => key,
        Some(Err(_)) | None => panic!("`{name}` has no public key"),
    }
}

fn p256_secret(name: &str) -> SigningKey {
    let seed = Digest::of(format!("procura-testkit p256\n{name}").as_bytes());
    match SigningKey::from_slice(seed.as_bytes()) {
        Ok(key) => key,
        Err(_) => panic!("`{name}` has no key"),
    }
}

/// Signs with either kind of key. ES256 takes its nonce from the message (RFC 6979), so
/// the same bytes are written each time.
pub(super) fn sign(name: &str, message: &[u8]) -> Vec<u8> {
    match name.strip_prefix("p256:") {
        Some(name) => {
            let signature: Signature = p256_secret(name).sign(message);
            signature.to_bytes().to_vec()
        }
        None => world::key(name).sign(message).to_bytes().to_vec(),
    }
}

/// A compact JWS of exactly this header and payload, by a holder of either kind.
pub(super) fn compact(header: &str, payload: &str, signer: &str) -> String {
    let encode = |text: &str| base64url::encode(text.as_bytes());
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = sign(signer, input.as_bytes());
    format!("{input}.{}", base64url::encode(&signature))
}

/// The ES256 signature of a JWS with n - s in the place of s, which verifies as well.
#[expect(clippy::arithmetic_side_effects, reason = "a scalar is negated modulo the order")]
pub(super) fn other_half(text: &str) -> String {
    let Some((input, signature)) = text.rsplit_once('.') else {
        panic!("`{text}` is not a compact JWS");
    };
    let read = |bytes: Vec<u8>| Signature::from_slice(&bytes).ok();
    let Some(signature) = base64url::decode(signature).and_then(read) else {
        panic!("`{signature}` is not a signature");
    };
    let (r, s) = signature.split_scalars();
    match Signature::from_scalars(r, -s) {
        Ok(other) => format!("{input}.{}", base64url::encode(&other.to_bytes())),
        Err(_) => panic!("there is no other half"),
    }
}

/// The ES256 signature of `message` in DER, which a JWS never has (RFC 7518, section 3.4).
pub(super) fn sign_der(name: &str, message: &[u8]) -> Vec<u8> {
    match Signature::from_slice(&sign(name, message)) {
        Ok(signature) => signature.to_der().as_bytes().to_vec(),
        Err(_) => panic!("`{name}` has no P-256 key"),
    }
}

/// Keys as a case shows them: what selects each, and whose it is.
pub(super) fn keys(named: &[(&str, &str)]) -> Vec<Object> {
    let key = |(id, name): &(&str, &str)| {
        Object::new().with("id", *id).with("jwk", verifying_key(name).to_jwk())
    };
    named.iter().map(key).collect()
}

/// A thumbprint (RFC 7638).
pub(super) fn thumbprint(name: &str) -> String {
    verifying_key(name).thumbprint().to_string()
}

/// SHA-256 of a text, as tokens name each other.
pub(super) fn hash(text: &str) -> String {
    Digest::of(text.as_bytes()).to_base64url()
}

/// The text of `claims` with one member as it is written here, of which no canonical
/// form makes something else; none leaves it out.
pub(super) fn raw(claims: &Object, name: &str, value: Option<&str>) -> String {
    let mut claims = claims.clone();
    claims.remove(name);
    let rest = canonical(&claims);
    match value {
        Some(value) => rest.replacen('{', &format!(r#"{{"{name}":{value},"#), 1),
        None => rest,
    }
}

/// A name, a claim, its JSON or none, and the code and the step that refuse it.
pub(super) type Wrong =
    (&'static str, &'static str, Option<&'static str>, (&'static str, &'static str));

/// Adds a case for each of `wrong`: `claims` with that one of them so.
pub(super) fn add_wrong(
    cases: &mut Cases,
    (prefix, thing): (&str, &str),
    (claims, wrong): (&Object, &[Wrong]),
    input: impl Fn(&str) -> Object,
) {
    for (name, claim, text, (outcome, step)) in wrong {
        let what = match text {
            Some(text) => format!("{thing} whose `{claim}` is `{text}`."),
            None => format!("{thing} without `{claim}`."),
        };
        let case = (input(&raw(claims, claim, *text)), deny(outcome, step));
        cases.add(&format!("{prefix}_{name}"), &what, case);
    }
}
