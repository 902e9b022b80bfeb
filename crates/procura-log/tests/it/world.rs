//! A log on disk, its key, and hands that can change its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use procura_core::json::Object;
use procura_core::key::{PublicKey, Signature, Signer};
use procura_engine::port::{Draft, Ledger, Store, Write};
use procura_log::error::LogError;
use procura_log::pin;
use procura_log::sequencer::Sequencer;
use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::verifier_key::VerifierKey;
use procura_store::open::{FILE, OpenMode};
use procura_store::sqlite::Sqlite;
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "log.example/test";

/// A key whose private half is known to everybody.
pub(crate) struct TestSigner {
    key: SigningKey,
    public: PublicKey,
}

impl TestSigner {
    pub(crate) fn new(seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap();
        Self { key, public }
    }
}

impl Signer for TestSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.key.sign(message).to_bytes())
    }
}

pub(crate) fn signer() -> Arc<dyn Signer> {
    Arc::new(TestSigner::new(1))
}

pub(crate) fn key() -> VerifierKey {
    VerifierKey::new(ORIGIN, signer().public_key().as_bytes()).unwrap()
}

/// A folder with a database and a pin. Nothing has it open between the calls.
pub(crate) struct Files(pub(crate) TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        drop(Sqlite::open(folder.path(), OpenMode::Create).unwrap());
        Self(folder)
    }

    /// Files of a log of `size` events, all signed.
    pub(crate) async fn with(size: u64) -> Self {
        let files = Self::new();
        files.grow(size, "event").await;
        files
    }

    pub(crate) fn open(&self) -> Arc<Sqlite> {
        Arc::new(Sqlite::open(self.0.path(), OpenMode::Existing).unwrap())
    }

    pub(crate) fn read(&self) -> Sqlite {
        Sqlite::open(self.0.path(), OpenMode::ReadOnly).unwrap()
    }

    pub(crate) fn pin(&self) -> PathBuf {
        self.0.path().join(pin::FILE)
    }

    /// The note that is pinned.
    pub(crate) fn note(&self) -> String {
        pin::read(&self.pin()).unwrap().unwrap()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.path().join(FILE)
    }

    pub(crate) fn sequencer<L: Ledger + 'static>(
        &self,
        ledger: Arc<L>,
    ) -> Result<Sequencer, LogError> {
        Sequencer::open(ledger, signer(), ORIGIN, self.pin())
    }

    /// Pins the database as it is.
    pub(crate) fn adopt(&self) {
        let store = self.open();
        let log = Sequencer::adopt(store.clone(), signer(), ORIGIN, self.pin()).unwrap();
        close(log, store);
    }

    /// Opens, adds `count` events, signs them, and closes.
    pub(crate) async fn grow(&self, count: u64, name: &str) {
        let store = self.open();
        let log = self.sequencer(store.clone()).unwrap();
        append(&store, count, name).await;
        log.catch_up().await.unwrap();
        close(log, store);
    }

    /// Replaces bytes wherever they stand in the database.
    pub(crate) fn replace(&self, from: &[u8], to: &[u8]) {
        assert_eq!(from.len(), to.len());
        let mut bytes = std::fs::read(self.database()).unwrap();
        let places: Vec<usize> = (0..=bytes.len() - from.len())
            .filter(|&place| bytes[place..].starts_with(from))
            .collect();
        assert!(!places.is_empty());
        for place in places {
            bytes[place..place + to.len()].copy_from_slice(to);
        }
        std::fs::write(self.database(), bytes).unwrap();
    }
}

/// Gives everything back, so that the files can be opened again.
pub(crate) fn close(log: Sequencer, store: Arc<Sqlite>) {
    drop(log);
    drop(Arc::into_inner(store).unwrap());
}

pub(crate) async fn append(store: &Sqlite, count: u64, name: &str) {
    let start = store.size().unwrap();
    let drafts = (start..start + count).map(|number| {
        let id = format!("{name}-{number:06}");
        let body = Object::new().with("id", id.as_str()).with("text", "…".repeat(20));
        Draft { id, kind: "test", body }
    });
    let events: Vec<Draft> = drafts.collect();
    if !events.is_empty() {
        store.commit(Write { events, ..Write::default() }).await.unwrap();
    }
}

pub(crate) fn open_note(note: &str) -> Checkpoint {
    Checkpoint::open(note, &key()).unwrap()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}
