//! Access tokens that a trusted server signed, whatever they say.
//!
//! Seeds: token/payload, formats/access-token.md
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use procura_core::{
    access_token::Issuer,
    json::{self, Value},
    key::{NamedKey, Signer, VerifyingKey},
    limits,
    proof::{Standing, TokenRules, verify_access_token},
};
use procura_fuzz::{AUTHORITY, signed};
use procura_testkit::world;

static ISSUERS: LazyLock<Vec<Issuer>> = LazyLock::new(|| {
    let key = VerifyingKey::Ed25519(AUTHORITY.public_key().clone());
    let name = "https://as.procura.test".into();
    vec![Issuer { name, keys: vec![NamedKey::by_thumbprint(key)] }]
});

fuzz_target!(|data: &[u8]| {
    let text = signed(r#"{"alg":"Ed25519","typ":"at+jwt"}"#, data, &AUTHORITY);
    let rules = TokenRules {
        issuers: &ISSUERS,
        audience: world::AUDIENCE,
        max_lifetime: limits::ACCESS_TOKEN_LIFETIME,
        now: world::NOW,
    };
    let Ok(presented) = verify_access_token(&text, &rules) else { return };
    let claims = json::parse_object(data).expect("what is read is JSON");
    assert_eq!(presented.bound_to().is_some(), claims.get("cnf").is_some());
    let Ok(held) = presented.into_bearer() else { return };
    let status = claims.get("status").is_some();
    let Ok(access) = held.standing(|_| Standing::Unknown) else {
        assert!(status, "only a token with a status may be unknown");
        return;
    };
    let token = access.get().token();
    assert!(!status && token.expires > world::NOW && token.expires > token.issued);
    assert!(token.audience.iter().any(|audience| audience == world::AUDIENCE));
    assert_eq!(Some(token.subject.as_str()), claims.get("sub").and_then(Value::as_str));
    assert_eq!(token.actor.is_some(), claims.get("act").is_some());
});
