//! What is checked in a Rego text before the engine's parser may read it.
//!
//! The parser tries `[` and `{` in two ways each, so its time doubles with
//! every level of nesting, and it recurses, as does whatever walks the tree it
//! builds. Both are bounded here by reading characters only: nothing in this
//! module recurses.
//!
//! **Invariant:** a text that passes parses in time proportional to
//! [`Scan::MAX_COST`], and its tree is no deeper than [`MAX_DEPTH`] times
//! [`MAX_RUN`].

mod lexer;

use self::lexer::{Lexer, Token};
use crate::error::PolicyError;
use crate::sources::SourceFile;

/// Scans the files of one policy set, which share a budget.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    cost: usize,
}

impl Scan {
    /// How many tokens may be read, each counted twice for every `[` or `{`
    /// around it. About half a second of parsing.
    const MAX_COST: usize = 1 << 19;

    /// Checks one file.
    pub(crate) fn check(&mut self, file: &SourceFile) -> Result<(), PolicyError> {
        let mut lexer = Lexer::new(&file.text);
        self.read(&mut lexer).map_err(|problem| PolicyError::TooComplex {
            file: file.name.clone(),
            line: lexer.line(),
            problem,
        })
    }

    fn read(&mut self, lexer: &mut Lexer<'_>) -> Result<(), String> {
        let mut shape = Shape::default();
        while let Some(token) = lexer.next_token()? {
            shape.take(token)?;
            self.cost = self.cost.saturating_add(shape.readings());
            if self.cost > Self::MAX_COST {
                return Err("more nested text than can be parsed in time; split the policy".into());
            }
        }
        Ok(())
    }
}

/// How deep the text goes where it is being read.
#[derive(Default)]
struct Shape {
    /// Whether the token before was an operand: a word, a literal or the end
    /// of what is in brackets.
    is_after_operand: bool,
    /// The open brackets, outermost first.
    open: Vec<Bracket>,
    /// How many operators join the expression at hand.
    run: usize,
}

/// An open bracket.
struct Bracket {
    /// How many times the parser reads what is inside.
    readings: usize,
    /// The run of operators that goes on after it closes.
    run: usize,
}

impl Shape {
    fn take(&mut self, token: Token) -> Result<(), String> {
        match token {
            // Two operands side by side: the second begins a new expression.
            Token::Operand if self.is_after_operand => self.run = 0,
            Token::Operand => {}
            Token::Operator => self.join()?,
            Token::Separator => self.run = 0,
            Token::Group => self.open(1)?,
            // `xs[i]` is read once, a literal or a comprehension twice.
            Token::Open { is_apart } if self.is_after_operand && !is_apart => self.open(1)?,
            Token::Open { .. } => self.open(2)?,
            // A bracket too many is the parser's to explain.
            Token::Close => self.run = self.open.pop().map_or(0, |bracket| bracket.run),
        }
        self.is_after_operand = matches!(token, Token::Operand | Token::Close);
        Ok(())
    }

    /// Enters a bracket whose inside the parser reads `times` for each time that
    /// it reads the bracket.
    fn open(&mut self, times: usize) -> Result<(), String> {
        self.join()?;
        let readings = self.readings().saturating_mul(times);
        self.open.push(Bracket { readings, run: self.run });
        self.run = 0;
        if self.open.len() > MAX_DEPTH {
            return Err(format!("brackets nested deeper than {MAX_DEPTH}"));
        }
        Ok(())
    }

    /// Makes the expression at hand one operator longer: every operator is one
    /// more level of the tree.
    fn join(&mut self) -> Result<(), String> {
        self.run = self.run.saturating_add(1);
        if self.run > MAX_RUN {
            return Err(format!("an expression with more than {MAX_RUN} operators"));
        }
        Ok(())
    }

    fn readings(&self) -> usize {
        self.open.last().map_or(1, |bracket| bracket.readings)
    }
}

