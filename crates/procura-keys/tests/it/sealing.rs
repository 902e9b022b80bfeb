//! What is sealed comes back, and to nobody else.

use chacha20poly1305::XChaCha20Poly1305;
use procura_core::key::Signer as _;
use procura_keys::description::Purpose;
use procura_keys::key_file::KeyFile;
use procura_keys::secret_bytes::SecretBytes;
use procura_keys::secret_key::SecretKey;
use proptest::prelude::*;
use zeroize::ZeroizeOnDrop;

use crate::world::{PASSPHRASE, description, passphrase};

proptest! {
    // Each case derives two keys at full cost.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn opening_undoes_sealing(
        secret in prop::collection::vec(any::<u8>(), 1..=SecretBytes::MAX_LEN),
        label in "[!-~]([ -~]{0,60}[!-~])?",
        purpose in "[a-z][a-z0-9-]{0,31}",
        phrase in "[^\\p{Cc}]{1,40}",
    ) {
        let purpose = Purpose::parse(&purpose).unwrap();
        let bytes = SecretBytes::from_vec(secret.clone()).unwrap();
        let description = description(&label, purpose.clone());
        let sealed = KeyFile::seal_bytes(&bytes, description, &passphrase(&phrase)).unwrap();
        let text = sealed.to_text();
        let file = KeyFile::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(file.to_text(), text);
        prop_assert_eq!(file.label().as_str(), label);
        let opened = file.open_bytes(&purpose, &passphrase(&phrase)).unwrap();
        prop_assert_eq!(opened.expose(), secret);
    }
}

#[test]
fn a_sealed_key_signs_as_before() {
    let key = SecretKey::generate().unwrap();
    let description = description("log of build-7", Purpose::LOG);
    let sealed = KeyFile::seal_key(&key, description, &passphrase(PASSPHRASE)).unwrap();
    let file = KeyFile::parse(sealed.to_text().as_bytes()).unwrap();
    let opened = file.open_key(&Purpose::LOG, &passphrase(PASSPHRASE)).unwrap();
    assert_eq!(opened.public_key(), key.public_key());
    assert_eq!(opened.sign(b"message"), key.sign(b"message"));
}

#[test]
fn another_passphrase_is_refused_and_says_what_to_do() {
    let key = SecretKey::generate().unwrap();
    let description = description("planner", Purpose::AGENT);
    let sealed = KeyFile::seal_key(&key, description, &passphrase(PASSPHRASE)).unwrap();
    for wrong in ["correct horse battery stapl", "correct horse battery staple ", "x"] {
        let error = sealed.open_key(&Purpose::AGENT, &passphrase(wrong)).unwrap_err();
        assert_eq!(error.code(), "key.passphrase");
        assert!(error.to_string().contains("enter the passphrase it was sealed with"), "{error}");
    }
    assert!(sealed.open_key(&Purpose::AGENT, &passphrase(PASSPHRASE)).is_ok());
}

#[test]
fn sealing_twice_shares_nothing() {
    let secret = SecretBytes::generate().unwrap();
    let seal = || {
        let description = description("digests", Purpose::DIGEST);
        KeyFile::seal_bytes(&secret, description, &passphrase(PASSPHRASE)).unwrap().to_text()
    };
    let (one, other) = (seal(), seal());
    for name in ["salt: ", "nonce: ", "sealed: "] {
        let line =
            |text: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert_ne!(line(&one), line(&other));
    }
}

#[test]
fn one_kind_of_secret_does_not_open_as_the_other() {
    let secret = SecretBytes::generate().unwrap();
    let key = SecretKey::generate().unwrap();
    let describe = || description("digests", Purpose::DIGEST);
    let bytes = KeyFile::seal_bytes(&secret, describe(), &passphrase(PASSPHRASE)).unwrap();
    let signing = KeyFile::seal_key(&key, describe(), &passphrase(PASSPHRASE)).unwrap();
    let error = bytes.open_key(&Purpose::DIGEST, &passphrase(PASSPHRASE)).unwrap_err();
    assert_eq!(error.code(), "key.purpose");
    let error = signing.open_bytes(&Purpose::DIGEST, &passphrase(PASSPHRASE)).unwrap_err();
    assert_eq!(error.code(), "key.purpose");
    assert_eq!(bytes.public_key(), None);
    assert_eq!(signing.public_key(), Some(key.public_key()));
}

#[test]
fn secrets_have_bounds() {
    assert!(SecretBytes::from_vec(vec![]).is_none());
    assert!(SecretBytes::from_vec(vec![0; SecretBytes::MAX_LEN + 1]).is_none());
    assert!(SecretBytes::from_vec(vec![0; SecretBytes::MAX_LEN]).is_some());
    assert_eq!(SecretBytes::generate().unwrap().expose().len(), 32);
}

#[test]
fn what_holds_a_key_overwrites_it_when_dropped() {
    fn check<T: ZeroizeOnDrop>() {}
    // Both do so only with features that this crate must ask for.
    check::<ed25519_dalek::SigningKey>();
    check::<XChaCha20Poly1305>();
}
