//! What is authority: bytes in, [`proof::Verified`] facts and one [`decide::Decision`] out.
//!
//! **Invariant:** no I/O, no clock, no randomness, no `async`. Time, keys and
//! facts are arguments, so that anyone can repeat a verdict years later.
#![no_std]

extern crate alloc;

pub mod approval;
pub mod base64url;
pub mod constraint;
pub mod decide;
pub mod delegate;
pub mod directory;
pub mod hash;
pub mod identity;
pub mod json;
pub mod jws;
pub mod key;
pub mod limits;
pub mod proof;
pub mod refusal;
pub mod statement;
pub mod time;
pub mod token;
pub mod tools;
