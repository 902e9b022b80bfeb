//! `procura demo`: every step is told, every step is as expected, and nothing is left behind.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::desk::Said;
use crate::house::files_below;
use crate::yard::BINARY;

/// What the story must show, whatever else it tells.
const STEPS: [&str; 22] = [
    "allowed-write",
    "refused-path",
    "refused-path-dots",
    "refused-path-prefix",
    "refused-tool",
    "widened-child",
    "replay",
    "other-key",
    "same-name-refused",
    "no-credential",
    "changed-argument",
    "expired",
    "deploy-held",
    "approved",
    "approved-run",
    "approval-used",
    "approval-void",
    "planner-revoked",
    "coder-stopped",
    "audit-verified",
    "log-verified",
    "tampering-found",
];

/// The demo in an environment that has nothing of this one but `path`.
fn demo_with(path: &str, folder: &Path, words: &[&str]) -> Said {
    let temporary = folder.join("tmp");
    fs::create_dir_all(&temporary).unwrap();
    Command::new(BINARY)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .env("TMPDIR", temporary)
        .current_dir(folder)
        .arg("demo")
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap()
        .into()
}

fn demo(folder: &Path, words: &[&str]) -> Said {
    demo_with(&std::env::var("PATH").unwrap(), folder, words)
}

fn objects(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let shown = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
    files_below(folder).iter().map(|path| shown(path)).collect()
}

#[test]
fn every_step_is_an_object_and_the_last_object_says_how_it_went() {
    let folder = tempfile::tempdir().unwrap();
    let said = demo(folder.path(), &["--json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let objects = objects(&said);
    let (last, steps) = objects.split_last().unwrap();
    assert_eq!((&last["ok"], &last["dir"]), (&json!(true), &Value::Null), "{last}");
    assert_eq!(last["steps"], json!(steps.len()));
    assert!(last["events"].as_u64().unwrap() > 20, "{last}");
    for step in steps {
        assert_eq!(step["ok"], true, "{step}");
        assert_eq!(step["got"], step["expect"], "{step}");
        assert!(step["step"].is_string() && step["title"].is_string(), "{step}");
    }
    for id in STEPS {
        assert_eq!(steps.iter().filter(|step| step["step"] == id).count(), 1, "{id}");
    }
    assert_eq!(files(folder.path()), [""; 0], "something is left");
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0, "something is left");
}

#[test]
fn what_is_kept_is_what_was_told_and_holds_no_secret_in_the_open() {
    let folder = tempfile::tempdir().unwrap();
    let said = demo(folder.path(), &["--keep", "--dir", "kept"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert!(!said.out.contains('\u{1b}'), "colour where there is no terminal: {}", said.out);
    let kept = folder.path().join("kept");
    assert!(said.out.contains(kept.to_str().unwrap()), "{}", said.out);
    let passphrase = fs::read_to_string(kept.join("passphrase")).unwrap();
    assert!(passphrase.trim().len() > 16 && !said.out.contains(passphrase.trim()));
    for file in files_below(&kept).iter().filter(|file| !file.ends_with("passphrase")) {
        let bytes = fs::read(file).unwrap();
        let secret = passphrase.trim().as_bytes();
        let is_open = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!is_open, "{} shows the passphrase", file.display());
    }
    let written = fs::read_to_string(kept.join("repo/src/auth.ts")).unwrap();
    assert_eq!(written, "export const signedIn = true;\n");
    assert_eq!(git(&kept, &["log", "--format=%s", "main..pr/1"]), "Remember who is signed in\n");
    let changed = git(&kept, &["diff", "--name-only", "main", "pr/1"]);
    assert_eq!(changed, "src/auth.ts\n", "the refused writes left something");
    let mut releases = files(&kept.join("releases"));
    releases.sort();
    assert_eq!(releases, ["production-1.json", "staging-1.json", "staging-2.json"]);
    for chain in ["planner", "coder", "instance", "deployer"] {
        let text = fs::read_to_string(kept.join(format!("chains/{chain}.chain"))).unwrap();
        let chain: Value = serde_json::from_str(&text).unwrap();
        assert!(!chain["aat_chain"].as_array().unwrap().is_empty(), "{chain}");
    }
    let receipts = files(&kept.join("receipts"));
    assert!(receipts.iter().filter(|name| name.ends_with(".txt")).count() > 20, "{receipts:?}");
}

#[test]
fn what_is_kept_verifies_afterwards_by_the_commands_that_are_suggested() {
    let folder = tempfile::tempdir().unwrap();
    let said = demo(folder.path(), &["--json", "--keep", "--dir", "kept"]);
    assert_eq!(objects(&said).last().unwrap()["dir"], json!(folder.path().join("kept")));
    let procura = |words: &[&str]| -> Said {
        Command::new(BINARY).current_dir(folder.path()).args(words).output().unwrap().into()
    };
    let trust = ["--trust", "kept/data/trust.json"];
    let receipt = procura(&[&["verify", "receipt", "kept/receipts/0004.txt"], &trust[..]].concat());
    assert_eq!(receipt.code, 0, "{receipt:?}");
    let chain = procura(&["inspect", "kept/chains/instance.chain"]);
    assert!(chain.code == 0 && chain.out.contains("/src/auth.ts"), "{chain:?}");
    let log = procura(&["--data", "kept/data", "audit", "verify"]);
    assert_eq!(log.code, 0, "{log:?}");
}

#[test]
fn a_named_directory_that_is_not_kept_is_gone_and_one_that_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(demo(folder.path(), &["--dir", "named"]).code, 0);
    assert!(!folder.path().join("named").exists(), "the directory is left");
    fs::create_dir(folder.path().join("named")).unwrap();
    fs::write(folder.path().join("named/mine"), "text").unwrap();
    let said = demo(folder.path(), &["--dir", "named"]);
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{said:?}");
    assert!(said.err.contains("next: name a directory that is not there yet"), "{said:?}");
    let said = demo(folder.path(), &["--json", "--dir", "named"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(objects(&said).last().unwrap()["ok"], json!(false));
    assert_eq!(fs::read_to_string(folder.path().join("named/mine")).unwrap(), "text");
}

#[test]
fn a_demo_that_is_broken_off_leaves_no_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Command::new(BINARY)
        .env("TMPDIR", folder.path())
        .current_dir(folder.path())
        .args(["demo", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut steps = BufReader::new(running.stdout.take().unwrap()).lines();
    steps.next().unwrap().unwrap();
    assert!(!files(folder.path()).is_empty(), "there are keys while it runs");
    let id = Pid::from_raw(i32::try_from(running.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
    for _rest in steps {}
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_eq!(files(folder.path()), [""; 0], "something is left");
}

#[test]
fn without_git_the_demo_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let said = demo_with("/nowhere", folder.path(), &["--json"]);
    assert_ne!(said.code, 0, "{said:?}");
    let objects = objects(&said);
    assert_eq!(objects.last().unwrap()["ok"], false, "{said:?}");
    let got = objects[0]["got"].as_str().unwrap();
    assert!(got.contains("`git`") && got.contains("install git"), "{got}");
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0, "something is left");
}

fn git(kept: &Path, words: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(kept.join("repo")).args(words).output().unwrap();
    assert!(output.status.success(), "git {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
