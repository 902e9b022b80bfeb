//! A log in memory, which the tests sign and read.

use std::{cell::Cell, collections::HashMap, convert::Infallible};

use ed25519_dalek::{Signer, SigningKey};
use procura_merkle::{
    checkpoint::Checkpoint,
    hash::{Hash, leaf_hash},
    proof::Receipt,
    prove::{consistency_proof, inclusion_proof, root},
    tree::{Frontier, TreeHead},
    verifier_key::VerifierKey,
};

pub(crate) struct Log {
    frontier: Frontier,
    nodes: HashMap<(u8, u64), Hash>,
    entries: Vec<Vec<u8>>,
    reads: Cell<u64>,
}

impl Log {
    pub(crate) fn new() -> Self {
        let (frontier, nodes, entries) = (Frontier::new(), HashMap::new(), Vec::new());
        Self { frontier, nodes, entries, reads: Cell::new(0) }
    }

    /// A log of the entries `entry 0`, `entry 1` and so on.
    pub(crate) fn of(size: u64) -> Self {
        let mut log = Self::new();
        for number in 0..size {
            log.append(format!("entry {number}").as_bytes());
        }
        log
    }

    pub(crate) fn append(&mut self, entry: &[u8]) {
        self.entries.push(entry.into());
        for node in self.frontier.append(leaf_hash(entry)).unwrap() {
            let before = self.nodes.insert((node.level, node.index), node.hash);
            assert_eq!(before, None, "a complete node is given out once");
        }
    }

    pub(crate) fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    pub(crate) fn entry(&self, index: u64) -> &[u8] {
        &self.entries[index as usize]
    }

    pub(crate) fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| leaf_hash(entry)).collect()
    }

    pub(crate) fn read(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        self.reads.set(self.reads.get() + 1);
        Ok(self.nodes[&(level, index)])
    }

    /// How many nodes were read since this was last asked.
    pub(crate) fn take_reads(&self) -> u64 {
        self.reads.replace(0)
    }

    pub(crate) fn head(&self, size: u64) -> TreeHead {
        let Ok(root) = root(size, |level, index| self.read(level, index));
        TreeHead { size, root }
    }

    pub(crate) fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(index, size, |level, index| self.read(level, index)).unwrap()
    }

    pub(crate) fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        consistency_proof(old, new, |level, index| self.read(level, index)).unwrap()
    }

    /// The checkpoint of the first `size` entries, signed by `key`.
    pub(crate) fn note(&self, size: u64, key: &LogKey) -> String {
        let checkpoint = Checkpoint::new(key.verifier.name(), self.head(size)).unwrap();
        checkpoint.sign(&key.verifier, &|message| key.sign(message)).unwrap()
    }

    /// The receipt for one entry in the tree of the first `size` ones.
    pub(crate) fn receipt(&self, index: u64, size: u64, key: &LogKey) -> Receipt {
        let extra = Some(self.entry(index).to_vec());
        Receipt::new(extra, index, self.inclusion(index, size), self.note(size, key)).unwrap()
    }
}

/// A log's key, with its private half.
pub(crate) struct LogKey {
    signer: SigningKey,
    pub(crate) verifier: VerifierKey,
}

impl LogKey {
    pub(crate) fn new(name: &str, seed: u8) -> Self {
        let signer = SigningKey::from_bytes(&[seed; 32]);
        let verifier = VerifierKey::new(name, signer.verifying_key().as_bytes()).unwrap();
        Self { signer, verifier }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signer.sign(message).to_bytes()
    }
}

/// The bytes of `hash` with one bit flipped.
pub(crate) fn flip(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}
