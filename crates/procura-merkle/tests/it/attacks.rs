//! Attacks on the log, by their row, each beside the use that must go on.

use procura_merkle::{
    checkpoint::{Checkpoint, CheckpointError},
    fork::ForkError,
    hash::{Hash, empty_root, leaf_hash, node_hash},
    note::NoteError,
    proof::{Receipt, ReceiptError},
    tree::TreeHead,
    verify::{ProofError, verify_consistency, verify_inclusion},
};

use crate::log::{Log, LogKey};

fn key() -> LogKey {
    LogKey::new("log.example", 1)
}

/// The log as it is shown to someone else: its second entry is another.
fn other_view(size: u64) -> Log {
    let mut log = Log::of(1);
    log.append(b"what others are shown");
    for number in 2..size {
        log.append(format!("entry {number}").as_bytes());
    }
    log
}

fn open(log: &Log, size: u64) -> Checkpoint {
    Checkpoint::open(&log.note(size, &key()), &key().verifier).unwrap()
}

#[test]
fn aud_03_two_roots_of_one_size_are_a_split_view() {
    let (mine, theirs) = (open(&Log::of(5), 5), open(&other_view(5), 5));
    assert_eq!(theirs.verify_extends(&mine, &[]), Err(ForkError::SplitView { size: 5 }));
    // No proof, however made, mends it.
    let proof = Log::of(5).consistency(2, 5);
    assert_eq!(theirs.verify_extends(&mine, &proof), Err(ForkError::SplitView { size: 5 }));
}

#[test]
fn aud_03_twin_the_same_checkpoint_seen_twice_is_no_fork() {
    let checkpoint = open(&Log::of(5), 5);
    assert_eq!(checkpoint.verify_extends(&checkpoint, &[]), Ok(()));
}

#[test]
fn aud_03_growth_without_a_valid_consistency_proof_is_a_fork() {
    let (log, fork) = (Log::of(9), other_view(9));
    let (old, new) = (open(&log, 5), open(&fork, 9));
    let refused = |proof: &[Hash]| match new.verify_extends(&old, proof) {
        Err(ForkError::NotAnExtension(rule)) => rule,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&log.consistency(5, 9)), ProofError::Root);
    assert_eq!(refused(&fork.consistency(5, 9)), ProofError::EarlierRoot);
    assert!(matches!(refused(&[]), ProofError::Missing { found: 0, .. }));
}

#[test]
fn aud_03_a_log_that_goes_back_is_refused() {
    let log = Log::of(9);
    assert_eq!(
        open(&log, 5).verify_extends(&open(&log, 9), &[]),
        Err(ForkError::WentBack { old: 9, new: 5 })
    );
}

#[test]
fn aud_03_twin_growth_with_its_proof_is_accepted() {
    let log = Log::of(9);
    for old in 0..=9 {
        let proof = log.consistency(old, 9);
        assert_eq!(open(&log, 9).verify_extends(&open(&log, old), &proof), Ok(()));
    }
}

#[test]
fn aud_03_another_log_is_no_evidence_of_a_fork() {
    let stranger = Checkpoint::new("other.example", Log::of(5).head(5)).unwrap();
    let refused = stranger.verify_extends(&open(&Log::of(5), 5), &[]);
    assert!(matches!(refused, Err(ForkError::OtherLog { .. })));
}

#[test]
fn aud_04_a_forged_proof_is_refused() {
    let log = Log::of(4);
    let (leaves, head) = (log.leaves(), log.head(4));
    let proof = log.inclusion(2, 4);
    let verify = |leaf, index, proof: &[Hash]| verify_inclusion(&leaf, index, proof, &head);
    // An empty path for a tree of more than one leaf.
    assert_eq!(verify(head.root, 0, &[]), Err(ProofError::Missing { expected: 2, found: 0 }));
    // Surplus hashes, in front and behind.
    for surplus in
        [[&[leaves[2]], proof.as_slice()].concat(), [&proof, [head.root].as_slice()].concat()]
    {
        let rule = ProofError::Surplus { expected: 2, found: 3 };
        assert_eq!(verify(leaves[2], 2, &surplus), Err(rule));
    }
    // An index that is not in the tree, even one that wraps around.
    for index in [4, 6, 2 + (1 << 32), u64::MAX] {
        let rule = ProofError::IndexOutOfRange { index, start: 0, end: 4 };
        assert_eq!(verify(leaves[2], index, &proof), Err(rule));
    }
    // The right proof at the wrong place.
    assert_eq!(verify(leaves[2], 3, &proof), Err(ProofError::Root));
}

