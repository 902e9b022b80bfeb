//! Places in the log, and the bytes at them.

use std::collections::BTreeSet;

use procura_core::json::{Object, Value, parse_object};
use procura_engine::port::{CommitError, Draft, Ledger, Store, StoreError, Write};
use procura_merkle::hash::leaf_hash;

use crate::world::{World, commit, events, guarded, once};

#[tokio::test(flavor = "multi_thread")]
async fn places_are_dense_whoever_is_refused() {
    let world = World::new();
    commit(&world.store(), guarded(once("taken"), "zero")).await.unwrap();
    let tasks: Vec<_> = (0..300)
        .map(|number| {
            let store = world.store();
            // Every third write breaks its guard after its events were placed by others.
            let name = if number % 3 == 0 { "taken".to_owned() } else { format!("{number}") };
            let mut write = events(&[&format!("{number} a"), &format!("{number} b")]);
            write.guards.push(once(&name));
            tokio::spawn(async move { (number, commit(&store, write).await) })
        })
        .collect();
    let mut places = BTreeSet::from([0]);
    for task in tasks {
        let (number, answer) = task.await.unwrap();
        match answer {
            Ok(committed) => {
                let [first, second] = &committed.entries[..] else { panic!() };
                assert_eq!(first.sequence + 1, second.sequence);
                assert_eq!(first.id, format!("{number} a"));
                places.extend([first.sequence, second.sequence]);
            }
            Err(error) => {
                assert!(matches!(error, CommitError::Replayed) && number % 3 == 0);
            }
        }
    }
    assert_eq!(places, (0..401).collect());
    assert_eq!(world.store().size().unwrap(), 401);
    let stored = world.store().events(0, 1000).unwrap();
    assert!(stored.iter().map(|event| event.sequence).eq(0..401));
}

#[tokio::test]
async fn the_bytes_are_the_canonical_form_with_the_place() {
    let bodies = [
        Object::new(),
        Object::new().with("a", 1_i64),
        Object::new().with("z", "last"),
        Object::new().with("z", 1_i64).with("a", true).with("se", "x").with("seqs", "y"),
        // A place that the caller chose is replaced.
        Object::new().with("seq", 99_i64).with("b", Value::Null),
        // U+FFE6 sorts after U+1F600 by UTF-16, and both after `seq`.
        Object::new().with("\u{ffe6}", 1_i64).with("\u{1f600}", 2_i64).with("S", 3_i64),
        Object::new().with("nested", Object::new().with("seq", "stays").with("a", "}")),
    ];
    let world = World::new();
    for (body, sequence) in bodies.into_iter().zip(0_u32..) {
        let id = format!("event {sequence}");
        let whole = body.clone().with("seq", sequence).to_canonical().unwrap();
        let draft = Draft { id: id.clone(), kind: "test", body };
        let write = Write { events: vec![draft], ..Write::default() };
        let committed = commit(&world.store(), write).await.unwrap();
        let stored = world.store().event(&id).unwrap().unwrap();
        assert_eq!(String::from_utf8(stored.body.clone()).unwrap(), whole);
        assert_eq!(committed.entries[0].leaf, leaf_hash(&stored.body));
        let seq = parse_object(&stored.body).unwrap().get("seq").unwrap().as_integer();
        assert_eq!(seq, Some(i64::from(sequence)));
    }
}

#[tokio::test]
async fn what_cannot_be_written_exactly_is_refused() {
    let world = World::new();
    let unwritable = parse_object(br#"{"n":9007199254740993}"#).unwrap();
    let too_long = Object::new().with("text", "x".repeat(65_536));
    let long = Object::new().with("text", "x".repeat(65_000));
    for (body, accepted) in [(unwritable, false), (too_long, false), (long, true)] {
        let draft = Draft { id: "event".to_owned(), kind: "test", body };
        let write = Write { events: vec![draft], ..Write::default() };
        let answer = commit(&world.store(), write).await;
        assert_eq!(answer.is_ok(), accepted);
    }
    let nothing = commit(&world.store(), Write::default()).await;
    assert!(matches!(nothing, Err(CommitError::Store(StoreError::Unavailable(_)))));
    assert_eq!(world.store().size().unwrap(), 1);
}

#[tokio::test]
async fn the_newest_event_of_a_kind_is_found_by_the_beginning_of_its_kind() {
    let world = World::new();
    for (id, kind) in [("1", "call.allowed"), ("2", "call.denied"), ("3", "key.enrolled")] {
        let draft = Draft { id: id.to_owned(), kind, body: Object::new() };
        commit(&world.store(), Write { events: vec![draft], ..Write::default() }).await.unwrap();
    }
    let newest = |prefix: &str| world.store().newest(prefix).unwrap().map(|event| event.id);
    assert_eq!(newest("call.").as_deref(), Some("2"));
    assert_eq!(newest("call.allowed").as_deref(), Some("1"));
    assert_eq!(newest("").as_deref(), Some("3"));
    assert_eq!(newest("approval."), None);
    assert_eq!(newest("%"), None);
}

#[tokio::test]
async fn a_reader_waits_for_growth_and_no_longer() {
    let world = World::new();
    let store = world.store();
    let grown = tokio::spawn(async move { store.grown(1).await });
    commit(&world.store(), events(&["0"])).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!grown.is_finished());
    commit(&world.store(), events(&["1"])).await.unwrap();
    grown.await.unwrap();
}
