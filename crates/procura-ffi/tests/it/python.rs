//! Python and the package whose Ed25519 the host hook uses; the library is loaded by `ctypes`.
//!
//! Versions and hashes are in `tests/python/requirements.txt`. They are installed once for each
//! state of that file, in a virtual environment in the target directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::foreign::{named_after, source};

/// The interpreter that sees the package.
///
/// # Panics
///
/// Panics if Python is missing or cannot install: a machine without it has not run these tests.
pub(crate) fn python() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let home = INSTALLED.get_or_init(|| {
        let home = named_after("ffi-python", &[requirements()]);
        if !home.is_dir() {
            install(&home);
        }
        home
    });
    interpreter(home)
}

fn install(home: &Path) {
    let scratch = tempfile::Builder::new()
        .prefix("ffi-python-install-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    run(Command::new("python3").args(["-m", "venv"]).arg(scratch.path()));
    // Hashes pin the bytes, and wheels run no code while they are installed.
    run(Command::new(interpreter(scratch.path()))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--require-hashes", "--only-binary", ":all:", "--requirement"])
        .arg(requirements()));
    if let Err(error) = fs::rename(scratch.path(), home) {
        // Another process was first. Its packages are the same.
        assert!(home.is_dir(), "cannot keep the packages: {error}");
    }
}

fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("these tests need `python3` with `venv`: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{said}");
}

fn interpreter(home: &Path) -> PathBuf {
    home.join("bin/python")
}

fn requirements() -> PathBuf {
    source().join("python/requirements.txt")
}
