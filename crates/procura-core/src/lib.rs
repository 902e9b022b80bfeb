//! What is authority: bytes in, [`proof::Verified`] facts and one [`decide::Decision`] out.
//!
//! **Invariant:** no I/O, no clock, no randomness, no `async`. Time, keys and
//! facts are arguments, so that anyone can repeat a verdict years later.
//!
//! A reviewer may read it in the order in which a call travels. Text becomes
//! [`json`] values and a [`jws`]; [`token`], [`tools`] and [`constraint`] give
//! claims their shape; [`proof`] says who signed them and that no token holds
//! more than the one above; [`decide`] adds what only the world knows:
//! revocation, policy and people. [`delegate`] is the other side, which signs.
//! [`envelope`] stands beside all that: one action, signed as plain JSON.
//!
//! What is not here is the caller's: storing which proofs were used, knowing
//! that a [`directory`] is the newest, and acting on no answer but a permit.
#![no_std]

extern crate alloc;

pub mod access_token;
pub mod adc;
pub mod approval;
pub mod base64url;
mod claims;
pub mod constraint;
pub mod decide;
pub mod delegate;
pub mod detail;
pub mod directory;
pub mod dpop;
pub mod envelope;
pub mod evidence;
pub mod explain;
pub mod hash;
pub mod http_signature;
pub mod identity;
pub mod json;
pub mod jws;
pub mod key;
pub mod limits;
mod named;
pub mod proof;
pub mod refusal;
pub mod revocation;
pub mod statement;
pub mod status_list;
pub mod structured_field;
pub mod target;
pub mod template;
pub mod time;
pub mod token;
pub mod tools;
pub mod workload;
