//! Checkpoints: of every size, in time, and one history whoever signs.

use std::sync::Arc;
use std::time::Duration;

use procura_engine::port::Ledger;
use procura_log::sequencer::Sequencer;
use procura_merkle::tree::Frontier;
use tokio::sync::watch;

use crate::failing::Faulty;
use crate::world::{Files, append, key, open_note};

#[tokio::test]
async fn every_size_has_the_root_of_its_leaves() {
    for size in [0, 1, 2, 255, 256, 257] {
        let files = Files::with(size).await;
        let database = files.read();
        let mut tree = Frontier::new();
        for leaf in database.leaves(0, 1000).unwrap() {
            tree.append(leaf).unwrap();
        }
        let stored = database.checkpoint().unwrap().unwrap();
        assert_eq!(stored.size, size);
        assert_eq!(*open_note(&stored.note).head(), tree.head());
        assert_eq!(files.note(), stored.note);
    }
}

#[tokio::test]
async fn a_log_longer_than_one_step_is_signed_to_its_end() {
    let files = Files::new();
    let store = files.open();
    let log = files.sequencer(store.clone()).unwrap();
    for _ in 0..5 {
        append(&store, 2_000, "event").await;
    }
    assert_eq!(log.catch_up().await.unwrap().size, 10_000);
    assert_eq!(log.checkpoint().unwrap().size, 10_000);
}

#[tokio::test]
async fn what_is_not_committed_is_not_signed() {
    let files = Files::with(3).await;
    let log = files.sequencer(files.open()).unwrap();
    assert_eq!(log.flush(4).await.unwrap_err().code(), "log.not_in_log");
    assert_eq!(log.flush(3).await.unwrap().size, 3);
}

#[tokio::test]
async fn nothing_new_needs_no_new_signature() {
    let files = Files::with(3).await;
    let log = files.sequencer(files.open()).unwrap();
    let first = log.catch_up().await.unwrap();
    assert_eq!(log.catch_up().await.unwrap(), first);
    assert_eq!(log.flush(1).await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_log_signs_as_it_grows_until_it_is_stopped() {
    let files = Files::new();
    let store = files.open();
    let ledger = Arc::new(Faulty::new(Arc::clone(&store)));
    let mut advanced = ledger.advanced();
    let log = Arc::new(files.sequencer(ledger).unwrap());
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(Arc::clone(&log).run(stopped));
    for size in [1, 2, 3] {
        append(&store, 1, "event").await;
        let signed = advanced.wait_for(|signed| *signed >= size);
        tokio::time::timeout(Duration::from_secs(30), signed).await.unwrap().unwrap();
    }
    stop.send(true).unwrap();
    running.await.unwrap();
    // The last events are signed on the way out.
    assert_eq!(log.checkpoint().unwrap().size, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sequencers_one_wins_and_the_other_follows() {
    let files = Files::with(10).await;
    let store = files.open();
    let logs: Vec<Arc<Sequencer>> =
        (0..2).map(|_| Arc::new(files.sequencer(store.clone()).unwrap())).collect();
    for round in 1..=20 {
        append(&store, 7, "event").await;
        let size = 10 + 7 * round;
        let tasks: Vec<_> = logs
            .iter()
            .map(|log| {
                let log = Arc::clone(log);
                tokio::spawn(async move { log.flush(size).await })
            })
            .collect();
        for task in tasks {
            let signed = task.await.unwrap().unwrap();
            assert_eq!(Some(signed), store.checkpoint().unwrap());
        }
    }
    assert_eq!(open_note(&files.note()).size(), 150);
    for event in procura_engine::port::Store::events(&*store, 0, 150).unwrap() {
        logs[1].receipt(&event).await.unwrap().verify(&key()).unwrap();
    }
}
