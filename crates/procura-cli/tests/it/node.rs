//! Clients and servers from npm, which the project did not write.
//!
//! Their exact versions are in `tests-node/package-lock.json`. They are installed once for each
//! state of that file, in the target directory, and shared by all later runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use procura_testkit::packages;
use serde_json::{Value, json};

/// The directory `node_modules` in which the packages of `tests-node` are installed.
///
/// The first caller in a process installs them and the others wait. Another process that installs
/// them at the same time does so under a name of its own; the first rename wins.
///
/// # Panics
///
/// Panics if `npm` is missing or cannot install: a machine without it has not run these tests.
pub(crate) fn node_modules() -> PathBuf {
    installed().join("node_modules")
}

/// The command line of a script of an installed package, as a command and its first argument.
pub(crate) fn node_script(path: &str) -> (String, String) {
    let script = node_modules().join(path);
    assert!(script.is_file(), "the packages have no script `{path}`");
    ("node".to_owned(), script.to_str().unwrap().to_owned())
}

/// Runs `drive.mjs` on a script and returns the line that it printed for each step.
///
/// The script is `{command, args, env?, era?, steps}`; see `tests-node/drive.mjs`.
pub(crate) fn drive(mut script: Value) -> Vec<Value> {
    script["timeout_ms"] = json!(TIMEOUT_MS);
    drive_as_is(&script)
}

/// The same for a script that says itself how long it waits, in `timeout_ms`.
pub(crate) fn drive_as_is(script: &Value) -> Vec<Value> {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("script.json");
    fs::write(&file, script.to_string()).unwrap();
    let output = Command::new("node")
        .arg(installed().join("drive.mjs"))
        .arg(&file)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("these tests need `node` (18 or later): {error}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "drive.mjs printed nothing ({})", output.status);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The result of a step that must have succeeded.
pub(crate) fn result(line: &Value) -> &Value {
    assert_eq!(line["ok"], true, "{line}");
    &line["result"]
}

#[test]
fn a_stock_client_reads_through_a_stock_file_server() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    fs::write(folder.join("a"), "text").unwrap();
    let (command, script) = node_script(FILE_SERVER);
    let read =
        |path: &Path| json!({"call": {"name": "read_text_file", "arguments": {"path": path}}});
    let lines = drive(json!({
        "command": command,
        "args": [script, folder],
        "steps": [read(&folder.join("a")), read(Path::new("/etc/passwd"))],
    }));
    assert_eq!(result(&lines[0])["content"][0]["text"], "text");
    assert_eq!(result(&lines[1])["isError"], true);
}

#[test]
fn a_server_that_does_not_start_is_an_error_of_the_driver() {
    let lines = drive(json!({"command": "/does/not/exist", "args": [], "steps": [{"list": true}]}));
    assert_eq!((lines.len(), &lines[0]["ok"]), (1, &json!(false)));
}

fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        packages::from_npm(&source(), &FILES, (target, "node")).unwrap()
    })
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests-node")
}

const FILES: [&str; 4] = [".npmrc", "drive.mjs", "package-lock.json", "package.json"];
/// A stock MCP server whose tools take paths; its argument is the folder that it serves.
pub(crate) const FILE_SERVER: &str = "@modelcontextprotocol/server-filesystem/dist/index.js";
const TIMEOUT_MS: u64 = 60_000;
