//! The gateway: an engine that decides, and the servers behind it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use procura_engine::engine::Engine;

use crate::hosts::Hosts;
use crate::http;
use crate::upstream::{Endings, Stdio};

/// An enforcement point in front of MCP servers.
#[derive(Debug)]
pub struct Gateway {
    engine: Arc<Engine>,
    servers: BTreeMap<String, Arc<Stdio>>,
    hosts: Hosts,
    endings: Arc<Endings>,
}

/// The HTTP front of `gateway`: `POST /mcp/{server}`.
///
/// Serve it with connect info, so that events name the peer's address.
pub fn router(gateway: Arc<Gateway>) -> Router {
    // Other methods are answered there too: the Host header is checked for all of them.
    Router::new().route("/mcp/{server}", any(http::receive)).with_state(gateway)
}

impl Gateway {
    /// A gateway in front of `servers`, by name, that is reached under `hosts` and
    /// under the names of this machine's loopback.
    ///
    /// A host is a name, or a name and a port. A browser's page may send requests
    /// only from an origin at one of `hosts`; loopback is no such origin.
    pub fn new(
        engine: Arc<Engine>,
        servers: BTreeMap<String, Arc<Stdio>>,
        hosts: Vec<String>,
    ) -> Self {
        Self {
            endings: Arc::new(Endings::new(Arc::clone(&engine))),
            engine,
            servers,
            hosts: Hosts::new(hosts),
        }
    }

    /// The names of the servers.
    pub fn servers(&self) -> impl ExactSizeIterator<Item = &str> {
        self.servers.keys().map(String::as_str)
    }

    /// Lets no more calls in, waits for those under way, and stops the servers.
    pub async fn close(&self) {
        self.endings.drain(DRAIN_WITHIN).await;
        for server in self.servers.values() {
            server.stop().await;
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn server(&self, name: &str) -> Option<&Arc<Stdio>> {
        self.servers.get(name)
    }

    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    pub(crate) fn endings(&self) -> &Arc<Endings> {
        &self.endings
    }
}

/// How long calls under way may take to end: longer than any call may take.
const DRAIN_WITHIN: Duration = Duration::from_secs(35);
