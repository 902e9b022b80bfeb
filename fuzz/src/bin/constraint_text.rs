//! Constraints as text: a child, a parent and a value, a line each.
//!
//! Seeds: tools+tools+tool+arguments, child+parent+tool+arguments
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    json::{self, Value},
    tools::Tools,
};
use procura_fuzz::{lines, object};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let first = text.lines().next().unwrap_or_default();
    let Ok(value) = json::parse(first.as_bytes()) else { return };
    let Ok(tools) = Tools::parse(&value) else { return };
    let written = Tools::parse(&Value::from(tools.to_object())).expect("what is written reads");
    assert_eq!(written.to_object(), tools.to_object(), "writing is idempotent");
    assert!(written.check_within(&tools).is_ok() && tools.check_within(&written).is_ok());
    let Some([_, parent, tool, arguments]) = lines(data) else { return };
    let Some(parent) = object(parent) else { return };
    let Ok(parent) = Tools::parse(&parent.into()) else { return };
    let meet = tools.meet(&parent);
    assert!(meet.check_within(&tools).is_ok() && meet.check_within(&parent).is_ok());
    let Some(arguments) = object(arguments) else { return };
    if meet.check_call(tool, &arguments).is_ok() {
        assert!(tools.check_call(tool, &arguments).is_ok());
        assert!(parent.check_call(tool, &arguments).is_ok());
    }
});
