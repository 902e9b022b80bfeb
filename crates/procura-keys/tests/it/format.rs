//! The text of a key file: the documented example, and every way to be wrong.

use procura_core::base64url;
use procura_core::key::Signer as _;
use procura_keys::description::{Cost, Label, Purpose};
use procura_keys::error::KeyError;
use procura_keys::key_file::KeyFile;

use crate::foreign::{Draft, checked};
use crate::world::{PASSPHRASE, SIGNATURE, bytes, passphrase, seed};

const PAGE: &str = include_str!("../../../../docs/formats/key-file.md");

/// What reading and opening `text` comes to.
fn code(text: &[u8]) -> &'static str {
    let opened = KeyFile::parse(text)
        .and_then(|file| file.open_key(&Purpose::AGENT, &passphrase(PASSPHRASE)));
    match opened {
        Ok(_) => "opened",
        Err(error) => error.code(),
    }
}

fn check(change: impl FnOnce(&mut Draft), expected: &str) {
    let mut draft = Draft::example();
    change(&mut draft);
    assert_eq!(code(draft.seal(&seed()).as_bytes()), expected, "{}", draft.head());
}

#[test]
fn the_documented_example_is_what_the_format_gives_and_opens() {
    let (_, rest) = PAGE.split_once("```text\nprocura-key-file/1\nlabel: planner").unwrap();
    let (rest, _) = rest.split_once("```").unwrap();
    let example = format!("procura-key-file/1\nlabel: planner{rest}");
    assert_eq!(example, Draft::example().seal(&seed()));

    let file = KeyFile::parse(example.as_bytes()).unwrap();
    assert_eq!(file.to_text(), example);
    assert_eq!(file.label().as_str(), "planner on build-7");
    assert_eq!(file.purpose(), &Purpose::AGENT);
    let key = file.open_key(&Purpose::AGENT, &passphrase(PASSPHRASE)).unwrap();
    assert_eq!(file.public_key(), Some(key.public_key()));
    assert_eq!(key.sign(b"").to_bytes().as_slice(), bytes(SIGNATURE));
}

