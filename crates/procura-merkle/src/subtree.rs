//! Ranges of leaves that are trees.
//!
//! **Invariant:** a [`Subtree`] has the shape of the tree with its size, so
//! what holds for a tree holds for it after counting from its start.

use crate::hash::{Hash, node_hash};

/// The leaves `start..end`, which form a tree of their own.
///
/// The start is a multiple of the smallest power of two that is at least as
/// large as the range, so that a subtree has the shape of a tree of its size
/// and every tree that contains it shares its full nodes
/// (draft-ietf-plants-merkle-tree-certs, "Subtrees"). A subtree may be empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Subtree {
    start: u64,
    end: u64,
}

/// A range whose start is not aligned to its length, or that runs backwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the leaves from {start} to {end} are not a subtree")]
pub struct NotASubtree {
    /// The first leaf of the range.
    pub start: u64,
    /// The leaf after the last one of the range.
    pub end: u64,
}

impl Subtree {
    /// The leaves from `start` up to, but without, `end`.
    pub fn new(start: u64, end: u64) -> Result<Self, NotASubtree> {
        let is_aligned = |length: u64| {
            let width = length.checked_next_power_of_two();
            // No 64-bit width covers the range: only zero is a multiple of it.
            width.map_or(start == 0, |width| start.is_multiple_of(width))
        };
        match end.checked_sub(start) {
            Some(length) if is_aligned(length) => Ok(Self { start, end }),
            Some(_) | None => Err(NotASubtree { start, end }),
        }
    }

    /// The first `size` leaves, which always are a subtree.
    pub const fn first(size: u64) -> Self {
        Self { start: 0, end: size }
    }

    /// The first leaf.
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// The leaf after the last one.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// How many leaves there are.
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there are no leaves.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same end, and a later start, where the range is split.
    pub(crate) const fn from(self, start: u64) -> Self {
        Self { start, end: self.end }
    }

    /// The complete nodes that make up the subtree, from left to right.
    pub(crate) const fn peaks(&self) -> Peaks {
        Peaks { next: self.start, end: self.end }
    }

    /// The two children, or nothing where there are fewer than two leaves.
    pub(crate) fn split(&self) -> Option<(Self, Self)> {
        // RFC 6962, section 2.1: the largest power of two below the length.
        let level = self.len().checked_sub(1)?.checked_ilog2()?;
        let middle = self.start.checked_add(1_u64.checked_shl(level)?)?;
        let left = Self { start: self.start, end: middle };
        let right = Self { start: middle, end: self.end };
        Some((left, right))
    }
}

/// Iterates over complete nodes as `(level, index)`.
pub(crate) struct Peaks {
    next: u64,
    end: u64,
}

impl Iterator for Peaks {
    type Item = (u8, u64);

    fn next(&mut self) -> Option<(u8, u64)> {
        let level = self.end.checked_sub(self.next)?.checked_ilog2()?;
        let index = self.next.checked_shr(level)?;
        self.next = self.next.checked_add(1_u64.checked_shl(level)?)?;
        Some((u8::try_from(level).ok()?, index))
    }
}

/// Joins the hashes of peaks, given from left to right, into one root.
pub(crate) fn join_peaks(peaks: &[Hash]) -> Option<Hash> {
    peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right))
}
