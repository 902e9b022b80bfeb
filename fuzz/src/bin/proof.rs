//! Inclusion and consistency proofs: the true one is accepted, and no other.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use procura_merkle::{
    hash::{Hash, leaf_hash},
    prove::{consistency_proof, inclusion_proof},
    tree::{Frontier, TreeHead},
    verify::{verify_consistency, verify_inclusion},
};

#[derive(Arbitrary, Debug)]
struct Input {
    size: u8,
    old: u8,
    index: u8,
    change: Change,
    claimed: (u64, u64),
}

#[derive(Arbitrary, Debug)]
enum Change {
    None,
    Flip(u8, u8),
    Drop(u8),
    Repeat(u8),
    Swap(u8, u8),
}

fn changed(proof: &[Hash], change: &Change) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let at = |place: u8, length: usize| usize::from(place) % length.max(1);
    let length = proof.len();
    if length == 0 {
        return proof;
    }
    match change {
        Change::None => {}
        Change::Flip(place, bit) => {
            let mut bytes = *proof[at(*place, length)].as_bytes();
            bytes[usize::from(bit / 8)] ^= 1 << (bit % 8);
            proof[at(*place, length)] = Hash::from_bytes(bytes);
        }
        Change::Drop(place) => drop(proof.remove(at(*place, length))),
        Change::Repeat(place) => proof.push(proof[at(*place, length)]),
        Change::Swap(one, other) => proof.swap(at(*one, length), at(*other, length)),
    }
    proof
}

fuzz_target!(|input: Input| {
    let size = u64::from(input.size % 65).max(1);
    let (old, index) = (u64::from(input.old) % (size + 1), u64::from(input.index) % size);
    let mut nodes = std::collections::BTreeMap::new();
    let mut tree = Frontier::new();
    let mut before = tree.head();
    for number in 0..size {
        if number == old {
            before = tree.head();
        }
        for node in tree.append(leaf_hash(&number.to_be_bytes())).expect("room") {
            nodes.insert((node.level, node.index), node.hash);
        }
    }
    let head = tree.head();
    if old == size {
        before = head;
    }
    let read = |level: u8, index: u64| nodes.get(&(level, index)).copied().ok_or(());
    let leaf = leaf_hash(&index.to_be_bytes());
    let proof = inclusion_proof(index, size, read).expect("a proof");
    let other = changed(&proof, &input.change);
    assert_eq!(verify_inclusion(&leaf, index, &other, &head).is_ok(), other == proof);
    let (claimed_index, claimed_size) = input.claimed;
    let claimed = TreeHead { size: claimed_size, root: head.root };
    if verify_inclusion(&leaf, claimed_index, &proof, &claimed).is_ok() && claimed_size == size {
        assert_eq!(claimed_index, index, "a leaf is at one place");
    }
    let proof = consistency_proof(old, size, read).expect("a proof");
    let other = changed(&proof, &input.change);
    assert_eq!(verify_consistency(&before, &head, &other).is_ok(), other == proof);
});
