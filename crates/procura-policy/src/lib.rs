//! Roles, permissions and Rego modules to one verdict.
//!
//! A [`PolicySet`] is compiled once from text and asked many times. It knows
//! nothing of tokens, chains or files: a question is four strings, and the
//! answer is a [`Verdict`]. Roles are asked first; Rego may narrow what they
//! permit or ask for approval, and can never widen it.
//!
//! The engine underneath aborts the process on deep recursion and parses some
//! texts in exponential time, and neither can be caught. So every text passes
//! the gates of `scan` and `call_graph` before the engine may
//! evaluate it.
//!
//! **Invariant:** [`PolicySet::evaluate`] is total. Whatever cannot be decided
//! (no rule, an engine error, a malformed answer, a spent budget) is denied.

mod answer;
mod builtins;
mod call_graph;
mod defaults;
mod error;
mod input;
mod references;
mod rego;
mod revision;
mod roles;
mod scan;
mod set;
mod sources;
mod verdict;

pub use defaults::{DEFAULT_REGO, default_roles};
pub use error::{PolicyError, RolesError};
pub use revision::Revision;
pub use set::{PolicySet, Query};
pub use sources::SourceFile;
pub use verdict::{ApprovalRule, DenyCode, Effect, Verdict};
