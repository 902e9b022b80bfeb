//! The API at its boundary: real HTTP, a real engine, a real store.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

mod approvals;
mod enrolment;
mod events;
mod formats;
mod going_away;
mod refused;
mod requests;
mod revocations;
mod who;
mod wire;
mod world;
