//! One crate: what it measures in all, and what that breaks.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use super::function::Function;
use super::limits::LIMITS;
use super::source::Source;
use super::{Violation, effects};

const PURE: &[&str] = &["procura-core", "procura-merkle", "procura-policy", "procura-wire"];

/// Policy wraps an interpreter that needs the standard library.
const NEEDS_STD: &str = "procura-policy";

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    name: &'a str,
    folder: PathBuf,
    /// Its files under `src`.
    sources: Vec<&'a Source<'a>>,
    /// Each function that is not a test's, and its file.
    functions: Vec<(&'a Path, Function)>,
    code_lines: usize,
    test_lines: usize,
    doc_lines: usize,
}

impl<'a> Member<'a> {
    /// The crates that `sources` belong to: `crates/*` and `xtask`.
    pub(crate) fn all(sources: &'a [Source<'a>]) -> Vec<Self> {
        let mut folders: Vec<PathBuf> =
            sources.iter().filter_map(|source| folder(source.path)).collect();
        folders.dedup();
        folders.into_iter().filter_map(|folder| Self::new(folder, sources)).collect()
    }

    fn new(folder: PathBuf, sources: &'a [Source<'a>]) -> Option<Self> {
        let ours = || sources.iter().filter(|source| source.path.starts_with(&folder));
        let name =
            ours().next()?.path.iter().nth(folder.iter().count().checked_sub(1)?)?.to_str()?;
        let shipped = folder.join("src");
        let sources: Vec<_> = ours().filter(|source| source.path.starts_with(&shipped)).collect();
        let pairs = |source: &&'a Source<'a>| {
            let path = source.path;
            source.functions().into_iter().map(move |function| (path, function))
        };
        Some(Self {
            name,
            functions: sources.iter().flat_map(pairs).collect(),
            code_lines: sources.iter().map(|source| source.code_lines).sum(),
            doc_lines: sources.iter().map(|source| source.doc_lines).sum(),
            test_lines: ours().map(|source| source.test_lines).sum(),
            sources,
            folder,
        })
    }

    /// What this crate breaks.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut found: Vec<_> = self.functions.iter().filter_map(too_long).collect();
        if PURE.contains(&self.name) {
            found.extend(self.functions.iter().flat_map(too_complex));
            found.extend(self.sources.iter().flat_map(|source| effects::violations(source)));
            found.extend(self.missing_no_std());
            found.extend(self.ratios());
            found.extend(self.spread());
        }
        found
    }

    /// I/O does not compile where there is no standard library.
    fn missing_no_std(&self) -> Option<Violation> {
        let root = self.folder.join("src/lib.rs");
        let library = self.sources.iter().find(|source| source.path == root)?;
        let has_it = library.code.iter().any(|token| token.is("no_std"));
        let is_needed = self.name != NEEDS_STD && !has_it;
        is_needed.then(|| {
            Violation::new(&root, 1, "the crate uses the standard library", "`#![no_std]`")
        })
    }

    fn ratios(&self) -> Vec<Violation> {
        let docs = ("doc", self.doc_lines, LIMITS.documentation);
        let tests = ("test", self.test_lines, LIMITS.tests);
        let is_low = |(_, lines, limit): &(&str, usize, usize)| {
            lines.saturating_mul(100) < self.code_lines.saturating_mul(*limit)
        };
        let violation = |(name, lines, limit): (&str, usize, usize)| {
            let what = format!(
                "{} has {lines} {name} lines for {} code lines",
                self.name, self.code_lines
            );
            Violation::new(
                &self.manifest(),
                1,
                what,
                format!("at least {} per code line", hundredths(limit)),
            )
        };
        [docs, tests].into_iter().filter(is_low).map(violation).collect()
    }

    fn spread(&self) -> Vec<Violation> {
        let (functions, files) = (self.lengths(), self.file_lengths());
        let measures = [
            ("median function", percentile(&functions, 50), LIMITS.function_median),
            ("90th percentile of functions", percentile(&functions, 90), LIMITS.function_p90),
            ("median file", percentile(&files, 50), LIMITS.file_median),
        ];
        let violation = |(what, found, limit): (&str, usize, usize)| {
            let what = format!("the {what} of {} has {found} lines", self.name);
            Violation::new(&self.manifest(), 1, what, format!("{limit}"))
        };
        measures.into_iter().filter(|(_, found, limit)| found > limit).map(violation).collect()
    }

    /// Where a violation of the whole crate is reported.
    fn manifest(&self) -> PathBuf {
        self.folder.join("Cargo.toml")
    }

    /// The lengths of the functions that have a body, from short to long.
    fn lengths(&self) -> Vec<usize> {
        let lengths = self.functions.iter().map(|(_, function)| function.length);
        sorted(lengths.filter(|length| *length > 0))
    }

    /// The lengths of the files that hold code, from short to long.
    fn file_lengths(&self) -> Vec<usize> {
        let shipped = self.sources.iter().filter(|source| source.code_lines > 0);
        sorted(shipped.map(|source| source.length))
    }
}

