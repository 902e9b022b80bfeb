//! Programs of others that tasks run, each in one version, installed below `target`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// A program of the package registry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Program {
    /// Where it is, after it was installed if it was not there.
    pub(crate) fn install(self, root: &Path) -> anyhow::Result<PathBuf> {
        let Self { name, version } = self;
        let folder =
            std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        let tools = folder.join("tools");
        let program = tools.join("bin").join(name);
        // As cargo would start it: with the name of its task first.
        let task = name.trim_start_matches("cargo-");
        let found = Command::new(&program).args([task, "--version"]).output();
        if found.is_ok_and(|output| self.is_version(&output.stdout)) {
            return Ok(program);
        }
        let status = crate::cargo()
            .args(["install", name, "--locked", "--force", "--version", version, "--root"])
            .arg(&tools)
            .status()
            .context("cargo does not start")?;
        ensure!(status.success(), "{name} {version} cannot be installed");
        Ok(program)
    }

    fn is_version(self, output: &[u8]) -> bool {
        let text = String::from_utf8_lossy(output);
        text.split_whitespace().any(|word| word == self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::Program;

    #[test]
    fn another_version_is_not_taken_for_ours() {
        let program = Program { name: "cargo-fuzz", version: "0.13.1" };
        assert!(program.is_version(b"cargo-fuzz 0.13.1\n"));
        assert!(!program.is_version(b"cargo-fuzz 0.13.10\n"));
        assert!(!program.is_version(b""));
    }
}
