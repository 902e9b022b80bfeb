//! Takes a Rego text apart as far as its nesting needs.
//!
//! **Invariant:** where the engine's own lexer sees a string, a comment or a
//! bracket, this sees one too, so nothing can hide from the scan what the
//! parser will read.

use std::iter::Peekable;
use std::str::Chars;

/// What stands at one place of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// A word, a number or a string.
    Operand,
    /// Whatever joins operands: a dot, a colon, an `in`.
    Operator,
    /// A comma or a semicolon.
    Separator,
    /// `(`
    Group,
    /// `[` or `{`.
    Open {
        /// Whether space or a comment stands before it.
        is_apart: bool,
    },
    /// `)`, `]` or `}`.
    Close,
}

/// A text that is being read.
pub(super) struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { chars: text.chars().peekable(), line: 1 }
    }

    /// The line that was reached, from one.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The next token, or `None` at the end. The error is what no policy may
    /// contain.
    pub(super) fn next_token(&mut self) -> Result<Option<Token>, String> {
        let is_apart = self.skip_space()?;
        let Some(first) = self.advance()? else {
            return Ok(None);
        };
        Ok(Some(match first {
            '"' => self.text()?,
            '`' => self.raw_text()?,
            '(' => Token::Group,
            '[' | '{' => Token::Open { is_apart },
            ']' | '}' | ')' => Token::Close,
            ',' | ';' => Token::Separator,
            _ if first.is_ascii_digit() => self.number(first)?,
            _ if is_word(first) => self.word(first),
            _ => self.operator(first)?,
        }))
    }

    /// The next character. The engine takes a NUL for the end of the text, and
    /// people do not see the others, so none of them may hide a rule.
    fn advance(&mut self) -> Result<Option<char>, String> {
        let next = self.chars.next();
        if next == Some('\n') {
            self.line = self.line.saturating_add(1);
        }
        if next.is_some_and(is_invisible) {
            return Err("a control or direction character; remove it".to_owned());
        }
        Ok(next)
    }

    /// Skips space and comments, and says whether there were any.
    fn skip_space(&mut self) -> Result<bool, String> {
        let mut is_apart = false;
        while let Some(next) = self.chars.peek().copied() {
            match next {
                ' ' | '\t' | '\r' | '\n' => drop(self.advance()?),
                '#' => self.comment()?,
                _ => break,
            }
            is_apart = true;
        }
        Ok(is_apart)
    }

    fn comment(&mut self) -> Result<(), String> {
        while self.chars.peek().is_some_and(|next| *next != '\n') {
            self.advance()?;
        }
        Ok(())
    }

    fn text(&mut self) -> Result<Token, String> {
        loop {
            match self.advance()? {
                Some('"') => return Ok(Token::Operand),
                Some('\\') => drop(self.advance()?),
                Some('\n') | None => return Err("a string that is not closed".to_owned()),
                Some(_) => {}
            }
        }
    }

    fn raw_text(&mut self) -> Result<Token, String> {
        while let Some(next) = self.advance()? {
            if next == '`' {
                return Ok(Token::Operand);
            }
        }
        Err("a raw string that is not closed".to_owned())
    }

    /// A number. The engine computes `1e2000000000` to its last digit.
    fn number(&mut self, first: char) -> Result<Token, String> {
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
        Ok(Token::Operand)
    }

    /// A word. `a in b in c` nests like any other operator.
    fn word(&mut self, first: char) -> Token {
        let mut word = String::from(first);
        while let Some(next) = self.chars.next_if(|c| is_word(*c) || c.is_ascii_digit()) {
            word.push(next);
        }
        if word == "in" { Token::Operator } else { Token::Operand }
    }

    fn operator(&mut self, first: char) -> Result<Token, String> {
        if matches!(first, ':' | '=' | '!' | '<' | '>') && self.chars.peek() == Some(&'=') {
            self.advance()?;
        }
        Ok(Token::Operator)
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}

