//! What every signature of an HTTP request goes through (RFC 9421, section 3.2).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::http_signature::{
    HttpMessage, HttpRequest, check_content_digest, lines, signature_base,
};
use crate::key::VerifyingKey;
use crate::limits;
use crate::refusal::{Outcome, Refusal};
use crate::structured_field::{Bare, Dictionary, InnerList, Item, Member, Parameters};
use crate::time::{Seconds, Timestamp};

/// One signature, as claimed, and what it says of itself.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) label: String,
    pub(super) input: InnerList,
    pub(super) created: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) key_id: String,
    pub(super) nonce: Option<String>,
    algorithm: Option<String>,
    signature: Vec<u8>,
}

/// What a signature covers: each component as it is written in the base, and its value.
#[derive(Clone, Debug)]
pub(super) struct Covered(Vec<(String, String)>);

impl Covered {
    /// The value of the component `name`, without parameters.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let identifier = Item::string(name).to_string();
        let found = self.0.iter().find(|(covered, _)| *covered == identifier);
        found.map(|(_, value)| value.as_str())
    }
}

/// Finds the one signature with `tag`, whatever its label, and reads its parameters.
///
/// Steps H1 to H4. Which of two signatures counts would be a choice, and the
/// attacker's (RFC 9421, section 7.2.5 and 7.2.7); signatures with other tags are
/// somebody else's.
pub(super) fn find(request: &HttpRequest<'_>, tag: &str) -> Result<Claimed, Refusal> {
    let inputs = dictionary(request, "signature-input")?;
    let signatures = dictionary(request, "signature")?;
    if inputs.len().max(signatures.len()) > limits::HTTP_SIGNATURES {
        return Err(Refusal::new(Outcome::TooLarge, "H1", "there are too many signatures"));
    }
    let mut tagged = inputs.iter().filter_map(|(label, member)| match member {
        Member::InnerList(input) if tag_of(input) == Some(tag) => Some((label, input)),
        Member::InnerList(_) | Member::Item(_) => None,
    });
    let (label, input) = tagged.next().ok_or_else(|| {
        Refusal::new(Outcome::CredentialMissing, "H3", "no signature has the tag of this place")
    })?;
    if tagged.next().is_some() {
        return Err(malformed("H3", "two signatures have the tag of this place"));
    }
    let Some(Member::Item(Item { value: Bare::Bytes(signature), .. })) = signatures.get(label)
    else {
        return Err(malformed("H3", "the signature that is described is not there"));
    };
    claimed(label, input, signature)
}

fn tag_of(input: &InnerList) -> Option<&str> {
    input.parameters.get("tag").and_then(Bare::as_string)
}

/// Steps H1 and H2: the field is there, and can be read.
pub(super) fn dictionary(request: &HttpRequest<'_>, name: &str) -> Result<Dictionary, Refusal> {
    let lines: Vec<&str> = request.field(name).collect();
    if lines.is_empty() {
        return Err(Refusal::new(Outcome::CredentialMissing, "H1", "the request is not signed"));
    }
    let bytes = lines.iter().fold(0, |sum: usize, line| sum.saturating_add(line.len()));
    if bytes > limits::HTTP_FIELD_BYTES {
        return Err(Refusal::new(Outcome::TooLarge, "H1", "a field of the signature is too long"));
    }
    Dictionary::parse(&lines.join(", ")).map_err(|error| malformed("H2", &error.to_string()))
}

/// Step H4: every parameter is known and of its type; some must be there.
fn claimed(label: &str, input: &InnerList, signature: &[u8]) -> Result<Claimed, Refusal> {
    let wrong = || malformed("H4", "a parameter is missing, unknown or not what it must be");
    let known = ["created", "expires", "keyid", "nonce", "alg", "tag"];
    if input.parameters.iter().any(|(name, _)| !known.contains(&name)) {
        return Err(wrong());
    }
    let parameters = &input.parameters;
    let date = |name| parameters.get(name).and_then(Bare::as_integer).filter(|date| *date >= 0);
    Ok(Claimed {
        label: label.into(),
        input: input.clone(),
        created: Timestamp::from_seconds(date("created").ok_or_else(wrong)?),
        expires: Timestamp::from_seconds(date("expires").ok_or_else(wrong)?),
        key_id: text(parameters, "keyid")?.ok_or_else(wrong)?,
        nonce: text(parameters, "nonce")?,
        algorithm: text(parameters, "alg")?,
        signature: signature.into(),
    })
}

/// A parameter that, if it is there, is text of a name's length.
fn text(parameters: &Parameters, name: &str) -> Result<Option<String>, Refusal> {
    let Some(value) = parameters.get(name) else {
        return Ok(None);
    };
    let text = value.as_string().filter(|text| !text.is_empty());
    let text = text.filter(|text| text.len() <= limits::NAME_BYTES);
    let text = text.ok_or_else(|| malformed("H4", "a parameter is not what it must be"))?;
    Ok(Some(text.into()))
}

impl Claimed {
    /// Step H5: the window is of now, and no longer than `longest`.
    pub(super) fn check_window(&self, now: Timestamp, longest: Seconds) -> Result<(), Refusal> {
        let refused = |outcome, reason: &str| Err(Refusal::new(outcome, "H5", reason));
        if self.expires <= now {
            return refused(Outcome::Expired, "the signature's time is over");
        }
        if self.created > now.plus(limits::CLOCK_SKEW) {
            return refused(Outcome::NotYetValid, "the signature is from the future");
        }
        if self.expires <= self.created {
            return refused(Outcome::Malformed, "the signature ends before it begins");
        }
        if self.expires > self.created.plus(longest) {
            return refused(Outcome::TooLarge, "the signature is good for longer than is allowed");
        }
        Ok(())
    }

    /// Whether the component `name` is covered as it is, without parameters.
    pub(super) fn covers(&self, name: &str) -> bool {
        self.input.items.contains(&Item::string(name))
    }

    /// Steps H7 to H9: the algorithm is the key's, and the signature is over this
    /// request. What comes back is what was covered.
    pub(super) fn check(
        &self,
        request: &HttpRequest<'_>,
        key: &VerifyingKey,
    ) -> Result<Covered, Refusal> {
        // RFC 9421, section 3.2, step 6: two sources that disagree are refused.
        if self.algorithm.as_deref().is_some_and(|alg| alg != key.http_algorithm()) {
            let reason = "the algorithm is not that of the key";
            return Err(Refusal::new(Outcome::AlgOrTypeRefused, "H7", reason));
        }
        let message = HttpMessage::Request(request);
        let refused = |error: crate::http_signature::BaseError| malformed("H8", &error.to_string());
        let base = signature_base(&message, &self.input).map_err(refused)?;
        key.verify(base.as_bytes(), &self.signature)
            .map_err(|error| Refusal::new(Outcome::SignatureInvalid, "H9", error.to_string()))?;
        lines(&message, &self.input).map(Covered).map_err(refused)
    }
}

/// Step H10: every digest in `Content-Digest` is of the body that arrived.
pub(super) fn check_body(request: &HttpRequest<'_>) -> Result<(), Refusal> {
    let lines: Vec<&str> = request.field("content-digest").collect();
    if lines.is_empty() {
        return Ok(());
    }
    check_content_digest(&lines.join(", "), request.body)
        .map_err(|error| Refusal::new(Outcome::HolderBindingFailed, "H10", error.to_string()))
}

pub(super) fn malformed(step: &'static str, reason: &str) -> Refusal {
    Refusal::new(Outcome::Malformed, step, reason)
}
