//! The name of a policy set's exact text.
//!
//! **Invariant:** two sets have the same revision only if they have the same
//! files with the same bytes.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::sources::SourceFile;

/// SHA-256 over the files of a policy set, in lower-case hex.
///
/// The files are sorted by name; each contributes its name and its text, each
/// preceded by its length in bytes as eight bytes, big end first. The lengths
/// keep two different sets from running together into the same bytes.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Revision(String);

impl Revision {
    /// The revision of `files`, whatever their order.
    pub(crate) fn of(files: &[SourceFile]) -> Self {
        let mut sorted: Vec<&SourceFile> = files.iter().collect();
        sorted.sort_by(|left, right| (&left.name, &left.text).cmp(&(&right.name, &right.text)));
        let mut hash = Sha256::new();
        for SourceFile { name, text } in sorted {
            absorb(&mut hash, name);
            absorb(&mut hash, text);
        }
        Self(hash.finalize().iter().map(hex).collect())
    }

    /// All 64 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve characters, for people. Not enough to compare by.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn absorb(hash: &mut Sha256, part: &str) {
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
    hash.update(length.to_be_bytes());
    hash.update(part.as_bytes());
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}