impl Display for Member<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let (functions, files) = (self.lengths(), self.file_lengths());
        write!(f, "{:<17} {:>5} code lines, docs ", self.name, self.code_lines)?;
        write!(f, "{}, tests ", hundredths(ratio(self.doc_lines, self.code_lines)))?;
        write!(f, "{}, functions ", hundredths(ratio(self.test_lines, self.code_lines)))?;
        write!(
            f,
            "{}/{}/{}",
            percentile(&functions, 50),
            percentile(&functions, 90),
            percentile(&functions, 100)
        )?;
        write!(f, ", files {}/{}", percentile(&files, 50), percentile(&files, 100))
    }
}

/// `crates/NAME` or `xtask`, for a file inside it.
fn folder(path: &Path) -> Option<PathBuf> {
    let mut parts = path.iter();
    match parts.next()?.to_str()? {
        "crates" => Some(Path::new("crates").join(parts.next()?)),
        "xtask" => Some(PathBuf::from("xtask")),
        _ => None,
    }
}

fn too_long((path, function): &(&Path, Function)) -> Option<Violation> {
    let what = format!("`{}` has {} lines", function.name, function.length);
    let limit = LIMITS.function_longest;
    (function.length > limit).then(|| Violation::new(path, function.line, what, format!("{limit}")))
}

fn too_complex((path, function): &(&Path, Function)) -> Vec<Violation> {
    let measures = [
        ("levels of nesting", function.nesting, LIMITS.nesting),
        ("parameters", function.parameters, LIMITS.parameters),
    ];
    let violation = |(what, found, limit): (&str, usize, usize)| {
        Violation::new(
            path,
            function.line,
            format!("`{}` has {found} {what}", function.name),
            format!("{limit}"),
        )
    };
    measures.into_iter().filter(|(_, found, limit)| found > limit).map(violation).collect()
}

fn sorted(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut lengths: Vec<_> = lengths.collect();
    lengths.sort_unstable();
    lengths
}

/// The smallest of `sorted` that `percent` of them do not exceed; zero of none.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// In hundredths; a crate without code lacks nothing.
fn ratio(lines: usize, code_lines: usize) -> usize {
    lines.saturating_mul(100).checked_div(code_lines).unwrap_or(0)
}

fn hundredths(ratio: usize) -> String {
    format!("{}.{:02}", ratio / 100, ratio % 100)
}

#[cfg(test)]
mod tests {
    use super::{percentile, ratio};

    #[test]
    fn half_of_the_lengths_do_not_exceed_the_median() {
        assert_eq!(percentile(&[1, 2, 9], 50), 2);
        assert_eq!(percentile(&[1, 2, 9, 9], 50), 2);
        assert_eq!(percentile(&[7], 90), 7);
    }

    #[test]
    fn nothing_measures_zero() {
        assert_eq!(percentile(&[], 50), 0);
        assert_eq!(ratio(3, 0), 0);
    }
}
