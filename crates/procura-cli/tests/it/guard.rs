//! `procura guard` between a stock client and a stock server, as a user would put it there.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::desk::Said;
use crate::house::{House, Running};
use crate::node::{FILE_SERVER, drive, node_script, result};
use crate::yard::BINARY;

/// A house with an agent `coder` and its chain.
struct Guarded {
    house: House,
}

impl Guarded {
    /// The coder may write, and read whole files, below `files/allowed`.
    fn files() -> Self {
        let house = House::new();
        fs::create_dir_all(house.file("files/allowed")).unwrap();
        let guarded = Self { house };
        let folder = guarded.folder().join("allowed");
        let path = format!("path=under:{}", folder.display());
        guarded.delegate(&[
            &format!("mcp:files/write_file({path}, content=any)"),
            &format!("mcp:files/read_text_file({path})"),
        ]);
        guarded
    }

    /// The coder may read below `/` of the workshop's repository.
    fn workshop() -> Self {
        let guarded = Self { house: House::new() };
        guarded.delegate(&["mcp:web/read_file"]);
        guarded
    }

    fn delegate(&self, tools: &[&str]) {
        let up = self.house.up();
        self.house.done("agent create coder");
        let tools: Vec<String> = tools.iter().map(|tool| format!("--allow '{tool}'")).collect();
        self.house.done(&format!("delegate --to coder --out coder.chain {}", tools.join(" ")));
        up.terminate();
    }

    /// The served folder, as the file server names it.
    fn folder(&self) -> PathBuf {
        self.house.file("files").canonicalize().unwrap()
    }

    fn command(&self, name: &str, credential: &[&str], server: &[&str]) -> Command {
        let mut command = self.house.command("guard --name");
        command.arg(name).args(credential).arg("--").args(server);
        command
    }

    /// Guards the file server for the stock client.
    fn drive(&self, credential: &[&str], steps: &Value) -> Vec<Value> {
        let (node, script) = node_script(FILE_SERVER);
        let folder = self.folder();
        let command =
            self.command("files", credential, &[&node, &script, folder.to_str().unwrap()]);
        let words: Vec<&str> = command.get_args().map(|word| word.to_str().unwrap()).collect();
        // The client starts its server where it runs itself.
        let chain = self.house.file("coder.chain");
        let words: Vec<&str> = words
            .into_iter()
            .map(|word| if word == "coder.chain" { chain.to_str().unwrap() } else { word })
            .collect();
        drive(json!({"command": BINARY, "args": words, "steps": steps}))
    }

    /// Guards the workshop for a client that types.
    fn open(&self, fault: &[&str]) -> Running {
        let repo = self.house.file("repo");
        let workshop = [BINARY, "workshop", "--create", "--repo", repo.to_str().unwrap()];
        let server = [&workshop[..], fault].concat();
        let mut guard = self.house.start(self.command("web", &CODER, &server));
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "0"}});
        let reply = guard.request("initialize", &hello);
        assert!(reply["result"]["protocolVersion"].is_string(), "{reply}");
        guard.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        guard
    }

    fn verify_log(&self) {
        let said = self.house.run("audit verify");
        assert_eq!(said.code, 0, "{said:?}");
    }
}

const CODER: [&str; 4] = ["--chain", "coder.chain", "--key", "coder"];

fn read() -> Value {
    json!({"name": "read_file", "arguments": {"repo": "acme/web", "path": "/README.md"}})
}

/// The code of a refusal, in the form that a model reads.
fn refusal(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result}");
    let code = result["_meta"]["dev.procura/decision"]["code"].as_str().unwrap();
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(code), "{result}");
    code
}

