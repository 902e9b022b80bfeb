//! The tools as `tools/list` describes them.
//!
//! **Invariant:** every tool takes `repo` and refuses members that its schema does not name, so
//! that a policy about arguments has nothing to overlook.

use serde_json::{Value, json};

/// Returns the text of a file.
pub(super) const READ_FILE: &str = "read_file";
/// Makes a file have a text.
pub(super) const WRITE_FILE: &str = "write_file";
/// Proposes the changes of the work tree.
pub(super) const CREATE_PULL_REQUEST: &str = "create_pull_request";
/// Records a release.
pub(super) const DEPLOY: &str = "deploy";

/// The list of tools, in an order that never changes.
pub(super) fn tools() -> Value {
    json!([read_file(), write_file(), create_pull_request(), deploy()])
}

fn read_file() -> Value {
    json!({
        "name": READ_FILE,
        "title": "Read a file",
        "description": "Returns the text of one file of the work tree.",
        "inputSchema": {
            "type": "object",
            "properties": {"repo": repo(), "path": path()},
            "required": ["repo", "path"],
            "additionalProperties": false,
        },
        "annotations": {"readOnlyHint": true, "openWorldHint": false},
    })
}

fn write_file() -> Value {
    json!({
        "name": WRITE_FILE,
        "title": "Write a file",
        "description": "Replaces one file of the work tree, or makes it, with the folders it is in.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "repo": repo(),
                "path": path(),
                "content": {"type": "string", "description": "The whole new text of the file"},
            },
            "required": ["repo", "path", "content"],
            "additionalProperties": false,
        },
        "annotations": {"destructiveHint": true, "idempotentHint": true, "openWorldHint": false},
    })
}

fn create_pull_request() -> Value {
    json!({
        "name": CREATE_PULL_REQUEST,
        "title": "Create a pull request",
        "description": "Commits every change of the work tree to a new branch `pr/<number>` and \
                        returns the work tree to the base branch.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "repo": repo(),
                "base": {"type": "string", "description": "The checked-out branch, such as `main`"},
                "title": {"type": "string", "description": "One line"},
                "body": {"type": "string"},
                "draft": {"type": "boolean", "description": "Not yet ready to be looked at"},
            },
            "required": ["repo", "base", "title"],
            "additionalProperties": false,
        },
        "outputSchema": {
            "type": "object",
            "properties": {
                "number": {"type": "integer"},
                "branch": {"type": "string"},
                "base": {"type": "string"},
                "commit": {"type": "string"},
                "draft": {"type": "boolean"},
            },
            "required": ["number", "branch", "base", "commit", "draft"],
        },
        "annotations": {"destructiveHint": false, "idempotentHint": false, "openWorldHint": false},
    })
}

fn deploy() -> Value {
    json!({
        "name": DEPLOY,
        "title": "Deploy",
        "description": "Releases the commit of the checked-out branch to an environment.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "repo": repo(),
                "environment": {"type": "string", "description": "Such as `staging` or `production`"},
                "version": {"type": "string", "description": "Such as `1.4.0`"},
            },
            "required": ["repo", "environment", "version"],
            "additionalProperties": false,
        },
        "outputSchema": {
            "type": "object",
            "properties": {
                "path": {"type": "string", "description": "Where the release record is"},
                "environment": {"type": "string"},
                "version": {"type": "string"},
                "commit": {"type": "string"},
                "time": {"type": "integer", "description": "Seconds since 1970"},
            },
            "required": ["path", "environment", "version", "commit", "time"],
        },
        "annotations": {"destructiveHint": true, "idempotentHint": false, "openWorldHint": true},
    })
}

fn repo() -> Value {
    json!({"type": "string", "description": "The repository, such as `acme/web`"})
}

fn path() -> Value {
    json!({"type": "string", "description": "From the root of the work tree, such as `/src/auth.ts`"})
}
