//! Directories that the authority signed, whatever they say.
//!
//! Seeds: directory/payload
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{directory::Directory, key::Signer};
use procura_fuzz::{AUTHORITY, signed};
use procura_testkit::world;

fuzz_target!(|data: &[u8]| {
    let text = signed(r#"{"alg":"Ed25519","typ":"procura-directory+jwt"}"#, data, &AUTHORITY);
    let Ok(read) = Directory::open(&text, AUTHORITY.public_key()) else { return };
    let (next, text) = read.succeed(world::NOW, &*AUTHORITY, |_| {});
    assert_eq!(next.sequence(), read.sequence() + 1);
    if next.sequence() > (1 << 53) - 1 {
        return;
    }
    let again = Directory::open(&text, AUTHORITY.public_key()).expect("what is signed opens");
    assert_eq!(again.sequence(), next.sequence());
    assert!(again.people().eq(read.people()) && again.agents().eq(read.agents()));
    assert_eq!(again.revocations(), read.revocations());
});