#[test]
fn a_stock_client_does_what_the_chain_holds_and_nothing_else() {
    let guarded = Guarded::files();
    let folder = guarded.folder();
    let write = |path: &str| json!({"call": {"name": "write_file", "arguments": {"path": folder.join(path), "content": "text"}}});
    let steps = json!([
        {"list": true},
        write("allowed/a"),
        write("b"),
        write("allowed/../c"),
        write("allowedx"),
        {"call": {"name": "create_directory", "arguments": {"path": folder.join("allowed/d")}}},
        {"call": {"name": "read_text_file", "arguments": {"path": folder.join("allowed/a")}}},
    ]);
    let lines = guarded.drive(&CODER, &steps);
    let tools = result(&lines[0])["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["read_text_file", "write_file"]);
    assert_eq!(result(&lines[1])["isError"], Value::Null, "{}", lines[1]);
    assert_eq!(fs::read_to_string(folder.join("allowed/a")).unwrap(), "text");
    for line in &lines[2..5] {
        assert_eq!(refusal(result(line)), "argument_refused");
    }
    assert_eq!(refusal(result(&lines[5])), "scope_not_granted");
    assert_eq!(result(&lines[6])["content"][0]["text"], "text");
    let mut left: Vec<_> = crate::house::files_below(&folder);
    left.sort();
    assert_eq!(left, [folder.join("allowed/a")]);
    assert!(!folder.join("allowed/d").exists());
    guarded.verify_log();
}

#[test]
fn a_client_without_a_credential_gets_nothing() {
    let guarded = Guarded::files();
    let file = guarded.folder().join("allowed/a");
    let arguments = json!({"path": file, "content": "text"});
    let call = json!({"call": {"name": "write_file", "arguments": arguments}});
    let lines = guarded.drive(&[], &json!([{"list": true}, call]));
    // A list that cannot be shown is an error or is empty; it names no tool.
    assert!(!lines[0].to_string().contains("write_file"), "{}", lines[0]);
    assert_eq!(refusal(result(&lines[1])), "credential_missing");
    assert!(!file.exists(), "the refused write happened");
    guarded.verify_log();
}

#[test]
fn an_agent_that_is_revoked_while_guard_serves_is_refused_at_its_next_call() {
    let guarded = Guarded::workshop();
    let mut guard = guarded.open(&[]);
    let reply = guard.request("tools/call", &read());
    assert_eq!(reply["result"]["isError"], Value::Null, "{reply}");
    assert_eq!(guarded.house.done("agent revoke coder --reason test")["state"], "revoked");
    let reply = guard.request("tools/call", &read());
    assert_eq!(refusal(&reply["result"]), "revoked");
    assert!(guard.hang_up().success());
    guarded.verify_log();
}

#[test]
fn a_server_that_dies_or_prints_garbage_is_a_clear_error_and_works_again() {
    for (fault, code) in [("die", "mcp.upstream_died"), ("garbage", "mcp.upstream_broken")] {
        let guarded = Guarded::workshop();
        let mut guard = guarded.open(&["--fault", fault, "--fault-after", "1"]);
        let reply = guard.request("tools/call", &read());
        assert_eq!(reply["result"]["isError"], Value::Null, "{reply}");
        let reply = guard.request("tools/call", &read());
        assert!(reply.to_string().contains(code), "{fault}: {reply}");
        assert!(reply.to_string().contains("whether the call ran is not known"), "{reply}");
        // The server is started again: the fault comes after its first call.
        let reply = guard.request("tools/call", &read());
        assert_eq!(reply["result"]["isError"], Value::Null, "{fault}: {reply}");
        assert!(guard.hang_up().success());
        guarded.verify_log();
    }
}

#[test]
fn a_server_that_hangs_is_a_clear_error_and_does_not_keep_guard_from_ending() {
    let guarded = Guarded::workshop();
    let mut guard = guarded.open(&["--fault", "hang"]);
    let reply = guard.request("tools/call", &read());
    assert!(reply.to_string().contains("mcp.upstream_timeout"), "{reply}");
    assert!(guard.hang_up().success());
    guarded.verify_log();
}

#[test]
fn guard_stops_in_order_when_it_is_told_to() {
    let guarded = Guarded::workshop();
    let mut guard = guarded.open(&[]);
    let reply = guard.request("tools/call", &read());
    assert_eq!(reply["result"]["isError"], Value::Null, "{reply}");
    guard.terminate();
    assert!(!guarded.house.file("data/server.json").exists(), "a stopped guard says that it runs");
    guarded.verify_log();
}

#[test]
fn a_server_that_is_none_ends_guard_with_the_next_step() {
    let guarded = Guarded::workshop();
    let rows: [(&[&str], &str); 4] = [
        (&["/does/not/exist"], "does not start"),
        (&["false"], "does not start"),
        (&["cat"], "does not start"),
        (&["echo", "hello"], "does not start"),
    ];
    for (server, words) in rows {
        let output = guarded.command("web", &CODER, server).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{server:?}: {said}");
        assert!(said.contains(words) && said.contains("next: try it by hand"), "{said}");
        assert!(output.stdout.is_empty(), "{server:?}");
    }
    guarded.verify_log();
}

#[test]
fn a_first_guard_makes_the_directory_and_says_what_it_needs() {
    let house = House::new();
    let repo = house.file("repo");
    let server = [BINARY, "workshop", "--create", "--repo", repo.to_str().unwrap()];
    let mut command = house.command("guard --name web --");
    command.args(server);
    let mut guard = house.start(command);
    let reply = guard.request("tools/call", &read());
    assert_eq!(refusal(&reply["result"]), "credential_missing");
    assert!(guard.hang_up().success());
    assert!(house.file("passphrase").is_file());
    let unchained = house.run("guard --name web --chain x -- true");
    assert!(unchained.code == 2 && unchained.err.contains("--key"), "{unchained:?}");
}

#[test]
fn a_guard_beside_a_running_server_is_told_to_take_a_directory_of_its_own() {
    let guarded = Guarded::workshop();
    let up = guarded.house.up();
    let refused: Said = guarded.command("web", &[], &[BINARY, "workshop"]).output().unwrap().into();
    assert_eq!((refused.code, refused.out.as_str()), (3, ""), "{refused:?}");
    for words in [&format!("in use by process {}", up.id()), "--data DIR", "procura.toml"] {
        assert!(refused.err.contains(words), "`{words}` in {}", refused.err);
    }
    up.terminate();
}
