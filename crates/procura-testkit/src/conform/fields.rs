//! How vectors write what they hold: files of JSON, text members, hexadecimal.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use procura_core::json as strict;
use serde_json::Value;

/// The names and the bytes of the files in a folder, in order; folders in it are left out.
pub(super) fn files(folder: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let entries = fs::read_dir(folder).with_context(|| format!("in `{}`", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), read(&entry.path())?));
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "no file in `{}`", folder.display());
    Ok(files)
}

/// The bytes of a file.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// A file of JSON.
pub(super) fn read_json(path: &Path) -> anyhow::Result<Value> {
    let text = read(path)?;
    serde_json::from_slice(&text).with_context(|| format!("in `{}`", path.display()))
}

/// A file of JSON, by the reader that is shipped: it keeps how a number was written.
pub(super) fn read_strictly(path: &Path) -> anyhow::Result<strict::Value> {
    let text = read(path)?;
    strict::parse(&text).with_context(|| format!("in `{}`", path.display()))
}

/// A list member.
pub(super) fn list<'a>(vector: &'a Value, name: &str) -> anyhow::Result<&'a [Value]> {
    let value = vector.get(name).with_context(|| format!("`{name}` is missing"))?;
    value.as_array().map(Vec::as_slice).with_context(|| format!("`{name}` is not a list"))
}

/// A text member.
pub(super) fn text<'a>(vector: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    let value = vector.get(name).with_context(|| format!("`{name}` is missing"))?;
    value.as_str().with_context(|| format!("`{name}` is not text"))
}

/// The bytes of a member in hexadecimal.
pub(super) fn bytes(vector: &Value, name: &str) -> anyhow::Result<Vec<u8>> {
    unhex(text(vector, name)?).with_context(|| format!("`{name}` is not hexadecimal"))
}

/// The bytes that hexadecimal digits denote.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let decoded = pairs.iter().map(|[high, low]| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
        u8::try_from(value).ok()
    });
    if rest.is_empty() { decoded.collect() } else { None }
}

/// The hexadecimal digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