#[test]
fn aud_04_twin_a_genuine_proof_is_accepted() {
    let log = Log::of(4);
    for index in 0..4 {
        let leaf = leaf_hash(log.entry(index));
        let proof = log.inclusion(index, 4);
        assert_eq!(verify_inclusion(&leaf, index, &proof, &log.head(4)), Ok(()));
    }
}

#[test]
fn aud_04_an_entry_that_spells_a_node_is_not_that_node() {
    let log = Log::of(4);
    let leaves = log.leaves();
    let right = node_hash(&leaves[2], &leaves[3]);
    // The two children, with and without the prefix of a node: without domain
    // separation this entry would be the left half of the tree.
    let children = [leaves[0].as_bytes().as_slice(), leaves[1].as_bytes()].concat();
    let prefixed = [[1].as_slice(), &children].concat();
    for entry in [children, prefixed] {
        let shorter = TreeHead { size: 2, root: log.head(4).root };
        let verdict = verify_inclusion(&leaf_hash(&entry), 0, &[right], &shorter);
        assert_eq!(verdict, Err(ProofError::Root));
    }
}

#[test]
fn aud_04_an_empty_tree_with_a_root_is_refused() {
    let log = Log::of(4);
    let forged = TreeHead { size: 0, root: log.head(4).root };
    let leaf = leaf_hash(log.entry(0));
    assert_eq!(
        verify_inclusion(&leaf, 0, &[], &forged),
        Err(ProofError::IndexOutOfRange { index: 0, start: 0, end: 0 })
    );
    assert_eq!(verify_consistency(&forged, &log.head(4), &[]), Err(ProofError::EmptyTreeRoot));
    assert_eq!(Checkpoint::new("log.example", forged), Err(CheckpointError::EmptyTreeRoot));
}

#[test]
fn aud_04_twin_an_empty_log_has_a_checkpoint() {
    let checkpoint = open(&Log::of(0), 0);
    assert_eq!(checkpoint.head(), &TreeHead { size: 0, root: empty_root() });
}

#[test]
fn aud_08_a_proof_of_another_entry_is_refused() {
    let log = Log::of(8);
    let receipt = log.receipt(3, 8, &key());
    let refused = receipt.verify_entry(b"entry 4", &key().verifier);
    assert_eq!(refused, Err(ReceiptError::OtherEntry));
    // The same proof with the entry swapped does not hold either.
    let (hashes, note) = (log.inclusion(3, 8), log.note(8, &key()));
    let swapped = Receipt::new(Some(b"entry 4".to_vec()), 3, hashes, note).unwrap();
    let refused = swapped.verify(&key().verifier);
    assert_eq!(refused, Err(ReceiptError::Proof(ProofError::Root)));
}

#[test]
fn aud_08_a_proof_of_another_log_is_refused() {
    let other = LogKey::new("other.example", 1);
    let receipt = Log::of(8).receipt(3, 8, &other);
    let refused = receipt.verify(&key().verifier);
    let unknown = CheckpointError::Note(NoteError::NoKnownKey);
    assert_eq!(refused, Err(ReceiptError::Checkpoint(unknown)));
}

#[test]
fn aud_08_a_checkpoint_by_an_unknown_key_is_refused() {
    // The key that the log had before, or one that only has its name.
    let replaced = LogKey::new("log.example", 2);
    let receipt = Log::of(8).receipt(3, 8, &replaced);
    let refused = receipt.verify(&key().verifier);
    let unknown = CheckpointError::Note(NoteError::NoKnownKey);
    assert_eq!(refused, Err(ReceiptError::Checkpoint(unknown)));
}

#[test]
fn aud_08_twin_the_receipt_of_the_entry_that_was_asked_about_is_accepted() {
    let log = Log::of(8);
    for index in 0..8 {
        let receipt = log.receipt(index, 8, &key());
        let verified = receipt.verify_entry(log.entry(index), &key().verifier).unwrap();
        assert_eq!(verified, receipt.verify(&key().verifier).unwrap());
        assert_eq!(verified.entry(), log.entry(index));
    }
}
