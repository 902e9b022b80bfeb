//! Receipts: proof, for anyone who is offline, that an entry is in a log
//! (c2sp.org/tlog-proof@v1).
//!
//! **Invariant:** a [`VerifiedReceipt`] exists only because the hash of its
//! own entry led to a root that the log's key has signed. The claim of a
//! receipt about what it proves is never used.

mod text;

use alloc::{string::String, vec::Vec};

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    hash::{Hash, HashError, leaf_hash},
    note::SignedNote,
    verifier_key::VerifierKey,
    verify::{ProofError, verify_inclusion},
};

/// What the text of a receipt starts with.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// An entry's place in a log, with what is needed to check it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    extra: Option<Vec<u8>>,
    index: u64,
    hashes: Vec<Hash>,
    checkpoint_note: String,
}

/// An entry that is in a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedReceipt {
    entry: Vec<u8>,
    index: u64,
    checkpoint: Checkpoint,
}

/// Why a receipt is not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReceiptError {
    /// The receipt is longer than is looked at.
    #[error("the receipt is longer than {} bytes", Receipt::MAX_BYTES)]
    TooLong,
    /// The receipt has more hashes than a tree has levels.
    #[error("the receipt has more than {} hashes", Receipt::MAX_HASHES)]
    TooManyHashes,
    /// The text starts with another line, so it is something else.
    #[error("the text is not a `{FIRST_LINE}`")]
    FirstLine,
    /// No blank line parts the proof from the checkpoint.
    #[error("the receipt has no checkpoint")]
    NoCheckpoint,
    /// The extra data is not standard base64.
    #[error("the extra data is not standard base64")]
    Extra,
    /// The index is missing or not a plain decimal number of 64 bits.
    #[error("the receipt has no plain index")]
    Index,
    /// A line of the proof, counted from zero, is not a hash.
    #[error("hash {0} of the proof is malformed")]
    Hash(usize, #[source] HashError),
    /// The checkpoint is not accepted.
    #[error("the checkpoint is not accepted")]
    Checkpoint(#[source] CheckpointError),
    /// The receipt does not carry the entry and the caller gave none.
    #[error("the receipt does not carry its entry")]
    NoEntry,
    /// The receipt carries another entry than the one it was given for.
    #[error("the receipt is for another entry")]
    OtherEntry,
    /// The entry is not shown to be in the log.
    #[error("the entry is not shown to be in the log")]
    Proof(#[source] ProofError),
}

impl Receipt {
    /// The longest text that is looked at. An entry of a tile bundle and
    /// sixteen signatures fit.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// A tree that 64 bits can count has no more levels.
    pub const MAX_HASHES: usize = 64;

    /// Puts a receipt together.
    ///
    /// `extra` is the entry itself, so that the receipt stands alone.
    pub fn new(
        extra: Option<Vec<u8>>,
        index: u64,
        hashes: Vec<Hash>,
        checkpoint_note: String,
    ) -> Result<Self, ReceiptError> {
        if hashes.len() > Self::MAX_HASHES {
            return Err(ReceiptError::TooManyHashes);
        }
        check_form(&checkpoint_note).map_err(ReceiptError::Checkpoint)?;
        let receipt = Self { extra, index, hashes, checkpoint_note };
        if receipt.to_text().len() > Self::MAX_BYTES {
            return Err(ReceiptError::TooLong);
        }
        Ok(receipt)
    }

    /// Checks the receipt for the entry that it carries itself.
    pub fn verify(&self, key: &VerifierKey) -> Result<VerifiedReceipt, ReceiptError> {
        let entry = self.extra.as_deref().ok_or(ReceiptError::NoEntry)?;
        self.verify_entry(entry, key)
    }

    /// Checks that the receipt is for `entry`, the one that was asked about.
    pub fn verify_entry(
        &self,
        entry: &[u8],
        key: &VerifierKey,
    ) -> Result<VerifiedReceipt, ReceiptError> {
        if self.extra.as_deref().is_some_and(|extra| extra != entry) {
            return Err(ReceiptError::OtherEntry);
        }
        let checkpoint =
            Checkpoint::open(&self.checkpoint_note, key).map_err(ReceiptError::Checkpoint)?;
        verify_inclusion(&leaf_hash(entry), self.index, &self.hashes, checkpoint.head())
            .map_err(ReceiptError::Proof)?;
        Ok(VerifiedReceipt { entry: entry.into(), index: self.index, checkpoint })
    }

    /// The entry that the receipt carries. It is a claim until it is verified.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The place of the entry, as claimed.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The hashes from the entry's sibling up to the root's child.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The log's signed checkpoint.
    pub fn checkpoint_note(&self) -> &str {
        &self.checkpoint_note
    }
}

impl VerifiedReceipt {
    /// The entry, byte for byte as it is in the log.
    pub fn entry(&self) -> &[u8] {
        &self.entry
    }

    /// The place of the entry in the log.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The signed state of the log in which the entry is.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// Checks what can be checked of a checkpoint without a key.
fn check_form(note: &str) -> Result<(), CheckpointError> {
    let note = SignedNote::parse(note)?;
    Checkpoint::parse(note.unverified_text())?;
    Ok(())
}
