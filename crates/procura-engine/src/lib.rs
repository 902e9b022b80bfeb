//! Use cases and ports: what happens between a verified call and its record.
//!
//! **Invariant:** a [`record::Recorded`] exists only after the event of its
//! permit is durable; nothing else lets a call leave.

pub mod port;
