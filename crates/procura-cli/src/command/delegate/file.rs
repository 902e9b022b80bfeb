//! Chain files: `{"aat_chain":[…]}`, from the root to the leaf.
//!
//! **Invariant:** a file that is not a chain is never overwritten, and a chain
//! only if asked to; a reader sees the old file or the new one.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;
use procura_core::json::Object;
use procura_core::token::Token;
use tempfile::NamedTempFile;

use crate::command::chain_file;
use crate::failure::{Exit, Failure};

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Existing {
    /// It stays, and nothing is written.
    Kept,
    /// It is replaced if it is a chain.
    Replaced,
}

/// The text of a chain file.
pub(super) fn text(tokens: &[String]) -> String {
    let object = Object::new().with("aat_chain", tokens.to_vec());
    // Tokens are text, and text always has a canonical form.
    object.to_canonical().unwrap_or_default() + "\n"
}

/// Checks that `path` may be written before anything else is made.
pub(super) fn check_free(path: &Path, existing: Existing) -> anyhow::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    if existing == Existing::Kept {
        return Err(taken(path).into());
    }
    let is_ours =
        chain_file(path).is_ok_and(|tokens| tokens.iter().all(|token| Token::read(token).is_ok()));
    if is_ours {
        return Ok(());
    }
    Err(Failure {
        exit: Exit::Usage,
        message: format!("{} is not a chain, so it is not overwritten", path.display()),
        next: Some("choose another file with --out FILE".into()),
    }
    .into())
}

/// Writes a chain file, whole or not at all.
pub(super) fn write(path: &Path, tokens: &[String], existing: Existing) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let unwritable = || format!("{} cannot be written", path.display());
    let mut draft =
        NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).with_context(unwritable)?;
    draft.write_all(text(tokens).as_bytes()).with_context(unwritable)?;
    draft.as_file().sync_all().with_context(unwritable)?;
    let written = match existing {
        Existing::Kept => draft.persist_noclobber(path),
        Existing::Replaced => draft.persist(path),
    };
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(taken(path).into()),
        Err(error) => Err(error.error).with_context(unwritable),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::usage(
        format!("{} exists already", path.display()),
        "choose another file with --out FILE, or replace the chain with --force",
    )
}
