//! The member in which a chain travels: what is read is written as it was.
//!
//! Seeds: formats/request-proof.md, formats/mcp.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{json, limits};
use procura_wire::presentation::Presentation;

fuzz_target!(|data: &[u8]| {
    let Ok(value) = json::parse(data) else { return };
    let Ok(read) = Presentation::parse(&value) else { return };
    assert!(read.chain.len() <= limits::CHAIN_TOKENS && read.approvals.len() <= limits::APPROVALS);
    assert_eq!(Presentation::parse(&read.to_object().into()).as_ref(), Ok(&read));
});
