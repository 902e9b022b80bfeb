//! The log's side: nodes and checkpoints move together, and one at a time.

use procura_engine::port::{Advance, CommitError, Ledger, StoredCheckpoint};
use procura_merkle::hash::{Hash, leaf_hash};
use procura_store::open::OpenMode;

use crate::world::{World, commit, events};

fn step(from: u64, size: u64) -> Advance {
    let note = format!("note of {size}");
    Advance { from, nodes: Vec::new(), checkpoint: StoredCheckpoint { size, note } }
}

async fn world_of_four() -> World {
    let world = World::new();
    commit(&world.store(), events(&["0", "1", "2", "3"])).await.unwrap();
    world
}

#[tokio::test]
async fn the_log_advances_from_where_it_is_and_from_nowhere_else() {
    let world = world_of_four().await;
    let store = world.store();
    store.advance(step(0, 2)).await.unwrap();
    for wrong in [step(0, 3), step(1, 3), step(3, 4), step(2, 1), step(2, 5), step(2, 2)] {
        let refused = store.advance(wrong).await;
        assert!(matches!(refused, Err(CommitError::Conflict)));
    }
    store.advance(step(2, 4)).await.unwrap();
    let of = |size| store.checkpoint_of(size).unwrap().map(|checkpoint| checkpoint.size);
    assert_eq!([of(1), of(2), of(3), of(4), of(9)], [None, Some(2), Some(2), Some(4), Some(4)]);
    assert_eq!(store.checkpoint().unwrap().unwrap().note, "note of 4");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_advance_at_once_one_wins() {
    let world = world_of_four().await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = world.store();
            tokio::spawn(async move { store.advance(step(0, 4)).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += usize::from(task.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn nodes_are_stored_with_their_checkpoint_or_not_at_all() {
    let world = world_of_four().await;
    let store = world.store();
    let node = leaf_hash(b"some node");
    let refused = Advance { nodes: vec![(1, 0, node)], ..step(3, 4) };
    assert!(store.advance(refused).await.is_err());
    assert_eq!(store.node(1, 0).unwrap(), None);
    let leaf = store.leaves(0, 1).unwrap()[0];
    let made = Advance { nodes: vec![(0, 0, leaf), (1, 0, node)], ..step(0, 4) };
    store.advance(made).await.unwrap();
    assert_eq!(store.node(1, 0).unwrap(), Some(node));
    assert_eq!(store.node(1, 1).unwrap(), None);
}

#[tokio::test]
async fn the_leaves_are_the_nodes_at_the_bottom() {
    let world = world_of_four().await;
    let store = world.store();
    let leaves = store.leaves(0, 9).unwrap();
    assert_eq!(leaves.len(), 4);
    for (leaf, index) in leaves.iter().zip(0..) {
        assert_eq!(store.node(0, index).unwrap(), Some(*leaf));
    }
    assert_eq!(store.node(0, 4).unwrap(), None);
    assert_eq!(store.leaves(2, 1).unwrap(), leaves[2..3]);
    let another = Advance { nodes: vec![(0, 0, Hash::from_bytes([7; 32]))], ..step(0, 4) };
    assert!(matches!(store.advance(another).await, Err(CommitError::Conflict)));
}

#[tokio::test]
async fn a_reader_of_the_same_files_sees_the_log_and_changes_nothing() {
    let world = world_of_four().await;
    world.store().advance(step(0, 4)).await.unwrap();
    let reader = world.open(OpenMode::ReadOnly).unwrap();
    assert_eq!(reader.size().unwrap(), 4);
    assert_eq!(reader.checkpoint().unwrap().unwrap().size, 4);
    assert!(reader.advance(step(4, 4)).await.is_err());
    assert!(commit(&reader, events(&["more"])).await.is_err());
    assert_eq!(world.store().size().unwrap(), 4);
}
