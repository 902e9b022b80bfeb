//! Requests that are refused before a credential is looked at.
//!
//! **Invariant:** such a refusal is in the log, in full or in the count of a
//! flood, before it is answered.

use procura_core::json::Value;
use procura_engine::event::Source;
use procura_engine::refuse::RefusedRequest;
use procura_wire::call::tool_id;
use procura_wire::message::{Message, Request};

use crate::answer::{Failure, receipt, unavailable};
use crate::gateway::Gateway;

/// What a request asked for, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    method: Option<String>,
    tool: Option<String>,
}

impl Asked {
    /// What `request` asks of `server`.
    pub(crate) fn of(server: &str, request: &Request) -> Self {
        let name = request.params.get("name").and_then(Value::as_str);
        let name = name.filter(|_| request.method == "tools/call");
        Self { method: Some(request.method.clone()), tool: name.map(|name| tool_id(server, name)) }
    }

    /// What `message` asks of `server`.
    pub(crate) fn of_message(server: &str, message: &Message) -> Self {
        match message {
            Message::Request(request) => Self::of(server, request),
            Message::Notification(notification) => {
                Self { method: Some(notification.method.clone()), tool: None }
            }
        }
    }
}

impl Gateway {
    /// Records that a request was refused for `failure`, and returns the answer to it.
    pub(crate) async fn turn_away(
        &self,
        source: &Source,
        asked: &Asked,
        mut failure: Failure,
    ) -> Failure {
        let refused = RefusedRequest {
            source,
            action: asked.method.as_deref(),
            target: asked.tool.as_deref(),
            principal: None,
            presentation: None,
            code: failure.error.name(),
            reason: &failure.error.message,
        };
        match self.engine().refuse_request(&refused).await {
            Ok(entry) => {
                if let Some(entry) = entry {
                    failure.error.data.set("receipt", receipt(entry).to_object());
                }
                failure
            }
            Err(_) => unavailable(),
        }
    }
}
