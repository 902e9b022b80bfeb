//! What a restart finds, and what it refuses to go on from.

use std::sync::Arc;

use procura_engine::port::Ledger;
use procura_log::error::LogError;
use procura_log::sequencer::Sequencer;
use procura_merkle::prove;

use crate::world::{Files, ORIGIN, TestSigner, close, copy, open_note, signer};

fn refused(files: &Files) -> LogError {
    files.sequencer(files.open()).map(drop).unwrap_err()
}

#[tokio::test]
async fn a_restart_continues_the_same_tree() {
    let files = Files::with(3).await;
    let first = open_note(&files.note());
    files.grow(5, "later").await;
    let second = open_note(&files.note());
    let database = files.read();
    let read = |level, index| database.node(level, index).map(Option::unwrap);
    let proof = prove::consistency_proof(3, 8, read).unwrap();
    second.verify_extends(&first, &proof).unwrap();
    let opened = files.sequencer(Arc::new(files.read())).unwrap();
    assert_eq!(opened.checkpoint().unwrap().size, 8);
}

#[tokio::test]
async fn an_older_database_is_refused_and_the_pin_is_kept() {
    let files = Files::with(5).await;
    let backup = files.0.path().join("backup");
    copy(&files.database(), &backup);
    files.grow(5, "later").await;
    let (pinned, newest) = (files.note(), std::fs::read(files.database()).unwrap());
    copy(&backup, &files.database());
    let error = refused(&files);
    assert_eq!(error.code(), "store.rolled_back");
    assert!(matches!(error, LogError::RolledBack { signed: 10, found: 5 }));
    assert_eq!(files.note(), pinned);
    // The right database is accepted again.
    std::fs::write(files.database(), newest).unwrap();
    files.sequencer(files.open()).unwrap();
}

#[tokio::test]
async fn an_older_database_that_has_grown_since_is_refused_too() {
    let files = Files::with(5).await;
    let backup = files.0.path().join("backup");
    copy(&files.database(), &backup);
    files.grow(5, "later").await;
    let pinned = files.note();
    copy(&backup, &files.database());
    std::fs::remove_file(files.pin()).unwrap();
    // Whoever has it pinned as it is makes another history.
    files.adopt();
    files.grow(8, "other").await;
    std::fs::write(files.pin(), &pinned).unwrap();
    assert!(matches!(refused(&files), LogError::Rewritten { signed: 10 }));
    assert_eq!(refused(&files).code(), "store.rolled_back");
    assert_eq!(files.note(), pinned);
}

#[tokio::test]
async fn a_log_is_pinned_before_its_first_event() {
    let files = Files::new();
    let store = files.open();
    let log = files.sequencer(store.clone()).unwrap();
    assert_eq!(open_note(&files.note()).size(), 0);
    // What a crash leaves before the first checkpoint goes on from there.
    crate::world::append(&store, 2, "event").await;
    close(log, store);
    files.grow(1, "later").await;
    assert_eq!(open_note(&files.note()).size(), 3);
}

#[tokio::test]
async fn events_without_a_pin_are_refused_until_somebody_says_that_they_are_whole() {
    let files = Files::with(5).await;
    std::fs::remove_file(files.pin()).unwrap();
    let error = refused(&files);
    assert!(matches!(error, LogError::PinLost { events: 5, .. }));
    assert_eq!(error.code(), "log.pin_lost");
    assert!(!files.pin().exists(), "nothing is pinned by the way");
    files.adopt();
    assert_eq!(open_note(&files.note()).size(), 5);
    files.sequencer(files.open()).unwrap();
}

#[tokio::test]
async fn a_pin_that_is_there_is_never_given_up_for_the_database() {
    let files = Files::with(5).await;
    let backup = files.0.path().join("backup");
    copy(&files.database(), &backup);
    files.grow(5, "later").await;
    copy(&backup, &files.database());
    let adopted = Sequencer::adopt(files.open(), signer(), ORIGIN, files.pin());
    assert_eq!(adopted.map(drop).unwrap_err().code(), "store.rolled_back");
    assert_eq!(open_note(&files.note()).size(), 10);
}

#[tokio::test]
async fn a_pin_ahead_of_the_stored_checkpoint_is_checked_against_the_events() {
    // The checkpoint was pinned, and the database lost it but not the events.
    for (name, accepted) in [("event", true), ("other", false)] {
        let files = Files::with(6).await;
        let other = Files::new();
        let store = other.open();
        crate::world::append(&store, 6, name).await;
        drop(Arc::into_inner(store).unwrap());
        std::fs::copy(files.pin(), other.pin()).unwrap();
        let opened = other.sequencer(other.open());
        assert_eq!(opened.is_ok(), accepted);
    }
}

#[tokio::test]
async fn another_key_or_name_does_not_continue_the_log() {
    let files = Files::with(3).await;
    let open = |seed: u8, origin: &str| {
        let signer = Arc::new(TestSigner::new(seed));
        Sequencer::open(Arc::new(files.read()), signer, origin, files.pin()).map(drop)
    };
    assert_eq!(open(2, ORIGIN).unwrap_err().code(), "log.pin_invalid");
    assert_eq!(open(1, "log.example/other").unwrap_err().code(), "log.pin_invalid");
    open(1, ORIGIN).unwrap();
    std::fs::remove_file(files.pin()).unwrap();
    assert_eq!(open(2, ORIGIN).unwrap_err().code(), "log.checkpoint_invalid");
    assert_eq!(open(1, "a name").unwrap_err().code(), "log.name_invalid");
}

#[tokio::test]
async fn a_damaged_pin_is_refused_and_kept() {
    let files = Files::with(3).await;
    let note = files.note();
    for damaged in ["", "log.example/test\n", &note.replace("\n3\n", "\n2\n"), &note.repeat(2000)] {
        std::fs::write(files.pin(), damaged).unwrap();
        assert_eq!(refused(&files).code(), "log.pin_invalid");
        assert_eq!(std::fs::read_to_string(files.pin()).unwrap(), damaged);
    }
    std::fs::write(files.pin(), note).unwrap();
    files.sequencer(files.open()).unwrap();
}

#[tokio::test]
async fn a_changed_node_is_found_before_anything_is_signed_over_it() {
    let files = Files::with(4).await;
    let root = files.read().node(2, 0).unwrap().unwrap();
    files.replace(root.as_bytes(), &[7; 32]);
    assert!(matches!(refused(&files), LogError::Rewritten { signed: 4 }));
    files.replace(&[7; 32], root.as_bytes());
    files.sequencer(files.open()).unwrap();
}

#[tokio::test]
async fn a_changed_event_is_not_signed() {
    let files = Files::with(4).await;
    let store = files.open();
    crate::world::append(&store, 1, "unsigned").await;
    drop(Arc::into_inner(store).unwrap());
    // The id stands in its own column too: change the body only.
    files.replace(b"{\"id\":\"unsigned-000004\"", b"{\"id\":\"unsigned-000009\"");
    let store = files.open();
    let log = Sequencer::open(store.clone(), signer(), ORIGIN, files.pin());
    let log = log.unwrap();
    assert_eq!(log.catch_up().await.unwrap_err().code(), "audit.unavailable");
    assert_eq!(open_note(&files.note()).size(), 4);
    close(log, store);
}
