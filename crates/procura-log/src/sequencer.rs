//! Turns committed events into signed checkpoints, and gives out receipts.
//!
//! **Invariant:** a checkpoint is given out only after it was stored by a
//! compare-and-swap on its predecessor and pinned outside the database; so two
//! checkpoints of this log never contradict each other.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use procura_core::key::Signer;
use procura_engine::port::{
    Advance, CommitError, Ledger, StoreError, StoredCheckpoint, StoredEvent,
};
use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::proof::Receipt;
use procura_merkle::prove;
use procura_merkle::tree::Frontier;
use procura_merkle::verifier_key::VerifierKey;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::error::LogError;
use crate::history::{self, Position, STEP, Signed};
use crate::pin::Pin;

/// Signs the log.
pub struct Sequencer {
    shared: Arc<Shared>,
    // One at a time signs; the others wait, and mostly find it done then.
    turn: Semaphore,
}

/// What also a blocking thread needs.
struct Shared {
    ledger: Arc<dyn Ledger>,
    signer: Arc<dyn Signer>,
    key: VerifierKey,
    pin: Pin,
    // Stored and pinned. Held to copy and to replace, never while waiting.
    position: Mutex<Position>,
}

/// The next step, signed and not yet stored.
struct Next {
    advance: Advance,
    position: Position,
}

impl Sequencer {
    /// How long a receipt may wait for its checkpoint.
    pub const DEADLINE: Duration = Duration::from_secs(5);
    /// How long [`Sequencer::run`] rests after a checkpoint.
    pub const REST: Duration = Duration::from_millis(500);

    /// Opens the log `origin` and checks that it continues what was signed.
    ///
    /// The newest stored checkpoint must be signed by `signer`'s key and its
    /// root must follow from the stored nodes. The checkpoint pinned in the
    /// file `pin` must be a beginning of the database; otherwise the database
    /// is an old or another one, and the file is left as it is. A log is pinned
    /// before its first event, so events without a pin are refused too.
    pub fn open(
        ledger: Arc<dyn Ledger>,
        signer: Arc<dyn Signer>,
        origin: &str,
        pin: PathBuf,
    ) -> Result<Self, LogError> {
        let (shared, pinned) = Shared::load(ledger, signer, origin, pin)?;
        let events = shared.ledger.size()?;
        if pinned.is_none() && events > 0 {
            return Err(LogError::PinLost { path: shared.pin.path().to_owned(), events });
        }
        shared.begin()
    }

    /// Opens a log whose pin is lost, and pins it as the database has it. Only
    /// who knows by other means that the log is whole may ask for this.
    pub fn adopt(
        ledger: Arc<dyn Ledger>,
        signer: Arc<dyn Signer>,
        origin: &str,
        pin: PathBuf,
    ) -> Result<Self, LogError> {
        let (shared, pinned) = Shared::load(ledger, signer, origin, pin)?;
        if pinned.is_none() && shared.ledger.size()? > 0 {
            tracing::warn!(
                "the log is pinned as the database has it; nothing showed that it is whole"
            );
        }
        shared.begin()
    }

    /// The key under which everybody checks this log.
    pub fn key(&self) -> &VerifierKey {
        &self.shared.key
    }

    /// The newest checkpoint that was stored and pinned.
    pub fn checkpoint(&self) -> Option<StoredCheckpoint> {
        let signed = self.shared.position().signed?;
        Some(StoredCheckpoint { size: signed.checkpoint.size(), note: signed.note })
    }

    /// Signs as the log grows, until `stop` says true or its sender is gone.
    ///
    /// While there is growth, what was committed is signed within a second.
    /// A failure is logged and tried again: events are durable without it.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::error!(code = error.code(), error = ?error, "no checkpoint was signed");
            }
            tokio::select! {
                () = self.next_work() => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        if let Err(error) = self.catch_up().await {
            tracing::warn!(code = error.code(), "the last events were not signed");
        }
    }

    /// Signs everything that is committed.
    pub async fn catch_up(&self) -> Result<StoredCheckpoint, LogError> {
        let size = self.shared.ledger.size()?;
        self.flush(size).await
    }

    /// Signs at once until a checkpoint covers the first `size` events.
    pub async fn flush(&self, size: u64) -> Result<StoredCheckpoint, LogError> {
        let signed = self.signed(size).await?;
        Ok(StoredCheckpoint { size: signed.checkpoint.size(), note: signed.note })
    }

    /// Proves to anybody who is offline that `event` is in the log.
    pub async fn receipt(&self, event: &StoredEvent) -> Result<Receipt, LogError> {
        let index = event.sequence;
        let signed = self.signed(index.saturating_add(1)).await?;
        let ledger = &*self.shared.ledger;
        let read = |level, index| history::node(ledger, level, index);
        let hashes = prove::inclusion_proof(index, signed.checkpoint.size(), read);
        let hashes = hashes.map_err(history::unread)?;
        let receipt = Receipt::new(Some(event.body.clone()), index, hashes, signed.note)
            .map_err(LogError::NotInLog)?;
        // Nobody gets a receipt that he finds to be invalid later.
        receipt.verify(&self.shared.key).map_err(LogError::NotInLog)?;
        Ok(receipt)
    }

    async fn next_work(&self) {
        sleep(Self::REST).await;
        let size = self.shared.position().frontier.size();
        self.shared.ledger.grown(size).await;
    }

    async fn signed(&self, size: u64) -> Result<Signed, LogError> {
        let work = self.sign_until(size);
        timeout(Self::DEADLINE, work).await.map_err(|_| LogError::Deadline)?
    }

    async fn sign_until(&self, size: u64) -> Result<Signed, LogError> {
        if let Some(signed) = self.shared.covering(size) {
            return Ok(signed);
        }
        // The semaphore is never closed; if it were, there is no more signing.
        let _turn = self.turn.acquire().await.map_err(|_| LogError::Deadline)?;
        loop {
            if let Some(signed) = self.shared.covering(size) {
                return Ok(signed);
            }
            self.step(size).await?;
        }
    }

    async fn step(&self, size: u64) -> Result<(), LogError> {
        let shared = Arc::clone(&self.shared);
        let next = blocking(move || shared.prepare(size)).await?;
        let Next { advance, position } = next;
        let position = match self.shared.ledger.advance(advance).await {
            Ok(()) => Some(position),
            // Somebody else was faster, or an earlier error was none.
            Err(CommitError::Conflict) => None,
            Err(error) => return Err(LogError::Store(error)),
        };
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.publish(position)).await
    }
}

