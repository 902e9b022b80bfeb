//! Signed action envelopes: what is read is written as it was, in every form, and what
//! a key signs verifies under that key alone.
//!
//! Seeds: envelope, envelope/strings, formats/envelope.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    envelope::{self, Encoding, Parts},
    key::Signer,
    limits,
    proof::{EnvelopeRules, verify_envelope},
};
use procura_fuzz::{ALICE, PLANNER};
use procura_testkit::world;

fn rules(key: &procura_core::key::PublicKey) -> EnvelopeRules<'_> {
    EnvelopeRules {
        key,
        now: world::NOW,
        max_age: limits::ENVELOPE_WINDOW,
        expected: Default::default(),
    }
}

/// Every form gives the same signed text and signature back. What says too little to be
/// an envelope has one form alone, since its signature cannot be told from its members.
fn check_forms(parts: &Parts, is_envelope: bool) {
    for encoding in [Encoding::Base64, Encoding::Base64Url, Encoding::Hex] {
        let carried = parts.to_carried(PLANNER.public_key(), encoding);
        if carried.len() <= limits::ENVELOPE_BYTES {
            let read = Parts::parse(carried.as_bytes()).expect("what is written is read");
            assert_eq!(
                (read.signed(), read.signature()),
                (parts.signed(), parts.signature()),
                "{carried}"
            );
        }
        let Ok(inside) = parts.to_inside(encoding) else { continue };
        if inside.len() <= limits::ENVELOPE_BYTES {
            match Parts::parse(inside.as_bytes()) {
                Ok(read) => assert_eq!(read.signature(), parts.signature(), "{inside}"),
                Err(error) => assert!(!is_envelope, "{error}: {inside}"),
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(parts) = Parts::parse(data) {
        check_forms(&parts, false);
        let guessed = verify_envelope(&parts, &rules(ALICE.public_key()));
        assert!(guessed.is_err(), "alice signed nothing");
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(parts) = envelope::sign(text, &*PLANNER) else { return };
    check_forms(&parts, true);
    assert!(verify_envelope(&parts, &rules(ALICE.public_key())).is_err(), "by another key");
    if let Ok(read) = verify_envelope(&parts, &rules(PLANNER.public_key())) {
        assert_eq!(read.get().text(), text);
        assert_eq!(read.get().signer(), PLANNER.public_key().thumbprint());
    }
});
