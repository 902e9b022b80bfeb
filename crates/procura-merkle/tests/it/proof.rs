//! Receipts: the form, the limits, and what a verified one says.

use base64ct::{Base64, Encoding};
use procura_merkle::{
    checkpoint::CheckpointError,
    hash::{HashError, leaf_hash},
    note::NoteError,
    proof::{Receipt, ReceiptError},
};
use proptest::prelude::*;

use crate::log::{Log, LogKey};

fn key() -> LogKey {
    LogKey::new("log.example", 1)
}

#[test]
fn a_receipt_has_the_lines_of_tlog_proof() {
    let log = Log::of(3);
    let text = log.receipt(1, 3, &key()).to_text();
    let leaves = log.leaves();
    let expected = format!(
        "c2sp.org/tlog-proof@v1\nextra {}\nindex 1\n{}\n{}\n\n{}",
        Base64::encode_string(b"entry 1"),
        leaves[0],
        leaves[2],
        log.note(3, &key()),
    );
    assert_eq!(text, expected);
}

#[test]
fn a_verified_receipt_says_what_is_in_the_log_and_where() {
    let log = Log::of(6);
    let receipt = Receipt::parse(&log.receipt(4, 6, &key()).to_text()).unwrap();
    let verified = receipt.verify(&key().verifier).unwrap();
    assert_eq!(verified.entry(), b"entry 4");
    assert_eq!(verified.index(), 4);
    assert_eq!(verified.checkpoint().head(), &log.head(6));
    assert_eq!(verified.checkpoint().origin(), "log.example");
}

#[test]
fn a_receipt_that_is_not_verified_shows_what_it_claims() {
    let log = Log::of(6);
    let receipt = Receipt::parse(&log.receipt(4, 6, &key()).to_text()).unwrap();
    assert_eq!(receipt.extra(), Some(b"entry 4".as_slice()));
    assert_eq!(receipt.index(), 4);
    assert_eq!(receipt.hashes(), log.inclusion(4, 6));
    assert_eq!(receipt.checkpoint_note(), log.note(6, &key()));
}

#[test]
fn a_receipt_without_its_entry_needs_the_callers() {
    let log = Log::of(6);
    let bare = Receipt::new(None, 4, log.inclusion(4, 6), log.note(6, &key())).unwrap();
    let bare = Receipt::parse(&bare.to_text()).unwrap();
    assert_eq!(bare.extra(), None);
    assert_eq!(bare.verify(&key().verifier), Err(ReceiptError::NoEntry));
    assert!(bare.verify_entry(b"entry 4", &key().verifier).is_ok());
    let refused = bare.verify_entry(b"entry 5", &key().verifier);
    assert!(matches!(refused, Err(ReceiptError::Proof(_))));
}

#[test]
fn the_only_entry_of_a_log_has_a_proof_without_hashes() {
    let receipt = Log::of(1).receipt(0, 1, &key());
    assert_eq!(receipt.hashes(), []);
    let receipt = Receipt::parse(&receipt.to_text()).unwrap();
    assert!(receipt.verify(&key().verifier).is_ok());
}

#[test]
fn the_form_of_a_receipt_is_strict() {
    let log = Log::of(3);
    let text = log.receipt(1, 3, &key()).to_text();
    let extra = format!("extra {}\n", Base64::encode_string(b"entry 1"));
    let hash = format!("{}\n", log.leaves()[0]);
    let cases = [
        ("@v1", "@v2", ReceiptError::FirstLine),
        ("c2sp", " c2sp", ReceiptError::FirstLine),
        (&extra, "extra ?\n", ReceiptError::Extra),
        (&extra, "extra AAA\n", ReceiptError::Extra),
        (&extra, "extra  AAAA\n", ReceiptError::Extra),
        (&extra, "extra\n", ReceiptError::Index),
        (&extra, "\nextra AAAA\n", ReceiptError::Index),
        (&extra, "extra AAAA\nextra AAAA\n", ReceiptError::Index),
        ("index 1\n", "", ReceiptError::Index),
        ("index 1\n", "index 01\n", ReceiptError::Index),
        ("index 1\n", "index -1\n", ReceiptError::Index),
        ("index 1\n", "index  1\n", ReceiptError::Index),
        ("index 1\n", "index 1 \n", ReceiptError::Index),
        ("index 1\n", "index 18446744073709551616\n", ReceiptError::Index),
        (&hash, "AAAA\n", ReceiptError::Hash(0, HashError::Length(3))),
        (&hash, "hash\n\n", ReceiptError::Hash(0, HashError::Length(3))),
    ];
    for (from, to, error) in cases {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        assert_eq!(Receipt::parse(&changed), Err(error), "{changed}");
    }
    assert_eq!(Receipt::parse(""), Err(ReceiptError::FirstLine));
    let (proof, _) = text.split_once("\n\n").unwrap();
    assert_eq!(Receipt::parse(proof), Err(ReceiptError::NoCheckpoint));
}

