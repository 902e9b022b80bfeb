//! Finds where JSON values end.
//!
//! It follows the grammar of RFC 8259 and nothing more: it builds no values,
//! joins no surrogates and judges no numbers.
//!
//! **Invariant:** it stands at a character's boundary always, and goes no
//! deeper than the limit, so that no text can exhaust the stack.

use alloc::vec::Vec;

use procura_core::limits;

use super::RawError;

/// A place in a JSON text.
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The names, with their quotes, and the values of the object that begins here.
    pub(super) fn object(&mut self) -> Result<Vec<(&'a str, &'a str)>, RawError> {
        self.begins_with(b'{')?;
        self.members(0)
    }

    /// The elements of the list that begins here.
    pub(super) fn array(&mut self) -> Result<Vec<&'a str>, RawError> {
        self.begins_with(b'[')?;
        self.list(0)
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), RawError> {
        self.skip_space();
        if self.peek().is_none() { Ok(()) } else { Err(self.syntax()) }
    }

    /// Another kind of value here is JSON, but not what belongs here.
    fn begins_with(&mut self, bracket: u8) -> Result<(), RawError> {
        self.skip_space();
        if self.peek() == Some(bracket) { Ok(()) } else { Err(self.kind()) }
    }

    /// Moves over one value and returns it.
    fn value(&mut self, depth: usize) -> Result<&'a str, RawError> {
        self.skip_space();
        let start = self.at;
        if depth > limits::JSON_DEPTH {
            return Err(self.syntax());
        }
        match self.peek() {
            Some(b'{') => self.members(depth).map(drop)?,
            Some(b'[') => self.list(depth).map(drop)?,
            Some(b'"') => self.string().map(drop)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            Some(_) | None => return Err(self.syntax()),
        }
        self.since(start)
    }

    /// Moves over the object that begins here.
    fn members(&mut self, depth: usize) -> Result<Vec<(&'a str, &'a str)>, RawError> {
        let mut members = Vec::new();
        self.expect(b'{')?;
        self.skip_space();
        if self.take(b'}') {
            return Ok(members);
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            self.expect(b':')?;
            members.push((name, self.value(depth.saturating_add(1))?));
            self.skip_space();
            if self.take(b'}') {
                return Ok(members);
            }
            self.expect(b',')?;
        }
    }

    /// Moves over the list that begins here.
    fn list(&mut self, depth: usize) -> Result<Vec<&'a str>, RawError> {
        let mut elements = Vec::new();
        self.expect(b'[')?;
        self.skip_space();
        if self.take(b']') {
            return Ok(elements);
        }
        loop {
            elements.push(self.value(depth.saturating_add(1))?);
            self.skip_space();
            if self.take(b']') {
                return Ok(elements);
            }
            self.expect(b',')?;
        }
    }

    /// Moves over a string and returns it with its quotes.
    fn string(&mut self) -> Result<&'a str, RawError> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            let plain = |byte: &u8| *byte >= b' ' && !matches!(byte, b'"' | b'\\');
            let count = self.rest().iter().take_while(|byte| plain(byte)).count();
            self.advance(count);
            match self.peek() {
                Some(b'"') => {
                    self.advance(1);
                    return self.since(start);
                }
                Some(b'\\') => self.escape()?,
                Some(_) | None => return Err(self.syntax()),
            }
        }
    }

    /// Surrogates are not paired here: servers cut texts in the middle of one.
    fn escape(&mut self) -> Result<(), RawError> {
        self.expect(b'\\')?;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.advance(1);
                Ok(())
            }
            Some(b'u') => {
                self.advance(1);
                let digits = self.rest().iter().take(4);
                if digits.filter(|digit| digit.is_ascii_hexdigit()).count() < 4 {
                    return Err(self.syntax());
                }
                self.advance(4);
                Ok(())
            }
            Some(_) | None => Err(self.syntax()),
        }
    }

    /// Moves over a number (RFC 8259, section 6); how large it is does not matter.
    fn number(&mut self) -> Result<(), RawError> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), RawError> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.syntax());
        }
        self.advance(count);
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), RawError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.syntax());
        }
        self.advance(word.len());
        Ok(())
    }

    fn skip_space(&mut self) {
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let count = self.rest().iter().take_while(|byte| space(byte)).count();
        self.advance(count);
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance(1);
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), RawError> {
        if self.take(byte) { Ok(()) } else { Err(self.syntax()) }
    }

    fn advance(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }

    /// The text from `start` to here; both are beside ASCII, so at characters' boundaries.
    fn since(&self, start: usize) -> Result<&'a str, RawError> {
        self.text.get(start..self.at).ok_or(self.syntax())
    }

    fn syntax(&self) -> RawError {
        RawError::Syntax(self.at)
    }

    /// The first byte begins another kind of value, or none.
    fn kind(&self) -> RawError {
        match self.peek() {
            Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => RawError::Kind,
            Some(_) | None => self.syntax(),
        }
    }
}
