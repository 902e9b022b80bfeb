//! Inputs for the fuzz targets to start with, from the vectors and the formats' examples.
//!
//! A target says in a line of its own what it starts with (`fuzz/src/lib.rs`).

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use procura_core::{
    base64url,
    hash::Digest,
    json::{self, Object, Value},
};

use super::File;

/// Writes a corpus for every target in `fuzz`, and says how many inputs each has.
pub(super) fn write(fuzz: &Path, files: &[File]) -> anyhow::Result<Vec<(String, usize)>> {
    let mut written = Vec::new();
    for (target, wanted) in targets(fuzz)? {
        let mut seeds = BTreeSet::new();
        for want in &wanted {
            match want.strip_prefix("formats/") {
                Some(page) => seeds.extend(examples(page)?),
                None => seeds.extend(members(want, files)),
            }
        }
        seeds.retain(|seed| seed.len() <= MAX_BYTES);
        let folder = fuzz.join("corpus").join(&target);
        fs::create_dir_all(&folder).with_context(|| format!("`{}`", folder.display()))?;
        for seed in &seeds {
            fs::write(folder.join(Digest::of(seed).to_base64url()), seed)?;
        }
        written.push((target, seeds.len()));
    }
    Ok(written)
}

/// Longer inputs teach a fuzzer nothing and slow it down.
const MAX_BYTES: usize = 16 * 1024;

/// The targets, and what each starts with.
fn targets(fuzz: &Path) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let folder = fuzz.join("src/bin");
    let entries = fs::read_dir(&folder).with_context(|| format!("`{}`", folder.display()))?;
    let mut targets = Vec::new();
    for entry in entries {
        let path: PathBuf = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).context("a name")?;
        let text = fs::read_to_string(&path)?;
        let lines = text.lines().filter_map(|line| line.strip_prefix("//! Seeds: "));
        let wanted = lines.flat_map(|line| line.split(", ")).map(String::from).collect();
        targets.push((name.to_owned(), wanted));
    }
    targets.sort();
    Ok(targets)
}

/// What is between the fences of a page of the formats.
fn examples(page: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let path = super::folder().join("../docs/formats").join(page);
    let text = fs::read_to_string(&path).with_context(|| format!("`{}`", path.display()))?;
    let blocks = text.split("```").skip(1).step_by(2);
    let inner = blocks.map(|block| block.split_once('\n').map_or("", |(_, inner)| inner));
    Ok(inner.map(|inner| inner.as_bytes().to_vec()).collect())
}

/// `NAME`, `NAME/payload`, `NAME/strings` or `NAME+NAME`: what the cases have under
/// these names.
fn members(want: &str, files: &[File]) -> Vec<Vec<u8>> {
    let inputs = files.iter().flat_map(|file| &file.cases).map(super::Case::input);
    match want.split_once('/') {
        Some((name, "payload")) => {
            inputs.flat_map(|input| texts(input, name)).filter_map(payload).collect()
        }
        Some((name, _)) => inputs.flat_map(|input| texts(input, name)).flat_map(strings).collect(),
        None => inputs.filter_map(|input| joined(input, want)).map(String::into_bytes).collect(),
    }
}

/// The texts that an object's members are.
fn strings(text: &str) -> Vec<Vec<u8>> {
    let object = json::parse_object(text.as_bytes()).unwrap_or_default();
    object.iter().filter_map(|(_, value)| Some(value.as_str()?.as_bytes().to_vec())).collect()
}

fn payload(text: &str) -> Option<Vec<u8>> {
    base64url::decode(text.split('.').nth(1)?)
}

fn texts<'a>(input: &'a Object, name: &str) -> Vec<&'a str> {
    match input.get(name) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The members, a line each; none if the first is not there.
fn joined(input: &Object, names: &str) -> Option<String> {
    let lines: Vec<String> = names.split('+').map(|name| texts(input, name).join("\n")).collect();
    lines.first().is_some_and(|first| !first.is_empty()).then(|| lines.join("\n"))
}
