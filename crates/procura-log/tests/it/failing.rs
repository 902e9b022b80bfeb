//! AUD-06: without a log there is no answer.

use std::sync::{Arc, Mutex};

use procura_core::key::{PublicKey, Signature, Signer};
use procura_engine::port::{
    Advance, CommitError, Later, Ledger, Store, StoreError, StoredCheckpoint,
};
use procura_log::sequencer::Sequencer;
use procura_merkle::hash::Hash;
use procura_store::sqlite::Sqlite;
use tokio::sync::watch;

use crate::world::{Files, ORIGIN, append, key, open_note, signer};

/// When the next call fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    Never,
    /// Nothing can be read.
    Reading,
    /// Nothing is stored.
    BeforeStoring,
    /// It is stored, and an error is reported.
    AfterStoring,
}

/// A ledger that fails as it is told.
pub(crate) struct Faulty {
    inner: Mutex<Arc<Sqlite>>,
    fault: Mutex<Fault>,
    advanced: watch::Sender<u64>,
}

impl Faulty {
    pub(crate) fn new(inner: Arc<Sqlite>) -> Self {
        let (advanced, _) = watch::channel(0);
        Self { inner: Mutex::new(inner), fault: Mutex::new(Fault::Never), advanced }
    }

    /// The size of the newest checkpoint that was stored.
    pub(crate) fn advanced(&self) -> watch::Receiver<u64> {
        self.advanced.subscribe()
    }

    fn fail(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// From now on it is another database.
    fn become_another(&self, inner: Arc<Sqlite>) {
        *self.inner.lock().unwrap() = inner;
    }

    fn inner(&self) -> Arc<Sqlite> {
        Arc::clone(&self.inner.lock().unwrap())
    }

    fn fails(&self, fault: Fault) -> Result<(), StoreError> {
        if *self.fault.lock().unwrap() == fault {
            Err(StoreError::Unavailable("it was told to fail".into()))
        } else {
            Ok(())
        }
    }
}

impl Ledger for Faulty {
    fn size(&self) -> Result<u64, StoreError> {
        self.fails(Fault::Reading)?;
        self.inner().size()
    }

    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<Hash>, StoreError> {
        self.fails(Fault::Reading)?;
        self.inner().leaves(from, limit)
    }

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, StoreError> {
        self.fails(Fault::Reading)?;
        self.inner().node(level, index)
    }

    fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.fails(Fault::Reading)?;
        self.inner().checkpoint()
    }

    fn checkpoint_of(&self, size: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.fails(Fault::Reading)?;
        self.inner().checkpoint_of(size)
    }

    fn advance(&self, advance: Advance) -> Later<'_, Result<(), CommitError>> {
        Box::pin(async move {
            self.fails(Fault::BeforeStoring)?;
            let size = advance.checkpoint.size;
            self.inner().advance(advance).await?;
            self.advanced.send_replace(size);
            self.fails(Fault::AfterStoring)?;
            Ok(())
        })
    }

    fn grown(&self, size: u64) -> Later<'_, ()> {
        let inner = self.inner();
        Box::pin(async move { inner.grown(size).await })
    }
}

#[tokio::test]
async fn aud_06_without_a_stored_checkpoint_there_is_no_receipt() {
    for fault in [Fault::Reading, Fault::BeforeStoring, Fault::AfterStoring] {
        let files = Files::with(3).await;
        let store = files.open();
        let ledger = Arc::new(Faulty::new(Arc::clone(&store)));
        let log = files.sequencer(ledger.clone()).unwrap();
        append(&store, 1, "event").await;
        let event = store.events(3, 1).unwrap().remove(0);
        ledger.fail(fault);
        let error = log.receipt(&event).await.unwrap_err();
        assert_eq!(error.code(), "audit.unavailable", "{fault:?}");
        // What is not certain is not given out.
        assert_eq!(log.checkpoint().unwrap().size, 3);
        assert_eq!(open_note(&files.note()).size(), 3);
        // Whatever happened then, it is found out and goes on from there.
        ledger.fail(Fault::Never);
        let receipt = log.receipt(&event).await.unwrap();
        assert_eq!(receipt.verify(&key()).unwrap().checkpoint().size(), 4);
        assert_eq!(store.checkpoint().unwrap().unwrap().note, files.note());
        append(&store, 1, "event").await;
        assert_eq!(log.catch_up().await.unwrap().size, 5);
    }
}

/// A signer that is down: what it returns is no signature.
struct Down(Arc<dyn Signer>);

impl Signer for Down {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn sign(&self, _message: &[u8]) -> Signature {
        Signature::from_bytes([0; 64])
    }
}

#[tokio::test]
async fn aud_06_without_a_signature_nothing_is_stored() {
    let files = Files::with(3).await;
    let store = files.open();
    append(&store, 1, "event").await;
    let down: Arc<dyn Signer> = Arc::new(Down(signer()));
    let log = Sequencer::open(store.clone(), down, ORIGIN, files.pin()).unwrap();
    assert_eq!(log.catch_up().await.unwrap_err().code(), "audit.unavailable");
    assert_eq!(store.checkpoint().unwrap().unwrap().size, 3);
    let log = files.sequencer(store.clone()).unwrap();
    assert_eq!(log.catch_up().await.unwrap().size, 4);
}

#[tokio::test]
async fn a_checkpoint_that_cannot_be_pinned_is_not_given_out() {
    let files = Files::new();
    let store = files.open();
    let folder = files.0.path().join("pins");
    std::fs::create_dir(&folder).unwrap();
    let pin = folder.join("checkpoint");
    let log = Sequencer::open(store.clone(), signer(), ORIGIN, pin).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    append(&store, 2, "event").await;
    assert_eq!(log.catch_up().await.unwrap_err().code(), "log.pin_unusable");
    assert_eq!(log.checkpoint(), None);
    // With a place for it the same checkpoint is found and pinned.
    std::fs::create_dir(&folder).unwrap();
    let stored = store.checkpoint().unwrap().unwrap();
    assert_eq!(log.catch_up().await.unwrap(), stored);
}

#[tokio::test]
async fn a_database_that_is_replaced_under_the_running_log_is_not_followed() {
    let (mine, other) = (Files::with(4).await, Files::with(4).await);
    other.grow(5, "other").await;
    mine.grow(2, "event").await;
    let (store, another) = (mine.open(), other.open());
    let ledger = Arc::new(Faulty::new(store.clone()));
    let log = mine.sequencer(ledger.clone()).unwrap();
    let pinned = mine.note();
    // Signed by the same key, and larger: only its beginning gives it away.
    ledger.become_another(another);
    assert_eq!(log.catch_up().await.unwrap_err().code(), "store.rolled_back");
    assert_eq!((log.checkpoint().unwrap().size, mine.note()), (6, pinned));
    ledger.become_another(store.clone());
    append(&store, 1, "event").await;
    assert_eq!(log.catch_up().await.unwrap().size, 7);
}
