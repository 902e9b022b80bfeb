//! A folder with a database, and the writes that tests make.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use procura_core::hash::Digest;
use procura_core::json::Object;
use procura_core::time::Timestamp;
use procura_engine::port::{
    ApprovalRow, ApprovalState, Change, CommitError, Committed, Draft, Guard, Store, Write,
};
use procura_store::open::{FILE, OpenError, OpenMode};
use procura_store::settings::Settings;
use procura_store::sqlite::Sqlite;
use rusqlite::Connection;
use tempfile::TempDir;

/// A folder that is removed at the end, and the store that lives in it.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    store: Option<Arc<Sqlite>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open_with(folder.path(), OpenMode::Create, settings).unwrap();
        Self { folder, store: Some(Arc::new(store)) }
    }

    pub(crate) fn store(&self) -> Arc<Sqlite> {
        Arc::clone(self.store.as_ref().unwrap())
    }

    /// Stops the store and starts it again on the same files.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.store = Some(Arc::new(self.open(OpenMode::Existing).unwrap()));
    }

    /// Stops the store; nobody else may hold it.
    pub(crate) fn stop(&mut self) {
        let store = self.store.take().unwrap();
        drop(Arc::into_inner(store).unwrap());
    }

    pub(crate) fn open(&self, mode: OpenMode) -> Result<Sqlite, OpenError> {
        Sqlite::open(self.folder.path(), mode)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// Does what somebody with a text editor for databases can do.
    pub(crate) fn tamper(&self, sql: &str) {
        tamper(&self.database(), sql);
    }
}

pub(crate) fn tamper(database: &Path, sql: &str) {
    let db = Connection::open(database).unwrap();
    let script = format!(
        "DROP TRIGGER IF EXISTS events_never_change;
         DROP TRIGGER IF EXISTS events_stay;
         PRAGMA foreign_keys = OFF;
         {sql};"
    );
    db.execute_batch(&script).unwrap();
}

pub(crate) async fn commit(store: &Sqlite, write: Write) -> Result<Committed, CommitError> {
    store.commit(write).await
}

pub(crate) fn event(id: &str) -> Draft {
    Draft { id: id.to_owned(), kind: "test", body: Object::new().with("id", id) }
}

pub(crate) fn events(ids: &[&str]) -> Write {
    Write { events: ids.iter().map(|id| event(id)).collect(), ..Write::default() }
}

pub(crate) fn guarded(guard: Guard, id: &str) -> Write {
    Write { guards: vec![guard], ..events(&[id]) }
}

pub(crate) fn changed(change: Change, id: &str) -> Write {
    Write { changes: vec![change], ..events(&[id]) }
}

pub(crate) fn key(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A key that may be used once and is kept until the end of time.
pub(crate) fn once(name: &str) -> Guard {
    Guard::Unused { key: key(name), expires: at(i64::MAX) }
}

/// A request that is over at 1000.
pub(crate) fn request(id: &str) -> ApprovalRow {
    ApprovalRow {
        id: id.to_owned(),
        created: at(100),
        expires: at(1000),
        state: ApprovalState::Pending,
        digest: key("what is asked for"),
        leaf: key("leaf"),
        tool: "files/write".to_owned(),
        request: "{}".to_owned(),
        quorum: 1,
        statements: Vec::new(),
    }
}
