//! Laws of proofs: what the log makes holds, and what was touched does not.

use procura_merkle::{
    hash::{Hash, empty_root, leaf_hash},
    subtree::Subtree,
    tree::TreeHead,
    verify::{
        ProofError, SubtreeHead, verify_consistency, verify_inclusion, verify_subtree_consistency,
        verify_subtree_inclusion,
    },
};
use proptest::prelude::*;

use crate::log::{Log, flip};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_inclusion_proof_holds(size in 1_u64..300, place in any::<prop::sample::Index>()) {
        let log = Log::of(size);
        let index = place.index(size as usize) as u64;
        let (leaf, proof) = (leaf_hash(log.entry(index)), log.inclusion(index, size));
        prop_assert_eq!(verify_inclusion(&leaf, index, &proof, &log.head(size)), Ok(()));
    }

    #[test]
    fn every_consistency_proof_holds(old in 0_u64..200, more in 0_u64..200) {
        let log = Log::of(old + more);
        let (before, after) = (log.head(old), log.head(old + more));
        let proof = log.consistency(old, old + more);
        prop_assert_eq!(verify_consistency(&before, &after, &proof), Ok(()));
    }

    #[test]
    fn a_flipped_bit_in_an_inclusion_is_refused(
        size in 2_u64..300,
        place in any::<prop::sample::Index>(),
        spot in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let log = Log::of(size);
        let index = place.index(size as usize) as u64;
        let (leaf, proof) = (leaf_hash(log.entry(index)), log.inclusion(index, size));
        let head = log.head(size);
        let other_root = TreeHead { root: flip(&head.root, bit), ..head };
        let mut other_proof = proof.clone();
        let spot = spot.index(proof.len());
        other_proof[spot] = flip(&proof[spot], bit);
        let wrong = Err(ProofError::Root);
        prop_assert_eq!(verify_inclusion(&flip(&leaf, bit), index, &proof, &head), wrong);
        prop_assert_eq!(verify_inclusion(&leaf, index, &other_proof, &head), wrong);
        prop_assert_eq!(verify_inclusion(&leaf, index, &proof, &other_root), wrong);
    }

    #[test]
    fn a_flipped_bit_in_a_consistency_is_refused(
        old in 1_u64..200,
        more in 1_u64..200,
        spot in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let log = Log::of(old + more);
        let (before, after) = (log.head(old), log.head(old + more));
        let proof = log.consistency(old, old + more);
        let mut other_proof = proof.clone();
        let spot = spot.index(proof.len());
        other_proof[spot] = flip(&proof[spot], bit);
        prop_assert!(verify_consistency(&before, &after, &other_proof).is_err());
        let other = TreeHead { root: flip(&before.root, bit), ..before };
        prop_assert!(verify_consistency(&other, &after, &proof).is_err());
        let other = TreeHead { root: flip(&after.root, bit), ..after };
        prop_assert_eq!(verify_consistency(&before, &other, &proof), Err(ProofError::Root));
    }

    #[test]
    fn a_proof_holds_for_one_index_only(
        size in 2_u64..100,
        place in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let log = Log::of(size);
        let (index, other) = (place.index(size as usize) as u64, other.index(size as usize) as u64);
        let (leaf, proof) = (leaf_hash(log.entry(index)), log.inclusion(index, size));
        let verdict = verify_inclusion(&leaf, other, &proof, &log.head(size));
        prop_assert_eq!(verdict.is_ok(), other == index);
    }

    #[test]
    fn nothing_that_comes_in_makes_a_check_panic(
        index in any::<u64>(),
        size in any::<u64>(),
        other in any::<u64>(),
        length in 0_usize..80,
    ) {
        let proof = vec![leaf_hash(b""); length];
        let head = |size| TreeHead { size, root: leaf_hash(b"root") };
        let _ = verify_inclusion(&leaf_hash(b"leaf"), index, &proof, &head(size));
        let _ = verify_consistency(&head(size), &head(other), &proof);
        if let Ok(subtree) = Subtree::new(index, size) {
            let part = SubtreeHead { subtree, root: leaf_hash(b"part") };
            let _ = verify_subtree_inclusion(&leaf_hash(b"leaf"), other, &proof, &part);
            let _ = verify_subtree_consistency(&part, &head(other), &proof);
        }
    }
}

