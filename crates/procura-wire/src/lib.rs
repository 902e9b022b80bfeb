//! Every encoding that is not the core's own: MCP messages and how a
//! credential travels in them.
//!
//! **Invariant:** what is read here is only shaped; nothing is believed until
//! the core has verified it.
#![no_std]

extern crate alloc;

pub mod answer;
pub mod call;
pub mod decision;
pub mod message;
pub mod presentation;
pub mod raw;
