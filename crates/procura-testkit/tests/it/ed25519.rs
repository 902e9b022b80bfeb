//! `conform ed25519` on the real set and on planted failures.

use std::fs;

use serde_json::{Value, json};

use crate::conform::{Run, run, shared};

const SET: &str = "cctv-ed25519/ed25519vectors.json";

fn run_on(set: &Value) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vectors.json");
    fs::write(&file, set.to_string()).unwrap();
    run(&["ed25519".as_ref(), file.as_os_str()])
}

fn counts(passed: usize, failed: usize) -> String {
    format!(r#"{{"set":"ed25519","passed":{passed},"failed":{failed},"not_applicable":0}}"#)
}

/// RFC 8032, section 7.1, test 1, whose message is empty.
fn plain() -> Value {
    json!({
        "key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "sig": "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "msg": "",
        "flags": null,
    })
}

#[test]
fn the_real_set_passes() {
    let Some(file) = shared(SET) else { return };
    let ran = run(&["ed25519".as_ref(), file.as_os_str()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.out.trim_end(), counts(914, 0));
}

#[test]
fn the_flags_alone_accept_43_vectors_of_the_real_set() {
    let Some(file) = shared(SET) else { return };
    let mut set: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    // Without its flags a vector is expected to be accepted.
    for vector in set.as_array_mut().unwrap() {
        vector["flags"] = json!(null);
    }
    let ran = run_on(&set);
    assert_eq!((ran.code, ran.last_line()), (Some(1), counts(43, 914 - 43).as_str()));
}

#[test]
fn a_plain_signature_is_accepted() {
    let ran = run_on(&json!([plain()]));
    assert_eq!((ran.code, ran.out.trim_end()), (Some(0), counts(1, 0).as_str()));
}

#[test]
fn a_vector_that_was_changed_fails() {
    let other_key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let changes = [
        ("key", json!(other_key)),
        ("key", json!("d7")),
        ("key", json!("d7é")),
        ("key", json!("xx")),
        ("key", json!(1)),
        ("sig", json!("d7")),
        ("msg", json!("other")),
        ("msg", json!(null)),
        ("flags", json!(["low_order_A"])),
        ("flags", json!(["low_order_R"])),
        ("flags", json!(["non_canonical_A"])),
        ("flags", json!(["non_canonical_R"])),
        ("flags", json!(["low_order_residue"])),
        ("flags", json!(["unknown"])),
        ("flags", json!([1])),
        ("flags", json!("low_order_A")),
    ];
    for (field, value) in changes {
        let mut vector = plain();
        vector[field] = value;
        let ran = run_on(&json!([plain(), vector]));
        assert_eq!((ran.code, ran.last_line()), (Some(1), counts(1, 1).as_str()), "{vector}");
        assert!(ran.out.starts_with("FAILED vector 1: "), "{}", ran.out);
    }
}

#[test]
fn a_field_that_is_missing_fails() {
    for field in ["key", "sig", "msg", "flags"] {
        let mut vector = plain();
        vector.as_object_mut().unwrap().remove(field);
        let ran = run_on(&json!([vector]));
        assert_eq!((ran.code, ran.last_line()), (Some(1), counts(0, 1).as_str()), "{field}");
    }
}

#[test]
fn what_is_no_list_of_vectors_cannot_be_run() {
    for set in [json!({}), json!("text")] {
        let ran = run_on(&set);
        assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""));
    }
}
