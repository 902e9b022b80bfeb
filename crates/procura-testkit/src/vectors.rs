//! The vectors that Procura publishes: one named case per way to be wrong.
//!
//! A case is a line of JSON: what goes in, and what has to come out. Every
//! implementation has to pass them all, this one too: [`judge`] answers a case by
//! what its line says and by nothing else, and a test compares the answers.
//! What is expected is written beside what is made, by hand, and never taken
//! from an answer.
//!
//! **Invariant:** the same program writes the same bytes. Keys come from
//! published seeds, the time is fixed, and nothing here is random.
#![expect(
    clippy::panic,
    reason = "a vector that cannot be made is a mistake of the program that makes it"
)]

mod area;
mod case;
mod forge;
mod judge;
mod seed;

use std::{ffi::OsString, fs, io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use procura_core::json::Object;

pub use case::{Answer, Case, Expected};

/// A file of cases.
pub struct File {
    /// Its name in `vectors/`.
    pub name: &'static str,
    /// What is in it.
    pub cases: Vec<Case>,
}

impl File {
    /// The text: a line for each case.
    pub fn text(&self) -> String {
        self.cases.iter().map(|case| case.line() + "\n").collect()
    }
}

/// Every file, made anew.
pub fn files() -> Vec<File> {
    area::AREAS.iter().map(|(name, cases)| File { name, cases: cases() }).collect()
}

/// What this implementation says of a case, of which it reads `op` and `input`.
///
/// It fails if the case is not one that it understands.
pub fn judge(case: &Object) -> anyhow::Result<Answer> {
    judge::judge(case)
}

/// Where the files are, unless another folder is named.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

/// Writes the files, or checks that they are what this program writes.
///
/// `arguments` are those after the name of the program: `--write` or `--check`,
/// and perhaps a folder; or `--seed` and the folder of the fuzz targets. Exits with 0 if all is well, with 1 if a file differs
/// or cannot be used, and with 2 for wrong usage.
pub fn run(arguments: &[OsString], out: &mut dyn Write, error: &mut dyn Write) -> ExitCode {
    let (mode, folder) = match arguments {
        [mode] => (mode.to_str(), folder()),
        [mode, folder] => (mode.to_str(), PathBuf::from(folder)),
        _ => (None, PathBuf::new()),
    };
    let done = match mode {
        Some("--write") => write(&folder, out),
        Some("--check") => check(&folder, out),
        Some("--seed") if arguments.len() == 2 => seed(&folder, out),
        _ => {
            // There is nowhere left to report that this cannot be written.
            let _ = writeln!(error, "usage: vectors --check|--write [FOLDER]; vectors --seed FUZZ");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            let _ = writeln!(error, "vectors: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &std::path::Path, out: &mut dyn Write) -> anyhow::Result<()> {
    for file in files() {
        let path = folder.join(file.name);
        fs::write(&path, file.text()).with_context(|| format!("`{}`", path.display()))?;
        report(&file, out)?;
    }
    Ok(())
}

fn check(folder: &std::path::Path, out: &mut dyn Write) -> anyhow::Result<()> {
    for file in files() {
        let path = folder.join(file.name);
        let found = fs::read(&path).with_context(|| format!("`{}`", path.display()))?;
        if found != file.text().as_bytes() {
            bail!("`{}` is not what `vectors --write` writes", path.display());
        }
        report(&file, out)?;
    }
    Ok(())
}

fn seed(fuzz: &std::path::Path, out: &mut dyn Write) -> anyhow::Result<()> {
    for (target, seeds) in seed::write(fuzz, &files())? {
        writeln!(out, "{target:<20} {seeds:>4} seeds")?;
    }
    Ok(())
}

fn report(file: &File, out: &mut dyn Write) -> anyhow::Result<()> {
    let refused = file.cases.iter().filter(|case| case.is_negative()).count();
    let (name, all) = (file.name, file.cases.len());
    Ok(writeln!(out, "{name:<20} {all:>4} cases, {refused:>4} of them refused")?)
}
