//! What may be used once is used once.

use procura_engine::port::{CommitError, Guard, Ledger, Store, StoreError};
use procura_store::settings::Settings;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::world::{World, at, commit, events, guarded, key, once};

#[tokio::test(flavor = "multi_thread")]
async fn of_200_writes_with_one_key_exactly_one_is_made() {
    let world = World::new();
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let store = world.store();
            let write = guarded(once("key"), &format!("event {number}"));
            tokio::spawn(async move { commit(&store, write).await })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(matches!(error, CommitError::Replayed)),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(world.store().size().unwrap(), 1);
}

#[tokio::test]
async fn different_keys_do_not_disturb_each_other() {
    let world = World::new();
    commit(&world.store(), guarded(once("one"), "first")).await.unwrap();
    commit(&world.store(), guarded(once("other"), "second")).await.unwrap();
}

#[tokio::test]
async fn a_refused_write_leaves_nothing_behind() {
    let world = World::new();
    commit(&world.store(), guarded(once("used"), "first")).await.unwrap();
    // The first guard holds, the second does not.
    let mut write = guarded(once("fresh"), "second");
    write.guards.push(once("used"));
    let refused = commit(&world.store(), write).await;
    assert!(matches!(refused, Err(CommitError::Replayed)));
    assert_eq!(world.store().event("second").unwrap(), None);
    commit(&world.store(), guarded(once("fresh"), "third")).await.unwrap();
}

#[tokio::test]
async fn a_write_that_is_refused_half_done_takes_nobody_with_it() {
    let world = World::new();
    commit(&world.store(), guarded(once("used"), "zero")).await.unwrap();
    // While the database is held, everything below waits for one transaction.
    let holder = Connection::open(world.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let tasks: Vec<_> = (0..60)
        .map(|number| {
            let store = world.store();
            let mut write = guarded(once(&format!("{number}")), &format!("event {number}"));
            if number % 4 == 1 {
                write.guards.push(once("used"));
            }
            tokio::spawn(async move { commit(&store, write).await })
        })
        .collect();
    tokio::task::yield_now().await;
    holder.execute_batch("ROLLBACK").unwrap();
    for (task, number) in tasks.into_iter().zip(0..) {
        let answer = task.await.unwrap();
        assert_eq!(answer.is_err(), number % 4 == 1, "{answer:?}");
    }
    assert_eq!(world.store().size().unwrap(), 46);
    assert_eq!(keys(&world), 46);
    // The keys of the refused ones are free.
    commit(&world.store(), guarded(once("1"), "again")).await.unwrap();
}

#[tokio::test]
async fn an_event_id_is_used_once() {
    let world = World::new();
    commit(&world.store(), events(&["same"])).await.unwrap();
    let refused = commit(&world.store(), events(&["other", "same"])).await;
    assert!(matches!(refused, Err(CommitError::Conflict)));
    assert_eq!(world.store().size().unwrap(), 1);
}

#[tokio::test]
async fn rpl_04_a_flood_of_keys_evicts_no_unexpired_one() {
    let time = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&time);
    let world = World::with(Settings {
        clock: Arc::new(move || at(clock.load(Ordering::SeqCst))),
        ..Settings::default()
    });
    let store = world.store();
    let early = |name: &str| Guard::Unused { key: key(name), expires: at(10) };
    let late = Guard::Unused { key: key("late"), expires: at(1_000) };
    commit(&store, guarded(late.clone(), "late")).await.unwrap();
    for number in 0..2_000 {
        let name = format!("flood {number}");
        let mut write = guarded(early(&name), &name);
        write.guards.extend((0..4).map(|part| early(&format!("{name}.{part}"))));
        commit(&store, write).await.unwrap();
    }
    assert_eq!(keys(&world), 10_001);
    // At its last second a key is not expired.
    time.store(10, Ordering::SeqCst);
    commit(&store, events(&["at ten"])).await.unwrap();
    assert_eq!(keys(&world), 10_001);
    // After it, keys go in small steps, and only the expired ones.
    time.store(11, Ordering::SeqCst);
    commit(&store, events(&["one step"])).await.unwrap();
    assert_eq!(keys(&world), 10_001 - 512);
    for number in 0..20 {
        commit(&store, events(&[&format!("step {number}")])).await.unwrap();
    }
    assert_eq!(keys(&world), 1);
    let replayed = commit(&store, guarded(late, "again")).await;
    assert!(matches!(replayed, Err(CommitError::Replayed)));
}

#[tokio::test]
async fn an_expired_key_that_is_still_stored_counts_as_used() {
    let world = World::with(Settings { clock: Arc::new(|| at(0)), ..Settings::default() });
    let expired = Guard::Unused { key: key("old"), expires: at(0) };
    commit(&world.store(), guarded(expired.clone(), "first")).await.unwrap();
    let replayed = commit(&world.store(), guarded(expired, "second")).await;
    assert!(matches!(replayed, Err(CommitError::Replayed)));
}

#[tokio::test]
async fn rpl_07_nothing_is_accepted_while_the_database_cannot_be_written() {
    let world = World::with(Settings { queue: 4, ..Settings::default() });
    let holder = Connection::open(world.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The writer holds a batch, the queue holds four more: one has no place.
    let tasks: Vec<_> = (0..=256 + 4)
        .map(|number| {
            let store = world.store();
            let write = guarded(once(&format!("{number}")), &format!("event {number}"));
            tokio::spawn(async move { commit(&store, write).await })
        })
        .collect();
    tokio::task::yield_now().await;
    holder.execute_batch("ROLLBACK").unwrap();
    let mut refused = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => {}
            Err(CommitError::Store(StoreError::Unavailable(_))) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused >= 1);
    // What was refused was not made, and can be made now.
    assert_eq!(world.store().size().unwrap(), 261 - refused);
    commit(&world.store(), events(&["after"])).await.unwrap();
}

#[tokio::test]
async fn rpl_08_a_key_is_still_used_after_a_restart() {
    let mut world = World::new();
    commit(&world.store(), guarded(once("key"), "before")).await.unwrap();
    world.restart();
    let replayed = commit(&world.store(), guarded(once("key"), "after")).await;
    assert!(matches!(replayed, Err(CommitError::Replayed)));
    commit(&world.store(), guarded(once("another"), "after")).await.unwrap();
}

fn keys(world: &World) -> i64 {
    let db = Connection::open(world.database()).unwrap();
    db.query_row("SELECT count(*) FROM used", [], |row| row.get(0)).unwrap()
}
