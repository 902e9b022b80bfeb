//! What may be repeated of the engine's own messages.
//!
//! They draw the text around a fault over several lines, and those of an
//! evaluation can hold values of the input, which have no place in a log.
//!
//! **Invariant:** what [`failure`] returns holds nothing of the engine's but
//! the place of the fault.

use super::Failure;

/// What is wrong with a text that does not parse or compile: the last line,
/// and the place.
///
/// The text is the operator's own, so it may be repeated.
pub(super) fn one_line(message: &str) -> String {
    let mut lines = message.lines().rev().map(str::trim);
    let what = lines.find(|line| !line.is_empty()).unwrap_or("unknown fault");
    let what = what.strip_prefix("error: ").unwrap_or(what);
    place(message).map_or_else(|| what.to_owned(), |place| format!("{what} at {place}"))
}

/// What to tell about a failed evaluation.
///
/// Running out of time inside some functions comes as words, not as an error
/// of its own kind.
pub(super) fn failure(message: &str) -> Failure {
    if message.contains("execution exceeded time limit") {
        return Failure::Budget;
    }
    let kind = KINDS.iter().find(|(words, _)| message.contains(words));
    let kind = kind.map_or("the rules failed", |(_, kind)| kind);
    Failure::Error(
        place(message).map_or_else(|| kind.to_owned(), |place| format!("{kind} at `{place}`")),
    )
}

/// `file:line:column` of the first fault in a message.
fn place(message: &str) -> Option<&str> {
    message.lines().find_map(|line| line.strip_prefix("--> "))
}

/// How the engine words the failures that an author is likely to meet.
const KINDS: &[(&str, &str)] = &[
    ("multiple outputs", "rules conflict"),
    ("multiple values", "rules conflict"),
    ("conflict", "rules conflict"),
    ("by zero", "division by zero"),
    ("regex", "invalid regular expression"),
    ("expects", "an argument of the wrong type"),
    ("unsafe", "a variable without a value"),
];

#[cfg(test)]
mod tests {
    use super::{Failure, failure, one_line};

    const FAULT: &str =
        "\n--> a.rego:2:5\n  |\n2 | x := \"canary\"\n  |     ^\nerror: bad thing\n\n";

    #[test]
    fn a_fault_of_a_text_is_its_last_line_and_its_place() {
        assert_eq!(one_line(FAULT), "bad thing at a.rego:2:5");
        assert_eq!(one_line("no such rule\n"), "no such rule");
        assert_eq!(one_line(" \n\n"), "unknown fault");
    }

    #[test]
    fn a_failure_keeps_its_kind_and_its_place_alone() {
        let told = |message: &str| match failure(message) {
            Failure::Error(text) => text,
            Failure::Budget => "no time".to_owned(),
            Failure::Undefined => "no value".to_owned(),
        };
        assert_eq!(told(FAULT), "the rules failed at `a.rego:2:5`");
        assert_eq!(told("`count` expects canary"), "an argument of the wrong type");
        assert_eq!(told("canary"), "the rules failed");
        assert_eq!(told("canary: execution exceeded time limit"), "no time");
    }
}
