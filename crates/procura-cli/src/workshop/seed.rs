//! Makes the demo repository.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use super::git::{Repository, Summary};

/// Makes the demo repository in `dir`: a few files and one commit on the branch `main`.
///
/// The commit is the same everywhere and at any time, down to its id. `dir` is made if it is
/// absent and must otherwise be empty.
pub(crate) fn create_repository(dir: &Path) -> anyhow::Result<()> {
    let shown = dir.display();
    fs::create_dir_all(dir).with_context(|| format!("cannot make `{shown}`"))?;
    let dir = dir.canonicalize()?;
    ensure!(fs::read_dir(&dir)?.next().is_none(), "`{shown}` is not empty");
    let repository = Repository::create(&dir)?;
    for (name, content) in FILES {
        let path = dir.join(name);
        let folder = path.parent().context("a file is in a folder")?;
        fs::create_dir_all(folder)?;
        fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    repository.commit_first(&Summary::new("Sign people in with a session cookie", None)?)
}

const FILES: [(&str, &str); 4] = [
    ("README.md", include_str!("seed/README.md")),
    ("deploy/prod.yaml", include_str!("seed/deploy/prod.yaml")),
    ("src/auth.ts", include_str!("seed/src/auth.ts")),
    ("src/index.ts", include_str!("seed/src/index.ts")),
];