#[test]
fn a_flipped_bit_is_refused_as_damage() {
    let text = Draft::example().seal(&seed()).into_bytes();
    assert_eq!(code(&text), "opened");
    for index in 0..text.len() {
        for bit in 0..8 {
            let mut damaged = text.clone();
            damaged[index] ^= 1 << bit;
            let error = KeyFile::parse(&damaged).expect_err("byte and bit of no effect");
            assert_eq!(error.code(), "key.malformed", "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn a_flipped_bit_is_refused_under_a_recomputed_check() {
    let text = Draft::example().seal(&seed());
    let (body, _) = text.split_once("check: ").unwrap();
    for index in 0..body.len() {
        let mut changed = body.as_bytes().to_vec();
        // One bit of each byte, a different one each time.
        changed[index] ^= 1 << (index % 7);
        let changed = checked(str::from_utf8(&changed).unwrap());
        let refused = ["key.malformed", "key.passphrase", "key.purpose"];
        assert!(refused.contains(&code(changed.as_bytes())), "byte {index}");
    }
}

#[test]
fn a_cut_or_longer_text_is_refused() {
    let text = Draft::example().seal(&seed()).into_bytes();
    for end in 0..text.len() {
        assert_eq!(code(&text[..end]), "key.malformed", "cut at {end}");
    }
    for suffix in ["\n", " ", "check: ", "x\n"] {
        let longer = [text.as_slice(), suffix.as_bytes()].concat();
        assert_eq!(code(&longer), "key.malformed", "{suffix:?}");
    }
}

#[test]
fn another_version_is_refused_and_says_to_update() {
    check(|draft| draft.version = "procura-key-file/2", "key.malformed");
    check(|draft| draft.version = "procura-key-file/11", "key.malformed");
    check(|draft| draft.version = "procura-key-file/", "key.malformed");
    let error = KeyFile::parse(b"procura-key-file/2\n").unwrap_err();
    assert!(error.to_string().ends_with("not known here; update procura"), "{error}");
}

#[test]
fn a_text_that_says_the_same_in_another_spelling_is_refused() {
    check(|_| (), "opened");
    check(|draft| draft.version = "procura-key-file/1\r", "key.malformed");
    check(|draft| draft.label = " planner", "key.malformed");
    check(|draft| draft.label = "planner\nlabel: planner", "key.malformed");
    check(|draft| draft.purpose = "Agent", "key.malformed");
    check(|draft| draft.holds.push('='), "key.malformed");
    check(|draft| draft.kdf = "argon2id m=019456 t=2 p=1".to_owned(), "key.malformed");
    check(|draft| draft.kdf = "argon2id m=+19456 t=2 p=1".to_owned(), "key.malformed");
    check(|draft| draft.kdf = "argon2id t=2 m=19456 p=1".to_owned(), "key.malformed");
    check(|draft| draft.kdf = "argon2i m=19456 t=2 p=1".to_owned(), "key.malformed");
    check(|draft| draft.salt.push(0), "key.malformed");
}

#[test]
fn a_hostile_cost_is_refused_before_any_work() {
    // 100 GiB, and what 32 bits can say at most.
    for kdf in [
        "m=104857600 t=2 p=1",
        "m=4294967295 t=4294967295 p=16777215",
        "m=262145 t=2 p=1",
        "m=19456 t=9 p=1",
        "m=19456 t=2 p=5",
        "m=19455 t=2 p=1",
        "m=19456 t=1 p=1",
        "m=19456 t=2 p=0",
    ] {
        check(|draft| draft.kdf = format!("argon2id {kdf}"), "key.malformed");
    }
}

#[test]
fn a_dearer_cost_within_bounds_opens() {
    check(
        |draft| {
            draft.kdf = "argon2id m=32768 t=3 p=2".to_owned();
            draft.cost = (32_768, 3, 2);
        },
        "opened",
    );
    assert!(Cost::new(Cost::MAX_MEMORY, Cost::MAX_PASSES, Cost::MAX_LANES).is_some());
    assert!(Cost::new(Cost::MAX_MEMORY + 1, Cost::MAX_PASSES, Cost::MAX_LANES).is_none());
}

#[test]
fn cli_02_a_public_half_of_another_seed_is_refused() {
    let other = procura_keys::secret_key::SecretKey::generate().unwrap();
    let holds = format!("ed25519 {}", base64url::encode(other.public_key().as_bytes()));
    check(|draft| draft.holds = holds, "key.mismatch");
}

#[test]
fn cli_02_the_public_half_of_the_same_seed_opens() {
    check(|_| (), "opened");
}

#[test]
fn a_public_half_that_proves_nothing_is_refused() {
    let neutral = {
        let mut point = [0; 32];
        point[0] = 1;
        format!("ed25519 {}", base64url::encode(&point))
    };
    check(|draft| draft.holds = neutral, "key.malformed");
}

#[test]
fn a_seed_of_the_wrong_length_is_refused() {
    for length in [0, 31, 33] {
        let text = Draft::example().seal(&vec![7; length]);
        assert_eq!(code(text.as_bytes()), "key.malformed", "{length}");
    }
}

#[test]
fn a_key_opens_only_for_its_purpose() {
    check(|draft| draft.purpose = "log", "key.purpose");
    let error = KeyFile::parse(Draft::example().seal(&seed()).as_bytes())
        .unwrap()
        .open_key(&Purpose::LOG, &passphrase(PASSPHRASE))
        .unwrap_err();
    assert!(matches!(error, KeyError::Purpose { .. }));
    assert!(error.to_string().contains("a key for `agent`, not for `log`"), "{error}");
}

#[test]
fn labels_and_purposes_are_short_printable_and_on_one_line() {
    for good in ["a", "planner on build-7", "agent:planner", &"x".repeat(128)] {
        assert!(Label::parse(good).is_some(), "{good:?}");
    }
    for bad in ["", " a", "a ", "a\nb", "a\tb", "a\u{1b}[0m", "ä", "\u{202e}a", &"x".repeat(129)] {
        assert!(Label::parse(bad).is_none(), "{bad:?}");
    }
    for good in ["agent", "log-2", &"x".repeat(32)] {
        assert!(Purpose::parse(good).is_some(), "{good:?}");
    }
    for bad in ["", "2log", "-log", "Log", "lo g", "log\n", &"x".repeat(33)] {
        assert!(Purpose::parse(bad).is_none(), "{bad:?}");
    }
}
