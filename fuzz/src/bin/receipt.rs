//! Receipts: what parses prints as it was.
//!
//! Seeds: formats/receipt.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_merkle::proof::Receipt;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let start = "c2sp.org/tlog-proof@v1\n";
    for text in [text.to_owned(), format!("{start}{text}")] {
        let Ok(receipt) = Receipt::parse(&text) else { continue };
        assert_eq!(receipt.to_text(), text);
        assert!(receipt.hashes().len() <= Receipt::MAX_HASHES);
    }
});
