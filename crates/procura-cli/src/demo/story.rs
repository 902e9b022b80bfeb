//! The story, chapter by chapter.

mod approvals;
mod delegations;
mod refusals;
mod stop;

use procura_core::json::Object;

use super::agents::Held;
use super::calls::{Ask, Gateway, Scene};
use super::cast::{Actor, Cast};
use super::narrate::{Narrator, Step};
use super::office::Office;
use super::proof;
use super::stage::Stage;

/// What every chapter works with.
pub(crate) struct World<'a> {
    pub(crate) cast: &'a Cast,
    pub(crate) office: Office,
    pub(crate) gateway: Gateway,
    pub(crate) stage: &'a Stage,
}

/// The chains that Alice's delegations led to.
pub(crate) struct Chains {
    pub(crate) planner: Held,
    pub(crate) coder: Held,
    pub(crate) instance: Held,
    pub(crate) deployer: Held,
}

/// Tells all of it; returns how many events the log has in the end.
pub(crate) fn tell(mut stage: Stage, narrator: &mut Narrator) -> anyhow::Result<u64> {
    let cast = stage.gather()?;
    let url = stage.url()?;
    let receipts = {
        let office = Office::new(&url, &cast.alice)?;
        let gateway = Gateway::new(&url);
        let world = World { cast: &cast, office, gateway, stage: &stage };
        narrator.chapter("Who they are, and what Alice delegates");
        delegations::enrol(&world, narrator)?;
        let chains = delegations::delegate(&world, narrator)?;
        narrator.chapter("What the coder may do, and what nobody may do in its name");
        refusals::tell(&world, &chains, narrator)?;
        narrator.chapter("What waits for a person");
        approvals::tell(&world, &chains, narrator)?;
        narrator.chapter("How it is stopped");
        stop::tell(&world, &chains, narrator)?;
        proof::collect_receipts(&world.office, stage.root())?
    };
    narrator.chapter("How it is proved, with the network cable out");
    proof::prove(&mut stage, &receipts, narrator)?;
    proof::count_events(&stage)
}

impl World<'_> {
    /// Calls as the holder of `held` and tells the step.
    pub(crate) fn tell_call(
        &self,
        held: &Held,
        (id, title, expect): (&'static str, &str, &str),
        ask: &Ask,
        narrator: &mut Narrator,
    ) -> anyhow::Result<super::calls::Answer> {
        let answer = self.gateway.call(held, ask)?;
        let who = held.holder.shown();
        narrator.step(&answer.step(&Scene { id, title, expect, who: &who, ask }));
        Ok(answer)
    }
}

/// A write in the repository.
pub(crate) fn write(path: &str) -> Ask {
    let arguments = Object::new()
        .with("repo", "acme/web")
        .with("path", path)
        .with("content", "export const signedIn = true;\n");
    Ask { tool: "write_file", arguments }
}

/// A deploy of the repository.
pub(crate) fn deploy(environment: &str, version: &str) -> Ask {
    let arguments = Object::new()
        .with("repo", "acme/web")
        .with("environment", environment)
        .with("version", version);
    Ask { tool: "deploy", arguments }
}

/// A step that is no call.
pub(crate) fn told(
    (id, title): (&'static str, &str),
    (expect, got): (&str, String),
    facts: Vec<(&'static str, String)>,
) -> Step {
    Step { id, title: title.into(), expect: expect.into(), got, facts }
}

/// Who gave what to whom, on one line.
pub(crate) fn passing(from: &Actor, to: &Actor) -> String {
    format!("{} → {}", from.short, to.shown())
}
