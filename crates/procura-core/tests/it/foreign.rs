//! What others can make: keys of both kinds, tokens under any header, and a
//! small world of servers that issue them.

use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use procura_core::{
    access_token::Issuer,
    base64url,
    hash::Digest,
    json::Object,
    key::{NamedKey, P256Key, Signer as _, VerifyingKey},
    limits,
    proof::TokenRules,
    refusal::Refusal,
    time::{Seconds, Timestamp},
};
use procura_testkit::world::{self, NOW};

/// A holder with a key of one kind or the other: `alice`, or `p256:alice`.
pub(crate) fn verifying_key(name: &str) -> VerifyingKey {
    match name.strip_prefix("p256:") {
        Some(name) => VerifyingKey::P256(p256_key(name)),
        None => VerifyingKey::Ed25519(world::public_key(name)),
    }
}

fn p256_secret(name: &str) -> SigningKey {
    SigningKey::from_slice(Digest::of(name.as_bytes()).as_bytes()).unwrap()
}

pub(crate) fn p256_key(name: &str) -> P256Key {
    let point = p256_secret(name).verifying_key().to_sec1_point(false);
    P256Key::from_coordinates(point.x().unwrap(), point.y().unwrap()).unwrap()
}

/// Signs with either kind of key; ES256 signatures are r and s, 64 bytes.
pub(crate) fn sign(name: &str, message: &[u8]) -> Vec<u8> {
    match name.strip_prefix("p256:") {
        Some(name) => {
            let signature: Signature = p256_secret(name).sign(message);
            signature.to_bytes().to_vec()
        }
        None => world::key(name).sign(message).to_bytes().to_vec(),
    }
}

/// A compact JWS of exactly this header and payload, by a holder of either kind.
pub(crate) fn compact(header: &str, payload: &str, signer: &str) -> String {
    let encode = |text: &str| base64url::encode(text.as_bytes());
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = sign(signer, input.as_bytes());
    format!("{input}.{}", base64url::encode(&signature))
}

/// The `alg` that a holder signs with.
pub(crate) fn alg(signer: &str) -> &'static str {
    verifying_key(signer).jws_algorithm()
}

pub(crate) fn text(object: &Object) -> String {
    object.to_canonical().unwrap()
}

/// The authorization server of this world, and a second one, whose keys are `as` and `other-as`.
pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const OTHER_ISSUER: &str = "https://other.example";

pub(crate) fn issuers() -> Vec<Issuer> {
    let key = |id: &str, name: &str| NamedKey { id: id.into(), key: verifying_key(name) };
    vec![
        Issuer {
            name: ISSUER.into(),
            keys: vec![key("k1", "as"), key("k2", "p256:as"), key("k3", "as-next")],
        },
        Issuer { name: OTHER_ISSUER.into(), keys: vec![key("k1", "other-as")] },
    ]
}

pub(crate) fn token_rules(issuers: &[Issuer]) -> TokenRules<'_> {
    TokenRules {
        issuers,
        audience: world::AUDIENCE,
        max_lifetime: limits::ACCESS_TOKEN_LIFETIME,
        now: NOW,
    }
}

/// The claims of a good access token, bound to nobody's key.
pub(crate) fn claims() -> Object {
    Object::new()
        .with("iss", ISSUER)
        .with("sub", "user:alice")
        .with("aud", world::AUDIENCE)
        .with("client_id", "spiffe://procura.test/agent/planner")
        .with("jti", "token-1")
        .with("iat", before(60).as_seconds())
        .with("exp", after(300).as_seconds())
        .with("scope", "issues:read issues:write")
}

/// The claims of a token that is bound to the key of `holder`.
pub(crate) fn bound_claims(holder: &str) -> Object {
    let jkt = verifying_key(holder).thumbprint().to_string();
    claims().with("cnf", Object::new().with("jkt", jkt))
}

/// An access token of these claims, signed by `signer`, whose key is called `kid`.
pub(crate) fn access_token(claims: &Object, signer: &str, kid: &str) -> String {
    let alg = alg(signer);
    let header = format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt"}}"#);
    compact(&header, &text(claims), signer)
}

pub(crate) fn after(seconds: u32) -> Timestamp {
    NOW.plus(Seconds::new(seconds))
}

pub(crate) fn before(seconds: u32) -> Timestamp {
    NOW.minus(Seconds::new(seconds))
}

/// The text of `claims` with the member `name` as it is written in `value`, which no
/// canonical form makes into something else; none leaves it out.
pub(crate) fn raw(claims: &Object, name: &str, value: Option<&str>) -> String {
    let mut claims = claims.clone();
    claims.remove(name);
    let rest = text(&claims);
    match value {
        Some(value) => rest.replacen('{', &format!(r#"{{"{name}":{value},"#), 1),
        None => rest,
    }
}

/// `ok`, or the code and the step of the refusal.
pub(crate) fn told<T>(result: Result<T, Refusal>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(refusal) => format!("{} {}", refusal.step, refusal.outcome),
    }
}

/// Every text that differs from `original` in one bit and is text still.
pub(crate) fn flips(original: &str) -> impl Iterator<Item = String> + '_ {
    (0..original.len() * 8).filter_map(|bit| {
        let mut bytes = original.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    })
}
