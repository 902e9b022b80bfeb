//! RFC 6962 as its section 2.1 has it: recursive, over all the leaves.

use procura_merkle::hash::{Hash, empty_root, node_hash};

/// MTH(D[n]) over leaves that are hashed already.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// PATH(m, D[n]), section 2.1.1.
pub(crate) fn inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = if index < left.len() {
        (inclusion(index, left), root(right))
    } else {
        (inclusion(index - left.len(), right), root(left))
    };
    proof.push(sibling);
    proof
}

/// PROOF(m, D[n]), section 2.1.2.
pub(crate) fn consistency(old: usize, leaves: &[Hash]) -> Vec<Hash> {
    subproof(old, leaves, true)
}

fn subproof(old: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if is_known { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = if old <= left.len() {
        (subproof(old, left, is_known), root(right))
    } else {
        (subproof(old - left.len(), right, false), root(left))
    };
    proof.push(sibling);
    proof
}

/// The largest power of two below `length`.
fn split(length: usize) -> usize {
    length.next_power_of_two() / 2
}
