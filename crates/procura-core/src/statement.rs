//! Signing statements: canonical claims under one type each.
//!
//! A directory, an approval and a request to the authority are all JWS by keys
//! that sign delegations too. The `typ` of the header is part of what is signed,
//! so a signature that was made for one of them verifies as no other (RFC 8725,
//! section 3.11). [`crate::proof::verify_statement`] is the counterpart.

use alloc::string::String;

use crate::json::Object;
use crate::jws;
use crate::key::Signer;

/// Signs `claims` under `typ`. A number that is not exactly a double cannot be
/// stated; it makes the whole statement `null`, which no reader accepts.
///
/// It does not judge what is stated: what the signer may say is for those who
/// call it, and again for those who verify it.
pub fn sign(typ: &str, claims: Object, signer: &dyn Signer) -> String {
    let payload = claims.to_canonical().unwrap_or_else(|_| "null".into());
    jws::sign(typ, None, &payload, signer)
}
