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

use std::iter::Peekable;
use std::str::Chars;

/// Scans the files of one policy set, which share a budget.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    cost: usize,
}

impl Scan {
    /// How many tokens may be read, each counted twice for every `[` or `{`
    /// around it. About half a second of parsing.
    const MAX_COST: usize = 1 << 19;

    /// Checks one text. The error is a line and what is wrong there.
    pub(crate) fn check(&mut self, text: &str) -> Result<(), (usize, String)> {
        let mut reader = Reader::new(text, self.cost);
        let outcome = reader.read();
        self.cost = reader.cost;
        outcome.map_err(|problem| (reader.line, problem))
    }
}

/// The state of reading one text.
struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
    cost: usize,
    previous: Previous,
    /// Whether anything stood between the previous token and this one.
    is_apart: bool,
    /// The open brackets, outermost first.
    open: Vec<Bracket>,
    /// How many operators join the expression at hand.
    run: usize,
}

/// What the token before was.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Previous {
    Operand,
    Operator,
}

/// An open bracket.
struct Bracket {
    /// How many times the parser reads what is inside.
    readings: usize,
    /// The run of operators that goes on after it closes.
    run: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, cost: usize) -> Self {
        Self {
            chars: text.chars().peekable(),
            line: 1,
            cost,
            previous: Previous::Operator,
            is_apart: true,
            open: Vec::new(),
            run: 0,
        }
    }

    fn read(&mut self) -> Result<(), String> {
        while let Some(next) = self.advance()? {
            match next {
                ' ' | '\t' | '\r' | '\n' => self.is_apart = true,
                '#' => self.comment()?,
                '"' => self.text()?,
                '`' => self.raw_text()?,
                '[' | '{' | '(' => self.opens(next)?,
                ']' | '}' | ')' => self.closes()?,
                ',' | ';' => self.separator()?,
                _ if next.is_ascii_digit() => self.number(next)?,
                _ if next == '_' || next.is_ascii_alphabetic() => self.word(next)?,
                _ => self.operator(next)?,
            }
        }
        Ok(())
    }

    /// The next character. The engine takes a NUL for the end of the text, and
    /// people do not see the others, so none of them may hide a rule.
    fn advance(&mut self) -> Result<Option<char>, String> {
        let Some(next) = self.chars.next() else {
            return Ok(None);
        };
        if next == '\n' {
            self.line = self.line.saturating_add(1);
        }
        if is_invisible(next) {
            return Err("a control or direction character; remove it".to_owned());
        }
        Ok(Some(next))
    }

    fn comment(&mut self) -> Result<(), String> {
        while self.chars.peek().is_some_and(|next| *next != '\n') {
            self.advance()?;
        }
        self.is_apart = true;
        Ok(())
    }

    fn text(&mut self) -> Result<(), String> {
        loop {
            match self.advance()? {
                Some('"') => return self.operand(),
                Some('\\') => drop(self.advance()?),
                Some('\n') | None => return Err("a string that is not closed".to_owned()),
                Some(_) => {}
            }
        }
    }

    fn raw_text(&mut self) -> Result<(), String> {
        loop {
            match self.advance()? {
                Some('`') => return self.operand(),
                None => return Err("a raw string that is not closed".to_owned()),
                Some(_) => {}
            }
        }
    }

    fn opens(&mut self, bracket: char) -> Result<(), String> {
        let is_after_operand = self.previous == Previous::Operand && !self.is_apart;
        self.join()?;
        // `xs[i]` and `f(x)` are read once, a literal or a comprehension twice.
        let factor = if bracket == '(' || is_after_operand { 1 } else { 2 };
        let readings = self.readings().saturating_mul(factor);
        let run = self.run;
        self.open.push(Bracket { readings, run });
        if self.open.len() > MAX_DEPTH {
            return Err(format!("brackets nested deeper than {MAX_DEPTH}"));
        }
        self.run = 0;
        self.token(Previous::Operator)
    }

    fn closes(&mut self) -> Result<(), String> {
        // A bracket too many is the parser's to explain.
        self.run = self.open.pop().map_or(0, |bracket| bracket.run);
        self.token(Previous::Operand)
    }

    fn separator(&mut self) -> Result<(), String> {
        self.run = 0;
        self.token(Previous::Operator)
    }

    fn operator(&mut self, first: char) -> Result<(), String> {
        if matches!(first, ':' | '=' | '!' | '<' | '>') && self.chars.peek() == Some(&'=') {
            self.advance()?;
        }
        self.join()?;
        self.token(Previous::Operator)
    }

    fn word(&mut self, first: char) -> Result<(), String> {
        let mut word = String::from(first);
        while let Some(next) = self.chars.next_if(|c| *c == '_' || c.is_ascii_alphanumeric()) {
            word.push(next);
        }
        // `a in b in c` nests like any other operator.
        if word == "in" {
            self.join()?;
            return self.token(Previous::Operator);
        }
        self.operand()
    }

    /// A number. The engine computes `1e2000000000` to its last digit.
    fn number(&mut self, first: char) -> Result<(), String> {
        let mut number = String::from(first);
        while let Some(next) = self.chars.next_if(|c| *c == '.' || c.is_ascii_alphanumeric()) {
            number.push(next);
            if matches!(next, 'e' | 'E') {
                number.extend(self.chars.next_if(|c| matches!(c, '+' | '-')));
            }
        }
        let exponent = number.split(['e', 'E']).nth(1).unwrap_or_default();
        if number.len() > MAX_NUMBER || exponent.len() > MAX_EXPONENT {
            return Err(format!(
                "a number longer than {MAX_NUMBER} characters, or with an exponent longer than {MAX_EXPONENT}"
            ));
        }
        self.operand()
    }

    /// A word, number or string. After another one it begins a new expression.
    fn operand(&mut self) -> Result<(), String> {
        if self.previous == Previous::Operand {
            self.run = 0;
        }
        self.token(Previous::Operand)
    }

    fn join(&mut self) -> Result<(), String> {
        self.run = self.run.saturating_add(1);
        if self.run > MAX_RUN {
            return Err(format!("an expression with more than {MAX_RUN} operators"));
        }
        Ok(())
    }

    fn token(&mut self, kind: Previous) -> Result<(), String> {
        self.previous = kind;
        self.is_apart = false;
        self.cost = self.cost.saturating_add(self.readings());
        if self.cost > Scan::MAX_COST {
            return Err("more nested text than can be parsed in time; split the policy".to_owned());
        }
        Ok(())
    }

    fn readings(&self) -> usize {
        self.open.last().map_or(1, |bracket| bracket.readings)
    }
}

fn is_invisible(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How deep brackets may nest.
const MAX_DEPTH: usize = 12;
/// How many operators may join one expression, at one level of brackets.
const MAX_RUN: usize = 64;
const MAX_NUMBER: usize = 64;
const MAX_EXPONENT: usize = 4;
