//! The engine as an attacker finds it: real keys, the real store on a real
//! disk, and a clock that the test owns.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

mod approvals;
mod broken;
mod chains;
mod eligibility;
mod floods;
mod identity;
mod log;
mod office;
mod policy;
mod replay;
mod revocation;
mod rollback;
mod world;
