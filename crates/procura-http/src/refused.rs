//! Refusals of requests to the authority, as the log has them.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, Request};
use axum::http::{Method, StatusCode};
use procura_engine::engine::Engine;
use procura_engine::event::Source;
use procura_engine::refuse::RefusedRequest;

use crate::problem::Problem;

/// The person who signed a request, once that is proved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proven(Arc<OnceLock<String>>);

/// What a request asks for, and who proved to have sent it.
#[derive(Debug)]
pub(crate) struct Asked {
    method: Method,
    path: String,
    address: String,
    proven: Proven,
}

impl Proven {
    /// Notes that `principal` sent the request. One request is signed once.
    pub(crate) fn set(&self, principal: &str) {
        let _first = self.0.set(principal.to_owned());
    }
}

impl Asked {
    /// What `request` asks for; whoever checks its signature finds where to note it.
    pub(crate) fn of(request: &mut Request) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let address = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.0.ip().to_string());
        let proven = Proven::default();
        request.extensions_mut().insert(proven.clone());
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        Self { method, path, address, proven }
    }

    /// Makes the refusal durable, if it is one that the log has.
    pub(crate) async fn record(&self, engine: &Engine, problem: &Problem) -> Result<(), Problem> {
        if !self.is_recorded(problem.status()) {
            return Ok(());
        }
        let request_id = engine.ids().uuid().map_err(|_| Problem::unavailable())?;
        let source = Source { address: self.address.clone(), transport: "http", request_id };
        let refused = RefusedRequest {
            source: &source,
            action: Some(&format!("{} {}", self.method, self.path)),
            target: None,
            principal: self.proven.0.get().map(String::as_str),
            presentation: None,
            code: problem.code(),
            reason: problem.detail(),
        };
        engine.refuse_request(&refused).await.map(drop).map_err(|_| Problem::unavailable())
    }

    /// A change that was asked for, or something that this sender may not see. A
    /// question about what does not exist is neither.
    fn is_recorded(&self, status: StatusCode) -> bool {
        let is_denial = matches!(
            status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST
        );
        is_denial || (self.method == Method::POST && status.is_client_error())
    }
}
