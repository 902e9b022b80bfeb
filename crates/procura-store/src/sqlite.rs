//! The store: the ports over one writer and a few readers.
//!
//! **Invariant:** while a [`Sqlite`] that can write lives, its folder is
//! locked; when it is dropped every write that was accepted has its answer.

use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use procura_core::hash::Digest;
use procura_core::time::Timestamp;
use procura_engine::port::{
    Advance, ApprovalRow, CommitError, Committed, Later, Ledger, Store, StoreError,
    StoredCheckpoint, StoredDirectory, StoredEvent, Write,
};
use procura_merkle::hash::Hash;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::draft::PreparedWrite;
use crate::failure::{NoWriter, QueueFull, unavailable};
use crate::lock::Lock;
use crate::open::{self, OpenError, OpenMode};
use crate::read;
use crate::readers::{self, Readers};
use crate::settings::Settings;
use crate::writer::{Job, Work, Writer};

/// A database in a folder.
pub struct Sqlite {
    readers: Readers,
    owner: Option<Owner>,
}

/// The side that writes.
struct Owner {
    // `None` only while it is dropped: the writer ends when nobody can send.
    jobs: Option<SyncSender<Job>>,
    size: watch::Receiver<u64>,
    thread: Option<JoinHandle<()>>,
    _lock: Lock,
}

impl Sqlite {
    /// Opens the database in `folder`.
    pub fn open(folder: &Path, mode: OpenMode) -> Result<Self, OpenError> {
        Self::open_with(folder, mode, Settings::default())
    }

    /// Opens the database in `folder`, run as `settings` say.
    pub fn open_with(folder: &Path, mode: OpenMode, settings: Settings) -> Result<Self, OpenError> {
        let opened = open::open(folder, mode, &settings)?;
        let readers = Readers::new(opened.path);
        let owner = match opened.owner {
            None => None,
            Some((db, lock)) => Some(start(folder, db, lock, settings)?),
        };
        Ok(Self { readers, owner })
    }

    /// Checks the whole file, every index and every constraint.
    ///
    /// It reads everything and takes its time; opening runs the quick form.
    pub fn check(&self) -> Result<(), StoreError> {
        self.readers.with(|db| readers::check(db, "PRAGMA integrity_check(1)"))
    }

    /// Queues a write, and waits until it is durable or was refused.
    ///
    /// Whoever stops waiting does not know whether the write was made.
    async fn submit(&self, work: Work) -> Result<Committed, CommitError> {
        let jobs = self.owner.as_ref().and_then(|owner| owner.jobs.as_ref());
        let jobs = jobs.ok_or_else(|| unavailable(NoWriter))?;
        let (reply, answer) = oneshot::channel();
        jobs.try_send(Job { work, reply }).map_err(|error| match error {
            TrySendError::Full(_) => unavailable(QueueFull),
            TrySendError::Disconnected(_) => unavailable(NoWriter),
        })?;
        answer.await.map_err(|_| unavailable(NoWriter))?
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing more to say.
            let _ended = thread.join();
        }
    }
}

impl Store for Sqlite {
    fn commit(&self, write: Write) -> Later<'_, Result<Committed, CommitError>> {
        Box::pin(async move {
            let write = PreparedWrite::new(write)?;
            self.submit(Work::Record(write)).await
        })
    }

    fn events(&self, from: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.readers.with(|db| read::events(db, from, limit))
    }

    fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError> {
        self.readers.with(|db| read::event(db, id))
    }

    fn newest(&self, prefix: &str) -> Result<Option<StoredEvent>, StoreError> {
        self.readers.with(|db| read::newest(db, prefix))
    }

    fn directory(&self) -> Result<Option<StoredDirectory>, StoreError> {
        self.readers.with(read::directory)
    }

    fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, StoreError> {
        self.readers.with(|db| read::approval(db, id))
    }

    fn approvals(&self, limit: usize) -> Result<Vec<ApprovalRow>, StoreError> {
        self.readers.with(|db| read::approvals(db, limit))
    }

    fn approvals_of(
        &self,
        leaf: &Digest,
        tool: &str,
        now: Timestamp,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        self.readers.with(|db| read::approvals_of(db, leaf, tool, now))
    }
}

impl Ledger for Sqlite {
    fn size(&self) -> Result<u64, StoreError> {
        self.readers.with(read::size)
    }

    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<Hash>, StoreError> {
        self.readers.with(|db| read::leaves(db, from, limit))
    }

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, StoreError> {
        self.readers.with(|db| read::node(db, level, index))
    }

    fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.checkpoint_of(u64::MAX)
    }

    fn checkpoint_of(&self, size: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.readers.with(|db| read::checkpoint_of(db, size))
    }

    fn advance(&self, advance: Advance) -> Later<'_, Result<(), CommitError>> {
        Box::pin(async move { self.submit(Work::Advance(advance)).await.map(drop) })
    }

    /// Where nobody writes, nothing grows: it never resolves.
    fn grown(&self, size: u64) -> Later<'_, ()> {
        let watched = self.owner.as_ref().map(|owner| owner.size.clone());
        Box::pin(async move {
            let Some(mut watched) = watched else {
                return std::future::pending().await;
            };
            let grown = watched.wait_for(|now| *now > size).await.is_ok();
            if !grown {
                std::future::pending::<()>().await;
            }
        })
    }
}

fn start(
    folder: &Path,
    db: Connection,
    lock: Lock,
    settings: Settings,
) -> Result<Owner, OpenError> {
    let size = read::size(&db).map_err(|error| OpenError::Corrupt {
        path: folder.join(open::FILE),
        detail: error.to_string(),
    })?;
    let (sender, size) = watch::channel(size);
    let (jobs, queue) = sync_channel(settings.queue);
    let writer = Writer::new(db, settings.clock, sender);
    let thread = std::thread::Builder::new()
        .name("procura-store".to_owned())
        .spawn(move || writer.run(&queue))
        .map_err(|source| OpenError::Io { path: folder.into(), source })?;
    Ok(Owner { jobs: Some(jobs), size, thread: Some(thread), _lock: lock })
}
