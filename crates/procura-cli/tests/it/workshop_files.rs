//! What the workshop's file tools reach, and what they do not.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;

use crate::yard::Yard;

#[test]
fn what_was_written_is_what_is_read() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let text = "fn main() { \"\u{1f600}\\n\" }\r\n\t";
    server.done("write_file", json!({"path": "/a/b/c.rs", "content": text}));
    assert_eq!(fs::read_to_string(yard.repo().join("a/b/c.rs")).unwrap(), text);
    assert_eq!(server.done("read_file", json!({"path": "/a/b/c.rs"})), text);
}

#[test]
fn a_shorter_text_replaces_a_longer_one_whole() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    server.done("write_file", json!({"path": "/README.md", "content": "x"}));
    assert_eq!(server.done("read_file", json!({"path": "/README.md"})), "x");
    server.done("write_file", json!({"path": "/README.md", "content": ""}));
    assert_eq!(server.done("read_file", json!({"path": "/README.md"})), "");
}

#[test]
fn a_path_that_is_not_plain_is_refused() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let paths = [
        "",
        "/",
        "README.md",
        "./README.md",
        "/../web/README.md",
        "/src/../README.md",
        "/./README.md",
        "//README.md",
        "/src/",
        "/src//auth.ts",
        "/..",
        "/README.md\u{0}",
        "/.git",
        "/.git/config",
        "/.GIT/config",
        "/.Git/hooks/post-checkout",
        "/src/.git/config",
        "~/x",
        &format!("/{}", "x".repeat(1024)),
    ];
    for path in paths {
        let said = server.failed("read_file", json!({"path": path}));
        assert!(said.contains("the path"), "`{path}`: {said}");
        let said = server.failed("write_file", json!({"path": path, "content": "x"}));
        assert!(said.contains("the path"), "`{path}`: {said}");
    }
    assert_eq!(yard.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_name_that_only_looks_special_is_a_name() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    for path in ["/.gitignore", "/...", "/a b", "/-n", "/$(id)", "/.github/x.yml", "/C:\\x", "/é"]
    {
        server.done("write_file", json!({"path": path, "content": path}));
        assert_eq!(server.done("read_file", json!({"path": path})), path);
    }
}

#[test]
fn a_symbolic_link_leads_nowhere() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let outside = yard.repo().with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    symlink(&outside, yard.repo().join("folder")).unwrap();
    symlink(outside.join("secret"), yard.repo().join("file")).unwrap();
    symlink(outside.join("made"), yard.repo().join("dangling")).unwrap();
    symlink(".git", yard.repo().join("alias")).unwrap();
    symlink("src", yard.repo().join("inside")).unwrap();
    for path in ["/folder/secret", "/file", "/dangling", "/alias/config", "/inside/auth.ts"] {
        let said = server.failed("read_file", json!({"path": path}));
        assert!(said.contains("symbolic link"), "`{path}`: {said}");
        let said = server.failed("write_file", json!({"path": path, "content": "x"}));
        assert!(said.contains("symbolic link"), "`{path}`: {said}");
    }
    server.failed("write_file", json!({"path": "/folder/sub/made", "content": "x"}));
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "secret");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn only_regular_files_are_opened() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let made = Command::new("mkfifo").arg(yard.repo().join("pipe")).status().unwrap();
    assert!(made.success());
    assert!(server.failed("read_file", json!({"path": "/pipe"})).contains("regular file"));
    server.failed("write_file", json!({"path": "/pipe", "content": "x"}));
    assert!(server.failed("read_file", json!({"path": "/src"})).contains("regular file"));
    server.failed("write_file", json!({"path": "/src", "content": "x"}));
    server.failed("write_file", json!({"path": "/README.md/x", "content": "x"}));
    let said = server.failed("read_file", json!({"path": "/src/none.ts"}));
    assert_eq!(said, "there is no `none.ts`");
    assert!(!yard.repo().join("none").exists());
    server.failed("read_file", json!({"path": "/none/x"}));
    assert!(!yard.repo().join("none").exists());
}

#[test]
fn a_file_is_text_and_not_too_large() {
    let yard = Yard::new();
    let mut server = yard.open(&[]);
    let largest = "x".repeat(512 * 1024);
    server.done("write_file", json!({"path": "/large", "content": largest}));
    assert_eq!(server.done("read_file", json!({"path": "/large"})), largest);
    let larger = format!("{largest}x");
    let said = server.failed("write_file", json!({"path": "/larger", "content": larger}));
    assert!(said.contains("larger than 524288 bytes"), "{said}");
    assert!(!yard.repo().join("larger").exists());
    fs::write(yard.repo().join("larger"), larger).unwrap();
    let said = server.failed("read_file", json!({"path": "/larger"}));
    assert!(said.contains("larger than 524288 bytes"), "{said}");
    fs::write(yard.repo().join("binary"), b"\xff\xfe").unwrap();
    assert!(server.failed("read_file", json!({"path": "/binary"})).contains("not UTF-8"));
}
