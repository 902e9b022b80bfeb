//! Tests of `procura-ffi`: its one function, and the shared library from Node and Python.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

mod aat;
mod ask;
mod foreign;
mod host;
mod node;
mod page;
mod plain;
mod python;
mod requests;
mod sdk;
mod sign;
mod verify;
