//! Members as they were written: what is taken apart is put together again.
//!
//! Seeds: formats/mcp.md, text
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_wire::raw::{RawObject, elements};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(parts) = elements(text) {
        let again = format!("[{}]", parts.join(","));
        assert_eq!(elements(&again).as_ref(), Ok(&parts));
    }
    let Ok(object) = RawObject::parse(text) else { return };
    let written = object.to_text();
    let again = RawObject::parse(&written).expect("what is written reads");
    assert_eq!(again, object);
    let more = object.clone().with("fuzz", "1");
    let less = more.clone().without("fuzz");
    assert_eq!(more.get("fuzz"), Some("1"));
    assert!(less.get("fuzz").is_none());
    let text = more.to_text();
    assert_eq!(RawObject::parse(&text).as_ref(), Ok(&more));
});
