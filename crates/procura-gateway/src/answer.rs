//! What a front says to its client, before it is put into the front's form.

use procura_core::refusal::Refusal;
use procura_engine::authorize::{Caller, NotAllowed, Refused};
use procura_engine::port::Entry;
use procura_wire::answer::ErrorAnswer;
use procura_wire::decision::{Approval, Denied, Details, Receipt, Retry};
use procura_wire::message::MessageError;

/// The answer to one message.
#[derive(Debug)]
pub(crate) enum Answer {
    /// There is nothing to say.
    Nothing,
    /// A result: JSON as it will be written.
    Result(String),
    /// An error of the server: JSON as it wrote it.
    ServerError(String),
    /// The call may not happen.
    Denied(Box<Denied>),
    /// Something else is wrong.
    Failed(Failure),
}

/// An error of ours that is no decision.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The JSON-RPC error.
    pub(crate) error: ErrorAnswer,
}

impl Failure {
    pub(crate) fn new(status: u16, error: ErrorAnswer) -> Self {
        Self { status, error }
    }
}

impl From<&MessageError> for Failure {
    fn from(error: &MessageError) -> Self {
        Self::new(error.problem.http_status(), ErrorAnswer::from(error))
    }
}

/// The answer while nothing can be recorded.
pub(crate) fn unavailable() -> Failure {
    Failure::new(503, ErrorAnswer::new(-31503, "audit.unavailable", "requests cannot be recorded"))
}

/// A denial that the engine decided.
pub(crate) fn denied(not_allowed: NotAllowed) -> Denied {
    match not_allowed {
        NotAllowed::Refused(refused) => from_refused(*refused),
        NotAllowed::Unavailable => Denied {
            code: "audit.unavailable".to_owned(),
            status: 503,
            retry: Retry::MayHelp,
            details: None,
            approval: None,
            receipt: None,
        },
    }
}

/// A denial of a caller that proved nothing.
fn unproven(refusal: &Refusal) -> Denied {
    let outcome = refusal.outcome;
    Denied {
        code: outcome.as_str().to_owned(),
        status: outcome.http_status(),
        retry: if outcome.may_retry() { Retry::MayHelp } else { Retry::Useless },
        details: None,
        approval: None,
        receipt: None,
    }
}

/// A place in the log, as callers are told.
pub(crate) fn receipt(entry: Entry) -> Receipt {
    let Entry { id, sequence, leaf } = entry;
    Receipt { event: id, sequence, leaf: leaf.to_string() }
}

fn from_refused(refused: Refused) -> Denied {
    let Refused { refusal, caller, holder, rule, entry, prompt } = refused;
    let details = match caller {
        Caller::Proven => Some(Details {
            hop: refusal.hop.and_then(|hop| u32::try_from(hop).ok()),
            holder,
            reason: refusal.reason.clone(),
            rule,
        }),
        Caller::Unproven => None,
    };
    let approval = prompt.map(|prompt| Approval {
        id: prompt.id,
        digest: prompt.digest.to_base64url(),
        expires: prompt.expires.as_seconds(),
    });
    Denied { details, approval, receipt: entry.map(receipt), ..unproven(&refusal) }
}
