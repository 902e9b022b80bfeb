//! The store at its boundary: ports in, files out.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod approvals;
mod crash;
mod damage;
mod format;
mod full;
mod ledger;
mod once;
mod opening;
mod place;
mod world;
