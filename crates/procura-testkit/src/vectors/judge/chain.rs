//! Chains, calls and revocation notes.

use std::sync::Arc;

use anyhow::{Context, bail};
use procura_core::{
    adc,
    detail::Manifest,
    json::{Object, Value},
    key::{PublicKey, Thumbprint},
    limits,
    proof::{
        Anchor, Call, Chain, Request, Requirement, Rules, Verified, Vouches, verify_adc_chain,
        verify_call, verify_chain, verify_listing,
    },
    refusal::Refusal,
    revocation::Notes,
    time::Seconds,
};

use super::{Answer, key, member, object, text, texts, time, written};

/// What an enforcement point asks, as a case says it.
pub(super) struct Policy {
    anchors: Vec<Anchor>,
    manifest: Manifest,
    input: Object,
}

impl Policy {
    pub(super) fn read(input: &Object) -> anyhow::Result<Self> {
        let rules = object(input, "rules")?.clone();
        let manifest = match rules.get("manifest") {
            Some(manifest) => {
                let manifest = manifest.as_object().context("`manifest` is no object")?;
                Manifest::parse(manifest)?
            }
            None => Manifest::default(),
        };
        for (name, _) in rules.iter() {
            if !RULES.contains(&name) {
                bail!("unknown rule `{name}`");
            }
        }
        Ok(Self { anchors: anchors(&rules)?, manifest, input: rules })
    }

    pub(super) fn rules(&self) -> anyhow::Result<Rules<'_>> {
        let max_lifetime = match self.input.get("max_lifetime") {
            Some(seconds) => {
                let seconds = seconds.as_integer().context("no proper `max_lifetime`")?;
                Seconds::new(u32::try_from(seconds)?)
            }
            None => limits::TOKEN_LIFETIME,
        };
        let nonce = self.input.get("nonce").map(|nonce| nonce.as_str().context("no text"));
        Ok(Rules {
            anchors: &self.anchors,
            audience: text(&self.input, "audience")?,
            chain_audience: self.requirement("chain_audience", Requirement::Optional)?,
            proof_audience: self.requirement("proof_audience", Requirement::Required)?,
            names: self.requirement("names", Requirement::Required)?,
            evidence: self.requirement("evidence", Requirement::Optional)?,
            manifest: &self.manifest,
            nonce: nonce.transpose()?,
            max_lifetime,
            now: time(&self.input, "now")?,
        })
    }

    fn requirement(&self, name: &str, usual: Requirement) -> anyhow::Result<Requirement> {
        Ok(match self.input.get(name).map(Value::as_str) {
            None => usual,
            Some(Some("required")) => Requirement::Required,
            Some(Some("optional")) => Requirement::Optional,
            Some(_) => bail!("`{name}` is neither `required` nor `optional`"),
        })
    }
}

/// A rule that is not understood is not a rule that is kept.
const RULES: [&str; 10] = [
    "anchors",
    "audience",
    "now",
    "chain_audience",
    "proof_audience",
    "names",
    "evidence",
    "nonce",
    "max_lifetime",
    "manifest",
];

fn anchors(rules: &Object) -> anyhow::Result<Vec<Anchor>> {
    let anchor = |value: &Value| {
        let anchor = value.as_object().context("an anchor is no object")?;
        let vouches = match anchor.get("principal") {
            Some(principal) => Vouches::For(principal.as_str().context("no principal")?.into()),
            None => Vouches::ForAnybody,
        };
        let key = key(anchor.get("jwk").context("an anchor has no key")?)?;
        Ok(Anchor { issuer: text(anchor, "issuer")?.into(), key, vouches })
    };
    member(rules, "anchors", Value::as_array)?.iter().map(anchor).collect()
}

pub(super) fn chain(input: &Object) -> anyhow::Result<Answer> {
    let policy = Policy::read(input)?;
    Ok(verify_chain(&texts(input, "chain")?, &policy.rules()?).map(|_| None))
}

pub(super) fn verified(
    input: &Object,
    rules: &Rules<'_>,
) -> anyhow::Result<Result<Arc<Verified<Chain>>, Refusal>> {
    Ok(verify_chain(&texts(input, "chain")?, rules).map(Arc::new))
}

pub(super) fn verified_call(
    input: &Object,
    rules: &Rules<'_>,
) -> anyhow::Result<Result<Verified<Call>, Refusal>> {
    let request =
        Request { tool: text(input, "tool")?.into(), arguments: written(input, "arguments")? };
    let proof = text(input, "proof")?;
    Ok(verified(input, rules)?.and_then(|chain| verify_call(&chain, proof, request, rules)))
}

pub(super) fn call(input: &Object) -> anyhow::Result<Answer> {
    let policy = Policy::read(input)?;
    let answer = verified_call(input, &policy.rules()?)?;
    Ok(answer.map(|call| {
        let call = call.get();
        let output = Object::new()
            .with("arguments_hash", call.arguments_hash().to_base64url())
            .with("replay_key", call.replay_key().to_base64url())
            .with("forget_at", call.proof().forgettable.as_seconds());
        Some(output.into())
    }))
}

pub(super) fn listing(input: &Object) -> anyhow::Result<Answer> {
    let policy = Policy::read(input)?;
    let rules = policy.rules()?;
    let (proof, purpose) = (text(input, "proof")?, text(input, "purpose")?);
    let chain = verified(input, &rules)?;
    Ok(chain.and_then(|chain| verify_listing(&chain, proof, purpose, &rules)).map(|_| None))
}

pub(super) fn notes(input: &Object) -> anyhow::Result<Answer> {
    let policy = Policy::read(input)?;
    let rules = policy.rules()?;
    let control = member(input, "control", Value::as_array)?;
    let control: Vec<PublicKey> = control.iter().map(key).collect::<Result<_, _>>()?;
    let mut notes = Notes::default();
    for note in texts(input, "notes")? {
        if let Err(refusal) = notes.add(note) {
            return Ok(Err(refusal));
        }
    }
    let chain = verified(input, &rules)?;
    Ok(chain.and_then(|chain| notes.check(chain.get(), rules.anchors, &control)).map(|()| None))
}

pub(super) fn adc(input: &Object) -> anyhow::Result<Answer> {
    let rules = object(input, "rules")?;
    let known = rules.get("keys").and_then(Value::as_array).unwrap_or_default();
    let known: Vec<PublicKey> = known.iter().map(key).collect::<Result<_, _>>()?;
    let keys =
        |thumbprint: &Thumbprint| known.iter().find(|key| key.thumbprint() == *thumbprint).cloned();
    let anchors = anchors(rules)?;
    let rules = adc::Rules {
        anchors: &anchors,
        keys: &keys,
        audience: text(rules, "audience")?,
        now: time(rules, "now")?,
    };
    Ok(verify_adc_chain(&texts(input, "chain")?, &rules).map(|_| None))
}
