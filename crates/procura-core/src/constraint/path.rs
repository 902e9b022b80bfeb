//! Paths inside a tool's own tree, made unambiguous before they are compared.
//!
//! The attacks are a prefix that is no segment (`/srcx` under `/src`), a climb
//! (`/src/../etc`), and two readers of one text. What this cannot see is the
//! tool's side: it follows no symbolic link, and a tool that decodes percent
//! signs or folds case by itself must do so before its argument is made.

use alloc::string::String;
use alloc::vec::Vec;

/// A normalised absolute path: its segments, none of them empty, `.` or `..`.
///
/// Bytes are compared: no case folding, no percent decoding, no Unicode
/// normalisation. What a tool would read differently is not a path here.
///
/// ```
/// use procura_core::constraint::path::Path;
///
/// let root = Path::parse("/src").unwrap();
/// assert!(root.contains(&Path::parse("/src//./a/../auth.ts").unwrap()));
/// assert!(!root.contains(&Path::parse("/SRC/auth.ts").unwrap()));
/// assert_eq!(Path::parse("/../etc/passwd"), None);
/// assert_eq!(Path::parse("src/auth.ts"), None);
/// assert_eq!(Path::parse("/src\\..\\etc"), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Path(Vec<String>);

impl Path {
    /// Normalises `text`; `None` if it does not start with `/`, climbs above
    /// the root, or has a NUL or a backslash.
    ///
    /// A NUL ends a path for some readers, and a backslash separates segments for
    /// others. A relative path depends on where the tool stands.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(['\0', '\\']) {
            return None;
        }
        let mut segments: Vec<String> = Vec::new();
        for segment in text.strip_prefix('/')?.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop()?;
                }
                name => segments.push(name.into()),
            }
        }
        Some(Self(segments))
    }

    /// Whether `path` is this path or below it, segment by segment.
    pub fn contains(&self, path: &Self) -> bool {
        path.0.starts_with(&self.0)
    }

    /// The deepest path that contains both.
    pub(crate) fn common(&self, other: &Self) -> Self {
        let same = self.0.iter().zip(&other.0).take_while(|(ours, theirs)| ours == theirs);
        Self(same.map(|(segment, _)| segment.clone()).collect())
    }

    /// The normalised text.
    pub fn to_text(&self) -> String {
        let mut text = String::from("/");
        text.push_str(&self.0.join("/"));
        text
    }
}
