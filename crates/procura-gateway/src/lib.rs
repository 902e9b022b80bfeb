//! The data plane: MCP over HTTP and stdio, in front of servers that nobody
//! else reaches.
//!
//! **Invariant:** a call leaves through [`upstream::forward`] alone, which takes
//! a [`procura_engine::record::Recorded`] by value. Nothing that a client sent
//! to prove itself is ever part of what leaves.

pub mod gateway;
pub mod guard;
pub mod upstream;

mod answer;
mod dispatch;
mod hosts;
mod http;
mod lines;
mod mirror;
mod turned_away;
