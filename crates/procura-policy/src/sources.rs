//! The text files of a policy set.
//!
//! **Invariant:** [`Sources`] holds only files that belong in a set, each under
//! a name of its own and within its limit.

use std::collections::BTreeSet;

use crate::error::PolicyError;
use crate::set::PolicySet;

/// One text file of the policy set, named by its path relative to the policy directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceFile {
    /// The path, with `/` between its parts.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// The files of a set by what they are.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    /// The text of `roles.toml`; a set without the file has an empty one.
    pub(crate) roles: &'a str,
    /// The Rego files, sorted by name, so that the order in which a directory
    /// was read cannot change an answer or an error.
    pub(crate) modules: Vec<&'a SourceFile>,
}

impl<'a> Sources<'a> {
    /// Sorts out `files`, and refuses the first that does not belong.
    pub(crate) fn sort_out(files: &'a [SourceFile]) -> Result<Self, PolicyError> {
        if files.len() > PolicySet::MAX_FILES {
            let limit = PolicySet::MAX_FILES;
            return Err(PolicyError::TooManyFiles { count: files.len(), limit });
        }
        let mut names = BTreeSet::new();
        for file in files {
            admit(file, &mut names)?;
        }
        let roles = files.iter().find(|file| file.name == ROLES_FILE);
        let mut modules: Vec<_> = files.iter().filter(|file| file.name != ROLES_FILE).collect();
        modules.sort_by_key(|file| &file.name);
        if modules.is_empty() {
            return Err(PolicyError::NoRego);
        }
        Ok(Self { roles: roles.map_or("", |file| &file.text), modules })
    }
}

/// Refuses a file that has the name of an earlier one, is too large or is
/// neither the roles nor Rego.
fn admit<'a>(file: &'a SourceFile, names: &mut BTreeSet<&'a str>) -> Result<(), PolicyError> {
    let name = || file.name.clone();
    if !names.insert(&file.name) {
        return Err(PolicyError::DuplicateFile { file: name() });
    }
    if file.text.len() > PolicySet::MAX_FILE_BYTES {
        return Err(PolicyError::TooLarge { file: name(), limit: PolicySet::MAX_FILE_BYTES });
    }
    if file.name != ROLES_FILE && !is_rego(&file.name) {
        return Err(PolicyError::UnexpectedFile { file: name() });
    }
    Ok(())
}

/// Names also appear in messages, so nothing that could forge a line is one.
fn is_rego(name: &str) -> bool {
    name.strip_suffix(".rego").is_some_and(|stem| !stem.is_empty())
        && !name.chars().any(char::is_control)
}

const ROLES_FILE: &str = "roles.toml";
