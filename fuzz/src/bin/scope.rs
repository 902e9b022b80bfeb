//! Scopes: covering is an order, and sets that cover the same are equal.
//!
//! Seeds: scope
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::detail::{Form, Scope, Scopes};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let scopes: Vec<Scope> = text.lines().take(6).filter_map(Scope::parse).collect();
    let set = Scopes::new(scopes.iter().cloned());
    assert_eq!(Scopes::new(set.iter().cloned()), set);
    for one in &scopes {
        let alone = Scopes::new([one.clone()]);
        assert!(set.covers(one) && alone.covers(one) && alone.first_beyond(&set).is_none());
        assert_eq!(alone.meet(&set), alone);
        assert_eq!(one.form() == Form::Wildcard, one.as_str().contains('*'));
        if one.form() == Form::Wildcard {
            let before = one.as_str().strip_suffix(".*").expect("a wildcard's end");
            let bare = Scope::parse(before).expect("the name before it is a scope");
            assert!(!alone.covers(&bare), "a wildcard does not cover the name before it");
        }
        for other in &scopes {
            let wider = Scopes::new([other.clone()]);
            if wider.covers(one) && other != one {
                assert_eq!(other.form(), Form::Wildcard);
                let prefix = other.as_str().strip_suffix('*').expect("a wildcard's end");
                assert!(one.as_str().starts_with(prefix));
                assert!(!alone.covers(other), "of two different scopes one covers");
            }
        }
    }
});
