//! One revocation stops everything under it, at once, and nothing else.

use std::time::Instant;

use super::{Chains, World, deploy, told, write};
use crate::demo::narrate::Narrator;

/// Alice revokes the planner; the coder's next call is refused.
pub(super) fn tell(
    world: &World<'_>,
    chains: &Chains,
    narrator: &mut Narrator,
) -> anyhow::Result<()> {
    let title = "before: the instance still writes";
    let ask = write("/src/auth.ts");
    world.tell_call(&chains.instance, ("before-revocation", title, "allowed"), &ask, narrator)?;
    let begun = Instant::now();
    let got = world.office.revoke_agent("planner", "the demo's end")?;
    let facts = vec![
        ("who", world.cast.alice.shown()),
        ("what", world.cast.planner.shown()),
        ("took", format!("{} ms", begun.elapsed().as_millis())),
    ];
    let title = "Alice revokes the planner";
    narrator.step(&told(("planner-revoked", title), ("revoked", got), facts));
    let title = "the coder's instance, two hops below, is stopped at once";
    let stopped = ("coder-stopped", title, "revoked at hop 0");
    world.tell_call(&chains.instance, stopped, &ask, narrator)?;
    let title = "the deployer, who does not depend on the planner, goes on";
    let goes_on = ("deployer-goes-on", title, "allowed");
    world.tell_call(&chains.deployer, goes_on, &deploy("staging", "1.4.1"), narrator)?;
    Ok(())
}
