//! STO-05: what is read is what was written, or an error.

use std::os::unix::fs::FileExt;

use procura_engine::port::{Ledger, Store, StoreError};
use procura_store::open::OpenMode;

use crate::world::{World, commit, events};

async fn damaged_by(sql: &str) -> World {
    let world = World::new();
    commit(&world.store(), events(&["0", "1", "2"])).await.unwrap();
    assert_eq!(world.store().events(0, 9).unwrap().len(), 3);
    world.tamper(sql);
    world
}

fn message<T>(read: Result<T, StoreError>) -> String {
    match read {
        Err(StoreError::Damaged(message)) => message,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was read"),
    }
}

#[tokio::test]
async fn sto_05_a_changed_event_is_not_read_and_not_signed() {
    let world = damaged_by("UPDATE events SET body = x'7b7d' WHERE seq = 1").await;
    let store = world.store();
    for message in
        [message(store.events(0, 9)), message(store.event("1")), message(store.leaves(0, 9))]
    {
        assert!(message.contains("event 1"), "{message}");
    }
    // Its neighbours can be read.
    assert_eq!(store.events(0, 1).unwrap().len(), 1);
    assert_eq!(store.leaves(2, 1).unwrap().len(), 1);
}

#[tokio::test]
async fn sto_05_a_changed_hash_is_found_too() {
    let world = damaged_by("UPDATE events SET leaf = zeroblob(32) WHERE seq = 2").await;
    assert!(message(world.store().events(2, 1)).contains("event 2"));
}

#[tokio::test]
async fn a_missing_event_is_a_gap_and_not_a_shorter_log() {
    let world = damaged_by("DELETE FROM events WHERE seq = 1").await;
    assert!(message(world.store().events(0, 9)).contains("event 1 is missing"));
    assert!(message(world.store().leaves(1, 1)).contains("event 1 is missing"));
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_events() {
    let world = World::new();
    commit(&world.store(), events(&["0"])).await.unwrap();
    let db = rusqlite::Connection::open(world.database()).unwrap();
    assert!(db.execute("UPDATE events SET kind = 'other'", []).is_err());
    assert!(db.execute("DELETE FROM events", []).is_err());
}

#[tokio::test]
async fn sto_05_a_flipped_byte_in_any_page_is_found() {
    let mut world = World::new();
    for number in 0..40 {
        commit(&world.store(), events(&[&format!("{number} {}", "x".repeat(600))])).await.unwrap();
    }
    world.stop();
    let intact = std::fs::read(world.database()).unwrap();
    let mut silent = 0;
    for page in 0..intact.len() / 4096 {
        let offset = page * 4096;
        let file = std::fs::OpenOptions::new().write(true).open(world.database()).unwrap();
        // The first byte tells the kind of a page, on the first one it is the magic.
        file.write_all_at(&[intact[offset] ^ 0xff], u64::try_from(offset).unwrap()).unwrap();
        let is_silent = match world.open(OpenMode::Existing) {
            Err(_) => false,
            Ok(store) => store.check().is_ok() && store.events(0, 99).is_ok(),
        };
        silent += usize::from(is_silent);
        std::fs::write(world.database(), &intact).unwrap();
    }
    assert!(intact.len() / 4096 > 10);
    // A page of the free list may hold anything.
    assert_eq!(silent, 0);
    assert_eq!(world.open(OpenMode::Existing).unwrap().events(0, 99).unwrap().len(), 40);
}

#[tokio::test]
async fn sto_05_a_flipped_bit_anywhere_in_an_event_is_found() {
    let mut world = World::new();
    let text = "a text that is easy to find in the file";
    commit(&world.store(), events(&[text])).await.unwrap();
    world.stop();
    let mut bytes = std::fs::read(world.database()).unwrap();
    let needle = format!("{{\"id\":\"{text}\"");
    let start = bytes.windows(needle.len()).position(|part| part == needle.as_bytes()).unwrap();
    for offset in start..start + needle.len() {
        bytes[offset] ^= 1;
        std::fs::write(world.database(), &bytes).unwrap();
        let store = world.open(OpenMode::Existing).unwrap();
        assert!(message(store.events(0, 1)).contains("event 0"));
        drop(store);
        bytes[offset] ^= 1;
    }
    std::fs::write(world.database(), &bytes).unwrap();
    assert_eq!(world.open(OpenMode::Existing).unwrap().events(0, 1).unwrap().len(), 1);
}
