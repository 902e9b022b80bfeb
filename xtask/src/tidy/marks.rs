//! Marks of unfinished work and names that say nothing, in any Rust file.

use super::Violation;
use super::source::Source;
use crate::lexer::{Kind, Token};

const MACROS: &[&str] = &["todo", "unimplemented", "dbg"];
const MODULES: &[&str] =
    &["util", "utils", "common", "types", "helper", "helpers", "manager", "managers", "misc"];
const REMINDERS: &[&str] = &["TODO", "FIXME", "XXX"];

/// The marks and names in `source` that are forbidden everywhere.
pub(crate) fn violations(source: &Source<'_>) -> Vec<Violation> {
    let starts = (0..source.code.len()).filter_map(|at| source.code.get(at..));
    let found = starts
        .filter_map(mark)
        .map(|(line, what)| Violation::new(source.path, line, what, "never"));
    found.chain(file_name(source)).chain(reminders(source)).collect()
}

/// What is wrong with the tokens that `code` starts with, and its line.
fn mark(code: &[Token<'_>]) -> Option<(usize, String)> {
    let [first, second, rest @ ..] = code else {
        return None;
    };
    let opens = rest.first().is_some_and(|token| ["(", "[", "{"].contains(&token.text));
    if first.kind == Kind::Word && second.is("!") && opens && MACROS.contains(&first.text) {
        return Some((first.first, format!("`{}!`", first.text)));
    }
    if first.is("mod") && MODULES.contains(&second.text) {
        return Some((first.first, format!("a module is named `{}`", second.text)));
    }
    if first.is("#") && second.is("[") && ignores(rest) {
        return Some((first.first, "`#[ignore]`".to_owned()));
    }
    None
}

/// Whether an attribute's content ignores a test, perhaps under a condition.
fn ignores(attribute: &[Token<'_>]) -> bool {
    let Some(first) = attribute.first() else {
        return false;
    };
    let mut inside = attribute.iter().take_while(|token| !token.is("]"));
    first.is("ignore") || (first.is("cfg_attr") && inside.any(|token| token.is("ignore")))
}

/// A file or a folder of it that is named after nothing.
fn file_name(source: &Source<'_>) -> Option<Violation> {
    let stem = source.path.with_extension("");
    let name = stem.iter().find_map(|part| MODULES.iter().find(|name| part == **name))?;
    Some(Violation::new(source.path, 1, format!("a module is named `{name}`"), "never"))
}

fn reminders(source: &Source<'_>) -> Vec<Violation> {
    let has = |comment: &&Token<'_>| REMINDERS.iter().any(|word| comment.text.contains(word));
    let found = source.comments.iter().filter(has);
    found
        .map(|comment| {
            Violation::new(source.path, comment.first, "a comment puts work off", "never")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Source, violations};
    use crate::tidy::files::File;

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.into(), text: text.to_owned() };
        let source = Source::read(&file).unwrap();
        violations(&source)
            .iter()
            .map(|violation| format!("{} {}", violation.line, violation.what))
            .collect()
    }

    #[test]
    fn unfinished_macros_are_found() {
        assert_eq!(
            found("a.rs", "fn f() {\n todo!();\n unimplemented!();\n dbg!(1);\n}"),
            ["2 `todo!`", "3 `unimplemented!`", "4 `dbg!`"],
        );
    }

    #[test]
    fn an_ignored_test_is_found() {
        let text = "#[test]\n#[ignore]\nfn a() {}\n#[ignore = \"slow\"]\nfn b() {}\n#[cfg_attr(x, ignore)]\nfn c() {}";
        assert_eq!(found("a.rs", text), ["2 `#[ignore]`", "4 `#[ignore]`", "6 `#[ignore]`"]);
    }

    #[test]
    fn a_module_named_after_nothing_is_found() {
        assert_eq!(found("a.rs", "mod utils;"), ["1 a module is named `utils`"]);
        assert_eq!(found("src/common/a.rs", ""), ["1 a module is named `common`"]);
        assert_eq!(found("tests/it/helpers.rs", ""), ["1 a module is named `helpers`"]);
    }

    #[test]
    fn work_put_off_is_found() {
        assert_eq!(
            found("a.rs", "// TODO: b\n/* FIXME */"),
            ["1 a comment puts work off", "2 a comment puts work off"]
        );
    }

    #[test]
    fn a_string_that_mentions_them_is_fine() {
        assert_eq!(
            found("a.rs", "const A: &str = \"todo!() #[ignore] TODO mod utils;\"; // todo list"),
            [""; 0]
        );
        assert_eq!(
            found("src/prototypes.rs", "fn ignore(todo: u8) -> bool { todo != 1 }"),
            [""; 0]
        );
    }
}
