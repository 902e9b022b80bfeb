//! Reads dictionaries, byte by byte.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Bare, Dictionary, FieldError, InnerList, Item, Member, Parameters};

/// A place in a text. RFC 9651, section 4.2, describes each of its steps.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads from the start of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0 }
    }

    /// The whole text, as a dictionary.
    pub(super) fn dictionary(mut self) -> Result<Dictionary, FieldError> {
        self.skip(b" ");
        let (mut members, mut keys) = (Vec::new(), BTreeSet::new());
        while self.peek().is_some() {
            let at = self.at;
            let (key, member) = self.member()?;
            // A set, since a stranger chooses how many there are.
            if !keys.insert(key.clone()) {
                return Err(FieldError::Duplicate(at));
            }
            members.push((key, member));
            self.skip(b" \t");
            if self.peek().is_none() {
                break;
            }
            self.expect(b',')?;
            self.skip(b" \t");
            self.peek().ok_or(FieldError::Syntax(self.at))?;
        }
        Ok(Dictionary(members))
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn wrong<T>(&self) -> Result<T, FieldError> {
        Err(FieldError::Syntax(self.at))
    }

    fn skip(&mut self, bytes: &[u8]) {
        while self.peek().is_some_and(|byte| bytes.contains(&byte)) {
            self.advance();
        }
    }

    fn is_next(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.advance();
        }
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), FieldError> {
        if self.is_next(byte) { Ok(()) } else { self.wrong() }
    }

    /// The bytes that `allowed` allows, as text; they are ASCII.
    fn run(&mut self, allowed: impl Fn(u8) -> bool) -> String {
        let mut run = String::new();
        while let Some(byte) = self.peek().filter(|byte| byte.is_ascii() && allowed(*byte)) {
            run.push(char::from(byte));
            self.advance();
        }
        run
    }

    fn member(&mut self) -> Result<(String, Member), FieldError> {
        let key = self.key()?;
        let member = if !self.is_next(b'=') {
            Member::Item(Item { value: Bare::Boolean(true), parameters: self.parameters()? })
        } else if self.peek() == Some(b'(') {
            Member::InnerList(self.inner_list()?)
        } else {
            Member::Item(self.item()?)
        };
        Ok((key, member))
    }

    fn inner_list(&mut self) -> Result<InnerList, FieldError> {
        self.expect(b'(')?;
        let mut items = Vec::new();
        loop {
            self.skip(b" ");
            if self.is_next(b')') {
                return Ok(InnerList { items, parameters: self.parameters()? });
            }
            items.push(self.item()?);
            if !matches!(self.peek(), Some(b' ' | b')')) {
                return self.wrong();
            }
        }
    }

    fn item(&mut self) -> Result<Item, FieldError> {
        Ok(Item { value: self.bare()?, parameters: self.parameters()? })
    }

    fn parameters(&mut self) -> Result<Parameters, FieldError> {
        let mut parameters = Parameters::default();
        while self.is_next(b';') {
            self.skip(b" ");
            let at = self.at;
            let name = self.key()?;
            let value = if self.is_next(b'=') { self.bare()? } else { Bare::Boolean(true) };
            if parameters.get(&name).is_some() {
                return Err(FieldError::Duplicate(at));
            }
            parameters.0.push((name, value));
        }
        Ok(parameters)
    }

    fn key(&mut self) -> Result<String, FieldError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'*') {
            return self.wrong();
        }
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)
        };
        Ok(self.run(allowed))
    }

    fn bare(&mut self) -> Result<Bare, FieldError> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b':') => self.bytes(),
            Some(b'?') => self.boolean(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'*' => Ok(self.token()),
            Some(byte) if byte.is_ascii_digit() || byte == b'-' => self.integer(),
            Some(_) | None => self.wrong(),
        }
    }

    fn string(&mut self) -> Result<Bare, FieldError> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            text.push_str(
                &self.run(|byte| (0x20..0x7f).contains(&byte) && !b"\"\\".contains(&byte)),
            );
            if self.is_next(b'"') {
                return Ok(Bare::String(text));
            }
            self.expect(b'\\')?;
            match self.peek() {
                Some(byte @ (b'"' | b'\\')) => text.push(char::from(byte)),
                Some(_) | None => return self.wrong(),
            }
            self.advance();
        }
    }

    fn token(&mut self) -> Bare {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
        Bare::Token(self.run(allowed))
    }

    fn bytes(&mut self) -> Result<Bare, FieldError> {
        self.expect(b':')?;
        let at = self.at;
        let text = self.run(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        let bytes = STANDARD.decode(text).map_err(|_| FieldError::Syntax(at))?;
        self.expect(b':')?;
        Ok(Bare::Bytes(bytes))
    }

    fn boolean(&mut self) -> Result<Bare, FieldError> {
        self.expect(b'?')?;
        let truth = self.is_next(b'1');
        if !truth {
            self.expect(b'0')?;
        }
        Ok(Bare::Boolean(truth))
    }

    /// A decimal's point is what may not follow, wherever this stands.
    fn integer(&mut self) -> Result<Bare, FieldError> {
        let at = self.at;
        let is_negative = self.is_next(b'-');
        let digits = self.run(|byte| byte.is_ascii_digit());
        let number = digits.parse::<i64>().ok().filter(|_| digits.len() <= 15);
        match number {
            Some(number) if self.peek() != Some(b'.') => {
                Ok(Bare::Integer(if is_negative { number.saturating_neg() } else { number }))
            }
            Some(_) | None => Err(FieldError::Syntax(at)),
        }
    }
}
