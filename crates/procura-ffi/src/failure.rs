//! Why there is no `ok`: a refusal of the core, or a mistake of the host.

use procura_core::json::{JsonError, Object};
use procura_core::refusal::{Outcome, Refusal};

/// The content of `error`, and what the host has to check before it asks again.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    code: &'static str,
    step: &'static str,
    hop: Option<usize>,
    reason: String,
    may_retry: bool,
    checks: Vec<Object>,
}

impl Failure {
    /// [`Failure::internal`], written.
    pub(crate) const UNWRITABLE: &str = r#"{"error":{"code":"internal","hop":null,"reason":"a mistake in this library","retry":false,"step":"F0"}}"#;

    /// A mistake of ours.
    pub(crate) fn internal() -> Self {
        Self::new("internal", "F0", "a mistake in this library")
    }

    /// A mistake of the host: the request is not one.
    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Self::new("bad_request", "F1", reason)
    }

    /// More than this library reads.
    pub(crate) fn too_large(reason: &str) -> Self {
        Self::new(Outcome::TooLarge.as_str(), "F1", reason)
    }

    /// An operation of another version, or of none.
    pub(crate) fn unknown_operation() -> Self {
        Self::new("unknown_operation", "F2", "there is no operation of this name")
    }

    /// The host does the arithmetic, and has not done these.
    pub(crate) fn unchecked(checks: Vec<Object>) -> Self {
        let reason = "signatures have to be checked by the host before this is decided";
        Self { checks, may_retry: true, ..Self::new("signature_unchecked", "F3", reason) }
    }

    /// The reason why a text is not strict JSON, in the codes of a token's claims.
    pub(crate) fn of_json(error: JsonError) -> Self {
        Refusal::new(error.outcome(), "F1", error.to_string()).into()
    }

    fn new(code: &'static str, step: &'static str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { code, step, hop: None, reason, may_retry: false, checks: Vec::new() }
    }

    /// The whole answer.
    pub(crate) fn to_object(&self) -> Object {
        let Self { code, step, hop, reason, may_retry, checks } = self;
        let error = Object::new()
            .with("code", *code)
            .with("step", *step)
            .with("hop", hop.map(|hop| u32::try_from(hop).unwrap_or(u32::MAX)))
            .with("reason", reason.as_str())
            .with("retry", *may_retry);
        let mut answer = Object::new().with("error", error);
        if !checks.is_empty() {
            answer.set("check", checks.clone());
        }
        answer
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let Refusal { outcome, step, hop, reason } = refusal;
        let may_retry = outcome.may_retry();
        Self { code: outcome.as_str(), step, hop, reason, may_retry, checks: Vec::new() }
    }
}
