//! Access tokens, and the proofs that come with them.

use anyhow::{Context, bail};
use procura_core::{
    access_token::{Detail, Issuer},
    json::{Object, Value},
    limits,
    proof::{
        Access, Dpop, DpopRules, Held, Possession, Presented, Standing, TokenRules, Verified,
        verify_access_token, verify_dpop,
    },
    refusal::Refusal,
    token,
};

use super::{
    Answer, digest, member, named_keys, object, optional_text, request, rules, seconds, text, time,
};

pub(super) fn access_token(input: &Object) -> anyhow::Result<Answer> {
    let rules = rules(input, &["issuers", "audience", "max_lifetime", "now"])?;
    let issuers = issuers(rules)?;
    let asked = TokenRules {
        issuers: &issuers,
        audience: text(rules, "audience")?,
        max_lifetime: seconds(rules, "max_lifetime", limits::ACCESS_TOKEN_LIFETIME)?,
        now: time(rules, "now")?,
    };
    let held = match verify_access_token(text(input, "token")?, &asked) {
        Ok(presented) => shown(input, presented)?,
        Err(refusal) => Err(refusal),
    };
    let standing = standing(input)?;
    let access = held.and_then(|held| held.standing(|_| standing));
    Ok(access.map(|access| Some(describe(access.get()))))
}

fn issuers(rules: &Object) -> anyhow::Result<Vec<Issuer>> {
    let one = |value: &Value| {
        let issuer = value.as_object().context("an issuer is no object")?;
        Ok(Issuer { name: text(issuer, "issuer")?.into(), keys: named_keys(issuer)? })
    };
    member(rules, "issuers", Value::as_array)?.iter().map(one).collect()
}

/// Whose the token is: with a proof, in a signed request, or whoever's has it.
fn shown(input: &Object, presented: Presented) -> anyhow::Result<Result<Held, Refusal>> {
    Ok(match (input.get("dpop"), input.get("signed")) {
        (Some(_), None) => {
            verified_proof(object(input, "dpop")?)?.and_then(|proof| presented.with_dpop(proof))
        }
        (None, Some(_)) => request::verified_request(object(input, "signed")?)?
            .and_then(|request| presented.with_signature(request)),
        (None, None) => presented.into_bearer(),
        (Some(_), Some(_)) => bail!("both a proof and a signature"),
    })
}

/// What a status list says, if the token names one; nothing is known unless the case says it.
fn standing(input: &Object) -> anyhow::Result<Standing> {
    Ok(match optional_text(input, "standing")? {
        Some("valid") => Standing::Valid,
        Some("revoked") => Standing::Revoked,
        Some("unknown") | None => Standing::Unknown,
        Some(other) => bail!("unknown standing `{other}`"),
    })
}

fn describe(access: &Access) -> Value {
    let token = access.token();
    let details = token.details.iter().map(|detail| match detail {
        Detail::Tools(_) => token::DETAIL_TYPE,
        Detail::Other { kind, members: _ } => kind,
    });
    let possession = match access.possession() {
        Possession::Bearer => "bearer",
        Possession::Dpop(_) => "dpop",
        Possession::Signature(_) => "signature",
    };
    let mut shown = Object::new()
        .with("issuer", token.issuer.as_str())
        .with("subject", token.subject.as_str())
        .with("client_id", token.client_id.as_str())
        .with("scope", token.scope.clone())
        .with("details", details.collect::<Vec<_>>())
        .with("possession", possession);
    if let Some(actor) = &token.actor {
        shown.set("actor", actor.subject.as_str());
    }
    shown.into()
}

pub(super) fn dpop(input: &Object) -> anyhow::Result<Answer> {
    let verified = verified_proof(input)?;
    Ok(verified.map(|proof| {
        let proof = proof.get();
        let mut shown = Object::new()
            .with("jkt", proof.key().thumbprint().to_string())
            .with("jti", proof.id())
            .with("replay_key", proof.replay_key().to_base64url())
            .with("forget_at", proof.forgettable().as_seconds());
        for (name, digest) in [("ath", proof.access_token()), ("acd", proof.action())] {
            digest.map(|digest| shown.set(name, digest.to_base64url()));
        }
        Some(shown.into())
    }))
}

fn verified_proof(input: &Object) -> anyhow::Result<Result<Verified<Dpop>, Refusal>> {
    let names = ["method", "target", "nonce", "action", "window", "now"];
    let rules = rules(input, &names)?;
    let action = digest(rules, "action")?;
    let asked = DpopRules {
        method: text(rules, "method")?,
        target: text(rules, "target")?,
        nonce: optional_text(rules, "nonce")?,
        action: action.as_ref(),
        window: seconds(rules, "window", limits::DPOP_WINDOW)?,
        now: time(rules, "now")?,
    };
    Ok(verify_dpop(text(input, "proof")?, &asked))
}
