//! The proofs of transparency-dev/merkle: inclusion and consistency, in trees
//! and in subtrees, good ones and bad.
//!
//! **Invariant:** a JSON file that is no vector counts as a failure, so a
//! damaged set cannot pass by being ignored.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
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

use super::{Answer, Case, Verdict};

/// Judges every JSON file under the folder at `path`.
pub(super) fn run(path: &Path) -> anyhow::Result<Vec<Case>> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files.sort();
    files.iter().map(|file| case(path, file)).collect()
}

/// Lists the JSON files at any depth, without following linked folders.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("in `{}`", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

fn case(folder: &Path, file: &Path) -> anyhow::Result<Case> {
    let text = fs::read(file).with_context(|| format!("in `{}`", file.display()))?;
    let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
    let verdict = judge(&text).unwrap_or_else(|error| Verdict::Failed(format!("{error:#}")));
    Ok(Case { name, verdict })
}

fn judge(text: &[u8]) -> anyhow::Result<Verdict> {
    let value = serde_json::from_slice(text)?;
    let vector = Vector(&value);
    let expected = match vector.field("wantErr")?.as_bool() {
        Some(true) => Answer::Refused,
        Some(false) => Answer::Accepted,
        None => bail!("`wantErr` is neither true nor false"),
    };
    // The kinds differ in the names of their numbers.
    let found = match ["treeSize", "size1", "leafIdx", "size"].map(|name| vector.has(name)) {
        [true, false, true, false] => inclusion(&vector)?,
        [false, true, false, false] => consistency(&vector)?,
        [false, false, true, false] => subtree_inclusion(&vector)?,
        [false, false, false, true] if vector.is_about_no_tree()? => {
            let why = "its verdict is about a root that is not a hash";
            return Ok(Verdict::NotApplicable(why.into()));
        }
        [false, false, false, true] => subtree_consistency(&vector)?,
        _ => bail!("the file is not a vector of any of the four kinds"),
    };
    Ok(Verdict::compare(expected, found))
}

fn inclusion(vector: &Vector<'_>) -> anyhow::Result<Answer> {
    let (index, size) = (vector.number("leafIdx")?, vector.number("treeSize")?);
    let (leaf, root) = (vector.hash("leafHash")?, vector.hash("root")?);
    let (Some(leaf), Some(root), Some(proof)) = (leaf, root, vector.proof()?) else {
        return Ok(Answer::Refused);
    };
    Ok(verify_inclusion(&leaf, index, &proof, &TreeHead { size, root }).into())
}

fn consistency(vector: &Vector<'_>) -> anyhow::Result<Answer> {
    let (old, new) = (vector.number("size1")?, vector.number("size2")?);
    let (root1, root2) = (vector.hash("root1")?, vector.hash("root2")?);
    let (Some(root1), Some(root2), Some(proof)) = (root1, root2, vector.proof()?) else {
        return Ok(Answer::Refused);
    };
    let old = TreeHead { size: old, root: root1 };
    let new = TreeHead { size: new, root: root2 };
    Ok(verify_consistency(&old, &new, &proof).into())
}

fn subtree_inclusion(vector: &Vector<'_>) -> anyhow::Result<Answer> {
    let (index, range) = (vector.number("leafIdx")?, vector.range()?);
    let (leaf, root) = (vector.hash("leafHash")?, vector.hash("root")?);
    let (Some(leaf), Some(root), Some(proof)) = (leaf, root, vector.proof()?) else {
        return Ok(Answer::Refused);
    };
    let Ok(subtree) = range else {
        return Ok(Answer::Refused);
    };
    Ok(verify_subtree_inclusion(&leaf, index, &proof, &SubtreeHead { subtree, root }).into())
}

fn subtree_consistency(vector: &Vector<'_>) -> anyhow::Result<Answer> {
    let (size, range) = (vector.number("size")?, vector.range()?);
    let (root1, root2) = (vector.hash("root1")?, vector.hash("root2")?);
    let (Some(root1), Some(root2), Some(proof)) = (root1, root2, vector.proof()?) else {
        return Ok(Answer::Refused);
    };
    let Ok(subtree) = range else {
        return Ok(Answer::Refused);
    };
    let part = SubtreeHead { subtree, root: root1 };
    Ok(verify_subtree_consistency(&part, &TreeHead { size, root: root2 }, &proof).into())
}

/// A vector as it is written: numbers, and hashes in base64.
struct Vector<'a>(&'a Value);

impl Vector<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some()
    }

    fn field(&self, name: &str) -> anyhow::Result<&Value> {
        self.0.get(name).with_context(|| format!("`{name}` is missing"))
    }

    fn number(&self, name: &str) -> anyhow::Result<u64> {
        let number = self.field(name)?.as_u64();
        number.with_context(|| format!("`{name}` is not a number"))
    }

    /// The subtree, or the reason why the range is none.
    fn range(&self) -> anyhow::Result<Result<Subtree, procura_merkle::subtree::NotASubtree>> {
        Ok(Subtree::new(self.number("start")?, self.number("end")?))
    }

    /// A hash, or nothing where the vector has bytes of another length.
    fn hash(&self, name: &str) -> anyhow::Result<Option<Hash>> {
        hash(self.field(name)?).with_context(|| format!("`{name}` is malformed"))
    }

    /// The proof, or nothing where one of its hashes has another length. An
    /// empty proof may be written as null.
    fn proof(&self) -> anyhow::Result<Option<Vec<Hash>>> {
        let proof = self.field("proof")?;
        if proof.is_null() {
            return Ok(Some(Vec::new()));
        }
        let hashes = proof.as_array().context("`proof` is not a list")?;
        hashes.iter().map(|value| hash(value).context("`proof` is malformed")).collect()
    }

    /// Whether a root that is no hash is accepted: because the subtree is
    /// empty, so that nothing depends on the tree, or because it is the whole
    /// tree under the very same root. A tree head always holds a hash.
    fn is_about_no_tree(&self) -> anyhow::Result<bool> {
        let (start, end, size) = (self.number("start")?, self.number("end")?, self.number("size")?);
        let is_whole = start == 0 && end == size && self.field("root1")? == self.field("root2")?;
        let is_accepted = self.field("wantErr")? == false;
        Ok(is_accepted && self.hash("root2")?.is_none() && (start == end || is_whole))
    }
}

fn hash(value: &Value) -> anyhow::Result<Option<Hash>> {
    let text = value.as_str().context("a hash is not text")?;
    let bytes = Base64::decode_vec(text).ok().context("a hash is not base64")?;
    Ok(Hash::try_from(bytes.as_slice()).ok())
}
