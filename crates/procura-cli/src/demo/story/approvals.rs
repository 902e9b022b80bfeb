//! A production deploy waits for a person, who approves one exact call.

use anyhow::Context as _;
use procura_core::json::Value;

use super::{Chains, World, deploy, told};
use crate::demo::narrate::Narrator;

/// Staging goes, production waits; what was approved runs once and is nothing else.
pub(super) fn tell(
    world: &World<'_>,
    chains: &Chains,
    narrator: &mut Narrator,
) -> anyhow::Result<()> {
    let deployer = &chains.deployer;
    let title = "the deployer deploys to staging";
    let staging = deploy("staging", "1.4.0");
    world.tell_call(deployer, ("deploy-staging", title, "allowed"), &staging, narrator)?;
    let ask = deploy("production", "1.4.0");
    let title = "a deploy to production is held";
    let held = ("deploy-held", title, "approval_required");
    let answer = world.tell_call(deployer, held, &ask, narrator)?;
    let request = answer.approval().context("no request for approval was made")?;
    approve(world, &request, narrator)?;
    let title = "one changed argument, and the approval is void";
    let changed = deploy("production", "1.4.1");
    let void = ("approval-void", title, "approval_mismatch");
    world.tell_call(deployer, void, &changed, narrator)?;
    let title = "exactly what Alice approved runs, once";
    world.tell_call(deployer, ("approved-run", title, "allowed"), &ask, narrator)?;
    let title = "the second use of the approval is refused";
    let again = ("approval-used", title, "approval_consumed");
    world.tell_call(deployer, again, &ask, narrator)?;
    Ok(())
}

fn approve(world: &World<'_>, request: &str, narrator: &mut Narrator) -> anyhow::Result<()> {
    let shown = world.office.request(request)?;
    let arguments = shown.get("arguments").map(Value::to_canonical);
    let arguments = arguments.and_then(Result::ok).unwrap_or_default();
    let digest = shown.get("digest").and_then(Value::as_str).unwrap_or_default().to_string();
    let got = world.office.approve(request)?;
    let title = "Alice sees exactly what will run, and signs its digest";
    let facts = vec![
        ("who", world.cast.alice.shown()),
        ("what", format!("mcp:web/deploy {arguments}")),
        ("digest", digest),
    ];
    narrator.step(&told(("approved", title), ("approved", got), facts));
    Ok(())
}
