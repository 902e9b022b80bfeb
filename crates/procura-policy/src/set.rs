//! A compiled policy set and the questions it answers.
//!
//! **Invariant:** the roles are asked before the rules, and the rules can only
//! narrow what the roles permit.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::answer;
use crate::error::PolicyError;
use crate::input;
use crate::rego::{Failure, Rules};
use crate::revision::Revision;
use crate::roles::Roles;
use crate::verdict::{DenyCode, Effect, Verdict};

/// One text file of the policy set, named by its path relative to the policy directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceFile {
    /// The path, with `/` between its parts.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// What is asked. `input` is the JSON object that Rego sees as `input`.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Who is accountable, such as `user:alice`.
    pub principal: &'a str,
    /// The agent that makes the call: the last of the chain.
    pub agent: &'a str,
    /// The tool, such as `mcp:web/read_file`.
    pub tool: &'a str,
    /// A JSON object whose `principal`, `agent` and `tool` repeat the three
    /// above, and which has `args`. Roles and rules must be asked about the
    /// same call, so a difference is a refusal.
    pub input: &'a str,
}

/// A policy set that compiled.
///
/// Cloning is cheap, and a set can be asked from many threads at once: a
/// question never changes it.
#[derive(Clone, Debug)]
pub struct PolicySet(Arc<Compiled>);

impl PolicySet {
    /// How many files a set may have.
    pub const MAX_FILES: usize = 64;
    /// How many bytes one file may have.
    pub const MAX_FILE_BYTES: usize = 64 * 1024;
    /// How many bytes the input of a question may have.
    pub const MAX_INPUT_BYTES: usize = 256 * 1024;
    /// How deep the arrays and objects of the input may nest.
    pub const MAX_INPUT_DEPTH: usize = 64;

    /// Compiles `roles.toml` (without it there are no roles) and the `*.rego`
    /// files, and refuses every other file by name.
    ///
    /// Needs up to 1 MiB of stack, as [`PolicySet::evaluate`] does.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with a text, named by file; see [`PolicyError`].
    pub fn compile(files: &[SourceFile]) -> Result<Self, PolicyError> {
        let modules = sort_out(files)?;
        let roles = match files.iter().find(|file| file.name == ROLES_FILE) {
            Some(file) => Roles::parse(&file.text).map_err(PolicyError::Roles)?,
            None => Roles::default(),
        };
        let rules = Rules::compile(&modules)?;
        Ok(Self(Arc::new(Compiled { revision: Revision::of(files), roles, rules })))
    }

    /// The name of this exact text, which a decision is recorded with.
    pub fn revision(&self) -> &Revision {
        &self.0.revision
    }

    /// Answers `query`. Total: every failure is a denial with a code.
    ///
    /// The same question to the same revision has the same answer, except that
    /// a slow machine may run out of the time budget, which denies.
    pub fn evaluate(&self, query: &Query<'_>) -> Verdict {
        let (effect, rule) = self.decide(query);
        Verdict { effect, rule, revision: self.0.revision.clone() }
    }

    fn decide(&self, query: &Query<'_>) -> (Effect, String) {
        if let Some(reason) = self.0.roles.refuses(query.principal, query.agent, query.tool) {
            return denied(Verdict::ROLES, DenyCode::NoRole, reason);
        }
        let input = match input::parse(query) {
            Ok(input) => input,
            Err(problem) => {
                let reason = problem.to_string();
                return denied(Verdict::INPUT, DenyCode::InputIncomplete, reason);
            }
        };
        let value = match self.0.rules.ask(&input) {
            Ok(value) => value,
            Err(failure) => return failed(failure),
        };
        match answer::read(&value) {
            Ok(answer) => answer,
            Err(problem) => {
                let reason = format!("the answer of the policy is not usable: {problem}");
                denied(Verdict::ENGINE, DenyCode::ResultType, reason)
            }
        }
    }
}

#[derive(Debug)]
struct Compiled {
    revision: Revision,
    roles: Roles,
    rules: Rules,
}

fn denied(rule: &str, code: DenyCode, reason: impl Into<String>) -> (Effect, String) {
    (Effect::deny(code, reason), rule.to_owned())
}

fn failed(failure: Failure) -> (Effect, String) {
    match failure {
        Failure::Undefined => denied(
            Verdict::ENGINE,
            DenyCode::Undefined,
            "no rule gives `data.procura.decision` a value for this call",
        ),
        Failure::Budget => denied(
            Verdict::ENGINE,
            DenyCode::Budget,
            "the rules took longer than an evaluation may take",
        ),
        Failure::Error(reason) => denied(Verdict::ENGINE, DenyCode::Error, reason),
    }
}

/// The Rego files of a set, once all its files are known to belong in it.
fn sort_out(files: &[SourceFile]) -> Result<Vec<&SourceFile>, PolicyError> {
    if files.len() > PolicySet::MAX_FILES {
        return Err(PolicyError::TooManyFiles { count: files.len(), limit: PolicySet::MAX_FILES });
    }
    let mut names = BTreeSet::new();
    let mut modules = Vec::new();
    for file in files {
        if !names.insert(file.name.as_str()) {
            return Err(PolicyError::DuplicateFile { file: file.name.clone() });
        }
        if file.text.len() > PolicySet::MAX_FILE_BYTES {
            return Err(PolicyError::TooLarge {
                file: file.name.clone(),
                limit: PolicySet::MAX_FILE_BYTES,
            });
        }
        if is_rego(&file.name) {
            modules.push(file);
        } else if file.name != ROLES_FILE {
            return Err(PolicyError::UnexpectedFile { file: file.name.clone() });
        }
    }
    if modules.is_empty() {
        return Err(PolicyError::NoRego);
    }
    // The order of the files must not be able to change an answer.
    modules.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(modules)
}

/// Names also appear in messages, so nothing that could forge a line is one.
fn is_rego(name: &str) -> bool {
    name.strip_suffix(".rego").is_some_and(|stem| !stem.is_empty())
        && !name.chars().any(char::is_control)
}

const ROLES_FILE: &str = "roles.toml";
