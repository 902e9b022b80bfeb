//! JSON-RPC messages and the parameters of a call: the credential goes, the rest stays.
//!
//! Seeds: formats/mcp.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::limits;
use procura_wire::{
    call::{Listing, ToolCall, to_params},
    message::Message,
    presentation,
};

fuzz_target!(|data: &[u8]| {
    let Ok(message) = Message::parse(data) else { return };
    assert!(!message.method().is_empty() && message.params().is_admissible());
    assert!(data.len() <= limits::REQUEST_BYTES);
    let _ = Listing::parse(message.params().clone());
    let Ok(call) = ToolCall::parse(message.params().clone()) else { return };
    assert!(call.meta.get(presentation::MEMBER).is_none());
    if let Some(presentation) = &call.presentation {
        assert!(presentation.chain.len() <= limits::CHAIN_TOKENS);
    }
    let params = to_params(&call.name, &call.arguments, &call.meta);
    let again = ToolCall::parse(params).expect("what is sent on reads");
    assert_eq!(
        (&again.name, &again.arguments, &again.meta),
        (&call.name, &call.arguments, &call.meta)
    );
    assert!(again.presentation.is_none());
});
