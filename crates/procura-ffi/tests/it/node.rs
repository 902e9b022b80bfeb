//! Node.js and the npm package that calls shared libraries from it.
//!
//! The exact version is in `tests/node/package-lock.json`. It is installed once for each state of
//! that file, in the target directory, and shared by all later runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::foreign::{named_after, source};

/// The folder in which `drive.mjs` finds its package.
///
/// # Panics
///
/// Panics if `npm` is missing or cannot install: a machine without it has not run these tests.
pub(crate) fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let home = named_after("ffi-node", &FILES.map(|name| source().join("node").join(name)));
        if !home.is_dir() {
            install(&home);
        }
        home
    })
}

fn install(home: &Path) {
    let scratch = tempfile::Builder::new()
        .prefix("ffi-node-install-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    for name in FILES {
        fs::copy(source().join("node").join(name), scratch.path().join(name)).unwrap();
    }
    let output = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(scratch.path())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("these tests need `npm`: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`npm ci` in tests/node failed:\n{stderr}");
    if let Err(error) = fs::rename(scratch.path(), home) {
        // Another process was first. Its packages are the same.
        assert!(home.is_dir(), "cannot keep the packages: {error}");
    }
}

const FILES: [&str; 4] = [".npmrc", "drive.mjs", "package-lock.json", "package.json"];
