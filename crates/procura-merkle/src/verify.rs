//! Checks proofs against roots.
//!
//! **Invariant:** the number of hashes that a proof must have is known from
//! the sizes before the first hash is looked at, so a proof can be neither
//! shortened nor padded.

use core::cmp::Ordering;

use crate::{
    hash::{Hash, empty_root},
    path::{Path, Summit},
    subtree::Subtree,
    tree::TreeHead,
};

/// The rule that a proof breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not in the range at all.
    #[error("leaf {index} is not among the leaves from {start} to {end}")]
    IndexOutOfRange {
        /// The leaf that the proof is said to be for.
        index: u64,
        /// The first leaf of the tree or subtree.
        start: u64,
        /// The leaf after the last one.
        end: u64,
    },
    /// The subtree ends after the tree.
    #[error("a subtree that ends at {end} is not in a tree of {size}")]
    OutOfTree {
        /// The leaf after the last one of the subtree.
        end: u64,
        /// How many leaves the tree has.
        size: u64,
    },
    /// The newer tree has fewer leaves than the older one.
    #[error("the tree shrank from {old} to {new} leaves")]
    Shrunk {
        /// The size before.
        old: u64,
        /// The size after.
        new: u64,
    },
    /// The proof has too few hashes.
    #[error("the proof has {found} hashes and needs {expected}")]
    Missing {
        /// How many hashes the sizes call for.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The proof has too many hashes.
    #[error("the proof has {found} hashes, more than its {expected}")]
    Surplus {
        /// How many hashes the sizes call for.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A tree or subtree without leaves has another root than it can have.
    #[error("a tree without leaves does not have this root")]
    EmptyTreeRoot,
    /// The proof does not lead to the root of the older tree or the subtree.
    #[error("the proof does not lead to the earlier root")]
    EarlierRoot,
    /// The proof does not lead to the root of the tree.
    #[error("the proof does not lead to the root")]
    Root,
}

/// Checks that `leaf` is the leaf at `index` of the tree `head`
/// (RFC 6962, section 2.1.1).
///
/// A caller must compute `leaf` from the entry it was asked about, never take
/// it from whoever gives the proof.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    proof: &[Hash],
    head: &TreeHead,
) -> Result<(), ProofError> {
    let tree = SubtreeHead { subtree: Subtree::first(head.size), root: head.root };
    verify_subtree_inclusion(leaf, index, proof, &tree)
}

/// A range of leaves and the hash it is said to have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SubtreeHead {
    /// The range.
    pub subtree: Subtree,
    /// The hash of the range.
    pub root: Hash,
}

/// Checks that `leaf` is the leaf at `index`, counted in the whole tree, of
/// the subtree `head`.
pub fn verify_subtree_inclusion(
    leaf: &Hash,
    index: u64,
    proof: &[Hash],
    head: &SubtreeHead,
) -> Result<(), ProofError> {
    let (start, end) = (head.subtree.start(), head.subtree.end());
    let out_of_range = ProofError::IndexOutOfRange { index, start, end };
    if index >= end {
        return Err(out_of_range);
    }
    // A subtree has the shape of the tree with its size, so count from zero.
    let first = index.checked_sub(start).ok_or(out_of_range)?;
    let after = first.checked_add(1).ok_or(out_of_range)?;
    let target = Subtree::new(first, after).map_err(|_| out_of_range)?;
    let summit = climb(&Path::new(target, head.subtree.len()), leaf, proof)?;
    match_root(&summit, head.root)
}

/// Checks that the tree `new` continues the tree `old`
/// (RFC 6962, section 2.1.2).
///
/// Every tree continues the empty one, and the proof of that is empty. Two
/// trees of one size are consistent only if they are the same.
pub fn verify_consistency(
    old: &TreeHead,
    new: &TreeHead,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if new.size < old.size {
        return Err(ProofError::Shrunk { old: old.size, new: new.size });
    }
    if new.size == 0 && new.root != empty_root() {
        return Err(ProofError::EmptyTreeRoot);
    }
    let earlier = SubtreeHead { subtree: Subtree::first(old.size), root: old.root };
    verify_subtree_consistency(&earlier, new, proof)
}

/// Checks that `part` is a part of the tree `head`.
///
/// An empty subtree is a part of every tree that reaches it, has the root of
/// the empty tree and an empty proof.
pub fn verify_subtree_consistency(
    part: &SubtreeHead,
    head: &TreeHead,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let end = part.subtree.end();
    if end > head.size {
        return Err(ProofError::OutOfTree { end, size: head.size });
    }
    if part.subtree.is_empty() {
        return verify_empty(part, proof);
    }
    let summit = climb(&Path::new(part.subtree, head.size), &part.root, proof)?;
    if summit.subtree != part.root {
        return Err(ProofError::EarlierRoot);
    }
    match_root(&summit, head.root)
}

fn climb(path: &Path, known: &Hash, proof: &[Hash]) -> Result<Summit, ProofError> {
    let (expected, found) = (path.len(), proof.len());
    check_len(expected, proof)?;
    path.climb(known, proof).ok_or(ProofError::Missing { expected, found })
}

fn check_len(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    let found = proof.len();
    match found.cmp(&expected) {
        Ordering::Less => Err(ProofError::Missing { expected, found }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(ProofError::Surplus { expected, found }),
    }
}

fn verify_empty(part: &SubtreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    if part.root != empty_root() {
        return Err(ProofError::EmptyTreeRoot);
    }
    check_len(0, proof)
}

fn match_root(summit: &Summit, root: Hash) -> Result<(), ProofError> {
    if summit.tree == root { Ok(()) } else { Err(ProofError::Root) }
}
