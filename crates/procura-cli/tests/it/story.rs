//! The story of the demo by hand: `procura up`, and commands that a person types.

use std::fs;
use std::process::Command;

use procura_core::base64url;
use procura_keys::description::Purpose;
use procura_keys::passphrase::Passphrase;
use procura_keys::unsealer::Unsealer;
use serde_json::{Value, json};

use crate::desk::Said;
use crate::house::{House, files_below};
use crate::yard::BINARY;

const READ: &str = "call web read_file --chain i-1.chain --key coder/i-1 --arg repo=acme/web";
const DEPLOY: &str = "call web deploy --chain deployer.chain --key deployer --arg repo=acme/web --arg environment=production";

/// Agents planner, coder and deployer, and the chains of the story.
fn cast(house: &House) {
    for agent in ["planner", "coder", "deployer"] {
        let made = house.done(&format!("agent create {agent}"));
        assert_eq!((&made["name"], &made["state"]), (&json!(agent), &json!("active")));
    }
    let again = house.done("agent create planner");
    assert_eq!(again["name"], "planner");
    let root = house.done("delegate --as user:admin --to planner --further 2 --out planner.chain --allow 'mcp:web/read_file(repo=acme/web, path=under:/)' --allow mcp:web/create_pull_request");
    assert_eq!(root["delegation"]["principal"], "user:admin");
    let derived = house.done("delegate --chain planner.chain --key planner --to coder --further 1 --out coder.chain --allow 'mcp:web/read_file(repo=acme/web, path=under:/src)'");
    assert_eq!(derived["delegation"]["depth"], 1);
    let instance = house.done("delegate --chain coder.chain --key coder --instance i-1 --for 15m --out i-1.chain --allow 'mcp:web/read_file(repo=acme/web, path=under:/src)'");
    assert_eq!(
        instance["delegation"]["client_id"],
        "spiffe://procura.local/agent/coder/instance/i-1"
    );
    house.done("delegate --to deployer --out deployer.chain --allow 'mcp:web/deploy(repo=acme/web, environment=any, version=any)'");
}

fn refused(said: &Said) -> Value {
    assert_eq!(said.code, 1, "{said:?}");
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(answer["allowed"], false, "{answer}");
    answer["answer"]["error"]["data"].clone()
}

#[test]
fn agents_are_made_listed_shown_stopped_and_resumed() {
    let house = House::with_workshop();
    let up = house.up();
    cast(&house);
    let listed = house.done("agent list");
    assert_eq!(listed["agents"].as_array().unwrap().len(), 3, "{listed}");
    let read = format!("{READ} --arg path=/src/auth.ts");
    assert_eq!(house.done(&read)["allowed"], true);
    let rows = [
        ("suspend", "suspended", "holder_not_active"),
        ("resume", "active", ""),
        ("revoke", "revoked", "revoked"),
    ];
    for (verb, state, code) in rows {
        assert_eq!(house.done(&format!("agent {verb} coder --reason test"))["state"], state);
        assert_eq!(house.done("agent show coder")["state"], state);
        let said = house.run(&format!("--json {read}"));
        if state == "active" {
            assert_eq!(said.code, 0, "{said:?}");
        } else {
            assert_eq!(refused(&said)["code"], code);
        }
    }
    let resumed = house.run("agent resume coder");
    assert_eq!(resumed.code, 1, "what is revoked stays revoked: {resumed:?}");
    let nobody = house.run("agent show nobody");
    assert!(nobody.code != 0 && nobody.err.contains("error: "), "{nobody:?}");
    up.terminate();
}

