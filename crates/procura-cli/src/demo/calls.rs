//! Calls over HTTP to the gateway, as any MCP client makes them.

use procura_core::json::{self, Object, Value};
use procura_wire::presentation::{MEMBER, Presentation};

use super::agents::Held;
use super::narrate::Step;
use crate::client::BOUNDS;
use crate::client::transport::{Reply, Transport};

/// The gateway's endpoint for one MCP server.
pub(crate) struct Gateway {
    pub(crate) url: String,
    transport: Transport,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    body: Object,
}

/// One call: which tool with what.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) tool: &'static str,
    pub(crate) arguments: Object,
}

impl Ask {
    /// The tool's id in delegations.
    pub(crate) fn tool_id(&self) -> String {
        format!("mcp:web/{}", self.tool)
    }

    /// The call on one line; long content is not repeated.
    pub(crate) fn shown(&self) -> String {
        let shown = |(name, value): (&str, &Value)| match value.as_str() {
            Some(text) => format!("{name}={text:?}"),
            None => format!("{name}={}", value.to_canonical().unwrap_or_default()),
        };
        let arguments: Vec<String> = self.arguments.iter().map(shown).collect();
        format!("{}({})", self.tool_id(), arguments.join(", "))
    }
}

impl Gateway {
    /// The endpoint at `url`.
    pub(crate) fn new(url: &str) -> Self {
        Self { url: format!("{url}/mcp/web"), transport: Transport::new(BOUNDS) }
    }

    /// Signs as the holder of `held` and calls.
    pub(crate) fn call(&self, held: &Held, ask: &Ask) -> anyhow::Result<Answer> {
        self.send(Some(&held.present(&ask.tool_id(), &ask.arguments)?), ask)
    }

    /// Calls with this credential, whatever it is.
    pub(crate) fn send(
        &self,
        presentation: Option<&Presentation>,
        ask: &Ask,
    ) -> anyhow::Result<Answer> {
        let mut meta = Object::new();
        if let Some(presentation) = presentation {
            meta.set(MEMBER, presentation.to_object());
        }
        let params = Object::new()
            .with("name", ask.tool)
            .with("arguments", ask.arguments.clone())
            .with("_meta", meta);
        let message = Object::new()
            .with("jsonrpc", "2.0")
            .with("id", 1u32)
            .with("method", "tools/call")
            .with("params", params);
        let fields = [("accept", "application/json, text/event-stream")];
        let body = message.to_canonical()?;
        let Reply { status, body } = self.transport.post(&self.url, &fields, body.as_bytes())?;
        Ok(Answer { status: status.as_u16(), body: json::parse_object(&body)? })
    }
}

impl Answer {
    fn data(&self) -> Option<&Object> {
        self.body.get("error")?.as_object()?.get("data")?.as_object()
    }

    fn receipt(&self) -> Option<&Object> {
        let receipt = match self.data() {
            Some(data) => data.get("receipt")?,
            None => {
                let meta = self.body.get("result")?.as_object()?.get("_meta")?.as_object()?;
                meta.get("dev.procura/receipt")?
            }
        };
        receipt.as_object()
    }

    /// The outcome in a word: `allowed`, `tool_error`, or the refusal's code and hop.
    pub(crate) fn outcome(&self) -> String {
        let Some(data) = self.data() else {
            let result = self.body.get("result").and_then(Value::as_object);
            return match result.map(|result| result.get("isError").and_then(Value::as_bool)) {
                Some(Some(true)) => "tool_error".into(),
                Some(_) => "allowed".into(),
                None => format!("http {}", self.status),
            };
        };
        let code = data.get("code").and_then(Value::as_str).unwrap_or("?");
        match data.get("hop").and_then(Value::as_integer) {
            Some(hop) => format!("{code} at hop {hop}"),
            None => code.to_string(),
        }
    }

    /// The id of the request for approval that waits.
    pub(crate) fn approval(&self) -> Option<String> {
        let approval = self.data()?.get("approval")?.as_object()?;
        approval.get("id").and_then(Value::as_str).map(String::from)
    }

    fn answer(&self) -> String {
        let Some(data) = self.data() else { return format!("{} allowed", self.status) };
        let text = |name| data.get(name).and_then(Value::as_str);
        let mut line = format!("{} {}", self.status, self.outcome());
        if let Some(holder) = text("holder") {
            line.push_str(&format!(" ({holder})"));
        }
        if let Some(reason) = text("reason") {
            line.push_str(&format!(": {reason}"));
        }
        if let Some(rule) = text("rule") {
            line.push_str(&format!(" [rule {rule}]"));
        }
        line
    }

    fn place_in_log(&self) -> String {
        let Some(receipt) = self.receipt() else { return "none".into() };
        let sequence = receipt.get("sequence").and_then(Value::as_integer).unwrap_or_default();
        let leaf = receipt.get("leaf").and_then(Value::as_str).unwrap_or_default();
        format!("#{sequence} {leaf}")
    }

    /// The step that this call is.
    pub(crate) fn step(&self, scene: &Scene<'_>) -> Step {
        Step {
            id: scene.id,
            title: scene.title.into(),
            expect: scene.expect.into(),
            got: self.outcome(),
            facts: vec![
                ("who", scene.who.into()),
                ("for", if scene.who == NOBODY { "nobody" } else { "user:alice" }.into()),
                ("what", scene.ask.shown()),
                ("answer", self.answer()),
                ("receipt", self.place_in_log()),
            ],
        }
    }
}

/// Who sends a request without any credential.
pub(crate) const NOBODY: &str = "nobody";

/// What is told of a call besides its answer.
pub(crate) struct Scene<'a> {
    pub(crate) id: &'static str,
    pub(crate) title: &'a str,
    pub(crate) expect: &'a str,
    pub(crate) who: &'a str,
    pub(crate) ask: &'a Ask,
}
