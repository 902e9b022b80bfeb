//! Signing statements: canonical claims under one type each.

use alloc::string::String;

use crate::json::Object;
use crate::jws;
use crate::key::Signer;

/// Signs `claims` under `typ`. A number that is not exactly a double cannot be
/// stated; it makes the whole statement `null`, which no reader accepts.
pub fn sign(typ: &str, claims: Object, signer: &dyn Signer) -> String {
    let payload = claims.to_canonical().unwrap_or_else(|_| "null".into());
    jws::sign(typ, None, &payload, signer)
}
