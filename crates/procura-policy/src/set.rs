//! A compiled policy set and the questions it answers.
//!
//! **Invariant:** the roles are asked before the rules, and the rules can only
//! narrow what the roles permit.

use std::sync::Arc;

use crate::answer;
use crate::error::PolicyError;
use crate::input;
use crate::rego::Rules;
use crate::revision::Revision;
use crate::roles::Roles;
use crate::sources::{SourceFile, Sources};
use crate::verdict::{Effect, Refusal, Verdict};

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
        let sources = Sources::sort_out(files)?;
        let roles = Roles::parse(sources.roles).map_err(PolicyError::Roles)?;
        let rules = Rules::compile(&sources.modules)?;
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
        let (effect, rule) = self.0.decide(query).unwrap_or_else(Refusal::into_answer);
        Verdict { effect, rule, revision: self.0.revision.clone() }
    }
}

/// What the files of a set became.
#[derive(Debug)]
struct Compiled {
    revision: Revision,
    roles: Roles,
    rules: Rules,
}

impl Compiled {
    /// What the rules answer, or why they were not asked or gave no answer.
    fn decide(&self, query: &Query<'_>) -> Result<(Effect, String), Refusal> {
        self.roles.permit(query.principal, query.agent, query.tool)?;
        let input = input::parse(query)?;
        let value = self.rules.ask(&input)?;
        Ok(answer::read(&value)?)
    }
}
