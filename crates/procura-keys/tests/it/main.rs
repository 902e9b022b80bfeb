//! What the crate promises, tested from outside.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

mod canary;
mod foreign;
mod format;
mod keyring;
mod passphrase;
mod permissions;
mod randomness;
mod sealing;
mod unsealer;
mod world;
