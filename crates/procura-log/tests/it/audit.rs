//! A whole log, checked offline against what is known from elsewhere.

use std::sync::Arc;

use procura_engine::port::{Ledger, Store};
use procura_log::audit::verify;
use procura_log::report::{Gap, Reason, Report, Sound};
use procura_merkle::hash::leaf_hash;

use crate::world::{Files, append, copy, key};

fn audit(files: &Files, known: &[&str]) -> Report {
    verify(&files.read(), &key(), known)
}

/// Changes an event and its hash, as somebody does who knows the format.
fn rewrite(files: &Files, place: u64) {
    let body = files.read().events(place, 1).unwrap().remove(0).body;
    let mut changed = body.clone();
    let digit = b"\"id\":\"event-0".len() + 1;
    changed[digit] = b'9';
    assert_ne!(body, changed);
    files.replace(&body, &changed);
    files.replace(leaf_hash(&body).as_bytes(), leaf_hash(&changed).as_bytes());
}

#[tokio::test]
async fn an_untouched_log_is_true() {
    for size in [0, 1, 2, 255, 256, 257, 1000] {
        let files = Files::with(size).await;
        let sound = Sound { size, known: size, unsigned: 0 };
        assert_eq!(audit(&files, &[&files.note()]), Report::True(sound));
        assert_eq!(Report::True(sound).code(), None);
    }
}

#[tokio::test]
async fn what_is_known_and_what_is_signed_are_told_apart() {
    let files = Files::with(300).await;
    let old = files.note();
    files.grow(300, "event").await;
    let store = files.open();
    append(&store, 7, "unsigned").await;
    drop(Arc::into_inner(store).unwrap());
    let sound = Sound { size: 600, known: 300, unsigned: 7 };
    assert_eq!(audit(&files, &[&old]), Report::True(sound));
}

#[tokio::test]
async fn aud_01_a_changed_event_is_named() {
    let files = Files::with(600).await;
    let note = files.note();
    files.replace(b"{\"id\":\"event-000300\"", b"{\"id\":\"event-000301\"");
    let report = audit(&files, &[&note]);
    assert!(matches!(&report, Report::False { first: 300, reason: Reason::Damaged(_) }));
    assert_eq!(report.code(), Some("audit.proof_invalid"));
    // It is not needed to know anything to see this.
    assert_eq!(audit(&files, &[]), report);
}

#[tokio::test]
async fn aud_01_an_event_that_was_changed_with_its_hash_is_found_by_the_root() {
    for place in [0, 1, 300, 301, 599] {
        let files = Files::with(600).await;
        let note = files.note();
        rewrite(&files, place);
        // The database itself sees nothing.
        assert_eq!(files.read().events(0, 1000).unwrap().len(), 600);
        let report = audit(&files, &[&note]);
        let Report::False { first, reason: Reason::Rewritten { until } } = report else {
            panic!("{report}");
        };
        assert!(first <= place && place < until && until - first == 2);
        assert!(matches!(audit(&files, &[]), Report::False { .. }));
    }
}

#[tokio::test]
async fn aud_01_events_before_an_older_checkpoint_are_cleared() {
    let files = Files::with(5).await;
    files.grow(2, "event").await;
    rewrite(&files, 6);
    let report = audit(&files, &[&files.note()]);
    // The last leaf has no node above it, so only the checkpoints say where.
    assert!(matches!(report, Report::False { first: 5, reason: Reason::Rewritten { until: 7 } }));
}

#[tokio::test]
async fn aud_02_a_log_without_its_end_is_truncated() {
    let files = Files::with(300).await;
    let (old, backup) = (files.note(), files.0.path().join("backup"));
    copy(&files.database(), &backup);
    files.grow(10, "event").await;
    let new = files.note();
    assert!(matches!(audit(&files, &[&new]), Report::True(_)));
    // The end is cut off together with the checkpoints that cover it.
    copy(&backup, &files.database());
    for known in [vec![new.as_str()], vec![&new, &old]] {
        let report = audit(&files, &known);
        let truncated = Reason::Truncated { signed: 310 };
        assert_eq!(report, Report::False { first: 300, reason: truncated });
        assert_eq!(report.code(), Some("audit.truncated"));
    }
    // Who knows only the old checkpoint cannot see it, and is told how far he knows.
    let sound = Sound { size: 300, known: 300, unsigned: 0 };
    assert_eq!(audit(&files, &[&old]), Report::True(sound));
    // Who knows nothing is never told that it is true.
    let report = audit(&files, &[]);
    assert_eq!(report, Report::Incomplete(Gap::NothingKnown));
    assert_eq!(report.code(), Some("audit.incomplete"));
}

#[tokio::test]
async fn aud_02_an_empty_database_is_truncated_too() {
    let files = Files::with(5).await;
    let empty = Files::new();
    let report = audit(&empty, &[&files.note()]);
    let truncated = Reason::Truncated { signed: 5 };
    assert_eq!(report, Report::False { first: 0, reason: truncated });
}

#[tokio::test]
async fn aud_03_two_signed_histories_are_a_fork_and_both_notes_are_kept() {
    // One key, two databases: the same beginning, then not.
    let (one, other) = (Files::with(4).await, Files::with(4).await);
    one.grow(4, "event").await;
    other.grow(4, "other").await;
    let report = audit(&one, &[&other.note()]);
    let Report::False { first: 4, reason: Reason::Fork { one: a, other: b } } = &report else {
        panic!("{report}");
    };
    assert!([a, b].contains(&&one.note()) && [a, b].contains(&&other.note()));
    assert_eq!(report.code(), Some("audit.fork"));
    // Told about both, the audit says the same.
    let both = audit(&one, &[&one.note(), &other.note()]);
    assert_eq!(both.code(), Some("audit.fork"));
    // The two notes alone are the evidence, whichever database is read.
    let neither = audit(&Files::new(), &[&one.note(), &other.note()]);
    assert_eq!(neither.code(), Some("audit.fork"));
    assert!(matches!(audit(&one, &[&one.note()]), Report::True(_)));
}

#[tokio::test]
async fn aud_03_growth_that_does_not_continue_is_a_fork() {
    let (one, other) = (Files::with(4).await, Files::with(4).await);
    one.grow(3, "event").await;
    other.grow(9, "other").await;
    let report = audit(&other, &[&one.note()]);
    assert!(matches!(report, Report::False { first: 4, reason: Reason::Fork { .. } }));
}

#[tokio::test]
async fn aud_08_a_note_of_another_log_is_no_evidence() {
    let files = Files::with(4).await;
    let note = files.note();
    for stranger in ["", "no note", &note.replace("log.example", "log.another")] {
        for known in [vec![stranger], vec![&note, stranger]] {
            let report = audit(&files, &known);
            assert!(matches!(report, Report::Incomplete(Gap::NotOfThisLog(_))));
        }
    }
    assert!(matches!(audit(&files, &[&note]), Report::True(_)));
}

#[tokio::test]
async fn a_stored_checkpoint_that_nobody_signed_is_reported() {
    let files = Files::with(4).await;
    let note = files.note();
    let start = note.len() - 20;
    let mut forged = note.clone().into_bytes();
    forged[start] = if forged[start] == b'A' { b'B' } else { b'A' };
    files.replace(note.as_bytes(), &forged);
    let report = audit(&files, &[&note]);
    let reason = Reason::Checkpoint { size: 4 };
    assert_eq!(report, Report::False { first: 0, reason });
    assert_eq!(files.read().checkpoint().unwrap().unwrap().size, 4);
}
