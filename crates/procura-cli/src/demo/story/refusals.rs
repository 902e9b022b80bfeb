//! What is held is allowed; everything around it is refused.

use procura_core::delegate::dangerous_sign_unchecked;
use procura_core::json::{self, Object};
use procura_core::jws::Compact;
use procura_core::time::Seconds;

use super::delegations::one_file;
use super::{Chains, World, write};
use crate::demo::agents::{Held, Terms, narrow, root};
use crate::demo::calls::{Ask, NOBODY, Scene};
use crate::demo::cast::Actor;
use crate::demo::narrate::Narrator;
use crate::system::{fresh_id, now};

/// The coder's instance at work, and others in its name.
pub(super) fn tell(
    world: &World<'_>,
    chains: &Chains,
    narrator: &mut Narrator,
) -> anyhow::Result<()> {
    let instance = &chains.instance;
    let ask = write("/src/auth.ts");
    let title = "the instance writes /src/auth.ts";
    world.tell_call(instance, ("allowed-write", title, "allowed"), &ask, narrator)?;
    outside(world, instance, narrator)?;
    pull_request(world, chains, narrator)?;
    widened(world, chains, narrator)?;
    replay(world, instance, narrator)?;
    other_keys(world, chains, narrator)?;
    changed(world, instance, narrator)?;
    expired(world, narrator)
}

fn outside(world: &World<'_>, held: &Held, narrator: &mut Narrator) -> anyhow::Result<()> {
    let expect = "argument_refused at hop 1";
    for (id, path) in [
        ("refused-path", "/deploy/prod.yaml"),
        ("refused-path-dots", "/src/../deploy/prod.yaml"),
        ("refused-path-prefix", "/srcx/a"),
    ] {
        let title = format!("{path} is refused: the planner gave the coder /src");
        world.tell_call(held, (id, &title, expect), &write(path), narrator)?;
    }
    let ask = Ask { tool: "deploy", arguments: Object::new().with("environment", "staging") };
    let title = "a tool that nobody on the chain was given is refused";
    let expect = "scope_not_granted at hop 0";
    world.tell_call(held, ("refused-tool", title, expect), &ask, narrator)?;
    Ok(())
}

fn pull_request(world: &World<'_>, chains: &Chains, narrator: &mut Narrator) -> anyhow::Result<()> {
    let arguments = Object::new()
        .with("repo", "acme/web")
        .with("base", "main")
        .with("title", "Remember who is signed in");
    let ask = Ask { tool: "create_pull_request", arguments };
    let title = "the planner opens a pull request: a branch and a commit";
    world.tell_call(&chains.planner, ("pull-request", title, "allowed"), &ask, narrator)?;
    Ok(())
}

/// The coder signs more than it holds, by hand, and hands that to its instance.
fn widened(world: &World<'_>, chains: &Chains, narrator: &mut Narrator) -> anyhow::Result<()> {
    let honest = Compact::parse(chains.instance.leaf())?;
    let mut claims = json::parse_object(honest.payload())?;
    let detail = Object::new()
        .with("type", "attenuating_agent_token")
        .with("tools", one_file("/deploy/prod.yaml"));
    claims.set("jti", fresh_id()?).set("authorization_details", vec![detail]);
    let forged = dangerous_sign_unchecked(&claims, &*world.cast.coder.key)?;
    let held = chains.coder.with(forged, &world.cast.instance);
    let title = "the coder signs itself more than it was given, and is refused";
    let told = ("widened-child", title, "not_narrower");
    world.tell_call(&held, told, &write("/deploy/prod.yaml"), narrator)?;
    Ok(())
}

/// The same bytes again.
fn replay(world: &World<'_>, held: &Held, narrator: &mut Narrator) -> anyhow::Result<()> {
    let ask = write("/src/auth.ts");
    let shown = held.present(&ask.tool_id(), &ask.arguments)?;
    let who = held.holder.shown();
    for (id, title, expect) in [
        ("first-use", "a signed request is used", "allowed"),
        ("replay", "the same request, captured and sent again, is refused", "replayed"),
    ] {
        let answer = world.gateway.send(Some(&shown), &ask)?;
        narrator.step(&answer.step(&Scene { id, title, expect, who: &who, ask: &ask }));
    }
    Ok(())
}

/// Another key under a name that is taken, and no credential at all.
fn other_keys(world: &World<'_>, chains: &Chains, narrator: &mut Narrator) -> anyhow::Result<()> {
    let ask = write("/src/auth.ts");
    let stolen = Held { holder: world.cast.stranger.clone(), ..chains.instance.clone() };
    let title = "a script with another key presents the instance's stolen chain";
    world.tell_call(&stolen, ("other-key", title, "holder_binding_failed"), &ask, narrator)?;
    let tricked = Actor { id: world.cast.coder.id.clone(), ..world.cast.stranger.clone() };
    let given = narrow(&chains.planner, &tricked, &one_file("/src/auth.ts"), Terms::of(15, 0))?;
    let title = "the planner is tricked into delegating to another key under the coder's name";
    let told = ("same-name-other-key", title, "holder_unknown at hop 1");
    world.tell_call(&given, told, &ask, narrator)?;
    let title = "a local script with no credential is refused";
    let (who, expect) = (NOBODY, "credential_missing");
    let answer = world.gateway.send(None, &ask)?;
    let scene = Scene { id: "no-credential", title, expect, who, ask: &ask };
    narrator.step(&answer.step(&scene));
    Ok(())
}

/// The proof is for one call; another one travels with it.
fn changed(world: &World<'_>, held: &Held, narrator: &mut Narrator) -> anyhow::Result<()> {
    let signed = write("/src/auth.ts");
    let shown = held.present(&signed.tool_id(), &signed.arguments)?;
    let mut sent = signed;
    sent.arguments.set("content", "export const signedIn = false;\n");
    let answer = world.gateway.send(Some(&shown), &sent)?;
    let title = "an argument that was changed after signing is refused";
    let who = held.holder.shown();
    narrator.step(&answer.step(&Scene {
        id: "changed-argument",
        title,
        expect: "holder_binding_failed",
        who: &who,
        ask: &sent,
    }));
    Ok(())
}

fn expired(world: &World<'_>, narrator: &mut Narrator) -> anyhow::Result<()> {
    let cast = world.cast;
    let yesterday = Terms { issued: now().minus(Seconds::new(86_400)), minutes: 60, further: 0 };
    let held = root(&cast.alice, &cast.planner, &one_file("/src/auth.ts"), yesterday)?;
    let title = "a delegation whose hour is over is refused";
    world.tell_call(&held, ("expired", title, "expired"), &write("/src/auth.ts"), narrator)?;
    Ok(())
}
