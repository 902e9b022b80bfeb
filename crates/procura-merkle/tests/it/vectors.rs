//! The shared vectors of transparency-dev/merkle, good and bad.

#![expect(clippy::disallowed_methods, reason = "the vectors are files")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use base64ct::{Base64, Encoding};
use procura_merkle::{
    hash::Hash,
    subtree::Subtree,
    tree::TreeHead,
    verify::{
        SubtreeHead, verify_consistency, verify_inclusion, verify_subtree_consistency,
        verify_subtree_inclusion,
    },
};
use serde_json::Value;

/// Where a shared set is, or nothing outside of continuous integration.
pub(crate) fn set(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let root = env::var_os("PROCURA_VECTORS").map_or_else(beside, PathBuf::from);
    let set = root.join(name);
    if set.is_dir() {
        return Some(set);
    }
    assert!(env::var("CI").as_deref() != Ok("true"), "the vectors `{name}` are missing");
    println!("skipped: the vectors `{name}` are not here");
    None
}

#[test]
fn inclusion_proofs_are_judged_as_the_vectors_say() {
    check("inclusion", 77, |vector| {
        let head = TreeHead { size: number(vector, "treeSize")?, root: hash(&vector["root"])? };
        let leaf = hash(&vector["leafHash"])?;
        verify_inclusion(&leaf, number(vector, "leafIdx")?, &proof(vector)?, &head).ok()
    });
}

#[test]
fn consistency_proofs_are_judged_as_the_vectors_say() {
    check("consistency", 63, |vector| {
        let old = TreeHead { size: number(vector, "size1")?, root: hash(&vector["root1"])? };
        let new = TreeHead { size: number(vector, "size2")?, root: hash(&vector["root2"])? };
        verify_consistency(&old, &new, &proof(vector)?).ok()
    });
}

#[test]
fn subtree_inclusion_proofs_are_judged_as_the_vectors_say() {
    check("subtreeinclusion", 168, |vector| {
        let head = SubtreeHead { subtree: subtree(vector)?, root: hash(&vector["root"])? };
        let leaf = hash(&vector["leafHash"])?;
        verify_subtree_inclusion(&leaf, number(vector, "leafIdx")?, &proof(vector)?, &head).ok()
    });
}

#[test]
fn subtree_consistency_proofs_are_judged_as_the_vectors_say() {
    check("subtreeconsistency", 96, |vector| {
        let part = SubtreeHead { subtree: subtree(vector)?, root: hash(&vector["root1"])? };
        let head = TreeHead { size: number(vector, "size")?, root: hash(&vector["root2"])? };
        verify_subtree_consistency(&part, &head, &proof(vector)?).ok()
    });
}

/// Judges each vector of one kind, where nothing means refused.
fn check(kind: &str, count: usize, accept: impl Fn(&Value) -> Option<()>) {
    let Some(set) = set("merkle") else { return };
    let mut files = Vec::new();
    list(&set.join("testdata").join(kind), &mut files);
    assert_eq!(files.len(), count);
    for file in files {
        let vector = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        if is_about_no_tree(&vector) {
            continue;
        }
        let is_refused = accept(&vector).is_none();
        assert_eq!(is_refused, vector["wantErr"], "{}", file.display());
    }
}

/// Three vectors accept a root that is no hash, where the root does not matter
/// or equals itself. No [`TreeHead`] can hold one.
fn is_about_no_tree(vector: &Value) -> bool {
    vector["wantErr"] == false && vector["root2"].is_string() && hash(&vector["root2"]).is_none()
}

#[test]
fn no_more_than_three_vectors_are_about_no_tree() {
    let Some(set) = set("merkle") else { return };
    let mut files = Vec::new();
    list(&set.join("testdata"), &mut files);
    let vectors = files.iter().map(|file| fs::read(file).unwrap());
    let skipped = vectors.filter(|text| is_about_no_tree(&serde_json::from_slice(text).unwrap()));
    assert_eq!(skipped.count(), 3);
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

fn number(vector: &Value, name: &str) -> Option<u64> {
    vector[name].as_u64()
}

fn subtree(vector: &Value) -> Option<Subtree> {
    Subtree::new(number(vector, "start")?, number(vector, "end")?).ok()
}

fn proof(vector: &Value) -> Option<Vec<Hash>> {
    if vector["proof"].is_null() {
        return Some(Vec::new());
    }
    vector["proof"].as_array()?.iter().map(hash).collect()
}

fn hash(value: &Value) -> Option<Hash> {
    let bytes = Base64::decode_vec(value.as_str()?).ok()?;
    Hash::try_from(bytes.as_slice()).ok()
}
