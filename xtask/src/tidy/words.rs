//! Words that no file may contain, Rust or not.
//!
//! Paths of one machine and hosts of package registries make the tree say where
//! it was written, and a decision that is said to be provisional is one that
//! nobody took.

use super::Violation;
use super::files::File;

/// A forbidden text and what may not stand beside it for it to count.
#[derive(Clone, Copy, Debug)]
struct Word {
    text: &'static str,
    edge: Edge,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Edge {
    /// It counts wherever it stands.
    None,
    /// It counts at the start of a path, not in the middle of one.
    PathStart,
    /// It counts as whole words.
    Words,
}

// Each is written in two parts, so that this file does not contain it.
const WORDS: &[Word] = &[
    Word { text: concat!("/wo", "rk/"), edge: Edge::PathStart },
    Word { text: concat!("/ro", "ot/"), edge: Edge::PathStart },
    Word { text: concat!("/ho", "me/"), edge: Edge::PathStart },
    Word { text: concat!("/Us", "ers/"), edge: Edge::PathStart },
    Word { text: concat!("crates", ".io"), edge: Edge::None },
    Word { text: concat!("registry.npm", "js.org"), edge: Edge::None },
    Word { text: concat!("npm", "js.com"), edge: Edge::None },
    Word { text: concat!("pypi", ".org"), edge: Edge::None },
    Word { text: concat!("python", "hosted.org"), edge: Edge::None },
    Word { text: concat!("proxy.go", "lang.org"), edge: Edge::None },
    Word { text: concat!("for", " now"), edge: Edge::Words },
];

/// The forbidden words in `file`, one violation for each line and word.
pub(crate) fn violations(file: &File) -> Vec<Violation> {
    let lines = (1..).zip(file.text.lines());
    let found = lines.flat_map(|(number, line)| WORDS.iter().map(move |word| (number, line, word)));
    let found = found.filter(|(_, line, word)| word.is_in(line));
    let violation = |(number, _, word): (usize, &str, &Word)| {
        Violation::new(&file.path, number, format!("the file says `{}`", word.text), "never")
    };
    found.map(violation).collect()
}

impl Word {
    fn is_in(&self, line: &str) -> bool {
        let line = if self.edge == Edge::Words { line.to_lowercase() } else { line.to_owned() };
        line.match_indices(self.text).any(|(at, text)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            let after = line
                .get(at..)
                .and_then(|rest| rest.get(text.len()..))
                .and_then(|rest| rest.chars().next());
            match self.edge {
                Edge::None => true,
                Edge::PathStart => !before.is_some_and(is_path),
                Edge::Words => {
                    !before.is_some_and(char::is_alphanumeric)
                        && !after.is_some_and(char::is_alphanumeric)
                }
            }
        })
    }
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || "._-~}*)>".contains(c)
}

#[cfg(test)]
mod tests {
    use super::{File, violations};

    fn lines(text: &str) -> Vec<usize> {
        let file = File { path: "a.md".into(), text: text.to_owned() };
        violations(&file).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_path_of_this_machine_is_found() {
        assert_eq!(lines(concat!("a\nsee /wo", "rk/x\n`/ho", "me/y`\n")), [2, 3]);
    }

    #[test]
    fn the_middle_of_a_path_is_not_found() {
        assert_eq!(
            lines(concat!("docs/wo", "rk/x and $A/../ho", "me/y and {a}/ro", "ot/z\n")),
            [0; 0]
        );
    }

    #[test]
    fn a_registry_is_found() {
        assert_eq!(lines(concat!("https://index.crates", ".io/a\n")), [1]);
    }

    #[test]
    fn a_decision_put_off_is_found_as_words() {
        assert_eq!(lines(concat!("For", " now, yes.\n")), [1]);
        assert_eq!(lines(concat!("for", " nowhere, and the", "for", " now\n")), [0; 0]);
    }

    #[test]
    fn a_clean_file_has_none() {
        assert_eq!(lines("see docs/formats and https://example.com/\n"), [0; 0]);
    }
}
