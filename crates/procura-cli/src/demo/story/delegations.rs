//! Keys are enrolled, and authority is passed on.

use procura_core::json::{Object, Value};

use super::{Chains, World, passing, told};
use crate::demo::agents::{Held, Terms, narrow, root};
use crate::demo::narrate::Narrator;

/// Every agent proves that it holds its key, and gets its name.
pub(super) fn enrol(world: &World<'_>, narrator: &mut Narrator) -> anyhow::Result<()> {
    let cast = world.cast;
    for (id, name, agent) in [
        ("enrol-planner", "planner", &cast.planner),
        ("enrol-coder", "coder", &cast.coder),
        ("enrol-deployer", "deployer", &cast.deployer),
    ] {
        let got = world.office.enrol(name, agent)?;
        let facts = vec![("who", agent.shown()), ("owner", cast.alice.shown())];
        let title = format!("{name} signs a fresh challenge with its own key and is enrolled");
        narrator.step(&told((id, &title), (&agent.id, got), facts));
    }
    let got = world.office.enrol("coder", &cast.stranger)?;
    let facts = vec![("who", cast.stranger.key.public_key().fingerprint())];
    let title = "a script wants the coder's name for another key, and is refused";
    narrator.step(&told(("same-name-refused", title), ("identity.name_conflict", got), facts));
    Ok(())
}

/// Alice → planner → coder → one instance of it, and Alice → deployer.
pub(super) fn delegate(world: &World<'_>, narrator: &mut Narrator) -> anyhow::Result<Chains> {
    let cast = world.cast;
    let planner = root(&cast.alice, &cast.planner, &planner_tools(), Terms::of(60, 3))?;
    let title = "Alice delegates: open PRs on acme/web and edit its files, for an hour";
    show(narrator, ("delegated", title), passing(&cast.alice, &cast.planner));
    let coder = narrow(&planner, &cast.coder, &files_under("/src"), Terms::of(30, 1))?;
    let title = "the planner, alone and offline, narrows that to files under /src";
    show(narrator, ("narrowed", title), passing(&cast.planner, &cast.coder));
    let instance = narrow(&coder, &cast.instance, &one_file("/src/auth.ts"), Terms::of(15, 0))?;
    let title = "the coder narrows that to /src/auth.ts, for one instance of itself";
    show(narrator, ("narrowed-again", title), passing(&cast.coder, &cast.instance));
    let deployer = root(&cast.alice, &cast.deployer, &deploy_tools(), Terms::of(60, 0))?;
    let title = "Alice delegates: deploy acme/web to staging or production";
    show(narrator, ("delegated-deploy", title), passing(&cast.alice, &cast.deployer));
    let chains = Chains { planner, coder, instance, deployer };
    save(world, &chains)?;
    Ok(chains)
}

fn show(narrator: &mut Narrator, (id, title): (&'static str, &str), who: String) {
    let facts = vec![("who", who), ("for", "user:alice".into())];
    narrator.step(&told((id, title), ("signed offline", "signed offline".into()), facts));
}

fn save(world: &World<'_>, chains: &Chains) -> anyhow::Result<()> {
    let folder = world.stage.root().join("chains");
    let file = |name: &str, held: &Held| -> anyhow::Result<()> {
        Ok(std::fs::write(folder.join(name), held.to_file().to_canonical()?)?)
    };
    file("planner.chain", &chains.planner)?;
    file("coder.chain", &chains.coder)?;
    file("instance.chain", &chains.instance)?;
    file("deployer.chain", &chains.deployer)
}

fn planner_tools() -> Object {
    let pull_request = Object::new()
        .with("repo", exactly("acme/web"))
        .with("base", one_of(&["main"]))
        .with("title", anything())
        .with("body", anything().with("optional", true))
        .with("draft", anything().with("optional", true));
    files_under("/").with("mcp:web/create_pull_request", pull_request)
}

fn files_under(root: &str) -> Object {
    files(&Object::new().with("constraint_type", "path_containment").with("root", root))
}

/// One file, and nothing but writing it.
pub(super) fn one_file(path: &str) -> Object {
    let mut tools = files(&exactly(path));
    tools.remove("mcp:web/read_file");
    tools
}

fn files(path: &Object) -> Object {
    let read = Object::new().with("repo", exactly("acme/web")).with("path", path.clone());
    let write = read.clone().with("content", anything());
    Object::new().with("mcp:web/read_file", read).with("mcp:web/write_file", write)
}

fn deploy_tools() -> Object {
    let deploy = Object::new()
        .with("repo", exactly("acme/web"))
        .with("environment", one_of(&["staging", "production"]))
        .with("version", anything());
    Object::new().with("mcp:web/deploy", deploy)
}

fn anything() -> Object {
    Object::new().with("constraint_type", "wildcard")
}

fn exactly(value: &str) -> Object {
    Object::new().with("constraint_type", "exact").with("value", value)
}

fn one_of(values: &[&str]) -> Object {
    let values: Vec<Value> = values.iter().map(|value| Value::from(*value)).collect();
    Object::new().with("constraint_type", "one_of").with("values", values)
}
