//! The append-only tree as a sequencer keeps it: complete nodes, stored once.
//!
//! A node at level `l` with index `i` covers the leaves from `i * 2^l` up to
//! `(i + 1) * 2^l`. A complete node never changes, so nodes can be written to
//! immutable storage in the order in which they come.
//!
//! **Invariant:** a frontier holds the complete nodes that make up its tree,
//! one for each bit of the size, so appending never reads anything.

use alloc::vec::Vec;

use crate::{
    hash::{Hash, empty_root, node_hash},
    subtree::{Subtree, join_peaks},
};

/// The size of a tree and its root: all that a log claims at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TreeHead {
    /// How many leaves the tree has.
    pub size: u64,
    /// The root of the tree at that size.
    pub root: Hash,
}

/// A complete node, ready to be stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Node {
    /// The height above the leaves, which are at level 0.
    pub level: u8,
    /// The position among the nodes of this level.
    pub index: u64,
    /// The hash of the node.
    pub hash: Hash,
}

/// The right edge of a tree: enough to append to it and to know its root.
///
/// It holds one hash for each bit set in the size, at most 64.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// The tree has as many leaves as 64 bits can count.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the tree is full")]
pub struct TreeFull;

impl Frontier {
    /// The frontier of the empty tree.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Reads the frontier of the tree with `size` leaves from its nodes.
    pub fn load<E>(size: u64, read: impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Self, E> {
        let peaks = read_peaks(Subtree::first(size), read)?;
        Ok(Self { size, peaks })
    }

    /// Appends a leaf and returns the nodes that it completes, leaf first.
    ///
    /// There is one node for the leaf and one for each level at which it ends
    /// a full node: two for each leaf on average.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<Node>, TreeFull> {
        let size = self.size.checked_add(1).ok_or(TreeFull)?;
        let mut last = Node { level: 0, index: self.size, hash: leaf };
        let mut complete = alloc::vec![last];
        // Each trailing one of the old size is a left sibling that has waited.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            last = Node {
                level: last.level.saturating_add(1),
                index: last.index / 2,
                hash: node_hash(&left, &last.hash),
            };
            complete.push(last);
        }
        self.peaks.push(last.hash);
        self.size = size;
        Ok(complete)
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The size and the root of the tree.
    pub fn head(&self) -> TreeHead {
        let root = join_peaks(&self.peaks).unwrap_or_else(empty_root);
        TreeHead { size: self.size, root }
    }
}

impl Default for Frontier {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads the complete nodes that make up `subtree`, from left to right.
pub(crate) fn read_peaks<E>(
    subtree: Subtree,
    mut read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    subtree.peaks().map(|(level, index)| read(level, index)).collect()
}
