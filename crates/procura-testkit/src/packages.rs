//! Packages of other languages that tests run: exact versions, installed once
//! for each state of the files that name them, and shared by all later runs.
//!
//! What cannot be installed is an error, and never a skipped test: a machine
//! without it has not run these tests.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// Installs what `package-lock.json` in `source` names, beside copies of `files`.
///
/// The folder is below `target`, and its name begins with `name`.
pub fn from_npm(
    source: &Path,
    files: &[&str],
    (target, name): (&Path, &str),
) -> anyhow::Result<PathBuf> {
    let paths: Vec<PathBuf> = files.iter().map(|file| source.join(file)).collect();
    once(&paths, (target, name), |scratch| {
        for (file, path) in files.iter().zip(&paths) {
            fs::copy(path, scratch.join(file))?;
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(scratch))
    })
}

/// Installs what `requirements` names into an environment of its own, and gives its
/// interpreter. Hashes pin the bytes, and wheels run no code while they are installed.
pub fn from_pip(requirements: &Path, (target, name): (&Path, &str)) -> anyhow::Result<PathBuf> {
    let home = once(&[requirements.into()], (target, name), |scratch| {
        run(Command::new("python3").args(["-m", "venv"]).arg(scratch))?;
        run(Command::new(interpreter(scratch))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "--only-binary", ":all:", "--requirement"])
            .arg(requirements))
    })?;
    Ok(interpreter(&home))
}

/// The folder that `install` makes from these files; it is moved into its place
/// when it is whole.
fn once(
    files: &[PathBuf],
    (target, name): (&Path, &str),
    install: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let read = fs::read(file).with_context(|| format!("{} is missing", file.display()))?;
        read.hash(&mut hasher);
    }
    let home = target.join(format!("{name}-{:016x}", hasher.finish()));
    if home.is_dir() {
        return Ok(home);
    }
    let scratch = tempfile::Builder::new().prefix(name).tempdir_in(target)?;
    install(scratch.path())?;
    match fs::rename(scratch.path(), &home) {
        // Another process was first. Its packages are the same.
        Err(error) if !home.is_dir() => Err(error).context("cannot keep the packages"),
        Ok(()) | Err(_) => Ok(home),
    }
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("these tests need {:?}", command.get_program()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed:\n{said}");
    Ok(())
}

fn interpreter(home: &Path) -> PathBuf {
    home.join("bin/python")
}
