//! STO-02: no room is an answer, not the end.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use procura_engine::port::{CommitError, Guard, Ledger, Store, StoreError};
use procura_store::settings::Settings;
use procura_store::sqlite::Sqlite;

use crate::world::{World, at, commit, events, guarded, key};

/// Writes until there is no room, and says how many writes were made.
async fn fill(store: &Sqlite, write: impl Fn(u64) -> procura_engine::port::Write) -> u64 {
    for number in 0.. {
        match commit(store, write(number)).await {
            Ok(_) => {}
            Err(CommitError::Store(StoreError::Full)) => return number,
            Err(other) => panic!("{other:?}"),
        }
    }
    unreachable!()
}

fn small() -> Settings {
    Settings { max_pages: NonZeroU32::new(64), ..Settings::default() }
}

#[tokio::test]
async fn sto_02_a_full_disk_refuses_writes_and_answers_reads() {
    let mut world = World::with(small());
    let text = "x".repeat(1000);
    let made = fill(&world.store(), |number| events(&[&format!("{number} {text}")])).await;
    assert!(made > 10);
    assert_eq!(world.store().size().unwrap(), made);
    assert_eq!(world.store().events(0, 1000).unwrap().len(), usize::try_from(made).unwrap());
    // It is full again, not broken.
    let again = commit(&world.store(), events(&[&text])).await;
    assert!(matches!(again, Err(CommitError::Store(StoreError::Full))));
    // With room, the same database goes on where it was.
    world.restart();
    let committed = commit(&world.store(), events(&["after"])).await.unwrap();
    assert_eq!(committed.entries[0].sequence, made);
    world.store().check().unwrap();
}

#[tokio::test]
async fn sto_02_writing_resumes_by_itself_when_room_returns() {
    let time = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&time);
    let clock = Arc::new(move || at(clock.load(Ordering::SeqCst)));
    let world = World::with(Settings { clock, ..small() });
    let many_keys = |number: u64| {
        let mut write = events(&[&format!("{number}")]);
        write.guards = (0..100)
            .map(|part| Guard::Unused { key: key(&format!("{number} {part}")), expires: at(10) })
            .collect();
        write
    };
    let made = fill(&world.store(), many_keys).await;
    let text = "x".repeat(3000);
    let refused = commit(&world.store(), events(&[&text])).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Full))));
    // The keys expire, and their pages are free.
    time.store(11, Ordering::SeqCst);
    let mut last = None;
    for number in 0..10 {
        last = commit(&world.store(), events(&[&format!("after {number}")])).await.ok();
    }
    assert!(last.unwrap().entries[0].sequence >= made);
    commit(&world.store(), events(&[&text])).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_did_not_fit_marks_no_key_as_used() {
    let mut world = World::with(small());
    let text = "x".repeat(1000);
    fill(&world.store(), |number| events(&[&format!("{number} {text}")])).await;
    let guard = Guard::Unused { key: key("once"), expires: at(i64::MAX) };
    let big = guarded(guard.clone(), &"y".repeat(30_000));
    let refused = commit(&world.store(), big).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Full))));
    world.restart();
    commit(&world.store(), guarded(guard, "with room")).await.unwrap();
}
