//! Where published vectors are, and how their bytes are written.

#![expect(clippy::disallowed_methods, reason = "the vectors are files")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use procura_core::json::{self, Object, Value};

/// Where a set is, or nothing outside of continuous integration.
pub(crate) fn set(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let root = env::var_os("PROCURA_VECTORS").map_or_else(beside, PathBuf::from);
    let set = root.join(name);
    if set.exists() {
        return Some(set);
    }
    assert!(env::var("CI").as_deref() != Ok("true"), "the vectors `{name}` are missing");
    println!("skipped: the vectors `{name}` are not here");
    None
}

/// The files of a folder by name, in order.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// One file of JSON.
pub(crate) fn read(path: &Path) -> Value {
    json::parse(&fs::read(path).unwrap()).unwrap()
}

/// How many cases a property is tried with.
pub(crate) fn cases() -> u32 {
    match env::var("PROCURA_CASES") {
        Ok(count) => count.parse().unwrap(),
        Err(_) => 10_000,
    }
}

/// A text member.
pub(crate) fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap()
}

/// The bytes that hexadecimal digits denote.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "{text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The objects of a file with one a line.
pub(crate) fn lines(path: &Path) -> Vec<Object> {
    let text = fs::read(path).unwrap();
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| json::parse_object(line).unwrap())
        .collect()
}
