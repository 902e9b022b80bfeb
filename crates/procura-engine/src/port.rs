//! What the engine needs from storage. Adapters implement it; tests may break it.
//!
//! **Invariant:** a [`Write`] is all or nothing: its guards hold, its changes
//! are made and its events are durable, or none of that happened.

use std::future::Future;
use std::pin::Pin;

use procura_core::hash::Digest;
use procura_core::json::Object;
use procura_core::time::Timestamp;
use procura_merkle::hash::Hash;

/// A result that arrives later; adapters decide on which thread.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// State changes, their events, and what the engine reads back.
pub trait Store: Send + Sync {
    /// Makes `write` durable as one transaction; ready only when it is.
    fn commit(&self, write: Write) -> Later<'_, Result<Committed, CommitError>>;
    /// Up to `limit` events from sequence number `from` on, in order.
    fn events(&self, from: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError>;
    /// The event with this id.
    fn event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError>;
    /// The newest event whose kind begins with `prefix`.
    fn newest(&self, prefix: &str) -> Result<Option<StoredEvent>, StoreError>;
    /// The signed directory as last committed.
    fn directory(&self) -> Result<Option<StoredDirectory>, StoreError>;
    /// One approval request.
    fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, StoreError>;
    /// The newest approval requests, at most `limit`, newest first.
    fn approvals(&self, limit: usize) -> Result<Vec<ApprovalRow>, StoreError>;
    /// Every request of this delegation and tool that is not yet over at `now`, newest first.
    fn approvals_of(
        &self,
        leaf: &Digest,
        tool: &str,
        now: Timestamp,
    ) -> Result<Vec<ApprovalRow>, StoreError>;
}

/// The log's side of the same storage.
pub trait Ledger: Send + Sync {
    /// How many events are committed: one more than the last sequence number.
    fn size(&self) -> Result<u64, StoreError>;
    /// Leaf hashes of up to `limit` events from `from` on, in order.
    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<Hash>, StoreError>;
    /// A complete node of the tree that [`Ledger::advance`] stored.
    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, StoreError>;
    /// The newest checkpoint.
    fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError>;
    /// The newest checkpoint of at most `size` events.
    fn checkpoint_of(&self, size: u64) -> Result<Option<StoredCheckpoint>, StoreError>;
    /// Stores `nodes` and `checkpoint` if the newest checkpoint still has `from` events.
    fn advance(&self, advance: Advance) -> Later<'_, Result<(), CommitError>>;
    /// Resolves when there may be more events than `size`.
    fn grown(&self, size: u64) -> Later<'_, ()>;
}

/// One atomic unit.
#[derive(Debug, Default)]
pub struct Write {
    /// What must hold, checked inside the transaction.
    pub guards: Vec<Guard>,
    /// What changes.
    pub changes: Vec<Change>,
    /// What is written to the log, in this order. Never empty.
    pub events: Vec<Draft>,
}

/// A condition that also takes effect: each can succeed once.
#[derive(Clone, Debug)]
pub enum Guard {
    /// This key was not used before; it is remembered until `expires`.
    Unused {
        /// What may be used once: a digest over purpose, signer and `jti`.
        key: Digest,
        /// When it may be forgotten.
        expires: Timestamp,
    },
    /// This approval request is approved and not used; it is used from now on.
    UseApproval {
        /// The request.
        id: String,
        /// Approvals that ended before this time are over.
        now: Timestamp,
    },
    /// This approval request still waits for a decision.
    ApprovalIsPending {
        /// The request.
        id: String,
    },
    /// The directory still has this sequence number (zero: there is none).
    DirectoryIs {
        /// The number.
        sequence: u64,
    },
}

/// A change of state.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new approval request.
    OpenApproval(Box<ApprovalRow>),
    /// A person's signed decision, and the state that follows from it.
    DecideApproval {
        /// The request.
        id: String,
        /// The signed decision.
        statement: String,
        /// The state after it.
        state: ApprovalState,
        /// When the approval ends, if it is approved now.
        expires: Timestamp,
    },
    /// The next signed directory.
    Directory(StoredDirectory),
}

/// An event before it has a place in the log.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Unique id, chosen by the engine.
    pub id: String,
    /// What kind of event.
    pub kind: &'static str,
    /// The members of the event. The store adds `seq`, the place in the log, and
    /// writes the canonical form, which is the leaf's content.
    pub body: Object,
}

/// What became of a [`Write`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Committed {
    /// Sequence number and leaf hash of each event, in order.
    pub entries: Vec<Entry>,
}

/// An event's place in the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The event's id.
    pub id: String,
    /// The place in the log, from zero.
    pub sequence: u64,
    /// The RFC 6962 leaf hash of the event's bytes.
    pub leaf: Hash,
}

/// An event as it is stored, byte for byte what was hashed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredEvent {
    /// The event's id.
    pub id: String,
    /// The place in the log, from zero.
    pub sequence: u64,
    /// What kind of event.
    pub kind: String,
    /// The canonical bytes.
    pub body: Vec<u8>,
}

/// The signed directory: who has which key, and who is revoked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredDirectory {
    /// Its sequence number, from one.
    pub sequence: u64,
    /// The signed statement; it is verified whenever it is read.
    pub statement: String,
}

/// One request for a person's approval.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApprovalRow {
    /// Its id.
    pub id: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it is over, decided or not.
    pub expires: Timestamp,
    /// Where it stands.
    pub state: ApprovalState,
    /// What exactly is asked for; an approval signs this digest.
    pub digest: Digest,
    /// The leaf delegation it was asked under.
    pub leaf: Digest,
    /// The tool.
    pub tool: String,
    /// The canonical JSON of the request, which the approver is shown.
    pub request: String,
    /// How many approvers have to agree.
    pub quorum: u8,
    /// The signed decisions so far.
    pub statements: Vec<String>,
}

/// Where an approval request stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ApprovalState {
    /// Nobody has decided, or not enough have.
    Pending,
    /// Enough people agreed; it can be used once.
    Approved,
    /// Somebody refused.
    Denied,
    /// It was used.
    Used,
}

/// A signed checkpoint as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredCheckpoint {
    /// How many events it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// A step of the log from one checkpoint to the next.
#[derive(Clone, Debug)]
pub struct Advance {
    /// Size of the checkpoint that this one follows; zero for the first.
    pub from: u64,
    /// New complete nodes: level, index, hash.
    pub nodes: Vec<(u8, u64, Hash)>,
    /// The new checkpoint.
    pub checkpoint: StoredCheckpoint,
}

/// Why a write did not happen. Nothing of it did.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The key of [`Guard::Unused`] was used before.
    #[error("it was used before")]
    Replayed,
    /// The approval is not approved, is over, or was used before.
    #[error("the approval cannot be used")]
    ApprovalUsed,
    /// The approval request does not wait for a decision.
    #[error("the approval request was decided already")]
    ApprovalDecided,
    /// Somebody else changed the same thing first; read again.
    #[error("it was changed at the same time by somebody else")]
    Conflict,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The storage cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room is left; reading still works.
    #[error("the disk is full")]
    Full,
    /// What was read is not what was written.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// It failed, or it was fenced after a failed write and must be restarted.
    #[error("storage failed")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
