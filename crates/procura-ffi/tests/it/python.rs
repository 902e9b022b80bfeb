//! Python and the package whose Ed25519 the host hook uses; the library is loaded by `ctypes`.
//!
//! Versions and hashes are in `tests/python/requirements.txt`. They are installed once for each
//! state of that file, in a virtual environment in the target directory.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use procura_testkit::packages;

use crate::foreign::source;

/// The interpreter that sees the package.
///
/// # Panics
///
/// Panics if Python is missing or cannot install: a machine without it has not run these tests.
pub(crate) fn python() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let install = || {
        let requirements = source().join("python/requirements.txt");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        packages::from_pip(&requirements, (target, "ffi-python")).unwrap()
    };
    INSTALLED.get_or_init(install).clone()
}
