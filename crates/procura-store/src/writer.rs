//! The one thread that writes.
//!
//! **Invariant:** an answer is sent after `COMMIT` returned, and after a
//! `COMMIT` that failed in any way but for want of room nothing is committed
//! until the database was opened again: a later fsync that succeeds says
//! nothing about pages that an earlier one lost.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use procura_engine::port::{Advance, CommitError, Committed};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use crate::apply;
use crate::draft::PreparedWrite;
use crate::failure::{Cause, Failure};
use crate::settings::Clock;

/// The most writes in one transaction.
pub(crate) const BATCH: usize = 256;

/// A write on its way, and where its answer goes.
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// What became of a [`Job`]. An advance has no entries.
pub(crate) type Answer = Result<Committed, CommitError>;

/// What is to be written.
pub(crate) enum Work {
    /// A write of the engine.
    Record(PreparedWrite),
    /// A step of the log.
    Advance(Advance),
}

/// Owns the only connection that writes.
pub(crate) struct Writer {
    db: Connection,
    clock: Clock,
    // How many events are committed. Readers watch it; only this thread sets it.
    size: watch::Sender<u64>,
    fence: Option<Cause>,
    // Frames of the write-ahead log from which on it is copied back.
    copy_back_at: i64,
}

impl Writer {
    pub(crate) fn new(db: Connection, clock: Clock, size: watch::Sender<u64>) -> Self {
        Self { db, clock, size, fence: None, copy_back_at: COPY_BACK_FRAMES }
    }

    /// Writes until nobody can send any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let rest = jobs.try_iter().take(BATCH.saturating_sub(1));
            let batch: Vec<Job> = std::iter::once(first).chain(rest).collect();
            self.batch(batch);
            self.copy_back();
        }
    }

    fn batch(&mut self, batch: Vec<Job>) {
        if let Some(cause) = &self.fence {
            return fail(batch, cause);
        }
        match self.transact(&batch) {
            Ok((answers, size)) => {
                self.size.send_replace(size);
                for (job, answer) in batch.into_iter().zip(answers) {
                    // Whoever stopped waiting does not need the answer.
                    let _gone = job.reply.send(answer);
                }
            }
            Err(error) => {
                let cause = self.broken(error);
                fail(batch, &cause);
            }
        }
    }

    /// Makes the batch durable, and returns the answers and the new size.
    ///
    /// A write that is refused mostly is so by its first guard, before it did
    /// anything. So the batch is tried without savepoints, which cost as much
    /// as an insert, and once more with them if something has to be undone.
    fn transact(&mut self, batch: &[Job]) -> Result<Done, rusqlite::Error> {
        match self.attempt(batch, without_undo) {
            Ok(done) => Ok(done),
            Err(Stop::HalfDone) => self.attempt(batch, with_savepoint),
            Err(Stop::Broken(error)) => Err(error),
        }
    }

    fn attempt<E: From<rusqlite::Error>>(
        &mut self,
        batch: &[Job],
        one: fn(&Connection, &Work, u64) -> Result<Answer, E>,
    ) -> Result<Done, E> {
        let mut size = *self.size.borrow();
        let now = (self.clock)();
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        apply::forget(&transaction, now)?;
        let mut newest: BTreeMap<&str, u64> = BTreeMap::new();
        let mut answers = Vec::with_capacity(batch.len());
        for job in batch {
            let answer = one(&transaction, &job.work, size)?;
            if let (Ok(committed), Work::Record(write)) = (&answer, &job.work) {
                for (entry, event) in committed.entries.iter().zip(&write.events) {
                    newest.insert(event.kind, entry.sequence);
                    size = entry.sequence.saturating_add(1);
                }
            }
            answers.push(answer);
        }
        for (kind, sequence) in newest {
            apply::remember(&transaction, kind, sequence)?;
        }
        transaction.commit()?;
        Ok((answers, size))
    }

    fn broken(&mut self, error: rusqlite::Error) -> Cause {
        let cause = Cause::of(error);
        if cause.is_fence() {
            tracing::error!(error = ?cause, "the store is fenced: a write failed");
            self.fence = Some(cause.clone());
        }
        cause
    }

    /// Copies the write-ahead log back when it has grown.
    ///
    /// SQLite would do so inside `COMMIT` and drop the error. Here an error of
    /// the disk is seen, and it fences.
    fn copy_back(&mut self) {
        if self.fence.is_some() {
            return;
        }
        if let Err(error) = self.try_copy_back() {
            self.broken(error);
        }
    }

    fn try_copy_back(&mut self) -> Result<(), rusqlite::Error> {
        if self.frames("PRAGMA wal_checkpoint(NOOP)")?.written < self.copy_back_at {
            return Ok(());
        }
        let frames = self.frames("PRAGMA wal_checkpoint(PASSIVE)")?;
        // A reader may hold frames back; then wait for as many again.
        let is_complete = frames.copied >= frames.written;
        let start = if is_complete { 0 } else { frames.written };
        self.copy_back_at = start.saturating_add(COPY_BACK_FRAMES);
        Ok(())
    }

    fn frames(&self, pragma: &str) -> Result<Frames, rusqlite::Error> {
        let mut statement = self.db.prepare_cached(pragma)?;
        statement.query_row([], |row| Ok(Frames { written: row.get(1)?, copied: row.get(2)? }))
    }
}

/// How far the write-ahead log is.
struct Frames {
    written: i64,
    copied: i64,
}

/// The answers to a batch, and how many events there are after it.
type Done = (Vec<Answer>, u64);

/// Why an attempt without savepoints is given up.
enum Stop {
    /// A write was refused half done.
    HalfDone,
    /// The storage failed.
    Broken(rusqlite::Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error)
    }
}

/// Makes one write, or does nothing, or gives up on the batch.
fn without_undo(db: &Connection, work: &Work, size: u64) -> Result<Answer, Stop> {
    match make(db, work, size) {
        Ok(committed) => Ok(Ok(committed)),
        Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
        Err(Failure::Half(_)) => Err(Stop::HalfDone),
        Err(Failure::Broken(error)) => Err(Stop::Broken(error)),
    }
}

/// Undoes a write that is refused half done, and no other.
fn with_savepoint(db: &Connection, work: &Work, size: u64) -> Result<Answer, rusqlite::Error> {
    run(db, "SAVEPOINT one")?;
    let answer = match make(db, work, size) {
        Ok(committed) => Ok(committed),
        Err(Failure::Refused(refusal) | Failure::Half(refusal)) => {
            run(db, "ROLLBACK TO one")?;
            Err(refusal)
        }
        Err(Failure::Broken(error)) => return Err(error),
    };
    run(db, "RELEASE one")?;
    Ok(answer)
}

fn make(db: &Connection, work: &Work, size: u64) -> Result<Committed, Failure> {
    match work {
        Work::Record(write) => apply::write(db, write, size),
        Work::Advance(advance) => apply::advance(db, advance, size).map(|()| NO_ENTRIES),
    }
}

fn run(db: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}

fn fail(batch: Vec<Job>, cause: &Cause) {
    for job in batch {
        let _gone = job.reply.send(Err(CommitError::Store(cause.to_error())));
    }
}

const NO_ENTRIES: Committed = Committed { entries: Vec::new() };
/// Four megabytes, as SQLite would choose.
const COPY_BACK_FRAMES: i64 = 1000;
