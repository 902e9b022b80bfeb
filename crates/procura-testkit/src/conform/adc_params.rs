//! Digests of a call's arguments: `params_c14n_v1` of the delegation chain drafts.
//!
//! The digest is SHA-256 of a salt and the canonical form (RFC 8785), so it
//! shows that our canonical form is the one that others compute.

use std::path::Path;

use anyhow::{Context, bail};
use procura_core::{
    hash::Digest,
    json::{Object, Value},
};

use super::{
    Case, Verdict,
    fields::{hex, read_strictly, unhex},
};

/// Judges the cases in `folder`.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let set = read_strictly(&folder.join("params_c14n_v1.json"))?;
    let cases = set.as_object().and_then(|set| set.get("cases")).and_then(Value::as_array);
    let cases = cases.context("no `cases`")?.iter().map(|case| {
        let case = case.as_object().context("a case is not an object")?;
        Ok(Case::of(text(case, "name")?.to_owned(), judge(case)))
    });
    cases.collect()
}

fn judge(case: &Object) -> anyhow::Result<Verdict> {
    let arguments = case.get("params").context("no `params`")?;
    let mut hashed = unhex(text(case, "salt_hex")?).context("the salt is not hexadecimal")?;
    hashed.extend_from_slice(arguments.to_canonical()?.as_bytes());
    let found = hex(Digest::of(&hashed).as_bytes());
    match text(case, "expect")? {
        "hash" if found == text(case, "hash_hex")? => Ok(Verdict::Passed),
        "hash" => Ok(Verdict::Failed(format!("found {found}"))),
        // Ours is no integer to any rule (`as_integer`), but as a double it is exact.
        "unsupported" if !arguments.as_object().is_some_and(has_integer) => Ok(Verdict::excluded(
            "their form has no integer beyond 2^53 - 1; RFC 8785 has those that are exactly doubles",
        )),
        "unsupported" => Ok(Verdict::Failed("it holds an integer".into())),
        other => bail!("`{other}` is not expected of a case"),
    }
}

fn has_integer(arguments: &Object) -> bool {
    arguments.iter().any(|(_, value)| value.as_integer().is_some())
}

fn text<'a>(case: &'a Object, name: &str) -> anyhow::Result<&'a str> {
    case.get(name).and_then(Value::as_str).with_context(|| format!("`{name}` is not text"))
}
