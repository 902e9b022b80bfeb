//! Token Status List (draft-ietf-oauth-status-list-21): what became of a token
//! that somebody else issued.
//!
//! **Invariant:** a [`StatusList`] was signed by the key that was asked for, is
//! about the URI that was asked for, and its time is not over. Whatever cannot
//! be read from it refuses; no way leads from doubt to [`Status::Valid`].
//!
//! An issuer writes a number into each token and publishes one compressed array
//! of small values, in which the number is a place. The list says nothing of
//! who asked for which place, so a verifier that fetches it tells the issuer
//! nothing about its users.
//!
//! ```
//! use procura_core::status_list::{Bits, Status, Statuses};
//!
//! let mut statuses = Statuses::new(Bits::One, 16).unwrap();
//! statuses.set(3, Status::Invalid).unwrap();
//! let read = Statuses::parse(&statuses.to_object()).unwrap();
//! assert_eq!(read.get(3), Some(Status::Invalid));
//! assert_eq!(read.get(4), Some(Status::Valid));
//! assert_eq!(read.get(16), None);
//! ```

mod bits;
mod reference;
mod status;
mod statuses;

use alloc::string::String;

pub use bits::Bits;
pub use reference::Reference;
pub use status::Status;
pub use statuses::{DoesNotFit, Statuses};

use crate::json::{Object, Value};
use crate::key::{PublicKey, Signer};
use crate::limits;
use crate::proof::verify_statement;
use crate::refusal::{Outcome, Refusal};
use crate::statement;
use crate::time::{Seconds, Timestamp};

/// The JWS type of a list (section 5.1).
pub const TYPE: &str = "statuslist+jwt";

/// Statuses that an issuer signed, and how long they hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatusList {
    /// The address under which it is published.
    pub uri: String,
    /// What is said of each place.
    pub statuses: Statuses,
    /// When it was signed.
    pub issued: Timestamp,
    /// When it stops to hold, if it says so.
    pub expires: Option<Timestamp>,
    /// How long a copy may be used before a newer one is asked for.
    pub ttl: Option<Seconds>,
}

impl StatusList {
    /// Verifies the list `text` that was fetched from `uri`, as of `now`.
    ///
    /// The caller knows whose list it is and gives that issuer's `key`. A list
    /// about another address is refused: an issuer has many, and a place in one of
    /// them says nothing about the same place in another (section 8.3).
    pub fn open(text: &str, uri: &str, key: &PublicKey, now: Timestamp) -> Result<Self, Refusal> {
        if text.len() > limits::STATUS_LIST_TOKEN_BYTES {
            return Err(Refusal::new(Outcome::TooLarge, "L1", "the status list is too long"));
        }
        let statement = verify_statement(text, TYPE, key)?;
        let list = Self::parse(statement.get().claims())?;
        if list.uri != uri {
            return Err(unknown("`sub` is not the address of this status list"));
        }
        list.check_time(now)?;
        Ok(list)
    }

    /// Signs the list, as its issuer.
    pub fn sign(&self, issuer: &dyn Signer) -> String {
        let mut claims = Object::new()
            .with("iat", self.issued.as_seconds())
            .with("status_list", self.statuses.to_object())
            .with("sub", self.uri.as_str());
        if let Some(expires) = self.expires {
            claims.set("exp", expires.as_seconds());
        }
        if let Some(ttl) = self.ttl {
            claims.set("ttl", ttl.as_u32());
        }
        statement::sign(TYPE, claims, issuer)
    }

    /// The status at `reference`.
    ///
    /// A place beyond the end refuses (section 8.3): the token names something that
    /// its issuer never stated.
    pub fn status(&self, reference: &Reference) -> Result<Status, Refusal> {
        if reference.uri != self.uri {
            return Err(unknown("the token's status is in another list"));
        }
        let status = self.statuses.get(reference.index);
        status.ok_or_else(|| unknown("the token's place is not in its status list"))
    }

    /// Until when a copy that was fetched at `fetched` may be used.
    ///
    /// The earlier of its end and its `ttl`. Afterwards [`StatusList::open`] may still
    /// accept it, but the issuer wants to be asked whether there is a newer one.
    pub fn fresh_until(&self, fetched: Timestamp) -> Timestamp {
        match self.ttl {
            Some(ttl) => self.end().min(fetched.plus(ttl)),
            None => self.end(),
        }
    }

    /// When it stops to hold. One that names no end is not believed for ever,
    /// because whoever keeps an old copy could undo every later revocation with it.
    fn end(&self) -> Timestamp {
        self.expires.unwrap_or_else(|| self.issued.plus(limits::STATUS_LIST_AGE))
    }

    fn parse(claims: &Object) -> Result<Self, Refusal> {
        let statuses = claims.get("status_list").and_then(Value::as_object);
        let statuses = statuses.ok_or_else(|| malformed("`status_list` is not an object"))?;
        let issued = date(claims, "iat")?;
        Ok(Self {
            uri: name(claims, "sub")?,
            issued: issued.ok_or_else(|| malformed("`iat` is missing"))?,
            expires: date(claims, "exp")?,
            ttl: ttl(claims)?,
            statuses: Statuses::parse(statuses)?,
        })
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.issued > now.plus(limits::CLOCK_SKEW) {
            return Err(unknown("the status list is from the future"));
        }
        if now >= self.end() {
            return Err(unknown("the status list is too old"));
        }
        Ok(())
    }
}

/// A NumericDate without fraction or exponent, and not before 1970.
fn date(claims: &Object, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value.as_integer().filter(|seconds| *seconds >= 0);
    let date = seconds.map(Timestamp::from_seconds);
    date.map(Some).ok_or_else(|| malformed(alloc::format!("`{name}` is not a time")))
}

/// Section 5.1: a positive number of seconds.
fn ttl(claims: &Object) -> Result<Option<Seconds>, Refusal> {
    let Some(value) = claims.get("ttl") else {
        return Ok(None);
    };
    let seconds = value.as_integer().filter(|seconds| *seconds > 0);
    let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
    seconds.map(|count| Some(Seconds::new(count))).ok_or_else(|| malformed("`ttl` is not a time"))
}

/// Text that is neither empty nor longer than [`limits::NAME_BYTES`].
fn name(object: &Object, name: &str) -> Result<String, Refusal> {
    let text = object.get(name).and_then(Value::as_str);
    let text = text.filter(|text| !text.is_empty() && text.len() <= limits::NAME_BYTES);
    text.map(String::from).ok_or_else(|| malformed(alloc::format!("`{name}` is not a name")))
}

fn malformed(reason: impl Into<String>) -> Refusal {
    Refusal::new(Outcome::Malformed, "L2", reason)
}

/// Nothing is wrong with the text, but it does not say what became of the token.
fn unknown(reason: &str) -> Refusal {
    Refusal::new(Outcome::StatusUnknown, "L3", reason)
}
