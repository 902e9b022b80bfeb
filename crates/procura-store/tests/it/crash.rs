//! Kill the process, or the disk, and look what is left.
//!
//! The tests run this test binary again as the victim: what happens to a
//! process cannot be tried on the one that watches.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use procura_engine::port::{CommitError, Ledger, Store, StoreError};
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;
use rustix::process::{Resource, Rlimit};
use tokio::runtime::Runtime;

use crate::world::{commit, events, guarded, once};

const FOLDER: &str = "PROCURA_TEST_FOLDER";

/// Runs one test of this binary on `folder`, with nobody to tell when a file
/// has become too large.
fn victim(test: &str, folder: &Path) -> Child {
    Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn sto_01_no_acknowledged_event_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(folder.path(), OpenMode::Create).unwrap());
    let mut acknowledged: Vec<(String, u64)> = Vec::new();
    for cycle in 1..=8_usize {
        let mut child = victim("crash::writes_until_it_is_killed", folder.path());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let acks = lines.map(|line| line.unwrap()).filter_map(|line| {
            let (id, place) = line.strip_prefix("ack ")?.split_once(' ')?;
            Some((id.to_owned(), place.parse().ok()?))
        });
        let enough = acknowledged.len() + 37 * cycle;
        for ack in acks {
            acknowledged.push(ack);
            if acknowledged.len() == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let store = Sqlite::open(folder.path(), OpenMode::Existing).unwrap();
        store.check().unwrap();
        let size = store.size().unwrap();
        assert_eq!(store.events(0, usize::MAX).unwrap().len(), usize::try_from(size).unwrap());
        for (id, place) in &acknowledged {
            assert_eq!(store.event(id).unwrap().unwrap().sequence, *place);
        }
    }
    assert!(acknowledged.len() >= 37 * 36);
}

/// The victim of the test above; alone it does nothing.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let store = std::sync::Arc::new(Sqlite::open(folder.as_ref(), OpenMode::Existing).unwrap());
    Runtime::new().unwrap().block_on(async {
        let writers: Vec<_> = (0..16)
            .map(|writer| {
                let store = std::sync::Arc::clone(&store);
                tokio::spawn(async move {
                    for number in 0.. {
                        let id = format!("{}.{writer}.{number}", std::process::id());
                        let committed = commit(&store, events(&[&id])).await.unwrap();
                        let place = committed.entries[0].sequence;
                        let told = writeln!(std::io::stdout(), "ack {id} {place}");
                        if told.is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

#[test]
fn sto_03_after_a_failed_write_nothing_is_written_until_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(folder.path(), OpenMode::Create).unwrap());
    let output = victim("crash::loses_its_disk", folder.path()).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("it was fenced"), "{text}");
    let store = Sqlite::open(folder.path(), OpenMode::Existing).unwrap();
    store.check().unwrap();
    assert!(store.event("before").unwrap().is_some());
    assert!(store.event("after").unwrap().is_none());
    // What failed was not made: its key is free.
    let runtime = Runtime::new().unwrap();
    runtime.block_on(commit(&store, guarded(once("key"), "again"))).unwrap();
}

/// The victim of the test above; alone it does nothing.
#[test]
fn loses_its_disk() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let store = Sqlite::open(folder.as_ref(), OpenMode::Existing).unwrap();
    let maximum = rustix::process::getrlimit(Resource::Fsize).maximum;
    let limit = |bytes: Option<u64>| {
        let limit = Rlimit { current: bytes, maximum };
        rustix::process::setrlimit(Resource::Fsize, limit).unwrap();
    };
    let is_unavailable = |answer: Result<_, CommitError>| {
        matches!(answer, Err(CommitError::Store(StoreError::Unavailable(_))))
    };
    Runtime::new().unwrap().block_on(async {
        commit(&store, events(&["before"])).await.unwrap();
        // Every write to a file fails now, with an error that is not "no room".
        limit(Some(0));
        assert!(is_unavailable(commit(&store, guarded(once("key"), "during")).await));
        // The disk works again, and that is no reason to trust it.
        limit(maximum);
        assert!(is_unavailable(commit(&store, events(&["after"])).await));
        assert_eq!(store.events(0, 9).unwrap().len(), 1);
    });
    println!("it was fenced");
}
