//! The face of core and wire under SDKs in other languages: one function, JSON in
//! and JSON out (`docs/formats/ffi.md`).
//!
//! **Invariant:** an answer has `ok` only if the operation ran to its end; every
//! other answer has `error`, also one that asks the host to check signatures. So a
//! host that looks for `ok` alone, and forgets whatever else there is, denies.
//!
//! Nothing here reads a clock, draws randomness, or sees a private key: the time
//! and every `jti` are in the request, and signing is a request for the bytes to
//! sign and another one with the signature ([`call()`] remembers nothing between).
//! It builds for `wasm32-unknown-unknown` as it does for a machine.

mod abi;
mod answer;
mod chain;
mod failure;
mod host;
mod inspect;
mod members;
mod plain;
mod rules;
mod sign;

use std::panic::{UnwindSafe, catch_unwind};

use procura_core::json::{self, Object};

use crate::failure::Failure;
use crate::members::Members;

/// The version of the ABI: of the functions, the operations and their members.
pub const ABI: u32 = 1;

/// Bytes of one request.
///
/// A chain, a proof and revocation notes have narrower limits in the core; this
/// one is for what is read before those are looked at.
pub const INPUT_BYTES: usize = 4 * 1024 * 1024;

/// Elements of any list in a request, and verdicts of the host.
pub const LIST_ITEMS: usize = 1024;

/// Answers one request.
///
/// It never panics: what would have been a panic is an `internal` error. Where
/// panics abort, as on WASM, the host sees a trap instead, and no answer.
pub fn call(request: &[u8]) -> Vec<u8> {
    if request.len() > INPUT_BYTES {
        return too_long();
    }
    guarded(|| dispatch(request)).into_bytes()
}

/// The answer to a request that is not read for its length.
fn too_long() -> Vec<u8> {
    guarded(|| Err(Failure::too_large("the request is too long"))).into_bytes()
}

/// The answer as text. One that cannot be written is a refusal.
fn guarded(work: impl FnOnce() -> Result<Object, Failure> + UnwindSafe) -> String {
    let answer = catch_unwind(work).unwrap_or_else(|_| Err(Failure::internal()));
    let written = match answer {
        Ok(answer) => Object::new().with("ok", answer).to_canonical(),
        Err(failure) => failure.to_object().to_canonical(),
    };
    written.unwrap_or_else(|_| Failure::UNWRITABLE.into())
}

/// An operation takes the members that it knows; what is left over is refused.
type Operation = fn(&mut Members) -> Result<Object, Failure>;

const OPERATIONS: &[(&str, Operation)] = &[
    ("verify", chain::verify),
    ("verify_list", chain::verify_list),
    ("explain", chain::explain),
    ("inspect", inspect::inspect),
    ("mint_input", sign::mint_input),
    ("derive_input", sign::derive_input),
    ("prove_input", sign::prove_input),
    ("revoke_input", sign::revoke_input),
    ("assemble", sign::assemble),
    ("thumbprint", plain::thumbprint),
    ("canonicalize", plain::canonicalize),
    ("digest_arguments", plain::digest_arguments),
    ("verify_signature", plain::verify_signature),
    ("precheck", plain::precheck),
];

fn dispatch(request: &[u8]) -> Result<Object, Failure> {
    let request = json::parse_object(request).map_err(|error| {
        Failure::bad_request(format!("the request is no strict JSON object: {error}"))
    })?;
    let mut request = Members::of(request);
    let name = request.text("op")?;
    let known = OPERATIONS.iter().find(|(known, _)| *known == name);
    let (_, operation) = known.ok_or_else(Failure::unknown_operation)?;
    let answer = operation(&mut request)?;
    request.end()?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::{Failure, Object, guarded};

    #[test]
    #[expect(clippy::panic, reason = "the panic is what is tested")]
    fn a_panic_is_a_refusal() {
        let answer = guarded(|| panic!("a mistake"));
        assert!(answer.starts_with(r#"{"error":{"code":"internal","#), "{answer}");
    }

    #[test]
    fn an_answer_that_cannot_be_written_is_a_refusal() {
        let number = procura_core::json::parse(b"9007199254740993").ok();
        assert!(number.is_some());
        let answer = guarded(|| Ok(Object::new().with("n", number)));
        assert_eq!(answer, Failure::UNWRITABLE);
        assert_eq!(Ok(answer), Failure::internal().to_object().to_canonical());
    }
}