#[test]
fn a_receipt_holds_a_checkpoint_and_nothing_after_it() {
    let log = Log::of(3);
    let text = log.receipt(1, 3, &key()).to_text();
    let unsigned = ReceiptError::Checkpoint(CheckpointError::Note(NoteError::NotSigned));
    assert_eq!(Receipt::parse(&format!("{text}\n")), Err(unsigned));
    let line = ReceiptError::Checkpoint(CheckpointError::Note(NoteError::SignatureLine(1)));
    assert_eq!(Receipt::parse(&format!("{text}more\n")), Err(line));
    let size = ReceiptError::Checkpoint(CheckpointError::Size("x".into()));
    assert_eq!(Receipt::parse(&text.replace("\n3\n", "\nx\n")), Err(size));
}

#[test]
fn limits_come_before_any_work() {
    let log = Log::of(3);
    let note = log.note(3, &key());
    let long = "x".repeat(Receipt::MAX_BYTES + 1);
    assert_eq!(Receipt::parse(&long), Err(ReceiptError::TooLong));
    // Three bytes of an entry are four of the text, and the index makes up the rest.
    let of = |bytes, index| Receipt::new(Some(vec![0; bytes]), index, Vec::new(), note.clone());
    let around = of(0, 0).unwrap().to_text().len();
    let (bytes, rest) = ((Receipt::MAX_BYTES - around) / 4 * 3, (Receipt::MAX_BYTES - around) % 4);
    let longest = of(bytes, 10_u64.pow(u32::try_from(rest).unwrap()) - 1 + u64::from(rest > 0));
    let text = longest.unwrap().to_text();
    assert_eq!(text.len(), Receipt::MAX_BYTES);
    assert!(Receipt::parse(&text).is_ok());
    let extra = Some(vec![0; Receipt::MAX_BYTES]);
    assert_eq!(Receipt::new(extra, 0, Vec::new(), note.clone()), Err(ReceiptError::TooLong));
    let hashes = |count| vec![leaf_hash(b""); count];
    let full = Receipt::new(None, 0, hashes(64), note.clone()).unwrap();
    assert_eq!(Receipt::parse(&full.to_text()), Ok(full.clone()));
    let error = Err(ReceiptError::TooManyHashes);
    assert_eq!(Receipt::new(None, 0, hashes(65), note), error);
    let line = format!("{}\n\n", leaf_hash(b""));
    let text = full.to_text().replacen("\n\n", &format!("\n{line}"), 1);
    assert_eq!(Receipt::parse(&text), error);
}

#[test]
fn an_entry_of_a_full_bundle_fits_into_a_receipt() {
    let mut log = Log::of(2);
    log.append(&[b'x'; 65_535]);
    let text = log.receipt(2, 3, &key()).to_text();
    assert!(Receipt::parse(&text).unwrap().verify(&key().verifier).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_prints_parses_to_itself(
        extra in prop::option::of(any::<Vec<u8>>()),
        index: u64,
        count in 0_usize..64,
    ) {
        let note = Log::of(3).note(3, &key());
        let receipt = Receipt::new(extra, index, vec![leaf_hash(b""); count], note).unwrap();
        prop_assert_eq!(Receipt::parse(&receipt.to_text()), Ok(receipt));
    }

    #[test]
    fn a_flipped_bit_in_a_receipt_is_refused(spot in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = Log::of(7).receipt(5, 7, &key()).to_text().into_bytes();
        let spot = spot.index(bytes.len());
        bytes[spot] ^= 1_u8 << bit;
        if let Ok(text) = String::from_utf8(bytes) {
            let verdict = Receipt::parse(&text).and_then(|receipt| receipt.verify(&key().verifier));
            prop_assert!(verdict.is_err(), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(c2sp.org/tlog-proof@v1\n)?(index 1\n)?\\PC{0,40}") {
        let _ = Receipt::parse(&text);
    }
}
