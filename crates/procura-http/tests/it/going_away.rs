//! A client that goes away in the middle of a change.

use std::sync::Arc;

use axum::body::Body;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use procura_core::hash::Digest;
use procura_core::time::Timestamp;
use procura_engine::port::{
    ApprovalRow, CommitError, Committed, Later, Store, StoreError, StoredDirectory, StoredEvent,
    Write,
};
use tokio::sync::Notify;

use crate::wire::Request;
use crate::world::{World, members};

/// A store that, once told to, says late that it committed, or fails.
pub(crate) struct Slow {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) gate: Arc<Gate>,
}

#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) broken: std::sync::atomic::AtomicBool,
    closed: std::sync::atomic::AtomicBool,
    committed: Notify,
    opened: Notify,
}

impl Store for Slow {
    fn commit(&self, write: Write) -> Later<'_, Result<Committed, CommitError>> {
        Box::pin(async move {
            if self.gate.broken.load(std::sync::atomic::Ordering::SeqCst) {
                return Err(CommitError::Store(StoreError::Damaged("a test said so".into())));
            }
            let result = self.inner.commit(write).await;
            if self.gate.closed.load(std::sync::atomic::Ordering::SeqCst) {
                self.gate.committed.notify_one();
                self.gate.opened.notified().await;
            }
            result
        })
    }

    fn events(&self, from: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.events(from, limit)
    }

    fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError> {
        self.inner.event(id)
    }

    fn newest(&self, prefix: &str) -> Result<Option<StoredEvent>, StoreError> {
        self.inner.newest(prefix)
    }

    fn directory(&self) -> Result<Option<StoredDirectory>, StoreError> {
        self.inner.directory()
    }

    fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
        self.inner.approval(id)
    }

    fn approvals(&self, limit: usize) -> Result<Vec<ApprovalRow>, StoreError> {
        self.inner.approvals(limit)
    }

    fn approvals_of(
        &self,
        leaf: &Digest,
        tool: &str,
        now: Timestamp,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        self.inner.approvals_of(leaf, tool, now)
    }
}

#[tokio::test]
async fn a_revocation_takes_effect_though_its_sender_went_away() {
    let gate = Arc::new(Gate::default());
    let between = Arc::clone(&gate);
    let world = World::over(|inner| Arc::new(Slow { inner, gate: between })).await;
    world.enrol_named("planner").await;
    gate.closed.store(true, std::sync::atomic::Ordering::SeqCst);
    let target = "/v1/agents/planner/state";
    let body = members(&[("state", "revoked")]).to_canonical().unwrap();
    let signed = world.signed("alice", ("POST", target), &body);
    let answer = answer(&world, &signed);
    tokio::select! {
        _ = answer => panic!("it is not answered before it is committed"),
        () = gate.committed.notified() => {}
    }
    // The answer was dropped with its client; the change is not.
    gate.closed.store(false, std::sync::atomic::Ordering::SeqCst);
    gate.opened.notify_one();
    assert_eq!(world.enrol_named("coder").await.status, 201);
    assert_eq!(world.get("alice", "/v1/agents/planner").await.text("state"), "revoked");
}

#[tokio::test]
async fn a_refusal_is_recorded_though_its_sender_went_away() {
    let world = World::new().await;
    let signed = world.signed("bob", ("POST", "/v1/agents"), "{}");
    tokio::select! {
        biased;
        _ = answer(&world, &signed) => panic!("a handler has a task of its own"),
        () = std::future::ready(()) => {}
    }
    let recorded = async {
        while world.refused().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), recorded).await.unwrap();
    assert_eq!(world.refused().len(), 1);
}

/// What the API answers to `signed`, without a connection between.
fn answer(world: &World, signed: &Request) -> impl Future<Output = ()> {
    let mut request = hyper::Request::post(&signed.target);
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(signed.body.clone())).unwrap();
    let service = TowerToHyperService::new(procura_http::router(Arc::clone(&world.authority)));
    async move {
        let _answered = service.call(request).await;
    }
}
