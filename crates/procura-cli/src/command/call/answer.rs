//! What the gateway answers: a result, or a refusal with what to do next.

use std::process::ExitCode;

use procura_core::json::{self, Object, Value};
use procura_wire::decision;

use crate::command::inspect::safe;
use crate::failure::Exit;

/// One JSON-RPC answer. The gateway is believed, its text is not printed as it comes.
pub(super) struct Answer {
    status: u16,
    body: Object,
}

/// What became of a call.
enum Verdict {
    /// The gateway allowed it, and there is a result.
    Allowed,
    /// The gateway allowed it, and there is none: what is known of it.
    Unanswered(Object),
    /// The gateway refused it: what it says of that. Nothing, if it names nothing.
    Refused(Object),
}

impl Answer {
    /// Reads an answer: JSON, or the one event of a stream that answers.
    ///
    /// What is neither a result nor an error, or both, answers nothing, and so
    /// does a result whose status says that there is none.
    pub(super) fn parse(status: u16, bytes: &[u8]) -> Option<Self> {
        let whole = json::parse_object(bytes).ok();
        let body = whole.or_else(|| {
            let text = std::str::from_utf8(bytes).ok()?;
            let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
            let mut events =
                data.filter_map(|data| json::parse_object(data.trim().as_bytes()).ok());
            events.find(|event| is_answer(status, event))
        })?;
        (is_answer(status, &body) && body.is_admissible()).then_some(Self { status, body })
    }

    /// Whether it ran as far as the gateway is concerned; what is not known is neither.
    pub(super) fn exit(&self) -> ExitCode {
        let exit = match self.verdict() {
            Verdict::Allowed => return ExitCode::SUCCESS,
            Verdict::Unanswered(data) => match code_of(&data) {
                "mcp.upstream_died" | "mcp.upstream_broken" | "mcp.upstream_timeout" => {
                    Exit::Incomplete
                }
                "mcp.tool_changed" => Exit::False,
                _ => return ExitCode::SUCCESS,
            },
            Verdict::Refused(_) => Exit::False,
        };
        ExitCode::from(exit.code())
    }

    /// The answer for a person.
    pub(super) fn human(&self) -> String {
        let mut lines = match self.verdict() {
            Verdict::Refused(refusal) => self.refused(&refusal),
            Verdict::Unanswered(data) => self.unanswered(&data),
            Verdict::Allowed => self.allowed(),
        };
        lines.extend(self.receipt());
        lines.join("\n")
    }

    /// The answer for a script: the gateway's own, and whether it allowed the call.
    pub(super) fn json(&self) -> Object {
        Object::new()
            .with("allowed", !matches!(self.verdict(), Verdict::Refused(_)))
            .with("http_status", u32::from(self.status))
            .with("answer", self.body.clone())
    }

    /// What the gateway decided. Its own errors have a status that is none of
    /// success, and a server's are passed on with 200.
    fn verdict(&self) -> Verdict {
        let Some(error) = self.body.get("error") else {
            let refusal = self.meta().and_then(|meta| meta.get(decision::MEMBER));
            // Whatever is there: what allows has no such member.
            return refusal.map_or(Verdict::Allowed, |refusal| {
                Verdict::Refused(refusal.as_object().cloned().unwrap_or_default())
            });
        };
        if self.status == 200 {
            // The server's own words: no code and no receipt in them is the gateway's.
            return Verdict::Unanswered(Object::new());
        }
        let data = error.as_object().and_then(|error| error.get("data"));
        let data = data.and_then(Value::as_object).cloned().unwrap_or_default();
        if code_of(&data).starts_with("mcp.upstream_") || code_of(&data) == "mcp.tool_changed" {
            return Verdict::Unanswered(data);
        }
        Verdict::Refused(data)
    }

    fn result(&self) -> Option<&Object> {
        self.body.get("result")?.as_object()
    }

    fn meta(&self) -> Option<&Object> {
        self.result()?.get("_meta")?.as_object()
    }

    fn message(&self) -> Option<&str> {
        self.body.get("error")?.as_object()?.get("message")?.as_str()
    }

    fn unanswered(&self, data: &Object) -> Vec<String> {
        let (title, next) = match code_of(data) {
            "mcp.upstream_died" | "mcp.upstream_broken" | "mcp.upstream_timeout" => (
                "ALLOWED, and the server gave no answer",
                Some("see at the server whether it ran; another call starts the server again"),
            ),
            "mcp.tool_changed" => (
                "ALLOWED, and not made: the server's tools changed",
                Some("an operator looks at the server's tools and starts `procura up` again"),
            ),
            _ => ("ALLOWED, and the server answered with an error", None),
        };
        let mut lines = vec![title.to_owned()];
        lines.extend(self.message().map(|message| format!("  why:  {}", safe::text(message))));
        lines.extend(next.map(|next| format!("  next: {next}")));
        lines
    }