/// How deep brackets may nest.
const MAX_DEPTH: usize = 12;
/// How many operators may join one expression, at one level of brackets.
const MAX_RUN: usize = 64;

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]
mod tests {
    use super::{Lexer, MAX_RUN, PolicyError, Scan, SourceFile};

    fn cost(text: &str) -> usize {
        let mut scan = Scan::default();
        assert_eq!(scan.read(&mut Lexer::new(text)), Ok(()), "{text}");
        scan.cost
    }

    #[test]
    fn a_token_costs_as_often_as_it_is_read() {
        let table = [
            ("", 0),
            ("a b", 2),
            ("a # b", 1),
            ("f(a)", 4),
            // Four tokens, of which the bracket and what is in it are read twice.
            ("x [a]", 1 + 2 + 2 + 1),
            ("x[a]", 4),
            ("x[a][b]", 7),
            ("x#\n[a]", 1 + 2 + 2 + 1),
            ("x\n[a]", 1 + 2 + 2 + 1),
            (":= [a]", 1 + 2 + 2 + 1),
            ("[[a]]", 2 + 4 + 4 + 2 + 1),
            ("{[a]}", 2 + 4 + 4 + 2 + 1),
            ("([a])", 1 + 2 + 2 + 1 + 1),
            ("[(a)]", 2 + 2 + 2 + 2 + 1),
            ("[a][b]", 2 + 2 + 1 + 1 + 1 + 1),
            ("{a}, {b}", (2 + 2 + 1) * 2 + 1),
        ];
        for (text, expected) in table {
            assert_eq!(cost(text), expected, "{text}");
        }
    }

    /// Whether a text whose first expression has that many operators passes,
    /// and one more does not.
    fn fits(before: usize, text: impl Fn(usize) -> String) -> bool {
        let passes = |count: usize| {
            let text = text(count);
            Scan::default().read(&mut Lexer::new(&text)).is_ok()
        };
        passes(MAX_RUN - before) && !passes(MAX_RUN - before + 1)
    }

    #[test]
    fn every_operator_of_one_expression_counts_once() {
        assert!(fits(0, |n| "1 + ".repeat(n)));
        assert!(fits(0, |n| "1 == ".repeat(n)));
        assert!(fits(0, |n| "1 := ".repeat(n)));
        assert!(fits(0, |n| "1 in ".repeat(n)));
        assert!(fits(0, |n| "- ".repeat(n)));
        assert!(fits(0, |n| format!("a{}", ".a".repeat(n))));
        assert!(fits(0, |n| format!("a{}", "[1]".repeat(n))));
        // The bracket counts outside, and what is inside counts there.
        assert!(fits(1, |n| format!("({}1) + 1", "1 + ".repeat(n + 1))));
        assert!(fits(3, |n| format!("1 + (1 + 1) + {}", "1 + ".repeat(n))));
    }

    #[test]
    fn what_begins_a_new_expression_counts_anew() {
        for between in [",", ";", "\n", " \"s\" ", " 1 "] {
            assert!(fits(0, |n| format!("{}a{between}a{}", "- ".repeat(40), " - a".repeat(n))));
        }
        let endless = "- ".repeat(MAX_RUN) + "a)" + &"- ".repeat(MAX_RUN);
        assert!(Scan::default().read(&mut Lexer::new(&endless)).is_ok());
    }

    #[test]
    fn the_files_of_a_set_share_a_budget() {
        let literal = format!("{}{}", "[".repeat(12), "]".repeat(12));
        let name = "a.rego".to_owned();
        let file = SourceFile { name, text: format!("{literal}\n").repeat(10) };
        let mut scan = Scan::default();
        assert_eq!(scan.check(&file), Ok(()));
        let each = scan.cost;
        let fit = Scan::MAX_COST / each;
        for _ in 1..fit {
            assert_eq!(scan.check(&file), Ok(()));
        }
        let error = scan.check(&file).unwrap_err();
        assert!(matches!(error, PolicyError::TooComplex { .. }), "{error}");
    }
}
