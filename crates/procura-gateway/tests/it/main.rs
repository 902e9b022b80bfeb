//! Tests of `procura-gateway`: real requests, a real server process and the real store.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod call;
mod client;
mod fronts;
mod guard;
mod list;
mod refusals;
mod servers;
mod store;
mod ui;
mod world;
