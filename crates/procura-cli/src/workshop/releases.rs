//! Release records, one file for each.
//!
//! **Invariant:** a record is never replaced: its file is made only where there is none.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

/// The directory of the records.
#[derive(Debug)]
pub(super) struct Releases {
    directory: PathBuf,
}

impl Releases {
    /// The most records of one environment.
    const MAX_RECORDS: u32 = 10_000;
    const MAX_NAME: usize = 64;

    /// Opens the directory, making it if it is absent. It must not be in `work_tree`.
    pub(super) fn open(directory: &Path, work_tree: &Path) -> anyhow::Result<Self> {
        let shown = directory.display();
        fs::create_dir_all(directory).with_context(|| format!("cannot make `{shown}`"))?;
        let directory = directory.canonicalize()?;
        ensure!(!directory.starts_with(work_tree), "`{shown}` is in the work tree");
        Ok(Self { directory })
    }

    /// Writes a record to disk and returns it together with its path.
    pub(super) fn record(
        &self,
        environment: &str,
        version: &str,
        commit: &str,
    ) -> anyhow::Result<Value> {
        // It becomes part of a file's name.
        ensure!(is_name(environment, "-"), "`environment` is not a name of a-z, A-Z, 0-9 and `-`");
        ensure!(is_name(version, ".-+_"), "`version` is not a version such as `1.4.0`");
        let time = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut record = json!({
            "environment": environment,
            "version": version,
            "commit": commit,
            "time": time,
        });
        let (path, mut file) = self.create(environment)?;
        file.write_all(format!("{record}\n").as_bytes())?;
        file.sync_all()?;
        if let Some(members) = record.as_object_mut() {
            members.insert("path".to_owned(), json!(path.display().to_string()));
        }
        Ok(record)
    }

    fn create(&self, environment: &str) -> anyhow::Result<(PathBuf, File)> {
        for number in 1..=Self::MAX_RECORDS {
            let path = self.directory.join(format!("{environment}-{number}.json"));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).context("cannot write the release record"),
            }
        }
        bail!("`{environment}` has had {} releases", Self::MAX_RECORDS)
    }
}

fn is_name(text: &str, also: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    (1..=Releases::MAX_NAME).contains(&text.len()) && text.chars().all(plain)
}