    fn refused(&self, refusal: &Object) -> Vec<String> {
        let text = |name| refusal.get(name).and_then(Value::as_str);
        let code = text("code").unwrap_or("error");
        let mut line = format!("REFUSED  {}", safe::text(code));
        if let Some(hop) = refusal.get("hop").and_then(Value::as_integer) {
            line.push_str(&format!(" at hop {hop}"));
        }
        if let Some(holder) = text("holder") {
            line.push_str(&format!(", {}", safe::text(holder)));
        }
        let mut lines = vec![line];
        lines.extend(
            text("reason")
                .or(self.message())
                .map(|reason| format!("  why:  {}", safe::text(reason))),
        );
        lines.extend(text("rule").map(|rule| format!("  rule: {}", safe::text(rule))));
        lines.push(format!("  next: {}", next_step(code, refusal)));
        lines
    }

    fn allowed(&self) -> Vec<String> {
        let result = self.result();
        let is_error = result.and_then(|result| result.get("isError")).and_then(Value::as_bool);
        let title = if is_error == Some(true) { "ALLOWED, and the tool failed" } else { "ALLOWED" };
        let content = result.and_then(|result| result.get("content")).and_then(Value::as_array);
        let mut lines = vec![title.to_owned()];
        lines.extend(content.unwrap_or_default().iter().map(block));
        lines
    }

    fn receipt(&self) -> Option<String> {
        let receipt = match self.verdict() {
            Verdict::Refused(data) | Verdict::Unanswered(data) => data.get("receipt").cloned(),
            Verdict::Allowed => {
                self.meta().and_then(|meta| meta.get(decision::RECEIPT_MEMBER)).cloned()
            }
        }?;
        let receipt = receipt.as_object()?;
        let event = receipt.get("event").and_then(Value::as_str)?;
        let sequence = receipt.get("sequence").and_then(Value::as_integer)?;
        Some(format!("  log:  entry {sequence}, event {}", safe::text(event)))
    }
}

/// JSON-RPC 2.0, sections 5 and 5.1: a result or an error with its number.
fn is_answer(status: u16, object: &Object) -> bool {
    let number = |error: &Value| error.as_object()?.get("code")?.as_integer();
    match (object.get("result"), object.get("error")) {
        (Some(result), None) => status == 200 && result.as_object().is_some(),
        (None, Some(error)) => number(error).is_some(),
        (Some(_) | None, Some(_) | None) => false,
    }
}

fn code_of(data: &Object) -> &str {
    data.get("code").and_then(Value::as_str).unwrap_or_default()
}

/// One block of a tool's result.
fn block(value: &Value) -> String {
    let text = value.as_object().and_then(|block| block.get("text")).and_then(Value::as_str);
    match text {
        Some(text) => safe::lines(text),
        None => safe::json(&value.to_canonical().unwrap_or_default()),
    }
}

/// What helps against a refusal. A code that is not known here says so itself.
fn next_step(code: &str, refusal: &Object) -> String {
    let approval = refusal.get("approval").and_then(Value::as_object);
    let approval = approval.and_then(|approval| approval.get("id")).and_then(Value::as_str);
    if let Some(id) = approval {
        let id = safe::text(id);
        return format!("a person approves request {id} (`procura approvals`); then call again");
    }
    match code {
        "scope_not_granted" | "argument_refused" | "not_narrower" | "depth_invalid" => {
            "call within what the chain holds (`procura inspect`), or ask the holder above for more"
        }
        "expired" | "not_yet_valid" => "ask for a new delegation, or check this machine's clock",
        "revoked" | "holder_not_active" | "holder_unknown" => {
            "ask the person who answers for the agent; no new call will be allowed until then"
        }
        "audience_mismatch" => "call the gateway that the chain is for (`procura inspect`)",
        "replayed" | "nonce_required" | "holder_binding_failed" => "call again, with a new proof",
        "policy_denied" => "ask whoever writes the policy; the rule above decided",
        "approval_denied" => "a person refused exactly this call; ask them, or call something else",
        "approval_required" | "approval_expired" | "approval_consumed" | "approval_mismatch" => {
            "call again, so that a person is asked about exactly this call"
        }
        "approval_rate_limited" | "status_unknown" => "wait a moment and call again",
        _ if refusal.get("retry").and_then(Value::as_bool) == Some(true) => "call again later",
        "mcp.server_unknown" => "name a server of the gateway's procura.toml",
        _ => "calling again does not help; `procura audit tail` shows the event",
    }
    .to_owned()
}
