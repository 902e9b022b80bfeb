//! One run of a server: lines out, lines in, and who waits for which.
//!
//! **Invariant:** a line that is not MCP ends the server. It cannot be told any
//! more which answer belongs to which question, so none of them counts.

use std::sync::Arc;
use std::time::Duration;

use procura_wire::answer::message_text;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::child::{self, Command, Process, Started};
use super::failure::{StartError, UpstreamError};
use super::forward::Reply;
use super::incoming::{Garbage, Incoming};
use super::waiting::{Patience, Waiting};
use crate::lines::{Line, Lines};

/// A running server. It is killed when this is dropped.
pub(super) struct Pipe {
    lines: mpsc::Sender<String>,
    waiting: Arc<Waiting>,
    reader: JoinHandle<()>,
}

impl Pipe {
    /// Starts the server `name`.
    pub(super) fn open(name: &str, command: &Command) -> Result<Self, StartError> {
        let Started { input, output, process } = child::start(name, command)?;
        let (lines, queue) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Waiting::default());
        tokio::spawn(write(input, queue));
        let reader = Reader {
            name: name.to_owned(),
            waiting: Arc::clone(&waiting),
            // A weak end, so that the server's input closes when the pipe is closed.
            lines: lines.downgrade(),
        };
        let reader = tokio::spawn(reader.run(output, process));
        Ok(Self { lines, waiting, reader })
    }

    /// Asks, and waits for the answer no longer than `within`.
    pub(super) async fn ask(
        &self,
        method: &str,
        params: &str,
        within: Duration,
    ) -> Result<Reply, UpstreamError> {
        let (id, answer) = self.waiting.register()?;
        let line = message_text(Some(id), method, params);
        let exchange = async {
            let sent = self.lines.send(line).await;
            sent.map_err(|_| UpstreamError::Died)?;
            answer.await.unwrap_or(Err(UpstreamError::Died))
        };
        match timeout(within, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.give_up(id)),
        }
    }

    /// Says something that has no answer; a server that does not read misses it.
    pub(super) fn tell(&self, method: &str, params: &str) {
        let _full = self.lines.try_send(message_text(None, method, params));
    }

    /// Why it has ended, if it has.
    pub(super) fn ended(&self) -> Option<UpstreamError> {
        self.waiting.ended()
    }

    /// Closes the server's input and gives it `within` to end by itself.
    pub(super) async fn close(self: Arc<Self>, within: Duration) {
        // Somebody who still waits for an answer keeps it open; it is killed then.
        if let Some(mut pipe) = Arc::into_inner(self) {
            let (closed, _) = mpsc::channel(1);
            pipe.lines = closed;
            let _late = timeout(within, &mut pipe.reader).await;
        }
    }

    fn give_up(&self, id: i64) -> UpstreamError {
        let params = format!(r#"{{"requestId":{id},"reason":"no answer in time"}}"#);
        self.tell("notifications/cancelled", &params);
        if self.waiting.abandon(id) == Patience::Over {
            self.waiting.end(UpstreamError::Broken);
            self.reader.abort();
        }
        UpstreamError::TimedOut
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // The reader owns the process.
        self.reader.abort();
    }
}

async fn write(mut input: ChildStdin, mut queue: mpsc::Receiver<String>) {
    while let Some(mut line) = queue.recv().await {
        line.push('\n');
        if input.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

struct Reader {
    name: String,
    waiting: Arc<Waiting>,
    lines: mpsc::WeakSender<String>,
}

impl Reader {
    async fn run(self, output: ChildStdout, mut process: Process) {
        let reason = self.read(output).await;
        if reason == UpstreamError::Broken {
            tracing::warn!(server = self.name, "a server sent what is not MCP and is stopped");
        } else {
            tracing::debug!(server = self.name, "a server ended its output");
        }
        self.waiting.end(reason);
        if reason == UpstreamError::Died {
            let _late = timeout(LINGER, process.ended()).await;
        }
    }

    async fn read(&self, output: ChildStdout) -> UpstreamError {
        let mut lines = Lines::new(output, LINE);
        loop {
            let line = match lines.next().await {
                Ok(Line::Text(line)) => line,
                Ok(Line::TooLong) => return UpstreamError::Broken,
                Ok(Line::End) | Err(_) => return UpstreamError::Died,
            };
            if self.take(&line).is_err() {
                return UpstreamError::Broken;
            }
        }
    }

    fn take(&self, line: &[u8]) -> Result<(), Garbage> {
        match Incoming::parse(line)? {
            Incoming::Answer(id, reply) => {
                self.waiting.settle(id, reply).map_err(|_| Garbage)?;
            }
            Incoming::Request { id, method } => self.answer(&id, &method),
            Incoming::Notification(method) => {
                tracing::debug!(
                    server = self.name,
                    method = ?method.chars().take(64).collect::<String>(),
                    "a server's notification is ignored"
                );
            }
        }
        Ok(())
    }

    /// A server may ask whether we are there, and nothing else: no tool may use
    /// the model, the roots or the person of whoever called it.
    fn answer(&self, id: &str, method: &str) {
        let answer = if method == "ping" {
            r#""result":{}"#
        } else {
            r#""error":{"code":-32601,"message":"method not found"}"#
        };
        // The id is sent back as it was written.
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},{answer}}}"#);
        if let Some(lines) = self.lines.upgrade() {
            let _full = lines.try_send(text);
        }
    }
}

/// How many lines may wait to be written.
const QUEUE: usize = 64;
/// The longest line of a server.
const LINE: usize = 4 * 1024 * 1024;
/// How long a server that closed its output may take to end.
const LINGER: Duration = Duration::from_millis(500);
