//! Carries out the calls.
//!
//! **Invariant:** a tool that fails is a result with `isError`, never an error of the protocol, so
//! that whoever called can read why and try otherwise.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};

use super::call::{Action, PullRequest, Readiness, ToolCall};
use super::git::{Repository, Summary};
use super::releases::Releases;
use super::tree::{TreePath, WorkTree};

/// One repository, and where its releases go.
#[derive(Debug)]
pub(super) struct Workshop {
    name: String,
    files: WorkTree,
    repository: Repository,
    releases: Releases,
}

impl Workshop {
    /// Opens a repository whose work tree is `repo`.
    ///
    /// The directory of releases is made if it is absent. It must not be in the work tree, where
    /// `write_file` could forge a record.
    pub(super) fn open(name: String, repo: &Path, releases: &Path) -> anyhow::Result<Self> {
        let repo =
            repo.canonicalize().with_context(|| format!("cannot open `{}`", repo.display()))?;
        let releases = Releases::open(releases, &repo)?;
        let files = WorkTree::open(&repo)?;
        let repository = Repository::open(&repo)?;
        Ok(Self { name, files, repository, releases })
    }

    /// Carries out one call and returns the result that MCP gives to it.
    pub(super) fn perform(&self, call: &ToolCall) -> Map<String, Value> {
        let outcome = self.outcome(call).unwrap_or_else(|error| {
            // The reason may quote arguments, which have no place in a log.
            tracing::info!("a tool failed");
            Outcome { text: format!("{error:#}"), content: Content::Failed }
        });
        outcome.into_result()
    }

    fn outcome(&self, call: &ToolCall) -> anyhow::Result<Outcome> {
        let ToolCall { repo, action } = call;
        ensure!(*repo == self.name, "there is no repository `{repo}` here");
        match action {
            Action::ReadFile { path } => self.read_file(path),
            Action::WriteFile { path, content } => self.write_file(path, content),
            Action::CreatePullRequest(proposal) => self.create_pull_request(proposal),
            Action::Deploy { environment, version } => self.deploy(environment, version),
        }
    }

    fn read_file(&self, path: &str) -> anyhow::Result<Outcome> {
        let text = self.files.read(&TreePath::parse(path)?)?;
        Ok(Outcome { text, content: Content::Text })
    }

    fn write_file(&self, path: &str, content: &str) -> anyhow::Result<Outcome> {
        self.files.write(&TreePath::parse(path)?, content)?;
        let text = format!("wrote {} bytes to `{path}`", content.len());
        Ok(Outcome { text, content: Content::Text })
    }

    fn create_pull_request(&self, proposal: &PullRequest) -> anyhow::Result<Outcome> {
        let PullRequest { base, title, body, readiness } = proposal;
        let mut summary = Summary::new(title, body.as_deref())?;
        if *readiness == Readiness::Draft {
            summary = summary.with_trailer("Draft: yes");
        }
        let made = self.repository.propose(base, &summary)?;
        Ok(Outcome::structured(json!({
            "number": made.number,
            "branch": made.branch,
            "base": base,
            "commit": made.commit,
            "draft": *readiness == Readiness::Draft,
        })))
    }

    fn deploy(&self, environment: &str, version: &str) -> anyhow::Result<Outcome> {
        let commit = self.repository.checked_out_commit()?;
        Ok(Outcome::structured(self.releases.record(environment, version, &commit)?))
    }
}

struct Outcome {
    text: String,
    content: Content,
}

enum Content {
    Text,
    Structured(Value),
    Failed,
}

impl Outcome {
    /// The text repeats the value for clients older than `structuredContent`.
    fn structured(value: Value) -> Self {
        Self { text: value.to_string(), content: Content::Structured(value) }
    }

    fn into_result(self) -> Map<String, Value> {
        let mut result = Map::new();
        result.insert("content".to_owned(), json!([{"type": "text", "text": self.text}]));
        match self.content {
            Content::Text => {}
            Content::Structured(value) => {
                result.insert("structuredContent".to_owned(), value);
            }
            Content::Failed => {
                result.insert("isError".to_owned(), json!(true));
            }
        }
        result
    }
}