#[test]
fn what_is_held_is_read_and_what_is_not_is_refused_at_its_hop() {
    let house = House::with_workshop();
    let up = house.up();
    cast(&house);
    let allowed = house.done(&format!("{READ} --arg path=/src/auth.ts"));
    let text = allowed["answer"]["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(text, fs::read_to_string(house.file("repo/src/auth.ts")).unwrap());
    for path in ["/README.md", "/src/../README.md", "/srcx/a"] {
        let data = refused(&house.run(&format!("--json {READ} --arg path={path}")));
        assert_eq!((&data["code"], &data["hop"]), (&json!("argument_refused"), &json!(1)));
    }
    // Whoever asks for more than is held is given what is held, and is shown that.
    let narrowed = house.done("delegate --chain coder.chain --key coder --instance i-2 --out i-2.chain --allow 'mcp:web/read_file(repo=acme/web, path=under:/)'");
    assert_eq!(
        narrowed["delegation"]["allow"],
        json!(["mcp:web/read_file(path=under:/src, repo=acme/web)"])
    );
    let human = house.run(&format!("{READ} --arg path=/README.md"));
    assert!(human.code == 1 && human.out.contains("next: "), "{human:?}");
    assert_eq!(house.done("revoke agent:planner --reason test")["state"], "revoked");
    let data = refused(&house.run(&format!("--json {READ} --arg path=/src/auth.ts")));
    assert_eq!((&data["code"], &data["hop"]), (&json!("revoked"), &json!(0)));
    up.terminate();
}

#[test]
fn a_production_deploy_waits_runs_once_and_is_nothing_else() {
    let house = House::with_workshop();
    let up = house.up();
    cast(&house);
    let deploy = |version: &str| house.run(&format!("--json {DEPLOY} --arg version={version}"));
    let held = refused(&deploy("1.4.0"));
    assert_eq!(held["code"], "approval_required");
    let id = held["approval"]["id"].as_str().unwrap();
    let waiting = house.done("approvals list");
    assert_eq!(waiting["approvals"][0]["id"], id, "{waiting}");
    let unread = house.run(&format!("approvals approve {id}"));
    assert!(unread.code == 2 && unread.err.contains("--yes"), "{unread:?}");
    let approved = house.run(&format!("--json approvals approve {id} --yes"));
    assert_eq!(approved.code, 0, "{approved:?}");
    assert!(approved.err.contains("\"1.4.0\"") && approved.err.contains("production"));
    let settled: Value = serde_json::from_str(&approved.out).unwrap();
    assert_eq!(settled["state"], "approved");
    assert_eq!(refused(&deploy("1.4.1"))["code"], "approval_mismatch");
    assert_eq!(deploy("1.4.0").code, 0);
    assert_eq!(refused(&deploy("1.4.0"))["code"], "approval_consumed");
    let releases = files_below(&house.file("releases"));
    assert_eq!(releases.len(), 1, "{releases:?}");
    up.terminate();
}

#[test]
fn a_deploy_that_a_person_denied_does_not_run() {
    let house = House::with_workshop();
    let up = house.up();
    cast(&house);
    let deploy = || house.run(&format!("--json {DEPLOY} --arg version=1.4.0"));
    let held = refused(&deploy());
    let id = held["approval"]["id"].as_str().unwrap();
    let settled = house.run(&format!("--json approvals deny {id} --yes"));
    assert_eq!(settled.code, 0, "{settled:?}");
    let again = house.run(&format!("approvals approve {id} --yes"));
    assert!(again.code == 1 && again.err.contains("does not wait any more"), "{again:?}");
    assert_eq!(deploy().code, 1);
    assert!(files_below(&house.file("releases")).is_empty());
    assert_eq!(house.done("approvals list --all")["approvals"][0]["state"], "denied");
    up.terminate();
}

#[test]
fn what_happened_is_told_proved_and_verified_with_the_server_gone() {
    let house = House::with_workshop();
    let up = house.up();
    cast(&house);
    let allowed = house.done(&format!("{READ} --arg path=/src/auth.ts"));
    let receipt = &allowed["answer"]["result"]["_meta"]["dev.procura/receipt"];
    let event = receipt["event"].as_str().unwrap();
    let tail = house.run("--json audit tail --from 0");
    let events: Vec<Value> =
        tail.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = events.iter().find(|told| told["id"] == event).unwrap();
    assert_eq!(told["kind"], "call.allowed");
    assert_eq!(told["principal"], "user:admin");
    let human = house.run("audit tail");
    assert!(human.code == 0 && human.out.contains("call.allowed"), "{human:?}");
    house.done(&format!("audit receipt {event} --out receipt.txt"));
    up.terminate();
    let verified = house.done("verify receipt receipt.txt --trust data/trust.json");
    assert_eq!(verified["results"][0]["event"]["id"], event, "{verified}");
    assert_eq!(house.done("audit verify")["verdict"], "true");
    let shown = house.done("inspect i-1.chain");
    assert_eq!(shown["delegations"].as_array().unwrap().len(), 3);
    house.done("inspect receipt.txt");
    let chain =
        house.run("verify chain i-1.chain --trust data/trust.json --directory data/directory.jwt");
    assert_eq!(chain.code, 0, "{chain:?}");
    let text = fs::read_to_string(house.file("receipt.txt")).unwrap();
    fs::write(house.file("forged.txt"), text.replacen("index ", "index 1", 1)).unwrap();
    let forged = house.run("verify receipt forged.txt --trust data/trust.json");
    assert_eq!(forged.code, 1, "{forged:?}");
    let gone = house.run("audit tail");
    assert!(gone.code == 3 && gone.err.contains("procura up"), "{gone:?}");
}

#[test]
fn every_help_has_examples() {
    for line in [
        "",
        "demo",
        "up",
        "guard",
        "agent",
        "agent create",
        "agent list",
        "agent show",
        "agent suspend",
        "agent resume",
        "agent revoke",
        "person",
        "person add",
        "person list",
        "delegate",
        "call",
        "approvals",
        "approvals list",
        "approvals approve",
        "approvals deny",
        "revoke",
        "audit",
        "audit tail",
        "audit receipt",
        "audit verify",
        "inspect",
        "verify",
        "verify receipt",
        "verify chain",
    ] {
        let mut command = Command::new(BINARY);
        let said: Said =
            command.args(line.split_whitespace()).arg("--help").output().unwrap().into();
        assert_eq!(said.code, 0, "{line}: {said:?}");
        assert!(said.out.contains("Examples:\n"), "{line}: {}", said.out);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn cli_04_no_secret_is_on_a_command_line_in_an_environment_in_output_or_in_the_log() {
    let house = House::with_workshop();
    let up = house.up();
    cast(&house);
    let secrets = secrets(&house);
    let check = |what: &str, bytes: &[u8]| {
        for secret in &secrets {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!is_there, "{what} shows a secret");
        }
    };
    for name in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{name}", up.id())).unwrap();
        assert!(!bytes.is_empty(), "{name}");
        check(name, &bytes);
        for child in children(up.id()) {
            check(name, &fs::read(format!("/proc/{child}/{name}")).unwrap());
        }
    }
    for line in [
        "agent list",
        "delegate --to coder --out x.chain --allow mcp:web/deploy",
        "inspect data/keys/agent.coder.key",
        "inspect data/keys/digest.key",
        "audit tail --from 0",
        "audit tail --from 0 --json",
    ] {
        let said = house.run(line);
        assert_eq!(said.code, 0, "{line}: {said:?}");
        check(line, said.out.as_bytes());
        check(line, said.err.as_bytes());
    }
    check("standard error", up.complaints().as_bytes());
    up.terminate();
    let own = house.file("passphrase");
    for file in files_below(&house.file("")).iter().filter(|file| **file != own) {
        check(&file.display().to_string(), &fs::read(file).unwrap());
    }
}

/// The passphrase, and a secret that is sealed with it, as they may be written.
fn secrets(house: &House) -> Vec<Vec<u8>> {
    let file = house.file("passphrase");
    let passphrase = fs::read_to_string(&file).unwrap().trim().as_bytes().to_vec();
    let unsealer = Unsealer::new(Passphrase::from_file(&file).unwrap());
    let sealed = unsealer.open_bytes(&house.file("data/keys/digest.key"), &Purpose::DIGEST);
    let raw = sealed.unwrap().expose().to_vec();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = base64url::encode(&raw).into_bytes();
    vec![passphrase, raw, hex.into_bytes(), text]
}

fn children(id: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{id}/task")).unwrap() {
        let list = fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().map(|id| id.parse::<u32>().unwrap()));
    }
    assert!(!found.is_empty(), "the MCP server runs in a process of its own");
    found
}
