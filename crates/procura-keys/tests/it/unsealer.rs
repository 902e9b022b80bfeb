//! Several files under one passphrase.

use std::fs;

use procura_core::key::Signer as _;
use procura_keys::description::Purpose;
use procura_keys::unsealer::Unsealer;

use crate::world::{PASSPHRASE, description, passphrase, private_directory};

#[test]
fn one_passphrase_opens_all_the_files_it_sealed() {
    let directory = private_directory();
    let log = directory.path().join("log.key");
    let digest = directory.path().join("digest.key");
    let unsealer = Unsealer::new(passphrase(PASSPHRASE));
    let key = unsealer.create_key(&log, description("log", Purpose::LOG)).unwrap();
    let secret = unsealer.create_bytes(&digest, description("digest", Purpose::DIGEST)).unwrap();

    let again = Unsealer::new(passphrase(PASSPHRASE));
    let opened = again.open_key(&log, &Purpose::LOG).unwrap();
    assert_eq!(opened.public_key(), key.public_key());
    let opened = again.open_bytes(&digest, &Purpose::DIGEST).unwrap();
    assert_eq!(opened.expose(), secret.expose());

    let mut names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["digest.key", "log.key"], "nothing else is kept on disk");
}

#[test]
fn another_passphrase_or_an_exchanged_path_opens_nothing() {
    let directory = private_directory();
    let log = directory.path().join("log.key");
    let unsealer = Unsealer::new(passphrase(PASSPHRASE));
    unsealer.create_key(&log, description("log", Purpose::LOG)).unwrap();

    let error = unsealer.open_key(&log, &Purpose::AUTHORITY).unwrap_err();
    assert_eq!(error.code(), "key.purpose");
    let error = Unsealer::new(passphrase("x")).open_key(&log, &Purpose::LOG).unwrap_err();
    assert_eq!(error.code(), "key.passphrase");
    assert!(error.to_string().starts_with(log.to_str().unwrap()), "{error}");
}

#[test]
fn a_taken_path_gets_no_key() {
    let directory = private_directory();
    let path = directory.path().join("log.key");
    fs::write(&path, "mine").unwrap();
    let unsealer = Unsealer::new(passphrase(PASSPHRASE));
    let error = unsealer.create_key(&path, description("log", Purpose::LOG)).unwrap_err();
    assert_eq!(error.code(), "key.exists");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}
