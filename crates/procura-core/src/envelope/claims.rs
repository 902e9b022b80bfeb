//! What an envelope says.

use alloc::format;
use alloc::string::String;

use super::moment;
use crate::json::{Object, Value};
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::time::Timestamp;

/// Who says that it does what, as claimed.
///
/// Its fields are public, and holding one proves nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claims {
    /// `agent_id`: who acts.
    pub agent_id: String,
    /// `action`: what it does.
    pub action: String,
    /// `resource`: to what.
    pub resource: Option<String>,
    /// `delegated_by`: who, as the agent says, let it.
    ///
    /// Nobody but the agent signed this: it is a note for the reader, and no
    /// delegation.
    pub delegated_by: Option<String>,
    /// `timestamp`: when, without fractions of a second.
    pub timestamp: Timestamp,
}

impl Claims {
    /// Reads them from a payload, whose other members may be anything that two
    /// readers read alike (step E4).
    pub fn read(object: &Object) -> Result<Self, Refusal> {
        if !object.is_admissible() {
            let reason = "a number is not exactly a double";
            return Err(Refusal::new(Outcome::NonAdmissibleNumber, "E4", reason));
        }
        Ok(Self {
            agent_id: required(object, "agent_id")?,
            action: required(object, "action")?,
            resource: optional(object, "resource")?,
            delegated_by: optional(object, "delegated_by")?,
            timestamp: timestamp(object)?,
        })
    }
}

fn required(object: &Object, name: &str) -> Result<String, Refusal> {
    optional(object, name)?.ok_or_else(|| malformed(&format!("`{name}` is missing")))
}

/// `null` is what Python's `None` becomes, and says as little as no member.
fn optional(object: &Object, name: &str) -> Result<Option<String>, Refusal> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if (1..=limits::VALUE_BYTES).contains(&text.len()) => {
            Ok(Some(text.clone()))
        }
        Some(_) => {
            let longest = limits::VALUE_BYTES;
            Err(malformed(&format!("`{name}` is not text of 1 to {longest} bytes")))
        }
    }
}

/// Whole seconds since 1970, or text of RFC 3339.
///
/// Milliseconds, which JavaScript counts, lie beyond the year 9999 and are no
/// seconds; a float has a fraction that two readers may round apart.
fn timestamp(object: &Object) -> Result<Timestamp, Refusal> {
    let reason = match object.get("timestamp") {
        None => "`timestamp` is missing",
        Some(Value::String(text)) => match moment::parse(text) {
            Some(time) => return Ok(time),
            None => "`timestamp` is not a time of RFC 3339 with its offset from UTC",
        },
        Some(value) => match value.as_integer() {
            Some(seconds) if (0..=moment::LAST).contains(&seconds) => {
                return Ok(Timestamp::from_seconds(seconds));
            }
            Some(_) => "`timestamp` is not in seconds since 1970",
            None => "`timestamp` is neither text nor whole seconds",
        },
    };
    Err(malformed(reason))
}

fn malformed(reason: &str) -> Refusal {
    Refusal::new(Outcome::Malformed, "E4", reason)
}
