//! Signed notes, checkpoints and verifier keys: what parses prints as it was.
//!
//! Seeds: formats/log.md, formats/receipt.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_merkle::{checkpoint::Checkpoint, note::SignedNote, verifier_key::VerifierKey};

const KEY: &str = "procura.local/log/1+8fabd209+ATA0xGoF34oCAb9OMcgsrZqSXsgpBexLtnPbYyN2OKrr";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let key: VerifierKey = KEY.parse().expect("a key");
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_text(), text);
    }
    if let Ok(other) = text.parse::<VerifierKey>() {
        assert_eq!(other.to_string(), text);
    }
    if let Ok(note) = SignedNote::parse(text) {
        assert!(text.len() <= SignedNote::MAX_BYTES);
        if let Ok(signed) = note.open(&[&key]) {
            assert!(text.starts_with(signed));
        }
    }
    if let Ok(checkpoint) = Checkpoint::open(text, &key) {
        assert_eq!(checkpoint.origin(), key.name());
    }
});
