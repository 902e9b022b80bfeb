//! The stdio front: it stands where a stock client expects its server.
//!
//! **Invariant:** standard output carries answers, one a line, and nothing else.

use std::io;
use std::sync::Arc;

use procura_core::delegate::{ProofFor, prove};
use procura_core::json::Object;
use procura_core::key::Signer;
use procura_core::limits;
use procura_core::refusal::{Outcome, Refusal};
use procura_engine::engine::Engine;
use procura_engine::event::Source;
use procura_wire::answer::{error_text, result_text};
use procura_wire::message::{Id, Message, MessageError, Problem};
use procura_wire::presentation::Presentation;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::answer::{Answer, Failure, unavailable};
use crate::dispatch::Arrival;
use crate::gateway::Gateway;
use crate::lines::{Line, Lines};
use crate::turned_away::Asked;

/// The agent that a client without a key of its own acts for.
#[derive(Clone)]
pub struct Credential {
    /// Its delegation: compact tokens from the root to the leaf.
    pub chain: Vec<String>,
    /// The key of the leaf.
    pub key: Arc<dyn Signer>,
}

impl Credential {
    /// Proves that the agent asks for this, now and once.
    pub(crate) fn present(
        &self,
        engine: &Engine,
        tool: &str,
        arguments: &Object,
    ) -> Result<Presentation, Refusal> {
        let malformed = |reason: &str| Refusal::new(Outcome::Malformed, "1", reason);
        let leaf = self.chain.last().ok_or_else(|| malformed("the chain is empty"))?;
        let id = engine
            .ids()
            .uuid()
            .map_err(|error| Refusal::new(Outcome::StatusUnknown, "1", error.to_string()))?;
        let proof = ProofFor {
            id: &id,
            leaf,
            tool,
            arguments,
            audience: &engine.settings().audience,
            issued: engine.clock().now(),
        };
        Ok(Presentation {
            chain: self.chain.clone(),
            proof: prove(&proof, &*self.key)?,
            approvals: Vec::new(),
        })
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({})", self.key.public_key().fingerprint())
    }
}

/// Answers the client on `input` and `output` until it hangs up, as if it were `server`.
///
/// A message with a credential of its own is decided by that one. For one without,
/// the proof is made with `credential`; without that too, it is refused.
pub async fn serve<R, W>(
    gateway: Arc<Gateway>,
    server: &str,
    credential: Option<Credential>,
    (input, output): (R, W),
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (answers, queue) = mpsc::channel(CALLS);
    let writer = tokio::spawn(write(output, queue));
    let client = Arc::new(Client { gateway, server: server.to_owned(), credential });
    let mut lines = Lines::new(input, limits::REQUEST_BYTES);
    let mut calls = JoinSet::new();
    loop {
        let line = lines.next().await?;
        if line == Line::End {
            break;
        }
        // A client that asks faster than it is answered waits.
        while calls.len() >= CALLS && calls.join_next().await.is_some() {}
        let (client, answers) = (Arc::clone(&client), answers.clone());
        calls.spawn(async move {
            if let Some(text) = client.answer(line).await {
                // A client that hung up misses its answer.
                let _gone = answers.send(text).await;
            }
        });
    }
    while calls.join_next().await.is_some() {}
    drop(answers);
    writer.await.map_err(io::Error::other)?
}

struct Client {
    gateway: Arc<Gateway>,
    server: String,
    credential: Option<Credential>,
}

impl Client {
    async fn answer(&self, line: Line) -> Option<String> {
        let text = match line {
            Line::Text(text) if text.is_empty() => return None,
            Line::Text(text) => Ok(text),
            Line::TooLong => Err(Problem::TooLong.into()),
            Line::End => return None,
        };
        let Ok(request_id) = self.gateway.engine().ids().uuid() else {
            return Some(unavailable().error.to_text(None));
        };
        let source = Source { address: "stdio".to_owned(), transport: "stdio", request_id };
        let message = match text.and_then(|text| Message::parse(&text)) {
            Ok(message) => message,
            Err(error) => return Some(self.refuse(&source, &error).await),
        };
        let id = message.id().cloned();
        let shape = if message.method() == "tools/call" { Shape::ToolResult } else { Shape::Error };
        let credential = self.credential.as_ref();
        let arrival = Arrival { server: &self.server, source, credential };
        render(&id?, self.gateway.answer(arrival, message).await, shape)
    }

    async fn refuse(&self, source: &Source, error: &MessageError) -> String {
        let failure = Failure::from(error);
        let failure = self.gateway.turn_away(source, &Asked::default(), failure).await;
        failure.error.to_text(error.id.as_ref())
    }
}

/// The form of a denial.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shape {
    /// A result of the tool, which the model reads.
    ToolResult,
    /// An error, where no tool was called.
    Error,
}

fn render(id: &Id, answer: Answer, shape: Shape) -> Option<String> {
    match (answer, shape) {
        (Answer::Nothing, _) => None,
        (Answer::Result(result), _) => Some(result_text(id, &result)),
        (Answer::ServerError(error), _) => Some(error_text(Some(id), &error)),
        (Answer::Denied(denied), Shape::ToolResult) => {
            let result = denied.to_tool_result().to_canonical();
            Some(result_text(id, &result.unwrap_or_else(|_| "{}".to_owned())))
        }
        (Answer::Denied(denied), Shape::Error) => Some(denied.to_error().to_text(Some(id))),
        (Answer::Failed(failure), _) => Some(failure.error.to_text(Some(id))),
    }
}

async fn write(
    mut output: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<String>,
) -> io::Result<()> {
    while let Some(mut line) = queue.recv().await {
        line.push('\n');
        output.write_all(line.as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

/// How many messages of a client are under way at a time.
const CALLS: usize = 64;
