//! A transparency log's mathematics and texts: RFC 6962 hashes and proofs,
//! C2SP signed notes, checkpoints and receipts.
//!
//! The crate knows nothing of agents, does no input or output, reads no clock
//! and never sees a private key. Whoever stores nodes hands them in through a
//! callback, and whoever holds a key signs through one.
//!
//! **Invariant:** nothing from outside is believed before it was checked
//! against a root, and no root before it was checked against a signature.

#![no_std]

extern crate alloc;

pub mod checkpoint;
pub mod fork;
pub mod hash;
pub mod key_id;
pub mod note;
pub mod proof;
pub mod prove;
pub mod subtree;
pub mod tree;
pub mod verifier_key;
pub mod verify;

mod decimal;
mod path;
