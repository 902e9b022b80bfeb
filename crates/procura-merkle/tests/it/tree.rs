//! The tree that is built node by node against the tree of RFC 6962.

use std::convert::Infallible;

use procura_merkle::{
    hash::{Hash, leaf_hash},
    prove::{ProveError, consistency_proof, inclusion_proof, subtree_proof, subtree_root},
    subtree::Subtree,
    tree::{Frontier, Node},
    verify::{SubtreeHead, verify_subtree_consistency, verify_subtree_inclusion},
};

use crate::{log::Log, reference};

#[test]
fn every_root_and_proof_is_the_one_of_the_rfc() {
    let log = Log::of(70);
    let leaves = log.leaves();
    for size in 0..=70 {
        let tree = &leaves[..size];
        assert_eq!(log.head(size as u64).root, reference::root(tree), "size {size}");
        for index in 0..size {
            let proof = log.inclusion(index as u64, size as u64);
            assert_eq!(proof, reference::inclusion(index, tree), "leaf {index} of {size}");
        }
        for old in 1..=size {
            let proof = log.consistency(old as u64, size as u64);
            assert_eq!(proof, reference::consistency(old, tree), "{old} to {size}");
        }
    }
}

#[test]
fn a_frontier_that_was_loaded_goes_on_as_the_one_that_was_kept() {
    let mut kept = Log::of(0);
    for size in 0..40 {
        let Ok(loaded) = Frontier::load(size, |level, index| kept.read(level, index));
        assert_eq!(&loaded, kept.frontier());
        assert_eq!(loaded.size(), size);
        assert_eq!(loaded.head(), kept.head(size));
        kept.append(format!("entry {size}").as_bytes());
    }
}

#[test]
fn a_leaf_completes_the_nodes_that_end_with_it() {
    let mut frontier = Frontier::default();
    let mut appended = Vec::new();
    for _ in 0..4 {
        let nodes = frontier.append(leaf_hash(b"")).unwrap();
        let places = nodes.iter().map(|Node { level, index, hash: _ }| (*level, *index));
        appended.push(places.collect::<Vec<_>>());
    }
    let expected = [vec![(0, 0)], vec![(0, 1), (1, 0)], vec![(0, 2)], vec![(0, 3), (1, 1), (2, 0)]];
    assert_eq!(appended, expected);
}

#[test]
fn a_full_tree_takes_no_more_leaves() {
    let read = |_, _| Ok::<_, Infallible>(leaf_hash(b""));
    let Ok(mut full) = Frontier::load(u64::MAX, read);
    assert!(full.append(leaf_hash(b"")).is_err());
    let Ok(mut nearly) = Frontier::load(u64::MAX - 1, read);
    assert_eq!(nearly.append(leaf_hash(b"")).unwrap().len(), 1);
    assert_eq!(nearly, full);
}

#[test]
fn a_proof_costs_two_reads_a_level_at_most_at_any_size() {
    // Every node has the same hash here, so that a tree of any size is free.
    for (size, levels) in [(10_000_u64, 14), (10_000_000, 24), ((1 << 40) - 1, 40)] {
        for place in [0, 1, size / 3, size / 2, size - 2, size - 1] {
            let mut reads = 0;
            let mut read = |_: u8, _: u64| {
                reads += 1;
                Ok::<_, Infallible>(leaf_hash(b""))
            };
            inclusion_proof(place, size, &mut read).unwrap();
            assert!(reads <= 2 * levels, "{reads} reads for leaf {place} of {size}");
            reads = 0;
            let mut read = |_: u8, _: u64| {
                reads += 1;
                Ok::<_, Infallible>(leaf_hash(b""))
            };
            consistency_proof(place + 1, size, &mut read).unwrap();
            assert!(reads <= 2 * levels, "{reads} reads from {place} to {size}");
        }
    }
}

#[test]
fn a_root_costs_one_read_for_each_bit_of_the_size() {
    let log = Log::of(200);
    for size in 0..=200_u64 {
        log.take_reads();
        log.head(size);
        assert_eq!(log.take_reads(), u64::from(size.count_ones()), "size {size}");
    }
}

