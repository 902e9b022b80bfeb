//! Workload tokens: who it is, and that it made this request.

use anyhow::Context;
use procura_core::{
    json::{Object, Value},
    limits,
    proof::{Domain, WorkloadRules, WptRules, verify_wit},
    refusal::Outcome,
    workload::{Tokens, WorkloadId},
};

use super::{
    Answer, digest, member, named_keys, object, optional_text, pairs, rules, seconds, stepless,
    text, time,
};

pub(super) fn workload(input: &Object) -> anyhow::Result<Answer> {
    let names = ["domains", "max_lifetime", "audience", "nonce", "action", "now"];
    let rules = rules(input, &names)?;
    let (domains, now) = (domains(rules)?, time(rules, "now")?);
    let max_lifetime = seconds(rules, "max_lifetime", limits::WORKLOAD_TOKEN_LIFETIME)?;
    let asked = WorkloadRules { domains: &domains, max_lifetime, now };
    let action = digest(rules, "action")?;
    let tokens = object(input, "tokens")?;
    let others = pairs(tokens, "others")?;
    let wanted = WptRules {
        audience: text(rules, "audience")?,
        tokens: Tokens {
            access: optional_text(tokens, "access")?,
            transaction: optional_text(tokens, "transaction")?,
            others: &others,
        },
        nonce: optional_text(rules, "nonce")?,
        action: action.as_ref(),
        now,
    };
    let proof = text(input, "proof")?;
    let workload = verify_wit(text(input, "wit")?, &asked)
        .and_then(|presented| presented.with_wpt(proof, &wanted));
    Ok(workload.map(|workload| {
        let workload = workload.get();
        let shown = Object::new()
            .with("id", workload.id().to_string())
            .with("jkt", workload.key().thumbprint().to_string())
            .with("expires", workload.expires().as_seconds())
            .with("replay_key", workload.replay_key().to_base64url())
            .with("forget_at", workload.forgettable().as_seconds());
        Some(shown.into())
    }))
}

fn domains(rules: &Object) -> anyhow::Result<Vec<Domain>> {
    let one = |value: &Value| {
        let domain = value.as_object().context("a domain is no object")?;
        Ok(Domain {
            name: text(domain, "domain")?.into(),
            issuer: optional_text(domain, "issuer")?.map(String::from),
            keys: named_keys(domain)?,
        })
    };
    member(rules, "domains", Value::as_array)?.iter().map(one).collect()
}

pub(super) fn workload_id(input: &Object) -> anyhow::Result<Answer> {
    Ok(match WorkloadId::parse(text(input, "text")?) {
        Some(id) => Ok(Some(id.domain().into())),
        None => stepless(Outcome::Malformed, "no id of a workload".into()),
    })
}
