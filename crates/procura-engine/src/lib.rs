//! Use cases and ports: what happens between a verified call and its record.
//!
//! **Invariant:** a [`record::Recorded`] exists only after the event of its
//! permit is durable; nothing else lets a call leave.

pub mod admin;
pub mod approvals;
pub mod authorize;
pub mod cache;
mod change;
pub mod effect;
pub mod engine;
pub mod enrol;
pub mod event;
pub mod facts;
pub mod flood;
pub mod names;
mod newest;
pub mod port;
pub mod record;
pub mod refuse;
pub mod request;
mod spent;
