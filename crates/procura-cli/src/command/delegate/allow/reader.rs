//! Reads one `--allow` from left to right, and says where it stopped.

use std::fmt;

use procura_core::json::{self, Value};

use crate::command::inspect::safe;

/// The text and how far it is read.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// What is wrong with an `--allow`, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AllowError {
    text: String,
    /// Characters before the place, or nothing where the whole is meant.
    column: Option<usize>,
    message: String,
}

impl AllowError {
    /// An error of everything together.
    pub(super) fn whole(texts: &[String], reason: &str) -> Self {
        Self { text: texts.join(" "), column: None, message: reason.to_owned() }
    }

    /// Where it is, counted from one.
    #[cfg(test)]
    pub(super) fn column(&self) -> Option<usize> {
        self.column.map(|column| column.saturating_add(1))
    }
}

impl fmt::Display for AllowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = safe::text(&self.message);
        let Some(column) = self.column else {
            return write!(f, "--allow: {message}");
        };
        write!(f, "--allow, character {}: {message}", column.saturating_add(1))?;
        // An escaped character is wider than one, so the arrow would point elsewhere.
        if self.text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            write!(f, "\n  {}\n  {:column$}^", self.text, "")?;
        }
        Ok(())
    }
}

impl std::error::Error for AllowError {}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// A place to come back to.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    /// Whether a value or a rule could end here.
    pub(super) fn is_at_delimiter(&self) -> bool {
        self.peek().is_none_or(|c| matches!(c, ')' | ',' | '|') || c.is_whitespace())
    }

    pub(super) fn skip_space(&mut self) {
        self.take_while(|c| c == ' ');
    }

    /// Reads `character` if it is next.
    pub(super) fn take(&mut self, character: char) -> bool {
        let is_next = self.peek() == Some(character);
        if is_next {
            self.advance(character.len_utf8());
        }
        is_next
    }

    /// Lower-case letters and hyphens: what the name of a rule is made of.
    pub(super) fn keyword(&mut self) -> String {
        self.take_while(|c| c.is_ascii_lowercase() || c == '-').to_owned()
    }

    /// Everything up to a character that has a meaning here.
    pub(super) fn word(&mut self) -> &'a str {
        self.take_while(|c| !is_structure(c) && !c.is_whitespace() && !c.is_control())
    }

    /// The name of a tool or an argument: a word, or a JSON string.
    pub(super) fn name(&mut self, what: &str) -> Result<String, AllowError> {
        if self.peek() == Some('"') {
            return self.plain_text(what);
        }
        let name = self.take_while(|c| {
            !is_structure(c) && !matches!(c, '=' | '?') && !c.is_whitespace() && !c.is_control()
        });
        if name.is_empty() {
            return Err(self.expected(what));
        }
        Ok(name.to_owned())
    }

    /// A word or a JSON string, as text.
    pub(super) fn plain_text(&mut self, what: &str) -> Result<String, AllowError> {
        let start = self.at;
        if self.peek() == Some('"') {
            let value = self.json(what)?;
            let text = value.as_str().map(String::from);
            return text.ok_or_else(|| self.refused_at(start, what));
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected(what));
        }
        Ok(word.to_owned())
    }

    /// A JSON value, or a word: a number, true, false or null as JSON, else text.
    pub(super) fn value(&mut self, what: &str) -> Result<Value, AllowError> {
        if matches!(self.peek(), Some('"' | '[' | '{')) {
            return self.json(what);
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.expected(what));
        }
        if !self.is_at_delimiter() {
            let shape = "a JSON string, such as \"a (b)\", for a value with such a character";
            return Err(self.expected(shape));
        }
        Ok(Self::scalar(word))
    }

    /// A word as a value.
    pub(super) fn scalar(word: &str) -> Value {
        match json::parse(word.as_bytes()) {
            Ok(value) if value.is_scalar() => value,
            Ok(_) | Err(_) => Value::String(word.to_owned()),
        }
    }

    /// What was expected here, and what is here instead.
    pub(super) fn expected(&self, what: &str) -> AllowError {
        self.refused_at(self.at, what)
    }

    /// What was expected at `position`.
    pub(super) fn refused_at(&self, position: usize, what: &str) -> AllowError {
        let before = self.text.get(..position).unwrap_or_default();
        let found: String =
            self.text.get(position..).unwrap_or_default().chars().take(20).collect();
        let found = if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") };
        AllowError {
            text: self.text.to_owned(),
            column: Some(before.chars().count()),
            message: format!("expected {what}; found {found}"),
        }
    }

    /// One JSON value that starts here with a quote or a bracket.
    fn json(&mut self, what: &str) -> Result<Value, AllowError> {
        let start = self.at;
        let length = json_length(self.rest());
        let text = self.rest().get(..length).unwrap_or_default();
        let value = json::parse(text.as_bytes())
            .map_err(|error| self.refused_at(start, &format!("{what} as JSON ({error})")))?;
        self.advance(length);
        Ok(value)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.advance(end);
        rest.get(..end).unwrap_or_default()
    }
}

/// What parts names, values and rules; in a value it has to be quoted.
pub(super) fn is_structure(c: char) -> bool {
    matches!(c, '(' | ')' | ',' | '|' | '"')
}

/// How many bytes the JSON value at the start of `text` takes: up to the quote
/// or the bracket that closes the first one.
fn json_length(text: &str) -> usize {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match (is_text, c) {
            (true, _) if is_escaped => is_escaped = false,
            (true, '\\') => is_escaped = true,
            (_, '"') => is_text = !is_text,
            (false, '[' | '{') => depth = depth.saturating_add(1),
            (false, ']' | '}') => depth = depth.saturating_sub(1),
            (true | false, _) => {}
        }
        if depth == 0 && !is_text {
            return at.saturating_add(c.len_utf8());
        }
    }
    text.len()
}
