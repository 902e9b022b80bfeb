//! Finds clocks, randomness, I/O and `async` in the source of a pure crate.
//!
//! This reads text and clippy reads types. Clippy sees through an alias; this
//! sees macros, modules and `async`, which clippy's lists cannot name.

use super::Violation;
use super::source::Source;
use crate::lexer::{Kind, Token};

const NAMES: &[(&str, &str)] = &[
    ("Instant", "a clock"),
    ("SystemTime", "a clock"),
    ("OsRng", "randomness"),
    ("SysRng", "randomness"),
    ("ThreadRng", "randomness"),
    ("RandomState", "randomness"),
    ("getrandom", "randomness"),
    ("thread_rng", "randomness"),
    ("async", "`async`"),
    ("await", "`async`"),
    ("tokio", "`async`"),
];
const MACROS: &[&str] = &["print", "println", "eprint", "eprintln"];
const STD_MODULES: &[&str] = &["env", "fs", "io", "net", "os", "process", "thread"];

/// The effects in what `source` ships; its tests may do what they like.
pub(crate) fn violations(source: &Source<'_>) -> Vec<Violation> {
    let code: Vec<Token<'_>> = source.shipped().copied().collect();
    let starts = (0..code.len()).filter_map(|at| code.get(at..));
    let found = starts.flat_map(effects);
    found
        .map(|(line, what)| Violation::new(source.path, line, what, "none in a pure crate"))
        .collect()
}

fn effects(code: &[Token<'_>]) -> Vec<(usize, String)> {
    let [first, rest @ ..] = code else {
        return Vec::new();
    };
    if first.kind != Kind::Word {
        return Vec::new();
    }
    if let Some((name, what)) = NAMES.iter().find(|(name, _)| first.is(name)) {
        return vec![(first.first, format!("`{name}` is {what}"))];
    }
    if MACROS.contains(&first.text) && rest.first().is_some_and(|token| token.is("!")) {
        return vec![(first.first, format!("`{}!` is I/O", first.text))];
    }
    let modules = if first.is("std") { std_modules(rest) } else { Vec::new() };
    modules.iter().map(|module| (module.first, format!("`std::{}` is I/O", module.text))).collect()
}

/// The forbidden modules that a path after `std` names: one, or those directly
/// in the braces of a `use`.
fn std_modules<'a>(path: &[Token<'a>]) -> Vec<Token<'a>> {
    let [first, second, next, rest @ ..] = path else {
        return Vec::new();
    };
    if !first.is(":") || !second.is(":") {
        return Vec::new();
    }
    let mut names = vec![*next];
    let mut depth = usize::from(next.is("{"));
    let mut tokens = rest.iter().zip(path.iter().skip(2));
    while let Some((token, previous)) = tokens.next().filter(|_| depth > 0) {
        match token.text {
            "{" => depth = depth.saturating_add(1),
            "}" => depth = depth.saturating_sub(1),
            _ if depth == 1 && (previous.is("{") || previous.is(",")) => names.push(*token),
            _ => {}
        }
    }
    names.retain(|name| STD_MODULES.contains(&name.text));
    names
}

#[cfg(test)]
mod tests {
    use super::{Source, violations};
    use crate::tidy::files::File;

    fn check(text: &str, expected: &[&str]) {
        let file = File { path: "src/a.rs".into(), text: text.to_owned() };
        let source = Source::read(&file).unwrap();
        let found: Vec<_> =
            violations(&source).into_iter().map(|violation| violation.what).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_clock_is_found() {
        check("fn f() { std::time::Instant::now(); }", &["`Instant` is a clock"]);
    }

    #[test]
    fn randomness_is_found() {
        check("fn f() { getrandom::fill(&mut x); }", &["`getrandom` is randomness"]);
    }

    #[test]
    fn a_module_that_does_io_is_found() {
        check(
            "fn f() { std::fs::read(a); ::std::env::var(b) }",
            &["`std::fs` is I/O", "`std::env` is I/O"],
        );
    }

    #[test]
    fn a_module_in_the_braces_of_a_use_is_found() {
        check(
            "use std::{fmt, net::{self, fs}, collections::{env}, io};",
            &["`std::net` is I/O", "`std::io` is I/O"],
        );
    }

    #[test]
    fn waiting_is_found() {
        check("async fn f() { g().await }", &["`async` is `async`", "`await` is `async`"]);
    }

    #[test]
    fn printing_is_found() {
        check("fn f() { println!(); eprint!(); }", &["`println!` is I/O", "`eprint!` is I/O"]);
    }

    #[test]
    fn names_words_and_tests_are_fine() {
        check(
            "/// Like `std::fs`.\nfn f(io: u8, fs: &str) { core::fmt::write(\"async\") } // await",
            &[],
        );
        check("#[cfg(test)]\nmod tests {\n fn f() { std::fs::read(a); }\n}", &[]);
        check("use std::collections::BTreeMap; use std::time::Duration;", &[]);
    }
}