#[test]
fn only_complete_nodes_are_read() {
    let size = 13;
    let read = |level: u8, index: u64| {
        assert!((index + 1) << level <= size, "node {index} of level {level} is not complete");
        Ok::<_, Infallible>(leaf_hash(b""))
    };
    for index in 0..size {
        inclusion_proof(index, size, read).unwrap();
        consistency_proof(index + 1, size, read).unwrap();
    }
}

#[test]
fn every_subtree_is_shown_to_be_a_part_and_to_hold_its_leaves() {
    let log = Log::of(33);
    let leaves = log.leaves();
    let read = |level, index| log.read(level, index);
    for subtree in subtrees(33) {
        let range = subtree.start() as usize..subtree.end() as usize;
        let Ok(root) = subtree_root(subtree, read);
        assert_eq!(root, reference::root(&leaves[range]), "{subtree:?}");
        let part = SubtreeHead { subtree, root };
        for size in subtree.end()..=33 {
            let proof = subtree_proof(subtree, size, read).unwrap();
            assert_eq!(verify_subtree_consistency(&part, &log.head(size), &proof), Ok(()));
        }
        for index in subtree.start()..subtree.end() {
            let leaf = &leaves[index as usize];
            let proof = log.inclusion(index - subtree.start(), subtree.len());
            let verdict = verify_subtree_inclusion(leaf, index, &proof, &part);
            // Nodes of the first leaves are not those of the subtree.
            assert_eq!(verdict.is_ok(), subtree.start() == 0 || subtree.len() == 1);
            let proof = reference::inclusion(
                (index - subtree.start()) as usize,
                &leaves[subtree.start() as usize..subtree.end() as usize],
            );
            assert_eq!(verify_subtree_inclusion(leaf, index, &proof, &part), Ok(()));
        }
    }
}

#[test]
fn a_range_is_a_subtree_only_if_its_start_is_aligned_to_its_length() {
    for (start, end) in [(0, 0), (7, 7), (0, 1), (5, 6), (4, 7), (8, 16), (0, u64::MAX)] {
        let subtree = Subtree::new(start, end).unwrap();
        assert_eq!((subtree.start(), subtree.end()), (start, end));
    }
    for (start, end) in [(1, 3), (2, 5), (2, 6), (1, 15), (2, 1), (1, u64::MAX), (1, (1 << 63) + 2)]
    {
        assert!(Subtree::new(start, end).is_err(), "{start} to {end}");
    }
}

#[test]
fn there_is_no_proof_of_what_is_not_there() {
    let read = |_, _| -> Result<Hash, Infallible> { panic!("nothing needs to be read") };
    assert_eq!(inclusion_proof(5, 5, read), Err(ProveError::IndexOutOfRange { index: 5, size: 5 }));
    assert_eq!(
        inclusion_proof(u64::MAX, 5, read),
        Err(ProveError::IndexOutOfRange { index: u64::MAX, size: 5 })
    );
    assert_eq!(inclusion_proof(0, 0, read), Err(ProveError::IndexOutOfRange { index: 0, size: 0 }));
    assert_eq!(
        consistency_proof(6, 5, read),
        Err(ProveError::OutOfTree { start: 0, end: 6, size: 5 })
    );
    let empty = Subtree::new(3, 3).unwrap();
    assert_eq!(
        subtree_proof(empty, 5, read),
        Err(ProveError::OutOfTree { start: 3, end: 3, size: 5 })
    );
    assert_eq!(consistency_proof(0, 5, read), Ok(Vec::new()));
}

#[test]
fn a_node_that_cannot_be_read_is_an_error() {
    let read = |_: u8, _: u64| Err::<Hash, _>("the disk is gone");
    assert_eq!(Frontier::load(3, read), Err("the disk is gone"));
    assert_eq!(inclusion_proof(0, 2, read), Err(ProveError::Read("the disk is gone")));
    assert_eq!(consistency_proof(1, 2, read), Err(ProveError::Read("the disk is gone")));
}

fn subtrees(size: u64) -> Vec<Subtree> {
    let ranges = (0..size).flat_map(|start| (start + 1..=size).map(move |end| (start, end)));
    ranges.filter_map(|(start, end)| Subtree::new(start, end).ok()).collect()
}
