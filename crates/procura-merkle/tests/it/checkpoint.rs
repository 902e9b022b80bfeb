//! Checkpoints: the form, and whose they are.

use procura_merkle::{
    checkpoint::{Checkpoint, CheckpointError},
    hash::{HashError, empty_root, leaf_hash},
    note::{NoteError, sign},
    tree::TreeHead,
};
use proptest::prelude::*;

use crate::log::{Log, LogKey};

const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

#[test]
fn a_checkpoint_has_three_lines() {
    let text = format!("example.com/behind-the-sofa\n20852163\n{ROOT}\n");
    let checkpoint = Checkpoint::parse(&text).unwrap();
    assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size(), 20_852_163);
    assert_eq!(checkpoint.root().to_string(), ROOT);
    assert_eq!(checkpoint.to_text(), text);
}

#[test]
fn the_form_of_a_checkpoint_is_strict() {
    let parse = |text: String| Checkpoint::parse(&text).unwrap_err();
    assert_eq!(parse(String::new()), CheckpointError::Lines);
    assert_eq!(parse("log\n1\n".into()), CheckpointError::Lines);
    assert_eq!(parse(format!("log\n1\n{ROOT}")), CheckpointError::Lines);
    assert_eq!(parse(format!("log\n1\n{ROOT}\nextension\n")), CheckpointError::Lines);
    assert_eq!(parse(format!("log\n1\n{ROOT}\n\n")), CheckpointError::Lines);
    assert_eq!(parse(format!("\n1\n{ROOT}\n")), CheckpointError::Origin(String::new()));
    assert_eq!(parse(format!("a log\n1\n{ROOT}\n")), CheckpointError::Origin("a log".into()));
    assert_eq!(parse("log\n1\nAAAA\n".into()), CheckpointError::Root(HashError::Length(3)));
    for size in ["", "01", "00", "-1", "+1", " 1", "1 ", "0x1", "1_0", "१", "18446744073709551616"]
    {
        let text = format!("log\n{size}\n{ROOT}\n");
        assert_eq!(parse(text), CheckpointError::Size(size.into()));
    }
}

#[test]
fn the_empty_tree_has_one_root() {
    let empty = TreeHead { size: 0, root: empty_root() };
    assert!(Checkpoint::new("log", empty).is_ok());
    let forged = TreeHead { size: 0, root: leaf_hash(b"") };
    assert_eq!(Checkpoint::new("log", forged), Err(CheckpointError::EmptyTreeRoot));
    let text = format!("log\n0\n{ROOT}\n");
    assert_eq!(Checkpoint::parse(&text), Err(CheckpointError::EmptyTreeRoot));
}

#[test]
fn a_checkpoint_that_is_signed_opens_to_itself() {
    let key = LogKey::new("log.example", 1);
    let checkpoint = Checkpoint::new("log.example", Log::of(9).head(9)).unwrap();
    let note = checkpoint.sign(&key.verifier, &|message| key.sign(message)).unwrap();
    assert_eq!(Checkpoint::open(&note, &key.verifier), Ok(checkpoint.clone()));
    let signature = key.sign(checkpoint.to_text().as_bytes());
    assert_eq!(checkpoint.attach(&key.verifier, &signature), Ok(note));
}

#[test]
fn a_key_signs_and_opens_the_checkpoints_of_its_own_log_only() {
    let key = LogKey::new("log.example", 1);
    let foreign = Checkpoint::new("other.example", Log::of(9).head(9)).unwrap();
    let other_log =
        CheckpointError::OtherLog { origin: "other.example".into(), key: "log.example".into() };
    let signer = |message: &[u8]| key.sign(message);
    assert_eq!(foreign.sign(&key.verifier, &signer), Err(other_log.clone()));
    assert_eq!(foreign.attach(&key.verifier, &[0; 64]), Err(other_log.clone()));
    // The note is well signed, and by the key that was asked for.
    let note = sign(&foreign.to_text(), &key.verifier, &signer).unwrap();
    assert_eq!(Checkpoint::open(&note, &key.verifier), Err(other_log));
}

#[test]
fn a_text_is_not_looked_at_before_its_signature() {
    let (key, other) = (LogKey::new("log.example", 1), LogKey::new("log.example", 2));
    let note = sign("nonsense\n", &key.verifier, &|message| key.sign(message)).unwrap();
    assert_eq!(Checkpoint::open(&note, &key.verifier), Err(CheckpointError::Lines));
    assert_eq!(
        Checkpoint::open(&note, &other.verifier),
        Err(CheckpointError::Note(NoteError::NoKnownKey))
    );
}

proptest! {
    #[test]
    fn what_prints_parses_to_itself(size in 1_u64.., bytes: [u8; 32], origin in "[a-z./]{1,20}") {
        let head = TreeHead { size, root: leaf_hash(&bytes) };
        let checkpoint = Checkpoint::new(&origin, head).unwrap();
        prop_assert_eq!(Checkpoint::parse(&checkpoint.to_text()), Ok(checkpoint));
    }

    #[test]
    fn what_parses_prints_as_it_was(text in "[a-z +]{0,3}\n[0-9]{1,3}\n[A-Za-z0-9+/]{43}=\n") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_text(), text);
        }
    }
}
