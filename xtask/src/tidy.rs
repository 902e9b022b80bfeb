//! Measures the source and compares it with the limits of the style.
//!
//! **Invariant:** every violation is printed with its file, its line, what is
//! wrong and the limit, and one violation is enough to fail.

mod effects;
mod files;
mod function;
mod limits;
mod marks;
mod member;
mod source;
mod words;

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::limits::LIMITS;
use self::member::Member;
use self::source::Source;

/// Checks the tree in `root` and prints every violation.
pub(crate) fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let files = files::read(root)?;
    let sources: Vec<Source<'_>> = files.iter().filter_map(Source::read).collect();
    let members = Member::all(&sources);
    for member in &members {
        eprintln!("{member}");
    }
    let mut violations: Vec<Violation> = files.iter().flat_map(words::violations).collect();
    violations.extend(sources.iter().flat_map(check_anywhere));
    violations.extend(members.iter().flat_map(Member::violations));
    violations.sort();
    for violation in &violations {
        println!("{violation}");
    }
    eprintln!("tidy: {} violations in {} files", violations.len(), files.len());
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Something that the style forbids, and where.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Violation {
    path: PathBuf,
    line: usize,
    what: String,
    limit: String,
}

impl Violation {
    fn new(path: &Path, line: usize, what: impl Into<String>, limit: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), limit: limit.into() }
    }
}

impl Display for Violation {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { path, line, what, limit } = self;
        write!(f, "{}:{line}: {what} (limit: {limit})", path.display())
    }
}

/// What holds for every Rust file, tests included.
fn check_anywhere(source: &Source<'_>) -> Vec<Violation> {
    let mut found = marks::violations(source);
    if source.length > LIMITS.file_longest {
        let what = format!("the file has {} lines", source.length);
        found.push(Violation::new(source.path, 1, what, format!("{}", LIMITS.file_longest)));
    }
    found
}
