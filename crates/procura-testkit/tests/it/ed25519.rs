//! `conform cctv-ed25519` and `conform ed25519-speccheck` on the real sets and on planted failures.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::conform::{self, Run, plant, shared};

const FILE: &str = "ed25519vectors.json";

fn run_on(set: &Value) -> Run {
    conform::run_on("cctv-ed25519", plant(FILE, set.to_string()).path())
}

fn counts(passed: usize, failed: usize) -> String {
    conform::counts("cctv-ed25519", passed, failed, 0)
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
fn the_flags_alone_accept_43_vectors_of_the_real_set() {
    let Some(folder) = shared("cctv-ed25519") else { return };
    let mut set: Value = serde_json::from_slice(&fs::read(folder.join(FILE)).unwrap()).unwrap();
    // Without its flags a vector is expected to be accepted.
    for vector in set.as_array_mut().unwrap() {
        vector["flags"] = json!(null);
    }
    let ran = run_on(&set);
    assert_eq!((ran.code, ran.last_line()), (Some(1), counts(43, 914 - 43)));
}

#[test]
fn a_plain_signature_is_accepted() {
    let ran = run_on(&json!([plain()]));
    assert_eq!((ran.code, ran.last_line()), (Some(0), counts(1, 0)));
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
        assert_eq!((ran.code, ran.last_line()), (Some(1), counts(1, 1)), "{vector}");
        assert!(ran.out.starts_with("FAILED vector 1: "), "{}", ran.out);
    }
}

#[test]
fn a_field_that_is_missing_fails() {
    for field in ["key", "sig", "msg", "flags"] {
        let mut vector = plain();
        vector.as_object_mut().unwrap().remove(field);
        let ran = run_on(&json!([vector]));
        assert_eq!((ran.code, ran.last_line()), (Some(1), counts(0, 1)), "{field}");
    }
}

#[test]
fn what_is_no_list_of_vectors_cannot_be_run() {
    for set in [json!({}), json!("text")] {
        let ran = run_on(&set);
        assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""));
    }
}

/// Two cases of which the strict verifier accepts the second.
fn speccheck() -> TempDir {
    let mut plain = plain();
    for (from, to) in [("key", "pub_key"), ("sig", "signature"), ("msg", "message")] {
        plain[to] = plain[from].clone();
    }
    let mut other = plain.clone();
    other["message"] = json!("00");
    let folder = plant("cases.json", json!([other, plain]).to_string());
    fs::write(folder.path().join("results.md"), "|Zebra | V | V |\n|Dalek strict | X | V |\n")
        .unwrap();
    folder
}

fn counts_of_speccheck(passed: usize, failed: usize) -> String {
    conform::counts("ed25519-speccheck", passed, failed, 0)
}

#[test]
fn a_strict_verifiers_row_is_what_is_expected() {
    let ran = conform::run_on("ed25519-speccheck", speccheck().path());
    assert_eq!((ran.code, ran.last_line()), (Some(0), counts_of_speccheck(2, 0)), "{ran:?}");
}

#[test]
fn a_lenient_verifiers_row_is_not_ours() {
    let Some(folder) = shared("ed25519-speccheck") else { return };
    let changed = plant("cases.json", fs::read(folder.join("cases.json")).unwrap());
    let results = fs::read_to_string(folder.join("results.md")).unwrap();
    let results = results.replace("Dalek strict", "other").replace("Zebra  ", "Dalek strict");
    fs::write(changed.path().join("results.md"), results).unwrap();
    let ran = conform::run_on("ed25519-speccheck", changed.path());
    // It accepts nine of the twelve, and we accept one of those.
    assert_eq!((ran.code, ran.last_line()), (Some(1), counts_of_speccheck(4, 8)), "{ran:?}");
}

#[test]
fn a_row_that_is_missing_or_of_another_length_cannot_be_run() {
    for results in ["|Dalek | X | V |", "|Dalek strict | V |", "|Dalek strict | V | ? |", ""] {
        let folder = speccheck();
        fs::write(folder.path().join("results.md"), results).unwrap();
        let ran = conform::run_on("ed25519-speccheck", folder.path());
        assert_eq!((ran.code, ran.out.as_str()), (Some(3), ""), "{results}");
    }
}
