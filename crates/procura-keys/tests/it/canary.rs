//! CLI-04: no secret in what is printed.

use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::fs;

use procura_core::base64url;
use procura_core::key::Signer as _;
use procura_keys::description::Purpose;
use procura_keys::key_file::KeyFile;
use procura_keys::passphrase::Passphrase;
use procura_keys::secret_bytes::SecretBytes;
use procura_keys::unsealer::Unsealer;

use crate::foreign::Draft;
use crate::world::{SEED, description, passphrase, private_directory, rfc_key, seed, set_mode};

const CANARY: &str = "canary-Xq7-passphrase";

/// Every form in which a byte string usually gets printed.
fn forms(secret: &[u8]) -> Vec<String> {
    let hexadecimal: String = secret.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    // A part is as telling as the whole, and survives truncation.
    vec![
        hexadecimal[..16].to_owned(),
        hexadecimal[..16].to_uppercase(),
        base64url::encode(secret)[..12].to_owned(),
        format!("{:?}", &secret[..6]).trim_end_matches(']').to_owned(),
        String::from_utf8_lossy(&secret[..8]).into_owned(),
    ]
}

fn canaries() -> Vec<String> {
    [seed().as_slice(), CANARY.as_bytes()].into_iter().flat_map(forms).collect()
}

fn found(printed: &str) -> Vec<String> {
    canaries().into_iter().filter(|form| printed.contains(form.as_str())).collect()
}

/// All that a value says of itself.
fn debug(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// All that an error says of itself and its causes.
fn error(value: &(dyn Error + 'static)) -> String {
    let mut text = format!("{value} {value:?} {value:#?}");
    let mut cause = value.source();
    while let Some(inner) = cause {
        write!(text, " {inner} {inner:?}").unwrap();
        cause = inner.source();
    }
    text
}

#[test]
fn cli_04_the_search_finds_what_is_there() {
    assert_eq!(found(SEED).len(), 1);
    assert_eq!(found(&format!("{:?}", seed())).len(), 1);
    assert!(!found(CANARY).is_empty());
    assert!(found("nothing of note").is_empty());
}

#[test]
fn cli_04_values_print_no_secret() {
    let key = rfc_key();
    let phrase = passphrase(CANARY);
    let secret = SecretBytes::from_vec(seed().to_vec()).unwrap();
    let describe = || description("planner", Purpose::AGENT);
    let file = KeyFile::seal_key(&key, describe(), &phrase).unwrap();
    let bytes = KeyFile::seal_bytes(&secret, describe(), &phrase).unwrap();
    let mut printed = String::new();
    printed += &debug(&key);
    printed += &debug(&phrase);
    printed += &debug(&secret);
    printed += &debug(&file);
    printed += &debug(&bytes);
    printed += &file.to_text();
    printed += &bytes.to_text();
    printed += &debug(&Unsealer::new(phrase));
    printed += &debug(&key.sign(b"message"));
    assert_eq!(found(&printed), Vec::<String>::new());
    assert_eq!(format!("{key:?}"), "SecretKey(…)");
    assert_eq!(format!("{secret:?}"), "SecretBytes(…)");
    assert_eq!(format!("{:?}", passphrase(CANARY)), "Passphrase(…)");
}

#[test]
fn cli_04_errors_print_no_secret() {
    let directory = private_directory();
    let path = directory.path().join("wrong-file");
    let mut printed = String::new();
    // Somebody names the file of a secret where a key file is wanted, and a
    // file with a second line where a passphrase is wanted.
    for contents in [CANARY.to_owned(), format!("procura-key-file/1\nlabel: {CANARY}\n{SEED}\n")] {
        fs::write(&path, format!("{contents}\n{CANARY}\n")).unwrap();
        set_mode(&path, 0o600);
        printed += &error(&KeyFile::read(&path).unwrap_err());
        printed += &error(&Passphrase::from_file(&path).unwrap_err());
    }
    let file = KeyFile::parse(Draft::example().seal(&seed()).as_bytes()).unwrap();
    printed += &error(&file.open_key(&Purpose::AGENT, &passphrase(CANARY)).unwrap_err());
    printed += &error(&file.open_key(&Purpose::LOG, &passphrase(CANARY)).unwrap_err());
    printed += &error(&file.open_bytes(&Purpose::LOG, &passphrase(CANARY)).unwrap_err());
    printed += &error(&file.create(&path).unwrap_err());
    printed += &error(&Passphrase::from_text(format!("{CANARY}\n")).unwrap_err());
    assert_eq!(found(&printed), Vec::<String>::new());
}
