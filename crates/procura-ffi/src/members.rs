//! Reading an object of the request, member by member.
//!
//! **Invariant:** each member is taken out as it is read, and an object with a
//! member left over is refused: a rule that is misspelt would be one that is not kept.

use procura_core::base64url;
use procura_core::json::{self, Object, Value};
use procura_core::key::PublicKey;
use procura_core::time::Timestamp;
use procura_core::token;

use crate::LIST_ITEMS;
use crate::failure::Failure;

/// The members that were not read yet.
pub(crate) struct Members(Object);

impl Members {
    /// All members of `object`.
    pub(crate) fn of(object: Object) -> Self {
        Self(object)
    }

    /// Reads the object `value` to its end.
    pub(crate) fn read<T>(
        (name, value): (&str, Value),
        read: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Value::Object(object) = value else { return Err(wrong(name)) };
        let mut members = Self(object);
        let read = read(&mut members)?;
        members.end()?;
        Ok(read)
    }

    /// Checks that nothing is left over.
    pub(crate) fn end(&self) -> Result<(), Failure> {
        match self.0.iter().next() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(16).collect();
                Err(Failure::bad_request(format!("`{shown}` is not a member of this request")))
            }
        }
    }

    /// A member that may be absent.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A member that is there.
    pub(crate) fn value(&mut self, name: &str) -> Result<Value, Failure> {
        self.optional(name).ok_or_else(|| wrong(name))
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, Failure> {
        self.optional_text(name)?.ok_or_else(|| wrong(name))
    }

    /// A text that may be absent.
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name)),
        }
    }

    /// An object, read as it is by somebody else.
    pub(crate) fn object(&mut self, name: &str) -> Result<Object, Failure> {
        if let Value::Object(object) = self.value(name)? { Ok(object) } else { Err(wrong(name)) }
    }

    /// A list that is not too long.
    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Value>, Failure> {
        let Value::Array(values) = self.value(name)? else { return Err(wrong(name)) };
        if values.len() > LIST_ITEMS {
            return Err(Failure::too_large("a list of the request is too long"));
        }
        Ok(values)
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, Failure> {
        let text = |value: Value| value.as_str().map(String::from).ok_or_else(|| wrong(name));
        self.list(name)?.into_iter().map(text).collect()
    }

    /// An integer from 0.
    pub(crate) fn count(&mut self, name: &str) -> Result<u32, Failure> {
        let integer = self.value(name)?.as_integer();
        integer.and_then(|integer| u32::try_from(integer).ok()).ok_or_else(|| wrong(name))
    }

    /// Whole seconds since 1970.
    pub(crate) fn time(&mut self, name: &str) -> Result<Timestamp, Failure> {
        let seconds = self.value(name)?.as_integer().filter(|seconds| *seconds >= 0);
        seconds.map(Timestamp::from_seconds).ok_or_else(|| wrong(name))
    }

    /// A public key as a JWK.
    pub(crate) fn key(&mut self, name: &str) -> Result<PublicKey, Failure> {
        jwk(&self.object(name)?)
    }

    /// Bytes in base64url.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        base64url::decode(&self.text(name)?).ok_or_else(|| wrong(name))
    }

    /// The text of a JSON object, as somebody wrote it.
    ///
    /// It is text inside of text, because a host that parses it and writes it again
    /// has other numbers than its author, and one of two members with one name.
    pub(crate) fn written(&mut self, name: &str) -> Result<Object, Failure> {
        json::parse_object(self.text(name)?.as_bytes()).map_err(Failure::of_json)
    }
}

/// A public key.
pub(crate) fn jwk(object: &Object) -> Result<PublicKey, Failure> {
    token::parse_jwk(object).map_err(Failure::bad_request)
}

/// The member `name` is not what the page of the format says.
pub(crate) fn wrong(name: &str) -> Failure {
    Failure::bad_request(format!("`{name}` is missing or not what it must be"))
}
