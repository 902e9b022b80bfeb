//! The log: what was committed becomes a tree, and the tree is signed.
//!
//! The storage is the engine's port [`procura_engine::port::Ledger`], the
//! mathematics is `procura-merkle`. This crate brings them together: it signs
//! checkpoints in time, gives out receipts, and checks a whole log offline.
//!
//! **Invariant:** nothing is signed that does not continue what was signed
//! before, whatever happened to the database in between.

pub mod audit;
pub mod error;
pub mod pin;
pub mod report;
pub mod sequencer;

mod history;
