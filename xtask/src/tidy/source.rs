//! One Rust file: its tokens, and which of its lines are code, words or tests.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use super::files::File;
use super::function::{Function, closing, functions};
use crate::lexer::{Kind, Token, lex};

/// A Rust file, split and counted.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// Where it is, from the root of the tree.
    pub(crate) path: &'a Path,
    /// How many lines it has.
    pub(crate) length: usize,
    /// What the compiler sees.
    pub(crate) code: Vec<Token<'a>>,
    /// Comments that are not documentation.
    pub(crate) comments: Vec<Token<'a>>,
    /// Lines with code that is not a test's.
    pub(crate) code_lines: usize,
    /// Lines with code of tests.
    pub(crate) test_lines: usize,
    /// Lines with documentation, tests left out.
    pub(crate) doc_lines: usize,
    tests: Vec<RangeInclusive<usize>>,
}

impl<'a> Source<'a> {
    /// Reads `file` if it is Rust.
    pub(crate) fn read(file: &'a File) -> Option<Self> {
        if file.path.extension().is_none_or(|extension| extension != "rs") {
            return None;
        }
        let (code, words): (Vec<_>, Vec<_>) = lex(&file.text).into_iter().partition(Token::is_code);
        let tests = if is_test_file(&file.path) { vec![1..=usize::MAX] } else { test_items(&code) };
        let is_test = |line: &usize| tests.iter().any(|range| range.contains(line));
        let docs = words.iter().filter(|token| token.kind == Kind::Doc);
        let (test_lines, code_lines): (BTreeSet<_>, BTreeSet<_>) =
            lines(code.iter()).partition(is_test);
        let doc_lines: BTreeSet<_> = lines(docs).filter(|line| !is_test(line)).collect();
        Some(Self {
            path: &file.path,
            length: file.text.lines().count(),
            code_lines: code_lines.len(),
            test_lines: test_lines.len(),
            doc_lines: doc_lines.len(),
            comments: words.into_iter().filter(|token| token.kind == Kind::Comment).collect(),
            code,
            tests,
        })
    }

    /// The tokens that are not a test's.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = &Token<'a>> {
        self.code.iter().filter(|token| !self.is_test(token.first))
    }

    /// The functions that are not a test's.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let all = functions(&self.code).into_iter();
        all.filter(|function| !self.is_test(function.line)).collect()
    }

    fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&line))
    }
}

fn lines<'a, 'b: 'a>(tokens: impl Iterator<Item = &'a Token<'b>>) -> impl Iterator<Item = usize> {
    tokens.flat_map(|token| token.first..=token.last)
}

/// Whether the whole file is for tests: it is in a folder `tests`, or it is the
/// `tests.rs` that a `mod tests;` names.
fn is_test_file(path: &Path) -> bool {
    let in_folder = path.parent().is_some_and(|folder| folder.iter().any(|name| name == "tests"));
    in_folder || path.file_stem().is_some_and(|stem| stem == "tests")
}

/// The lines of the items under `#[cfg(test)]`.
fn test_items(code: &[Token<'_>]) -> Vec<RangeInclusive<usize>> {
    let starts = (0..code.len()).filter_map(|at| code.get(at..));
    starts.filter_map(test_item).collect()
}

/// The lines of the item that `code` starts with, if it is for tests alone.
fn test_item(code: &[Token<'_>]) -> Option<RangeInclusive<usize>> {
    let hash = code.first().filter(|token| token.is("#"))?;
    let inner = code.get(1).is_some_and(|token| token.is("!"));
    let list = code
        .get(if inner { 2 } else { 1 }..)
        .filter(|list| starts_with(list, &["[", "cfg", "("]))?;
    let end = closing(list)?;
    let mut names = list.get(2..end)?.iter();
    if !names.clone().any(|token| token.is("test")) || names.any(|token| token.is("not")) {
        return None;
    }
    let last = if inner { usize::MAX } else { item_end(list.get(end..)?.get(1..)?)? };
    Some(hash.first..=last)
}

/// The last line of an item: of its `;`, or of its closing brace.
fn item_end(code: &[Token<'_>]) -> Option<usize> {
    let mut rest = code;
    loop {
        let first = rest.first()?;
        let opens = ["(", "[", "{"].iter().any(|bracket| first.is(bracket));
        let end = if opens { closing(rest)? } else { 0 };
        let last = rest.get(end)?;
        if last.is(";") || last.is("}") {
            return Some(last.last);
        }
        rest = rest.get(end..)?.get(1..)?;
    }
}

fn starts_with(code: &[Token<'_>], texts: &[&str]) -> bool {
    code.len() >= texts.len() && code.iter().zip(texts).all(|(token, text)| token.is(text))
}

#[cfg(test)]
mod tests;
