//! Makes roots and proofs from the nodes that a sequencer has stored.
//!
//! **Invariant:** only complete nodes are read, at most two for each level of
//! the tree, so a proof costs the same after ten million entries as after ten
//! thousand.

use alloc::vec::Vec;

use crate::{
    hash::{Hash, empty_root},
    path::Path,
    subtree::{Subtree, join_peaks},
    tree::{Frontier, read_peaks},
};

/// Why a proof cannot be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProveError<E> {
    /// There is no such leaf.
    #[error("leaf {index} is not in a tree of {size}")]
    IndexOutOfRange {
        /// The leaf that was asked for.
        index: u64,
        /// How many leaves there are.
        size: u64,
    },
    /// The part is empty or ends after the tree.
    #[error("the leaves from {start} to {end} have no proof in a tree of {size}")]
    OutOfTree {
        /// The first leaf of the part.
        start: u64,
        /// The leaf after the last one of the part.
        end: u64,
        /// How many leaves there are.
        size: u64,
    },
    /// A stored node cannot be read.
    #[error("a node of the tree cannot be read")]
    Read(#[source] E),
}

/// The root of the tree with `size` leaves.
pub fn root<E>(size: u64, read: impl FnMut(u8, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    let frontier = Frontier::load(size, read)?;
    Ok(frontier.head().root)
}

/// The hash of one subtree.
pub fn subtree_root<E>(
    subtree: Subtree,
    read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let peaks = read_peaks(subtree, read)?;
    Ok(join_peaks(&peaks).unwrap_or_else(empty_root))
}

/// Proves that leaf `index` is in the tree with `size` leaves
/// (RFC 6962, section 2.1.1).
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    let out_of_range = ProveError::IndexOutOfRange { index, size };
    let Some(end) = index.checked_add(1) else {
        return Err(out_of_range);
    };
    match Subtree::new(index, end) {
        Ok(leaf) if end <= size => prove(leaf, size, read),
        Ok(_) | Err(_) => Err(out_of_range),
    }
}

/// Proves that the tree with `new` leaves continues the one with `old`
/// (RFC 6962, section 2.1.2).
///
/// There is nothing to prove about the empty tree, so from `old` zero the
/// proof is empty.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    if old == 0 {
        return Ok(Vec::new());
    }
    subtree_proof(Subtree::first(old), new, read)
}

/// Proves that `subtree` is a part of the tree with `size` leaves.
pub fn subtree_proof<E>(
    subtree: Subtree,
    size: u64,
    read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    if subtree.is_empty() || subtree.end() > size {
        let (start, end) = (subtree.start(), subtree.end());
        return Err(ProveError::OutOfTree { start, end, size });
    }
    prove(subtree, size, read)
}

/// Reads the hashes along the path from `target`, which lies in the tree.
fn prove<E>(
    target: Subtree,
    size: u64,
    mut read: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    let path = Path::new(target, size);
    let siblings = path.steps.iter().map(|step| step.sibling);
    path.seed
        .into_iter()
        .chain(siblings)
        .map(|part| subtree_root(part, &mut read).map_err(ProveError::Read))
        .collect()
}
