//! Signed notes: the form, the signatures, and who is believed.

use base64ct::{Base64, Encoding};
use procura_merkle::note::{NoteError, SignedNote, attach, sign};
use proptest::prelude::*;

use crate::log::LogKey;

const TEXT: &str = "first line\n\nthird line\n";

fn signed(key: &LogKey) -> String {
    sign(TEXT, &key.verifier, &|message| key.sign(message)).unwrap()
}

/// The signature line at the end of a note.
fn line(note: &str) -> &str {
    note.rsplit_once("\n\n").unwrap().1
}

fn open(note: &str, key: &LogKey) -> Result<String, NoteError> {
    SignedNote::parse(note)?.open(&[&key.verifier]).map(String::from)
}

#[test]
fn a_note_opens_under_the_key_that_signed_it() {
    let key = LogKey::new("signer.example", 1);
    assert_eq!(open(&signed(&key), &key), Ok(TEXT.into()));
    let other = LogKey::new("signer.example", 2);
    assert_eq!(open(&signed(&key), &other), Err(NoteError::NoKnownKey));
    let renamed = LogKey::new("other.example", 1);
    assert_eq!(open(&signed(&key), &renamed), Err(NoteError::NoKnownKey));
}

#[test]
fn signatures_by_unknown_keys_are_ignored() {
    let (key, witness) = (LogKey::new("signer.example", 1), LogKey::new("witness.example", 2));
    let replaced = LogKey::new("signer.example", 3);
    let mine = signed(&key);
    let note = [mine.as_str(), line(&signed(&witness)), line(&signed(&replaced))].concat();
    for known in [&key, &witness, &replaced] {
        assert_eq!(open(&note, known), Ok(TEXT.into()));
    }
    let unknown_type = Base64::encode_string(&[0; 77]);
    let note = format!("{mine}\u{2014} witness.example {unknown_type}\n");
    assert_eq!(open(&note, &key), Ok(TEXT.into()));
}

#[test]
fn a_bad_signature_under_a_known_key_spoils_the_note() {
    let (key, witness) = (LogKey::new("signer.example", 1), LogKey::new("witness.example", 2));
    let forged = sign("other text\n", &key.verifier, &|message| key.sign(message)).unwrap();
    let note = [signed(&witness).as_str(), line(&forged)].concat();
    let parsed = SignedNote::parse(&note).unwrap();
    let bad = NoteError::BadSignature("signer.example".into());
    assert_eq!(parsed.open(&[&witness.verifier, &key.verifier]), Err(bad));
    assert_eq!(parsed.open(&[&witness.verifier]), Ok(TEXT));
}

#[test]
fn sixteen_signatures_are_accepted_and_seventeen_are_not() {
    let key = LogKey::new("signer.example", 1);
    let one = signed(&key);
    let note = [one.as_str(), &line(&one).repeat(15)].concat();
    assert_eq!(open(&note, &key), Ok(TEXT.into()));
    let note = [one.as_str(), &line(&one).repeat(16)].concat();
    assert_eq!(open(&note, &key), Err(NoteError::TooManySignatures));
}

#[test]
fn the_form_of_a_note_is_strict() {
    let key = LogKey::new("signer.example", 1);
    let note = signed(&key);
    let parse = |note: &str| SignedNote::parse(note).map(|_| ());
    assert_eq!(parse(""), Err(NoteError::NoFinalNewline));
    assert_eq!(parse("text\n"), Err(NoteError::NoBlankLine));
    assert_eq!(parse("text\n\n"), Err(NoteError::NotSigned));
    assert_eq!(parse(note.trim_end()), Err(NoteError::NoFinalNewline));
    assert_eq!(parse(&note.replace('\n', "\r\n")), Err(NoteError::ControlCharacter));
    assert_eq!(parse(&note.replace("first", "fi\0rst")), Err(NoteError::ControlCharacter));
    assert_eq!(parse(&note.replace("first", "fi\trst")), Err(NoteError::ControlCharacter));
    let long = format!("{}{note}", "x".repeat(SignedNote::MAX_BYTES));
    assert_eq!(parse(&long), Err(NoteError::TooLong));
    let longest = format!("{}{note}", "x".repeat(SignedNote::MAX_BYTES - note.len()));
    assert_eq!(parse(&longest), Ok(()), "its form is right, and nobody signed it");
    assert_eq!(parse(&note), Ok(()));
}

