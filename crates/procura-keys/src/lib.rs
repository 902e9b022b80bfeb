//! Sealed key files; the only crate that sees a private key.
//!
//! **Invariant:** the bytes of a private key leave this crate only sealed.
//! No type here that holds a secret is `Clone`, prints it, or compares it.
//!
//! The crate needs a Unix: it relies on owners, modes and `O_NOFOLLOW`.

pub mod dangerous;
pub mod description;
pub mod error;
pub mod header;
pub mod key_file;
pub mod keyring;
pub mod passphrase;
pub mod randomness;
pub mod secret_bytes;
pub mod secret_key;
pub mod unsealer;

mod private_file;
mod sealing;
