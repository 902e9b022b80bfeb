//! Revokes something, and with it everything that depends on it.

use std::process::ExitCode;

use procura_core::json::Object;

use crate::client::{confirmed, printable};
use crate::command::agent::{name, put_state};
use crate::context::Context;
use crate::failure::Failure;

/// Revoke an agent, a key, a delegation, a person's delegations, or everything.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// agent:NAME, user:NAME, key:THUMBPRINT, delegation:JTI, instance:SPIFFE-ID, or everything
    what: String,
    /// Why, for the log
    #[arg(long, default_value = "")]
    reason: String,
    /// Revoke `everything` without asking again
    #[arg(long, short = 'y')]
    yes: bool,
}

const EXAMPLES: &str = "\
What is revoked stays revoked, and with it everything that was passed on from it. A person
revokes what they delegated themselves with user:NAME; the rest takes an administrator.

Exit codes: 0 revoked · 1 refused · 2 wrong usage · 3 the server or a key is missing

Examples:
  procura revoke agent:planner --reason 'its machine was stolen'
  procura revoke delegation:0198c5f0-7d3a-7abc-8def-0123456789ab
  procura revoke instance:spiffe://procura.local/agent/coder/instance/1
  procura revoke user:alice
  procura revoke everything --yes";

/// What is to be revoked.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Target {
    /// An agent has a state of its own.
    Agent(String),
    /// Everything else is an entry: kind and value of the API.
    Entry(&'static str, String),
}

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    let Arguments { what, reason, yes } = arguments;
    let target = parse(&what)?;
    if what == "everything" && !yes {
        let message = "this ends every delegation that was issued until now";
        return Err(Failure::usage(message, "say it again with --yes if you mean it").into());
    }
    let client = ctx.client()?;
    let answer = match target {
        Target::Agent(name) => put_state(&client, &name, ("revoked", &reason))?,
        Target::Entry(kind, value) => {
            let body = Object::new().with("kind", kind).with("value", value.as_str());
            let answer = client.post("/v1/revocations", &body.with("reason", reason))?;
            confirmed(&answer, "kind", kind)?;
            confirmed(&answer, "value", &value)?;
            answer
        }
    };
    let human = || match what.as_str() {
        "everything" => "everything that was issued until now is revoked".into(),
        user if user.starts_with("user:") => {
            format!("everything that {} delegated is revoked", printable(user))
        }
        other => format!("{} is revoked", printable(other)),
    };
    ctx.say(human, answer.clone())?;
    Ok(ExitCode::SUCCESS)
}

fn parse(text: &str) -> Result<Target, Failure> {
    let entry = |kind, value: &str| Ok(Target::Entry(kind, value.to_owned()));
    match text.split_once(':') {
        None if text == "everything" => entry("everything", ""),
        Some(("agent", agent)) => Ok(Target::Agent(name(agent)?.to_string())),
        // A principal is named with its kind.
        Some(("user", user)) if name(user).is_ok() => entry("principal", text),
        Some(("key", thumbprint)) if !thumbprint.is_empty() => entry("key", thumbprint),
        Some(("delegation", id)) if !id.is_empty() => entry("delegation", id),
        Some(("instance", id)) if !id.is_empty() => entry("instance", id),
        Some(_) | None => Err(Failure::usage(
            format!("`{}` names nothing that can be revoked", printable(text)),
            "write agent:NAME, user:NAME, key:THUMBPRINT, delegation:JTI, instance:SPIFFE-ID or everything",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Target, parse};

    #[test]
    fn every_target_has_its_kind_and_nothing_else_is_one() {
        let entry = |kind, value: &str| Some(Target::Entry(kind, value.into()));
        for (text, target) in [
            ("agent:planner", Some(Target::Agent("planner".into()))),
            ("user:alice", entry("principal", "user:alice")),
            ("key:abc", entry("key", "abc")),
            ("delegation:d-1", entry("delegation", "d-1")),
            (
                "instance:spiffe://a/agent/b/instance/c",
                entry("instance", "spiffe://a/agent/b/instance/c"),
            ),
            ("everything", entry("everything", "")),
            ("everything:", None),
            ("planner", None),
            ("agent:", None),
            ("agent:Planner", None),
            ("user:", None),
            ("key:", None),
            ("Agent:planner", None),
            ("", None),
        ] {
            assert_eq!(parse(text).ok(), target, "{text}");
        }
    }
}
