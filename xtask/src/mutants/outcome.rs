//! What `cargo-mutants` wrote about the changes it tried.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::Context;

/// What became of the changes of one package.
#[derive(Debug)]
pub(super) struct Outcome {
    /// A test failed, or ran for ever.
    pub(super) caught: usize,
    /// No test noticed: the file and the change, without the line.
    pub(super) missed: Vec<String>,
    /// Did not compile.
    unviable: usize,
}

impl Outcome {
    /// Reads the lists in `folder`.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let list = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).with_context(|| format!("`{}`", path.display()))
        };
        let (caught, stuck) = (list("caught.txt")?, list("timeout.txt")?);
        Ok(Self {
            caught: caught.lines().chain(stuck.lines()).count(),
            missed: list("missed.txt")?.lines().map(unplaced).collect(),
            unviable: list("unviable.txt")?.lines().count(),
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caught, missed, unviable } = self;
        let missed = missed.len();
        let tried = caught.saturating_add(missed);
        let per_mille = caught.saturating_mul(1000).checked_div(tried).unwrap_or(1000);
        let (whole, tenth) = (per_mille.div_euclid(10), per_mille.rem_euclid(10));
        write!(f, "{caught} of {tried} changes are noticed ({whole}.{tenth} %), ")?;
        write!(f, "{unviable} do not compile")
    }
}

/// `FILE:LINE:COLUMN: CHANGE` without line and column, which move.
fn unplaced(line: &str) -> String {
    let mut parts = line.splitn(4, ':');
    match (parts.next(), parts.nth(2)) {
        (Some(file), Some(change)) => format!("{file}:{change}"),
        _ => line.into(),
    }
}

/// Whether `caught` of all that compile are at least so many of a hundred.
pub(super) fn is_share(caught: usize, missed: usize, of_hundred: usize) -> bool {
    caught.saturating_mul(100) >= caught.saturating_add(missed).saturating_mul(of_hundred)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, is_share, unplaced};

    #[test]
    fn a_change_is_named_without_its_place() {
        let line = "crates/a/src/b.rs:10:5: replace C::d -> u64 with 0";
        assert_eq!(unplaced(line), "crates/a/src/b.rs: replace C::d -> u64 with 0");
        assert_eq!(unplaced("odd"), "odd");
    }

    #[test]
    fn ninety_of_a_hundred_are_enough_and_fewer_are_not() {
        assert!(is_share(90, 10, 90) && is_share(0, 0, 90));
        assert!(!is_share(899, 101, 90));
    }

    #[test]
    fn the_lists_are_counted_and_a_missing_one_is_an_error() {
        let folder = std::env::temp_dir().join(format!("procura-mutants-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let lists = [("caught.txt", "a\nb\n"), ("timeout.txt", "c\n"), ("unviable.txt", "")];
        for (name, text) in lists {
            std::fs::write(folder.join(name), text).unwrap();
        }
        assert!(Outcome::read(&folder).is_err());
        std::fs::write(folder.join("missed.txt"), "x.rs:1:2: delete y\n").unwrap();
        let read = Outcome::read(&folder).unwrap();
        assert_eq!(read.missed, ["x.rs: delete y"]);
        assert_eq!(read.to_string(), "3 of 4 changes are noticed (75.0 %), 0 do not compile");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
