//! The secret of each name, the same for every contender.

use procura_core::hash::Digest;

/// The seed of `name`'s key.
pub(crate) fn seed(name: &str) -> [u8; 32] {
    *Digest::of(format!("procura-bench-peers\n{name}").as_bytes()).as_bytes()
}
