//! A log that was written by other software: tiles, entries and checkpoints.

#![expect(clippy::disallowed_methods, reason = "the log is files")]

use std::{fs, path::Path};

use procura_merkle::{
    checkpoint::{Checkpoint, CheckpointError},
    hash::{Hash, leaf_hash},
    note::NoteError,
    tree::{Frontier, Node},
    verifier_key::VerifierKey,
};

use crate::{
    log::{Log, LogKey},
    vectors,
};

/// The public key under which the log was published.
const KEY: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

#[test]
fn the_checkpoints_open_under_their_key_and_no_other() {
    let Some(set) = vectors::set("tlog-tiles-tessera") else {
        return;
    };
    let key: VerifierKey = KEY.parse().unwrap();
    assert_eq!(key.to_string(), KEY);
    let other = LogKey::new(key.name(), 1).verifier;
    for size in 0..=15 {
        let note = checkpoint_note(&set, size);
        let checkpoint = Checkpoint::open(&note, &key).unwrap();
        assert_eq!(checkpoint.size(), size);
        assert_eq!(
            Checkpoint::open(&note, &other),
            Err(CheckpointError::Note(NoteError::NoKnownKey))
        );
    }
}

#[test]
fn the_roots_follow_from_the_entries_and_from_the_tiles() {
    let Some(set) = vectors::set("tlog-tiles-tessera") else {
        return;
    };
    let key: VerifierKey = KEY.parse().unwrap();
    for size in 1..=15 {
        let leaves: Vec<Hash> = entries(&set, size).iter().map(|entry| leaf_hash(entry)).collect();
        assert_eq!(leaves, tile(&set, size));
        let mut frontier = Frontier::new();
        for leaf in leaves {
            let nodes = frontier.append(leaf).unwrap();
            assert_eq!(nodes.first().map(|Node { hash, .. }| *hash), Some(leaf));
        }
        let checkpoint = Checkpoint::open(&checkpoint_note(&set, size), &key).unwrap();
        assert_eq!(checkpoint.head(), &frontier.head());
    }
}

#[test]
fn each_checkpoint_continues_all_that_came_before() {
    let Some(set) = vectors::set("tlog-tiles-tessera") else {
        return;
    };
    let key: VerifierKey = KEY.parse().unwrap();
    let mut log = Log::new();
    for entry in entries(&set, 15) {
        log.append(&entry);
    }
    let open = |size| Checkpoint::open(&checkpoint_note(&set, size), &key).unwrap();
    for new in 0..=15 {
        for old in 0..=new {
            let proof = log.consistency(old, new);
            assert_eq!(open(new).verify_extends(&open(old), &proof), Ok(()));
        }
    }
}

fn checkpoint_note(set: &Path, size: u64) -> String {
    fs::read_to_string(set.join(format!("log/checkpoint.{size}"))).unwrap()
}

fn tile(set: &Path, size: u64) -> Vec<Hash> {
    let bytes = fs::read(set.join(format!("log/tile/0/000.p/{size}"))).unwrap();
    bytes.chunks(Hash::LEN).map(|bytes| bytes.try_into().unwrap()).collect()
}

/// An entry bundle: each entry after its length in two bytes (C2SP tlog-tiles).
fn entries(set: &Path, size: u64) -> Vec<Vec<u8>> {
    let bundle = fs::read(set.join(format!("log/tile/entries/000.p/{size}"))).unwrap();
    let mut rest = bundle.as_slice();
    let mut entries = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        entries.push(entry.to_vec());
        rest = after;
    }
    assert_eq!(entries.len() as u64, size);
    entries
}
