//! What all sets have in common: usage, exit codes and the last line.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// How a run ended.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Run {
    /// The last line of the report.
    pub(crate) fn last_line(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

/// Runs the program with `arguments`.
pub(crate) fn run(arguments: &[&OsStr]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_conform")).args(arguments).output().unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Where a shared set is, or nothing outside of continuous integration.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let path = env::var_os("PROCURA_VECTORS").map_or_else(beside, PathBuf::from).join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(env::var("CI").as_deref() != Ok("true"), "the vectors `{name}` are missing");
    println!("skipped: the vectors `{name}` are not here");
    None
}

#[test]
fn wrong_usage_exits_with_2() {
    let here = OsStr::new(".");
    let [merkle, unknown] = ["merkle", "unknown"].map(OsStr::new);
    for arguments in [&[][..], &[merkle], &[unknown, here], &[merkle, here, here], &[here]] {
        let ran = run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert_eq!(ran.out, "");
        assert!(ran.error.contains("usage: conform merkle DIR\n"), "{}", ran.error);
    }
}

#[test]
fn what_cannot_be_read_exits_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    for set in ["merkle", "ed25519"] {
        let ran = run(&[set.as_ref(), missing.as_os_str()]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.error.contains("cannot run"), "{}", ran.error);
    }
}

#[test]
fn a_run_that_judged_nothing_exits_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.txt");
    fs::write(&list, "[]").unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    for (set, path) in [("merkle", folder.path()), ("ed25519", &list)] {
        let ran = run(&[set.as_ref(), path.as_os_str()]);
        assert_eq!(ran.code, Some(3), "{ran:?}");
        let nothing = format!(r#"{{"set":"{set}","passed":0,"failed":0,"not_applicable":0}}"#);
        assert_eq!(ran.last_line(), nothing);
    }
}
