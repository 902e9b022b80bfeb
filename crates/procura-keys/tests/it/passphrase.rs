//! Passphrases come from private files and prompts, one line each.

use std::fs;
use std::path::PathBuf;

use procura_keys::description::Purpose;
use procura_keys::key_file::KeyFile;
use procura_keys::passphrase::{Passphrase, PassphraseError};
use procura_keys::secret_bytes::SecretBytes;
use tempfile::TempDir;

use crate::world::{description, mode, passphrase, private_directory, set_mode};

fn file(contents: &[u8]) -> (TempDir, PathBuf) {
    let directory = private_directory();
    let path = directory.path().join("passphrase");
    fs::write(&path, contents).unwrap();
    set_mode(&path, 0o600);
    (directory, path)
}

/// Whether the passphrase in a file with `contents` is `text`.
fn reads_as(contents: &[u8], text: &str) -> bool {
    let (_directory, path) = file(contents);
    opens_alike(&Passphrase::from_file(&path).unwrap(), &passphrase(text))
}

/// Passphrases cannot be compared, so one opens what the other sealed.
fn opens_alike(one: &Passphrase, other: &Passphrase) -> bool {
    let secret = SecretBytes::generate().unwrap();
    let description = description("test", Purpose::DIGEST);
    let sealed = KeyFile::seal_bytes(&secret, description, one).unwrap();
    sealed.open_bytes(&Purpose::DIGEST, other).is_ok()
}

#[test]
fn a_file_holds_one_line_and_its_newline_does_not_count() {
    assert!(reads_as(b"open sesame\n", "open sesame"));
    assert!(reads_as(b"open sesame", "open sesame"));
    assert!(reads_as(b"open sesame\r\n", "open sesame"));
    assert!(reads_as(" süß \n".as_bytes(), " süß "));
    assert!(!reads_as(b"open sesame \n", "open sesame"));
}

#[test]
fn a_file_without_a_usable_line_is_refused() {
    let long = vec![b'x'; Passphrase::MAX_LEN + 1];
    let longer = vec![b'x'; Passphrase::MAX_LEN + 100];
    let refused: [&[u8]; 9] =
        [b"", b"\n", b"\r\n", b"one\ntwo\n", b"one\n\n", b"a\0b", b"\xff\xfe", &long, &longer];
    for contents in refused {
        let (_directory, path) = file(contents);
        let error = Passphrase::from_file(&path).unwrap_err();
        assert_eq!(error.code(), "key.passphrase_unusable", "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn the_longest_passphrase_is_read() {
    let line = [vec![b'x'; Passphrase::MAX_LEN], b"\r\n".to_vec()].concat();
    assert!(reads_as(&line, &"x".repeat(Passphrase::MAX_LEN)));
}

#[test]
fn cli_01_a_passphrase_file_that_others_can_read_is_refused() {
    let (_directory, path) = file(b"open sesame\n");
    set_mode(&path, 0o640);
    let error = Passphrase::from_file(&path).unwrap_err();
    assert_eq!(error.code(), "key.permissions");
    assert!(error.to_string().ends_with(&format!("run: chmod 600 {}", path.display())));
}

#[test]
fn a_typed_text_is_held_to_the_same_rules() {
    let read = |text: &str| Passphrase::from_text(text.to_owned()).map(|_| ());
    assert_eq!(read(""), Err(PassphraseError::Empty));
    assert_eq!(read("a\nb"), Err(PassphraseError::NotOneLine));
    assert_eq!(read(&"x".repeat(1025)), Err(PassphraseError::TooLong));
    assert_eq!(read("open sesame"), Ok(()));
}

#[test]
fn a_generated_passphrase_is_written_once_and_read_back() {
    let directory = private_directory();
    let path = directory.path().join("passphrase");
    let generated = Passphrase::generate().unwrap();
    generated.create_file(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert!(opens_alike(&generated, &Passphrase::from_file(&path).unwrap()));
    assert_eq!(generated.create_file(&path).unwrap_err().code(), "key.exists");
    assert!(!opens_alike(&generated, &Passphrase::generate().unwrap()));
}
