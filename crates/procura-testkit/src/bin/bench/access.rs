//! An access token that is bound to a key, with its DPoP proof, against two checks.

use procura_core::access_token::Issuer;
use procura_core::dpop::{self, DpopFor};
use procura_core::json::Object;
use procura_core::jws;
use procura_core::key::{NamedKey, VerifyingKey};
use procura_core::limits;
use procura_core::proof::{DpopRules, Standing, TokenRules, verify_access_token, verify_dpop};
use procura_core::time::Seconds;
use procura_testkit::world::{self, NOW};

use crate::measure::{Row, compare};
use crate::signatures::strict_checks;

const ISSUER: &str = "https://as.example";
const TARGET: &str = "https://gateway.example/mcp";

/// `access.dpop`. The proof brings its key as bytes; the issuer's is known.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let token = jws::sign("at+jwt", None, &claims().to_canonical()?, &world::key("as"));
    let shown = DpopFor {
        id: "proof-1",
        method: "POST",
        target: TARGET,
        access_token: Some(&token),
        nonce: None,
        action: None,
        issued: NOW,
    };
    let proof = dpop::sign(&shown, &world::key("planner"))?;
    let key = VerifyingKey::Ed25519(world::public_key("as"));
    let issuers = [Issuer { name: ISSUER.into(), keys: vec![NamedKey::by_thumbprint(key)] }];
    let rules = TokenRules {
        issuers: &issuers,
        audience: world::AUDIENCE,
        max_lifetime: limits::ACCESS_TOKEN_LIFETIME,
        now: NOW,
    };
    let asked = DpopRules {
        method: "POST",
        target: TARGET,
        nonce: None,
        action: None,
        window: limits::DPOP_WINDOW,
        now: NOW,
    };
    let row = compare(
        "access.dpop",
        400,
        || {
            let presented = verify_access_token(&token, &rules)?;
            let held = presented.with_dpop(verify_dpop(&proof, &asked)?)?;
            held.standing(|_| Standing::Unknown)?;
            Ok(())
        },
        strict_checks(1)?,
    )?;
    Ok(vec![row])
}

fn claims() -> Object {
    let thumbprint = world::public_key("planner").thumbprint().to_string();
    Object::new()
        .with("iss", ISSUER)
        .with("sub", "user:alice")
        .with("aud", world::AUDIENCE)
        .with("client_id", world::agent_id("planner"))
        .with("jti", "token-1")
        .with("iat", NOW.minus(Seconds::new(60)).as_seconds())
        .with("exp", NOW.plus(Seconds::new(300)).as_seconds())
        .with("scope", "issues:read issues:write")
        .with("cnf", Object::new().with("jkt", thumbprint))
}
