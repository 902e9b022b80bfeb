//! CLI-03: broken randomness makes no key.

use std::collections::HashSet;

use procura_core::key::Signer as _;
use procura_keys::dangerous;
use procura_keys::randomness::{OsRandomness, Randomness as _};
use procura_keys::secret_key::SecretKey;

use crate::world::{SIGNATURE, Script, bytes, rfc_key, seed};

fn check(blocks: Vec<[u8; 32]>) {
    let error = dangerous::generate_from(&mut Script(blocks)).unwrap_err();
    assert_eq!(error.code(), "key.rng");
    assert!(error.to_string().ends_with("repair the source and try again"), "{error}");
}

#[test]
fn cli_03_a_failing_source_makes_no_key() {
    check(vec![]);
    check(vec![seed()]);
}

#[test]
fn cli_03_zeros_make_no_key() {
    check(vec![[0; 32], seed()]);
    check(vec![seed(), [0; 32]]);
}

#[test]
fn cli_03_a_source_that_repeats_itself_makes_no_key() {
    check(vec![seed(), seed()]);
    check(vec![[0xff; 32], [0xff; 32]]);
}

#[test]
fn cli_03_a_sound_source_makes_the_key_of_its_first_draw() {
    let key = rfc_key();
    assert_eq!(key.sign(b"").to_bytes().as_slice(), bytes(SIGNATURE));
}

#[test]
fn cli_03_the_system_draws_no_zeros_and_no_seed_twice_in_a_million() {
    let mut seen = HashSet::with_capacity(1_000_000);
    for _ in 0..1_000_000 {
        let mut drawn = [0; 32];
        OsRandomness.fill(&mut drawn).unwrap();
        assert_ne!(drawn, [0; 32]);
        assert!(seen.insert(drawn));
    }
}

#[test]
fn two_generated_keys_differ_and_each_verifies_its_own_signature() {
    let one = SecretKey::generate().unwrap();
    let other = SecretKey::generate().unwrap();
    let signature = one.sign(b"message").to_bytes();
    assert_eq!(one.public_key().verify(b"message", &signature), Ok(()));
    assert!(one.public_key().verify(b"massage", &signature).is_err());
    assert!(other.public_key().verify(b"message", &signature).is_err());
}
