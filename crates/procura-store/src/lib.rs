//! SQLite behind the engine's ports [`procura_engine::port::Store`] and
//! [`procura_engine::port::Ledger`].
//!
//! One thread writes, many read. Writes that wait together become durable
//! together: the writer drains its queue into one transaction, and answers
//! when `COMMIT` with `synchronous=FULL` has returned, never before.
//!
//! **Invariant:** an answer is sent after its transaction is durable, an event
//! is read only if its bytes still have the hash that was stored with them,
//! and after a failed write nothing is written until the database was opened
//! again.

pub mod open;
pub mod settings;
pub mod sqlite;

mod apply;
mod draft;
mod failure;
mod folder;
mod lock;
mod read;
mod readers;
mod row;
mod schema;
mod writer;
