//! Tests of `procura-wire`, through its public face alone.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod answer;
mod call;
mod decision;
mod message;
mod presentation;
mod raw;
