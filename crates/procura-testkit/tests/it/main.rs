//! Tests of `procura-testkit`: the runners are run as programs.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

mod aat;
mod attacks;
mod changed;
mod conform;
mod conformance;
mod ed25519;
mod formats;
mod http_vectors;
mod merkle;
mod model;
mod story;
mod vectors;
mod world;
