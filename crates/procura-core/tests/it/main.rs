//! Tests of `procura-core`, through its public face alone.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test stops at the first surprise"
)]

mod access_token;
mod access_use;
mod adc;
mod approval;
mod arguments;
mod attenuation;
mod call;
mod canonical;
mod chain;
mod constraint;
mod decide;
mod delegate;
mod detail;
mod directory;
mod dpop;
mod envelope;
mod envelope_claims;
mod errors;
mod evidence;
mod explain;
mod explain_tables;
mod flips;
mod foreign;
mod forge;
mod http_replay;
mod http_signature;
mod http_signed;
mod identity;
mod json;
mod jws;
mod key;
mod lattice;
mod laws;
mod limits;
mod listing;
mod number;
mod raw;
mod refusal;
mod revocation;
mod sdk;
mod separation;
mod status_list;
mod steps;
mod structured_field;
mod target;
mod template;
mod tier;
mod vectors;
mod verifying_key;
mod web_bot;
mod wellformed;
mod workload;