fn is_invisible(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const MAX_NUMBER: usize = 64;
const MAX_EXPONENT: usize = 4;

#[cfg(test)]
mod tests {
    use super::{Lexer, Token};

    /// One character for each token of a text: `x` operand, `+` operator,
    /// `,` separator, `(` group, `[` bracket after space, `i` bracket that
    /// follows directly, `)` close; `!` where the text is refused.
    fn shape(text: &str) -> String {
        let mut lexer = Lexer::new(text);
        let mut shape = String::new();
        loop {
            shape.push(match lexer.next_token() {
                Ok(Some(Token::Operand)) => 'x',
                Ok(Some(Token::Operator)) => '+',
                Ok(Some(Token::Separator)) => ',',
                Ok(Some(Token::Group)) => '(',
                Ok(Some(Token::Open { is_apart: true })) => '[',
                Ok(Some(Token::Open { is_apart: false })) => 'i',
                Ok(Some(Token::Close)) => ')',
                Ok(None) => return shape,
                Err(_) => return shape + "!",
            });
        }
    }

    #[test]
    fn a_text_is_taken_apart_as_the_engine_does() {
        let table = [
            ("", ""),
            (" \t\r\n# x", ""),
            ("a_1 b", "xx"),
            ("_ in in_ inn i", "x+xxx"),
            ("1.5e+10 2E-3 1e5", "xxx"),
            ("1-2", "x+x"),
            ("a.b.c", "x+x+x"),
            ("a:=1==2!=3<=4>=5", "x+x+x+x+x+x"),
            ("a<b>c|d&e*f/g%h", "x+x+x+x+x+x+x+x"),
            ("=== :", "+++"),
            ("f(a, b); c", "x(x,x),x"),
            ("a[1] [2] {3}", "xix)[x)[x)"),
            ("[[", "ii"),
            (" [#\n[", "[["),
            ("\"[#`\\\"(\" x", "xx"),
            ("\"\\\\\"[", "xi"),
            ("`[\\\n\"#` x", "xx"),
            ("# \"\n\"a\"", "x"),
            ("é", "+"),
            ("\"a\n\"", "!"),
            ("x \"a", "x!"),
            ("\"a\\", "!"),
            ("`a", "!"),
        ];
        for (text, expected) in table {
            assert_eq!(shape(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_number_has_limits() {
        let digits = |count: usize| "9".repeat(count);
        assert_eq!(shape(&digits(64)), "x");
        assert_eq!(shape(&digits(65)), "!");
        assert_eq!(shape("1e9999"), "x");
        assert_eq!(shape("1e+999"), "x");
        for number in ["1e10000", "1e+9999", "1E-9999", "1.5e10000"] {
            assert_eq!(shape(number), "!", "{number}");
        }
    }

    #[test]
    fn what_nobody_sees_is_refused_and_its_neighbours_are_not() {
        for hidden in "\0\u{8}\u{b}\u{1f}\u{7f}\u{9f}\u{202a}\u{202e}\u{2066}\u{2069}".chars() {
            for text in [format!("{hidden}"), format!("#{hidden}"), format!("`{hidden}`")] {
                assert_eq!(shape(&text), "!", "{text:?}");
            }
            assert_eq!(shape(&format!("\"\\{hidden}\"")), "!", "{hidden:?}");
        }
        for visible in " ~\u{a0}\u{2029}\u{202f}\u{2065}\u{206a}".chars() {
            assert_eq!(shape(&format!("\"{visible}\"")), "x", "{visible:?}");
        }
    }

    #[test]
    fn a_line_ends_where_its_end_is_read() {
        let line = |text: &str| {
            let mut lexer = Lexer::new(text);
            while let Ok(Some(_)) = lexer.next_token() {}
            lexer.line()
        };
        assert_eq!(line("a\nb"), 2);
        assert_eq!(line("`\n\n` \n"), 4);
        assert_eq!(line("# a\n# b\n\u{202e}\n"), 3);
        assert_eq!(line("a\r\nb\r\n\"c\n"), 4);
    }
}
