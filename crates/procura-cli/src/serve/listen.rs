//! Listens, and stops in order: no new calls, running ones end, the log is whole.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use procura_core::json::Object;
use procura_engine::record::Moment;
use procura_gateway::gateway::Gateway;
use procura_gateway::upstream::{Command, Stdio};
use procura_http::Authority;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Parts;
use super::config::ServerConfig;
use super::front::{self, Limits};
use super::receipts::LogReceipts;
use super::trust::write_whole;
use crate::failure::Failure;

/// How often housekeeping looks whether there is something to do.
const HOUSEKEEPING: Duration = Duration::from_millis(500);

/// How long committed events may wait for a signature while calls are allowed.
const UNSIGNED_AT_MOST: Duration = Duration::from_secs(5);

/// A server that listens.
pub(crate) struct Running {
    pub(crate) parts: Arc<Parts>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts the MCP servers and listens on `address`.
pub(crate) async fn listen(
    parts: Parts,
    servers: &BTreeMap<String, ServerConfig>,
    address: SocketAddr,
) -> anyhow::Result<Running> {
    let parts = Arc::new(parts);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::environment(
            format!("{address} cannot be listened on: {error}"),
            "choose another with --listen ADDRESS, or stop what uses it",
        )
    })?;
    let address = listener.local_addr()?;
    // Before anything is recorded or signed: a start that fails here leaves no trace.
    let gateway = Arc::new(open_gateway(&parts, servers).await?);
    let (stop, stopped) = watch::channel(false);
    let mut tasks = vec![tokio::spawn({
        let (sequencer, stopped) = (Arc::clone(&parts.sequencer), stopped.clone());
        async move { sequencer.run(stopped).await }
    })];
    parts.engine.announce(Moment::Started).await.context("the start cannot be recorded")?;
    parts.write_trust()?;
    tasks.push(tokio::spawn(keep_house(Arc::clone(&parts), stopped.clone())));
    let authority = Arc::new(Authority {
        engine: Arc::clone(&parts.engine),
        receipts: Arc::new(LogReceipts(Arc::clone(&parts.sequencer))),
        trust: parts.trust()?,
        hosts: parts.config.host.iter().cloned().collect(),
    });
    let router = procura_gateway::gateway::router(Arc::clone(&gateway))
        .fallback_service(procura_http::router(authority));
    tasks.push(tokio::spawn(front::serve(listener, router, Limits::USUAL, stopped)));
    Ok(Running { parts, gateway, address, stop, tasks })
}

async fn open_gateway(
    parts: &Parts,
    servers: &BTreeMap<String, ServerConfig>,
) -> anyhow::Result<Gateway> {
    let mut upstreams = BTreeMap::new();
    for (name, server) in servers {
        let command = Command { words: server.command.clone(), env: server.env.clone() };
        let upstream = Stdio::start(name, command).await.map_err(|error| {
            Failure::environment(
                format!("the MCP server `{name}` does not start: {error}"),
                format!("try it by hand: {}", server.command.join(" ")),
            )
        })?;
        upstreams.insert(name.clone(), Arc::new(upstream));
    }
    let hosts = parts.config.host.iter().cloned().collect();
    Ok(Gateway::new(Arc::clone(&parts.engine), upstreams, hosts))
}

/// Records floods, and keeps the files for offline verifiers as new as the directory.
async fn keep_house(parts: Arc<Parts>, mut stopped: watch::Receiver<bool>) {
    let mut written = parts.engine.trust().directory.sequence();
    let mut watch = SigningWatch::new();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(HOUSEKEEPING) => {}
        }
        parts.engine.record_floods().await;
        watch.look(&parts);
        let current = parts.engine.trust().directory.sequence();
        if current != written {
            match parts.write_trust() {
                Ok(()) => written = current,
                Err(error) => tracing::error!(%error, "the trust bundle is out of date"),
            }
        }
    }
}

/// Sees to it that nothing is allowed while the log grows and is not signed.
struct SigningWatch {
    signed: u64,
    since: Instant,
}

impl SigningWatch {
    fn new() -> Self {
        Self { signed: 0, since: Instant::now() }
    }

    fn look(&mut self, parts: &Parts) {
        let signed = parts.sequencer.checkpoint().map_or(0, |newest| newest.size);
        let is_whole = parts.ledger.size().is_ok_and(|size| size <= signed);
        if is_whole || signed > self.signed {
            *self = Self { signed, since: Instant::now() };
            parts.engine.release();
        } else if self.since.elapsed() > UNSIGNED_AT_MOST {
            tracing::error!("the log is not signed; no call is allowed until it is");
            parts.engine.hold();
        }
    }
}

impl Running {
    /// Where it listens, as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells commands on the same data directory where it listens.
    pub(crate) fn publish(&self) -> anyhow::Result<()> {
        let mut near = self.address;
        if near.ip().is_unspecified() {
            // Every address is ours; from this machine the nearest will do.
            near.set_ip(if near.is_ipv4() {
                Ipv4Addr::LOCALHOST.into()
            } else {
                Ipv6Addr::LOCALHOST.into()
            });
        }
        let url = format!("http://{near}");
        let running = Object::new().with("url", url).with("pid", std::process::id());
        write_whole(&self.parts.place.running(), &running.to_canonical()?)
    }

    /// Stops in order, and leaves a log that is whole.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.gateway.close().await;
        let recorded = self.parts.engine.announce(Moment::Stopped).await;
        let _receivers = self.stop.send(true);
        for task in self.tasks {
            task.await?;
        }
        // A revocation of the last moment is one that offline verifiers must know.
        self.parts.write_trust()?;
        let _gone = std::fs::remove_file(self.parts.place.running());
        recorded.context("the end cannot be recorded")?;
        Ok(())
    }
}
