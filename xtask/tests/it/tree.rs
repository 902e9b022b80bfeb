//! A workspace in a folder of its own, and the program to run on it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder that is removed with this value.
pub(crate) struct Tree(TempDir);

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a task on the tree; gives whether it passed, and its stdout.
    pub(crate) fn run(&self, task: &str) -> (bool, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = program.arg(task).arg("--root").arg(self.path()).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }
}
