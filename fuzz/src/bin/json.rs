//! Strict JSON and its canonical form: what is read is written so that it reads the same.
//!
//! Seeds: text, arguments, tools, jwk, detail, quantities, chain/payload
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::json::{self, Value};
use procura_wire::raw::RawObject;

fuzz_target!(|data: &[u8]| {
    let Ok(value) = json::parse(data) else { return };
    let Ok(text) = value.to_canonical() else {
        assert!(!value.is_admissible());
        return;
    };
    assert!(value.is_admissible());
    let again = json::parse(text.as_bytes()).expect("canonical text is JSON");
    assert_eq!(again.to_canonical().as_ref(), Ok(&text), "writing is idempotent");
    assert!(!text.contains('\n'));
    let whole = std::str::from_utf8(data).expect("what was read is text");
    if let (Value::Object(object), Ok(raw)) = (&value, RawObject::parse(whole)) {
        for (name, value) in object.iter() {
            let written = raw.get(name).expect("both readers see the member");
            let read = json::parse(written.as_bytes()).expect("a member's value is JSON");
            assert_eq!(read.to_canonical(), value.to_canonical(), "both see one value");
        }
    }
});
