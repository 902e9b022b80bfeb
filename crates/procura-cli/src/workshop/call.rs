//! Reads the parameters of `tools/call` into one of the calls that exist.
//!
//! **Invariant:** what this accepts is what the schemas in `catalogue` describe: no member is
//! missing, of another type, or unknown.

use serde_json::{Map, Value};

use super::catalogue::{CREATE_PULL_REQUEST, DEPLOY, READ_FILE, WRITE_FILE};

/// One call, well formed; not yet known to be possible.
#[derive(Debug)]
pub(super) struct ToolCall {
    /// The repository it is about.
    pub(super) repo: String,
    /// What to do there.
    pub(super) action: Action,
}

/// What a tool is asked to do.
#[derive(Debug)]
pub(super) enum Action {
    /// Return the text of a file.
    ReadFile { path: String },
    /// Make the file have this text.
    WriteFile { path: String, content: String },
    /// Propose the changes of the work tree.
    CreatePullRequest(PullRequest),
    /// Record a release.
    Deploy { environment: String, version: String },
}

/// A proposal to change a branch.
#[derive(Debug)]
pub(super) struct PullRequest {
    /// The branch that should take the changes.
    pub(super) base: String,
    /// The first line of the message.
    pub(super) title: String,
    /// The rest of the message.
    pub(super) body: Option<String>,
    /// Whether it is ready to be looked at.
    pub(super) readiness: Readiness,
}

/// Whether a pull request is ready to be looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Readiness {
    /// Not yet.
    Draft,
    /// Yes.
    Ready,
}

impl ToolCall {
    /// Reads the parameters; the error says what is wrong with them.
    pub(super) fn parse(params: &Map<String, Value>) -> Result<Self, String> {
        let Some(name) = params.get("name").and_then(Value::as_str) else {
            return Err("`name` is not a string".to_owned());
        };
        let empty = Map::new();
        let members = match params.get("arguments") {
            None => &empty,
            Some(Value::Object(members)) => members,
            Some(_) => return Err("`arguments` is not an object".to_owned()),
        };
        let mut fields = Fields { members, taken: Vec::new() };
        let repo = fields.text("repo");
        let action = Action::parse(name, &mut fields)?;
        fields.finish()?;
        Ok(Self { repo: repo?, action })
    }
}

impl Action {
    fn parse(name: &str, fields: &mut Fields<'_>) -> Result<Self, String> {
        Ok(match name {
            READ_FILE => Self::ReadFile { path: fields.text("path")? },
            WRITE_FILE => {
                Self::WriteFile { path: fields.text("path")?, content: fields.text("content")? }
            }
            CREATE_PULL_REQUEST => Self::CreatePullRequest(PullRequest {
                base: fields.text("base")?,
                title: fields.text("title")?,
                body: fields.optional_text("body")?,
                readiness: match fields.optional_flag("draft")? {
                    Some(true) => Readiness::Draft,
                    Some(false) | None => Readiness::Ready,
                },
            }),
            DEPLOY => Self::Deploy {
                environment: fields.text("environment")?,
                version: fields.text("version")?,
            },
            _ => return Err(format!("there is no tool `{name}`")),
        })
    }
}

/// The members of `arguments`, and which of them a tool knows.
struct Fields<'a> {
    members: &'a Map<String, Value>,
    taken: Vec<&'static str>,
}

impl Fields<'_> {
    fn text(&mut self, name: &'static str) -> Result<String, String> {
        self.optional_text(name)?.ok_or_else(|| format!("`{name}` is missing"))
    }

    fn optional_text(&mut self, name: &'static str) -> Result<Option<String>, String> {
        self.taken.push(name);
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| format!("`{name}` is not a string"))?;
        Ok(Some(text.to_owned()))
    }

    fn optional_flag(&mut self, name: &'static str) -> Result<Option<bool>, String> {
        self.taken.push(name);
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        value.as_bool().map(Some).ok_or_else(|| format!("`{name}` is not a boolean"))
    }

    fn finish(self) -> Result<(), String> {
        match self.members.keys().find(|name| !self.taken.contains(&name.as_str())) {
            Some(unknown) => Err(format!("`{unknown}` is not an argument of this tool")),
            None => Ok(()),
        }
    }
}
