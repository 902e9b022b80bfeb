//! A store that fails when a test says so, around the real one.

use std::sync::{Arc, Mutex};

use procura_core::hash::Digest;
use procura_core::time::Timestamp;
use procura_engine::port::{
    ApprovalRow, CommitError, Committed, Later, Store, StoreError, StoredDirectory, StoredEvent,
    Write,
};
use procura_store::sqlite::Sqlite;

/// When a store fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// It does not.
    None,
    /// Before it begins to write.
    Before,
    /// While it writes: the transaction was begun and is undone.
    During,
    /// After it has written, but nobody hears of it.
    After,
    /// Whenever it is read.
    Reading,
    /// It never answers a write, though it makes it.
    Silent,
    /// It makes a write only when the test has another idea.
    Stalled,
}

/// The real store, and when it fails.
pub(crate) struct Breakable {
    inner: Arc<Sqlite>,
    fault: Mutex<Fault>,
}

impl Breakable {
    pub(crate) fn new(inner: Arc<Sqlite>) -> Self {
        Self { inner, fault: Mutex::new(Fault::None) }
    }

    pub(crate) fn fail(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    fn reading<T>(
        &self,
        read: impl FnOnce(&Sqlite) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.fault() == Fault::Reading { Err(broken()) } else { read(&self.inner) }
    }
}

fn broken() -> StoreError {
    StoreError::Unavailable("the test broke it".into())
}

impl Store for Breakable {
    fn commit(&self, mut write: Write) -> Later<'_, Result<Committed, CommitError>> {
        let fault = self.fault();
        Box::pin(async move {
            match fault {
                Fault::None | Fault::Reading => self.inner.commit(write).await,
                Fault::Before => Err(broken().into()),
                Fault::During => {
                    // The id is taken when the last event is written, so all of it is undone.
                    let last = write.events.last().cloned();
                    write.events.extend(last);
                    let undone = self.inner.commit(write).await;
                    assert!(undone.is_err(), "the broken write was made");
                    Err(broken().into())
                }
                Fault::After => {
                    self.inner.commit(write).await.unwrap();
                    Err(broken().into())
                }
                Fault::Stalled => {
                    while self.fault() == Fault::Stalled {
                        tokio::task::yield_now().await;
                    }
                    self.inner.commit(write).await
                }
                Fault::Silent => {
                    self.inner.commit(write).await.unwrap();
                    std::future::pending().await
                }
            }
        })
    }

    fn events(&self, from: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.reading(|store| store.events(from, limit))
    }

    fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError> {
        self.reading(|store| store.event(id))
    }

    fn newest(&self, prefix: &str) -> Result<Option<StoredEvent>, StoreError> {
        self.reading(|store| store.newest(prefix))
    }

    fn directory(&self) -> Result<Option<StoredDirectory>, StoreError> {
        self.reading(Store::directory)
    }

    fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
        self.reading(|store| store.approval(id))
    }

    fn approvals(&self, limit: usize) -> Result<Vec<ApprovalRow>, StoreError> {
        self.reading(|store| store.approvals(limit))
    }

    fn approvals_of(
        &self,
        leaf: &Digest,
        tool: &str,
        now: Timestamp,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        self.reading(|store| store.approvals_of(leaf, tool, now))
    }
}
