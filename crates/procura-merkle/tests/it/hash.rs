//! Hashes against the constants that RFC 6962 logs have in common.

use procura_merkle::hash::{Hash, HashError, empty_root, leaf_hash, node_hash};

#[test]
fn the_empty_tree_has_the_hash_of_nothing() {
    assert_eq!(empty_root().to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

#[test]
fn an_empty_entry_is_not_an_empty_tree() {
    let leaf = leaf_hash(b"");
    assert_eq!(leaf.to_string(), "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
    assert_ne!(leaf, empty_root());
}

#[test]
fn an_entry_that_spells_two_hashes_is_not_their_node() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    let spelled = [left.as_bytes().as_slice(), right.as_bytes()].concat();
    assert_ne!(leaf_hash(&spelled), node_hash(&left, &right));
    let prefixed = [&[0x01], spelled.as_slice()].concat();
    assert_ne!(leaf_hash(&prefixed), node_hash(&left, &right));
}

#[test]
fn children_do_not_commute() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
}

#[test]
fn a_hash_prints_as_it_parses() {
    let hash = leaf_hash(b"entry");
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!(Hash::try_from(hash.as_bytes().as_slice()), Ok(hash));
    assert_eq!(format!("{hash:?}"), format!("Hash({hash})"));
}

#[test]
fn what_is_not_32_bytes_in_standard_base64_is_no_hash() {
    let text = leaf_hash(b"entry").to_string();
    let parse = |text: &str| text.parse::<Hash>();
    assert_eq!(parse(""), Err(HashError::Length(0)));
    assert_eq!(parse("AAAA"), Err(HashError::Length(3)));
    assert_eq!(parse(&"A".repeat(44)), Err(HashError::Length(33)));
    assert_eq!(parse(text.trim_end_matches('=')), Err(HashError::NotBase64));
    assert_eq!(parse(&format!(" {}", &text[1..])), Err(HashError::NotBase64));
    assert_eq!(parse("bjQLnP-zepicpUTmu3gKLHiQHT-zNzh2hRGjBhevoB0="), Err(HashError::NotBase64));
    assert_eq!(Hash::try_from([0; 31].as_slice()), Err(HashError::Length(31)));
}

#[test]
fn stray_bits_after_the_last_byte_are_refused() {
    let canonical = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=";
    let stray = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB1=";
    assert!(canonical.parse::<Hash>().is_ok());
    assert_eq!(stray.parse::<Hash>(), Err(HashError::NotBase64));
}
