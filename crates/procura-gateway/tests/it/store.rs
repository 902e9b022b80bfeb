//! The real store, with a switch that makes writing fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use procura_core::hash::Digest;
use procura_core::time::Timestamp;
use procura_engine::port::{
    ApprovalRow, CommitError, Committed, Later, Store, StoreError, StoredDirectory, StoredEvent,
    Write,
};
use procura_store::sqlite::Sqlite;

/// A store whose disk can fill up.
pub(crate) struct Switched {
    pub(crate) inner: Sqlite,
    pub(crate) is_full: AtomicBool,
}

impl Switched {
    pub(crate) fn new(inner: Sqlite) -> Arc<Self> {
        Arc::new(Self { inner, is_full: AtomicBool::new(false) })
    }

    pub(crate) fn fill(&self) {
        self.is_full.store(true, Ordering::SeqCst);
    }
}

impl Store for Switched {
    fn commit(&self, write: Write) -> Later<'_, Result<Committed, CommitError>> {
        if self.is_full.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::Full.into()) });
        }
        self.inner.commit(write)
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

impl Switched {
    /// One approval request, which must be there.
    pub(crate) fn inner_approval(&self, id: &str) -> ApprovalRow {
        self.inner.approval(id).unwrap().unwrap()
    }
}
