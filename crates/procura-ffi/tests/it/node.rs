//! Node.js and the npm package that calls shared libraries from it.
//!
//! The exact version is in `tests/node/package-lock.json`. It is installed once for each state of
//! that file, in the target directory, and shared by all later runs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use procura_testkit::packages;

use crate::foreign::source;

/// The folder in which `drive.mjs` finds its package.
///
/// # Panics
///
/// Panics if `npm` is missing or cannot install: a machine without it has not run these tests.
pub(crate) fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        packages::from_npm(&source().join("node"), &FILES, (target, "ffi-node")).unwrap()
    })
}

const FILES: [&str; 4] = [".npmrc", "drive.mjs", "package-lock.json", "package.json"];
