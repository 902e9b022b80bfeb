//! Runs the built program on small workspaces, each with one thing wrong.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod arch;
mod pure;
mod tidy;
mod tree;
