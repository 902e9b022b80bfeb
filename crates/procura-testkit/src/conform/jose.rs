//! What is ours of JOSE and what is not, for every set that has keys and tokens.
//!
//! **Invariant:** a case is left out only if we refused it, and never if it is
//! one that has to be refused.

use procura_core::{
    base64url,
    json::{self, Object, Value},
    jws::{self, Compact},
    key::VerifyingKey,
    proof, token,
};

use super::{Answer, Verdict};
use crate::world;

/// Stands for every algorithm of encryption.
pub(super) const ENCRYPTED: &str = "JWE";

/// What we do about an algorithm of JOSE.
enum Support {
    /// We accept it: the vectors are compared.
    Ours,
    /// We refuse it, for a reason. A vector that is to be accepted says nothing about us.
    Never(&'static str),
}

/// The registered names, and those that vectors use besides.
fn support(algorithm: &str) -> Support {
    match algorithm {
        jws::ALGORITHM | "ES256" => Support::Ours,
        "EdDSA" => Support::Never("`EdDSA` does not say which curve; RFC 9864 replaces it"),
        "none" => Support::Never("it is not signed"),
        "HS256" | "HS384" | "HS512" | "oct" => {
            Support::Never("a shared secret cannot show who signed")
        }
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "RSA" => {
            Support::Never("RSA signatures are not accepted")
        }
        // ES521 is a slip of the vectors for ES512.
        "ES384" | "ES512" | "ES521" | "ES224" | "ES256K" | "P-384" | "P-521" => {
            Support::Never("signatures on other curves are not accepted")
        }
        ENCRYPTED => Support::Never("nothing that is encrypted is read"),
        _ => Support::Never("the algorithm is not accepted"),
    }
}

/// Compares what is expected under `algorithm` with what we answered.
pub(super) fn judge(algorithm: &str, expected: Answer, found: Answer) -> Verdict {
    match (support(algorithm), expected, found) {
        (Support::Never(why), Answer::Accepted, Answer::Refused) => Verdict::excluded(why),
        (Support::Ours | Support::Never(_), _, _) => Verdict::compare(expected, found),
    }
}

/// The algorithm that a key, or the first of a set of keys, is for.
///
/// A key that does not say it is named after its type or its curve.
pub(super) fn algorithm_of(key: &Object) -> &str {
    let first = key.get("keys").and_then(Value::as_array).and_then(|keys| keys.first());
    let key = first.and_then(Value::as_object).unwrap_or(key);
    let text = |name| key.get(name).and_then(Value::as_str);
    match (text("alg"), text("crv"), text("kty")) {
        (Some(algorithm), _, _) => algorithm,
        (None, Some("Ed25519"), _) => jws::ALGORITHM,
        (None, Some("P-256"), _) => "ES256",
        (None, Some(other), _) | (None, None, Some(other)) => other,
        (None, None, None) => "none",
    }
}

/// Whether we believe that the owner of `key`, or of one of a set of keys, signed `text`.
///
/// Accepted too, so that it shows as a failure, if a key of ours vouches for it.
pub(super) fn answer(key: &Object, text: &str) -> Answer {
    let keys = key.get("keys").and_then(Value::as_array);
    let keys: Vec<&Object> = match keys {
        Some(keys) => keys.iter().filter_map(Value::as_object).collect(),
        None => vec![key],
    };
    let is_signed = keys.iter().any(|key| is_signed_by(key, text) == Some(true));
    let ours = world::public_key("nobody");
    let is_ours = ["JWT", token::TYPE, proof::PROOF_TYPE]
        .iter()
        .any(|typ| proof::verify_statement(text, typ, &ours).is_ok());
    if is_signed || is_ours { Answer::Accepted } else { Answer::Refused }
}

/// The key of a public JWK, if it is of a kind that we read.
pub(super) fn key(jwk: &Object) -> Option<VerifyingKey> {
    VerifyingKey::from_jwk(jwk).ok()
}

/// The checks of [`Compact::expect_type`] but for the type, which these tokens lack.
fn is_signed_by(jwk: &Object, text: &str) -> Option<bool> {
    let key = key(jwk)?;
    let compact = Compact::parse(text).ok()?;
    let header = json::parse_object(&base64url::decode(text.split('.').next()?)?).ok()?;
    let has_other_rules = header.get("crit").is_some() || header.get("b64").is_some();
    let algorithm = header.get("alg").and_then(Value::as_str)?;
    let is_ours = matches!(support(algorithm), Support::Ours) && algorithm == algorithm_of(jwk);
    Some(is_ours && !has_other_rules && compact.verify_by(&key).is_ok())
}
