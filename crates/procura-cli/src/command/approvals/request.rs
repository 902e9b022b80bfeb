//! One request for approval, as a person is shown it.
//!
//! **Invariant:** a [`Request`] exists only if its digest is the one of the
//! tool, arguments, delegation and policy that it shows.

use procura_core::approval::Subject;
use procura_core::hash::Digest;
use procura_core::json::{Object, Value};
use procura_core::time::Timestamp;
use procura_core::tools::with_digests;

use crate::client::{printable, text_of};
use crate::command::inspect::{moment, safe, table};
use crate::failure::{Exit, Failure};

/// A request that shows what it asks a signature for.
pub(super) struct Request {
    shown: Object,
    arguments: Object,
    subject: Subject,
}

impl Request {
    /// Computes the digest from what the server shows, and compares it with the
    /// one that the server asks a signature for.
    pub(super) fn read(shown: Object) -> Result<Self, Failure> {
        let arguments = shown.get("arguments").and_then(Value::as_object).cloned();
        let arguments = arguments.ok_or_else(|| deceived("it shows no arguments"))?;
        let subject = Subject {
            leaf: Digest::from_base64url(text_of(&shown, "leaf"))
                .ok_or_else(|| deceived("it shows no delegation"))?,
            tool: text_of(&shown, "tool").into(),
            arguments: hash(&arguments)
                .ok_or_else(|| deceived("its arguments cannot be signed"))?,
            policy: text_of(&shown, "policy_rev").into(),
        };
        if subject.digest().to_base64url() != text_of(&shown, "digest") {
            return Err(deceived("the digest is of another call"));
        }
        Ok(Self { shown, arguments, subject })
    }

    /// What is signed.
    pub(super) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Checks that a decision can still change something.
    pub(super) fn must_wait(&self) -> Result<(), Failure> {
        match text_of(&self.shown, "state") {
            "pending" => Ok(()),
            state => Err(Failure {
                exit: Exit::False,
                message: format!("the request does not wait any more: it is {}", printable(state)),
                next: Some("see `procura approvals list`".into()),
            }),
        }
    }

    /// Everything, with nothing cut; what is not plainly visible is escaped.
    pub(super) fn describe(&self, now: Timestamp) -> String {
        let cell = |name| safe::text(text_of(&self.shown, name));
        let expires = self.shown.get("expires").and_then(Value::as_integer).unwrap_or_default();
        let left = moment::length_between(now, Timestamp::from_seconds(expires));
        let rows = [
            ["request".into(), cell("id")],
            ["agent".into(), cell("agent")],
            ["for".into(), cell("principal")],
            ["tool".into(), cell("tool")],
            ["because".into(), cell("reason")],
            ["rule".into(), cell("rule")],
            ["policy".into(), cell("policy_rev")],
            ["time left".into(), left],
            ["digest".into(), self.subject.digest().to_base64url()],
        ];
        let mut text = table::lines(&rows, 0);
        text.push_str("arguments\n");
        if self.arguments.is_empty() {
            text.push_str("  none\n");
        }
        for (name, value) in self.arguments.iter() {
            // They were canonical when their digest was computed.
            let value = value.to_canonical().unwrap_or_default();
            text.push_str(&format!("  {}: {}\n", safe::quoted(name), safe::json(&value)));
        }
        text.push_str(&look_alikes(&self.arguments));
        text.trim_end().to_owned()
    }
}

/// The digest of the arguments, as the agent's own proof has it.
fn hash(arguments: &Object) -> Option<Digest> {
    let canonical = with_digests(arguments)?.to_canonical().ok()?;
    Some(Digest::of(canonical.as_bytes()))
}

/// A warning about letters that may look like others.
fn look_alikes(arguments: &Object) -> String {
    let text = arguments.to_canonical().unwrap_or_default();
    let mut letters: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.is_empty() {
        return String::new();
    }
    let codes: Vec<String> = letters.iter().map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    format!(
        "note: the arguments have characters outside ASCII, which may look like others: {}\n",
        codes.join(" ")
    )
}

fn deceived(what: &str) -> Failure {
    Failure {
        exit: Exit::False,
        message: format!("the server shows another call than it asks a signature for: {what}"),
        next: Some("sign nothing; find out what happened to the server".into()),
    }
}

#[cfg(test)]
mod tests;
