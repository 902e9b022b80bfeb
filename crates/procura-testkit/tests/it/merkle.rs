//! `conform merkle` on the real set and on planted failures.

use std::{fs, path::Path};

use procura_merkle::hash::{leaf_hash, node_hash};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::conform::{self, Run, shared};

fn run_in(folder: &Path) -> Run {
    conform::run_on("merkle", folder)
}

fn counts(passed: usize, failed: usize, not_applicable: usize) -> String {
    conform::counts("merkle", passed, failed, not_applicable)
}

/// A true proof that the second of two leaves is in their tree.
fn inclusion() -> Value {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    json!({
        "leafIdx": 1,
        "treeSize": 2,
        "root": node_hash(&left, &right).to_string(),
        "leafHash": right.to_string(),
        "proof": [left.to_string()],
        "desc": "planted",
        "wantErr": false,
    })
}

/// A folder with one file, two folders down.
fn plant(text: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("deep/deeper");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("planted.json"), text).unwrap();
    fs::write(deep.join("README"), "not a vector").unwrap();
    folder
}

fn run_on(vector: &Value) -> Run {
    let folder = plant(vector.to_string().as_bytes());
    run_in(folder.path())
}

#[test]
fn the_real_set_passes() {
    let Some(set) = shared("merkle") else { return };
    let ran = run_in(&set);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.last_line(), counts(401, 0, 3));
}

#[test]
fn a_verdict_turned_round_in_any_kind_of_the_real_set_fails() {
    let Some(set) = shared("merkle") else { return };
    for kind in ["inclusion", "consistency", "subtreeinclusion", "subtreeconsistency"] {
        for file in ["happy-path.json", "trailing-garbage.json"] {
            let source = set.join("testdata").join(kind).join("3").join(file);
            let text = fs::read(&source).unwrap();
            let mut vector: Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(run_on(&vector).last_line(), counts(1, 0, 0), "{kind} {file}");
            vector["wantErr"] = (vector["wantErr"] == false).into();
            let ran = run_on(&vector);
            assert_eq!((ran.code, ran.last_line()), (Some(1), counts(0, 1, 0)));
        }
    }
}

#[test]
fn a_vector_at_any_depth_is_judged() {
    let ran = run_on(&inclusion());
    assert_eq!((ran.code, ran.last_line()), (Some(0), counts(1, 0, 0)));
}

#[test]
fn a_file_that_was_cut_short_fails() {
    let text = inclusion().to_string().into_bytes();
    for length in [0, 1, text.len() / 2, text.len() - 1] {
        let folder = plant(&text[..length]);
        let ran = run_in(folder.path());
        assert_eq!((ran.code, ran.last_line()), (Some(1), counts(0, 1, 0)));
        assert!(ran.out.starts_with("FAILED deep/deeper/planted.json: "), "{}", ran.out);
    }
}

#[test]
fn a_field_that_was_changed_fails() {
    let changes = [
        ("leafIdx", json!(0)),
        ("leafIdx", json!("1")),
        ("treeSize", json!(3)),
        ("root", json!(leaf_hash(b"other").to_string())),
        ("root", json!("AAAA")),
        ("root", json!("not base64")),
        ("leafHash", json!(null)),
        ("proof", json!(null)),
        ("proof", json!([])),
        ("proof", json!(["AAAA"])),
        ("wantErr", json!(true)),
        ("wantErr", json!("false")),
        ("size1", json!(1)),
    ];
    for (field, value) in changes {
        let mut vector = inclusion();
        vector[field] = value;
        let ran = run_on(&vector);
        assert_eq!(ran.code, Some(1), "{vector}: {ran:?}");
        assert_eq!(ran.last_line(), counts(0, 1, 0));
    }
}

#[test]
fn a_field_that_is_missing_fails() {
    for field in ["leafIdx", "treeSize", "root", "leafHash", "proof", "wantErr"] {
        let mut vector = inclusion();
        vector.as_object_mut().unwrap().remove(field);
        let ran = run_on(&vector);
        assert_eq!(ran.code, Some(1), "{field}: {ran:?}");
    }
}

#[test]
fn one_failure_among_many_is_named() {
    let folder = plant(inclusion().to_string().as_bytes());
    let mut bad = inclusion();
    bad["leafIdx"] = json!(0);
    fs::write(folder.path().join("bad.json"), bad.to_string()).unwrap();
    let ran = run_in(folder.path());
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[0], "FAILED bad.json: expected accepted, found refused");
    assert_eq!((ran.code, lines.len(), ran.last_line()), (Some(1), 3, counts(1, 1, 0)));
}

#[test]
fn vectors_that_do_not_apply_are_no_pass() {
    let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let vector = json!({
        "start": 1, "end": 1, "size": 1, "root1": empty, "root2": "AAAA", "proof": [],
        "wantErr": false,
    });
    let ran = run_on(&vector);
    assert_eq!((ran.code, ran.last_line()), (Some(3), counts(0, 0, 1)));
}
