//! From bytes to facts: the only place where a [`Verified`] is made.
//!
//! **Invariant:** a `Verified<T>` exists only because the checks of `T` passed.
//! Children of this module see its private field, so this folder holds all
//! the code that can mint one.
//!
//! The mints are [`verify_chain`] and [`verify_adc_chain`] (who gave what to whom),
//! [`verify_call`] and its twin for listings (the holder asks for this, now),
//! [`verify_statement`] (somebody known said this), and [`verify_envelope`]
//! (somebody known says that it does this). For what others sign they are
//! [`verify_access_token`], [`verify_dpop`], [`verify_signed_request`],
//! [`verify_web_bot`] and [`verify_wit`]. None says that something may happen:
//! [`crate::decide`] does, and storing what was used is the caller's.
//!
//! Each checks signatures itself. With [`crate::key::Arithmetic::dangerous_host`] a
//! program that embeds this crate does one part of that for chains, calls, listings
//! and statements, and answers for it.

mod access;
mod adc;
mod call;
mod chain;
mod dpop;
mod envelope;
mod http;
mod jwt;
mod shown;
mod signature;
mod statement;
mod web_bot;
mod workload;

pub use access::{Access, Held, Possession, Presented, Standing, TokenRules, verify_access_token};
pub use adc::verify_adc_chain;
pub(crate) use call::visible;
pub use call::{
    Call, Listing, PROOF_TYPE, Proof, Request, claimed_leaf, verify_call, verify_listing,
};
pub use chain::{Anchor, Chain, Requirement, Rules, Vouches, verify_chain};
pub use dpop::{Dpop, DpopRules, verify_dpop};
pub use envelope::{Envelope, EnvelopeRules, Expected, verify_envelope};
pub use http::{HttpRules, SignedRequest, verify_signed_request};
pub use statement::{Statement, verify_statement};
pub use web_bot::{BotAgent, WebBot, WebBotRules, verify_web_bot};
pub use workload::{Domain, PresentedWit, Workload, WorkloadRules, WptRules, verify_wit};

/// A value whose origin has been checked.
///
/// There is no public constructor and no way to change what it holds. To hold
/// a `Verified<T>` is to know that the check in `T`'s module passed.
///
/// It says nothing about now. A chain is verified once and may be kept; what
/// time changes is checked again for every call.
#[derive(Clone, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// What was verified.
    pub fn get(&self) -> &T {
        &self.0
    }
}
