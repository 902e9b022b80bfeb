//! The parts: JSON, keys, tools, scopes and ceilings.

use anyhow::Context;
use procura_core::{
    base64url as encoding,
    detail::{Action, AgentDelegation, Demands, Scope, Span},
    hash::Digest,
    json::{self as strict, Object, Value},
    refusal::{Outcome, Refusal},
    token,
    tools::{self as held_tools, Tools},
};

use super::{Answer, stepless, text, written};

pub(super) fn json(input: &Object) -> anyhow::Result<Answer> {
    let bytes = match input.get("base64url") {
        Some(bytes) => {
            bytes.as_str().and_then(encoding::decode).context("`base64url` is not base64url")?
        }
        None => text(input, "text")?.as_bytes().to_vec(),
    };
    Ok(match strict::parse(&bytes) {
        Err(error) => stepless(error.outcome(), error.to_string()),
        Ok(value) => match value.to_canonical() {
            Ok(canonical) => Ok(Some(canonical.into())),
            Err(error) => stepless(Outcome::NonAdmissibleNumber, error.to_string()),
        },
    })
}

pub(super) fn base64url(input: &Object) -> anyhow::Result<Answer> {
    Ok(match encoding::decode(text(input, "text")?) {
        Some(bytes) => {
            let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
            Ok(Some(digits.collect::<String>().into()))
        }
        None => stepless(Outcome::Malformed, "not base64url".into()),
    })
}

pub(super) fn jwk(input: &Object) -> anyhow::Result<Answer> {
    Ok(match token::parse_jwk(&written(input, "jwk")?) {
        Ok(key) => Ok(Some(key.thumbprint().to_string().into())),
        Err(reason) => stepless(Outcome::Malformed, reason),
    })
}

fn read_tools(input: &Object, name: &str) -> anyhow::Result<Result<Tools, Refusal>> {
    Ok(Tools::parse(&written(input, name)?.into()))
}

pub(super) fn tools(input: &Object) -> anyhow::Result<Answer> {
    Ok(read_tools(input, "tools")?.map(|tools| Some(tools.to_object().into())))
}

pub(super) fn within(input: &Object) -> anyhow::Result<Answer> {
    let (child, parent) = (read_tools(input, "child")??, read_tools(input, "parent")??);
    Ok(child.check_within(&parent).map(|()| None))
}

pub(super) fn held(input: &Object) -> anyhow::Result<Answer> {
    let tools = read_tools(input, "tools")??;
    let arguments = written(input, "arguments")?;
    Ok(tools.check_call(text(input, "tool")?, &arguments).map(|()| None))
}

pub(super) fn digests(input: &Object) -> anyhow::Result<Answer> {
    Ok(match held_tools::with_digests(&written(input, "arguments")?) {
        Some(seen) => Ok(Some(seen.into())),
        None => stepless(Outcome::ArgumentRefused, "an imitation of a digest".into()),
    })
}

fn read_detail(input: &Object, name: &str) -> anyhow::Result<Result<AgentDelegation, Refusal>> {
    Ok(AgentDelegation::parse(&written(input, name)?))
}

pub(super) fn detail(input: &Object) -> anyhow::Result<Answer> {
    Ok(read_detail(input, "detail")?.map(|detail| Some(detail.to_object().into())))
}

pub(super) fn detail_within(input: &Object) -> anyhow::Result<Answer> {
    let (child, parent) = (read_detail(input, "child")??, read_detail(input, "parent")??);
    Ok(child.check_within(&parent).map(|()| None))
}

pub(super) fn action(input: &Object) -> anyhow::Result<Answer> {
    let detail = read_detail(input, "detail")??;
    let scope = match input.get("scope") {
        Some(scope) => {
            let scope = scope.as_str().and_then(Scope::parse);
            Some(scope.context("`scope` is no scope")?)
        }
        None => None,
    };
    let action = Action { scope, quantities: written(input, "quantities")? };
    let demands = detail.check_action(text(input, "tool")?, &action, &Digest::of(b""));
    Ok(demands.map(|demands| Some(show(&demands))))
}

fn show(demands: &Demands) -> Value {
    let debits = demands.debits.iter().map(|debit| {
        let (span, seconds) = match debit.span {
            Span::Lifetime => ("lifetime", None),
            Span::Subtree => ("subtree", None),
            Span::Rate(seconds) => ("rate", Some(seconds)),
        };
        let number = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        let mut shown = Object::new()
            .with("key", debit.key.as_str())
            .with("over", span)
            .with("limit", number(debit.limit.get()))
            .with("amount", number(debit.amount.get()));
        if let Some(seconds) = seconds {
            shown.set("seconds", seconds);
        }
        shown
    });
    let quorums = demands.quorums.iter().map(|quorum| {
        Object::new()
            .with("n", u32::try_from(quorum.count).unwrap_or(u32::MAX))
            .with("by", quorum.by.clone())
            .with("max_age", quorum.max_age)
    });
    let (debits, quorums): (Vec<_>, Vec<_>) = (debits.collect(), quorums.collect());
    Object::new().with("debits", debits).with("quorums", quorums).into()
}
