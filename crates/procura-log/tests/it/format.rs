//! The example of `docs/formats/log.md` is what the code does.

use procura_core::json::Object;
use procura_engine::port::{Draft, Ledger, Store, Write};
use procura_merkle::proof::Receipt;
use procura_merkle::verifier_key::VerifierKey;

use crate::world::{Files, key};

const PAGE: &str = include_str!("../../../../docs/formats/log.md");

/// The text of the block after the line `title`.
fn block(title: &str) -> String {
    let rest = PAGE.split_once(&format!("{title}\n\n```text\n")).unwrap().1;
    let text = rest.split_once("```\n").unwrap().0;
    text.to_owned()
}

#[tokio::test]
async fn the_example_of_the_format_page_is_what_the_log_writes() {
    let files = Files::new();
    let store = files.open();
    let log = files.sequencer(store.clone()).unwrap();
    let events = ["one", "two", "three"].map(|word| Draft {
        id: word.to_owned(),
        kind: "example",
        body: Object::new().with("word", word),
    });
    let write = Write { events: events.into(), ..Write::default() };
    store.commit(write).await.unwrap();
    let note = log.catch_up().await.unwrap().note;
    let stored = store.events(0, 9).unwrap();
    let mut bodies = String::new();
    for event in &stored {
        bodies.push_str(std::str::from_utf8(&event.body).unwrap());
        bodies.push('\n');
    }
    let mut hashes = String::new();
    for leaf in store.leaves(0, 9).unwrap() {
        hashes.push_str(&format!("{leaf}\n"));
    }
    hashes.push_str(&format!("{}\n", store.node(1, 0).unwrap().unwrap()));
    let receipt = log.receipt(&stored[1]).await.unwrap().to_text();
    for (title, text) in [
        ("The entries:", bodies),
        ("The three leaf hashes and the hash of the node over the first two:", hashes),
        ("The key:", format!("{}\n", key())),
        ("The checkpoint:", note),
        ("The receipt of the second event:", receipt),
    ] {
        assert_eq!(block(title), text, "{title}");
    }
}

#[test]
fn the_example_of_the_format_page_verifies_by_itself() {
    let key: VerifierKey = block("The key:").trim_end().parse().unwrap();
    let receipt = Receipt::parse(&block("The receipt of the second event:")).unwrap();
    let verified = receipt.verify(&key).unwrap();
    assert_eq!(verified.index(), 1);
    let entries = block("The entries:");
    assert_eq!(verified.entry(), entries.lines().nth(1).unwrap().as_bytes());
}
