//! Worlds, conformance runners and test vectors.
//!
//! **Invariant:** nothing here is linked into what is shipped.

pub mod conform;
pub mod packages;
pub mod vectors;
pub mod world;
