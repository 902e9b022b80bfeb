//! Python packages, which the project did not write.
//!
//! Their exact versions and hashes are in `tests-python/requirements.txt`. They are installed once
//! for each state of that file, in a virtual environment in the target directory.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use procura_testkit::packages;

/// The Python that sees the packages of `tests-python`.
///
/// The first caller in a process installs them and the others wait. Another process that installs
/// them at the same time does so under a name of its own; the first rename wins.
///
/// # Panics
///
/// Panics if Python is missing or cannot install: a machine without it has not run these tests.
pub(crate) fn python() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let install = || {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let requirements = here.join("../../tests-python/requirements.txt");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        packages::from_pip(&requirements, (target, "python")).unwrap()
    };
    INSTALLED.get_or_init(install).clone()
}
