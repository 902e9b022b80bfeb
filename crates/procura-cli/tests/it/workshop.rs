//! The workshop's tools, called over its pipes and by a client that the project did not write.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::node::{self, result};
use crate::yard::{BINARY, Yard};

#[test]
fn the_demo_repository_is_the_same_everywhere() {
    let yard = Yard::new();
    yard.open(&[]).hang_up();
    assert_eq!(yard.git(&["rev-parse", "main"]), FIRST_COMMIT);
    assert_eq!(yard.git(&["status", "--porcelain", "--branch"]), "## main");
    let files = yard.git(&["ls-files"]);
    assert_eq!(files, "README.md\ndeploy/prod.yaml\nsrc/auth.ts\nsrc/index.ts");
}

#[test]
fn an_existing_directory_is_never_turned_into_the_demo_repository() {
    let yard = Yard::new();
    fs::create_dir(yard.repo()).unwrap();
    let (lines, status) = yard.start(&[]).hang_up();
    assert_eq!((lines, status.code()), (vec![], Some(3)));
    assert_eq!(fs::read_dir(yard.repo()).unwrap().count(), 0);
}

#[test]
fn a_repository_further_up_is_not_taken_for_this_one() {
    let yard = Yard::new();
    yard.open(&[]).hang_up();
    let output = Command::new(BINARY)
        .args(["workshop", "--repo"])
        .arg(yard.repo().join("src"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a git repository"));
}

#[test]
fn a_pull_request_is_a_commit_off_the_base() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    server.done("write_file", json!({"path": "/src/auth.ts", "content": "changed\n"}));
    server.done("write_file", json!({"path": "/docs/new.md", "content": "new\n"}));
    let made = server.call(
        "create_pull_request",
        json!({"base": "main", "title": "Change it", "body": "Because.", "draft": true}),
    );
    let made = &made["structuredContent"];
    assert_eq!((&made["number"], &made["branch"]), (&json!(1), &json!("pr/1")));
    assert_eq!((&made["base"], &made["draft"]), (&json!("main"), &json!(true)));
    let commit = made["commit"].as_str().unwrap();
    assert_eq!(yard.git(&["rev-parse", "pr/1"]), commit);
    assert_eq!(yard.git(&["rev-parse", "pr/1~1"]), FIRST_COMMIT);
    let message = yard.git(&["log", "-1", "--format=%an <%ae>%n%B", "pr/1"]);
    let expected = "procura workshop <workshop@acme.example>\nChange it\n\nBecause.\n\nDraft: yes";
    assert_eq!(message, expected);
    let changed = yard.git(&["diff", "--name-status", "main", "pr/1"]);
    assert_eq!(changed, "A\tdocs/new.md\nM\tsrc/auth.ts");
}

#[test]
fn the_base_is_checked_out_and_clean_after_a_pull_request() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    server.done("write_file", json!({"path": "/docs/new.md", "content": "new\n"}));
    server.done("create_pull_request", json!({"base": "main", "title": "One"}));
    assert_eq!(yard.git(&["status", "--porcelain", "--branch"]), "## main");
    assert_eq!(yard.git(&["rev-parse", "HEAD"]), FIRST_COMMIT);
    assert!(!yard.repo().join("docs").exists());
    server.done("write_file", json!({"path": "/other.md", "content": "other\n"}));
    server.done("create_pull_request", json!({"base": "main", "title": "Two"}));
    assert_eq!(yard.git(&["diff", "--name-status", "main", "pr/2"]), "A\tother.md");
}

#[test]
fn a_pull_request_that_cannot_be_made_changes_nothing() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let refused = [
        (json!({"base": "main", "title": "Nothing"}), "there is nothing to propose"),
        (json!({"base": "other", "title": "Elsewhere"}), "the branch `other` is not checked out"),
        (json!({"base": "main~0", "title": "A revision"}), "`main~0` is not checked out"),
        (json!({"base": "--help", "title": "An option"}), "`--help` is not checked out"),
        (json!({"base": "main", "title": " "}), "the title is empty"),
        (json!({"base": "main", "title": "a\nb"}), "the title is not one line"),
        (json!({"base": "main", "title": "x".repeat(257)}), "longer than 256 bytes"),
        (json!({"base": "main", "title": "x", "body": "\u{0}"}), "a zero byte"),
        (json!({"base": "main", "title": "x", "body": "x".repeat(65_537)}), "65536 bytes"),
    ];
    for (arguments, reason) in refused {
        let said = server.failed("create_pull_request", arguments);
        assert!(said.contains(reason), "{said}");
    }
    assert_eq!(yard.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    assert_eq!(yard.git(&["status", "--porcelain", "--branch"]), "## main");
}

#[test]
fn a_title_is_never_an_option_of_git() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    server.done("write_file", json!({"path": "/new.md", "content": "new\n"}));
    server.done("create_pull_request", json!({"base": "main", "title": "--amend #not a comment"}));
    assert_eq!(yard.git(&["log", "-1", "--format=%s", "pr/1"]), "--amend #not a comment");
    assert_eq!(yard.git(&["rev-parse", "main"]), FIRST_COMMIT);
}

