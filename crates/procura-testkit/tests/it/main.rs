//! Tests of `procura-testkit`: the runners are run as programs.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod aat;
mod attacks;
mod conform;
mod ed25519;
mod formats;
mod merkle;
mod story;
mod vectors;
mod world;
