//! What a holder signs. Ed25519 is deterministic, so every byte is determined.

use anyhow::{Context, bail};
use procura_core::{
    adc, base64url,
    delegate::{self, Excess, Grant, ProofFor},
    detail::AgentDelegation,
    json::{Object, Value},
    tools::Tools,
};
use procura_keys::secret_key::SecretKey;

use super::{Answer, key, member, object, text, texts, time, written};
use crate::world;

pub(super) fn mint(input: &Object) -> anyhow::Result<Answer> {
    let (grant, signer) = (grant(input)?, signer(input)?);
    let made = delegate::mint(&grant, text(input, "principal")?, text(input, "issuer")?, &signer);
    Ok(made.map(|token| Some(token.into())))
}

pub(super) fn derive(input: &Object) -> anyhow::Result<Answer> {
    let (grant, signer) = (grant(input)?, signer(input)?);
    let made = delegate::derive(text(input, "parent")?, &grant, &signer);
    Ok(made.map(|token| Some(token.into())))
}

pub(super) fn prove(input: &Object) -> anyhow::Result<Answer> {
    let arguments = written(input, "arguments")?;
    let proof = ProofFor {
        id: text(input, "jti")?,
        leaf: text(input, "leaf")?,
        tool: text(input, "tool")?,
        arguments: &arguments,
        audience: text(input, "audience")?,
        issued: time(input, "iat")?,
    };
    Ok(delegate::prove(&proof, &signer(input)?).map(|proof| Some(proof.into())))
}

pub(super) fn adc_mint(input: &Object) -> anyhow::Result<Answer> {
    let (grant, signer) = (adc_grant(input)?, signer(input)?);
    let named = (text(input, "principal")?, text(input, "issuer")?);
    Ok(adc::mint(&grant, named, &signer).map(|token| Some(token.into())))
}

pub(super) fn adc_derive(input: &Object) -> anyhow::Result<Answer> {
    let (grant, signer) = (adc_grant(input)?, signer(input)?);
    Ok(adc::derive(text(input, "parent")?, &grant, &signer).map(|token| Some(token.into())))
}

fn signer(input: &Object) -> anyhow::Result<SecretKey> {
    let seed = base64url::decode(text(input, "seed")?).context("`seed` is not base64url")?;
    let seed = <[u8; 32]>::try_from(seed).ok().context("a seed has 32 bytes")?;
    Ok(world::key_from_seed(seed))
}

fn grant(input: &Object) -> anyhow::Result<Grant> {
    let grant = object(input, "grant")?;
    let tools = Value::from(written(grant, "tools")?);
    let detail = grant.get("detail").map(|_| written(grant, "detail")).transpose()?;
    Ok(Grant {
        id: text(grant, "jti")?.into(),
        client_id: text(grant, "client_id")?.into(),
        key: key(grant.get("jwk").context("no key")?)?,
        issued: time(grant, "iat")?,
        expires: time(grant, "exp")?,
        further: u32::try_from(member(grant, "further", Value::as_integer)?)?,
        tools: Tools::parse(&tools)?,
        detail: detail.map(|detail| AgentDelegation::parse(&detail)).transpose()?,
        excess: match text(grant, "excess")? {
            "refused" => Excess::Refused,
            "left_out" => Excess::LeftOut,
            other => bail!("unknown excess `{other}`"),
        },
        audience: texts(grant, "aud")?.into_iter().map(String::from).collect(),
    })
}

fn adc_grant(input: &Object) -> anyhow::Result<adc::Grant> {
    let grant = object(input, "grant")?;
    Ok(adc::Grant {
        id: text(grant, "jti")?.into(),
        client_id: text(grant, "client_id")?.into(),
        key: key(grant.get("jwk").context("no key")?)?,
        audience: text(grant, "aud")?.into(),
        issued: time(grant, "iat")?,
        expires: time(grant, "exp")?,
        further: u32::try_from(member(grant, "further", Value::as_integer)?)?,
        authority: AgentDelegation::parse(&written(grant, "detail")?)?,
    })
}
