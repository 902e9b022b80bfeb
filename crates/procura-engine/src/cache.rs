//! Chains that were verified before, so that a warm call costs one signature.
//!
//! **Invariant:** only successes are kept, under a digest of every byte of the
//! chain, signatures included, and only while the trusted keys stay the same.
//! What time and revocation change is checked again on every call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use procura_core::hash::Digest;
use procura_core::proof::{Chain, Verified};

/// How many chains are kept. A chain is a few kilobytes.
const CAPACITY: usize = 4096;

/// Verified chains of one generation of trusted keys.
#[derive(Debug, Default)]
pub struct ChainCache {
    // Owned by whoever holds the guard, never across an `.await`.
    kept: Mutex<Generation>,
}

#[derive(Debug, Default)]
struct Generation {
    directory: u64,
    chains: HashMap<Digest, Arc<Verified<Chain>>>,
    // The same chains by the hash of their leaf, which `par_hash` ties to all above.
    by_leaf: HashMap<Digest, Arc<Verified<Chain>>>,
}

impl ChainCache {
    /// The name of a chain in the cache.
    pub fn key(tokens: &[&str]) -> Digest {
        // `~` occurs in no compact JWS, so the joined text is unambiguous.
        Digest::of(tokens.join("~").as_bytes())
    }

    /// The chain, if it was verified under this `directory`.
    pub fn get(&self, directory: u64, key: &Digest) -> Option<Arc<Verified<Chain>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.directory == directory { kept.chains.get(key).cloned() } else { None }
    }

    /// The chain with this leaf, if one was verified under this `directory`.
    pub fn by_leaf(&self, directory: u64, leaf: &Digest) -> Option<Arc<Verified<Chain>>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.directory == directory { kept.by_leaf.get(leaf).cloned() } else { None }
    }

    /// Keeps a chain that was verified under this `directory`.
    pub fn put(&self, directory: u64, key: Digest, chain: &Arc<Verified<Chain>>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if directory < kept.directory {
            return;
        }
        if directory > kept.directory || kept.chains.len() >= CAPACITY {
            *kept = Generation { directory, ..Generation::default() };
        }
        kept.by_leaf.insert(chain.get().leaf().hash, Arc::clone(chain));
        kept.chains.insert(key, Arc::clone(chain));
    }
}