#[test]
fn the_form_of_a_signature_line_is_strict() {
    let key = LogKey::new("signer.example", 1);
    let note = signed(&key);
    let changes = [
        ("\u{2014} ", "- "),
        ("\u{2014} ", "\u{2014}"),
        ("\u{2014} ", "\u{2014}  "),
        ("signer.example", ""),
        ("signer.example", "signer+example"),
        ("signer.example", "signer\u{3000}example"),
        ("=\n", "\n"),
        ("=\n", "= \n"),
    ];
    for (from, to) in changes {
        let changed = note.replace(from, to);
        assert_ne!(changed, note);
        assert_eq!(open(&changed, &key), Err(NoteError::SignatureLine(0)), "{changed}");
    }
    // Four bytes are a key id and no signature.
    let short = format!("{note}\u{2014} witness.example AAAAAA==\n");
    assert_eq!(open(&short, &key), Err(NoteError::SignatureLine(1)));
    let next = format!("{note}\u{2014} witness.example AAAAAAA=\n");
    assert_eq!(open(&next, &key), Ok(TEXT.into()));
}

#[test]
fn a_signature_of_another_length_is_not_valid() {
    let key = LogKey::new("signer.example", 1);
    let mut bytes = key.verifier.id().as_bytes().to_vec();
    bytes.extend_from_slice(&key.sign(TEXT.as_bytes())[..63]);
    let note = format!("{TEXT}\n\u{2014} signer.example {}\n", Base64::encode_string(&bytes));
    assert_eq!(open(&note, &key), Err(NoteError::BadSignature("signer.example".into())));
}

#[test]
fn only_text_that_can_be_read_back_is_signed() {
    let key = LogKey::new("signer.example", 1);
    let sign = |text: &str| sign(text, &key.verifier, &|message| key.sign(message)).map(|_| ());
    assert_eq!(sign("no newline"), Err(NoteError::NoFinalNewline));
    assert_eq!(sign("a bell \u{7}\n"), Err(NoteError::ControlCharacter));
    assert_eq!(sign(&format!("{}\n", "x".repeat(200_000))), Err(NoteError::TooLong));
    assert_eq!(sign(&format!("{}\n", "x".repeat(131_071))), Err(NoteError::TooLong));
    assert_eq!(sign("text\n"), Ok(()));
}

#[test]
fn a_signature_by_the_wrong_key_is_not_attached() {
    let (key, other) = (LogKey::new("signer.example", 1), LogKey::new("signer.example", 2));
    let signature = other.sign(TEXT.as_bytes());
    let bad = NoteError::BadSignature("signer.example".into());
    assert_eq!(attach(TEXT, &key.verifier, &signature), Err(bad));
    assert!(attach(TEXT, &other.verifier, &signature).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_that_is_signed_opens_to_itself(text in "([^\\x00-\\x1f]|\n){0,60}\n") {
        let key = LogKey::new("signer.example", 1);
        let note = sign(&text, &key.verifier, &|message| key.sign(message)).unwrap();
        prop_assert_eq!(open(&note, &key), Ok(text));
    }

    #[test]
    fn a_flipped_bit_in_a_note_is_refused(spot in any::<prop::sample::Index>(), bit in 0..8) {
        let key = LogKey::new("signer.example", 1);
        let mut bytes = signed(&key).into_bytes();
        let spot = spot.index(bytes.len());
        bytes[spot] ^= 1_u8 << bit;
        // What is no longer UTF-8 does not get as far as a note.
        if let Ok(note) = String::from_utf8(bytes) {
            prop_assert!(open(&note, &key).is_err(), "{}", note);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = SignedNote::parse(&text);
    }
}
