//! The binary as its users meet it: started as a process and spoken to over its pipes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod call;
mod crash;
mod delegate;
mod demo;
mod desk;
mod documents;
mod envelope;
mod envelope_libraries;
mod examples;
mod guard;
mod house;
mod inspect;
mod node;
mod python;
mod sdk;
mod story;
mod up;
mod verify;
mod workshop;
mod workshop_files;
mod workshop_protocol;
mod yard;
