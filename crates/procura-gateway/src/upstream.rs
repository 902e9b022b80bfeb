//! MCP servers over stdio, and the one way to call their tools.
//!
//! **Invariant:** `tools/call` is written to a server by [`forward`] alone, with
//! the name and arguments of the [`procura_engine::record::Recorded`] that it
//! uses up. What a server is was decided by the operator: nothing that comes
//! over a connection names a program.

mod catalogue;
mod child;
mod endings;
mod failure;
mod forward;
mod handshake;
mod incoming;
mod pipe;
mod stdio;
mod waiting;

pub use catalogue::{Catalogue, Tool};
pub use child::Command;
pub use endings::{Endings, Slot};
pub use failure::{StartError, UpstreamError};
pub use forward::{Forwarded, Reply, forward};
pub use stdio::{Settings, Stdio};
