//! Receipts verify with the network cable out.

use procura_engine::port::Store;
use procura_merkle::proof::Receipt;
use procura_merkle::verifier_key::VerifierKey;

use crate::world::{Files, ORIGIN, TestSigner, append, key};
use procura_core::key::Signer;

#[tokio::test]
async fn every_event_of_a_thousand_has_a_receipt_that_verifies_offline() {
    let files = Files::with(1000).await;
    let store = files.open();
    let log = files.sequencer(store.clone()).unwrap();
    for event in store.events(0, 1000).unwrap() {
        let text = log.receipt(&event).await.unwrap().to_text();
        let verified = Receipt::parse(&text).unwrap().verify(&key()).unwrap();
        assert_eq!(verified.entry(), event.body);
        assert_eq!(verified.index(), event.sequence);
    }
}

#[tokio::test]
async fn a_receipt_is_given_at_once_for_an_event_that_is_not_signed_yet() {
    let files = Files::with(5).await;
    let store = files.open();
    let log = files.sequencer(store.clone()).unwrap();
    append(&store, 1, "fresh").await;
    let event = store.events(5, 1).unwrap().remove(0);
    let receipt = log.receipt(&event).await.unwrap();
    assert_eq!(receipt.verify(&key()).unwrap().checkpoint().size(), 6);
}

#[tokio::test]
async fn no_receipt_is_given_for_what_is_not_in_the_log() {
    let files = Files::with(5).await;
    let store = files.open();
    let log = files.sequencer(store.clone()).unwrap();
    let mut event = store.events(2, 1).unwrap().remove(0);
    event.body.push(b' ');
    assert_eq!(log.receipt(&event).await.unwrap_err().code(), "log.not_in_log");
    let mut event = store.events(2, 1).unwrap().remove(0);
    event.sequence = 3;
    assert_eq!(log.receipt(&event).await.unwrap_err().code(), "log.not_in_log");
    event.sequence = 5;
    assert_eq!(log.receipt(&event).await.unwrap_err().code(), "log.not_in_log");
    event.sequence = 2;
    log.receipt(&event).await.unwrap();
}

#[tokio::test]
async fn a_receipt_does_not_verify_under_another_key_or_name() {
    let files = Files::with(5).await;
    let store = files.open();
    let log = files.sequencer(store.clone()).unwrap();
    let event = store.events(2, 1).unwrap().remove(0);
    let receipt = log.receipt(&event).await.unwrap();
    let of = |name: &str, seed: u8| {
        VerifierKey::new(name, TestSigner::new(seed).public_key().as_bytes()).unwrap()
    };
    assert!(receipt.verify(&of(ORIGIN, 2)).is_err());
    assert!(receipt.verify(&of("log.example/other", 1)).is_err());
    receipt.verify(&of(ORIGIN, 1)).unwrap();
}
