//! One MCP server behind the gateway, over its standard input and output.

use std::sync::Arc;
use std::time::Duration;

use procura_core::json::Object;
use procura_core::proof::Request;
use procura_wire::call::{to_params, tool_id};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::catalogue::Catalogue;
use super::child::Command;
use super::failure::{StartError, UpstreamError};
use super::forward::Reply;
use super::handshake;
use super::pipe::Pipe;

/// How long things may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    /// How long a call may take, a restart included.
    pub answer_within: Duration,
    /// How long each answer of the handshake may take at the first start.
    pub start_within: Duration,
    /// The least time between two starts.
    pub restart_every: Duration,
}

/// A server. It is restarted by the next call after it ended.
pub struct Stdio {
    name: String,
    command: Command,
    settings: Settings,
    catalogue: Catalogue,
    /// Owned across a restart, so that there is one at a time.
    run: Mutex<Run>,
}

/// The current run of a server, or how the last one ended.
struct Run {
    pipe: Option<Arc<Pipe>>,
    started: Instant,
    ended: UpstreamError,
}

impl Stdio {
    /// Starts the server `name`, greets it and keeps what tools it has.
    pub async fn start(name: &str, command: Command) -> Result<Self, StartError> {
        Self::start_with(name, command, Settings::default()).await
    }

    /// The same, with other limits of time.
    pub async fn start_with(
        name: &str,
        command: Command,
        settings: Settings,
    ) -> Result<Self, StartError> {
        let started = Instant::now();
        let pipe = Pipe::open(name, &command)?;
        let catalogue = handshake::shake(&pipe, settings.start_within).await?;
        let run =
            Mutex::new(Run { pipe: Some(Arc::new(pipe)), started, ended: UpstreamError::Died });
        Ok(Self { name: name.to_owned(), command, settings, catalogue, run })
    }

    /// The server's name in ids of tools.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tools that it had when it was first started.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Stops the server: its input is closed, and after a moment it is killed.
    pub async fn stop(&self) {
        let pipe = self.run.lock().await.pipe.take();
        if let Some(pipe) = pipe {
            pipe.close(STOP_WITHIN).await;
        }
    }

    /// Calls the tool. Only [`super::forward`] may: it has the permit.
    pub(super) async fn call(
        &self,
        request: &Request,
        metadata: &Object,
    ) -> Result<Reply, UpstreamError> {
        let started = Instant::now();
        let Request { tool, arguments } = request;
        let known = self.catalogue.tools().iter();
        let known = known.map(|tool| tool.name()).find(|name| tool_id(&self.name, name) == *tool);
        let name = known.ok_or(UpstreamError::NoSuchTool)?;
        let params = to_params(name, arguments, metadata).to_canonical();
        // Arguments and metadata were admissible when they were read.
        let params = params.map_err(|_| UpstreamError::NoSuchTool)?;
        let within = self.settings.answer_within;
        let pipe = timeout(within, self.pipe());
        let pipe = pipe.await.map_err(|_| UpstreamError::TimedOut)??;
        let left = within.saturating_sub(started.elapsed());
        pipe.ask("tools/call", &params, left).await
    }

    /// The running server, started again if it has to be.
    async fn pipe(&self) -> Result<Arc<Pipe>, UpstreamError> {
        let mut run = self.run.lock().await;
        if let Some(pipe) = &run.pipe {
            match pipe.ended() {
                None => return Ok(Arc::clone(pipe)),
                Some(reason) => run.ended = reason,
            }
        }
        run.pipe = None;
        if run.started.elapsed() < self.settings.restart_every {
            return Err(run.ended);
        }
        run.started = Instant::now();
        let pipe = Arc::new(self.restart().await.inspect_err(|reason| run.ended = *reason)?);
        run.pipe = Some(Arc::clone(&pipe));
        Ok(pipe)
    }

    async fn restart(&self) -> Result<Pipe, UpstreamError> {
        tracing::info!(server = self.name, "a server is started again");
        let failed = |error: StartError| {
            tracing::warn!(server = self.name, %error, "a server does not start again");
            error.as_upstream()
        };
        let pipe = Pipe::open(&self.name, &self.command).map_err(failed)?;
        let found = handshake::shake(&pipe, self.settings.start_within).await;
        if found.map_err(failed)? != self.catalogue {
            // What people agreed to is not what is there now (MCP-03).
            tracing::error!(server = self.name, "a server came back with other tools");
            return Err(UpstreamError::Changed);
        }
        Ok(pipe)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(30),
            start_within: Duration::from_secs(30),
            restart_every: Duration::from_secs(1),
        }
    }
}

impl std::fmt::Debug for Stdio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stdio").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How long a server may take to end by itself.
const STOP_WITHIN: Duration = Duration::from_secs(2);
