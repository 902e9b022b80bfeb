//! Claims of tokens that others sign, read one by one, each with its type.
//!
//! **Invariant:** a claim of another type than its own is a refusal and never
//! an absence. A verifier that takes `"exp":"tomorrow"` for no `exp` accepts
//! the token for ever (RFC 8725, section 2.8, is about such readers).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::hash::Digest;
use crate::json::{self, Object, Value};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;

/// Claims, and the step at which a wrong one is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claims<'a> {
    object: &'a Object,
    step: &'static str,
}

/// Parses a payload, strictly; `step` is where that is done.
pub(crate) fn parse(payload: &[u8], step: &'static str) -> Result<Object, Refusal> {
    json::parse_object(payload)
        .map_err(|error| Refusal::new(error.outcome(), step, error.to_string()))
}

impl<'a> Claims<'a> {
    /// Reads from `object`, and refuses at `step`.
    pub(crate) fn new(object: &'a Object, step: &'static str) -> Self {
        Self { object, step }
    }

    /// The claim as it is.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }

    /// Every claim, with its name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.object.iter()
    }

    /// Text that is neither empty nor longer than a name may be.
    pub(crate) fn name(&self, name: &str) -> Result<&'a str, Refusal> {
        self.optional_name(name)?.ok_or_else(|| self.wrong(name))
    }

    /// The same, if it is there.
    pub(crate) fn optional_name(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        let is_name = |text: &&str| !text.is_empty() && text.len() <= limits::NAME_BYTES;
        self.optional(name, |value| value.as_str().filter(is_name))
    }

    /// Text of any length, such as an address; the token bounds it.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Refusal> {
        self.optional(name, Value::as_str)?.ok_or_else(|| self.wrong(name))
    }

    /// A NumericDate without fraction or exponent, and not before 1970.
    pub(crate) fn date(&self, name: &str) -> Result<Timestamp, Refusal> {
        self.optional_date(name)?.ok_or_else(|| self.wrong(name))
    }

    /// The same, if it is there.
    pub(crate) fn optional_date(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.optional(name, |value| {
            let seconds = value.as_integer().filter(|seconds| *seconds >= 0);
            seconds.map(Timestamp::from_seconds)
        })
    }

    /// A SHA-256 digest, base64url.
    pub(crate) fn digest(&self, name: &str) -> Result<Digest, Refusal> {
        self.optional_digest(name)?.ok_or_else(|| self.wrong(name))
    }

    /// The same, if it is there.
    pub(crate) fn optional_digest(&self, name: &str) -> Result<Option<Digest>, Refusal> {
        self.optional(name, |value| value.as_str().and_then(Digest::from_base64url))
    }

    /// The members of an object, if it is there.
    pub(crate) fn optional_object(&self, name: &str) -> Result<Option<Self>, Refusal> {
        let object = self.optional(name, Value::as_object)?;
        Ok(object.map(|object| Self { object, step: self.step }))
    }

    /// One name or a list of them, not empty (RFC 7519, section 4.1.3).
    pub(crate) fn names(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let one = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(String::from);
        let names = match self.value(name) {
            Some(Value::Array(many)) => many.iter().map(one).collect::<Option<Vec<_>>>(),
            Some(value) => one(value).map(|name| alloc::vec![name]),
            None => None,
        };
        names.filter(|names| !names.is_empty()).ok_or_else(|| self.wrong(name))
    }

    /// What RFC 7519, sections 4.1.4 and 4.1.5, says of `exp` and `nbf` in any token,
    /// refused at `step`.
    pub(crate) fn check_validity(&self, now: Timestamp, step: &'static str) -> Result<(), Refusal> {
        if self.optional_date("exp")?.is_some_and(|expires| expires <= now) {
            return Err(Refusal::new(Outcome::Expired, step, "its time is over"));
        }
        if self.optional_date("nbf")?.is_some_and(|begins| begins > now.plus(limits::CLOCK_SKEW)) {
            return Err(Refusal::new(Outcome::NotYetValid, step, "its time has not come"));
        }
        Ok(())
    }

    /// A claim that may be absent; if it is there, `read` must know it.
    fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        match self.object.get(name) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.wrong(name)),
        }
    }

    /// The refusal of one claim; `name` is ours, never the sender's.
    pub(crate) fn wrong(&self, name: &str) -> Refusal {
        let reason = format!("`{name}` is missing or not what it must be");
        Refusal::new(Outcome::Malformed, self.step, reason)
    }
}
