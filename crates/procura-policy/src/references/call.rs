//! What a call calls.
//!
//! **Invariant:** a call whose cost its text does not bound has a name that no
//! function has, so that it is refused like a forbidden function.

use regorus::Value;
use regorus::unstable::Expr;

use super::Path;
use super::chain::Chain;

/// The path of a called function; one that has to be computed has no path.
pub(super) fn called(function: &Expr, first: Option<&Expr>) -> Path {
    let Chain { path, computed, .. } = Chain::of(function);
    if !computed.is_empty() {
        return Path::default();
    }
    if path.dotted() == "sprintf" && !first.is_some_and(is_plain_format) {
        return Path(vec!["sprintf with a computed format or a wide field".to_owned()]);
    }
    path
}

/// Whether a format is a literal whose widths are short: `%999999999d` alone
/// makes a gigabyte.
fn is_plain_format(format: &Expr) -> bool {
    let (Expr::String { value: Value::String(text), .. }
    | Expr::RawString { value: Value::String(text), .. }) = format
    else {
        return false;
    };
    text.split('%').skip(1).all(is_short_width)
}

/// Whether what follows a `%` begins with a short width. The engine also takes
/// digits of other scripts for digits, so those are refused.
fn is_short_width(rest: &str) -> bool {
    let width: String = rest.chars().take_while(|c| *c == '.' || c.is_numeric()).collect();
    width.len() <= MAX_WIDTH && width.is_ascii()
}

const MAX_WIDTH: usize = 3;

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
mod tests {
    use regorus::Engine;
    use regorus::unstable::{Rule, RuleHead};

    use super::{Path, called};

    /// The path of a call to what `text` says. The engine's parser refuses a
    /// computed function today, so the text is parsed as a value.
    fn path(text: &str) -> Path {
        let mut engine = Engine::new();
        engine.add_policy("a.rego".to_owned(), format!("package a\nx := {text}")).unwrap();
        let rule = &engine.get_modules().first().unwrap().policy.first().unwrap();
        let Rule::Spec { head: RuleHead::Compr { assign: Some(assign), .. }, .. } = &***rule else {
            panic!("{text}");
        };
        called(&assign.value, None)
    }

    #[test]
    fn a_function_that_has_to_be_computed_has_no_path() {
        for text in ["count[input.x]", "count[`a`]", "data.a[input.x].b", "data[_]", "[1][0]"] {
            assert!(path(text).dotted().is_empty(), "{text}");
        }
        assert_eq!(path("http[\"send\"]").dotted(), "http.send");
        assert_eq!(path("data.a.b").dotted(), "data.a.b");
    }
}