#[test]
fn a_proof_has_exactly_the_length_that_the_sizes_call_for() {
    let log = Log::of(13);
    let (leaf, head) = (leaf_hash(log.entry(5)), log.head(13));
    let proof = log.inclusion(5, 13);
    let longer = [proof.as_slice(), &[leaf]].concat();
    let expected = proof.len();
    assert_eq!(
        verify_inclusion(&leaf, 5, &proof[1..], &head),
        Err(ProofError::Missing { expected, found: expected - 1 })
    );
    assert_eq!(
        verify_inclusion(&leaf, 5, &longer, &head),
        Err(ProofError::Surplus { expected, found: expected + 1 })
    );
    assert_eq!(verify_inclusion(&leaf, 5, &proof, &head), Ok(()));
}

#[test]
fn a_consistency_has_exactly_the_length_that_the_sizes_call_for() {
    let log = Log::of(13);
    let (before, after) = (log.head(6), log.head(13));
    let proof = log.consistency(6, 13);
    let longer = [proof.as_slice(), &[before.root]].concat();
    let expected = proof.len();
    assert_eq!(
        verify_consistency(&before, &after, &[]),
        Err(ProofError::Missing { expected, found: 0 })
    );
    assert_eq!(
        verify_consistency(&before, &after, &longer),
        Err(ProofError::Surplus { expected, found: expected + 1 })
    );
    assert_eq!(verify_consistency(&before, &after, &proof), Ok(()));
}

#[test]
fn every_tree_continues_the_empty_one_and_no_other_nothing() {
    let log = Log::of(4);
    let (nothing, tree) = (log.head(0), log.head(4));
    assert_eq!(verify_consistency(&nothing, &tree, &[]), Ok(()));
    assert_eq!(verify_consistency(&nothing, &nothing, &[]), Ok(()));
    let forged = TreeHead { size: 0, root: tree.root };
    assert_eq!(verify_consistency(&forged, &tree, &[]), Err(ProofError::EmptyTreeRoot));
    assert_eq!(verify_consistency(&nothing, &forged, &[]), Err(ProofError::EmptyTreeRoot));
    assert_eq!(verify_consistency(&forged, &forged, &[]), Err(ProofError::EmptyTreeRoot));
    assert_eq!(
        verify_consistency(&nothing, &tree, &[tree.root]),
        Err(ProofError::Surplus { expected: 0, found: 1 })
    );
}

#[test]
fn a_tree_does_not_shrink() {
    let log = Log::of(8);
    assert_eq!(
        verify_consistency(&log.head(8), &log.head(4), &[]),
        Err(ProofError::Shrunk { old: 8, new: 4 })
    );
    assert_eq!(verify_consistency(&log.head(4), &log.head(8), &log.consistency(4, 8)), Ok(()));
}

#[test]
fn two_trees_of_one_size_are_the_same_tree() {
    let log = Log::of(5);
    let head = log.head(5);
    let other = TreeHead { root: leaf_hash(b"other"), ..head };
    assert_eq!(verify_consistency(&head, &head, &[]), Ok(()));
    assert_eq!(verify_consistency(&head, &other, &[]), Err(ProofError::Root));
}

#[test]
fn a_false_earlier_root_is_named() {
    let log = Log::of(7);
    let forged = TreeHead { size: 6, root: leaf_hash(b"other") };
    assert_eq!(
        verify_consistency(&forged, &log.head(7), &log.consistency(6, 7)),
        Err(ProofError::EarlierRoot)
    );
}

#[test]
fn a_subtree_is_not_part_of_a_tree_that_ends_before_it() {
    let log = Log::of(7);
    let part =
        |start, end, root: Hash| SubtreeHead { subtree: Subtree::new(start, end).unwrap(), root };
    let beyond = part(8, 10, leaf_hash(b""));
    let rule = Err(ProofError::OutOfTree { end: 10, size: 7 });
    assert_eq!(verify_subtree_consistency(&beyond, &log.head(7), &[]), rule);
    let empty = part(9, 9, empty_root());
    let rule = Err(ProofError::OutOfTree { end: 9, size: 7 });
    assert_eq!(verify_subtree_consistency(&empty, &log.head(7), &[]), rule);
    let empty = part(7, 7, empty_root());
    assert_eq!(verify_subtree_consistency(&empty, &log.head(7), &[]), Ok(()));
}

#[test]
fn a_leaf_outside_a_subtree_is_not_in_it() {
    let leaf = leaf_hash(b"leaf");
    let part = SubtreeHead { subtree: Subtree::new(4, 5).unwrap(), root: leaf };
    for index in [3, 5, 0, u64::MAX] {
        assert_eq!(
            verify_subtree_inclusion(&leaf, index, &[], &part),
            Err(ProofError::IndexOutOfRange { index, start: 4, end: 5 })
        );
    }
    assert_eq!(verify_subtree_inclusion(&leaf, 4, &[], &part), Ok(()));
}