impl Shared {
    /// Reads where the log stands, and what is pinned, which is a beginning of it.
    fn load(
        ledger: Arc<dyn Ledger>,
        signer: Arc<dyn Signer>,
        origin: &str,
        pin: PathBuf,
    ) -> Result<(Self, Option<Checkpoint>), LogError> {
        let key = VerifierKey::new(origin, signer.public_key().as_bytes())?;
        let pin = Pin::new(pin, key.clone());
        let pinned = pin.load()?;
        let position = Position::load(&*ledger, &key)?;
        if let Some(pinned) = &pinned {
            position.require_continues(&*ledger, pinned)?;
        }
        let position = Mutex::new(position);
        Ok((Self { ledger, signer, key, pin, position }, pinned))
    }

    /// Pins where the log stands, be it at its beginning.
    fn begin(self) -> Result<Sequencer, LogError> {
        let signed = match self.position().signed {
            Some(signed) => signed,
            None => self.signed(&Frontier::new())?,
        };
        self.pin.advance(&signed)?;
        Ok(Sequencer { shared: Arc::new(self), turn: Semaphore::new(1) })
    }

    fn position(&self) -> Position {
        let position = self.position.lock();
        position.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn covering(&self, size: u64) -> Option<Signed> {
        let signed = self.position().signed?;
        (signed.checkpoint.size() >= size).then_some(signed)
    }

    /// Reads what came after the newest checkpoint, and signs it.
    fn prepare(&self, size: u64) -> Result<Next, LogError> {
        let mut frontier = self.position().frontier;
        let from = frontier.size();
        let leaves = self.ledger.leaves(from, STEP)?;
        if leaves.is_empty() && size > from {
            return Err(LogError::NotCommitted { wanted: size, found: from });
        }
        let mut nodes = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let complete = frontier.append(leaf)?.into_iter();
            let above = complete.filter(|node| node.level > 0);
            nodes.extend(above.map(|node| (node.level, node.index, node.hash)));
        }
        let signed = self.signed(&frontier)?;
        let stored = StoredCheckpoint { size: frontier.size(), note: signed.note.clone() };
        let advance = Advance { from, nodes, checkpoint: stored };
        let position = Position { frontier, signed: Some(signed) };
        Ok(Next { advance, position })
    }

    /// A signed checkpoint of what is in `frontier`.
    fn signed(&self, frontier: &Frontier) -> Result<Signed, LogError> {
        let checkpoint = Checkpoint::new(self.key.name(), frontier.head());
        let checkpoint = checkpoint.map_err(LogError::Signer)?;
        let sign = |message: &[u8]| self.signer.sign(message).to_bytes();
        let note = checkpoint.sign(&self.key, &sign).map_err(LogError::Signer)?;
        Ok(Signed { checkpoint, note })
    }

    /// Pins what was stored, and only then gives it out.
    ///
    /// Without a position of our own, what somebody else stored is read back:
    /// it must continue what we know.
    fn publish(&self, position: Option<Position>) -> Result<(), LogError> {
        let position = match position {
            Some(position) => position,
            None => self.read_back()?,
        };
        if let Some(signed) = &position.signed {
            self.pin.advance(signed)?;
        }
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = position;
        Ok(())
    }

    fn read_back(&self) -> Result<Position, LogError> {
        let known = self.position().signed;
        let found = Position::load(&*self.ledger, &self.key)?;
        if let Some(known) = &known {
            found.require_continues(&*self.ledger, &known.checkpoint)?;
        }
        let size = |signed: &Option<Signed>| signed.as_ref().map(|new| new.checkpoint.size());
        // A conflict without anything new would come again and again.
        if size(&found.signed) > size(&known) {
            Ok(found)
        } else {
            Err(LogError::Store(CommitError::Conflict))
        }
    }
}

/// Runs what reads and waits for the disk where it holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, LogError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Unavailable(error.into()).into()),
    }
}
