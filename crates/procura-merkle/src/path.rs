//! The way from a subtree up to the root of a tree around it.
//!
//! **Invariant:** proofs are made and checked along the same [`Path`], whose
//! shape depends on two ranges alone and never on what a proof contains.

use alloc::vec::Vec;

use crate::{
    hash::{Hash, node_hash},
    subtree::Subtree,
};

/// The siblings on the way from a subtree to the root of a tree around it.
///
/// A proof is the seed, if there is one, followed by the siblings. Inclusion
/// proofs, consistency proofs and subtree proofs differ only in the range
/// they start from (RFC 6962, sections 2.1.1 and 2.1.2).
pub(crate) struct Path {
    /// Where the climb starts, if the subtree is no single node of the tree:
    /// then its last complete part, whose hash the proof has to give.
    pub(crate) seed: Option<Subtree>,
    /// From the bottom to the top.
    pub(crate) steps: Vec<Step>,
}

/// One sibling on the way up.
pub(crate) struct Step {
    pub(crate) sibling: Subtree,
    pub(crate) side: Side,
}

/// Where a sibling joins.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// Left of the tree's part, and outside the subtree.
    Left,
    /// Left of both: it is a part of the subtree too.
    LeftOfBoth,
    /// Right of the tree's part, and outside the subtree.
    Right,
}

/// What a climb along a path arrives at.
pub(crate) struct Summit {
    pub(crate) subtree: Hash,
    pub(crate) tree: Hash,
}

impl Path {
    /// The path from `target`, which lies in the tree and is not empty, to
    /// the root of the tree with `size` leaves.
    pub(crate) fn new(target: Subtree, size: u64) -> Self {
        let mut steps = Vec::new();
        let mut here = Subtree::first(size);
        let mut rest = target;
        while rest != here {
            let Some((left, right)) = here.split() else {
                break;
            };
            let (next, sibling, side) = if rest.end() <= left.end() {
                (left, right, Side::Right)
            } else if rest.start() >= right.start() {
                (right, left, Side::Left)
            } else {
                // The target spans the split, so it starts where `left` does.
                rest = rest.from(right.start());
                (right, left, Side::LeftOfBoth)
            };
            steps.push(Step { sibling, side });
            here = next;
        }
        steps.reverse();
        let seed = (rest != target).then_some(here);
        Self { seed, steps }
    }

    /// How many hashes a proof along this path has.
    pub(crate) fn len(&self) -> usize {
        self.steps.len().saturating_add(usize::from(self.seed.is_some()))
    }

    /// Climbs with the hashes of a proof, from `known`, the hash of the
    /// subtree. Answers nothing if the proof has another length.
    pub(crate) fn climb(&self, known: &Hash, proof: &[Hash]) -> Option<Summit> {
        let (seed, siblings) = match self.seed {
            None => (known, proof),
            Some(_) => proof.split_first()?,
        };
        if siblings.len() != self.steps.len() {
            return None;
        }
        let mut summit = Summit { subtree: *seed, tree: *seed };
        for (step, sibling) in self.steps.iter().zip(siblings) {
            summit.step(step.side, sibling);
        }
        Some(summit)
    }
}

impl Summit {
    fn step(&mut self, side: Side, sibling: &Hash) {
        match side {
            Side::Right => self.tree = node_hash(&self.tree, sibling),
            Side::Left => self.tree = node_hash(sibling, &self.tree),
            Side::LeftOfBoth => {
                self.tree = node_hash(sibling, &self.tree);
                self.subtree = node_hash(sibling, &self.subtree);
            }
        }
    }
}
