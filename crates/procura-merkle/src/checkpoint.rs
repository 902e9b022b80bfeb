//! Checkpoints: what a log says it contains, signed
//! (c2sp.org/tlog-checkpoint).
//!
//! **Invariant:** a checkpoint of an empty tree has the root of the empty
//! tree, and an opened checkpoint was signed under the name of its own log.

use alloc::string::String;

use crate::{
    decimal,
    hash::{Hash, HashError, empty_root},
    note::{self, NoteError, SignedNote},
    tree::TreeHead,
    verifier_key::{VerifierKey, is_key_name},
};

/// A log's name and its tree at one moment.
///
/// The value alone proves nothing: only what [`Checkpoint::open`] returned has
/// been signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    origin: String,
    head: TreeHead,
}

/// Why a checkpoint is not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around the checkpoint is not accepted.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not origin, size and root, a line each.
    #[error("a checkpoint has three lines")]
    Lines,
    /// The origin could not be the name of the key that signs.
    #[error("`{0}` cannot name a log")]
    Origin(String),
    /// The size is not a plain decimal number of 64 bits.
    #[error("`{0}` is not the size of a tree")]
    Size(String),
    /// The root is not a hash.
    #[error("the root is not a hash")]
    Root(#[source] HashError),
    /// The tree is empty and the root is another.
    #[error("a tree without leaves does not have this root")]
    EmptyTreeRoot,
    /// The checkpoint is of another log than the key.
    #[error("the checkpoint is of `{origin}` and the key of `{key}`")]
    OtherLog {
        /// The log that the checkpoint names.
        origin: String,
        /// The log whose key was asked for.
        key: String,
    },
}

impl Checkpoint {
    /// States that the log `origin` has the tree `head`.
    pub fn new(origin: &str, head: TreeHead) -> Result<Self, CheckpointError> {
        if !is_key_name(origin) {
            return Err(CheckpointError::Origin(origin.into()));
        }
        if head.size == 0 && head.root != empty_root() {
            return Err(CheckpointError::EmptyTreeRoot);
        }
        Ok(Self { origin: origin.into(), head })
    }

    /// Parses the text of a checkpoint, strictly.
    ///
    /// Extension lines are refused: monitors cannot audit them, and C2SP
    /// recommends against them.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let text = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let size = decimal::parse(size).ok_or_else(|| CheckpointError::Size(size.into()))?;
        let root: Hash = root.parse().map_err(CheckpointError::Root)?;
        Self::new(origin, TreeHead { size, root })
    }

    /// The text to sign.
    pub fn to_text(&self) -> String {
        let Self { origin, head: TreeHead { size, root } } = self;
        alloc::format!("{origin}\n{size}\n{root}\n")
    }

    /// Signs the checkpoint, with the private key left to the caller.
    ///
    /// The key must have the name of the log.
    pub fn sign(
        &self,
        key: &VerifierKey,
        sign: &dyn Fn(&[u8]) -> [u8; 64],
    ) -> Result<String, CheckpointError> {
        self.expect_log(key)?;
        Ok(note::sign(&self.to_text(), key, sign)?)
    }

    /// Makes a note of the checkpoint and a signature over [`Self::to_text`]
    /// that was made elsewhere.
    pub fn attach(
        &self,
        key: &VerifierKey,
        signature: &[u8; 64],
    ) -> Result<String, CheckpointError> {
        self.expect_log(key)?;
        Ok(note::attach(&self.to_text(), key, signature)?)
    }

    /// Reads a checkpoint that the log of `key` has signed.
    ///
    /// The signature is checked before the text is looked at, and the text
    /// must name the log that the key names: a key that is trusted for one log
    /// says nothing about another.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = SignedNote::parse(note)?;
        let checkpoint = Self::parse(note.open(&[key])?)?;
        checkpoint.expect_log(key)?;
        Ok(checkpoint)
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The size and the root of the tree.
    pub const fn head(&self) -> &TreeHead {
        &self.head
    }

    /// How many entries the log has.
    pub const fn size(&self) -> u64 {
        self.head.size
    }

    /// The root of the tree.
    pub const fn root(&self) -> &Hash {
        &self.head.root
    }

    fn expect_log(&self, key: &VerifierKey) -> Result<(), CheckpointError> {
        if self.origin == key.name() {
            return Ok(());
        }
        let (origin, key) = (self.origin.clone(), key.name().into());
        Err(CheckpointError::OtherLog { origin, key })
    }
}
