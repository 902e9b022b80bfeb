//! Brings the parts together: store, log, engine, authority and gateway in one process.
//!
//! **Invariant:** nothing listens before the store, the directory and the log
//! were checked; what cannot be checked is not served.

mod config;
mod first;
mod front;
mod listen;
pub(crate) mod modes;
mod parts;
mod receipts;
mod stop;
mod trust;

pub(crate) use config::{Config, ServerConfig};
pub(crate) use first::{FirstStart, is_prepared, make_folder, prepare};
pub(crate) use listen::{Running, listen};
pub(crate) use parts::{LostPin, Parts, assemble};
pub(crate) use stop::StopSignals;
