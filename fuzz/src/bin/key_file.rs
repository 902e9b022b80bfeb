//! Key files: what parses prints as it was.
//!
//! Seeds: formats/key-file.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{base64url, hash::Digest};
use procura_keys::key_file::KeyFile;

const HEAD: &str = "procura-key-file/1\n";

fuzz_target!(|data: &[u8]| {
    check(data);
    // With a good sum, so that the lines are looked at.
    let body = [HEAD.as_bytes(), data].concat();
    check(&[&body, format!("check: {}\n", Digest::of(&body)).as_bytes()].concat());
    let sealed = base64url::encode(&[7; 48]);
    let body = [HEAD.as_bytes(), data, format!("sealed: {sealed}\n").as_bytes()].concat();
    check(&[&body, format!("check: {}\n", Digest::of(&body)).as_bytes()].concat());
});

fn check(bytes: &[u8]) {
    if let Ok(file) = KeyFile::parse(bytes) {
        assert_eq!(file.to_text().as_bytes(), bytes);
    }
}
