//! The binary as its users meet it: started as a process and spoken to over its pipes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod node;
mod workshop;
mod workshop_files;
mod workshop_protocol;
mod yard;
