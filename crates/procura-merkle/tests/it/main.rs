//! Tests of `procura-merkle`, through its public face alone.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test stops at the first surprise"
)]

mod attacks;
mod checkpoint;
mod hash;
mod log;
mod note;
mod proof;
mod reference;
mod tessera;
mod tree;
mod vectors;
mod verifier_key;
mod verify;
