//! Manifests and JSON pointers: a manifest and a call's arguments, a line each.
//!
//! Seeds: tools+tool+tool+arguments
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::detail::{Manifest, Pointer};
use procura_fuzz::{lines, object};

fuzz_target!(|data: &[u8]| {
    let Some([manifest, tool, pointer, arguments]) = lines(data) else { return };
    let Some(arguments) = object(arguments) else { return };
    if let Some(pointer) = Pointer::parse(pointer) {
        let _ = pointer.find(&arguments);
    }
    let Some(manifest) = object(manifest) else { return };
    let Ok(manifest) = Manifest::parse(&manifest) else { return };
    let action = manifest.action(tool, &arguments);
    assert!(action.scope.is_none_or(|scope| !scope.as_str().contains('*')));
    assert!(action.quantities.get("calls").is_none() && action.quantities.get("scope").is_none());
});
