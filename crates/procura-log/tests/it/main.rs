//! The log over a real store, and over one that fails.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

mod audit;
mod failing;
mod format;
mod receipts;
mod restart;
mod signing;
mod world;
