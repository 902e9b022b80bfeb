//! The `clippy.toml` of the pure crates keeps effects out, which a build for a
//! target without I/O would show only where that target is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tree::Tree;

const PURE: [&str; 4] = ["procura-merkle", "procura-policy", "procura-core", "procura-wire"];
const MANIFEST: &str =
    "[package]\nname = \"planted\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";

fn lists(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("crates")
        .join(name)
        .join("clippy.toml")
}

/// Runs clippy on a crate with this source and the lists of the pure crates, and
/// compares what it calls disallowed.
fn check(source: &str, expected: &[&str]) {
    let text = fs::read_to_string(lists(PURE[0])).unwrap();
    let tree =
        Tree::new(&[("Cargo.toml", MANIFEST), ("clippy.toml", &text), ("src/lib.rs", source)]);
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--offline", "--quiet", "--", "-D", "warnings"])
        .current_dir(tree.path())
        .env("CARGO_TARGET_DIR", tree.path().join("target"))
        .env_remove("CLIPPY_CONF_DIR")
        .output()
        .unwrap();
    let report = String::from_utf8(output.stderr).unwrap();
    let mut found: Vec<_> = report.lines().filter_map(disallowed).collect();
    found.dedup();
    assert_eq!(found, expected, "{report}");
    assert_eq!(output.status.success(), expected.is_empty(), "{report}");
}

fn disallowed(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("use of a disallowed ")?;
    rest.split('`').nth(1)
}

#[test]
fn every_pure_crate_has_the_same_lists() {
    let first = fs::read(lists(PURE[0])).unwrap();
    assert!(PURE.iter().all(|name| fs::read(lists(name)).unwrap() == first));
}

#[test]
fn effects_are_disallowed() {
    check(
        "//! Effects.\n\
         /// Does each of them.\n\
         pub fn effects() {\n\
         let _ = std::fs::read(\"a\");\n\
         let _ = std::net::TcpStream::connect(\"a\");\n\
         let _ = std::time::Instant::now();\n\
         let _ = std::time::SystemTime::now();\n\
         let _ = std::thread::spawn(|| ());\n\
         let _ = std::env::var(\"a\");\n\
         let _ = std::process::Command::new(\"a\");\n\
         let _ = std::hash::RandomState::new();\n\
         let _ = std::io::stdin();\n\
         }\n",
        &[
            "std::fs::read",
            "std::net::TcpStream",
            "std::time::Instant::now",
            "std::time::Instant",
            "std::time::SystemTime::now",
            "std::time::SystemTime",
            "std::thread::spawn",
            "std::env::var",
            "std::process::Command::new",
            "std::process::Command",
            "std::hash::RandomState::new",
            "std::io::stdin",
        ],
    );
}

#[test]
fn an_alias_does_not_hide_an_effect() {
    check(
        "//! Effects.\nuse std::fs::write as remember;\n\
         /// Remembers.\npub fn f() {\nlet _ = remember(\"a\", \"b\");\n}\n",
        &["std::fs::write"],
    );
}

#[test]
fn computing_is_allowed() {
    check(
        "//! No effects.\n/// Adds.\npub fn f(a: u8) -> Option<u8> {\na.checked_add(1)\n}\n",
        &[],
    );
}
