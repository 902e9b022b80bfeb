//! Dictionaries of fields: what is read here, another reader reads too, and alike.
//!
//! Seeds: text, formats/http-signature.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::structured_field::Dictionary;

fuzz_target!(|text: &str| {
    let Ok(read) = Dictionary::parse(text) else { return };
    let written = read.to_string();
    assert_eq!(Dictionary::parse(&written).as_ref(), Ok(&read), "{written}");
    let other: sfv::Dictionary = sfv::Parser::new(text).parse().expect("the other reads it too");
    assert_eq!(other.len(), read.len());
    let again: sfv::Dictionary = sfv::Parser::new(&written).parse().expect("and what is written");
    assert_eq!(other, again, "{written}");
    for (key, member) in read.iter() {
        assert!(other.contains_key(key), "{key}");
        assert!(member.to_field(key).is_some(), "a member that was read can be written");
    }
});
