//! What a caller is told of a decision, and where it stands in the log.
//!
//! **Invariant:** a caller that did not prove who it is learns the code and
//! nothing else: [`Details`] are given only to one that did.

use alloc::format;
use alloc::string::String;

use procura_core::json::{Object, Value};

use crate::answer::ErrorAnswer;
use crate::call::{Era, META};
use crate::raw::{RawError, RawObject};

/// The member of a result's `_meta` that holds a decision.
pub const MEMBER: &str = "dev.procura/decision";
/// The member of a result's `_meta` that says where the call stands in the log.
pub const RECEIPT_MEMBER: &str = "dev.procura/receipt";

/// The member of a result that says what kind of result it is.
pub const RESULT_TYPE: &str = "resultType";

/// A call that did not happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Denied {
    /// The stable code.
    pub code: String,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// Whether the same call, with a new proof, may be allowed later.
    pub retry: Retry,
    /// More, for a caller that proved who it is.
    pub details: Option<Details>,
    /// The request for approval that waits.
    pub approval: Option<Approval>,
    /// Its place in the log.
    pub receipt: Option<Receipt>,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// The answer may be another one later.
    MayHelp,
    /// The answer stays the same.
    Useless,
}

/// What a caller that proved who it is may know.
///
/// It holds the chain that refused, so its holders and limits are no secret to
/// it. It never learns what stands in policy besides the rule's name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Details {
    /// The token of the chain that refused, counted from the root.
    pub hop: Option<u32>,
    /// Who holds that token.
    pub holder: Option<String>,
    /// Why, in one line.
    pub reason: String,
    /// The rule of policy that was asked.
    pub rule: Option<String>,
}

/// A request for approval.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// The digest that a person would sign.
    pub digest: String,
    /// When it is over, in seconds since 1970.
    pub expires: i64,
}

/// A place in the log.
///
/// It is where to look, and no proof: a proof of inclusion is asked for with
/// the event's id, once a checkpoint covers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The event's id.
    pub event: String,
    /// Its place, from zero.
    pub sequence: u64,
    /// Its leaf hash.
    pub leaf: String,
}

impl Denied {
    /// The members of `error.data`, and of a result's [`MEMBER`].
    pub fn to_object(&self) -> Object {
        let Self { code, status: _, retry, details, approval, receipt } = self;
        let mut object =
            Object::new().with("code", code.as_str()).with("retry", *retry == Retry::MayHelp);
        if let Some(details) = details {
            details.describe(&mut object);
        }
        if let Some(approval) = approval {
            object.set("approval", approval.to_object());
        }
        if let Some(receipt) = receipt {
            object.set("receipt", receipt.to_object());
        }
        object
    }

    /// One line for people and models: what, why, and what to do next.
    pub fn to_line(&self) -> String {
        let mut line = format!("refused ({})", self.code);
        if let Some(details) = &self.details {
            line.push_str(": ");
            line.push_str(&one_line(&details.reason));
        }
        if let Some(approval) = &self.approval {
            line.push_str(&format!(
                "; approval request {} waits for a person, call again once it is approved",
                approval.id
            ));
        }
        line
    }

    /// The JSON-RPC error, for HTTP.
    pub fn to_error(&self) -> ErrorAnswer {
        ErrorAnswer {
            code: error_code(self.status),
            message: self.to_line(),
            data: self.to_object(),
        }
    }

    /// The result of a tool, for stdio: frameworks show errors of the protocol to
    /// nobody, and the results of tools to the model.
    pub fn to_tool_result(&self) -> Object {
        let text = Object::new().with("type", "text").with("text", self.to_line());
        Object::new()
            .with("content", alloc::vec![text])
            .with("isError", true)
            .with(META, Object::new().with(MEMBER, self.to_object()))
    }
}

impl Details {
    fn describe(&self, object: &mut Object) {
        let Self { hop, holder, reason, rule } = self;
        object.set("reason", one_line(reason));
        if let Some(hop) = hop {
            object.set("hop", *hop);
        }
        if let Some(holder) = holder {
            object.set("holder", holder.as_str());
        }
        if let Some(rule) = rule {
            object.set("rule", rule.as_str());
        }
    }
}

impl Approval {
    fn to_object(&self) -> Object {
        let Self { id, digest, expires } = self;
        Object::new()
            .with("id", id.as_str())
            .with("digest", digest.as_str())
            .with("expires", *expires)
    }
}

impl Receipt {
    /// The receipt as an object.
    pub fn to_object(&self) -> Object {
        let Self { event, sequence, leaf } = self;
        Object::new()
            .with("event", event.as_str())
            .with("sequence", i64::try_from(*sequence).unwrap_or(i64::MAX))
            .with("leaf", leaf.as_str())
    }
}

/// The JSON-RPC code of a refusal with this HTTP status: outside what JSON-RPC
/// and MCP keep for themselves.
pub fn error_code(status: u16) -> i64 {
    // Both are small, so neither step saturates.
    i64::from(status).saturating_add(31_000).saturating_neg()
}

/// A server's `result` with the call's `receipt` in its `_meta`. Every other
/// value stays byte for byte what the server wrote; what the server wrote in our
/// own members does not stay, because it would be taken for ours.
pub fn with_receipt(result: &str, receipt: &Receipt, era: Era) -> Result<String, RawError> {
    let object = RawObject::parse(result)?;
    let meta = RawObject::parse(object.get(META).unwrap_or("{}"))?.without(MEMBER);
    let receipt = Value::from(receipt.to_object());
    let receipt = receipt.to_canonical().map_err(|_| RawError::Kind)?;
    let meta = meta.with(RECEIPT_MEMBER, &receipt).to_text();
    let object = object.with(META, &meta);
    match era {
        // Results have a type since 2026-07-28, and servers of before write none.
        Era::Stateless if object.get(RESULT_TYPE).is_none() => {
            Ok(object.with(RESULT_TYPE, r#""complete""#).to_text())
        }
        Era::Stateless | Era::Handshake => Ok(object.to_text()),
    }
}

/// `text` without anything that could break out of its line or turn its
/// direction: what is shown is what is there.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            line.extend(character.escape_unicode());
        } else {
            line.push(character);
        }
    }
    line
}

/// Separators of lines, marks of direction, and characters of no width.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}