#[test]
fn a_hook_of_the_repository_does_not_run() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let hooks = yard.repo().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for name in ["reference-transaction", "post-checkout", "post-index-change"] {
        let hook = hooks.join(name);
        fs::write(&hook, "#!/bin/sh\necho ran >> \"$GIT_DIR/../../ran\"\n").unwrap();
        Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    }
    server.done("write_file", json!({"path": "/new.md", "content": "new\n"}));
    server.done("create_pull_request", json!({"base": "main", "title": "One"}));
    assert!(!yard.repo().with_file_name("ran").exists());
}

#[test]
fn a_deployment_is_a_record_outside_the_work_tree() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    for number in 1..=2 {
        let result =
            server.call("deploy", json!({"environment": "production", "version": "1.4.0"}));
        let path = yard.releases().join(format!("production-{number}.json"));
        let path = path.canonicalize().unwrap();
        assert_eq!(result["structuredContent"]["path"], path.to_str().unwrap());
        let record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let time = record["time"].as_u64().unwrap();
        let expected = json!({
            "environment": "production", "version": "1.4.0", "commit": FIRST_COMMIT, "time": time,
        });
        assert_eq!(record, expected);
    }
    assert_eq!(yard.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_deployment_cannot_choose_where_its_record_goes() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    for environment in ["", "../web/x", "a/b", "a.b", "a\u{0}", "é", &"x".repeat(65)] {
        let arguments = json!({"environment": environment, "version": "1"});
        assert!(server.failed("deploy", arguments).contains("`environment`"));
    }
    for version in ["", "1 0", "$(id)", "1\n"] {
        let arguments = json!({"environment": "staging", "version": version});
        assert!(server.failed("deploy", arguments).contains("`version`"));
    }
    assert_eq!(fs::read_dir(yard.releases()).unwrap().count(), 0);
}

#[test]
fn releases_in_the_work_tree_are_refused_at_the_start() {
    let yard = Yard::new();
    yard.open(&[]).hang_up();
    let inside = yard.repo().join("releases");
    let (lines, status) = yard.start(&["--releases", inside.to_str().unwrap()]).hang_up();
    assert_eq!((lines, status.code()), (vec![], Some(3)));
}

#[test]
fn another_repository_is_refused_by_every_tool() {
    let yard = Yard::new();
    let mut server = yard.open(&["--name", "acme/api"]);
    let calls = [
        ("read_file", json!({"path": "/README.md"})),
        ("write_file", json!({"path": "/README.md", "content": "x"})),
        ("create_pull_request", json!({"base": "main", "title": "x"})),
        ("deploy", json!({"environment": "staging", "version": "1"})),
    ];
    for (name, arguments) in calls {
        let said = server.failed(name, arguments);
        assert_eq!(said, "there is no repository `acme/web` here");
    }
    assert_eq!(yard.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_stock_client_works_in_both_eras() {
    for (era, protocol) in
        [("legacy", "2025-11-25"), ("modern", "2026-07-28"), ("auto", "2026-07-28")]
    {
        let yard = Yard::new();
        let lines = node::drive(json!({
            "command": BINARY,
            "args": yard.arguments(&[]),
            "era": era,
            "steps": [
                {"info": true},
                {"list": true},
                call("write_file", json!({"path": "/src/auth.ts", "content": "changed\n"})),
                call("read_file", json!({"path": "/src/auth.ts"})),
                call("create_pull_request", json!({"base": "main", "title": "Change it"})),
                call("deploy", json!({"environment": "staging", "version": "1.4.0"})),
                call("read_file", json!({"path": "/.git/config"})),
                call("delete_file", json!({})),
            ],
        }));
        assert_eq!(lines.len(), 8, "{lines:?}");
        assert_eq!(result(&lines[0])["protocol"], protocol);
        assert_eq!(result(&lines[0])["server"]["name"], "procura-workshop");
        let names: Vec<&str> = result(&lines[1])["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["read_file", "write_file", "create_pull_request", "deploy"]);
        assert_eq!(result(&lines[3])["content"][0]["text"], "changed\n");
        let commit = &result(&lines[4])["structuredContent"]["commit"];
        assert_eq!(*commit, yard.git(&["rev-parse", "pr/1"]));
        let record = result(&lines[5])["structuredContent"]["path"].as_str().unwrap();
        assert!(Path::new(record).is_file());
        assert_eq!(result(&lines[6])["isError"], true);
        assert_eq!(lines[7]["error"]["code"], -32602);
    }
}

#[test]
fn a_stock_client_meets_every_fault() {
    for (fault, expected) in [("die", "closed"), ("hang", "timed out"), ("garbage", "timed out")] {
        let yard = Yard::new();
        let lines = node::drive_as_is(&json!({
            "command": BINARY,
            "args": yard.arguments(&["--fault", fault, "--fault-after", "1"]),
            "timeout_ms": 2_000,
            "steps": [
                call("read_file", json!({"path": "/README.md"})),
                call("write_file", json!({"path": "/README.md", "content": "x"})),
            ],
        }));
        result(&lines[0]);
        let said = lines[1]["error"]["message"].as_str().unwrap().to_lowercase();
        assert!(said.contains(expected), "{fault}: {said}");
        assert_eq!(yard.git(&["status", "--porcelain"]), "");
    }
}

fn call(name: &str, mut arguments: Value) -> Value {
    arguments["repo"] = json!("acme/web");
    json!({"call": {"name": name, "arguments": arguments}})
}

const FIRST_COMMIT: &str = "b20d757a932e49e6f00964135b7114ca97bd2c87";
